/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/bad_disk.h"
#include "tests/unit/tempstore.h"
#include "base/clock.h"
#include "store/writer.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

enum duty { PUT, PUT_MUCH, DELETE, LOOK, SPOIL, SLEEP };

struct task {
	struct writer_job job;
	unsigned number;
	enum duty duty;
	unsigned runs, place; /* how often it ran, and as which it was done */
	enum store_error error;
};

static struct tempstore temp;
static struct writer *writer;
static struct task tasks[1000];
static unsigned done_count, forgotten;
static sem_t gate;

static void forget(void *context)
{
	(*(unsigned *)context)++;
}

static void begin_sized(uint64_t map_size)
{
	tempstore_open(&temp, map_size);
	writer = writer_start(temp.store, forget, &forgotten);
	sem_init(&gate, 0, 0);
}

static void begin(void)
{
	begin_sized(0);
}

static void end(void)
{
	writer_free(writer);
	tempstore_free(&temp);
}

TestSuite(writer, .init = begin, .fini = end);

static void task_run(struct writer_job *job, struct store_txn *txn)
{
	static uint8_t much[100000];
	struct task *task = (struct task *)job;
	char key[16];
	snprintf(key, sizeof key, "%08u", task->number);
	struct bytes k = bytes_of(key, 8), value;
	task->runs++;
	if (task->duty == PUT || task->duty == PUT_MUCH)
		store_put(txn, STORE_NODES, k,
			  bytes_of(much, task->duty == PUT ? 1000 : sizeof much));
	else if (task->duty == DELETE)
		store_del(txn, STORE_NODES, k);
	else if (task->duty == LOOK)
		store_get(txn, STORE_NODES, k, &value);
	else if (task->duty == SPOIL)
		store_fail(txn, STORE_CORRUPT);
	else
		usleep(2000);
}

static void task_done(struct writer_job *job, enum store_error error)
{
	struct task *task = (struct task *)job;
	task->error = error;
	task->place = done_count++;
}

/* Once open it stays open: the job may run twice. */
static void gate_run(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	(void)txn;
	sem_wait(&gate);
	sem_post(&gate);
}

/* Posts tasks behind a job that holds the writer until all are there; returns when it stopped. */
static void run_together(unsigned count)
{
	struct writer_job held = {.run = gate_run};
	cr_assert(writer_post(writer, &held, WRITER_URGENT));
	struct writer_stats stats;
	do
		writer_stats(writer, &stats);
	while (stats.waiting);
	for (unsigned i = 0; i < count; i++) {
		tasks[i].number = tasks[i].number ? tasks[i].number : i;
		tasks[i].job = (struct writer_job){.run = task_run, .done = task_done};
		cr_assert(writer_post(writer, &tasks[i].job, WRITER_URGENT));
	}
	sem_post(&gate);
	writer_stop(writer);
	cr_assert_eq(done_count, count);
}

static bool is_stored(unsigned number)
{
	struct store_txn txn;
	struct bytes value;
	char key[16];
	snprintf(key, sizeof key, "%08u", number);
	store_read_begin(temp.store, &txn);
	bool is_there = store_get(&txn, STORE_NODES, bytes_of(key, 8), &value);
	store_read_end(&txn);
	return is_there;
}

Test(writer, commits_once_for_all_that_waits)
{
	struct writer_stats stats;
	run_together(100);
	writer_stats(writer, &stats);
	/* Two, but a busy machine may let a batch's time run out before its jobs do. */
	cr_expect_leq(stats.commits, 20);
	cr_expect_eq(stats.jobs, 101);
	cr_expect_geq(stats.largest_batch, 10);
	cr_expect_eq(stats.failed_commits, 0);
	for (unsigned i = 0; i < 100; i++) {
		cr_expect_eq(tasks[i].error, STORE_OK);
		cr_expect_eq(tasks[i].runs, 1);
		cr_expect_eq(tasks[i].place, i, "done in the order of posting");
		cr_expect(is_stored(i));
	}
	cr_expect_eq(forgotten, 0);
}

Test(writer, does_not_commit_what_changed_nothing)
{
	struct writer_stats stats;
	for (unsigned i = 0; i < 10; i++)
		tasks[i].duty = LOOK;
	run_together(10);
	writer_stats(writer, &stats);
	cr_expect_eq(stats.commits, 0);
	for (unsigned i = 0; i < 10; i++)
		cr_expect_eq(tasks[i].error, STORE_OK);
}

static void count_wake(void *context)
{
	(*(unsigned *)context)++;
}

