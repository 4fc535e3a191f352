/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "scavenger/schedule.h"
#include "base/log.h"
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Words of STORE_META. */
#define PERIOD      "scavenge-period"
#define LAST_RUN    "scavenge-last"
#define NEXT_RUN    "scavenge-next"
#define REMOVED     "scavenge-removed"
#define DURATION_US "scavenge-duration-us"
/* The longest sleep: a clock that was set is noticed after that. */
#define SLEEP_SECONDS_MAX 60
/* ioprio_set(2) has no header: this thread, class idle. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE        (3 << 13)

#define SCAVENGER "system:scavenger"

struct schedule {
	struct store *store;
	struct writer *writer;
	const struct clock *clock;
	pthread_t thread;
	pthread_mutex_t run_lock; /* one run at a time */
	pthread_mutex_t lock;     /* wakes */
	pthread_cond_t woken;
	uint64_t wakes;
	_Atomic bool stop, is_running;
};

/* What the run of all zones came to, on its way into STORE_META. */
struct cycle {
	struct writer_job job;
	uint64_t started, next, removed, duration_us;
};

struct plan_times {
	uint32_t period;
	uint64_t next;
};

static void lower_priority(void)
{
	struct sched_param none = {.sched_priority = 0};
	if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
		log_debug("scavenger cannot lower its priority", "policy=idle");
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE) != 0)
		log_debug("scavenger cannot lower its priority", "io-class=idle");
}

static struct plan_times read_times(struct schedule *schedule)
{
	struct store_txn txn;
	store_read_begin(schedule->store, &txn);
	struct plan_times times = {.period = (uint32_t)store_number(&txn, PERIOD),
				   .next = store_number(&txn, NEXT_RUN)};
	store_read_end(&txn);
	return times;
}

static void store_cycle(struct writer_job *job, struct store_txn *txn)
{
	const struct cycle *cycle = (struct cycle *)job;
	store_set_number(txn, LAST_RUN, cycle->started);
	store_set_number(txn, REMOVED, cycle->removed);
	store_set_number(txn, DURATION_US, cycle->duration_us);
	/* The period may have been set anew while the cycle ran. */
	uint64_t next = store_number(txn, NEXT_RUN);
	if (next != 0 && next <= cycle->started)
		store_set_number(txn, NEXT_RUN, cycle->next);
}

typedef void result_call(void *context, const struct zone *, const struct sweep_result *);

/* One zone, or all. Returns how many records went. */
static uint64_t run_zones(struct schedule *schedule, const struct dns_name *only,
			  const char *principal, result_call *result_of, void *context)
{
	struct sweep_context how = {.store = schedule->store,
				    .writer = schedule->writer,
				    .clock = schedule->clock,
				    .stop = &schedule->stop,
				    .principal = principal};
	struct store_txn txn;
	uint64_t removed = 0;
	store_read_begin(schedule->store, &txn);
	struct zoneset *zones = zoneset_load(&txn);
	store_read_end(&txn);
	schedule->is_running = true;
	for (size_t i = 0; i < zoneset_count(zones) && !schedule->stop; i++) {
		const struct zone *zone = zoneset_at(zones, i);
		struct sweep_result result;
		if (only && !dns_name_equal(only, &zone->apex))
			continue;
		sweep_zone(&how, zone, &result);
		removed += result.records_removed;
		if (result_of)
			result_of(context, zone, &result);
	}
	schedule->is_running = false;
	zoneset_free(zones);
	return removed;
}

static void run_cycle(struct schedule *schedule, uint32_t period)
{
	uint64_t began = clock_monotonic_us();
	struct cycle cycle = {.job = {.run = store_cycle}, .started = clock_now(schedule->clock)};
	pthread_mutex_lock(&schedule->run_lock);
	cycle.removed = run_zones(schedule, NULL, SCAVENGER, NULL, NULL);
	pthread_mutex_unlock(&schedule->run_lock);
	cycle.duration_us = clock_monotonic_us() - began;
	cycle.next = cycle.started + period;
	enum store_error error = writer_call(schedule->writer, &cycle.job, WRITER_IDLE);
	if (error)
		log_warning("scavenging cycle could not be noted", "error=\"%s\"",
			    store_error_text(error));
	else
		log_info("scavenging cycle ended", "removed=%llu duration-us=%llu",
			 (unsigned long long)cycle.removed, (unsigned long long)cycle.duration_us);
}

