/* SPDX-License-Identifier: BSD-2-Clause */
/* audit show, audit export: entries whole. */
#include <config.h>
#include "base/timeword.h"
#include "ctl/audit.h"
#include "ctl/audit_rows.h"
#include "ctl/output.h"
#include "ctl/screen.h"
#include "ctl/seq.h"
#include <stdlib.h>
#include <string.h>

/* --- show */

struct text {
	char *data;
	size_t len;
};

static bool audit_entry_keep_text(void *context, struct bytes data)
{
	struct text *text = context;
	char *larger = realloc(text->data, text->len + data.len + 1);
	if (!larger)
		return false;
	memcpy(larger + text->len, data.data, data.len);
	text->data = larger;
	text->len += data.len;
	larger[text->len] = '\0';
	return true;
}

static const char *string_of(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

/* Members of the entry in the order in which people ask. */
static const struct line {
	const char *member, *label;
} lines[] = {
	{"time", "time"},
	{"event", "event"},
	{"kind", "kind"},
	{"zone", "zone"},
	{"serial_before", "serial-before"},
	{"serial_after", "serial-after"},
	{"principal", "principal"},
	{"person", "person"},
	{"acting", "acting-for"},
	{"key", "key"},
	{"source", "from"},
	{"transport", "transport"},
	{"message_id", "message-id"},
	{"request", "request"},
	{"node", "node"},
	{"rcode", "answer"},
	{"code", "code"},
	{"reason", "reason"},
	{"comment", "comment"},
	{"owner", "owner"},
	{"rule", "rule"},
	{"subject", "subject"},
	{"folded", "folded"},
	{"changes_seq", "log-was-at"},
	{"cause", "cause"},
	{"run", "run"},
	{"era", "era"},
	{"digest", "digest"},
	{"previous_digest", "previous-digest"},
};

const char *audit_entry_label(const char *member)
{
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (strcmp(lines[i].member, member) == 0)
			return lines[i].label;
	return member;
}

static json_t *audit_entry_head_of(const json_t *entry)
{
	json_t *head = json_object();
	json_object_set_new(head, "entry", seq_json(entry));
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		json_t *value = json_object_get(entry, lines[i].member);
		if (value)
			json_object_set(head, lines[i].label, value);
	}
	return head;
}

static void show_prerequisites(const json_t *entry)
{
	const json_t *list = json_object_get(entry, "prerequisites");
	for (size_t i = 0; i < json_array_size(list); i++)
		screen_print(stdout, "%s  %s\n", i ? "               " : "prerequisites  ",
			     json_string_value(json_array_get(list, i)));
}

/* Names that it is about besides the subject's: of what was folded, or renewed in vain. */
static void audit_entry_show_names(const json_t *entry)
{
	const json_t *list = json_object_get(entry, "names");
	for (size_t i = 0; i < json_array_size(list); i++)
		screen_print(stdout, "%s  %s\n", i ? "     " : "names",
			     json_string_value(json_array_get(list, i)));
}

/* "10.0.0.7 ttl 1200 dynamic key:host1 2026-01-05T09:00:00Z" */
static json_t *audit_entry_side(const json_t *change, const char *which)
{
	const json_t *state = json_object_get(change, which);
	const char *data = string_of(change, "data"), *owner = string_of(state, "owner");
	const char *class = string_of(state, "class"), *stamp = string_of(state, "stamp");
	if (!state)
		return json_string("-");
	return json_sprintf("%s ttl %lld %s %s %s", data ? data : "",
			    (long long)json_integer_value(json_object_get(state, "ttl")),
			    class ? class : "", owner ? owner : "-", stamp ? stamp : "");
}

static bool audit_entry_is_same(const json_t *a, const json_t *b, const char *member)
{
	const char *left = string_of(a, member), *right = string_of(b, member);
	return left && right && strcmp(left, right) == 0;
}

static bool is_what(const json_t *change, const char *what)
{
	const char *is = string_of(change, "what");
	return is && strcmp(is, what) == 0;
}

/* What came in the place of a removed record: the next added one of its name and type that no
 * other took. */
static const json_t *audit_entry_partner(const json_t *changes, size_t at, bool *is_taken)
{
	const json_t *gone = json_array_get(changes, at);
	for (size_t i = 0; i < json_array_size(changes); i++) {
		const json_t *other = json_array_get(changes, i);
		if (is_taken[i] || !is_what(other, "added") ||
		    !audit_entry_is_same(gone, other, "name") ||
		    !audit_entry_is_same(gone, other, "type"))
			continue;
		is_taken[i] = true;
		return other;
	}
	return NULL;
}

