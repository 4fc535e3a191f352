/* SPDX-License-Identifier: BSD-2-Clause */
/* What was: history, record show; and what is brought back: revert, undo, restore, the bin. */
#include "ctl/ask.h"
#include "ctl/ctl.h"
#include "ctl/record.h"
#include <stdlib.h>
#include <string.h>

static const char *word_at(const struct ctl *ctl, size_t i)
{
	return ctl->words.count > i ? ctl->words.word[i] : NULL;
}

static const struct table_column history_columns[] = {
	{"seq", "SEQ", TABLE_NUMBER},
	{"time", "TIME", TABLE_SECOND},
	{"event", "EVENT", TABLE_TEXT},
	{"ttl", "TTL", TABLE_NUMBER},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"principal", "BY", TABLE_BY},
	{"reason", "REASON", TABLE_WHY},
	{0},
};

static int ctl_history(struct ctl *ctl)
{
	return ctl_arg(ctl, "name", word_at(ctl, 0)) && ctl_arg_option(ctl, "--zone") &&
			       ctl_arg_option(ctl, "--since") && ctl_arg_option(ctl, "--until")
		       ? ctl_run(ctl, "history", history_columns)
		       : CLIENT_USAGE;
}

static int ctl_history_record_show(struct ctl *ctl)
{
	if (!ctl->is_json)
		ctl_arg_flag(ctl, "ages");
	return ctl_arg(ctl, "name", word_at(ctl, 0)) && ctl_arg(ctl, "type", word_at(ctl, 1)) &&
			       ctl_arg_option(ctl, "--zone") && ctl_arg_option(ctl, "--at")
		       ? ctl_run(ctl, "record show", record_noted_columns)
		       : CLIENT_USAGE;
}

/* --- bringing back */

