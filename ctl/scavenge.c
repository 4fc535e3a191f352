/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/counted.h"
#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/scavenge_plan.h"
#include <stdlib.h>
#include <string.h>

static const char *zone_word(const struct ctl *ctl)
{
	return ctl->words.count > 0 ? ctl->words.word[0] : NULL;
}

static const struct table_column run_columns[] = {
	{"zone", "ZONE", TABLE_TEXT},         {"run", "RUN", TABLE_NUMBER},
	{"removed", "REMOVED", TABLE_NUMBER}, {"skipped", "SKIPPED", TABLE_NUMBER},
	{"milliseconds", "MS", TABLE_NUMBER}, {"reason", "REASON", TABLE_TEXT},
	{"windows", "WINDOWS", TABLE_RARE},   {0},
};

static int ctl_scavenge_run(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--plan"))
		return scavenge_plan_now(ctl);
	return ctl_arg(ctl, "zone", zone_word(ctl)) ? ctl_run(ctl, "scavenge run", run_columns)
						    : CLIENT_USAGE;
}

static const struct table_column status_columns[] = {
	{"zone", "ZONE", TABLE_TEXT},
	{"runs", "RUNS", TABLE_TEXT},
	{"aging", "AGING", TABLE_TEXT},
	{"available_at", "AVAILABLE AT", TABLE_TIME},
	{"dynamic", "DYNAMIC", TABLE_NUMBER},
	{"last_run_at", "LAST RUN AT", TABLE_TIME},
	{"last_state", "LAST STATE", TABLE_TEXT},
	{"last_removed", "LAST REMOVED", TABLE_NUMBER},
	{"reason", "REASON", TABLE_TEXT},
	{0},
};

static int ctl_scavenge_status(struct ctl *ctl)
{
	ctl_arg_words(ctl);
	return ctl_run(ctl, "scavenge status", status_columns);
}

static int ctl_scavenge_set(struct ctl *ctl)
{
	return ctl_arg_settings(ctl, 0) ? ctl_run(ctl, "scavenge set", NULL) : CLIENT_USAGE;
}

static const struct table_column approve_columns[] = {
	{"run", "RUN", TABLE_NUMBER},         {"stale", "STALE", TABLE_NUMBER},
	{"removed", "REMOVED", TABLE_NUMBER}, {"skipped", "SKIPPED", TABLE_NUMBER},
	{"milliseconds", "MS", TABLE_NUMBER}, {0},
};

/* Whether the run waits, or left contested records that are asked for. */
static bool approve_may(const json_t *row, bool is_contested)
{
	const char *state = json_string_value(json_object_get(row, "state"));
	if (!state)
		return false;
	return strcmp(state, "held") == 0 ||
	       (is_contested && strcmp(state, "done") == 0 &&
		json_integer_value(json_object_get(row, "contested")) > 0);
}

/* How many records go: those that a held run proposed, and contested ones. */
static long long approve_count(const json_t *row, bool is_contested)
{
	const char *state = json_string_value(json_object_get(row, "state"));
	long long stale = json_integer_value(json_object_get(row, "stale"));
	long long contested = json_integer_value(json_object_get(row, "contested"));
	return (state && strcmp(state, "held") == 0 ? stale : 0) + (is_contested ? contested : 0);
}

/* The run's row; NULL: there is none, or it cannot be approved: the server says why. */
static json_t *approve_find(const json_t *rows, const char *run, bool is_contested)
{
	char number[32];
	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *row = json_array_get(rows, i);
		snprintf(number, sizeof number, "%lld",
			 json_integer_value(json_object_get(row, "run")));
		if (strcmp(number, run) == 0)
			return approve_may(row, is_contested) ? row : NULL;
	}
	return NULL;
}

/* Whether the run is to go on; `*code` is the exit code if not. */
static bool approve_ask(struct ctl *ctl, const char *run, int *code)
{
	json_t *none = json_pack("{s:I}", "limit", (json_int_t)UINT32_MAX);
	json_t *rows = ask_rows(ctl, "scavenge history", none, code);
	bool is_contested = words_has(&ctl->words, "--contested");
	const json_t *row = *code == CLIENT_OK ? approve_find(rows, run, is_contested) : NULL;
	const char *zone = json_string_value(json_object_get(row, "zone"));
	char text[COUNTED_TEXT_MAX];
	const char *records = counted((uint64_t)approve_count(row, is_contested), "record", text);
	bool goes_on = *code == CLIENT_OK;
	if (row && words_has(&ctl->words, "--plan")) {
		printf("run %s would remove up to %s of %s, as `tenurectl scavenge plan %s%s` "
		       "lists them\n",
		       run, records, zone, zone, is_contested ? " --contested" : "");
		goes_on = false;
	} else if (goes_on && words_has(&ctl->words, "--plan")) {
		/* A plan is never sent, whatever becomes of the run meanwhile. */
		*code = ctl_fail(ctl, CLIENT_NOTHING,
				 "run %s waits for nobody: `tenurectl scavenge "
				 "history` shows which runs do",
				 run);
		goes_on = false;
	} else if (row && !ask_yes(ctl, "run %s removes up to %s of %s", run, records, zone)) {
		*code = CLIENT_REFUSED;
		goes_on = false;
	}
	json_decref(rows);
	json_decref(none);
	return goes_on;
}

