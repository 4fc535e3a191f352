/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/revert_rows_state.h"
#include "zonedb/zone_setting.h"
#include "journal/journal.h"
#include "journal/state_derived.h"
#include "journal/state_words.h"
#include "zonedb/due.h"

struct making {
	struct revert_rows *rows;
	struct state_edit *edit;
	uint64_t now;
	const struct revert_rows_listener *listener;
	struct revert_rows_result *result;
};

static const char *revert_rows_make_text_of(struct making *make, struct bytes value)
{
	return arena_text(make->edit->arena, (const char *)value.data, value.len);
}

/* --- who changed it since */

struct noting {
	struct revert_rows *rows;
	struct revert_row_slot *slot;
	const struct entry *entry;
	const char *by; /* kept */
};

static void note_field(void *context, const struct state_row_field *like, const struct bytes *old,
		       const struct bytes *new)
{
	struct noting *noting = context;
	struct revert_row_field *field = revert_rows_field(noting->slot, like);
	(void)old;
	(void)new;
	if (field)
		field->since = (struct revert_row_since){noting->entry->seq, noting->by};
}

static void revert_rows_make_note_entry(struct revert_rows *rows, const struct entry *entry)
{
	struct noting noting = {.rows = rows, .entry = entry};
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		if (row->is_stated)
			continue;
		noting.slot = revert_rows_slot(rows, row->table, row->key);
		if (!noting.slot || entry->seq <= noting.slot->last_seq)
			continue;
		if (!noting.by && entry->principal)
			noting.by = arena_text(&rows->arena, entry->principal,
					       strlen(entry->principal));
		noting.slot->since = (struct revert_row_since){entry->seq, noting.by};
		revert_rows_diff(row->table, row->old, row->new, note_field, &noting);
	}
}

/* From the oldest of what was taken, or from where an earlier walk ended, to the head. */
static void walk_log(struct revert_rows *rows, struct store_txn *txn)
{
	uint64_t first, last, from = UINT64_MAX;
	struct arena arena = {0};
	struct entry entry;
	journal_range(txn, &first, &last);
	for (const struct revert_row_slot *slot = rows->slots; slot; slot = slot->next)
		from = slot->last_seq < from ? slot->last_seq : from;
	for (uint64_t seq = (rows->walked ? rows->walked : from) + 1; seq <= last && !txn->error;
	     seq++) {
		if (journal_read(txn, seq, &entry, &arena))
			revert_rows_make_note_entry(rows, &entry);
		arena_reset(&arena);
	}
	arena_free(&arena);
	rows->walked = last;
}

/* --- telling */

static void revert_rows_make_tell(struct making *make, const struct revert_row_slot *slot,
				  struct revert_row told)
{
	told.table = slot->table;
	told.key = slot->key_text;
	told.zone = slot->apex;
	if (make->listener->tell)
		make->listener->tell(make->listener->context, &told);
}

static void revert_rows_make_conflict(struct making *make, const struct revert_row_slot *slot,
				      const struct revert_row_field *field, const char *text)
{
	const struct revert_row_since *since = field ? &field->since : &slot->since;
	make->result->conflicts++;
	revert_rows_make_tell(
		make, slot,
		(struct revert_row){
			.what = REVERT_ROW_CONFLICT,
			.field = field ? revert_rows_make_text_of(make, field->like.word) : NULL,
			.text = text,
			.undoes = slot->last_seq,
			.seq = since->seq,
			.by = since->by});
}

/* A row in short: what people know it by. NULL: there is none. */
static const char *revert_rows_make_summary(struct making *make, const struct revert_row_slot *slot,
					    const struct bytes *row)
{
	static const char *const words[STATE_TABLES] = {[STATE_RULES] = "text",
							[STATE_RESERVATION] = "owner",
							[STATE_NOTE] = "text",
							[STATE_GROUP] = "member"};
	const char *word = words[slot->table], *text = NULL;
	struct bytes_in in = bytes_in_of(row ? row->data : NULL, row ? row->len : 0);
	struct state_row_field field;
	while (word && state_row_next(&in, &field)) {
		if (!state_row_is(&field, word))
			continue;
		const char *value = revert_rows_make_text_of(make, field.value);
		text = text ? arena_print(make->edit->arena, "%s, %s", text, value) : value;
	}
	return text ? text : row ? "" : NULL;
}

