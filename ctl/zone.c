/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "base/addr.h"
#include "base/timeword.h"
#include "ctl/ask.h"
#include "ctl/output.h"
#include "ctl/record.h"
#include "ctl/upload.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Records of the zone above. */
static const struct table_column add_plan_columns[] = {
	{"what", "WHAT", TABLE_TEXT},
	{"name", "NAME", TABLE_TEXT},
	{"ttl", "TTL", TABLE_NUMBER},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"class", "CLASS", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{0},
};

/* A command whose input is a zone file. */
struct sending {
	struct ctl *ctl;
	struct upload upload;
	bool is_check;       /* warnings are the answer, not beside it */
	struct table *table; /* of what a new zone covers; NULL: with --json, and of others */
};

static void show_place_json(const struct upload *upload, const json_t *row, const char *text)
{
	const char *file = NULL;
	unsigned line = 0;
	bool is_found = upload_find(upload, row, &file, &line);
	json_t *shown = json_pack("{s:s, s:o, s:o, s:s}", "level", "warning", "file",
				  is_found ? ctl_text(file) : json_null(), "line",
				  is_found ? json_integer(line) : json_null(), "text", text);
	ctl_json(shown);
	json_decref(shown);
}

static void show_place(void *context, json_t *row)
{
	struct sending *sending = context;
	char place[UPLOAD_PLACE_MAX];
	const char *text = json_string_value(json_object_get(row, "warning"));
	upload_place(&sending->upload, row, place);
	if (!text && sending->ctl->is_json)
		ctl_json(row);
	else if (!text && sending->table)
		table_add(sending->table, row);
	if (!text)
		return;
	if (sending->is_check && sending->ctl->is_json) {
		show_place_json(&sending->upload, row, text);
	} else {
		ctl_print_warning(sending->is_check ? stdout : stderr, place, text);
	}
}

static bool send_records(void *context, int fd)
{
	struct sending *sending = context;
	return upload_send(&sending->upload, fd);
}

/* The server may have had something against the command, and never have seen the file. */
static void put_place_before_error(struct sending *sending, int code, json_t *result)
{
	char place[UPLOAD_PLACE_MAX];
	const char *error = json_string_value(json_object_get(result, "error"));
	upload_place(&sending->upload, result, place);
	if (error && place[0])
		json_object_set_new(result, "error", json_sprintf("%s%s", place, error));
	if (sending->upload.error[0] && code == CLIENT_FAILED)
		json_object_set_new(result, "error", json_string(sending->upload.error));
}

/* How the file is to be taken, by the options. */
static bool wish_of(struct ctl *ctl, struct upload_wish *wish)
{
	const char *format = words_option(&ctl->words, "--format");
	const char *stamp = words_option(&ctl->words, "--stamp");
	*wish = (struct upload_wish){.is_dynamic = words_has(&ctl->words, "--dynamic"),
				     .stamp = (uint64_t)time(NULL)};
	if (format && !upload_format_parse(format, &wish->format))
		ctl_fail(ctl, CLIENT_USAGE, "--format: '%s' is not one of auto, zone, windows, csv",
			 format);
	else if (stamp && !wish->is_dynamic)
		ctl_fail(ctl, CLIENT_USAGE, "--stamp is of records that --dynamic makes dynamic");
	else if (stamp && !time_parse(stamp, wish->stamp, &wish->stamp))
		ctl_fail(ctl, CLIENT_USAGE, "--stamp: '%s' is not a time (2026-01-05, or 30d ago)",
			 stamp);
	else
		return ctl_arg_option(ctl, "--owner");
	return false;
}

/* The server is told of which export of the zone the file is. False: that was not to be read. */
static bool zone_say_export(struct ctl *ctl, const struct upload *upload)
{
	if (upload->found == EXPORT_LINE_BROKEN) {
		ctl_fail(ctl, CLIENT_USAGE,
			 "%s: the line '; tenure export' does not say zone, serial and seq",
			 upload->path);
		return false;
	}
	if (upload->found != EXPORT_LINE_FOUND ||
	    !dns_name_equal(&upload->export.zone, &upload->origin))
		return true;
	json_object_set_new(ctl->args, "export-serial", json_integer(upload->export.serial));
	json_object_set_new(ctl->args, "export-seq",
			    json_integer((json_int_t)(upload->export.seq & INT64_MAX)));
	return true;
}

