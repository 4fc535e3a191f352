/* SPDX-License-Identifier: BSD-2-Clause */
/* stats, status, stop, clock. */
#include "base/frame.h"
#include "base/memory.h"
#include "base/timeword.h"
#include <config.h>
#include "admin/draft.h"
#include "admin/backup_note.h"
#include "admin/health.h"
#include "admin/scope.h"
#include "admin/setting_json.h"
#include "journal/entry_time.h"
#include "journal/journal.h"
#include "nameserver/gss_thread.h"
#include "nameserver/keytab.h"
#include "nameserver/store_fill.h"
#include "nameserver/store_key_file.h"
#include "nameserver/trace.h"
#include "outbound/export.h"
#include "outbound/notify.h"
#include "vault/checkpoints.h"
#include <inttypes.h>
#include <unistd.h>

static void server_counter(struct call *call, const char *name, uint64_t value, const char *help)
{
	command_stat(call, &(struct command_stat){name, COMMAND_COUNTER, value, help, NULL});
}

/* Of what can become less. */
static void server_gauge(struct call *call, const char *name, uint64_t value, const char *help)
{
	command_stat(call, &(struct command_stat){name, COMMAND_GAUGE, value, help, NULL});
}

static void count_contexts(struct call *call)
{
	struct gss_context_counts counts = {0};
	struct gss_context_table *contexts = gss_thread_contexts(call->core->gss_thread);
	if (contexts)
		gss_context_counts(contexts, &counts);
	server_gauge(call, "gss-contexts", counts.live, "security contexts that are live");
	server_counter(call, "gss-contexts-evicted", counts.evicted,
		       "contexts that gave way to others");
	server_counter(call, "gss-contexts-expired", counts.expired,
		       "contexts whose time was over");
}

static void count_targets(struct call *call)
{
	uint64_t targets = 0, failing = 0;
	if (call->core->notify)
		notify_counts(call->core->notify, &targets, &failing);
	server_gauge(call, "notify-targets", targets, "secondaries to notify, each for each zone");
	server_gauge(call, "notify-failing", failing, "those of them that cannot be notified now");
}

/* Of the target that is furthest behind; what was lost of all. */
static void count_exports(struct call *call)
{
	uint64_t behind = 0, lost = 0;
	struct journal_seqs heads = journal_log_heads(call->snapshot.txn);
	for (size_t i = 0; i < exports_count(call->core->exports); i++) {
		struct export_status status;
		if (!exports_status(call->core->exports, i, &status))
			break;
		uint64_t its = export_status_behind(&status, &heads);
		behind = its > behind ? its : behind;
		lost += status.lost;
	}
	server_gauge(call, "export-behind", behind,
		     "entries of the log that an export has yet to take");
	server_counter(call, "export-lost", lost,
		       "entries that were pruned before an export took them");
}

static void count_store(struct call *call)
{
	struct store_fill fill;
	struct store_health health;
	store_fill_get(call->core->store, &fill);
	store_health(call->core->store, &health);
	server_gauge(call, "store-fill", fill.percent, "percent of its map that are in use");
	server_gauge(call, "store-disk-free", fill.disk_free, "bytes that its disk has left");
	server_gauge(call, "store-trouble", health.now != STORE_TROUBLE_NONE,
		     "1 while it cannot be written, or read, as it should be ('status' says why)");
	server_gauge(call, "store-trouble-seconds", health.now_us / 1000000, "and for so long");
}

static enum call_code server_stats(struct call *call)
{
	struct writer_stats writer;
	struct store_usage usage;
	for (unsigned i = 0; i < STATS_COUNT; i++)
		server_counter(call, stats_name(i), stats_get(&call->core->stats, i),
			       stats_help(i));
	count_contexts(call);
	count_targets(call);
	if (snapshot_is_whole(&call->snapshot))
		count_exports(call);
	command_scavenge_stats(call, server_gauge);
	writer_stats(call->core->writer, &writer);
	store_usage(call->core->store, &usage);
	server_counter(call, "writer-jobs", writer.jobs, "jobs that the writer ran");
	server_counter(call, "writer-batches", writer.batches, "batches of them");
	server_counter(call, "writer-commits", writer.commits, "commits, each with its fsync");
	server_gauge(call, "writer-largest-batch", writer.largest_batch, "most jobs in one batch");
	server_counter(call, "writer-failed-commits", writer.failed_commits, "commits that failed");
	server_gauge(call, "writer-waiting", writer.waiting, "jobs that wait now");
	server_counter(call, "writer-client-full", writer.client_full,
		       "updates dropped because too many of the client waited");
	server_counter(call, "writer-class-full", writer.class_full,
		       "updates dropped because too many of all clients waited");
	server_gauge(call, "writer-longest-us", writer.longest_us,
		     "the longest that one job held the writer, in microseconds");
	server_gauge(call, "store-used", usage.used, "bytes of the store in use");
	server_gauge(call, "store-size", usage.size, "bytes that the store may grow to");
	count_store(call);
	server_gauge(call, "traces", traces_count(call->core->traces), "traces that run");
	server_counter(call, "memory-refused", memory_state().refused,
		       "allocations that the system refused, and a reserve served");
	server_counter(call, "store-damaged-rows", usage.damaged_rows,
		       "rows whose checksum was wrong when they were read");
	if (command_flag(call, "all"))
		command_metrics(call);
	return CALL_OK;
}