static int ctl_scavenge_approve(struct ctl *ctl)
{
	const char *run = ctl->words.word[0];
	int code = CLIENT_OK;
	bool is_clock = strcmp(run, "clock") == 0;
	if (is_clock && words_has(&ctl->words, "--plan"))
		return ctl_fail(ctl, CLIENT_USAGE, "--plan is for a run, not for the clock");
	if (!is_clock && !approve_ask(ctl, run, &code))
		return code;
	if (words_has(&ctl->words, "--contested"))
		ctl_arg_flag(ctl, "contested");
	return ctl_arg(ctl, "run", run) && ctl_arg_option(ctl, "--match") &&
			       ctl_arg_option(ctl, "--renewed-by")
		       ? ctl_run(ctl, "scavenge approve", approve_columns)
		       : CLIENT_USAGE;
}

static int ctl_scavenge_cancel(struct ctl *ctl)
{
	return ctl_arg(ctl, "run", ctl->words.word[0]) ? ctl_run(ctl, "scavenge cancel", NULL)
						       : CLIENT_USAGE;
}

static const struct table_column history_columns[] = {
	{"run", "RUN", TABLE_NUMBER},
	{"zone", "ZONE", TABLE_TEXT},
	{"started_at", "STARTED AT", TABLE_TIME},
	{"state", "STATE", TABLE_TEXT},
	{"stale", "STALE", TABLE_NUMBER},
	{"removed", "REMOVED", TABLE_NUMBER},
	{"skipped", "SKIPPED", TABLE_NUMBER},
	{"milliseconds", "MS", TABLE_NUMBER},
	{"principal", "BY", TABLE_TEXT},
	{"undone_by", "UNDONE BY", TABLE_NUMBER},
	{"reason", "REASON", TABLE_TEXT},
	{0},
};

static int ctl_scavenge_history(struct ctl *ctl)
{
	const char *limit = words_option(&ctl->words, "--limit");
	char *end = NULL;
	unsigned long long number = limit ? strtoull(limit, &end, 10) : 0;
	if (limit && (*end || limit[0] < '1' || limit[0] > '9' || number > UINT32_MAX))
		return ctl_fail(ctl, CLIENT_USAGE, "--limit: '%s' is not a number of runs", limit);
	if (limit)
		json_object_set_new(ctl->args, "limit", json_integer((json_int_t)number));
	return ctl_arg(ctl, "zone", zone_word(ctl))
		       ? ctl_run(ctl, "scavenge history", history_columns)
		       : CLIENT_USAGE;
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option run_options[] = {
	CTL_OPTIONS,
	{"--plan", NULL, "only lists what would go, as scavenge plan"},
	{0},
};
static const struct words_option history_options[] = {
	CTL_OPTIONS,
	{"--limit", "NUMBER", "no more runs than that"},
	{0},
};
static const struct words_option approve_options[] = {
	CTL_OPTIONS,
	{"--contested", NULL, "also for records that others renew in vain"},
	{"--match", "GLOB", "of these only such names: 'web*', '*.lab.corp.example'"},
	{"--renewed-by", "OWNER", "of these only what this one renewed last"},
	{"--plan", NULL, "only says how many records would go"},
	{"--yes", NULL, "does not ask"},
	{0},
};
const struct ctl_command ctl_scavenge_commands[] = {
	{"scavenge run", "[ZONE]", "removes what is stale, now", ctl_scavenge_run, 0, 1,
	 run_options, "scavenge run corp.example"},
	{"scavenge status", "", "shows what is scavenged, when, and what is not, and why",
	 ctl_scavenge_status, 0, 0, plain_options, "scavenge status"},
	{"scavenge plan", "[ZONE]", "lists what would be removed", scavenge_plan, 0, 1,
	 scavenge_plan_options, "scavenge plan corp.example --at 30d"},
	{"scavenge history", "[ZONE]", "lists the runs, newest first", ctl_scavenge_history, 0, 1,
	 history_options, "scavenge history corp.example --limit 10"},
	{"scavenge approve", "RUN|clock", "lets a run go on that is held", ctl_scavenge_approve, 1,
	 1, approve_options, "scavenge approve 42"},
	{"scavenge cancel", "RUN", "ends a run that is held; it removes nothing",
	 ctl_scavenge_cancel, 1, 1, plain_options, "scavenge cancel 42"},
	{"scavenge set", "SETTING=VALUE...", "sets when the server scavenges, and more",
	 ctl_scavenge_set, 1, CTL_ANY_NUMBER, plain_options, "scavenge set schedule=\"Sun 03:00\""},
	{0},
};

const struct ctl_tables ctl_scavenge_tables[] = {
	{"scavenge run", {run_columns, scavenge_plan_zone_columns, scavenge_plan_columns}},
	{"scavenge status", {status_columns}},
	{"scavenge plan",
	 {scavenge_plan_zone_columns, scavenge_plan_columns, scavenge_plan_enable_columns,
	  scavenge_plan_contested_columns, scavenge_plan_owner_columns}},
	{"scavenge history", {history_columns}},
	{"scavenge approve", {approve_columns}},
	{0},
};
