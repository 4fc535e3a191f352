/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/history_rows.h"
#include "admin/audit.h"
#include "acl/rule.h"
#include "outbound/event.h"
#include "outbound/event_rows.h"
#include "journal/index.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- which entries */

static bool add_mention(void *context, uint64_t seq)
{
	struct history_rows *rows = context;
	if (rows->count == rows->room) {
		rows->room = rows->room ? 2 * rows->room : 16;
		rows->seqs = realloc(rows->seqs, rows->room * sizeof(*rows->seqs));
		assert(rows->seqs);
	}
	rows->seqs[rows->count++] = seq;
	return true;
}

/* Refusals and the like are mentions, too, and have no rows. */
static bool has_row_about(struct history_rows *rows, uint64_t seq, bool is_rules)
{
	struct arena arena = {0};
	struct entry entry;
	struct dns_name name;
	bool is = false;
	bool is_read = journal_read(rows->call->snapshot.txn, seq, &entry, &arena) &&
		       command_may_see(rows->call, &entry);
	/* It changes nothing, but is why a record that somebody renews goes. */
	is = is_read && !is_rules && entry.kind == ENTRY_REFRESH_IGNORED;
	for (size_t i = 0; is_read && !is && i < entry.row_count; i++) {
		const struct state_change *row = &entry.rows[i];
		is = is_rules ? row->table == STATE_RULES
			      : index_row_name(&entry, row, &name) &&
					dns_name_equal(&name, &rows->name);
	}
	if (is && entry.has_zone) {
		rows->zone = entry.zone;
		rows->has_zone = true;
	}
	arena_free(&arena);
	return is;
}

static void keep_rows(struct history_rows *rows, size_t from, bool is_rules)
{
	size_t kept = from;
	for (size_t i = from; i < rows->count; i++) {
		if (has_row_about(rows, rows->seqs[i], is_rules))
			rows->seqs[kept++] = rows->seqs[i];
	}
	rows->count = kept;
}

void history_rows_find(struct history_rows *rows)
{
	index_mentions(rows->call->snapshot.txn, &rows->name, (struct journal_place){0},
		       add_mention, rows);
	keep_rows(rows, 0, false);
}

static int compare_seqs(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

void history_rows_find_rules(struct history_rows *rows, const struct dns_name *apex)
{
	size_t from = rows->count, kept = 0;
	if (dns_name_equal(apex, &rows->name))
		return;
	index_mentions(rows->call->snapshot.txn, apex, (struct journal_place){0}, add_mention,
		       rows);
	keep_rows(rows, from, true);
	if (rows->count)
		qsort(rows->seqs, rows->count, sizeof(*rows->seqs), compare_seqs);
	for (size_t i = 0; i < rows->count; i++) {
		if (kept == 0 || rows->seqs[kept - 1] != rows->seqs[i])
			rows->seqs[kept++] = rows->seqs[i];
	}
	rows->count = kept;
}

void history_rows_end(struct history_rows *rows)
{
	free(rows->seqs);
}

/* --- what they say */

static const char *join_texts(struct arena *arena, const char *text, const char *more)
{
	return text ? arena_print(arena, "%s; %s", text, more) : more;
}

static const char *value_of_field(struct bytes row, const struct state_row_field *field,
				  struct arena *arena)
{
	struct bytes value;
	char word[STATE_ROW_WORD_MAX + 1];
	memcpy(word, field->word.data, field->word.len);
	word[field->word.len] = '\0';
	return state_row_find(row, word, &value)
		       ? arena_text(arena, (const char *)value.data, value.len)
		       : NULL;
}

/* The name stands in the key, numbers are nobody's to set. */
static bool is_told_field(const struct state_row_field *field)
{
	return !state_row_is(field, "name") && !state_row_is(field, "id");
}

static const char *field_text(const struct state_row_field *field, const char *was, const char *is,
			      struct arena *arena)
{
	return arena_print(arena, "%.*s: %s -> %s", (int)field->word.len,
			   (const char *)field->word.data, was ? was : "-", is ? is : "-");
}

/* Fields that differ: "owner: - -> key:web". */
static const char *fields_text(const struct state_change *row, struct arena *arena)
{
	const char *text = NULL;
	struct state_row_field field;
	struct bytes_in in = bytes_in_of(row->new.data, row->new.len);
	while (state_row_next(&in, &field)) {
		const char *was = value_of_field(row->old, &field, arena);
		const char *is = value_of_field(row->new, &field, arena);
		if (is_told_field(&field) && (!was || strcmp(was, is) != 0))
			text = join_texts(arena, text, field_text(&field, was, is, arena));
	}
	in = bytes_in_of(row->old.data, row->old.len);
	while (state_row_next(&in, &field)) {
		const char *was = value_of_field(row->old, &field, arena);
		if (is_told_field(&field) && !value_of_field(row->new, &field, arena))
			text = join_texts(arena, text, field_text(&field, was, NULL, arena));
	}
	return text;
}

static bool rule_is_about(const struct rule *rule, const struct dns_name *name,
			  const struct dns_name *apex)
{
	if (dns_name_equal(name, apex))
		return true;
	return (rule->place == RULE_AT && dns_name_equal(name, &rule->name)) ||
	       (rule->place == RULE_UNDER && dns_name_under(name, &rule->name));
}

static bool has_rule(const struct rules *rules, const char *text)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (strcmp(rules->rule[i].text, text) == 0)
			return true;
	}
	return false;
}

