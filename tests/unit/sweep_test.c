/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/rows.h"
#include "scavenger/schedule.h"
#include "base/log.h"
#include "tests/unit/tempzone.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "dns/type.h"
#include "journal/journal.h"
#include <criterion/criterion.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

#define HOUR 3600ull
#define T0   (1000000 * HOUR)
#define SEC  1000000ull

static struct tempzone t;
static struct clock hand;
static struct clock_watch watch;
static struct writer_hook hook;
static struct writer *writer;
static struct sweep_context context;
static const struct sweep_asker root = {.principal = "local:root"};
static _Atomic bool stop;

/* A zone that ages by an hour and two, with records of all kinds registered at T0. */
static void begin(void)
{
	tempzone_open(&t, "corp.example");
	t.zone.is_aging = true;
	t.zone.no_refresh = HOUR;
	t.zone.refresh = 2 * HOUR;
	t.zone.keep_types[0] = DNS_TYPE_MX;
	t.zone.available_at = T0;
	t.zone.max_share = 0;
	rows_zone_put(&t.txn, &t.zone);
	tempzone_run(&t, "key:a", T0,
		     "add a 60 A 10.0.0.1; add a 60 TXT x; static a 60 A 10.0.0.2;"
		     "pinned p 60 A 10.0.0.3; add m 60 MX 1 a;"
		     "add s 60 NS ns.s; add ns.s 60 A 10.0.0.4; add ns.s 60 TXT y;"
		     "add @ 3600 NS ns2.x.");
	tempzone_run(&t, "key:b", T0 + HOUR, "add b 60 A 10.0.0.5; add a 60 AAAA ::1");
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
	clock_by_hand(&hand, T0 * SEC);
	clock_watch_init(&watch, &hand);
	hook = clock_watch_hook(&watch);
	writer = writer_start(t.temp.store, NULL, NULL);
	writer_begin_with(writer, &hook);
	context = (struct sweep_context){.store = t.temp.store,
					 .writer = writer,
					 .clock = &hand,
					 .stop = &stop,
					 .asker.principal = "local:root"};
}

static void end(void)
{
	writer_free(writer);
	arena_free(&t.arena);
	tempstore_free(&t.temp);
}

TestSuite(sweep, .init = begin, .fini = end);

static void read_begin(void)
{
	store_read_begin(t.temp.store, &t.txn);
}

static void read_end(void)
{
	cr_expect_eq(t.txn.error, STORE_OK);
	store_read_end(&t.txn);
}

static bool note_item(void *out, const struct plan_item *item)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], *text = out;
	dns_name_show(&item->name, name);
	name[strcspn(name, ".")] = '\0';
	size_t len = strlen(text);
	snprintf(text + len, 256 - len, "%s %s %llu; ", name, dns_type_print(item->type, type),
		 (unsigned long long)(item->stale_at - T0));
	return true;
}

static void expect_plan(uint64_t when, const char *wanted)
{
	char text[256] = "";
	struct age_windows windows = {.no_refresh = HOUR, .refresh = 2 * HOUR};
	read_begin();
	plan_walk(&t.txn, &t.zone, when, &windows, note_item, text);
	read_end();
	cr_expect_str_eq(text, wanted, "at %llu: %s", (unsigned long long)(when - T0), text);
}

Test(sweep, the_plan_is_exact_to_the_second)
{
	expect_plan(T0, "");
	expect_plan(T0 + 3 * HOUR, "");
	expect_plan(T0 + 3 * HOUR + 1, "a A 10801; a TXT 10801; ns TXT 10801; ");
	expect_plan(T0 + 4 * HOUR, "a A 10801; a TXT 10801; ns TXT 10801; ");
	expect_plan(T0 + 4 * HOUR + 1,
		    "a A 10801; a TXT 10801; a AAAA 14401; ns TXT 10801; b A 14401; ");
}

static bool stop_at_once(void *out, const struct plan_item *item)
{
	(void)item;
	++*(int *)out;
	return false;
}

Test(sweep, a_plan_can_be_ended)
{
	int seen = 0;
	struct age_windows windows = {.no_refresh = HOUR, .refresh = 2 * HOUR};
	read_begin();
	cr_expect_eq(
		plan_walk(&t.txn, &t.zone, T0 + 9 * HOUR, &windows, stop_at_once, &seen).records,
		1);
	cr_expect_eq(seen, 1);
	read_end();
}

