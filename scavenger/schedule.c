/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "base/counted.h"
#include "scavenger/schedule.h"
#include "base/condition.h"
#include "base/container.h"
#include "base/log.h"
#include "journal/journal.h"
#include "scavenger/run_recovery.h"
#include "zonedb/dynamic_count.h"
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Words of STORE_META. */
/* The longest sleep: a clock that was set is noticed after that. */
#define SLEEP_SECONDS_MAX 60
/* A cycle that is later than this is worth a warning. */
#define LATE_SECONDS 3600
/* ioprio_set(2) has no header: this thread, class idle. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE        (3 << 13)

#define SCAVENGER "system:scavenger"
#define SECOND    1000000ull

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
	struct clock_watch *clock_watch;
	_Atomic uint64_t beat_us; /* when the last one was, as time passes */
};

/* What the run of all zones came to, on its way into the log. */
struct cycle {
	struct writer_job job;
	uint64_t started, due, removed, duration_us;
	uint64_t now_us; /* when it ended */
};

static void lower_priority(void)
{
	struct sched_param none = {.sched_priority = 0};
	if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
		log_debug("scavenger cannot lower its priority", "policy=idle");
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE) != 0)
		log_debug("scavenger cannot lower its priority", "io-class=idle");
}

static void store_cycle(struct writer_job *job, struct store_txn *txn)
{
	const struct cycle *cycle = container_of(job, struct cycle, job);
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	struct scavenge_settings settings;
	struct scavenge_settings_cycle ended = {.started = cycle->started,
						.removed = cycle->removed,
						.duration_us = cycle->duration_us};
	struct entry entry = {.time_us = cycle->now_us,
			      .kind = ENTRY_RUN,
			      .principal = SCAVENGER,
			      .event = EVENT_SCAVENGE_CYCLE};
	/* The settings may have been made anew while the cycle ran. */
	uint64_t due = scavenge_settings_due(txn);
	scavenge_settings_read(txn, &settings);
	if (due != 0 && due <= cycle->started)
		due = scavenge_settings_next(&settings, cycle->started);
	scavenge_settings_put_cycle(&rows, &ended, due);
	char removed[COUNTED_TEXT_MAX];
	entry.reason =
		arena_print(&arena, "%s removed", counted(cycle->removed, "record", removed));
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(txn, &entry, &arena);
	arena_free(&arena);
}

/* The clock is looked at before the transaction's jobs (scavenger/clock_watch.h): this is one. */
struct look {
	struct writer_job job;
	const struct clock *clock;
};

static void store_look(struct writer_job *job, struct store_txn *txn)
{
	const struct look *look = container_of(job, struct look, job);
	store_use_reserve(txn);
	clock_watch_beat(txn, clock_now(look->clock));
}

enum store_error schedule_beat(struct writer *writer, const struct clock *clock)
{
	struct look look = {.job = {.run = store_look}, .clock = clock};
	return writer_call(writer, &look.job, WRITER_URGENT);
}

/* Before anything is judged by the clock. False: what it showed could not be stored. */
static bool schedule_look_at_clock(struct schedule *schedule)
{
	struct look look = {.job = {.run = store_look}, .clock = schedule->clock};
	uint64_t passed_us = clock_passed_us(schedule->clock);
	if (!clock_watch_is_stepped(schedule->clock_watch) &&
	    passed_us - schedule->beat_us < CLOCK_WATCH_BEAT_SECONDS * SECOND)
		return true;
	if (writer_call(schedule->writer, &look.job, WRITER_IDLE) != STORE_OK)
		return false;
	schedule->beat_us = passed_us;
	return true;
}

static void warn_if_late(struct schedule *schedule, struct cycle *cycle)
{
	uint64_t now = clock_now(schedule->clock);
	if (!cycle->due || now <= cycle->due + LATE_SECONDS)
		return;
	log_warning("a scavenging cycle is late", "seconds=%llu",
		    (unsigned long long)(now - cycle->due));
	cycle->due = 0;
}

typedef void result_call(void *context, const struct zone *, const struct sweep_result *);

