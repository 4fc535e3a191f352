/* SPDX-License-Identifier: BSD-2-Clause */
/* digest. */
#include "ctl/ctl.h"
#include "ctl/screen.h"
#include <stdio.h>

struct lines {
	const struct ctl *ctl;
	bool has_lines;
};

static void digest_print_line(void *context, json_t *row)
{
	struct lines *lines = context;
	const char *line = json_string_value(json_object_get(row, "text"));
	if (ctl_warning(row))
		return;
	lines->has_lines = true;
	if (lines->ctl->is_json || !line) {
		ctl_json(row);
		return;
	}
	screen_copy(stdout, line);
	putchar('\n');
}

static const struct words_option options[] = {
	CTL_OPTIONS,
	{"--at", "TIME", "as it was then: 2026-01-05T09:00:00Z, 2h for so long ago, seq:N"},
	{"--lines", NULL, "prints what the digest is of, a line each"},
	{0},
};

static int ctl_digest(struct ctl *ctl)
{
	struct lines lines = {.ctl = ctl};
	struct client_handlers handlers = {.row = digest_print_line, .context = &lines};
	struct client_command request = {ctl->socket, "digest", ctl->args, &handlers};
	json_t *result;
	if (!ctl_arg_option(ctl, "--at"))
		return CLIENT_USAGE;
	if (words_has(&ctl->words, "--lines"))
		ctl_arg_flag(ctl, "lines");
	int code = client_run(&request, &result);
	if (code != CLIENT_UNREACHABLE || !words_has(&ctl->words, "--data"))
		return ctl_result(ctl, code, result, lines.has_lines);
	/* Nobody serves this folder: it is looked at as it lies there. */
	json_decref(result);
	return ctl_become(ctl, options);
}

const struct ctl_command ctl_digest_commands[] = {
	{"digest", "", "prints the digest of all settings, rules, keys and records", ctl_digest, 0,
	 0, options, "digest --at seq:1234"},
	{0},
};