Test(sweep, a_zone_is_held_for_each_reason)
{
	struct zone zone = t.zone;
	cr_expect_eq(plan_zone_hold(&zone, T0), PLAN_NOT_YET_AVAILABLE);
	cr_expect_eq(plan_zone_hold(&zone, T0 + 1), PLAN_MAY_RUN);
	zone.update = ZONE_UPDATE_NONE;
	cr_expect_eq(plan_zone_hold(&zone, T0 + 1), PLAN_UPDATES_OFF);
	zone.is_aging = false;
	cr_expect_eq(plan_zone_hold(&zone, T0 + 1), PLAN_AGING_OFF);
	struct sweep_result result;
	clock_pass_to(&hand, T0 * SEC);
	sweep_zone(&context, &t.zone, &result);
	cr_expect_eq(result.hold, PLAN_NOT_YET_AVAILABLE);
	cr_expect_eq(result.run, 0);
}

static void expect_kinds(uint64_t from, const enum entry_kind *kinds, size_t count, uint64_t run)
{
	struct entry entry;
	for (size_t i = 0; i < count; i++) {
		cr_assert(journal_read(&t.txn, from + i, &entry, &t.arena));
		cr_expect_eq(entry.kind, kinds[i]);
		cr_expect_eq(entry.run, run);
		cr_expect_eq(entry.zone_id, t.zone.id);
	}
	cr_expect_not(journal_read(&t.txn, from + count, &entry, &t.arena));
}

Test(sweep, removes_what_is_stale_and_says_so_in_the_log)
{
	static const enum entry_kind kinds[] = {ENTRY_RUN, ENTRY_SCAVENGE, ENTRY_RUN};
	struct sweep_result result;
	read_begin();
	uint64_t next = journal_next_seq(&t.txn);
	uint32_t serial = zone_serial(&t.txn, &t.zone);
	read_end();
	clock_pass_to(&hand, (T0 + 3 * HOUR + 1) * SEC);
	sweep_zone(&context, &t.zone, &result);
	cr_expect_eq(result.hold, PLAN_MAY_RUN);
	cr_expect_eq(result.error, STORE_OK);
	cr_expect_eq(result.records_removed, 3);
	cr_expect_eq(result.skipped, 0);
	cr_expect_neq(result.run, 0);
	read_begin();
	cr_expect_str_eq(tempzone_record(&t, "a", "A", "10.0.0.1"), "none");
	cr_expect_str_neq(tempzone_record(&t, "a", "A", "10.0.0.2"), "none");
	cr_expect_str_neq(tempzone_record(&t, "a", "AAAA", "::1"), "none");
	cr_expect_str_neq(tempzone_record(&t, "ns.s", "A", "10.0.0.4"), "none");
	cr_expect_str_neq(tempzone_record(&t, "m", "MX", "1 a"), "none");
	cr_expect_str_neq(tempzone_record(&t, "p", "A", "10.0.0.3"), "none");
	cr_expect_str_neq(tempzone_record(&t, "@", "NS", "ns2.x."), "none");
	cr_expect_eq(zone_serial(&t.txn, &t.zone), serial + 1);
	expect_kinds(next, kinds, 3, result.run);
	struct entry entry;
	cr_assert(journal_read(&t.txn, next, &entry, &t.arena));
	cr_expect_eq(entry.event, EVENT_SCAVENGE_START);
	cr_expect_str_eq(entry.principal, "local:root");
	cr_assert(journal_read(&t.txn, next + 1, &entry, &t.arena));
	cr_expect_str_eq(entry.principal, "system:scavenger");
	cr_expect_str_eq(entry.reason, "no-refresh=1h refresh=2h");
	cr_expect_str_eq(entry.changes[0].was.owner, "key:a");
	cr_assert(journal_read(&t.txn, next + 2, &entry, &t.arena));
	cr_expect_eq(entry.event, EVENT_SCAVENGE_END);
	read_end();

	/* A second run right after finds nothing. */
	sweep_zone(&context, &t.zone, &result);
	cr_expect_eq(result.records_removed, 0);
	cr_expect_eq(result.error, STORE_OK);
}

/*
 * A record is refreshed between plan and job. The first gate holds the writer until the sweep's
 * start waits too, so both are of one batch; when that is done the second gate is posted before the
 * sweep goes on. It holds the writer until the removal waits, whose plan is then made, and
 * refreshes.
 */
struct gate {
	struct writer_job job;
	struct writer_job *next;
};

static void wait_for_another(void)
{
	struct writer_stats stats = {0};
	for (unsigned tries = 0; stats.waiting == 0 && tries < 5000; tries++) {
		usleep(1000);
		writer_stats(writer, &stats);
	}
}

static void run_first(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	(void)txn;
	wait_for_another();
	usleep(WRITER_IDLE_SHARE_US * 2); /* an idle job is owed */
}

