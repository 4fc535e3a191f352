/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/why_update.h"
#include "base/codec.h"
#include "base/textfile.h"
#include "ctl/screen.h"
#include "dns/nsupdate.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The run of a file. */
struct why_file {
	struct ctl *ctl;
	const char *path;
	struct nsupdate_reader reader;
	unsigned number;                        /* of the present message, from 1 */
	const struct nsupdate_message *message; /* the present one */
	bool is_dry;                            /* only the syntax is looked at */
	int code;
};

static const char *why_update_text(const json_t *row, const char *member)
{
	const char *text = json_string_value(json_object_get(row, member));
	return text ? text : "";
}

/* "FILE:12" of the record that a row is about. */
static void why_update_place(const struct why_file *file, json_t *row)
{
	const json_t *record = json_object_get(row, "record");
	const struct nsupdate_lines *lines =
		strcmp(why_update_text(row, "section"), "prerequisite") == 0
			? file->message->prerequisites
			: file->message->updates;
	json_int_t number = json_integer_value(record);
	unsigned line = number >= 1 && (size_t)number <= lines->count ? lines->line[number - 1]
								      : file->message->line;
	json_object_set_new(row, "file", ctl_text(file->path));
	json_object_set_new(row, "line", json_integer(line));
	json_object_set_new(row, "message", json_integer(file->number));
	json_object_del(row, "section");
	json_object_del(row, "record");
}

static void why_update_show_row(void *context, json_t *row)
{
	struct why_file *file = context;
	if (ctl_warning(row))
		return;
	why_update_place(file, row);
	if (file->ctl->is_json) {
		ctl_json(row);
		return;
	}
	screen_print(stdout, "%s:%lld: %s: %s %s %s%s%s: %s\n", file->path,
		     json_integer_value(json_object_get(row, "line")),
		     why_update_text(row, "verdict"), why_update_text(row, "change"),
		     why_update_text(row, "name"), why_update_text(row, "type"),
		     *why_update_text(row, "data") ? " " : "", why_update_text(row, "data"),
		     why_update_text(row, "reason"));
	if (*why_update_text(row, "remedy"))
		screen_print(stdout, "    %s\n", why_update_text(row, "remedy"));
}

static void why_update_print_commands(const json_t *result)
{
	const json_t *commands = json_object_get(result, "commands");
	bool suffices = json_is_true(json_object_get(result, "suffices"));
	if (json_array_size(commands))
		printf("%s\n", suffices ? "these commands together let it pass:"
					: "these commands help; what else is needed stands above:");
	for (size_t i = 0; i < json_array_size(commands); i++)
		screen_print(stdout, "    %s\n", json_string_value(json_array_get(commands, i)));
}

/* What a zone that reports will note. */
static void why_update_print_report(const json_t *report)
{
	if (!report)
		return;
	if (!json_is_true(json_object_get(report, "noted")))
		puts("the zone reports, and notes nothing of this message");
	else if (json_is_true(json_object_get(report, "allowed")))
		puts("the zone reports: secure would let it pass");
	else
		screen_print(stdout, "the zone reports: secure would refuse it, %s: %s\n",
			     why_update_text(report, "code"), why_update_text(report, "reason"));
}

static void why_update_print(const struct why_file *file, const json_t *result)
{
	const json_t *changes = json_object_get(result, "counts");
	bool is_allowed = json_is_true(json_object_get(result, "allowed"));
	screen_print(stdout, "message %u (%s:%u), zone %s, as %s: %s, %s", file->number, file->path,
		     file->message->line, why_update_text(result, "zone"),
		     why_update_text(result, "principal"), is_allowed ? "allowed" : "refused",
		     why_update_text(result, "rcode"));
	if (is_allowed)
		printf("; %lld added, %lld removed, %lld altered, %lld refreshed",
		       json_integer_value(json_object_get(changes, "added")),
		       json_integer_value(json_object_get(changes, "removed")),
		       json_integer_value(json_object_get(changes, "altered")),
		       json_integer_value(json_object_get(changes, "refreshed")));
	putchar('\n');
	why_update_print_report(json_object_get(result, "report"));
	if (!is_allowed)
		why_update_print_commands(result);
}

