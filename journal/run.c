/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/run.h"
#include "dns/type.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define KEY_LEN 8
/* What is derived of its entries: first seq (8), last seq (8), records removed (8), time of the
 * last (8). */
#define SPAN_LEN 32

/* Fields of the row that are not numbers. */
#define ROW_ZONE       "zone"
#define ROW_PRINCIPAL  "principal"
#define ROW_NOTE       "note"
#define ROW_KEEP_TYPES "keep-types"
#define ROW_KIND       "kind"
#define ROW_STATE      "state"

/* Words of STORE_META: the highest number that was given; of a zone, by its number. */
#define LAST_RUN "run"
#define HELD     "run-held:"
#define LAST     "run-last:"
#define WORD_MAX 32

struct number {
	const char *word;
	uint16_t width;
	size_t offset;
};

#define NUMBER(word, member)                                                                       \
	{                                                                                          \
		word, sizeof(((struct run *)NULL)->member), offsetof(struct run, member)           \
	}
/* In the order of the row. */
static const struct number numbers[] = {
	NUMBER("zone-id", zone_id),       NUMBER("started", started_us),
	NUMBER("stale", stale),           NUMBER("skipped", skipped),
	NUMBER("undone-by", undone_by),   NUMBER("judged-at", judged_at),
	NUMBER("judged-seq", judged_seq), NUMBER("no-refresh", no_refresh),
	NUMBER("refresh", refresh),       NUMBER("contested", contested),
	NUMBER("overdue", overdue),       NUMBER("of-run", of_run),
	NUMBER("approved", approved_us),
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static struct bytes run_key_of(uint64_t id, uint8_t buffer[KEY_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, KEY_LEN);
	bytes_out_u64(&out, id);
	return bytes_of(buffer, KEY_LEN);
}

/* --- the row */

static uint64_t run_get_number(const struct run *run, const struct number *number)
{
	const uint8_t *at = (const uint8_t *)run + number->offset;
	uint32_t small;
	uint64_t large;
	if (number->width == sizeof(small)) {
		memcpy(&small, at, sizeof(small));
		return small;
	}
	memcpy(&large, at, sizeof(large));
	return large;
}

static bool run_set_number(struct run *run, const struct number *number, struct bytes text)
{
	uint8_t *at = (uint8_t *)run + number->offset;
	uint64_t value;
	if (!state_row_parse_number(text, &value))
		return false;
	uint32_t small = (uint32_t)value;
	if (number->width == sizeof(small))
		memcpy(at, &small, sizeof(small));
	else
		memcpy(at, &value, sizeof(value));
	return number->width != sizeof(small) || value <= UINT32_MAX;
}

static void pack_types(const struct run *run, struct state_row_writer *row)
{
	char text[RUN_KEEP_TYPES_MAX * (DNS_TYPE_TEXT_MAX + 1)] = "", type[DNS_TYPE_TEXT_MAX];
	size_t len = 0;
	for (size_t i = 0; i < RUN_KEEP_TYPES_MAX && run->keep_types[i]; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
					dns_type_print(run->keep_types[i], type));
	if (len)
		state_row_put_text(row, ROW_KEEP_TYPES, text);
}

static struct bytes run_pack(const struct run *run, struct arena *arena)
{
	struct state_row_writer row = {.arena = arena};
	char zone[DNS_NAME_TEXT_MAX];
	state_row_put_text(&row, ROW_KIND, run_kind_name(run->kind));
	state_row_put_text(&row, ROW_STATE, run_state_name(run->state));
	if (run->has_zone)
		state_row_put_text(&row, ROW_ZONE, dns_name_print(&run->zone, zone));
	if (run->principal[0])
		state_row_put_text(&row, ROW_PRINCIPAL, run->principal);
	for (size_t i = 0; i < NUMBERS; i++) {
		uint64_t value = run_get_number(run, &numbers[i]);
		if (value)
			state_row_put_number(&row, numbers[i].word, value);
	}
	pack_types(run, &row);
	if (run->note[0])
		state_row_put_text(&row, ROW_NOTE, run->note);
	return state_row_end(&row);
}

static bool unpack_text(char *text, size_t room, struct bytes value)
{
	if (value.len >= room || (value.len && memchr(value.data, 0, value.len)))
		return false;
	if (value.len)
		memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	return true;
}

static bool unpack_zone(struct run *run, struct bytes value)
{
	char text[DNS_NAME_TEXT_MAX];
	run->has_zone = true;
	return unpack_text(text, sizeof(text), value) && !dns_name_parse_text(&run->zone, text);
}

static bool unpack_types(struct run *run, struct bytes value)
{
	const char *at = (const char *)value.data, *end = at + value.len;
	for (size_t i = 0; at < end; i++) {
		const char *blank = memchr(at, ' ', (size_t)(end - at));
		size_t len = (size_t)((blank ? blank : end) - at);
		if (i == RUN_KEEP_TYPES_MAX || !dns_type_parse(at, len, &run->keep_types[i]))
			return false;
		at += len + (blank != NULL);
	}
	return true;
}

static bool unpack_kind(struct run *run, struct bytes value)
{
	for (enum run_kind kind = 0; kind < RUN_KIND_END; kind++) {
		run->kind = kind;
		if (bytes_equal(value, state_key_word(run_kind_name(kind))))
			return true;
	}
	return false;
}

static bool unpack_state(struct run *run, struct bytes value)
{
	for (enum run_state state = 0; state < RUN_STATE_END; state++) {
		run->state = state;
		if (bytes_equal(value, state_key_word(run_state_name(state))))
			return true;
	}
	return false;
}

static bool unpack_number(struct run *run, const struct state_row_field *field)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		if (state_row_is(field, numbers[i].word))
			return run_set_number(run, &numbers[i], field->value);
	}
	return true;
}

