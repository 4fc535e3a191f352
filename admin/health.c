/* SPDX-License-Identifier: BSD-2-Clause */
/* health: what somebody has to look at, as sentences with a code and a level. */
#include "admin/health.h"
#include "admin/backup_note.h"
#include "base/memory.h"
#include "base/timeword.h"
#include "journal/journal.h"
#include "nameserver/store_fill.h"
#include "nameserver/store_key_file.h"
#include "outbound/export.h"
#include "outbound/notify.h"
#include "vault/checkpoints.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEALTH_HELD_S (24 * 3600) /* a held run that nobody looked at for so long */
#define HEALTH_LATE_S 3600
#define HEALTH_LAG_S  900
#define HEALTH_BEHIND 10000 /* entries that an export has yet to take */

#define HEALTH_CODES 48 /* that are counted */

const char *health_level_word(enum health_level level)
{
	static const char *const words[] = {"notice", "warning", "critical"};
	return words[level];
}

static void health_of_store(struct health *health)
{
	struct core *core = health->call->core;
	struct store_health store;
	struct store_fill fill;
	struct store_usage usage;
	char text[STORE_FILL_TEXT_MAX];
	store_health(core->store, &store);
	store_fill_get(core->store, &fill);
	store_usage(core->store, &usage);
	if (store.now)
		health->say(health, HEALTH_CRITICAL, store_trouble_word(store.now),
			    store_trouble_text(store.now));
	if (memory_is_short())
		health->say(health, HEALTH_CRITICAL, "no-memory",
			    "the system has no memory: updates and transfers are SERVFAIL");
	if (usage.damaged_rows)
		health->say(health, HEALTH_CRITICAL, "damaged-rows",
			    arena_print(&health->call->arena,
					"%" PRIu64
					" damaged rows of the store were met: 'tenurectl "
					"check' says which",
					usage.damaged_rows));
	if (store_fill_text(&fill, text))
		health->say(health, HEALTH_WARNING, "store-filling",
			    arena_print(&health->call->arena, "%s", text));
}

static void health_of_clock(struct health *health, const struct schedule_status *schedule)
{
	struct core *core = health->call->core;
	if (schedule->jumped_at)
		health->say(health, HEALTH_WARNING, "clock-jumped",
			    "the clock was set forward and scavenging waits: `tenurectl scavenge "
			    "approve clock` when it is right");
	if (clock_watch_is_behind(health->call->snapshot.txn, clock_now_us(&core->clock)))
		health->say(
			health, HEALTH_WARNING, "clock-behind",
			"the clock is behind the log, whose time stands until it has passed it");
}

static void health_of_run(struct health *health, const struct zone *zone)
{
	struct run run;
	char name[DNS_NAME_TEXT_MAX], since[TIMEWORD_TEXT_MAX];
	uint64_t id = run_held(health->call->snapshot.txn, zone->id);
	uint64_t now_us = clock_now_us(&health->call->core->clock);
	if (!id || !run_get(health->call->snapshot.txn, id, &run) || now_us < run.started_us ||
	    now_us - run.started_us < HEALTH_HELD_S * UINT64_C(1000000))
		return;
	time_print(run.started_us / 1000000, since);
	health->say(health, HEALTH_WARNING, "run-held",
		    arena_print(&health->call->arena,
				"scavenging of %s waits since %s: look with `tenurectl scavenge "
				"plan`, then `tenurectl scavenge approve %" PRIu64 "` or `cancel`",
				dns_name_show(&zone->apex, name), since, id));
}

static void health_of_scavenging(struct health *health, const struct schedule_status *schedule)
{
	const struct zoneset *zones = health->call->snapshot.zones;
	if (schedule->overdue >= HEALTH_LATE_S)
		health->say(
			health, HEALTH_WARNING, "cycle-late",
			"the scavenging cycle is overdue: `tenurectl scavenge status` says what "
			"holds it");
	for (size_t i = 0; i < zoneset_count(zones); i++)
		health_of_run(health, zoneset_at(zones, i));
}

static void health_of_key(struct health *health)
{
	struct core *core = health->call->core;
	char text[STORE_KEY_FILE_TEXT_MAX];
	if (store_key_file_problem(core, health->call->snapshot.keys, text))
		health->say(health, HEALTH_WARNING, "store-key",
			    arena_print(&health->call->arena, "%s", text));
}

static void health_of_exports(struct health *health)
{
	struct core *core = health->call->core;
	struct journal_seqs heads = journal_log_heads(health->call->snapshot.txn);
	for (size_t i = 0; i < exports_count(core->exports); i++) {
		struct export_status status;
		if (!exports_status(core->exports, i, &status))
			break;
		uint64_t behind = export_status_behind(&status, &heads);
		if (behind < HEALTH_BEHIND && !status.lost)
			continue;
		health->say(health, HEALTH_WARNING, "export-behind",
			    arena_print(&health->call->arena,
					"the export to %s is %" PRIu64
					" entries behind, and %" PRIu64
					" were lost to it: `tenurectl audit targets`",
					status.target, behind, status.lost));
	}
}

