/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export-config: writes a site's file of what the server holds, tenure-site(5), and beside it the
 * content of zones and the secrets of keys. Rows come in the order of the file.
 */
#include <config.h>
#include "base/outfile.h"
#include "ctl/ask.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT_CONFIG_NAME_MAX 4096

struct export_writing {
	struct ctl *ctl;
	const char *folder; /* NULL: the file goes to standard output, and there are no others */
	bool is_static, has_failed;
	FILE *out;
	char *text;
	size_t len;
	const char *section;  /* the heading that was written last */
	json_t *zones, *keys; /* names, for the files */
	struct outfile file;  /* that is written */
};

/* --- YAML */

/* Whether YAML takes the text as it is for what it is, wherever a value may stand. */
static bool export_config_is_plain(const char *text)
{
	static const char *const words[] = {"on",    "off",  "yes", "no", "true",
					    "false", "null", "y",   "n"};
	if (!(*text >= 'a' && *text <= 'z'))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(words[i], text) == 0)
			return i < 2;
	for (const char *c = text; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') && !strchr("._-", *c))
			return false;
	return true;
}

/* A text as YAML reads it: JSON's quoted texts are YAML's, too. */
static void export_config_value(FILE *out, const json_t *value)
{
	const char *text = json_string_value(value);
	char *quoted = text && export_config_is_plain(text) ? strdup(text)
							    : json_dumps(value, JSON_ENCODE_ANY);
	if (!quoted)
		abort();
	fputs(quoted, out);
	free(quoted);
}

static void export_config_member(const struct export_writing *w, const json_t *row,
				 const char *before, const char *field, const char *member)
{
	const json_t *value = json_object_get(row, member);
	if (!value || json_is_null(value))
		return;
	fprintf(w->out, "%s%s: ", before, field);
	export_config_value(w->out, value);
}