/* --- one row */

static const char *revert_rows_make_check(struct making *make, const struct revert_row_slot *slot,
					  struct bytes row)
{
	const struct revert_rows_listener *listener = make->listener;
	return listener->check ? listener->check(listener->context, slot->table, slot->key, row)
			       : NULL;
}

static void turn_whole(struct making *make, const struct revert_row_slot *slot,
		       const struct bytes *now)
{
	const struct revert_row_value *before = &slot->before, *after = &slot->after;
	enum state_table table = slot->table;
	if (before->has == (now != NULL) &&
	    (!now || revert_rows_equal(table, before->text, *now))) {
		make->result->standing++;
		return;
	}
	if (after->has != (now != NULL) || (now && !revert_rows_equal(table, after->text, *now))) {
		revert_rows_make_conflict(make, slot, NULL,
					  now ? "was changed since" : "is gone since");
		return;
	}
	const char *wrong = before->has ? revert_rows_make_check(make, slot, before->text) : NULL;
	if (wrong) {
		revert_rows_make_conflict(make, slot, NULL, wrong);
		return;
	}
	struct revert_row told = {
		.what = !before->has ? REVERT_ROW_REMOVE : REVERT_ROW_RESTORE,
		.now = revert_rows_make_summary(make, slot, now),
		.then = revert_rows_make_summary(make, slot, before->has ? &before->text : NULL)};
	if (before->has)
		state_put(make->edit, table, slot->key, before->text);
	else
		state_del(make->edit, table, slot->key);
	*(before->has ? &make->result->restored : &make->result->removed) += 1;
	revert_rows_make_tell(make, slot, told);
}

/* Which fields get back what was before. */
static size_t judge_fields(struct making *make, const struct revert_row_slot *slot,
			   struct bytes now)
{
	size_t count = 0;
	for (struct revert_row_field *field = slot->fields; field; field = field->next) {
		struct bytes value;
		bool is_there = revert_rows_find(slot->table, now, &field->like, &value);
		const struct bytes *is = is_there ? &value : NULL;
		field->is_set = false;
		if (revert_row_value_is(&field->before, is)) {
			make->result->standing++;
		} else if (!revert_row_value_is(&field->after, is)) {
			revert_rows_make_conflict(make, slot, field, "was changed since");
		} else {
			field->is_set = true;
			count++;
		}
	}
	return count;
}

static bool takes_place(const struct revert_row_slot *slot, const struct state_row_field *like)
{
	const struct revert_row_field *field = revert_rows_field(slot, like);
	return field && field->is_set;
}

static struct bytes row_with(struct making *make, const struct revert_row_slot *slot,
			     struct bytes now)
{
	struct state_row_writer row = {.arena = make->edit->arena};
	struct bytes_in in = bytes_in_of(now.data, now.len);
	struct state_row_field field;
	while (state_row_next(&in, &field)) {
		if (!takes_place(slot, &field))
			state_row_put(&row, revert_rows_make_text_of(make, field.word),
				      field.value);
	}
	for (const struct revert_row_field *set = slot->fields; set; set = set->next) {
		if (set->is_set && set->before.has)
			state_row_put(&row, revert_rows_make_text_of(make, set->like.word),
				      set->before.text);
	}
	return state_row_end(&row);
}

/* A zone whose records age again gets a refresh window first. NULL, or what is wrong. */
static const char *revert_rows_make_put_zone(struct making *make,
					     const struct revert_row_slot *slot, struct bytes row)
{
	struct zone old, new = zone_default(slot->apex);
	if (!zone_see(make->edit, slot->apex, &old) || !zone_unpack(&new, row))
		return "is no setting that can be set";
	zone_arm(&old, &new, make->now, due_longest_refresh(make->edit->txn, &new));
	zone_put(make->edit, &new);
	return NULL;
}

