/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/key_export.h"
#include "base/outfile.h"
#include "ctl/ask.h"
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALGORITHM_MAX 32

const char key_export_formats[] = "bind, certbot, dhcpd, kea or knot";

/* "HMAC-SHA256". */
static const char *algorithm_upper(const struct key_export *key, char out[ALGORITHM_MAX])
{
	size_t len = 0;
	for (; len < ALGORITHM_MAX - 1 && key->algorithm[len]; len++)
		out[len] = (char)toupper((unsigned char)key->algorithm[len]);
	out[len] = '\0';
	return out;
}

static void export_bind(FILE *out, const struct key_export *key)
{
	fprintf(out, "key \"%s\" {\n\talgorithm %s;\n\tsecret \"%s\";\n};\n", key->name,
		key->algorithm, key->secret);
}

/* dhcpd reads the name as one of a host, and the secret as one word. */
static void export_dhcpd(FILE *out, const struct key_export *key)
{
	fprintf(out, "key %s {\n\talgorithm %s;\n\tsecret %s;\n};\n", key->name, key->algorithm,
		key->secret);
}

/* One of D2's `tsig-keys`: `"tsig-keys": [ <?include "FILE"?> ]`. */
static void export_kea(FILE *out, const struct key_export *key)
{
	char algorithm[ALGORITHM_MAX];
	json_t *name = json_string(key->name);
	char *quoted = json_dumps(name, JSON_ENCODE_ANY);
	fprintf(out, "{\n  \"name\": %s,\n  \"algorithm\": \"%s\",\n  \"secret\": \"%s\"\n}\n",
		quoted ? quoted : "\"\"", algorithm_upper(key, algorithm), key->secret);
	free(quoted);
	json_decref(name);
}

static void export_knot(FILE *out, const struct key_export *key)
{
	fprintf(out, "key:\n  - id: \"%s\"\n    algorithm: %s\n    secret: %s\n", key->name,
		key->algorithm, key->secret);
}

/* The file of --dns-rfc2136-credentials. Its default is HMAC-MD5, so the algorithm is said. */
static void export_certbot(FILE *out, const struct key_export *key)
{
	char algorithm[ALGORITHM_MAX];
	if (key->server)
		fprintf(out, "dns_rfc2136_server = %s\n", key->server);
	else
		fputs("# The address of your server, not its name:\n#dns_rfc2136_server = \n", out);
	fprintf(out,
		"dns_rfc2136_name = %s.\ndns_rfc2136_secret = %s\ndns_rfc2136_algorithm = %s\n",
		key->name, key->secret, algorithm_upper(key, algorithm));
}

static const struct {
	const char *word;
	void (*print)(FILE *, const struct key_export *);
} key_formats[] = {
	{"bind", export_bind}, {"certbot", export_certbot}, {"dhcpd", export_dhcpd},
	{"kea", export_kea},   {"knot", export_knot},
};

bool key_export_secret(const char *key_file, const char **secret, size_t *len)
{
	static const char before[] = "secret \"";
	const char *at = strstr(key_file, before);
	if (!at)
		return false;
	*secret = at + strlen(before);
	*len = strcspn(*secret, "\"");
	return *len > 0 && (*secret)[*len] == '"';
}

char *key_export_text(const char *format, const struct key_export *key)
{
	char *text = NULL;
	size_t len = 0;
	for (size_t i = 0; i < sizeof key_formats / sizeof *key_formats; i++) {
		if (strcmp(key_formats[i].word, format) != 0)
			continue;
		FILE *out = open_memstream(&text, &len);
		if (!out)
			abort();
		key_formats[i].print(out, key);
		if (fclose(out) != 0)
			abort();
	}
	return text;
}

/* --- the command */

static void export_warning(void *context, json_t *row)
{
	(void)context;
	ctl_warning(row);
}

/* To standard output, or into a file that only its owner reads. */
static int export_write(const struct ctl *ctl, const char *text)
{
	char error[FILE_ERROR_MAX];
	const char *path = words_option(&ctl->words, "--file");
	struct outfile file = {0};
	if (!path)
		path = "-";
	if (!outfile_open(&file, path, 0600, error))
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, error);
	outfile_write(&file, bytes_of(text, strlen(text)));
	bool is_written = outfile_commit(&file, error);
	outfile_close(&file);
	return is_written ? CLIENT_OK : ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, error);
}

static int export_key(const struct ctl *ctl, const char *format, const json_t *result)
{
	const char *file = json_string_value(json_object_get(result, "key_file")), *at;
	size_t len;
	if (!file || !key_export_secret(file, &at, &len))
		return ctl_fail(ctl, CLIENT_FAILED, "the server sent no key");
	char *secret = strndup(at, len);
	if (!secret)
		abort();
	struct key_export key = {json_string_value(json_object_get(result, "name")),
				 json_string_value(json_object_get(result, "algorithm")), secret,
				 words_option(&ctl->words, "--server")};
	char *text = key_export_text(format, &key);
	int code = export_write(ctl, text);
	explicit_bzero(secret, len);
	explicit_bzero(text, strlen(text));
	free(secret);
	free(text);
	return code;
}

/* A secret on a screen is read by who stands behind: it is asked for. */
static bool export_is_meant(struct ctl *ctl, const char *name)
{
	bool is_screen = !words_option(&ctl->words, "--file") && isatty(STDOUT_FILENO);
	return !is_screen ||
	       ask_yes(ctl, "the secret of key %s would be shown on this terminal", name);
}

int ctl_key_export(struct ctl *ctl)
{
	struct client_handlers handlers = {.row = export_warning};
	struct client_command request = {ctl->socket, "key show", ctl->args, &handlers};
	struct key_export none = {"", "", "", NULL};
	const char *format = words_option(&ctl->words, "--format"), *name = ctl->words.word[0];
	char *known = key_export_text(format ? format : "bind", &none);
	json_t *result;
	free(known);
	if (!known)
		return ctl_fail(ctl, CLIENT_USAGE, "--format: '%s' is not one of %s", format,
				key_export_formats);
	if (ctl->is_json && (format || words_has(&ctl->words, "--file")))
		return ctl_fail(ctl, CLIENT_USAGE, "--format and --file are not of --json");
	if (words_has(&ctl->words, "--server") && (!format || strcmp(format, "certbot") != 0))
		return ctl_fail(ctl, CLIENT_USAGE, "--server is of --format certbot");
	if (!ctl_arg(ctl, "name", name))
		return CLIENT_USAGE;
	if (!export_is_meant(ctl, name))
		return CLIENT_REFUSED;
	int code = client_run(&request, &result);
	if (code != CLIENT_OK || ctl->is_json)
		return ctl_result(ctl, code, result, false);
	code = export_key(ctl, format ? format : "bind", result);
	json_decref(result);
	return code;
}