static struct sweep_context schedule_context_of(struct schedule *schedule,
						const struct sweep_asker *asker)
{
	return (struct sweep_context){.store = schedule->store,
				      .writer = schedule->writer,
				      .clock = schedule->clock,
				      .stop = &schedule->stop,
				      .asker = *asker};
}

/* One zone, or all. False: what the clock did could not be stored, and no zone was run since. The
 * clock is looked at before each: it may have been set while the zones before took their time, or
 * while this run waited for another. */
static bool run_zones(struct schedule *schedule, const struct dns_name *only,
		      const struct sweep_asker *asker, result_call *result_of, void *context)
{
	struct sweep_context how = schedule_context_of(schedule, asker);
	struct store_txn txn;
	bool is_known = true;
	store_read_begin(schedule->store, &txn);
	struct zoneset *zones = zoneset_load(&txn);
	store_read_end(&txn);
	schedule->is_running = true;
	for (size_t i = 0; i < zoneset_count(zones) && !schedule->stop; i++) {
		const struct zone *zone = zoneset_at(zones, i);
		struct sweep_result result;
		if (only && !dns_name_equal(only, &zone->apex))
			continue;
		is_known = schedule_look_at_clock(schedule);
		if (!is_known)
			break;
		sweep_zone(&how, zone, &result);
		if (result_of)
			result_of(context, zone, &result);
	}
	schedule->is_running = false;
	zoneset_free(zones);
	return is_known;
}

struct lateness {
	struct schedule *schedule;
	struct cycle *cycle;
};

static void note_result(void *context, const struct zone *zone, const struct sweep_result *result)
{
	struct lateness *lateness = context;
	(void)zone;
	lateness->cycle->removed += result->records_removed;
	warn_if_late(lateness->schedule, lateness->cycle);
}

static void run_cycle(struct schedule *schedule, uint64_t due)
{
	const struct sweep_asker own = {.principal = SCAVENGER};
	uint64_t began = clock_monotonic_us();
	struct cycle cycle = {
		.job = {.run = store_cycle}, .started = clock_now(schedule->clock), .due = due};
	struct lateness lateness = {schedule, &cycle};
	warn_if_late(schedule, &cycle);
	pthread_mutex_lock(&schedule->run_lock);
	bool is_whole = run_zones(schedule, NULL, &own, note_result, &lateness);
	pthread_mutex_unlock(&schedule->run_lock);
	/* A cycle that was cut short, by the server's end or a store that cannot be written, is due
	 * again. */
	if (schedule->stop || !is_whole)
		return;
	cycle.duration_us = clock_monotonic_us() - began;
	cycle.now_us = clock_now_us(schedule->clock);
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
	uint64_t until_us = condition_after(
		(seconds < SLEEP_SECONDS_MAX ? seconds : SLEEP_SECONDS_MAX) * 1000000);
	pthread_mutex_lock(&schedule->lock);
	while (schedule->wakes == seen && !schedule->stop &&
	       condition_wait(&schedule->woken, &schedule->lock, until_us))
		;
	pthread_mutex_unlock(&schedule->lock);
}

static uint64_t count_wakes(struct schedule *schedule)
{
	pthread_mutex_lock(&schedule->lock);
	uint64_t wakes = schedule->wakes;
	pthread_mutex_unlock(&schedule->lock);
	return wakes;
}

static uint64_t due_of(struct schedule *schedule)
{
	struct store_txn txn;
	store_read_begin(schedule->store, &txn);
	uint64_t due = scavenge_settings_due(&txn);
	store_read_end(&txn);
	return due;
}

static void *schedule_run_thread(void *argument)
{
	struct schedule *schedule = argument;
	lower_priority();
	while (!schedule->stop) {
		uint64_t seen = count_wakes(schedule), wait = SLEEP_SECONDS_MAX;
		bool is_known = schedule_look_at_clock(schedule);
		uint64_t now = clock_now(schedule->clock), due = due_of(schedule);
		if (is_known && due && now >= due) {
			run_cycle(schedule, due);
			/* A store that cannot be written is not asked again at once. */
			wait = due_of(schedule) > now ? 0 : SLEEP_SECONDS_MAX;
		} else if (due > now) {
			wait = due - now;
		}
		if (wait)
			sleep_until_woken(schedule, seen, wait);
	}
	return NULL;
}

