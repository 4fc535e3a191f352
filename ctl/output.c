/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/output.h"
#include "base/progress.h"
#include <unistd.h>

/* Zones, logs and backups may be read by their owner alone. */
#define OUTPUT_MODE 0600

struct sending {
	struct outfile file;
	const struct output *output;
};

static bool output_keep(void *context, struct bytes data)
{
	struct sending *sending = context;
	if (sending->output->pass)
		sending->output->pass(sending->output->context, data);
	return outfile_write(&sending->file, data);
}

static void output_row(void *context, json_t *row)
{
	(void)context;
	ctl_warning(row);
}

/* False: `error` says what kept the file from its place. */
static bool output_commit(struct sending *sending, json_t *result, char error[FILE_ERROR_MAX])
{
	const struct output *o = sending->output;
	const char *wrong = o->check && !sending->file.error
				    ? o->check(&sending->file, result, o->context)
				    : NULL;
	if (wrong)
		snprintf(error, FILE_ERROR_MAX, "%s", wrong);
	return !wrong && outfile_commit(&sending->file, error);
}

static int output_fail(struct ctl *ctl, const struct output *output, const char *named,
		       const char *error)
{
	if (output->failed)
		output->failed(output->context, error);
	return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", named, error);
}

int output_run(struct ctl *ctl, const struct output *output)
{
	struct sending sending = {.output = output};
	char error[FILE_ERROR_MAX];
	json_t *result;
	const char *path = output->path ? output->path : "-";
	bool is_stdout = outfile_is_stdout(path);
	const char *named = is_stdout ? "standard output" : path;
	/* The terminal is for what comes. */
	if (is_stdout && isatty(STDOUT_FILENO))
		progress_allow(NULL);
	if (!outfile_open(&sending.file, path, OUTPUT_MODE, error))
		return output_fail(ctl, output, named, error);
	sending.file.is_new = output->is_new;
	struct client_handlers handlers = {
		.row = output_row, .data = output_keep, .context = &sending};
	struct client_command command = {ctl->socket, output->command, ctl->args, &handlers};
	int code = client_run(&command, &result);
	/* A file that took no more is why the command ended, whatever it ended with. */
	progress_begin();
	bool is_kept = (code != CLIENT_OK && !sending.file.error) ||
		       output_commit(&sending, result, error);
	progress_end();
	outfile_close(&sending.file);
	if (!is_kept) {
		json_decref(result);
		return output_fail(ctl, output, named, error);
	}
	if (code != CLIENT_OK && output->failed)
		output->failed(output->context,
			       json_string_value(json_object_get(result, "error")));
	if (is_stdout)
		json_object_del(result, "said");
	return ctl_result(ctl, code, result, is_stdout);
}