static int zone_send_file(struct ctl *ctl, const char *path, const struct dns_name *origin)
{
	const char *command = ctl->command->words;
	struct sending sending = {.ctl = ctl, .is_check = strcmp(command, "zone check") == 0};
	struct upload_wish wish;
	if (!wish_of(ctl, &wish))
		return CLIENT_USAGE;
	bool is_import = strcmp(command, "zone import") == 0, has_table = !sending.is_check;
	const struct table_column *columns = is_import ? change_columns : add_plan_columns;
	if (has_table && !ctl->is_json && !(sending.table = ctl_table(ctl, columns, false)))
		return CLIENT_USAGE;
	if (!has_table && !ctl_takes_no_columns(ctl))
		return CLIENT_USAGE;
	upload_open(&sending.upload, path, origin, &wish);
	if (is_import && !zone_say_export(ctl, &sending.upload)) {
		if (sending.table)
			table_end(sending.table);
		upload_close(&sending.upload);
		return CLIENT_USAGE;
	}
	struct client_handlers handlers = {
		.row = show_place, .send = send_records, .context = &sending};
	struct client_command request = {ctl->socket, command, ctl->args, &handlers};
	json_t *result;
	int code = client_run(&request, &result);
	if (sending.table)
		table_end(sending.table);
	put_place_before_error(&sending, code, result);
	upload_close(&sending.upload);
	return ctl_result(ctl, code, result, false);
}

static int zone_wrong_name(const struct ctl *ctl, const char *text, const char *problem)
{
	return ctl_fail(ctl, CLIENT_USAGE, "'%s' is not a zone's name: %s", text, problem);
}

/* --- add */

/* The zone's apex, against which names in the file are completed. */
static const char *origin_of(const char *name, const char *reverse, struct dns_name *origin)
{
	struct prefix prefix;
	if (!reverse)
		return dns_name_parse_text(origin, name);
	const char *problem = strchr(reverse, '/') ? prefix_parse(reverse, &prefix)
						   : "it is written ADDRESS/BITS";
	if (!problem)
		*origin = dns_name_of_prefix(prefix.bytes, prefix.family_len, prefix.bits);
	return problem;
}

static void zone_add_servers(struct ctl *ctl, const char *list)
{
	json_t *servers = json_array();
	while (list && *list) {
		size_t len = strcspn(list, ",");
		json_t *name = json_stringn(list, len);
		/* What is not UTF-8 is no name: the server says so of the empty one. */
		json_array_append_new(servers, name ? name : json_string(""));
		list += len + (list[len] == ',');
	}
	json_object_set_new(ctl->args, "ns", servers);
}

static int ctl_zone_add(struct ctl *ctl)
{
	struct words *words = &ctl->words;
	const char *reverse = words_option(words, "--reverse");
	const char *file = words_option(words, "--file");
	bool has_name = words->count > 0 && !strchr(words->word[0], '=');
	const char *name = has_name ? words->word[0] : NULL;
	struct dns_name origin;
	if (has_name == (reverse != NULL))
		return ctl_fail(ctl, CLIENT_USAGE,
				"a zone's NAME or --reverse PREFIX is needed, one of both");
	const char *problem = origin_of(name, reverse, &origin);
	if (problem && !reverse)
		return zone_wrong_name(ctl, name, problem);
	if (file && reverse && strcmp(reverse, "private") == 0)
		return ctl_fail(ctl, CLIENT_USAGE,
				"--reverse private stands for several zones, and a file is of one");
	if (!ctl_arg(ctl, "zone", name) || !ctl_arg_option(ctl, "--reverse") ||
	    !ctl_arg_option(ctl, "--mbox") || !ctl_arg_settings(ctl, has_name))
		return CLIENT_USAGE;
	ctl_arg_covered(ctl);
	if (words_has(words, "--ns"))
		zone_add_servers(ctl, words_option(words, "--ns"));
	if (words_has(words, "--plan"))
		ctl_arg_flag(ctl, "plan");
	if (!file || problem)
		return ctl_run(ctl, "zone add",
			       words_has(words, "--plan") ? add_plan_columns : NULL);
	ctl_arg_flag(ctl, "has-records");
	return zone_send_file(ctl, file, &origin);
}

/* --- import, check */

static int ctl_zone_import(struct ctl *ctl)
{
	struct dns_name origin;
	const char *name = ctl->words.word[0];
	const char *problem = dns_name_parse_text(&origin, name);
	if (problem)
		return zone_wrong_name(ctl, name, problem);
	static const char *const flags[] = {"--plan", "--merge", "--replace"};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (words_has(&ctl->words, flags[i]))
			ctl_arg_flag(ctl, flags[i] + 2);
	if (words_has(&ctl->words, "--merge") && words_has(&ctl->words, "--replace"))
		return ctl_fail(ctl, CLIENT_USAGE, "--merge and --replace exclude each other");
	return ctl_arg(ctl, "zone", name) ? zone_send_file(ctl, ctl->words.word[1], &origin)
					  : CLIENT_USAGE;
}