static bool unpack_field(struct run *run, const struct state_row_field *field)
{
	if (state_row_is(field, ROW_KIND))
		return unpack_kind(run, field->value);
	if (state_row_is(field, ROW_STATE))
		return unpack_state(run, field->value);
	if (state_row_is(field, ROW_ZONE))
		return unpack_zone(run, field->value);
	if (state_row_is(field, ROW_PRINCIPAL))
		return unpack_text(run->principal, sizeof(run->principal), field->value);
	if (state_row_is(field, ROW_NOTE))
		return unpack_text(run->note, sizeof(run->note), field->value);
	if (state_row_is(field, ROW_KEEP_TYPES))
		return unpack_types(run, field->value);
	return unpack_number(run, field);
}

static bool run_unpack(struct run *run, struct bytes row)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	while (state_row_next(&in, &field)) {
		if (!unpack_field(run, &field))
			return false;
	}
	return !in.bad;
}

bool run_is_row(struct bytes row)
{
	struct run run = {0};
	return run_unpack(&run, row);
}

/* --- what is derived of its entries */

static bool span_get(struct store_txn *txn, uint64_t id, struct run_span *span)
{
	uint8_t key[KEY_LEN];
	struct bytes value;
	*span = (struct run_span){0};
	if (!store_get(txn, STORE_LOG_RUN, run_key_of(id, key), &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	span->first_seq = bytes_in_u64(&in);
	span->last_seq = bytes_in_u64(&in);
	span->removed = bytes_in_u64(&in);
	span->ended_us = bytes_in_u64(&in);
	if (!in.bad && bytes_in_left(&in) == 0)
		return true;
	store_fail(txn, STORE_CORRUPT);
	return false;
}

bool run_span(struct store_txn *txn, uint64_t id, struct run_span *span)
{
	return span_get(txn, id, span);
}

static void span_put(struct store_txn *txn, uint64_t id, const struct run_span *span)
{
	uint8_t key[KEY_LEN], value[SPAN_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof(value));
	bytes_out_u64(&out, span->first_seq);
	bytes_out_u64(&out, span->last_seq);
	bytes_out_u64(&out, span->removed);
	bytes_out_u64(&out, span->ended_us);
	store_put(txn, STORE_LOG_RUN, run_key_of(id, key), bytes_of(value, sizeof(value)));
}

void run_note(struct store_txn *txn, const struct entry *e)
{
	uint8_t key[KEY_LEN];
	struct run_span span;
	if (e->run == 0)
		return;
	if (e->run > store_number(txn, LAST_RUN))
		store_set_number(txn, LAST_RUN, e->run);
	if (!store_has(txn, STORE_RUNS, run_key_of(e->run, key)))
		return;
	span_get(txn, e->run, &span);
	if (span.first_seq == 0)
		span.first_seq = e->seq;
	span.last_seq = e->seq;
	span.ended_us = e->time_us;
	for (size_t i = 0; i < e->change_count; i++)
		span.removed += e->changes[i].what == CHANGE_REMOVED;
	span_put(txn, e->run, &span);
}

void run_span_drop(struct store_txn *txn, uint64_t id)
{
	uint8_t key[KEY_LEN];
	store_del(txn, STORE_LOG_RUN, run_key_of(id, key));
}

/* --- what is derived of its row */

static const char *run_word_of(const char *prefix, uint32_t zone_id, char word[WORD_MAX])
{
	snprintf(word, WORD_MAX, "%s%" PRIu32, prefix, zone_id);
	return word;
}

static void drop_word(struct store_txn *txn, const char *word)
{
	store_del(txn, STORE_META, bytes_of(word, strlen(word)));
}

static void run_derive_zone(struct store_txn *txn, const struct run *run, bool is_there)
{
	char held[WORD_MAX], last[WORD_MAX];
	if (run->kind != RUN_SCAVENGE || !run->has_zone)
		return;
	run_word_of(HELD, run->zone_id, held);
	run_word_of(LAST, run->zone_id, last);
	bool is_held = is_there && run->state == RUN_HELD;
	if (is_held && store_number(txn, held) != run->id)
		store_set_number(txn, held, run->id);
	if (!is_held && store_number(txn, held) == run->id)
		drop_word(txn, held);
	if (is_there && store_number(txn, last) < run->id)
		store_set_number(txn, last, run->id);
	if (!is_there && store_number(txn, last) == run->id)
		drop_word(txn, last);
}

void run_derive(struct store_txn *txn, const struct state_change *change)
{
	struct bytes_in in = bytes_in_of(change->key.data, change->key.len);
	struct run run = {.id = bytes_in_u64(&in)};
	if (in.bad || !run_unpack(&run, change->has_new ? change->new : change->old)) {
		store_fail(txn, STORE_CORRUPT);
		return;
	}
	if (run.id > store_number(txn, LAST_RUN))
		store_set_number(txn, LAST_RUN, run.id);
	run_derive_zone(txn, &run, change->has_new);
	if (!change->has_new)
		run_span_drop(txn, run.id);
}

uint64_t run_held(struct store_txn *txn, uint32_t zone_id)
{
	char word[WORD_MAX];
	return store_number(txn, run_word_of(HELD, zone_id, word));
}

uint64_t run_last(struct store_txn *txn, uint32_t zone_id)
{
	char word[WORD_MAX];
	return store_number(txn, run_word_of(LAST, zone_id, word));
}

/* --- runs */

bool run_get(struct store_txn *txn, uint64_t id, struct run *run)
{
	uint8_t key[KEY_LEN];
	struct bytes row;
	struct run_span span;
	if (!state_get(txn, STATE_RUN, run_key_of(id, key), &row))
		return false;
	*run = (struct run){.id = id};
	if (!run_unpack(run, row)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	span_get(txn, id, &span);
	run->first_seq = span.first_seq;
	run->last_seq = span.last_seq;
	run->removed = span.removed;
	run->ended_us = span.last_seq ? span.ended_us : run->started_us;
	return !txn->error;
}

uint64_t run_worked_us(const struct run *run)
{
	uint64_t from = run->approved_us ? run->approved_us : run->started_us;
	bool was_held_only = run->state == RUN_HELD || run->state == RUN_CANCELLED;
	return was_held_only || run->ended_us < from ? 0 : run->ended_us - from;
}

void run_put(struct state_edit *rows, const struct run *run)
{
	uint8_t key[KEY_LEN];
	assert(run->id != 0);
	state_put(rows, STATE_RUN, run_key_of(run->id, key), run_pack(run, rows->arena));
}

void run_del(struct state_edit *rows, uint64_t id)
{
	uint8_t key[KEY_LEN];
	state_del(rows, STATE_RUN, run_key_of(id, key));
}

struct run run_new(struct store_txn *txn, enum run_kind kind, enum run_state state,
		   const struct entry *as)
{
	struct run run = {.id = store_number(txn, LAST_RUN) + 1,
			  .kind = kind,
			  .state = state,
			  .has_zone = as->has_zone,
			  .started_us = as->time_us,
			  .ended_us = as->time_us};
	if (as->has_zone) {
		run.zone_id = as->zone_id;
		run.zone = as->zone;
	}
	if (as->principal)
		memcpy(run.principal, as->principal,
		       strnlen(as->principal, sizeof(run.principal) - 1));
	return run;
}

void run_begin(struct state_edit *rows, enum run_kind kind, enum run_state state, struct entry *as)
{
	struct run run = run_new(rows->txn, kind, state, as);
	run_put(rows, &run);
	as->run = run.id;
	as->rows = state_edit_changes(rows, &as->row_count);
}

void run_cancel_held(struct state_edit *rows, uint32_t zone_id, const char *note)
{
	struct run run;
	uint64_t held = run_held(rows->txn, zone_id);
	if (!held || !run_get(rows->txn, held, &run))
		return;
	run.state = RUN_CANCELLED;
	snprintf(run.note, sizeof(run.note), "%s", note);
	run_put(rows, &run);
}

bool run_under_way(struct store_txn *txn, uint64_t id, struct run *run)
{
	uint8_t buffer[KEY_LEN];
	struct bytes below, above;
	for (uint64_t at = id;; at = run->id - 1) {
		struct bytes key = run_key_of(at + 1, buffer);
		store_neighbours(txn, STORE_RUNS, key, 0, &below, &above);
		if (!below.data)
			return false;
		struct bytes_in in = bytes_in_of(below.data, below.len);
		if (!run_get(txn, bytes_in_u64(&in), run))
			return false;
		if (run->state == RUN_UNDER_WAY)
			return true;
	}
}

void run_walk(struct store_txn *txn, bool (*each)(void *context, const struct run *), void *context)
{
	uint8_t buffer[KEY_LEN];
	struct bytes key, below, above;
	struct run run;
	uint64_t at = UINT64_MAX;
	for (;;) {
		key = run_key_of(at, buffer);
		store_neighbours(txn, STORE_RUNS, key, 0, &below, &above);
		if (!below.data)
			return;
		struct bytes_in in = bytes_in_of(below.data, below.len);
		at = bytes_in_u64(&in);
		if (!run_get(txn, at, &run) || !each(context, &run))
			return;
	}
}

const char *run_kind_name(enum run_kind kind)
{
	static const char *const names[] = {
#define RUN_KIND(name, word) [RUN_##name] = word,
		RUN_KINDS(RUN_KIND)
#undef RUN_KIND
	};
	return names[kind];
}

const char *run_state_name(enum run_state state)
{
	static const char *const names[] = {
#define RUN_STATE(name, word) [RUN_##name] = word,
		RUN_STATES(RUN_STATE)
#undef RUN_STATE
	};
	return names[state];
}