Test(writer, wakes_watchers_once_for_each_commit_that_wrote)
{
	unsigned wakes = 0, others = 0;
	struct writer_stats stats;
	writer_watch(writer, count_wake, &wakes);
	writer_watch(writer, count_wake, &others);
	tasks[3].duty = LOOK;
	run_together(100);
	writer_stats(writer, &stats);
	cr_expect_gt(wakes, 0);
	cr_expect_eq(wakes, stats.commits);
	cr_expect_eq(others, stats.commits);
}

Test(writer, wakes_nobody_for_what_was_not_written)
{
	unsigned wakes = 0;
	writer_watch(writer, count_wake, &wakes);
	tasks[0].duty = LOOK;
	tasks[1].duty = SPOIL;
	run_together(2);
	cr_expect_eq(wakes, 0);
}

Test(writer, bounds_a_batch_by_count)
{
	struct writer_stats stats;
	run_together(1000);
	writer_stats(writer, &stats);
	cr_expect_geq(stats.commits, 1000 / WRITER_BATCH_MAX);
	cr_expect_leq(stats.largest_batch, WRITER_BATCH_MAX);
}

Test(writer, bounds_a_batch_by_time)
{
	struct writer_stats stats;
	for (unsigned i = 0; i < 40; i++)
		tasks[i].duty = i % 2 ? SLEEP : PUT;
	run_together(40);
	writer_stats(writer, &stats);
	cr_expect_geq(stats.commits, 8, "40 ms of work in batches of 4 ms");
}

Test(writer, a_failing_job_fails_alone)
{
	tasks[5].duty = SPOIL;
	run_together(10);
	for (unsigned i = 0; i < 10; i++) {
		cr_expect_eq(tasks[i].error, i == 5 ? STORE_CORRUPT : STORE_OK, "task %u", i);
		cr_expect_eq(tasks[i].place, i);
		cr_expect_eq(is_stored(i), i != 5);
		cr_expect_leq(tasks[i].runs, 2);
	}
	cr_expect_geq(forgotten, 2, "the batch, and the job alone");
}

Test(writer, a_commit_that_fails_once_fails_nobody)
{
	unsigned runs = 0;
	bad_disk_set(BAD_DISK_PAGES, ENOSPC, 1);
	run_together(10);
	for (unsigned i = 0; i < 10; i++) {
		cr_expect_eq(tasks[i].error, STORE_OK);
		cr_expect_leq(tasks[i].runs, 2);
		cr_expect(is_stored(i));
		runs += tasks[i].runs;
	}
	/* A busy machine may part them, and then the first batch alone ran twice. */
	cr_expect_gt(runs, 10);
	cr_expect_eq(forgotten, 1);
}

Test(writer, a_lost_environment_fails_nobody)
{
	bad_disk_set(BAD_DISK_HEAD, EIO, 1);
	run_together(10);
	for (unsigned i = 0; i < 10; i++)
		cr_expect_eq(tasks[i].error, STORE_OK);
}

static bool can_read(void)
{
	struct store_txn reader;
	store_read_begin(temp.store, &reader);
	bool can = reader.error == STORE_OK;
	store_read_end(&reader);
	return can;
}

/* Nobody writes any more, and queries are answered again all the same. */
Test(writer, a_lost_environment_is_opened_anew_without_anything_to_write, .timeout = 60)
{
	struct store_txn log_maintenance;
	struct task *task = &tasks[0];
	task->job = (struct writer_job){.run = task_run, .done = task_done};
	store_read_begin(temp.store, &log_maintenance);
	bad_disk_set(BAD_DISK_HEAD, EIO, 1);
	cr_expect_eq(writer_call(writer, &task->job, WRITER_URGENT), STORE_BROKEN);
	cr_expect_not(can_read());
	store_read_end(&log_maintenance);
	while (!can_read())
		sched_yield();
}

Test(writer, a_full_map_fails_what_does_not_fit_and_recovers, .init = NULL)
{
	begin_sized(1 << 20);
	for (unsigned i = 0; i < 12; i++)
		tasks[i].duty = PUT_MUCH;
	tasks[12].duty = DELETE;
	tasks[12].number = 1;
	tasks[13].duty = DELETE;
	tasks[13].number = 2;
	tasks[14].duty = LOOK;
	tasks[15].duty = PUT;
	tasks[15].number = 500;
	run_together(16);
	unsigned fitted = 0;
	for (unsigned i = 0; i < 12; i++)
		fitted += tasks[i].error == STORE_OK;
	cr_expect_gt(fitted, 4);
	cr_expect_lt(fitted, 12);
	for (unsigned i = 12; i < 16; i++)
		cr_expect_eq(tasks[i].error, STORE_OK, "task %u", i);
	cr_expect(is_stored(500));
	cr_expect_not(is_stored(1));
}