static const struct table_column check_columns[] = {
	{"level", "LEVEL", TABLE_TEXT},
	{"name", "NAME", TABLE_TEXT},
	{"text", "WHAT", TABLE_TEXT},
	{0},
};

static int ctl_zone_check(struct ctl *ctl)
{
	struct dns_name origin;
	struct words *words = &ctl->words;
	const char *file = words_option(words, "--file");
	const char *name = words_option(words, "--origin");
	bool has_word = words->count > 0;
	if ((file != NULL) != (name != NULL) || (file != NULL) == has_word)
		return ctl_fail(ctl, CLIENT_USAGE,
				"the NAME of a zone of this server is needed, or --file FILE "
				"--origin NAME");
	if (has_word)
		name = words->word[0];
	const char *problem = dns_name_parse_text(&origin, name);
	if (problem)
		return zone_wrong_name(ctl, name, problem);
	if (!ctl_arg(ctl, "zone", name))
		return CLIENT_USAGE;
	if (!file)
		return ctl_run(ctl, "zone check", check_columns);
	ctl_arg_flag(ctl, "has-records");
	return zone_send_file(ctl, file, &origin);
}

/* --- export */

static int ctl_zone_export(struct ctl *ctl)
{
	struct output output = {.command = "zone export",
				.path = ctl->words.count > 1 ? ctl->words.word[1] : "-"};
	if (ctl->is_json && outfile_is_stdout(output.path))
		return ctl_fail(ctl, CLIENT_USAGE, "a zone file is not JSON: --json needs a FILE");
	if (!ctl_arg(ctl, "zone", ctl->words.word[0]) || !ctl_arg_option(ctl, "--at"))
		return CLIENT_USAGE;
	return output_run(ctl, &output);
}

/* --- the rest */

static int ctl_zone_del(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--yes") || words_has(&ctl->words, "--force"))
		ctl_arg_flag(ctl, "yes");
	if (!ctl_arg(ctl, "zone", ctl->words.word[0]))
		return CLIENT_USAGE;
	if (words_has(&ctl->words, "--plan"))
		ctl_arg_flag(ctl, "plan");
	else if (!json_object_get(ctl->args, "yes"))
		return ask_run(ctl, "zone del");
	return ctl_run(ctl, "zone del", NULL);
}

static const struct table_column copy_columns[] = {
	{"what", "WHAT", TABLE_TEXT},
	{"zone", "ZONE", TABLE_TEXT},
	{"name", "NAME", TABLE_NAME},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"new_name", "NEW NAME", TABLE_TEXT},
	{"new_data", "NEW DATA", TABLE_TEXT},
	{"why_left", "WHY LEFT", TABLE_RARE},
	{0},
};

/* zone copy, zone rename */
static int ctl_zone_copy(struct ctl *ctl)
{
	const char *command = ctl->command->words;
	ctl_arg_covered(ctl);
	if (!ctl_arg(ctl, "zone", ctl->words.word[0]) || !ctl_arg(ctl, "to", ctl->words.word[1]))
		return CLIENT_USAGE;
	if (!words_has(&ctl->words, "--plan"))
		return ask_run(ctl, command);
	ctl_arg_flag(ctl, "plan");
	return ctl_run(ctl, command, copy_columns);
}

static const struct table_column list_columns[] = {
	{"zone", "ZONE", TABLE_TEXT},
	{"update", "UPDATE", TABLE_TEXT},
	{"policy", "POLICY", TABLE_TEXT},
	{"aging", "AGING", TABLE_TEXT},
	{"serial", "SERIAL", TABLE_NUMBER},
	{"drafts", "DRAFTS", TABLE_RARE},
	{0},
};

static int ctl_zone_list(struct ctl *ctl)
{
	ctl_arg_words(ctl);
	return ctl_run(ctl, "zone list", list_columns);
}

static int ctl_zone_show(struct ctl *ctl)
{
	ctl_arg_words(ctl);
	return ctl_arg(ctl, "zone", ctl->words.word[0]) && ctl_arg_option(ctl, "--at")
		       ? ctl_run(ctl, "zone show", NULL)
		       : CLIENT_USAGE;
}