/* Sleeps until it is woken, or so many seconds of real time. */
static void sleep_until_woken(struct schedule *schedule, uint64_t seen, uint64_t seconds)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(seconds < SLEEP_SECONDS_MAX ? seconds : SLEEP_SECONDS_MAX);
	pthread_mutex_lock(&schedule->lock);
	int expired = 0;
	while (schedule->wakes == seen && !schedule->stop && !expired)
		expired = pthread_cond_timedwait(&schedule->woken, &schedule->lock, &until);
	pthread_mutex_unlock(&schedule->lock);
}

static uint64_t count_wakes(struct schedule *schedule)
{
	pthread_mutex_lock(&schedule->lock);
	uint64_t wakes = schedule->wakes;
	pthread_mutex_unlock(&schedule->lock);
	return wakes;
}

static void *run_thread(void *argument)
{
	struct schedule *schedule = argument;
	lower_priority();
	while (!schedule->stop) {
		uint64_t seen = count_wakes(schedule), wait = SLEEP_SECONDS_MAX;
		struct plan_times times = read_times(schedule);
		uint64_t now = clock_now(schedule->clock);
		if (times.period && now >= times.next) {
			run_cycle(schedule, times.period);
			/* A store that cannot be written is not asked again at once. */
			wait = read_times(schedule).next > now ? 0 : SLEEP_SECONDS_MAX;
		} else if (times.period) {
			wait = times.next - now;
		}
		if (wait)
			sleep_until_woken(schedule, seen, wait);
	}
	return NULL;
}

struct schedule *schedule_start(struct store *store, struct writer *writer,
				const struct clock *clock)
{
	struct schedule *schedule = calloc(1, sizeof(*schedule));
	assert(schedule);
	schedule->store = store;
	schedule->writer = writer;
	schedule->clock = clock;
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&schedule->woken, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&schedule->lock, NULL);
	pthread_mutex_init(&schedule->run_lock, NULL);
	int error = pthread_create(&schedule->thread, NULL, run_thread, schedule);
	assert(error == 0);
	return schedule;
}

void schedule_halt(struct schedule *schedule)
{
	schedule->stop = true;
	schedule_wake(schedule);
}

void schedule_stop(struct schedule *schedule)
{
	if (!schedule)
		return;
	schedule_halt(schedule);
	pthread_join(schedule->thread, NULL);
	/* Someone's explicit run ends at the same flag. */
	pthread_mutex_lock(&schedule->run_lock);
	pthread_mutex_unlock(&schedule->run_lock);
	pthread_cond_destroy(&schedule->woken);
	pthread_mutex_destroy(&schedule->lock);
	pthread_mutex_destroy(&schedule->run_lock);
	free(schedule);
}

void schedule_wake(struct schedule *schedule)
{
	pthread_mutex_lock(&schedule->lock);
	schedule->wakes++;
	pthread_cond_broadcast(&schedule->woken);
	pthread_mutex_unlock(&schedule->lock);
}

void schedule_set_period(struct store_txn *txn, uint32_t period, uint64_t now)
{
	store_set_number(txn, PERIOD, period);
	store_set_number(txn, NEXT_RUN, period ? now + period : 0);
}

void schedule_status(struct schedule *schedule, struct store_txn *txn,
		     struct schedule_status *status)
{
	*status = (struct schedule_status){
		.period = (uint32_t)store_number(txn, PERIOD),
		.last_run = store_number(txn, LAST_RUN),
		.next_run = store_number(txn, NEXT_RUN),
		.last_removed = store_number(txn, REMOVED),
		.last_duration_us = store_number(txn, DURATION_US),
		.is_running = schedule && schedule->is_running,
	};
}

void schedule_run_now(struct schedule *schedule, const struct dns_name *zone, const char *principal,
		      void (*result)(void *context, const struct zone *,
				     const struct sweep_result *),
		      void *context)
{
	pthread_mutex_lock(&schedule->run_lock);
	run_zones(schedule, zone, principal, result, context);
	pthread_mutex_unlock(&schedule->run_lock);
}
