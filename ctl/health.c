/* SPDX-License-Identifier: BSD-2-Clause */
/* health: the server's own judgement, and that of the machine's clock. */
#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/paint.h"
#include "ctl/screen.h"
#include <string.h>

#define HEALTH_WAITS_S 10

/* The exit codes, as those of monitoring plugins, the worst last. Unknown: the command itself
 * failed, so that nothing can be said of the server. */
enum health_code { HEALTH_WELL, HEALTH_WARNS, HEALTH_FAILS, HEALTH_UNKNOWN = CTL_HEALTH_UNKNOWN };

static enum health_code health_code(const json_t *row)
{
	const char *level = json_string_value(json_object_get(row, "level"));
	if (level && strcmp(level, "unknown") == 0)
		return HEALTH_UNKNOWN;
	if (level && strcmp(level, "critical") == 0)
		return HEALTH_FAILS;
	return level && strcmp(level, "warning") == 0 ? HEALTH_WARNS : HEALTH_WELL;
}

static void health_row(void *context, json_t *row)
{
	json_array_append(context, row);
}

static void health_add(json_t *rows, const char *level, const char *code, const char *text)
{
	json_array_append_new(
		rows, json_pack("{s:s, s:s, s:s}", "level", level, "code", code, "text", text));
}

/* A server that does not answer, or cannot, is as unwell as one can be; one that refuses is not. */
static void health_no_answer(json_t *rows, int code, const char *error)
{
	if (code == CLIENT_REFUSED)
		health_add(rows, "unknown", "not-allowed", error);
	else if (code == CLIENT_UNREACHABLE || code == CLIENT_FAILED)
		health_add(rows, "critical", "no-answer", error);
	else
		health_add(rows, "unknown", "not-understood", error);
}

static void health_ask(struct ctl *ctl, json_t *rows, json_t **result)
{
	struct client_handlers handlers = {
		.row = health_row, .context = rows, .timeout_s = HEALTH_WAITS_S};
	struct client_command request = {ctl->socket, "health", ctl->args, &handlers};
	int code = client_run(&request, result);
	const char *error = json_string_value(json_object_get(*result, "error"));
	if (code != CLIENT_OK)
		health_no_answer(rows, code, error ? error : "it failed");
	else if (json_is_true(json_object_get(*result, "clock_is_system")) &&
		 !clock_is_synchronised())
		health_add(rows, "warning", "clock-unsynchronised", CTL_CLOCK_UNSYNCHRONISED);
}

/* What is worst; NULL: all is well. */
static const json_t *health_worst(const json_t *rows)
{
	size_t i;
	const json_t *row, *worst = NULL;
	json_array_foreach(rows, i, row)
	{
		enum health_code code = health_code(row);
		if (code > (worst ? health_code(worst) : HEALTH_WELL))
			worst = row;
	}
	return worst;
}

static void health_line(const json_t *row)
{
	enum paint paint = health_code(row) == HEALTH_WARNS ? PAINT_DOUBT : PAINT_BAD;
	paint_begin(stdout, paint);
	printf("%s:", json_string_value(json_object_get(row, "level")));
	paint_end(stdout, paint);
	screen_print(stdout, " %s\n", json_string_value(json_object_get(row, "text")));
}

/* One sentence: the worst, then whatever else there is. */
static void health_print(const json_t *rows, const json_t *worst, const char *said)
{
	size_t i;
	const json_t *row;
	if (worst)
		health_line(worst);
	else
		screen_print(stdout, "ok: %s\n", said ? said : "");
	json_array_foreach(rows, i, row) if (row != worst && health_code(row) != HEALTH_WELL)
		health_line(row);
}

static int ctl_health(struct ctl *ctl)
{
	json_t *rows = json_array(), *result;
	const json_t *row;
	size_t i;
	health_ask(ctl, rows, &result);
	const json_t *worst = health_worst(rows);
	int code = worst ? (int)health_code(worst) : HEALTH_WELL;
	if (!ctl->is_json)
		health_print(rows, worst, json_string_value(json_object_get(result, "said")));
	json_array_foreach(rows, i, row) if (ctl->is_json) ctl_json(row);
	json_decref(rows);
	json_decref(result);
	return code;
}

static const struct words_option options[] = {CTL_OPTIONS, {0}};

const struct ctl_command ctl_health_commands[] = {
	{"health", "", "says in a sentence, and by its exit code, whether all is well", ctl_health,
	 0, 0, options, "health"},
	{0},
};
