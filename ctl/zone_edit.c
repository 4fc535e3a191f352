/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zone edit, record edit: an export in the editor, and what was edited is merged with the zone as
 * it is then, as `zone import --merge` does it. What was edited is never lost: the file stays until
 * the change is made.
 */
#include <config.h>
#include "base/textfile.h"
#include "ctl/ask.h"
#include "ctl/editor.h"
#include "ctl/place.h"
#include "ctl/record.h"
#include "ctl/upload.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct zone_edit {
	struct ctl *ctl;
	struct dns_name apex, name; /* `name`: the one whose records are edited */
	bool has_name, shows;
	struct export_line export;
	FILE *file; /* the export as it comes */
	char *text;
	size_t len;
	char *part, *rest; /* what is edited; what is not, with a name */
	size_t part_len, rest_len;
	char path[PATH_MAX];
	struct upload upload; /* that runs */
	struct table *table;
};

/* --- the export */

static bool zone_edit_take(void *context, struct bytes data)
{
	struct zone_edit *edit = context;
	return fwrite(data.data, 1, data.len, edit->file) == data.len;
}

static int zone_edit_fetch(struct zone_edit *edit)
{
	struct client_handlers handlers = {.data = zone_edit_take, .context = edit};
	json_t *args = json_pack("{s:O}", "zone", json_object_get(edit->ctl->args, "zone"));
	struct client_command request = {edit->ctl->socket, "zone export", args, &handlers};
	json_t *result;
	edit->file = open_memstream(&edit->text, &edit->len);
	if (!edit->file)
		abort();
	int code = client_run(&request, &result);
	json_decref(args);
	if (fclose(edit->file) != 0)
		abort();
	if (code != CLIENT_OK)
		return ctl_result(edit->ctl, code, result, false);
	json_decref(result);
	return export_line_find(edit->text, edit->len, &edit->export) == EXPORT_LINE_FOUND
		       ? CLIENT_OK
		       : ctl_fail(edit->ctl, CLIENT_FAILED,
				  "the server does not say of what its export is: it is older");
}

