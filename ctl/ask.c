/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/ask.h"
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define QUESTION_MAX 600

bool ask_yes(const struct ctl *ctl, const char *format, ...)
{
	char question[QUESTION_MAX], answer[16] = "";
	va_list list;
	if (words_has(&ctl->words, "--yes"))
		return true;
	va_start(list, format);
	vsnprintf(question, sizeof question, format, list);
	va_end(list);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		ctl_fail(ctl, CLIENT_REFUSED, "%s: --yes says that this is meant", question);
		return false;
	}
	fflush(stdout);
	fprintf(stderr, "%s. Go on? [y/N] ", question);
	if (fgets(answer, sizeof answer, stdin))
		answer[strcspn(answer, "\r\n")] = '\0';
	if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0)
		return true;
	fprintf(stderr, "tenurectl: nothing was changed\n");
	return false;
}

int ask_run(struct ctl *ctl, const char *command)
{
	struct client_handlers handlers = {0};
	struct client_command request = {ctl->socket, command, ctl->args, &handlers};
	json_t *result;
	ctl_arg_flag(ctl, "plan");
	int code = client_run(&request, &result);
	json_object_del(ctl->args, "plan");
	const char *question = json_string_value(json_object_get(result, "question"));
	bool goes_on = code != CLIENT_OK || !question || ask_yes(ctl, "%s", question);
	if (question)
		ctl_arg_flag(ctl, "yes");
	json_decref(result);
	return goes_on ? ctl_run(ctl, command, NULL) : CLIENT_REFUSED;
}