static void status_of_store(struct call *call, json_t *row)
{
	struct store_usage usage;
	struct writer_stats writer;
	uint64_t first, last;
	store_usage(call->core->store, &usage);
	writer_stats(call->core->writer, &writer);
	journal_range(call->snapshot.txn, &first, &last);
	json_object_set_new(row, "store_used", json_integer((json_int_t)usage.used));
	json_object_set_new(row, "store_size", json_integer((json_int_t)usage.size));
	json_object_set_new(row, "log_last_seq", json_integer((json_int_t)last));
	struct entry_time log_time = entry_time_last(call->snapshot.txn);
	json_object_set_new(row, "log_time", command_seconds(log_time.us / 1000000));
	json_object_set_new(row, "log_era", json_integer(log_time.era));
	json_object_set_new(row, "writer_waiting", json_integer((json_int_t)writer.waiting));
	json_object_set_new(row, "writer_dropped",
			    json_integer((json_int_t)(writer.client_full + writer.class_full)));
	json_object_set_new(row, "commits", json_integer((json_int_t)writer.commits));
}

struct lacking {
	struct call *call;
	json_t *list;
};

/* What a zone's clients would ask a ticket for in vain. */
static void add_lacking(void *context, const struct dns_name *zone, const char *service)
{
	struct lacking *lacking = context;
	char name[DNS_NAME_TEXT_MAX];
	dns_name_show(zone, name);
	json_array_append_new(
		lacking->list,
		command_string(arena_print(&lacking->call->arena, "%s of zone %s", service, name)));
}

static void add_service(void *context, const char *principal)
{
	json_array_append_new(context, command_string(principal));
}

/* The service principals of the keytab, or why it cannot be used. */
static void status_of_keytab(struct gss_keytab *keytab, json_t *row)
{
	char problem[GSS_TEXT_MAX];
	bool is_wrong = keytab && gss_keytab_problem(keytab, problem);
	json_t *list = keytab && !is_wrong ? json_array() : json_null();
	if (keytab && !is_wrong)
		gss_keytab_walk(keytab, add_service, list);
	json_object_set_new(row, "keytab", list);
	json_object_set_new(row, "keytab_problem", command_string(is_wrong ? problem : NULL));
}

static void status_of_gss(struct call *call, json_t *row)
{
	struct core *core = call->core;
	struct gss_context_counts counts = {0};
	struct lacking lacking = {.call = call, .list = json_array()};
	status_of_keytab(gss_thread_keytab(core->gss_thread), row);
	keytab_lacks(core, &call->snapshot, add_lacking, &lacking);
	json_object_set_new(row, "keytab_lacks", lacking.list);
	if (!core->gss_thread)
		return;
	gss_context_counts(gss_thread_contexts(core->gss_thread), &counts);
	json_object_set_new(row, "gss_contexts", json_integer((json_int_t)counts.live));
	json_object_set_new(row, "gss_skew",
			    json_integer((json_int_t)gss_thread_skew(core->gss_thread)));
}

static void status_of_store_key(struct call *call, json_t *row)
{
	char text[STORE_KEY_FILE_TEXT_MAX], id[STORE_KEY_ID_TEXT_MAX];
	struct store_key_id needs, current = store_key_current(call->core->store_key);
	json_object_set_new(row, "store_key",
			    current.number ? json_string(store_key_id_print(&current, id))
					   : json_null());
	json_object_set_new(
		row, "keys_sealed",
		json_integer((json_int_t)keyring_sealed_count(call->snapshot.keys, &needs)));
	json_object_set_new(row, "store_key_problem",
			    store_key_file_problem(call->core, call->snapshot.keys, text)
				    ? command_string(text)
				    : json_null());
}

/* Seconds: a cycle that takes its time is not called late. */
#define LATE_WARNED 3600

