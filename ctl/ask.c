/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/ask.h"
#include "ctl/screen.h"
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define QUESTION_MAX 600

static bool ask_is_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static bool ask_answer_is_yes(void)
{
	char answer[16] = "";
	if (fgets(answer, sizeof answer, stdin))
		answer[strcspn(answer, "\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

static bool ask_on_terminal(const char *question)
{
	fflush(stdout);
	screen_print(stderr, "%s. Go on? [y/N] ", question);
	if (ask_answer_is_yes())
		return true;
	fprintf(stderr, "tenurectl: nothing was changed\n");
	return false;
}

bool ask_whether_again(const char *question)
{
	if (!ask_is_terminal())
		return false;
	fflush(stdout);
	screen_print(stderr, "%s [y/N] ", question);
	return ask_answer_is_yes();
}

bool ask_yes(const struct ctl *ctl, const char *format, ...)
{
	char question[QUESTION_MAX];
	va_list list;
	if (words_has(&ctl->words, "--yes"))
		return true;
	va_start(list, format);
	vsnprintf(question, sizeof question, format, list);
	va_end(list);
	if (ask_is_terminal())
		return ask_on_terminal(question);
	ctl_fail(ctl, CLIENT_REFUSED, "%s: --yes says that this is meant", question);
	return false;
}

static void ask_take_row(void *context, json_t *row)
{
	json_array_append(context, row);
}

json_t *ask_rows(struct ctl *ctl, const char *command, json_t *args, int *code)
{
	json_t *rows = json_array(), *result;
	struct client_handlers handlers = {.row = ask_take_row, .context = rows};
	struct client_command request = {ctl->socket, command, args, &handlers};
	*code = client_run(&request, &result);
	if (*code != CLIENT_OK)
		ctl_result(ctl, *code, result, true);
	else
		json_decref(result);
	return rows;
}

/* The result of the command's plan; the caller's. */
static json_t *ask_plan(struct ctl *ctl, const char *command, int *code)
{
	struct client_handlers handlers = {0};
	struct client_command request = {ctl->socket, command, ctl->args, &handlers};
	json_t *result;
	ctl_arg_flag(ctl, "plan");
	*code = client_run(&request, &result);
	json_object_del(ctl->args, "plan");
	return result;
}

enum ask_answer ask_planned(struct ctl *ctl, const char *command)
{
	enum ask_answer answer = ASK_NOTHING;
	int code;
	if (words_has(&ctl->words, "--yes") || !ask_is_terminal())
		return ASK_NOTHING;
	json_t *result = ask_plan(ctl, command, &code);
	const char *question = json_string_value(json_object_get(result, "question"));
	if (code == CLIENT_OK && question)
		answer = ask_on_terminal(question) ? ASK_YES : ASK_NO;
	json_decref(result);
	return answer;
}

enum ask_answer ask_planned_soon(struct ctl *ctl, const char *command)
{
	char text[QUESTION_MAX + 100];
	int code;
	if (words_has(&ctl->words, "--yes"))
		return ASK_NOTHING;
	if (ask_is_terminal())
		return ask_planned(ctl, command);
	json_t *result = ask_plan(ctl, command, &code);
	const char *question = json_string_value(json_object_get(result, "question"));
	if (code == CLIENT_OK && question) {
		snprintf(text, sizeof text,
			 "%s: done without --yes in this release; in the next a script has to say "
			 "it",
			 question);
		ctl_print_warning(stderr, "tenurectl: ", text);
	}
	json_decref(result);
	return ASK_NOTHING;
}

int ask_run(struct ctl *ctl, const char *command)
{
	int code;
	json_t *result = ask_plan(ctl, command, &code);
	const char *question = json_string_value(json_object_get(result, "question"));
	bool goes_on = code != CLIENT_OK || !question || ask_yes(ctl, "%s", question);
	if (question)
		ctl_arg_flag(ctl, "yes");
	json_decref(result);
	return goes_on ? ctl_run(ctl, command, NULL) : CLIENT_REFUSED;
}