static struct rules rules_of_row(struct bytes row, const struct dns_name *apex, struct arena *arena)
{
	struct rules rules = {0};
	struct rule_error error;
	struct bytes text;
	if (state_row_find(row, "text", &text) && !rules_parse(&rules, text, apex, arena, &error))
		rules = (struct rules){0};
	return rules;
}

/* Rules about the name that came or went; NULL: none did. */
static const char *rules_text(const struct history_rows *rows, const struct entry *entry,
			      const struct state_change *row, struct arena *arena)
{
	struct rules was = rules_of_row(row->old, &entry->zone, arena);
	struct rules is = rules_of_row(row->new, &entry->zone, arena);
	const char *text = NULL;
	for (size_t i = 0; i < was.count; i++) {
		if (rule_is_about(&was.rule[i], &rows->name, &entry->zone) &&
		    !has_rule(&is, was.rule[i].text))
			text = join_texts(arena, text,
					  arena_print(arena, "- %s", was.rule[i].text));
	}
	for (size_t i = 0; i < is.count; i++) {
		if (rule_is_about(&is.rule[i], &rows->name, &entry->zone) &&
		    !has_rule(&was, is.rule[i].text))
			text = join_texts(arena, text, arena_print(arena, "+ %s", is.rule[i].text));
	}
	return text;
}

static const char *text_of_row(const struct history_rows *rows, const struct entry *entry,
			       const struct state_change *row, struct arena *arena)
{
	struct dns_name name;
	if (row->table == STATE_RULES)
		return entry->has_zone ? rules_text(rows, entry, row, arena) : NULL;
	if (!index_row_name(entry, row, &name) || !dns_name_equal(&name, &rows->name))
		return NULL;
	/* The entry says with what settings. */
	if (row->table == STATE_ZONE && row->has_old != row->has_new)
		return row->has_new ? "made" : "deleted";
	return fields_text(row, arena);
}

static bool is_in_span(const struct history_rows *rows, const struct entry *entry)
{
	return entry->time_us >= rows->span->since_us &&
	       (!rows->span->until_us || entry->time_us <= rows->span->until_us);
}

static bool history_rows_tell_entry(struct history_rows *rows, const struct entry *entry)
{
	struct call *call = rows->call;
	bool is_there = true;
	if (entry->kind == ENTRY_REFRESH_IGNORED) {
		json_t *event = event_json(entry, NULL, &call->row_arena);
		json_object_set_new(event, "name", command_name(&rows->name));
		rows->events++;
		return command_row(call, event);
	}
	for (size_t i = 0; is_there && i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		const char *text = text_of_row(rows, entry, row, &call->row_arena);
		if (!text)
			continue;
		json_t *event = event_json(entry, NULL, &call->row_arena);
		json_object_set_new(event, "name", command_name(&rows->name));
		json_object_set_new(event, "type", json_string(state_table_name(row->table)));
		json_object_set_new(event, "data", command_string(text));
		rows->events++;
		is_there = command_row(call, event);
	}
	return is_there;
}

bool history_rows_tell(struct history_rows *rows, uint64_t seq)
{
	struct arena arena = {0};
	struct entry entry;
	bool is_there = true;
	for (; is_there && rows->next < rows->count && rows->seqs[rows->next] < seq; rows->next++) {
		if (journal_read(rows->call->snapshot.txn, rows->seqs[rows->next], &entry,
				 &arena) &&
		    is_in_span(rows, &entry))
			is_there = history_rows_tell_entry(rows, &entry);
		arena_reset(&arena);
	}
	arena_free(&arena);
	return is_there;
}