Test(writer, refuses_posts_after_it_stopped)
{
	struct writer_job job = {.run = task_run};
	writer_stop(writer);
	cr_expect_not(writer_post(writer, &job, WRITER_URGENT));
	cr_expect_not(writer_post(writer, &job, WRITER_IDLE));
	cr_expect_eq(writer_call(writer, &job, WRITER_URGENT), STORE_BROKEN);
}

/* Holds the writer until the gate opens. */
static void hold_writer(struct writer_job *held)
{
	struct writer_stats stats;
	*held = (struct writer_job){.run = gate_run};
	cr_assert(writer_post(writer, held, WRITER_URGENT));
	do
		writer_stats(writer, &stats);
	while (stats.waiting);
}

static void *stop_writer(void *context)
{
	writer_stop(writer);
	return context;
}

Test(writer, refuses_what_is_too_much)
{
	static struct task many[WRITER_QUEUE_MAX + 1];
	struct writer_job held;
	hold_writer(&held);
	for (unsigned i = 0; i <= WRITER_QUEUE_MAX; i++) {
		many[i].job = (struct writer_job){.run = task_run, .done = task_done};
		many[i].duty = LOOK;
		cr_assert_eq(writer_post(writer, &many[i].job, WRITER_IDLE), i < WRITER_QUEUE_MAX);
	}
	sem_post(&gate);
	writer_stop(writer);
	cr_expect_eq(done_count, WRITER_QUEUE_MAX);
}

Test(writer, runs_one_clients_job_before_all_of_anothers)
{
	struct writer_job held;
	struct writer_stats stats;
	hold_writer(&held);
	for (unsigned i = 0; i <= TURNS_WAITING_MAX; i++) {
		bool is_other = i == TURNS_WAITING_MAX;
		tasks[i].number = i;
		tasks[i].job = (struct writer_job){
			.turn = {TURNS_PROVED, is_other}, .run = task_run, .done = task_done};
		cr_assert(writer_post(writer, &tasks[i].job, WRITER_URGENT));
	}
	tasks[100].job = (struct writer_job){.turn = {TURNS_PROVED, 0}, .run = task_run};
	cr_expect_not(writer_post(writer, &tasks[100].job, WRITER_URGENT));
	cr_expect_eq(tasks[100].job.outcome, TURNS_CLIENT_FULL);
	writer_stats(writer, &stats);
	cr_expect_eq(stats.client_full, 1);
	sem_post(&gate);
	do
		writer_stats(writer, &stats);
	while (stats.jobs < TURNS_WAITING_MAX + 2);
	writer_stop(writer);
	cr_expect_leq(tasks[TURNS_WAITING_MAX].place, 1);
	cr_expect_eq(tasks[TURNS_WAITING_MAX - 1].place, TURNS_WAITING_MAX);
}

/* What the server and administrators posted is done; clients were not answered, and ask again. */
Test(writer, a_stop_drops_what_clients_have_waiting)
{
	static const enum turns_class classes[] = {TURNS_OWN, TURNS_ADMIN, TURNS_PROVED,
						   TURNS_FORGEABLE};
	struct writer_job held;
	struct writer_stats stats;
	pthread_t stopper;
	hold_writer(&held);
	for (unsigned i = 0; i < 40; i++) {
		tasks[i].number = i;
		tasks[i].job = (struct writer_job){
			.turn = {classes[i % 4], 1}, .run = task_run, .done = task_done};
		cr_assert(writer_post(writer, &tasks[i].job, WRITER_URGENT));
	}
	cr_assert_eq(pthread_create(&stopper, NULL, stop_writer, NULL), 0);
	/* Idle jobs are refused first, then the others. */
	static struct task late[4001];
	unsigned count = 0;
	for (bool is_open = true; is_open; count += is_open) {
		late[count].job = (struct writer_job){.run = task_run};
		late[count].duty = LOOK;
		is_open = count < 4000 && writer_post(writer, &late[count].job, WRITER_URGENT);
		usleep(100);
	}
	cr_assert_lt(count, 4000);
	sem_post(&gate);
	pthread_join(stopper, NULL);
	writer_stats(writer, &stats);
	cr_expect_eq(stats.stopped, 20);
	cr_expect_eq(done_count, 40, "each is told");
	for (unsigned i = 0; i < 40; i++) {
		bool is_clients = classes[i % 4] >= TURNS_PROVED;
		cr_expect_eq(tasks[i].runs, !is_clients, "task %u", i);
		cr_expect_eq(tasks[i].error, is_clients ? STORE_BROKEN : STORE_OK, "task %u", i);
		cr_expect_eq(tasks[i].job.outcome == TURNS_CLOSED, is_clients, "task %u", i);
		cr_expect_eq(is_stored(i), !is_clients, "task %u", i);
	}
}