static void done_first(struct writer_job *job, enum store_error error)
{
	(void)error;
	cr_assert(writer_post(writer, ((struct gate *)job)->next, WRITER_URGENT));
}

static void run_second(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	struct arena arena = {0};
	wait_for_another();
	struct edit_author author = {
		.owner_text = "key:a", .now = T0 + 3 * HOUR + 1, .class = RECORD_DYNAMIC};
	cr_assert(principal_find(txn, "key:a", &author.owner));
	struct edit *edit = edit_open(txn, &t.zone, &author, &arena);
	struct dns_name name = tempzone_name(&t, "a");
	edit_add(edit, &name, DNS_TYPE_TXT, 60, bytes_of("\1x", 2));
	struct entry entry = {.kind = ENTRY_UPDATE, .principal = "key:a"};
	edit_commit(edit, &entry);
	cr_assert_eq(entry.kind, ENTRY_REFRESH);
	arena_free(&arena);
}

static void done_second(struct writer_job *job, enum store_error error)
{
	(void)job;
	(void)error;
}

Test(sweep, skips_a_record_that_was_refreshed_between_plan_and_job)
{
	static struct gate second = {.job = {.run = run_second, .done = done_second}};
	static struct gate first = {.job = {.run = run_first, .done = done_first},
				    .next = &second.job};
	struct sweep_result result;
	clock_pass_to(&hand, (T0 + 3 * HOUR + 1) * SEC);
	cr_assert(writer_post(writer, &first.job, WRITER_URGENT));
	sweep_zone(&context, &t.zone, &result);
	cr_expect_eq(result.skipped, 1);
	cr_expect_eq(result.records_removed, 2);
	read_begin();
	cr_expect_str_neq(tempzone_record(&t, "a", "TXT", "x"), "none");
	cr_expect_str_eq(tempzone_record(&t, "a", "A", "10.0.0.1"), "none");
	read_end();
}

/* Many names: more than one job, kept ones in between. */
static void run_many(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	struct arena arena = {0};
	struct edit_author author = {
		.owner = 1, .owner_text = "key:a", .now = T0, .class = RECORD_DYNAMIC};
	struct edit *edit = edit_open(txn, &t.zone, &author, &arena);
	for (unsigned i = 0; i < 1000; i++) {
		char label[16];
		snprintf(label, sizeof label, "n%u", i);
		struct dns_name name = tempzone_name(&t, label);
		bool is_kept = i % 3 == 0;
		edit_add(edit, &name, is_kept ? DNS_TYPE_NS : DNS_TYPE_A, 60,
			 is_kept ? bytes_of("\1x\0", 3) : bytes_of("abcd", 4));
	}
	struct entry entry = {.kind = ENTRY_UPDATE, .principal = "key:a"};
	edit_commit(edit, &entry);
	arena_free(&arena);
}

Test(sweep, goes_on_behind_what_is_kept)
{
	struct writer_job job = {.run = run_many};
	struct sweep_result result;
	cr_assert_eq(writer_call(writer, &job, WRITER_URGENT), STORE_OK);
	clock_pass_to(&hand, (T0 + 9 * HOUR) * SEC);
	sweep_zone(&context, &t.zone, &result);
	cr_expect_eq(result.records_removed, 666 + 5);
	cr_expect_eq(result.names_visited, 1000 + 6, "%llu",
		     (unsigned long long)result.names_visited);
	sweep_zone(&context, &t.zone, &result);
	cr_expect_eq(result.records_removed, 0);
}

Test(sweep, ends_between_two_jobs_when_it_is_stopped)
{
	struct sweep_result result;
	clock_pass_to(&hand, (T0 + 9 * HOUR) * SEC);
	stop = true;
	sweep_zone(&context, &t.zone, &result);
	cr_expect_eq(result.records_removed, 0);
	cr_expect_eq(result.run, 0, "none is begun");
}

struct period {
	struct writer_job job;
	uint32_t seconds;
};

static void run_period(struct writer_job *job, struct store_txn *txn)
{
	struct scavenge_settings settings;
	scavenge_settings_read(txn, &settings);
	settings.period = ((struct period *)job)->seconds;
	ROWS_WRITE(txn, scavenge_settings_put(rows, &settings, clock_now(&hand)));
}

static struct schedule_status status_of(struct schedule *schedule)
{
	struct schedule_status status;
	read_begin();
	schedule_status(schedule, &t.txn, &status);
	read_end();
	return status;
}

