/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/owner_file.h"
#include "base/frame.h"
#include "base/textfile.h"
#include "ctl/ask.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OWNER_FILE_PIECE (64 * 1024)

struct owner_file {
	struct ctl *ctl;
	const char *path;
	struct textfile text;
	struct table *table; /* NULL: rows are not shown */
	bool shows;          /* rows that are no faults, with --json */
};

static bool owner_file_send(void *context, int fd)
{
	const struct textfile *text = &((struct owner_file *)context)->text;
	for (size_t at = 0; at < text->len; at += OWNER_FILE_PIECE) {
		size_t left = text->len - at;
		size_t len = left < OWNER_FILE_PIECE ? left : OWNER_FILE_PIECE;
		if (!frame_send(fd, FRAME_DATA, bytes_of(text->data + at, len)))
			return false;
	}
	return true;
}

static void owner_file_show(void *context, json_t *row)
{
	const struct owner_file *file = context;
	const char *fault = json_string_value(json_object_get(row, "fault"));
	if (fault && file->ctl->is_json) {
		ctl_json(row);
	} else if (fault) {
		json_int_t line = json_integer_value(json_object_get(row, "line"));
		fprintf(stderr, "%s:%lld: %s\n", file->path, (long long)line, fault);
	} else if (ctl_warning(row)) {
		return;
	} else if (file->table) {
		table_add(file->table, row);
	} else if (file->shows) {
		ctl_json(row);
	}
}

static int owner_file_ask(struct owner_file *file, json_t **result)
{
	struct ctl *ctl = file->ctl;
	struct client_handlers handlers = {
		.row = owner_file_show, .send = owner_file_send, .context = file};
	struct client_command request = {ctl->socket, "owner transfer", ctl->args, &handlers};
	return client_run(&request, result);
}

/* False: it was not meant, or cannot be, and `*code` is the exit code. */
static bool owner_file_is_meant(struct owner_file *file, int *code)
{
	struct ctl *ctl = file->ctl;
	json_t *result;
	ctl_arg_flag(ctl, "plan");
	*code = owner_file_ask(file, &result);
	json_object_del(ctl->args, "plan");
	if (*code != CLIENT_OK) {
		*code = ctl_result(ctl, *code, result, false);
		return false;
	}
	const char *question = json_string_value(json_object_get(result, "question"));
	bool is_meant = !question || ask_yes(ctl, "%s", question);
	json_decref(result);
	if (!is_meant)
		*code = CLIENT_REFUSED;
	return is_meant;
}

static int owner_file_plan(struct owner_file *file, const struct table_column *columns)
{
	struct ctl *ctl = file->ctl;
	json_t *result;
	file->shows = ctl->is_json;
	if (!ctl->is_json && !(file->table = ctl_table(ctl, columns, false)))
		return CLIENT_USAGE;
	ctl_arg_flag(ctl, "plan");
	int code = owner_file_ask(file, &result);
	if (file->table)
		table_end(file->table);
	return ctl_result(ctl, code, result, true);
}

static int owner_file_do(struct owner_file *file, const struct table_column *columns)
{
	struct ctl *ctl = file->ctl;
	json_t *result;
	int code;
	if (words_has(&ctl->words, "--plan"))
		return owner_file_plan(file, columns);
	if (!words_has(&ctl->words, "--yes") && !owner_file_is_meant(file, &code))
		return code;
	ctl_arg_flag(ctl, "yes");
	code = owner_file_ask(file, &result);
	return ctl_result(ctl, code, result, false);
}

int owner_file_run(struct ctl *ctl, const char *path, const struct table_column *columns)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct owner_file file = {.ctl = ctl, .path = is_stdin ? "standard input" : path};
	ctl_arg_flag(ctl, "has-file");
	if (!textfile_open(&file.text, is_stdin ? "/dev/stdin" : path))
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", file.path, strerror(errno));
	int code = owner_file_do(&file, columns);
	textfile_close(&file.text);
	return code;
}
