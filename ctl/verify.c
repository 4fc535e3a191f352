/* SPDX-License-Identifier: BSD-2-Clause */
/* audit verify, audit key. */
#include "base/frame.h"
#include "ctl/ctl.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PEM_MAX 8192
#define PIECE   (64u << 10)

/* The text of a file of public keys as the argument `key`. */
static bool verify_take_key(struct ctl *ctl)
{
	char text[PEM_MAX];
	const char *path = words_option(&ctl->words, "--key");
	if (!path)
		return true;
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
	bool is_read = file && !ferror(file) && feof(file);
	if (!is_read)
		ctl_fail(ctl, CLIENT_USAGE, "--key: %s: %s", path,
			 file && !ferror(file) ? "is too long for public keys" : strerror(errno));
	if (file)
		fclose(file);
	text[len] = '\0';
	if (is_read && strstr(text, "PRIVATE KEY")) {
		ctl_fail(ctl, CLIENT_USAGE,
			 "--key: %s: is a private key, which stays where it is: give its public "
			 "half ('tenurectl audit key')",
			 path);
		return false;
	}
	return is_read && ctl_arg(ctl, "key", text);
}

static bool verify_send_file(void *context, int fd)
{
	uint8_t *piece = malloc(PIECE);
	size_t len;
	bool is_sent = piece != NULL;
	while (is_sent && (len = fread(piece, 1, PIECE, context)) > 0)
		is_sent = frame_send(fd, FRAME_DATA, bytes_of(piece, len));
	free(piece);
	return is_sent && !ferror((FILE *)context);
}

static void verify_warn(void *context, json_t *row)
{
	(void)context;
	ctl_warning(row);
}

static int verify_with(struct ctl *ctl, const char *path)
{
	json_t *result;
	FILE *file = fopen(path, "re");
	if (!file)
		return ctl_fail(ctl, CLIENT_USAGE, "--checkpoints: %s: %s", path, strerror(errno));
	struct client_handlers handlers = {
		.send = verify_send_file, .row = verify_warn, .context = file};
	struct client_command command = {ctl->socket, "audit verify", ctl->args, &handlers};
	ctl_arg_flag(ctl, "checkpoints");
	int code = client_run(&command, &result);
	fclose(file);
	return ctl_result(ctl, code, result, false);
}

static int audit_verify(struct ctl *ctl)
{
	const char *checkpoints = words_option(&ctl->words, "--checkpoints");
	if (!verify_take_key(ctl))
		return CLIENT_USAGE;
	return checkpoints ? verify_with(ctl, checkpoints) : ctl_run(ctl, "audit verify", NULL);
}

static int audit_key(struct ctl *ctl)
{
	return ctl_run(ctl, "audit key", NULL);
}

static int audit_checkpoint(struct ctl *ctl)
{
	return ctl_run(ctl, "audit checkpoint", NULL);
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option verify_options[] = {
	CTL_OPTIONS,
	{"--key", "FILE", "public keys (PEM) that must have signed the log's checkpoints"},
	{"--checkpoints", "FILE", "checkpoints that were kept outside of the store"},
	{0},
};

const struct ctl_command ctl_verify_commands[] = {
	{"audit checkpoint", "", "signs the log's checkpoint now", audit_checkpoint, 0, 0,
	 plain_options, "audit checkpoint"},
	{"audit key", "", "prints the public key that verifies the log's checkpoints", audit_key, 0,
	 0, plain_options, "audit key > checkpoint.pub"},
	{"audit verify", "", "verifies the log, and that the zones are what it says", audit_verify,
	 0, 0, verify_options,
	 "audit verify --key checkpoint.pub --checkpoints checkpoint.key.checkpoints"},
	{0},
};