static void why_update_end(struct why_file *file, json_t *result)
{
	if (!file->ctl->is_json) {
		why_update_print(file, result);
		json_decref(result);
		return;
	}
	bool is_allowed = json_is_true(json_object_get(result, "allowed"));
	json_object_set_new(result, "verdict", json_string(is_allowed ? "allowed" : "refused"));
	json_object_set_new(result, "message", json_integer(file->number));
	json_object_set_new(result, "file", ctl_text(file->path));
	json_object_set_new(result, "line", json_integer(file->message->line));
	json_object_del(result, "ok");
	json_object_del(result, "code");
	json_object_del(result, "protocol");
	ctl_json(result);
	json_decref(result);
}

/* Who asks: --as, else the file's key. */
static bool why_update_asker(struct why_file *file)
{
	char name[DNS_NAME_TEXT_MAX], principal[DNS_NAME_TEXT_MAX + 8];
	struct ctl *ctl = file->ctl;
	const struct nsupdate_reader *reader = &file->reader;
	const char *as = words_option(&ctl->words, "--as");
	if (!as && !reader->has_key) {
		file->code =
			ctl_fail(ctl, CLIENT_USAGE, "--as PRINCIPAL is needed: who would send it%s",
				 reader->is_gss ? " (gss:host/web7.corp.example@REALM)"
						: ", key:NAME or anonymous");
		return false;
	}
	if (!as) {
		snprintf(principal, sizeof principal, "key:%s", dns_name_show(&reader->key, name));
		as = principal;
	}
	json_object_del(ctl->args, "as");
	if (*reader->local && !words_has(&ctl->words, "--from"))
		ctl_arg(ctl, "from", reader->local);
	return ctl_arg(ctl, "as", as);
}

static void why_update_args(struct why_file *file)
{
	char zone[DNS_NAME_TEXT_MAX];
	const struct nsupdate_message *message = file->message;
	json_t *args = file->ctl->args;
	size_t len = codec_text_len(CODEC_BASE64, message->packet.len);
	char *text = calloc(1, len + 1);
	if (!text)
		abort();
	struct bytes_out out = bytes_out_of(text, len);
	codec_print(CODEC_BASE64, message->packet, &out);
	json_object_set_new(args, "update", json_stringn(text, len));
	free(text);
	if (message->has_zone && !words_has(&file->ctl->words, "--zone"))
		json_object_set_new(args, "zone", json_string(dns_name_show(&message->zone, zone)));
}

static void why_update_warn(const struct why_file *file)
{
	char *text;
	if (asprintf(&text, "%s:%u: no `send` follows: nsupdate never sends this", file->path,
		     file->message->line) < 0)
		abort();
	ctl_print_warning(stderr, "tenurectl: ", text);
	free(text);
}

static bool why_update_ask(void *context, const struct nsupdate_message *message)
{
	struct why_file *file = context;
	json_t *result;
	if (file->is_dry)
		return true;
	file->message = message;
	file->number++;
	if (!why_update_asker(file))
		return false;
	if (!message->is_sent)
		why_update_warn(file);
	why_update_args(file);
	struct client_handlers handlers = {.row = why_update_show_row, .context = file};
	struct client_command request = {file->ctl->socket, "why", file->ctl->args, &handlers};
	int code = client_run(&request, &result);
	if (code == CLIENT_OK)
		why_update_end(file, result);
	else
		file->code = ctl_result(file->ctl, code, result, true);
	return code == CLIENT_OK;
}

static int why_update_read(struct why_file *file, const char *text, size_t len)
{
	for (int pass = 0; pass < 2; pass++) {
		file->is_dry = pass == 0;
		file->reader = (struct nsupdate_reader){.message = why_update_ask, .context = file};
		if (!nsupdate_read(&file->reader, text, len))
			return ctl_fail(file->ctl, CLIENT_FAILED, "%s:%s", file->path,
					file->reader.error);
	}
	if (file->code == CLIENT_OK && file->number == 0)
		return ctl_fail(file->ctl, CLIENT_FAILED, "%s: there is no update in it",
				file->path);
	return file->code;
}

int why_update_run(struct ctl *ctl, const char *path)
{
	struct why_file file = {.ctl = ctl, .path = strcmp(path, "-") == 0 ? "(stdin)" : path};
	struct textfile text;
	if (!textfile_open(&text, strcmp(path, "-") == 0 ? "/dev/stdin" : path))
		return ctl_fail(ctl, CLIENT_FAILED, "cannot read %s: %s", file.path,
				strerror(errno));
	int code = why_update_read(&file, text.data, text.len);
	textfile_close(&text);
	return code;
}