static const struct table_column plan_columns[] = {
	{"name", "NAME", TABLE_NAME},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"claimable_by", "CLAIMABLE BY", TABLE_TEXT},
	{"renewed_by", "RENEWED BY", TABLE_TEXT},
	{0},
};

static const struct table_column clients_columns[] = {
	{"name", "NAME", TABLE_NAME},        {"would", "WOULD", TABLE_TEXT},
	{"principal", "CLIENT", TABLE_TEXT}, {"last_seen_at", "LAST SEEN", TABLE_TIME},
	{"reason", "REASON", TABLE_TEXT},    {0},
};

static const struct table_column settings_columns[] = {
	{"setting", "SETTING", TABLE_TEXT},
	{"old", "OLD", TABLE_TEXT},
	{"new", "NEW", TABLE_TEXT},
	{"means", "MEANS", TABLE_TEXT},
	{0},
};

/* What a plan is a table of. */
static const struct table_column *plan_table(const struct ctl *ctl)
{
	for (size_t i = 1; i < ctl->words.count; i++)
		if (strcmp(ctl->words.word[i], "update=secure") == 0)
			return words_has(&ctl->words, "--clients") ? clients_columns : plan_columns;
	return settings_columns;
}

static bool zone_sets_aging(const struct ctl *ctl)
{
	for (size_t i = 1; i < ctl->words.count; i++)
		if (strncmp(ctl->words.word[i], "aging=", 6) == 0)
			return true;
	return false;
}

/* What the server refuses without --yes is asked on a terminal. */
static int zone_set_asked(struct ctl *ctl)
{
	enum ask_answer answer = zone_sets_aging(ctl) ? ask_planned(ctl, "zone set") : ASK_NOTHING;
	if (answer == ASK_NO)
		return CLIENT_REFUSED;
	if (answer == ASK_YES)
		ctl_arg_flag(ctl, "yes");
	return ctl_run(ctl, "zone set", NULL);
}

static int ctl_zone_set(struct ctl *ctl)
{
	bool is_plan = words_has(&ctl->words, "--plan");
	bool is_clients = words_has(&ctl->words, "--clients");
	if (is_clients && !is_plan)
		return ctl_fail(ctl, CLIENT_USAGE, "--clients only lists: --plan is needed");
	if (is_plan)
		ctl_arg_flag(ctl, "plan");
	ctl_arg_words(ctl);
	if (words_has(&ctl->words, "--yes"))
		ctl_arg_flag(ctl, "yes");
	if (is_clients)
		ctl_arg_flag(ctl, "clients");
	if (!ctl_arg(ctl, "zone", ctl->words.word[0]) || !ctl_arg_settings(ctl, 1))
		return CLIENT_USAGE;
	return is_plan ? ctl_run(ctl, "zone set", plan_table(ctl)) : zone_set_asked(ctl);
}

static int ctl_zone_freeze(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", ctl->words.word[0]) ? ctl_run(ctl, "zone freeze", NULL)
							: CLIENT_USAGE;
}

static int ctl_zone_thaw(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", ctl->words.word[0]) ? ctl_run(ctl, "zone thaw", NULL)
							: CLIENT_USAGE;
}