static bool waits_for_run(struct schedule *schedule, uint64_t at)
{
	for (unsigned tries = 0; tries < 5000; tries++) {
		if (status_of(schedule).last_run == at)
			return true;
		usleep(1000);
	}
	return false;
}

static void count_result(void *out, const struct zone *zone, const struct sweep_result *result)
{
	(void)zone;
	*(uint64_t *)out += result->records_removed;
}

Test(schedule, runs_when_its_clock_says_so_and_remembers, .init = begin, .fini = end)
{
	struct period period = {.job = {.run = run_period}, .seconds = 4 * HOUR};
	struct schedule *schedule = schedule_start(t.temp.store, writer, &watch);
	cr_expect_eq(status_of(schedule).settings.period, 0);
	cr_assert_eq(writer_call(writer, &period.job, WRITER_URGENT), STORE_OK);
	schedule_wake(schedule);
	cr_expect_eq(status_of(schedule).next_run, T0 + 4 * HOUR);

	/* An explicit run does not move the schedule. */
	uint64_t removed = 0;
	clock_pass_to(&hand, (T0 + 3 * HOUR + 1) * SEC);
	schedule_run_now(schedule, &t.zone.apex, &root, count_result, &removed);
	cr_expect_eq(removed, 3);
	cr_expect_eq(status_of(schedule).next_run, T0 + 4 * HOUR);
	cr_expect_eq(status_of(schedule).last_run, 0);

	clock_pass_to(&hand, (T0 + 5 * HOUR) * SEC);
	schedule_wake(schedule);
	cr_expect(waits_for_run(schedule, T0 + 5 * HOUR));
	struct schedule_status status = status_of(schedule);
	cr_expect_eq(status.last_removed, 2);
	cr_expect_eq(status.next_run, T0 + 9 * HOUR);
	schedule_stop(schedule);

	/* What was due while nobody was there is run at the start. */
	clock_pass_to(&hand, (T0 + 20 * HOUR) * SEC);
	schedule = schedule_start(t.temp.store, writer, &watch);
	cr_expect(waits_for_run(schedule, T0 + 20 * HOUR));
	cr_expect_eq(status_of(schedule).next_run, T0 + 24 * HOUR);
	schedule_stop(schedule);
}

static void count_call(void *count, const struct zone *zone, const struct sweep_result *result)
{
	(void)zone;
	(void)result;
	++*(unsigned *)count;
}

Test(schedule, begins_no_run_when_it_is_halted, .init = begin, .fini = end)
{
	struct schedule *schedule = schedule_start(t.temp.store, writer, &watch);
	unsigned count = 0;
	schedule_run_now(schedule, NULL, &root, count_call, &count);
	cr_expect_eq(count, 1);
	schedule_halt(schedule);
	schedule_run_now(schedule, NULL, &root, count_call, &count);
	cr_expect_eq(count, 1);
	schedule_stop(schedule);
}

/* A job that keeps the writer busy until it is let go. */
struct busy {
	struct writer_job job;
	sem_t begun, let_go;
};

static void run_busy(struct writer_job *job, struct store_txn *txn)
{
	struct busy *busy = (struct busy *)job;
	(void)txn;
	sem_post(&busy->begun);
	sem_wait(&busy->let_go);
}

/* What was logged since, at warning or above. */
struct listening {
	int stderr_was;
	FILE *file;
};

static void listen_begin(struct listening *listening)
{
	fflush(stderr);
	log_open(LOG_TO_STDERR, LOG_LEVEL_WARNING);
	listening->file = tmpfile();
	listening->stderr_was = dup(STDERR_FILENO);
	cr_assert(listening->file && dup2(fileno(listening->file), STDERR_FILENO) == STDERR_FILENO);
}

static void listen_end(struct listening *listening, char *text, size_t room)
{
	fflush(stderr);
	dup2(listening->stderr_was, STDERR_FILENO);
	close(listening->stderr_was);
	ssize_t len = pread(fileno(listening->file), text, room - 1, 0);
	cr_assert_geq(len, 0);
	text[len] = '\0';
	fclose(listening->file);
}

static void set_period(uint32_t seconds)
{
	struct period period = {.job = {.run = run_period}, .seconds = seconds};
	cr_assert_eq(writer_call(writer, &period.job, WRITER_URGENT), STORE_OK);
}