struct settling {
	struct writer_job job;
	struct clock_watch *clock_watch;
};

static void run_settling(struct writer_job *job, struct store_txn *txn)
{
	const struct settling *settling = container_of(job, struct settling, job);
	dynamic_count_settle(txn);
	clock_watch_begin(settling->clock_watch, txn);
	size_t count = run_recovery_abandon(txn, clock_now_us(settling->clock_watch->clock));
	if (count)
		log_warning("the server ended in a run: it is abandoned, what it did stands",
			    "runs=%zu", count);
}

enum store_error schedule_settle(struct writer *writer, struct clock_watch *clock_watch)
{
	struct settling settling = {.job = {.run = run_settling}, .clock_watch = clock_watch};
	return writer_call(writer, &settling.job, WRITER_URGENT);
}

struct schedule *schedule_start(struct store *store, struct writer *writer,
				struct clock_watch *clock_watch)
{
	struct schedule *schedule = calloc(1, sizeof(*schedule));
	assert(schedule);
	schedule->store = store;
	schedule->writer = writer;
	schedule->clock = clock_watch->clock;
	schedule->clock_watch = clock_watch;
	condition_init(&schedule->woken);
	pthread_mutex_init(&schedule->lock, NULL);
	pthread_mutex_init(&schedule->run_lock, NULL);
	/* What could not be settled (the store is full) is at the next start; until then the zones
	 * are as they were left. */
	enum store_error unsettled = schedule_settle(writer, clock_watch);
	if (unsettled)
		log_warning("the scavenger cannot write", "error=\"%s\"",
			    store_error_text(unsettled));
	schedule->beat_us = clock_passed_us(schedule->clock);
	int error = pthread_create(&schedule->thread, NULL, schedule_run_thread, schedule);
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
	schedule_beat(schedule->writer, schedule->clock);
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

bool schedule_look(struct schedule *schedule)
{
	return schedule_look_at_clock(schedule);
}

void schedule_status(struct schedule *schedule, struct store_txn *txn,
		     struct schedule_status *status)
{
	struct scavenge_settings_cycle cycle = scavenge_settings_last_cycle(txn);
	*status = (struct schedule_status){
		.last_run = cycle.started,
		.next_run = scavenge_settings_due(txn),
		.last_removed = cycle.removed,
		.last_duration_us = cycle.duration_us,
		.jumped_at = clock_watch_jumped_at(txn),
		.is_running = schedule && schedule->is_running,
	};
	scavenge_settings_read(txn, &status->settings);
	uint64_t now = schedule ? clock_now(schedule->clock) : 0;
	status->is_behind = schedule && clock_watch_is_behind(txn, clock_now_us(schedule->clock));
	if (status->next_run && now > status->next_run)
		status->overdue = now - status->next_run;
}

bool schedule_run_now(struct schedule *schedule, const struct dns_name *zone,
		      const struct sweep_asker *asker,
		      void (*result)(void *context, const struct zone *,
				     const struct sweep_result *),
		      void *context)
{
	pthread_mutex_lock(&schedule->run_lock);
	bool is_whole = run_zones(schedule, zone, asker, result, context);
	pthread_mutex_unlock(&schedule->run_lock);
	return is_whole;
}

bool schedule_approve(struct schedule *schedule, const struct sweep_approval *approval,
		      const struct sweep_asker *asker, struct sweep_result *result)
{
	struct sweep_context how = schedule_context_of(schedule, asker);
	if (!schedule_look_at_clock(schedule))
		return false;
	pthread_mutex_lock(&schedule->run_lock);
	schedule->is_running = true;
	sweep_approved(&how, approval, result);
	schedule->is_running = false;
	pthread_mutex_unlock(&schedule->run_lock);
	return true;
}