static void warn_of_late_cycle(struct call *call, const struct schedule_status *schedule)
{
	char late[TIMEWORD_TEXT_MAX];
	if (schedule->overdue < LATE_WARNED)
		return;
	uint64_t overdue = schedule->overdue < UINT32_MAX ? schedule->overdue : UINT32_MAX;
	duration_print((uint32_t)(overdue - overdue % 60), late);
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "the scavenging cycle is overdue by %s%s: `tenurectl scavenge "
				 "status` says what holds it",
				 late, schedule->is_running ? ", and runs now" : ""));
}

/* What is wrong now, one after the other; NULL: nothing is. */
static const char *status_trouble(struct call *call, const struct store_health *health)
{
	struct store_usage usage;
	const char *text = health->now ? store_trouble_text(health->now) : NULL;
	store_usage(call->core->store, &usage);
	if (memory_is_short())
		text = arena_print(&call->arena,
				   "%s%sthe system has no memory: updates and transfers are "
				   "SERVFAIL until it has; what is under way uses a reserve",
				   text ? text : "", text ? "; " : "");
	if (usage.damaged_rows)
		text = arena_print(&call->arena,
				   "%s%srows of the store are damaged (%" PRIu64
				   " were met): what is asked of their names is SERVFAIL, others "
				   "are answered; 'tenurectl check' says which",
				   text ? text : "", text ? "; " : "", usage.damaged_rows);
	return text;
}

static const char *status_trouble_last(struct call *call, const struct store_health *health,
				       uint64_t now)
{
	char lasted[TIMEWORD_TEXT_MAX], ended[TIMEWORD_TEXT_MAX];
	if (!health->last)
		return NULL;
	duration_print((uint32_t)(health->last_us / 1000000), lasted);
	time_print((now - health->ended_us) / 1000000, ended);
	return arena_print(&call->arena, "%s, for %s until %s", store_trouble_word(health->last),
			   lasted, ended);
}

/* What is wrong, and was; what will be. */
static void status_of_health(struct call *call, json_t *row, uint64_t now)
{
	struct store_fill fill;
	struct store_health health;
	char text[STORE_FILL_TEXT_MAX];
	store_fill_get(call->core->store, &fill);
	store_health(call->core->store, &health);
	json_object_set_new(row, "trouble", command_string(status_trouble(call, &health)));
	json_object_set_new(row, "trouble_since",
			    command_seconds(health.now ? (now - health.now_us) / 1000000 : 0));
	json_object_set_new(row, "trouble_last",
			    command_string(status_trouble_last(call, &health, now)));
	json_object_set_new(row, "store_warning",
			    store_fill_text(&fill, text) ? json_string(text) : json_null());
}

static void status_of_schedule(struct call *call, json_t *row, struct schedule_status *schedule)
{
	struct core *core = call->core;
	static const struct {
		enum scavenge_setting setting;
		const char *member;
	} shown[] = {{SCAVENGE_SETTING_PERIOD, "scavenge_period"},
		     {SCAVENGE_SETTING_SCHEDULE, "scavenge_schedule"}};
	char text[SCAVENGE_SETTINGS_TEXT_MAX];
	if (core->schedule)
		schedule_status(core->schedule, call->snapshot.txn, schedule);
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		scavenge_settings_print(&schedule->settings, shown[i].setting, text);
		json_object_set_new(
			row, shown[i].member,
			setting_json(call, scavenge_setting_name(shown[i].setting), text));
	}
	json_object_set_new(row, "scavenge_next_at", command_seconds(schedule->next_run));
}

/* What is read from the store. */
static void status_of_contents(struct call *call, json_t *row, struct schedule_status *schedule)
{
	size_t zones = 0;
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++)
		zones += scope_holds(call, &zoneset_at(call->snapshot.zones, i)->apex);
	json_object_set_new(row, "zones", json_integer((json_int_t)zones));
	/* What is of all zones together is not shown to a role of listed ones. */
	if (!scope_is_listed(call)) {
		json_object_set_new(row, "keys",
				    json_integer((json_int_t)keyring_count(call->snapshot.keys)));
		status_of_store_key(call, row);
		status_of_gss(call, row);
		command_realms(call, row);
		status_of_store(call, row);
		backup_note_status(call, row);
	}
	status_of_schedule(call, row, schedule);
}