static const struct table_column undo_columns[] = {
	{"what", "WHAT", TABLE_TEXT},     {"name", "NAME", TABLE_TEXT},
	{"ttl", "TTL", TABLE_NUMBER},     {"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},     {"class", "CLASS", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},   {"stamp", "STAMP", TABLE_TIME},
	{"reason", "REASON", TABLE_TEXT}, {0},
};

/* A number is a number to the server; what is none is said here. */
static bool number_arg(struct ctl *ctl, const char *name, const char *text)
{
	char *end;
	if (!text)
		return true;
	unsigned long long number = strtoull(text, &end, 10);
	bool is_number = *text >= '0' && *text <= '9' && !*end && number < INT64_MAX;
	if (!is_number)
		ctl_fail(ctl, CLIENT_USAGE, "'%s' is not a number", text);
	else
		json_object_set_new(ctl->args, name, json_integer((json_int_t)number));
	return is_number;
}

static void history_show_conflict(void *context, json_t *row)
{
	(void)context;
	if (!ctl_warning(row))
		ctl_json(row);
}

/* A program wants to know the run, too: the last object says what was done, the others what could
 * not be. */
static int undo_in_json(struct ctl *ctl)
{
	struct client_handlers handlers = {.row = history_show_conflict};
	struct client_command request = {ctl->socket, ctl->command->words, ctl->args, &handlers};
	json_t *result;
	int code = client_run(&request, &result);
	return ctl_result(ctl, code, result, false);
}

/* A zone that comes back takes nothing away: it is not asked for. */
static int run_undo(struct ctl *ctl)
{
	bool is_zone = strcmp(ctl->command->words, "zone restore") == 0;
	bool is_plan = words_has(&ctl->words, "--plan");
	if (is_plan)
		ctl_arg_flag(ctl, "plan");
	else if (!is_zone && ask_planned_soon(ctl, ctl->command->words) == ASK_NO)
		return CLIENT_REFUSED;
	return ctl->is_json && !is_plan ? undo_in_json(ctl)
					: ctl_run(ctl, ctl->command->words, undo_columns);
}

static int history_audit_revert(struct ctl *ctl)
{
	ctl_arg_covered(ctl);
	return number_arg(ctl, "seq", word_at(ctl, 0)) &&
			       number_arg(ctl, "run", words_option(&ctl->words, "--run")) &&
			       ctl_arg_option(ctl, "--principal") &&
			       ctl_arg_option(ctl, "--since") && ctl_arg_option(ctl, "--until") &&
			       ctl_arg_option(ctl, "--zone")
		       ? run_undo(ctl)
		       : CLIENT_USAGE;
}

static int history_scavenge_undo(struct ctl *ctl)
{
	return number_arg(ctl, "run", word_at(ctl, 0)) ? run_undo(ctl) : CLIENT_USAGE;
}

static int history_record_restore(struct ctl *ctl)
{
	return ctl_arg(ctl, "name", word_at(ctl, 0)) && ctl_arg(ctl, "type", word_at(ctl, 1)) &&
			       ctl_arg_option(ctl, "--zone") &&
			       number_arg(ctl, "seq", words_option(&ctl->words, "--seq"))
		       ? run_undo(ctl)
		       : CLIENT_USAGE;
}

static int history_zone_restore(struct ctl *ctl)
{
	ctl_arg_covered(ctl);
	return ctl_arg(ctl, "zone", word_at(ctl, 0)) ? run_undo(ctl) : CLIENT_USAGE;
}

static const struct table_column bin_columns[] = {
	{"seq", "SEQ", TABLE_NUMBER},
	{"run", "RUN", TABLE_NUMBER},
	{"removed_at", "REMOVED AT", TABLE_TIME},
	{"principal", "BY", TABLE_TEXT},
	{"name", "NAME", TABLE_TEXT},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{0},
};

static int history_bin_list(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", word_at(ctl, 0)) ? ctl_run(ctl, "bin list", bin_columns)
						     : CLIENT_USAGE;
}

static int history_bin_set(struct ctl *ctl)
{
	return ctl_arg(ctl, "keeps", word_at(ctl, 0)) ? ctl_run(ctl, "bin set", NULL)
						      : CLIENT_USAGE;
}

#define ZONE_OPTION                                                                                \
	{                                                                                          \
		"--zone", "ZONE", "the zone that NAME is in; default: the closest"                 \
	}
#define PLAN_OPTION                                                                                \
	{                                                                                          \
		"--plan", NULL, "only shows what would be done and what stands in the way"         \
	}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option history_options[] = {
	CTL_OPTIONS,
	ZONE_OPTION,
	{"--since", "TIME", "not before: a time, or 2h for so long ago"},
	{"--until", "TIME", "not after"},
	{0},
};
static const struct words_option show_options[] = {
	CTL_OPTIONS,
	ZONE_OPTION,
	{"--at", "TIME", "as it was then: a time, 2h for so long ago, or seq:N for entry N"},
	{0},
};
static const struct words_option revert_options[] = {
	CTL_OPTIONS,
	{"--run", "RUN", "all that the run did, instead of an entry"},
	{"--principal", "PRINCIPAL",
	 "all changes by this one (`*` stands for any text), with --since"},
	{"--since", "TIME", "from then on: a time, or 2h for so long ago"},
	{"--until", "TIME", "up to then; default: now"},
	{"--zone", "ZONE", "only in this zone"},
	PLAN_OPTION,
	{"--move-names", NULL, "of a zone that comes back: moves names of the zone above into it"},
	{"--yes", NULL, "does not ask; such names are left, to be answered no more"},
	{0},
};
static const struct words_option undo_options[] = {
	CTL_OPTIONS,
	PLAN_OPTION,
	{"--yes", NULL, "does not ask"},
	{0},
};
static const struct words_option zone_options[] = {
	CTL_OPTIONS,
	PLAN_OPTION,
	CTL_COVERED_OPTIONS,
	{0},
};
static const struct words_option restore_options[] = {
	CTL_OPTIONS,
	ZONE_OPTION,
	{"--seq", "N", "what entry N removed; default: what was removed last"},
	PLAN_OPTION,
	{"--yes", NULL, "does not ask"},
	{0},
};

const struct ctl_command ctl_history_commands[] = {
	{"history", "NAME", "tells all that ever happened to a name", ctl_history, 1, 1,
	 history_options, "history www.corp.example --since 30d"},
	{"record show", "NAME [TYPE]", "shows a name's records, as they are or as they were",
	 ctl_history_record_show, 1, 2, show_options, "record show www.corp.example --at 2d"},
	{"record restore", "NAME [TYPE]", "brings back what was removed from a name",
	 history_record_restore, 1, 2, restore_options, "record restore www.corp.example A --plan"},
	{"zone restore", "NAME", "brings back a deleted zone", history_zone_restore, 1, 1,
	 zone_options, "zone restore old.example --plan"},
	{"audit revert", "SEQ | --run RUN | --principal P --since TIME",
	 "takes back what was done, where nobody has changed it since", history_audit_revert, 0, 1,
	 revert_options, "audit revert --principal key:dhcp1 --since 2h --plan"},
	{"scavenge undo", "RUN", "brings back what a scavenging run removed", history_scavenge_undo,
	 1, 1, undo_options, "scavenge undo 7 --plan"},
	{"bin list", "[ZONE]", "lists what was scavenged or deleted, and can be brought back",
	 history_bin_list, 0, 1, plain_options, "bin list corp.example"},
	{"bin set", "DURATION", "sets for how long that is kept; 14d unless set", history_bin_set,
	 1, 1, plain_options, "bin set 30d"},
	{0},
};

const struct ctl_tables ctl_history_tables[] = {
	{"history", {history_columns}},     {"record show", {record_noted_columns}},
	{"record restore", {undo_columns}}, {"zone restore", {undo_columns}},
	{"audit revert", {undo_columns}},   {"scavenge undo", {undo_columns}},
	{"bin list", {bin_columns}},        {0},
};
