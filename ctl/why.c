/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/audit.h"
#include "ctl/ctl.h"
#include "ctl/record.h"
#include "ctl/seq.h"
#include "ctl/why_update.h"
#include "dns/type.h"
#include <stdlib.h>
#include <string.h>

static bool why_take_seq(struct ctl *ctl)
{
	const char *text = words_option(&ctl->words, "--seq");
	return !text || seq_arg(ctl, "--seq", text);
}

/* NAME TYPE [DATA...] */
static bool take_words(struct ctl *ctl)
{
	const char *const *word = (const char *const *)ctl->words.word;
	size_t count = ctl->words.count;
	char problem[DNS_TYPE_PROBLEM_MAX];
	uint16_t type;
	if (count == 0)
		return true;
	if (count == 1) {
		ctl_fail(ctl, CLIENT_USAGE, "a type is needed: why %s A --as key:NAME", word[0]);
		return false;
	}
	if (!dns_type_parse(word[1], strlen(word[1]), &type)) {
		ctl_fail(ctl, CLIENT_USAGE, "%s", dns_type_problem(word[1], problem));
		return false;
	}
	char *data = count > 2 ? record_data(type, word + 2, count - 2) : NULL;
	bool is_well = ctl_arg(ctl, "name", word[0]) && ctl_arg(ctl, "type", word[1]) &&
		       ctl_arg(ctl, "data", data);
	free(data);
	return is_well;
}

static bool is_past(const struct ctl *ctl)
{
	return words_has(&ctl->words, "--last") || words_has(&ctl->words, "--seq");
}

/* Rows are shown to people in the words of `audit show`. */
struct why_rows {
	const struct ctl *ctl;
	bool has_rows;
};

static void why_show_row(void *context, json_t *row)
{
	struct why_rows *rows = context;
	const char *member;
	json_t *value;
	if (ctl_warning(row))
		return;
	if (rows->ctl->is_json) {
		rows->has_rows = true;
		ctl_json(row);
		return;
	}
	json_t *shown = json_object();
	if (json_object_get(row, "log"))
		json_object_set_new(shown, "entry", seq_json(row));
	json_object_foreach(row, member, value)
	{
		/* The remedy has them in a sentence. */
		if (strcmp(member, "commands") != 0 && strcmp(member, "seq") != 0 &&
		    strcmp(member, "log") != 0)
			json_object_set(shown, audit_entry_label(member), value);
	}
	rows->has_rows = true;
	table_object(stdout, shown);
	json_decref(shown);
}

static int why_run(struct ctl *ctl)
{
	struct why_rows rows = {.ctl = ctl};
	struct client_handlers handlers = {.row = why_show_row, .context = &rows};
	struct client_command request = {ctl->socket, "why", ctl->args, &handlers};
	json_t *result;
	int code = client_run(&request, &result);
	return ctl_result(ctl, code, result, rows.has_rows);
}

static int why_file(struct ctl *ctl)
{
	static const char *const asked[] = {"--as", "--zone", "--from"};
	if (ctl->words.count > 0 || is_past(ctl) || words_has(&ctl->words, "--delete"))
		return ctl_fail(ctl, CLIENT_USAGE, "--update excludes NAME TYPE, --last and --seq");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (!ctl_arg_option(ctl, asked[i]))
			return CLIENT_USAGE;
	if (words_has(&ctl->words, "--tcp"))
		ctl_arg_flag(ctl, "tcp");
	return why_update_run(ctl, words_option(&ctl->words, "--update"));
}

static int ctl_why(struct ctl *ctl)
{
	static const char *const asked[] = {"--as", "--zone", "--from"};
	if (words_has(&ctl->words, "--update"))
		return why_file(ctl);
	if (ctl->words.count == 0 && !is_past(ctl))
		return ctl_fail(ctl, CLIENT_USAGE,
				"NAME and TYPE, --update FILE, --last NAME or --seq SEQ is needed");
	if (words_has(&ctl->words, "--last") + words_has(&ctl->words, "--seq") +
		    (ctl->words.count > 0) >
	    1)
		return ctl_fail(ctl, CLIENT_USAGE,
				"NAME TYPE, --last and --seq exclude each other");
	if (ctl->words.count > 0 && !words_has(&ctl->words, "--as"))
		return ctl_fail(ctl, CLIENT_USAGE, "--as PRINCIPAL is needed: who would ask");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (is_past(ctl) && words_has(&ctl->words, asked[i]))
			return ctl_fail(ctl, CLIENT_USAGE, "%s is for NAME TYPE", asked[i]);
		if (!ctl_arg_option(ctl, asked[i]))
			return CLIENT_USAGE;
	}
	if (is_past(ctl) && (words_has(&ctl->words, "--delete") || words_has(&ctl->words, "--tcp")))
		return ctl_fail(ctl, CLIENT_USAGE, "--delete and --tcp are for NAME TYPE");
	if (words_has(&ctl->words, "--delete"))
		ctl_arg_flag(ctl, "delete");
	if (words_has(&ctl->words, "--tcp"))
		ctl_arg_flag(ctl, "tcp");
	return take_words(ctl) && ctl_arg_option(ctl, "--last") && why_take_seq(ctl) ? why_run(ctl)
										     : CLIENT_USAGE;
}

static const struct words_option why_options[] = {
	CTL_OPTIONS,
	{"--as", "PRINCIPAL", "who would ask: key:web7, gss:host/web7@REALM, anonymous"},
	{"--zone", "ZONE", "the zone; default: the closest that holds the name"},
	{"--from", "ADDRESS", "where the request would come from, for rules with `from`"},
	{"--tcp", NULL, "the request would come by TCP, for rules with `source-ptr`"},
	{"--delete", NULL, "asks about deleting, not adding"},
	{"--update", "FILE", "judges the messages that nsupdate would send for FILE; -: stdin"},
	{"--last", "NAME", "shows the latest refusals about the name"},
	{"--seq", "SEQ", "shows the refusal that is this entry: r12, u12"},
	{0},
};

const struct ctl_command ctl_why_commands[] = {
	{"why", "[NAME TYPE [DATA...]]", "says what an update would meet, or why one was refused",
	 ctl_why, 0, CTL_ANY_NUMBER, why_options,
	 "why web7.corp.example A --as key:web7.corp.example"},
	{0},
};