/* Who makes commits long waits for it: `begin` of the hook stands for the disk. */
static void slow_end(void *context, bool is_committed)
{
	(void)is_committed;
	if (*(_Atomic bool *)context)
		usleep(20000);
}

Test(writer, a_commit_is_charged_to_its_jobs)
{
	static _Atomic bool is_slow;
	struct writer_hook hook = {.end = slow_end, .context = &is_slow};
	struct writer_job held;
	struct writer_stats stats;
	writer_begin_with(writer, &hook);
	is_slow = true;
	tasks[0].job = (struct writer_job){.turn = {TURNS_PROVED, 1}, .run = task_run};
	cr_assert_eq(writer_call(writer, &tasks[0].job, WRITER_URGENT), STORE_OK);
	do /* it is charged before the next job is taken */
		writer_stats(writer, &stats);
	while (stats.batches < 1);
	is_slow = false;
	done_count = 0;
	hold_writer(&held);
	for (unsigned i = 0; i < 21; i++) {
		tasks[i] = (struct task){.number = i};
		tasks[i].job = (struct writer_job){
			.turn = {TURNS_PROVED, i == 0 ? 1 : 2}, .run = task_run, .done = task_done};
		cr_assert(writer_post(writer, &tasks[i].job, WRITER_URGENT));
	}
	sem_post(&gate);
	do
		writer_stats(writer, &stats);
	while (stats.waiting);
	writer_stop(writer);
	cr_expect_geq(tasks[0].place, 10, "it came as number %u", tasks[0].place);
}

/* A part ends by its steps, or by its time. */
Test(writer, a_part_is_over_after_its_steps_or_its_time)
{
	struct writer_part part = writer_part_begin(3);
	cr_expect_not(writer_part_is_over(&part));
	cr_expect_not(writer_part_is_over(&part));
	cr_expect(writer_part_is_over(&part));
	part = writer_part_begin(0);
	cr_expect_not(writer_part_is_over(&part));
	usleep(WRITER_PART_US);
	cr_expect(writer_part_is_over(&part));
}

Test(writer, a_call_waits_until_it_is_on_disk)
{
	struct task *task = &tasks[7];
	*task = (struct task){.job = {.run = task_run, .done = task_done}, .number = 7};
	cr_expect_eq(writer_call(writer, &task->job, WRITER_URGENT), STORE_OK);
	cr_expect(is_stored(7));
	cr_expect_eq(done_count, 1);
	task->job.done = NULL;
	task->duty = SPOIL;
	cr_expect_eq(writer_call(writer, &task->job, WRITER_IDLE), STORE_CORRUPT);
}

/* Posts itself again until the idle job was done. */
static _Atomic bool idle_ran;

static void busy_done(struct writer_job *job, enum store_error error)
{
	(void)error;
	if (!idle_ran)
		writer_post(writer, job, WRITER_URGENT);
	else
		sem_post(&gate);
}

static void idle_done(struct writer_job *job, enum store_error error)
{
	(void)job;
	(void)error;
	idle_ran = true;
}

Test(writer, an_idle_job_gets_its_share_under_load)
{
	struct task busy[4], idle = {.job = {.run = task_run, .done = idle_done}, .duty = LOOK};
	for (unsigned i = 0; i < 4; i++) {
		busy[i] = (struct task){.job = {.run = task_run, .done = busy_done}, .number = i};
		cr_assert(writer_post(writer, &busy[i].job, WRITER_URGENT));
	}
	uint64_t started = clock_monotonic_us();
	cr_assert(writer_post(writer, &idle.job, WRITER_IDLE));
	for (unsigned i = 0; i < 4; i++)
		sem_wait(&gate);
	cr_expect_lt(clock_monotonic_us() - started, 20 * WRITER_IDLE_SHARE_US);
	cr_expect_eq(idle.runs, 1);
}

Test(writer, idle_jobs_run_when_nothing_else_waits)
{
	for (unsigned i = 0; i < 20; i++) {
		tasks[i] = (struct task){.job = {.run = task_run, .done = task_done}, .number = i};
		cr_assert(writer_post(writer, &tasks[i].job, WRITER_IDLE));
	}
	writer_stop(writer);
	cr_expect_eq(done_count, 20);
	cr_expect(is_stored(19));
}