static enum call_code server_status(struct call *call)
{
	struct core *core = call->core;
	uint64_t now = clock_now_us(&core->clock);
	bool is_read = snapshot_is_whole(&call->snapshot);
	struct schedule_status schedule = {0};
	json_t *row = json_object();
	json_object_set_new(row, "version", json_string(PACKAGE_VERSION));
	json_object_set_new(row, "protocol", json_integer(FRAME_PROTOCOL));
	json_object_set_new(row, "pid", json_integer(getpid()));
	status_of_health(call, row, now);
	json_object_set_new(row, "time", command_seconds(now / 1000000));
	json_object_set_new(row, "clock_is_system", json_boolean(!core->clock.is_set_by_hand));
	if (is_read)
		json_object_set_new(row, "clock_behind",
				    json_boolean(clock_watch_is_behind(call->snapshot.txn, now)));
	uint64_t up_us = now > core->started_us ? now - core->started_us : 0;
	json_object_set_new(row, "uptime", json_integer((json_int_t)(up_us / 1000000)));
	json_object_set_new(row, "listen", setting_json_list(call->listen));
	json_object_set_new(row, "role", command_string(scope_say(call)));
	json_object_set_new(row, "log_signed", json_boolean(core->checkpoints != NULL));
	if (is_read)
		status_of_contents(call, row, &schedule);
	command_row(call, row);
	if (is_read) {
		command_held_warn(call);
		draft_warn(call);
		command_contested_warn(call);
		command_limits_warn(call);
		if (!scope_is_listed(call)) {
			backup_note_warn(call, now / 1000000);
			command_health_warn(call, &schedule);
		}
	}
	const char *trouble = checkpoints_trouble(core->checkpoints);
	if (trouble)
		command_warn(call, 0, trouble);
	warn_of_late_cycle(call, &schedule);
	/* What could not be read is in the row, as the trouble that it is. */
	return CALL_OK;
}

static enum call_code server_stop(struct call *call)
{
	call->wants_stop = true;
	command_say(call, "stopping");
	return CALL_OK;
}

static enum call_code server_reload(struct call *call)
{
	char said[CALL_ERROR_MAX];
	const char *name;
	json_t *value;
	size_t i;
	if (!call->reload)
		return call_fail(call, CALL_FAILED, "this server has no configuration to read");
	json_t *answer = json_object();
	bool is_well = call->reload(call, answer, said, sizeof said);
	const json_t *warnings = json_object_get(answer, "warnings");
	for (i = 0; i < json_array_size(warnings); i++)
		command_warn(call, 0, json_string_value(json_array_get(warnings, i)));
	json_object_del(answer, "warnings");
	json_object_foreach(answer, name, value)
	{
		command_result(call, name, json_incref(value));
	}
	json_decref(answer);
	if (!is_well)
		return call_fail(call, CALL_FAILED, "%s", said);
	command_say(call, "%s", said);
	return CALL_OK;
}

static enum call_code check_clock(struct call *call)
{
	if (call->core->clock.is_set_by_hand)
		return CALL_OK;
	return call_fail(call, CALL_REFUSED,
			 "the clock is the machine's: only a tenured that was started with --clock "
			 "lets it be set");
}

/* `passes`: time does, too; otherwise the clock is only set, and that is noticed. */
static enum call_code move_clock(struct call *call, uint64_t us, bool passes)
{
	char text[TIMEWORD_TEXT_MAX];
	if (passes)
		clock_pass_to(&call->core->clock, us);
	else
		clock_move_to(&call->core->clock, us);
	if (call->core->schedule) {
		/* A jump is in the log when the clock's answer is there; where it cannot be written
		 * now, the schedule tries again. */
		(void)schedule_look(call->core->schedule);
		schedule_wake(call->core->schedule);
	}
	time_print(us / 1000000, text);
	command_result(call, "time", json_string(text));
	command_say(call, "it is %s", text);
	return CALL_OK;
}

static enum call_code server_clock_set(struct call *call)
{
	uint64_t seconds = 0;
	enum call_code code = check_clock(call);
	if (!code)
		code = command_time_of(call, "time", &seconds);
	return code ? code : move_clock(call, seconds * 1000000, false);
}

static enum call_code server_clock_forward(struct call *call)
{
	uint32_t seconds = 0;
	enum call_code code = check_clock(call);
	if (!code)
		code = command_duration_of(call, "by", &seconds);
	uint64_t now = clock_now_us(&call->core->clock);
	return code ? code : move_clock(call, now + (uint64_t)seconds * 1000000, true);
}

const struct command command_server_table[] = {
	{"stats", server_stats, "all=b?"},
	{"health", command_health, ""},
	{"status", server_status, "words=b?"},
	{"stop", server_stop, ""},
	{"reload", server_reload, ""},
	{"clock set", server_clock_set, "time=s"},
	{"clock forward", server_clock_forward, "by=s"},
	{0},
};