static const char *revert_rows_make_put_row(struct making *make, const struct revert_row_slot *slot,
					    struct bytes row)
{
	const char *wrong = revert_rows_make_check(make, slot, row);
	if (wrong)
		return wrong;
	if (slot->table == STATE_ZONE)
		return revert_rows_make_put_zone(make, slot, row);
	if (row.len == 0)
		state_del(make->edit, slot->table, slot->key);
	else
		state_put(make->edit, slot->table, slot->key, row);
	return NULL;
}

/* A field's value as people write it; NULL: it has none. */
static const char *revert_rows_make_say(struct making *make, const struct revert_row_slot *slot,
					const struct revert_row_field *field,
					const struct revert_row_value *value)
{
	struct state_row_field said = {.word = field->like.word, .value = value->text};
	const char *text =
		value->has ? state_words_value(slot->table, &said, make->edit->arena) : NULL;
	if (text || !value->has)
		return text;
	return revert_rows_make_text_of(make, value->text);
}

static void turn_fields(struct making *make, const struct revert_row_slot *slot, struct bytes now)
{
	if (judge_fields(make, slot, now) == 0)
		return;
	const char *wrong = revert_rows_make_put_row(make, slot, row_with(make, slot, now));
	for (const struct revert_row_field *field = slot->fields; field; field = field->next) {
		if (field->is_set && wrong) {
			revert_rows_make_conflict(make, slot, field, wrong);
		} else if (field->is_set) {
			make->result->altered++;
			revert_rows_make_tell(
				make, slot,
				(struct revert_row){
					.what = REVERT_ROW_SET,
					.field = revert_rows_make_text_of(make, field->like.word),
					.now = revert_rows_make_say(make, slot, field,
								    &field->after),
					.then = revert_rows_make_say(make, slot, field,
								     &field->before)});
		}
	}
}

/* Its zone, under the number that it had. */
static bool is_zone_here(struct making *make, const struct revert_row_slot *slot)
{
	struct dns_name apex;
	return slot->zone_id == 0 || slot->zone_id == make->rows->revived ||
	       state_zone_apex(make->edit->txn, slot->zone_id, &apex);
}

static void turn_slot(struct making *make, const struct revert_row_slot *slot)
{
	struct bytes now;
	bool is_there = state_see(make->edit, slot->table, slot->key, &now);
	if (!is_zone_here(make, slot))
		revert_rows_make_conflict(make, slot, NULL, "the zone is no longer here");
	else if (slot->is_secret)
		revert_rows_make_conflict(
			make, slot, NULL,
			"a key's secret is neither brought back nor taken away: generate a new "
			"one, or delete it");
	else if (slot->is_whole)
		turn_whole(make, slot, is_there ? &now : NULL);
	else if (!is_there && slot->table != STATE_SERVER)
		revert_rows_make_conflict(make, slot, NULL, "is gone since");
	else
		turn_fields(make, slot, is_there ? now : bytes_of(NULL, 0));
}

void revert_rows_make(struct revert_rows *rows, struct state_edit *edit, uint64_t now,
		      const struct revert_rows_listener *listener,
		      struct revert_rows_result *result)
{
	struct revert_rows_listener silent = {.check = listener->check,
					      .context = listener->context};
	struct state_edit tried = state_edit_of(edit->txn, edit->arena);
	struct making make = {rows, &tried, now, &silent, result};
	*result = (struct revert_rows_result){0};
	for (const struct revert_row_slot *slot = rows->slots; slot; slot = slot->next)
		turn_slot(&make, slot);
	/* Only what is in the way costs a walk over the log. */
	if (result->conflicts)
		walk_log(rows, edit->txn);
	*result = (struct revert_rows_result){0};
	make.edit = edit;
	make.listener = listener;
	for (const struct revert_row_slot *slot = rows->slots; slot; slot = slot->next)
		turn_slot(&make, slot);
}