/* How a file is taken; of `zone add`, `import` and `check`. */
#define FILE_OPTIONS                                                                               \
	{"--format", "FORMAT", "auto, zone, windows or csv: what the file is"},                    \
		{"--dynamic", NULL, "records that say nothing of their age begin to age"},         \
		{"--stamp", "TIME", "since when they are there; default: now"},                    \
	{                                                                                          \
		"--owner", "PRINCIPAL",                                                            \
			"who owns records with an age but no owner; "                              \
			"default: anonymous"                                                       \
	}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option import_options[] = {
	CTL_OPTIONS,
	FILE_OPTIONS,
	{"--plan", NULL, "only shows which records would be added, removed and altered"},
	{"--merge", NULL, "of an edited export: keeps what was registered since"},
	{"--replace", NULL, "removes what clients registered and the file has not"},
	{0},
};
static const struct words_option show_options[] = {
	CTL_OPTIONS,
	{"--at", "TIME", "as it was then: a time, 2h for so long ago, or seq:N for entry N"},
	{0},
};
static const struct words_option export_options[] = {
	CTL_OPTIONS,
	{"--at", "TIME", "as it was then: a time, 2h for so long ago, or seq:N for entry N"},
	{0},
};
static const struct words_option set_options[] = {
	CTL_OPTIONS,
	{"--plan", NULL, "only shows what would change, and with update=secure for whom"},
	{"--clients", NULL, "with --plan update=secure: the clients that were seen"},
	{"--yes", NULL, "aging=on, though owners that never refresh hold records"},
	{0},
};
static const struct words_option add_options[] = {
	CTL_OPTIONS,
	FILE_OPTIONS,
	{"--file", "FILE", "the zone's content, as a zone file; `-` is standard input"},
	{"--reverse", "PREFIX|private",
	 "the reverse zones of a prefix, as 10.1.0.0/16, or of private addresses, instead of NAME"},
	{"--ns", "NAME[,NAME...]", "name servers of a zone without a file"},
	{"--mbox", "NAME", "mailbox of a zone without a file, as hostmaster.corp.example"},
	CTL_COVERED_OPTIONS,
	{"--plan", NULL, "only says what would be added, and lists what would be moved"},
	{0},
};
static const struct words_option copy_options[] = {
	CTL_OPTIONS,
	CTL_COVERED_OPTIONS,
	{"--plan", NULL, "only shows which data would be changed, and what would be left"},
	{0},
};
static const struct words_option rename_options[] = {
	CTL_OPTIONS,
	{"--move-names", NULL, "moves names that a zone above holds into it, as they are"},
	{"--yes", NULL, "does not ask, and leaves names that a zone above holds"},
	{"--plan", NULL, "only shows which data would be changed, and what would be left"},
	{0},
};
static const struct words_option del_options[] = {
	CTL_OPTIONS,
	{"--yes", NULL, "delete it, whatever it holds"},
	{"--force", NULL, "the same"},
	{"--plan", NULL, "only shows what would go"},
	{0},
};
static const struct words_option check_options[] = {
	CTL_OPTIONS,
	FILE_OPTIONS,
	{"--file", "FILE", "check this zone file, and import nothing"},
	{"--origin", "NAME", "the zone that the file is for"},
	{0},
};

const struct ctl_command ctl_zone_commands[] = {
	{"zone add", "NAME | --reverse PREFIX|private [SETTING=VALUE...]", "makes a zone",
	 ctl_zone_add, 0, CTL_ANY_NUMBER, add_options,
	 "zone add corp.example --file corp.example.zone update=secure"},
	{"zone copy", "NAME NEW", "makes a zone as another is: settings, rules, records, notes",
	 ctl_zone_copy, 2, 2, copy_options, "zone copy corp.example lab.example --plan"},
	{"zone rename", "NAME NEW", "gives a zone another name", ctl_zone_copy, 2, 2,
	 rename_options, "zone rename corp.example corp2.example --plan"},
	{"zone del", "NAME", "deletes a zone with all its records", ctl_zone_del, 1, 1, del_options,
	 "zone del old.example --yes"},
	{"zone list", "", "lists the zones", ctl_zone_list, 0, 0, plain_options, "zone list"},
	{"zone show", "NAME", "shows a zone's settings, as they are or as they were", ctl_zone_show,
	 1, 1, show_options, "zone show corp.example --at 2h"},
	{"zone set", "NAME SETTING=VALUE...", "changes a zone's settings", ctl_zone_set, 2,
	 CTL_ANY_NUMBER, set_options, "zone set corp.example update=secure aging=on"},
	{"zone freeze", "NAME", "refuses dynamic updates and stops scavenging, until thawed",
	 ctl_zone_freeze, 1, 1, plain_options, "zone freeze corp.example"},
	{"zone thaw", "NAME", "ends a freeze", ctl_zone_thaw, 1, 1, plain_options,
	 "zone thaw corp.example"},
	{"zone import", "NAME FILE", "replaces a zone's content by a zone file", ctl_zone_import, 2,
	 2, import_options, "zone import corp.example corp.example.zone"},
	{"zone export", "NAME [FILE]", "writes a zone's content as a zone file", ctl_zone_export, 1,
	 2, export_options, "zone export corp.example corp.example.zone --at 2h"},
	{"zone check", "NAME | --file FILE --origin NAME", "looks for faults in a zone or a file",
	 ctl_zone_check, 0, 1, check_options,
	 "zone check --file corp.example.zone --origin corp.example"},
	{0},
};

const struct ctl_tables ctl_zone_tables[] = {
	{"zone add", {add_plan_columns}},
	{"zone check", {check_columns}},
	{"zone copy", {copy_columns}},
	{"zone rename", {copy_columns}},
	{"zone import", {change_columns}},
	{"zone list", {list_columns}},
	{"zone set", {settings_columns, plan_columns, clients_columns}},
	{0},
};
