/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/frame.h"
#include "ctl/ask.h"
#include "ctl/key_export.h"
#include <errno.h>
#include <string.h>
#include <strings.h>

#define FILE_MAX (256 * 1024)

static void show_warning(void *context, json_t *row)
{
	(void)context;
	ctl_warning(row);
}

/* The key file itself is the answer: for `> k.conf`. */
static int show_file(struct ctl *ctl, const char *command)
{
	struct client_handlers handlers = {.row = show_warning};
	struct client_command request = {ctl->socket, command, ctl->args, &handlers};
	json_t *result;
	int code = client_run(&request, &result);
	const char *file = json_string_value(json_object_get(result, "key_file"));
	bool is_shown = code == CLIENT_OK && file && !ctl->is_json;
	if (is_shown)
		fputs(file, stdout);
	if (is_shown && fflush(stdout) != 0)
		code = ctl_fail(ctl, CLIENT_FAILED, "standard output: %s", strerror(errno));
	return ctl_result(ctl, code, result, is_shown);
}

static int ctl_key_generate(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--allow-md5"))
		ctl_arg_flag(ctl, "allow_md5");
	return ctl_arg(ctl, "name", ctl->words.word[0]) && ctl_arg_option(ctl, "--algorithm")
		       ? show_file(ctl, "key generate")
		       : CLIENT_USAGE;
}

static int ctl_key_show(struct ctl *ctl)
{
	return ctl_arg(ctl, "name", ctl->words.word[0]) ? show_file(ctl, "key show") : CLIENT_USAGE;
}

static int ctl_key_import(struct ctl *ctl)
{
	static char text[FILE_MAX];
	const char *path = ctl->words.word[0];
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "r");
	if (!file)
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, strerror(errno));
	size_t len = fread(text, 1, sizeof(text), file);
	bool is_read = !ferror(file);
	int error = errno;
	if (!is_stdin)
		fclose(file);
	if (!is_read)
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, strerror(error));
	json_t *value = len < sizeof(text) ? json_stringn(text, len) : NULL;
	explicit_bzero(text, sizeof(text));
	if (!value)
		return ctl_fail(ctl, CLIENT_FAILED, "%s: this is no key file", path);
	json_object_set_new(ctl->args, "text", value);
	if (words_has(&ctl->words, "--allow-md5"))
		ctl_arg_flag(ctl, "allow_md5");
	if (words_has(&ctl->words, "--plan"))
		ctl_arg_flag(ctl, "plan");
	struct client_handlers handlers = {0};
	struct client_command request = {ctl->socket, "key import", ctl->args, &handlers};
	json_t *result;
	int code = client_run(&request, &result);
	const char *problem = json_string_value(json_object_get(result, "error"));
	if (code == CLIENT_FAILED && problem)
		json_object_set_new(result, "error", json_sprintf("%s: %s", path, problem));
	return ctl_result(ctl, code, result, false);
}

static const struct table_column list_columns[] = {
	{"name", "NAME", TABLE_TEXT},
	{"algorithm", "ALGORITHM", TABLE_TEXT},
	{"bits", "BITS", TABLE_NUMBER},
	{"created_at", "CREATED AT", TABLE_TIME},
	{"disabled", "DISABLED", TABLE_TEXT},
	{"sealed", "SEALED", TABLE_TEXT},
	{"previous_until", "OLD SECRET UNTIL", TABLE_TIME},
	{"used_at", "USED AT", TABLE_TIME},
	{"used_from", "USED FROM", TABLE_TEXT},
	{0},
};

static int ctl_key_list(struct ctl *ctl)
{
	return ctl_run(ctl, "key list", list_columns);
}

static int ctl_key_rotate(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--until") && words_has(&ctl->words, "--for"))
		return ctl_fail(ctl, CLIENT_USAGE, "--until and --for exclude each other");
	return ctl_arg(ctl, "name", ctl->words.word[0]) && ctl_arg_option(ctl, "--until") &&
			       ctl_arg_option(ctl, "--for")
		       ? show_file(ctl, "key rotate")
		       : CLIENT_USAGE;
}

