/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator would type, as the daemon carries it out: rows, then what is said. */
#include "admin/call.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "tests/scenarios/scenario.h"
#include <ctype.h>

struct request {
	struct scenario *scenario;
	struct call call;
	char *out;
	size_t cap;
};

static void append(struct request *request, const char *text)
{
	size_t len = strlen(request->out);
	snprintf(request->out + len, request->cap - len, "%s%s", len ? " " : "", text);
}

/* The members that say what happens to which record. */
static bool show_row(struct call *call, json_t *row)
{
	static const char *const members[] = {"what",  "event", "name", "type",   "data",
					      "owner", "stamp", "note", "warning"};
	struct request *request = call->context;
	if (*request->out)
		strcat(request->out, ";");
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		const char *text = json_string_value(json_object_get(row, members[i]));
		if (text)
			append(request, text);
	}
	/* Of what is to be undone; an event's would say the same again. */
	const char *reason = json_string_value(json_object_get(row, "reason"));
	if (reason && json_object_get(row, "what"))
		append(request, reason);
	return true;
}

static bool find_last_run(void *context, const struct run *run)
{
	*(uint64_t *)context = run->id;
	return false;
}

/* `seq=last`, `run=last`: the newest. */
static json_t *value_of(struct request *request, const char *name, const char *text)
{
	uint64_t first, last = 0;
	bool is_number = *text && strspn(text, "0123456789") == strlen(text);
	if (strcmp(text, "true") == 0)
		return json_true();
	if (is_number)
		return json_integer((json_int_t)strtoull(text, NULL, 10));
	if (strcmp(text, "last") != 0)
		return json_string(text);
	if (!snapshot_renew(&request->call.snapshot))
		scenario_fail(request->scenario, "the store cannot be read");
	if (strcmp(name, "run") == 0)
		run_walk(request->call.snapshot.txn, find_last_run, &last);
	else
		journal_range(request->call.snapshot.txn, &first, &last);
	snapshot_rest(&request->call.snapshot);
	return json_integer((json_int_t)last);
}

/* VERB WORD... ARGUMENT=VALUE... */
void look_ctl(struct scenario *scenario, char *words, char *out, size_t cap)
{
	setup_look(scenario);
	struct request request = {.scenario = scenario, .out = out, .cap = cap};
	char command[64] = "", *word;
	json_t *args = json_object();
	*out = 0;
	call_open(&request.call, scenario->core, "local:root");
	while (*(word = word_next(&words))) {
		char *sign = strchr(word, '=');
		if (!sign) {
			size_t len = strlen(command);
			snprintf(command + len, sizeof command - len, "%s%s", len ? " " : "", word);
			continue;
		}
		*sign = 0;
		json_object_set_new(args, word, value_of(&request, word, sign + 1));
	}
	request.call.args = args;
	request.call.row = show_row;
	request.call.context = &request;
	if (call_run(&request.call, command) != CALL_OK) {
		if (*out)
			strcat(out, " |");
		append(&request, "error:");
		append(&request, call_error(&request.call));
	} else if (json_object_get(request.call.result, "said")) {
		if (*out)
			strcat(out, " |");
		append(&request, json_string_value(json_object_get(request.call.result, "said")));
	}
	call_close(&request.call);
	json_decref(args);
}