/* A secondary that has another serial for long. */
static void health_of_lag(struct health *health)
{
	size_t count, late = 0;
	uint64_t now = clock_now(&health->call->core->clock);
	char zone[DNS_NAME_TEXT_MAX] = "", target[ADDR_TEXT_MAX] = "";
	struct notify_status *list = notify_list(health->call->core->notify, NULL, &count);
	for (size_t i = 0; i < count; i++) {
		uint64_t since = list[i].behind_since;
		if (!since || now < since + HEALTH_LAG_S)
			continue;
		if (late++ == 0) {
			dns_name_show(&list[i].zone, zone);
			addr_print(&list[i].target.addr, target);
		}
	}
	free(list);
	if (late)
		health->say(health, HEALTH_WARNING, "secondary-behind",
			    arena_print(&health->call->arena,
					"%zu secondar%s not had a zone's serial for more than 15 "
					"minutes, as %s of %s: `tenurectl notify status`",
					late, late == 1 ? "y has" : "ies have", target, zone));
}

static void health_of_secondaries(struct health *health)
{
	uint64_t targets = 0, failing = 0;
	if (health->call->core->notify)
		notify_counts(health->call->core->notify, &targets, &failing);
	if (health->call->core->notify)
		health_of_lag(health);
	if (failing)
		health->say(health, HEALTH_WARNING, "notify-failing",
			    arena_print(&health->call->arena,
					"%" PRIu64 " of %" PRIu64
					" secondaries cannot be notified: "
					"`tenurectl notify status`",
					failing, targets));
}

static void health_of_backups(struct health *health)
{
	struct call *call = health->call;
	const char *failed = backup_note_failed(call);
	const char *old = backup_note_old(call, clock_now(&call->core->clock));
	if (failed)
		health->say(health, HEALTH_WARNING, "backup-failed", failed);
	if (old)
		health->say(health, HEALTH_WARNING, "backup-old", old);
}

static void health_of_log(struct health *health)
{
	const char *trouble = checkpoints_trouble(health->call->core->checkpoints);
	if (trouble)
		health->say(health, HEALTH_WARNING, "checkpoints", trouble);
	if (!health->call->core->checkpoints)
		health->say(health, HEALTH_NOTICE, "log-unsigned",
			    "the log is not signed: who can write to its file could write it anew "
			    "(checkpoint.key)");
}

/* What is read from the store. */
static void health_of_contents(struct health *health)
{
	struct call *call = health->call;
	struct schedule_status schedule = {0};
	if (call->core->schedule)
		schedule_status(call->core->schedule, call->snapshot.txn, &schedule);
	health_of_clock(health, &schedule);
	health_of_scavenging(health, &schedule);
	health_of_key(health);
	health_of_exports(health);
	health_of_backups(health);
	health_ahead(health);
	health_peers(health);
}

static void health_all(struct health *health)
{
	health_of_store(health);
	if (snapshot_is_whole(&health->call->snapshot))
		health_of_contents(health);
	health_of_secondaries(health);
	health_of_log(health);
}

static void health_show(struct health *health, enum health_level level, const char *code,
			const char *text)
{
	json_t *row = json_object();
	json_object_set_new(row, "level", json_string(health_level_word(level)));
	json_object_set_new(row, "code", json_string(code));
	json_object_set_new(row, "text", command_string(text));
	command_row(health->call, row);
}

enum call_code command_health(struct call *call)
{
	struct health health = {.call = call, .say = health_show};
	char text[TIMEWORD_TEXT_MAX];
	size_t zones = snapshot_is_whole(&call->snapshot) ? zoneset_count(call->snapshot.zones) : 0;
	health_all(&health);
	/* Whether the machine's clock is right is for tenurectl to ask: the daemon may not. */
	command_result(call, "clock_is_system", json_boolean(!call->core->clock.is_set_by_hand));
	time_print(call->core->started_us / 1000000, text);
	command_say(call, "%zu zone%s, up since %s", zones, zones == 1 ? "" : "s", text);
	return CALL_OK;
}

static void health_warn(struct health *health, enum health_level level, const char *code,
			const char *text)
{
	(void)code;
	if (level > HEALTH_NOTICE)
		command_warn(health->call, 0, text);
}

void command_health_warn(struct call *call, const struct schedule_status *schedule)
{
	struct health health = {.call = call, .say = health_warn};
	health_of_clock(&health, schedule);
	health_ahead(&health);
	health_peers(&health);
}

/* --- counted by code */

struct health_counts {
	struct health_count {
		enum health_level level;
		const char *code; /* constant */
		uint64_t count;
	} of[HEALTH_CODES];
	size_t count;
};

static void health_count(struct health *health, enum health_level level, const char *code,
			 const char *text)
{
	struct health_counts *counts = health->context;
	size_t at = 0;
	(void)text;
	while (at < counts->count && strcmp(counts->of[at].code, code) != 0)
		at++;
	if (at == HEALTH_CODES)
		return;
	if (at == counts->count)
		counts->of[counts->count++] = (struct health_count){level, code, 0};
	counts->of[at].count++;
}

void command_health_metrics(struct call *call)
{
	struct health_counts counts = {.count = 0};
	struct health health = {.call = call, .say = health_count, .context = &counts};
	health_all(&health);
	for (size_t i = 0; i < counts.count; i++)
		command_stat(call,
			     &(struct command_stat){
				     "health", COMMAND_GAUGE, counts.of[i].count,
				     "what somebody has to look at; `tenurectl health` says more",
				     json_pack("{s:s, s:s}", "level",
					       health_level_word(counts.of[i].level), "code",
					       counts.of[i].code)});
}