static int ctl_key_del(struct ctl *ctl)
{
	if (!ctl_arg(ctl, "name", ctl->words.word[0]))
		return CLIENT_USAGE;
	if (!words_has(&ctl->words, "--plan"))
		return ask_run(ctl, "key del");
	ctl_arg_flag(ctl, "plan");
	return ctl_run(ctl, "key del", NULL);
}

/* disable, enable, test: the name is all they take. */
static int key_named(struct ctl *ctl)
{
	return ctl_arg(ctl, "name", ctl->words.word[0]) ? ctl_run(ctl, ctl->command->words, NULL)
							: CLIENT_USAGE;
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option generate_options[] = {
	CTL_OPTIONS,
	{"--algorithm", "ALGORITHM", "hmac-sha256 (default), -sha1, -sha224, -sha384 or -sha512"},
	{"--allow-md5", NULL, "lets it be of hmac-md5, if the server's settings allow that"},
	{0},
};

static const struct words_option export_options[] = {
	CTL_OPTIONS,
	{"--format", "FORMAT", "bind (default), certbot, dhcpd, kea or knot"},
	{"--file", "FILE", "into this file, of mode 0600"},
	{"--server", "ADDRESS", "certbot: the address of your server"},
	{"--yes", NULL, "shows the secret on a terminal"},
	{0},
};

static const struct words_option import_options[] = {
	CTL_OPTIONS,
	{"--allow-md5", NULL, "takes keys of hmac-md5, if the server's settings allow them"},
	{"--plan", NULL, "only says how many would be added"},
	{0},
};

static const struct words_option del_options[] = {
	CTL_OPTIONS,
	{"--plan", NULL, "only says what relies on it"},
	{"--yes", NULL, "delete it, though it was used, owns records, or is named"},
	{0},
};

static const struct words_option rotate_options[] = {
	CTL_OPTIONS,
	{"--until", "TIME", "until then the old secret is good too; default: a day"},
	{"--for", "DURATION", "the same as so long from now: 7d; 0s: it ends at once"},
	{0},
};

const struct ctl_command ctl_key_commands[] = {
	{"key generate", "NAME", "makes a key and prints it as BIND's key file (umask 077 first)",
	 ctl_key_generate, 1, 1, generate_options, "key generate web7.corp.example > web7.key"},
	{"key import", "FILE", "takes keys from BIND's key file", ctl_key_import, 1, 1,
	 import_options, "key import web7.key"},
	{"key show", "NAME", "prints a key, with its secret, as BIND's key file", ctl_key_show, 1,
	 1, plain_options, "key show web7.corp.example"},
	{"key export", "NAME [--format FORMAT]",
	 "prints a key, with its secret, as the program reads it that signs with it",
	 ctl_key_export, 1, 1, export_options, "key export kea1 --format kea --file kea1.json"},
	{"key list", "", "lists the keys without their secrets", ctl_key_list, 0, 0, plain_options,
	 "key list"},
	{"key del", "NAME", "deletes a key", ctl_key_del, 1, 1, del_options,
	 "key del web7.corp.example"},
	{"key rotate", "NAME", "makes a new secret; the old one stays good for a while",
	 ctl_key_rotate, 1, 1, rotate_options, "key rotate web7.corp.example --for 7d > web7.key"},
	{"key disable", "NAME", "lets a key prove nothing any more", key_named, 1, 1, plain_options,
	 "key disable web7.corp.example"},
	{"key enable", "NAME", "undoes key disable", key_named, 1, 1, plain_options,
	 "key enable web7.corp.example"},
	{"key test", "NAME", "prints the MAC of a known message, to compare secrets", key_named, 1,
	 1, plain_options, "key test web7.corp.example"},
	{0},
};

const struct ctl_tables ctl_key_tables[] = {{"key list", {list_columns}}, {0}};