static void add_pair(struct table *table, const json_t *old, const json_t *new)
{
	const json_t *any = old ? old : new;
	json_t *row = json_object();
	json_object_set(row, "name", json_object_get(any, "name"));
	json_object_set(row, "type", json_object_get(any, "type"));
	json_object_set(row, "event", json_object_get(new ? new : old, "event"));
	json_object_set_new(row, "old", old ? audit_entry_side(old, "old") : json_string("-"));
	json_object_set_new(row, "new", new ? audit_entry_side(new, "new") : json_string("-"));
	table_add(table, row);
	json_decref(row);
}

static const struct table_column change_columns[] = {
	{"name", "NAME", TABLE_TEXT}, {"type", "TYPE", TABLE_TEXT}, {"event", "EVENT", TABLE_TEXT},
	{"old", "OLD", TABLE_TEXT},   {"new", "NEW", TABLE_TEXT},   {0},
};

static void show_changes(struct ctl *ctl, const json_t *changes)
{
	size_t count = json_array_size(changes);
	bool *is_taken = calloc(count + 1, sizeof *is_taken);
	if (!is_taken)
		abort();
	struct table *table = ctl_table(ctl, change_columns, true);
	for (size_t i = 0; table && i < count; i++) {
		const json_t *change = json_array_get(changes, i);
		if (is_what(change, "removed"))
			add_pair(table, change, audit_entry_partner(changes, i, is_taken));
		else if (!is_what(change, "added"))
			add_pair(table, change, change);
	}
	for (size_t i = 0; table && i < count; i++) {
		const json_t *change = json_array_get(changes, i);
		if (is_what(change, "added") && !is_taken[i])
			add_pair(table, NULL, change);
	}
	if (table)
		table_end(table);
	free(is_taken);
}

static int audit_show_entry(struct ctl *ctl, const struct text *text)
{
	json_t *entry = json_loadb(text->data, text->len, 0, NULL);
	if (!entry)
		return ctl_fail(ctl, CLIENT_FAILED, "the answer is not JSON");
	json_t *head = audit_entry_head_of(entry);
	const json_t *changes = json_object_get(entry, "changes");
	const json_t *rows = json_object_get(entry, "rows");
	table_object(stdout, head);
	show_prerequisites(entry);
	audit_entry_show_names(entry);
	if (json_array_size(changes)) {
		putchar('\n');
		show_changes(ctl, changes);
	}
	if (json_array_size(rows)) {
		putchar('\n');
		audit_rows_show(ctl, rows);
	}
	json_decref(head);
	json_decref(entry);
	return CLIENT_OK;
}

static int audit_show(struct ctl *ctl)
{
	struct text text = {0};
	struct client_handlers handlers = {.data = audit_entry_keep_text, .context = &text};
	struct client_command command = {ctl->socket, "audit show", ctl->args, &handlers};
	json_t *result;
	if (!seq_arg(ctl, NULL, ctl->words.word[0]))
		return CLIENT_USAGE;
	int code = client_run(&command, &result);
	if (code == CLIENT_OK && ctl->is_json)
		fwrite(text.data, 1, text.len, stdout);
	else if (code == CLIENT_OK)
		code = audit_show_entry(ctl, &text);
	free(text.data);
	if (code != CLIENT_OK)
		return ctl_result(ctl, code, result, true);
	json_decref(result);
	return code;
}

/* --- export */

static int ctl_audit_export(struct ctl *ctl)
{
	struct output output = {.command = "audit export",
				.path = ctl->words.count ? ctl->words.word[0] : "-"};
	return ctl_audit_filters(ctl) ? output_run(ctl, &output) : CLIENT_USAGE;
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option export_options[] = {CTL_OPTIONS, CTL_AUDIT_FILTERS, {0}};

const struct ctl_command ctl_audit_entry_commands[] = {
	{"audit show", "SEQ", "shows an entry whole, old and new side by side", audit_show, 1, 1,
	 plain_options, "audit show 4711"},
	{"audit export", "[FILE]", "writes entries whole as JSON lines, to keep them elsewhere",
	 ctl_audit_export, 0, 1, export_options, "audit export --until 90d log.jsonl"},
	{0},
};

const struct ctl_tables ctl_audit_entry_tables[] = {
	{"audit show", {change_columns, audit_rows_columns}},
	{0},
};
