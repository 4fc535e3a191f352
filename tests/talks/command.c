/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator would type, as the daemon carries it out: rows, then what is said. */
#include "admin/call.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "tests/talks/talk.h"
#include <ctype.h>

struct command {
	struct talk *talk;
	struct call call;
	char *out;
	size_t cap;
};

static void append(struct command *command, const char *text)
{
	size_t len = strlen(command->out);
	snprintf(command->out + len, command->cap - len, "%s%s", len ? " " : "", text);
}

/* The members that say what happens to which record. */
static bool show_row(struct call *call, json_t *row)
{
	static const char *const members[] = {"what",  "event", "name", "type",   "data",
					      "owner", "stamp", "note", "warning"};
	struct command *command = call->context;
	if (*command->out)
		strcat(command->out, ";");
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *text = json_string_value(json_object_get(row, members[i]));
		if (text)
			append(command, text);
	}
	return true;
}

static bool find_last_run(void *context, const struct run *run)
{
	*(uint64_t *)context = run->id;
	return false;
}

/* `seq=last`, `run=last`: the newest. */
static json_t *value_of(struct command *command, const char *name, const char *text)
{
	uint64_t first, last = 0;
	bool is_number = *text && strspn(text, "0123456789") == strlen(text);
	if (strcmp(text, "true") == 0)
		return json_true();
	if (is_number)
		return json_integer((json_int_t)strtoull(text, NULL, 10));
	if (strcmp(text, "last") != 0)
		return json_string(text);
	if (!snapshot_renew(&command->call.snapshot))
		talk_fail(command->talk, "the store cannot be read");
	if (strcmp(name, "run") == 0)
		run_walk(command->call.snapshot.txn, find_last_run, &last);
	else
		journal_range(command->call.snapshot.txn, &first, &last);
	snapshot_rest(&command->call.snapshot);
	return json_integer((json_int_t)last);
}

/* VERB WORD... ARGUMENT=VALUE... */
void look_ctl(struct talk *talk, char *words, char *out, size_t cap)
{
	struct command command = {.talk = talk, .out = out, .cap = cap};
	char verb[64] = "", *word;
	json_t *args = json_object();
	*out = 0;
	call_open(&command.call, talk->core, "local:root");
	while (*(word = word_next(&words))) {
		char *sign = strchr(word, '=');
		if (!sign) {
			size_t len = strlen(verb);
			snprintf(verb + len, sizeof verb - len, "%s%s", len ? " " : "", word);
			continue;
		}
		*sign = 0;
		json_object_set_new(args, word, value_of(&command, word, sign + 1));
	}
	command.call.args = args;
	command.call.row = show_row;
	command.call.context = &command;
	if (call_run(&command.call, verb) != CALL_OK) {
		if (*out)
			strcat(out, " |");
		append(&command, "error:");
		append(&command, call_error(&command.call));
	} else if (json_object_get(command.call.result, "said")) {
		if (*out)
			strcat(out, " |");
		append(&command, json_string_value(json_object_get(command.call.result, "said")));
	}
	call_close(&command.call);
	json_decref(args);
}