/* A cycle that was due at T0 + 4 h, and that a busy writer lets begin `late` seconds later. */
static void expect_late(uint64_t late, const char *said)
{
	static struct busy busy = {.job = {.run = run_busy, .done = done_second}};
	struct listening listening;
	char text[4096];
	sem_init(&busy.begun, 0, 0);
	sem_init(&busy.let_go, 0, 0);
	struct schedule *schedule = schedule_start(t.temp.store, writer, &watch);
	set_period(4 * HOUR);
	listen_begin(&listening);
	cr_assert(writer_post(writer, &busy.job, WRITER_URGENT));
	sem_wait(&busy.begun);
	clock_pass_to(&hand, (T0 + 4 * HOUR) * SEC);
	schedule_wake(schedule);
	clock_pass_to(&hand, (T0 + 4 * HOUR + late) * SEC);
	cr_expect_eq(status_of(schedule).overdue, late);
	cr_expect_eq(status_of(schedule).last_run, 0, "it waits for the writer");
	sem_post(&busy.let_go);
	for (unsigned tries = 0; tries < 5000 && !status_of(schedule).last_run; tries++)
		usleep(1000);
	listen_end(&listening, text, sizeof text);
	cr_expect_eq(status_of(schedule).last_removed, 5, "late, and done all the same");
	cr_expect_eq(status_of(schedule).overdue, 0);
	cr_expect_eq(strstr(text, "a scavenging cycle is late") != NULL, said != NULL, "%s", text);
	if (said)
		cr_expect_not_null(strstr(text, said), "%s", text);
	schedule_stop(schedule);
}

Test(schedule, a_cycle_that_is_an_hour_late_is_warned_of, .init = begin, .fini = end)
{
	expect_late(HOUR + 1, "warning a scavenging cycle is late seconds=3601");
}

Test(schedule, a_cycle_that_is_less_late_is_not, .init = begin, .fini = end)
{
	expect_late(HOUR, NULL);
}

/* The clock is set while a run is at its first zone: the next is not judged by it. */
struct jump {
	unsigned zones;
	uint64_t removed[2];
	unsigned holds[2];
};

static void jump_after_first(void *out, const struct zone *zone, const struct sweep_result *result)
{
	struct jump *jump = out;
	(void)zone;
	cr_assert_lt(jump->zones, 2);
	jump->removed[jump->zones] = result->records_removed;
	jump->holds[jump->zones++] = result->holds;
	clock_move_to(&hand, (T0 + 9000 * HOUR) * SEC);
}

static void run_second_zone(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	struct arena arena = {0};
	struct dns_name apex, name;
	cr_assert_null(dns_name_parse_text(&apex, "other.example"));
	cr_assert_null(dns_name_parse_text(&name, "pc.other.example"));
	struct zone zone = zone_default(&apex);
	zone.is_aging = true;
	zone.no_refresh = zone.refresh = 24 * HOUR;
	zone.update = t.zone.update;
	rows_zone_create(txn, &zone);
	struct edit_author author = {
		.owner = 1, .owner_text = "key:a", .now = T0, .class = RECORD_DYNAMIC};
	struct edit *edit = edit_open(txn, &zone, &author, &arena);
	edit_add(edit, &name, DNS_TYPE_A, 60, bytes_of("abcd", 4));
	struct entry entry = {.kind = ENTRY_UPDATE, .principal = "key:a"};
	edit_commit(edit, &entry);
	arena_free(&arena);
}

Test(schedule, a_clock_that_is_set_within_a_cycle_deletes_nothing, .init = begin, .fini = end)
{
	struct writer_job job = {.run = run_second_zone};
	struct jump jump = {0};
	cr_assert_eq(writer_call(writer, &job, WRITER_URGENT), STORE_OK);
	struct schedule *schedule = schedule_start(t.temp.store, writer, &watch);
	clock_pass_to(&hand, (T0 + 3 * HOUR + 1) * SEC);
	cr_assert(schedule_run_now(schedule, NULL, &root, jump_after_first, &jump));
	cr_expect_eq(jump.zones, 2);
	cr_expect_eq(jump.removed[0], 3);
	cr_expect_eq(jump.removed[1], 0);
	cr_expect_neq(jump.holds[1] & PLAN_BIT(PLAN_CLOCK_JUMPED), 0);
	schedule_stop(schedule);
}

Test(schedule, what_the_clock_did_is_known_when_it_is_asked_for, .init = begin, .fini = end)
{
	struct schedule *schedule = schedule_start(t.temp.store, writer, &watch);
	cr_assert(schedule_look(schedule));
	cr_expect_eq(status_of(schedule).jumped_at, 0);
	clock_move_to(&hand, (T0 + 9000 * HOUR) * SEC);
	cr_assert(schedule_look(schedule));
	cr_expect_eq(status_of(schedule).jumped_at, T0 + 9000 * HOUR);
	schedule_stop(schedule);
}