/* Whether the line is a record of the name. */
static bool zone_edit_is_named(const struct zone_edit *edit, const char *line, size_t len)
{
	char text[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	size_t end = 0;
	while (end < len && line[end] != '\t' && line[end] != ' ')
		end++;
	if (end == 0 || end >= sizeof text || line[0] == ';')
		return false;
	memcpy(text, line, end);
	text[end] = '\0';
	return !dns_name_parse_text(&name, text) && dns_name_equal(&name, &edit->name);
}

/* Of a name its records alone are edited, each a line of the export. */
static void zone_edit_split(struct zone_edit *edit)
{
	char name[DNS_NAME_TEXT_MAX], zone[DNS_NAME_TEXT_MAX];
	FILE *part = open_memstream(&edit->part, &edit->part_len);
	FILE *rest = open_memstream(&edit->rest, &edit->rest_len);
	if (!part || !rest)
		abort();
	if (edit->has_name)
		fprintf(part, "; the records of %s. in zone %s\n", dns_name_show(&edit->name, name),
			dns_name_show(&edit->apex, zone));
	for (size_t at = 0; at < edit->len;) {
		const char *line = edit->text + at, *end = memchr(line, '\n', edit->len - at);
		size_t len = end ? (size_t)(end - line) + 1 : edit->len - at;
		bool is_edited = !edit->has_name || zone_edit_is_named(edit, line, len);
		fwrite(line, 1, len, is_edited ? part : rest);
		at += len;
	}
	if (fclose(part) != 0 || fclose(rest) != 0)
		abort();
}

/* --- what was edited */

static const char *zone_edit_check_name(void *context, const struct dns_zonefile_record *record)
{
	const struct zone_edit *edit = context;
	return dns_name_equal(&record->owner, &edit->name)
		       ? NULL
		       : "another name: only the records of one are edited here";
}

static bool zone_edit_is_of_name(const struct zone_edit *edit, const struct textfile *edited)
{
	char error[DNS_ZONEFILE_ERROR_MAX];
	struct dns_zonefile file = {.origin = &edit->apex,
				    .default_ttl = 3600,
				    .record = zone_edit_check_name,
				    .context = (void *)(uintptr_t)edit,
				    .reads_ages = true};
	if (!edit->has_name ||
	    dns_zonefile_read_text(edit->path, edited->data, edited->len, &file, error))
		return true;
	ctl_fail(edit->ctl, CLIENT_FAILED, "%s", error);
	return false;
}

static void zone_edit_row(void *context, json_t *row)
{
	struct zone_edit *edit = context;
	char place[UPLOAD_PLACE_MAX];
	const char *warning = json_string_value(json_object_get(row, "warning"));
	if (!edit->shows)
		return;
	if (warning)
		ctl_print_warning(stderr, upload_place(&edit->upload, row, place), warning);
	else if (edit->table)
		table_add(edit->table, row);
	else
		ctl_json(row);
}

static bool zone_edit_send(void *context, int fd)
{
	struct zone_edit *edit = context;
	return upload_send(&edit->upload, fd);
}

/* Runs `zone import --merge` of what was edited, or its plan. `*result` is the caller's. */
static int zone_edit_import(struct zone_edit *edit, const struct textfile *edited, bool is_plan,
			    json_t **result)
{
	struct ctl *ctl = edit->ctl;
	struct upload_wish wish = {0};
	struct upload *upload = &edit->upload;
	char place[UPLOAD_PLACE_MAX], *whole = malloc(edited->len + edit->rest_len + 2);
	if (!whole)
		abort();
	/* What is not edited stands behind it, so that lines keep their numbers. */
	memcpy(whole, edited->data, edited->len);
	size_t len = edited->len;
	if (edit->rest_len) {
		whole[len++] = '\n';
		memcpy(whole + len, edit->rest, edit->rest_len);
		len += edit->rest_len;
	}
	upload_open_text(upload, edit->path, whole, len, &edit->apex, &wish);
	edit->shows = is_plan;
	edit->table = is_plan && !ctl->is_json ? ctl_table(ctl, change_columns, false) : NULL;
	json_object_set_new(ctl->args, "plan", json_boolean(is_plan));
	struct client_handlers handlers = {
		.row = zone_edit_row, .send = zone_edit_send, .context = edit};
	struct client_command request = {ctl->socket, "zone import", ctl->args, &handlers};
	int code = client_run(&request, result);
	if (edit->table)
		table_end(edit->table);
	const char *error = json_string_value(json_object_get(*result, "error"));
	if (error && *upload_place(upload, *result, place))
		json_object_set_new(*result, "error", json_sprintf("%s%s", place, error));
	if (upload->error[0] && code == CLIENT_FAILED)
		json_object_set_new(*result, "error", json_string(upload->error));
	upload_close(upload); /* the text too */
	return code;
}

static json_int_t zone_edit_count(const json_t *result, const char *member)
{
	return json_integer_value(json_object_get(result, member));
}

/* Shows what would change, asks, and changes it. `*is_faulty`: the file is wrong, or what was
 * changed since is in its way. */
static int zone_edit_change(struct zone_edit *edit, const struct textfile *edited, bool *is_faulty)
{
	struct ctl *ctl = edit->ctl;
	json_t *result;
	*is_faulty = !zone_edit_is_of_name(edit, edited);
	if (*is_faulty)
		return CLIENT_FAILED;
	int code = zone_edit_import(edit, edited, true, &result);
	json_int_t added = zone_edit_count(result, "added"),
		   removed = zone_edit_count(result, "removed"),
		   altered = zone_edit_count(result, "altered");
	if (code != CLIENT_OK) {
		*is_faulty = code != CLIENT_UNREACHABLE;
		return ctl_result(ctl, code, result, false);
	}
	json_decref(result);
	if (added + removed + altered == 0)
		return ctl_result(ctl, CLIENT_OK, json_pack("{s:s}", "said", "nothing changed"),
				  false);
	if (!ask_yes(ctl, "%s: %lld records are added, %lld removed, %lld altered",
		     ctl->words.word[0], (long long)added, (long long)removed, (long long)altered))
		return CLIENT_REFUSED;
	code = zone_edit_import(edit, edited, false, &result);
	*is_faulty = code != CLIENT_OK && code != CLIENT_UNREACHABLE;
	return ctl_result(ctl, code, result, false);
}

/* Once through the editor. */
static int zone_edit_once(struct zone_edit *edit, bool *is_faulty)
{
	struct textfile edited;
	*is_faulty = false;
	if (!editor_run(edit->path))
		return ctl_fail(edit->ctl, CLIENT_FAILED, "the editor failed: nothing was changed");
	if (!textfile_open(&edited, edit->path))
		return ctl_fail(edit->ctl, CLIENT_FAILED, "%s: %s", edit->path, strerror(errno));
	bool is_same =
		edited.len == edit->part_len && memcmp(edited.data, edit->part, edited.len) == 0;
	int code = is_same ? ctl_result(edit->ctl, CLIENT_OK,
					json_pack("{s:s}", "said", "nothing changed"), false)
			   : zone_edit_change(edit, &edited, is_faulty);
	textfile_close(&edited);
	return code;
}

static int zone_edit_in_editor(struct zone_edit *edit)
{
	struct ctl *ctl = edit->ctl;
	bool is_faulty;
	int code;
	zone_edit_split(edit);
	if (!editor_begin(edit->path, "tenure-zone", edit->part, edit->part_len))
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", edit->path, strerror(errno));
	/* Said before: who is killed says nothing. */
	fprintf(stderr, "tenurectl: what is edited is in %s\n", edit->path);
	json_object_set_new(ctl->args, "merge", json_true());
	json_object_set_new(ctl->args, "export-serial", json_integer(edit->export.serial));
	json_object_set_new(ctl->args, "export-seq",
			    json_integer((json_int_t)(edit->export.seq & INT64_MAX)));
	do {
		code = zone_edit_once(edit, &is_faulty);
	} while (is_faulty && ask_whether_again("Edit again?"));
	if (code == CLIENT_OK)
		unlink(edit->path);
	else
		fprintf(stderr, "tenurectl: what was edited is kept in %s\n", edit->path);
	return code;
}

/* `@`, a relative name, or one that ends in the zone's; NULL, or what is wrong with it. */
static const char *zone_edit_name(struct zone_edit *edit, const char *text)
{
	struct dns_name whole;
	const char *problem = dns_name_parse(&edit->name, text, strlen(text), &edit->apex);
	/* As in other commands: what ends in the zone's name is whole without its final dot, too.
	 */
	if (!problem && !dns_name_parse_text(&whole, text) && dns_name_under(&whole, &edit->apex))
		edit->name = whole;
	if (!problem && !dns_name_under(&edit->name, &edit->apex))
		problem = "the name is outside of the zone";
	return problem;
}

static int zone_edit_run(struct ctl *ctl, const char *name)
{
	struct zone_edit edit = {.ctl = ctl, .has_name = name != NULL};
	const char *zone = ctl->words.word[0];
	const char *problem = dns_name_parse_text(&edit.apex, zone);
	if (problem)
		return ctl_fail(ctl, CLIENT_USAGE, "'%s' is not a zone's name: %s", zone, problem);
	problem = name ? zone_edit_name(&edit, name) : NULL;
	if (problem)
		return ctl_fail(ctl, CLIENT_USAGE, "'%s': %s", name, problem);
	int code = ctl_arg(ctl, "zone", zone) ? zone_edit_fetch(&edit) : CLIENT_USAGE;
	if (code == CLIENT_OK)
		code = zone_edit_in_editor(&edit);
	free(edit.text);
	free(edit.part);
	free(edit.rest);
	return code;
}

static int ctl_zone_edit(struct ctl *ctl)
{
	return zone_edit_run(ctl, NULL);
}

static int ctl_record_edit(struct ctl *ctl)
{
	return zone_edit_run(ctl, ctl->words.word[1]);
}

static const struct words_option options[] = {
	CTL_OPTIONS,
	{"--yes", NULL, "does not ask"},
	{0},
};

static const struct words_option record_edit_options[] = {
	CTL_OPTIONS,
	PLACE_ZONE,
	{"--yes", NULL, "does not ask"},
	{0},
};

const struct ctl_command ctl_zone_edit_commands[] = {
	{"zone edit", "ZONE", "changes a zone's records in your editor", ctl_zone_edit, 1, 1,
	 options, "zone edit corp.example"},
	{"record edit", "ZONE NAME", "changes the records of a name in your editor",
	 ctl_record_edit, 2, 2, record_edit_options, "record edit corp.example www"},
	{0},
};

const struct ctl_tables ctl_zone_edit_tables[] = {
	{"zone edit", {change_columns}},
	{"record edit", {change_columns}},
	{0},
};