/* Whether the text can be a block of lines: none begins with a blank or holds what is no text. */
static bool export_config_is_block(const char *text)
{
	bool is_first = true;
	for (const char *c = text; *c; c++) {
		if (is_first && (*c == ' ' || *c == '\t'))
			return false;
		if (((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7f)
			return false;
		is_first = *c == '\n';
	}
	return *text && text[strlen(text) - 1] == '\n' && text[0] != '\n';
}

static void export_config_block(const struct export_writing *w, const json_t *value)
{
	const char *text = json_string_value(value);
	if (!export_config_is_block(text)) {
		export_config_value(w->out, value);
		putc('\n', w->out);
		return;
	}
	/* `+` keeps empty lines at the end. */
	fputs("|+\n", w->out);
	for (size_t len; *text; text += len + 1) {
		len = strcspn(text, "\n");
		fprintf(w->out, "%s%.*s\n", len ? "      " : "", (int)len, text);
	}
}

static const char *export_config_text(const json_t *row, const char *member)
{
	const char *text = json_string_value(json_object_get(row, member));
	return text ? text : "";
}

/* A heading, once for all that stands below it. */
static void export_config_head(struct export_writing *w, const char *section, const char *text)
{
	if (w->section && strcmp(w->section, section) == 0)
		return;
	fputs(text, w->out);
	w->section = section;
}

/* "data/corp.example.zone"; what could leave the folder or hide is %XX. */
static json_t *export_config_file_name(const char *folder, const char *name, const char *ending)
{
	char out[EXPORT_CONFIG_NAME_MAX];
	size_t at = (size_t)snprintf(out, sizeof out, "%s/", folder);
	for (const char *c = name; *c && at < sizeof out - 16; c++) {
		bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-' ||
				*c == '_' || (*c == '.' && c != name);
		at += (size_t)snprintf(out + at, sizeof out - at, is_plain ? "%c" : "%%%02X",
				       (unsigned char)*c);
	}
	return json_sprintf("%s%s", out, ending);
}

/* --- rows */

static void export_config_take_setting(struct export_writing *w, const json_t *row)
{
	const char *group = export_config_text(row, "section");
	static const char *const sections[] = {"scavenge", "defaults", "bin", "audit"};
	if (!w->section)
		fputs("server:\n", w->out);
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		if (strcmp(group, sections[i]) != 0 || i == 2)
			continue;
		char *head;
		if (asprintf(&head, "  %s:\n", group) < 0)
			abort();
		export_config_head(w, sections[i], head);
		free(head);
	}
	if (strcmp(group, "bin") == 0) {
		w->section = "bin";
		export_config_member(w, row, "  ", "bin", "typed");
	} else {
		export_config_member(w, row, "    ", export_config_text(row, "name"), "typed");
	}
	putc('\n', w->out);
}

static void export_config_take_key(struct export_writing *w, const json_t *row)
{
	const char *name = export_config_text(row, "name");
	json_t *file = export_config_file_name("keys", name, ".key");
	export_config_head(w, "keys", "keys:\n");
	export_config_member(w, row, "  - {", "name", "name");
	export_config_member(w, row, ", ", "algorithm", "algorithm");
	fputs(", secret: {file: ", w->out);
	export_config_value(w->out, file);
	putc('}', w->out);
	if (json_is_true(json_object_get(row, "allow_md5")))
		fputs(", allow-md5: true", w->out);
	fputs(json_is_true(json_object_get(row, "disabled")) ? "}  # disabled here: key disable\n"
							     : "}\n",
	      w->out);
	json_array_append(w->keys, json_object_get(row, "name"));
	json_decref(file);
}

static void export_config_take_group(struct export_writing *w, const json_t *row)
{
	const json_t *list = json_object_get(row, "member_list"), *one;
	size_t i;
	export_config_head(w, "groups", "groups:\n");
	export_config_member(w, row, "  - {", "name", "name");
	fprintf(w->out, ", acting: %s",
		json_is_true(json_object_get(row, "acting")) ? "on" : "off");
	export_config_member(w, row, ", ", "window", "window");
	fputs(", members: [", w->out);
	json_array_foreach(list, i, one)
	{
		fputs(i ? ", " : "", w->out);
		export_config_value(w->out, one);
	}
	fputs("]}\n", w->out);
}

static void export_config_take_soa(struct export_writing *w, const json_t *row)
{
	static const char *const numbers[][2] = {{"refresh", "soa_refresh"},
						 {"retry", "soa_retry"},
						 {"expire", "soa_expire"},
						 {"minimum", "soa_minimum"},
						 {"ttl", "ttl"}};
	fprintf(w->out, "    soa: {mname: \"%s.\", rname: \"%s.\"",
		export_config_text(row, "mname"), export_config_text(row, "rname"));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		fprintf(w->out, ", %s: %lld", numbers[i][0],
			(long long)json_integer_value(json_object_get(row, numbers[i][1])));
	fprintf(w->out, "}\n    serial-at-least: %lld\n",
		(long long)json_integer_value(json_object_get(row, "serial")));
}

static void export_config_take_zone(struct export_writing *w, const json_t *row)
{
	json_t *file = export_config_file_name("data", export_config_text(row, "zone"), ".zone");
	const json_t *rules = json_object_get(row, "text");
	if (!json_array_size(w->zones))
		fputs("zones:\n", w->out);
	w->section = "zone";
	export_config_member(w, row, "  - ", "name", "zone");
	fputs(json_is_true(json_object_get(row, "frozen")) ? "  # frozen here: zone freeze\n"
							   : "\n",
	      w->out);
	if (json_is_string(rules)) {
		fputs("    rules: ", w->out);
		export_config_block(w, rules);
	}
	if (w->is_static) {
		export_config_take_soa(w, row);
	} else {
		fputs("    seed: {file: ", w->out);
		export_config_value(w->out, file);
		fputs("}\n", w->out);
	}
	json_array_append(w->zones, json_object_get(row, "zone"));
	json_decref(file);
}

/* Names are absolute, with their final dot. */
static void export_config_take_kept(struct export_writing *w, const json_t *row, bool is_note)
{
	export_config_head(w, is_note ? "notes" : "reserve",
			   is_note ? "    notes:\n" : "    reserve:\n");
	json_t *name = json_sprintf("%s.", export_config_text(row, "name"));
	fputs("      - {name: ", w->out);
	export_config_value(w->out, name);
	if (is_note)
		export_config_member(w, row, ", ", "type", "type");
	export_config_member(w, row, ", ", is_note ? "text" : "for", is_note ? "note" : "owner");
	fputs("}\n", w->out);
	json_decref(name);
}

static void export_config_take_record(struct export_writing *w, const json_t *row)
{
	export_config_head(w, "records", "    records: |\n");
	fprintf(w->out, "      %s. %lld %s %s\n", export_config_text(row, "name"),
		(long long)json_integer_value(json_object_get(row, "ttl")),
		export_config_text(row, "type"), export_config_text(row, "data"));
}

static void export_config_take(void *context, json_t *row)
{
	struct export_writing *w = context;
	const char *object = export_config_text(row, "object");
	if (ctl_warning(row))
		return;
	if (!strcmp(object, "setting"))
		export_config_take_setting(w, row);
	else if (!strcmp(object, "key"))
		export_config_take_key(w, row);
	else if (!strcmp(object, "group"))
		export_config_take_group(w, row);
	else if (!strcmp(object, "zone"))
		export_config_take_zone(w, row);
	else if (!strcmp(object, "zone-setting")) {
		export_config_head(w, "settings", "    settings:\n");
		export_config_member(w, row, "      ", export_config_text(row, "name"), "typed");
		putc('\n', w->out);
	} else if (!strcmp(object, "record"))
		export_config_take_record(w, row);
	else
		export_config_take_kept(w, row, !strcmp(object, "note"));
}

static int export_config_fetch(struct export_writing *w, json_t **result)
{
	struct client_handlers handlers = {.row = export_config_take, .context = w};
	struct client_command request = {w->ctl->socket, "export-config", w->ctl->args, &handlers};
	w->out = open_memstream(&w->text, &w->len);
	if (!w->out)
		abort();
	fputs("# written by: tenurectl export-config\ntenure: 1\n", w->out);
	int code = client_run(&request, result);
	if (fclose(w->out) != 0)
		abort();
	return code == CLIENT_OK ? code : ctl_result(w->ctl, code, *result, false);
}

/* --- files */

static bool export_config_is_empty(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *one;
	bool is_empty = dir != NULL;
	while (dir && is_empty && (one = readdir(dir)) != NULL)
		is_empty = !strcmp(one->d_name, ".") || !strcmp(one->d_name, "..");
	if (dir)
		closedir(dir);
	return is_empty;
}

static int export_config_make_folder(struct export_writing *w, const char *name)
{
	char path[EXPORT_CONFIG_NAME_MAX];
	snprintf(path, sizeof path, "%s%s%s", w->folder, *name ? "/" : "", name);
	if (mkdir(path, 0700) == 0)
		return CLIENT_OK;
	if (errno == EEXIST && !*name && export_config_is_empty(path))
		return CLIENT_OK;
	return ctl_fail(w->ctl, CLIENT_FAILED, "%s: %s", path,
			errno == EEXIST ? "it is there, and not an empty folder" : strerror(errno));
}

static bool export_config_open(struct export_writing *w, const char *name)
{
	char path[EXPORT_CONFIG_NAME_MAX], error[FILE_ERROR_MAX];
	snprintf(path, sizeof path, "%s/%s", w->folder, name);
	if (outfile_open(&w->file, path, 0600, error))
		return true;
	ctl_fail(w->ctl, CLIENT_FAILED, "%s: %s", path, error);
	return false;
}

static bool export_config_close(struct export_writing *w, const char *name, bool is_well)
{
	char error[FILE_ERROR_MAX];
	bool is_kept = is_well && outfile_commit(&w->file, error);
	if (is_well && !is_kept)
		ctl_fail(w->ctl, CLIENT_FAILED, "%s/%s: %s", w->folder, name, error);
	outfile_close(&w->file);
	return is_kept;
}

static bool export_config_write(struct export_writing *w, const char *name, const char *text)
{
	return export_config_open(w, name) &&
	       export_config_close(w, name, outfile_write(&w->file, bytes_of(text, strlen(text))));
}

static bool export_config_data(void *context, struct bytes data)
{
	struct export_writing *w = context;
	return outfile_write(&w->file, data);
}

static bool export_config_zone_file(struct export_writing *w, const json_t *zone)
{
	struct client_handlers handlers = {.data = export_config_data, .context = w};
	json_t *args = json_pack("{s:O}", "zone", zone), *result;
	struct client_command request = {w->ctl->socket, "zone export", args, &handlers};
	json_t *name = export_config_file_name("data", json_string_value(zone), ".zone");
	bool is_well = export_config_open(w, json_string_value(name));
	if (is_well) {
		int code = client_run(&request, &result);
		if (code == CLIENT_OK)
			json_decref(result);
		else
			ctl_result(w->ctl, code, result, false);
		is_well = export_config_close(w, json_string_value(name), code == CLIENT_OK);
	}
	json_decref(name);
	json_decref(args);
	return is_well;
}

static bool export_config_key_file(struct export_writing *w, const json_t *key)
{
	struct client_handlers handlers = {0};
	json_t *args = json_pack("{s:O}", "name", key), *result;
	struct client_command request = {w->ctl->socket, "key show", args, &handlers};
	json_t *name = export_config_file_name("keys", json_string_value(key), ".key");
	int code = client_run(&request, &result);
	const char *text = json_string_value(json_object_get(result, "key_file"));
	bool is_well =
		code == CLIENT_OK && text && export_config_write(w, json_string_value(name), text);
	if (text)
		explicit_bzero((char *)(uintptr_t)text, strlen(text));
	if (code == CLIENT_OK)
		json_decref(result);
	else
		ctl_result(w->ctl, code, result, false);
	json_decref(name);
	json_decref(args);
	return is_well;
}

static bool export_config_files(struct export_writing *w)
{
	size_t i;
	const json_t *name;
	bool is_well = true, has_keys = words_has(&w->ctl->words, "--with-keys");
	if (!w->is_static)
		is_well = export_config_make_folder(w, "data") == CLIENT_OK;
	if (is_well && has_keys)
		is_well = export_config_make_folder(w, "keys") == CLIENT_OK;
	json_array_foreach(w->zones, i, name)
	{
		if (is_well && !w->is_static)
			is_well = export_config_zone_file(w, name);
	}
	json_array_foreach(w->keys, i, name)
	{
		if (is_well && has_keys)
			is_well = export_config_key_file(w, name);
	}
	/* Last, so that a folder with it is whole. */
	return is_well && export_config_write(w, "site.yaml", w->text);
}

static int export_config_tell(struct export_writing *w, json_t *result)
{
	if (!w->folder) {
		fwrite(w->text, 1, w->len, stdout);
		json_decref(result);
		return CLIENT_OK;
	}
	json_object_set_new(result, "file", json_sprintf("%s/site.yaml", w->folder));
	json_object_set_new(
		result, "said",
		json_sprintf("%s/site.yaml: %zu zones, %zu keys%s", w->folder,
			     json_array_size(w->zones), json_array_size(w->keys),
			     json_array_size(w->keys) && !words_has(&w->ctl->words, "--with-keys")
				     ? ", whose secrets are not written (--with-keys)"
				     : ""));
	return ctl_result(w->ctl, CLIENT_OK, result, false);
}

static int export_config_run(struct export_writing *w)
{
	json_t *result;
	if (w->folder && export_config_make_folder(w, "") != CLIENT_OK)
		return CLIENT_FAILED;
	int code = export_config_fetch(w, &result);
	if (code != CLIENT_OK)
		return code;
	if (w->folder && !export_config_files(w)) {
		json_decref(result);
		return CLIENT_FAILED;
	}
	return export_config_tell(w, result);
}

static int ctl_export_config(struct ctl *ctl)
{
	struct export_writing w = {.ctl = ctl,
				   .folder = words_option(&ctl->words, "--out"),
				   .is_static = words_has(&ctl->words, "--static"),
				   .zones = json_array(),
				   .keys = json_array()};
	json_t *names = json_array();
	int code = CLIENT_USAGE;
	for (size_t i = 0; i < ctl->words.count; i++)
		json_array_append_new(names, ctl_text(ctl->words.word[i]));
	if (json_array_size(names))
		json_object_set(ctl->args, "zones", names);
	if (w.is_static)
		ctl_arg_flag(ctl, "static");
	if (!w.folder && !w.is_static)
		ctl_fail(ctl, code, "content goes to files: --out FOLDER, or --static");
	else if (!w.folder && words_has(&ctl->words, "--with-keys"))
		ctl_fail(ctl, code, "secrets go to files: --out FOLDER");
	else if (!w.folder && ctl->is_json)
		ctl_fail(ctl, code, "what goes to standard output is YAML: --out FOLDER");
	else
		code = export_config_run(&w);
	free(w.text);
	json_decref(names);
	json_decref(w.zones);
	json_decref(w.keys);
	return code;
}

static const struct words_option export_config_options[] = {
	CTL_OPTIONS,
	{"--out", "FOLDER", "an empty folder for the file, content and keys"},
	{"--static", NULL, "static records in the file, in place of files with all content"},
	{"--with-keys", NULL, "also the secrets of keys"},
	{0},
};

const struct ctl_command ctl_export_config_commands[] = {
	{"export-config", "[ZONE...]", "writes what a site's file would say of this server",
	 ctl_export_config, 0, CTL_ANY_NUMBER, export_config_options,
	 "export-config corp.example --static"},
	{0},
};
