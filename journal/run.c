/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/run.h"
#include "journal/journal.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/*
 * Key: the run's number (8). Value: fields of
 *      2  tag    2  length    n  value     (numbers: 8 bytes; types: 2 bytes each)
 * What is 0 or empty is left out; tags that are not known are passed over.
 */
#define KEY_LEN 8
/* Fields that are not numbers. */
#define TAG_ZONE       1
#define TAG_PRINCIPAL  2
#define TAG_NOTE       3
#define TAG_KEEP_TYPES 4

#define FIELD_HEAD_LEN 4
#define ROW_MAX                                                                                    \
	(NUMBERS * (FIELD_HEAD_LEN + 8) + 4 * FIELD_HEAD_LEN + DNS_NAME_MAX +                      \
	 ENTRY_PRINCIPAL_MAX + RUN_NOTE_MAX + 2 * RUN_KEEP_TYPES_MAX)

struct number {
	uint16_t tag;
	uint16_t width;
	size_t offset;
};

#define NUMBER(tag, member)                                                                        \
	{                                                                                          \
		tag, sizeof(((struct run *)NULL)->member), offsetof(struct run, member)            \
	}
static const struct number numbers[] = {
	NUMBER(16, kind),       NUMBER(17, state),     NUMBER(18, zone_id),
	NUMBER(19, started_us), NUMBER(20, ended_us),  NUMBER(21, first_seq),
	NUMBER(22, last_seq),   NUMBER(23, stale),     NUMBER(24, removed),
	NUMBER(25, skipped),    NUMBER(26, undone_by), NUMBER(27, judged_at),
	NUMBER(28, no_refresh), NUMBER(29, refresh),   NUMBER(30, judged_seq),
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

_Static_assert(sizeof(enum run_kind) == 4 && sizeof(enum run_state) == 4, "enums are 32 bits");

static struct bytes key_of(uint64_t id, uint8_t buffer[KEY_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, KEY_LEN);
	bytes_out_u64(&out, id);
	return bytes_of(buffer, KEY_LEN);
}

static uint64_t get_number(const struct run *run, const struct number *number)
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

static void set_number(struct run *run, const struct number *number, uint64_t value)
{
	uint8_t *at = (uint8_t *)run + number->offset;
	uint32_t small = (uint32_t)value;
	if (number->width == sizeof(small))
		memcpy(at, &small, sizeof(small));
	else
		memcpy(at, &value, sizeof(value));
}

static void pack_field(struct bytes_out *out, uint16_t tag, struct bytes value)
{
	if (value.len == 0)
		return;
	bytes_out_u16(out, tag);
	bytes_out_u16(out, (uint16_t)value.len);
	bytes_out_put(out, value.data, value.len);
}

static void pack_types(struct bytes_out *out, const struct run *run)
{
	uint8_t types[2 * RUN_KEEP_TYPES_MAX];
	struct bytes_out list = bytes_out_of(types, sizeof(types));
	for (size_t i = 0; i < RUN_KEEP_TYPES_MAX && run->keep_types[i]; i++)
		bytes_out_u16(&list, run->keep_types[i]);
	pack_field(out, TAG_KEEP_TYPES, bytes_of(types, bytes_out_len(&list)));
}

static bool unpack_text(char *text, size_t room, struct bytes value)
{
	if (value.len >= room)
		return false;
	memcpy(text, value.data, value.len);
	text[value.len] = '\0';
	return true;
}

static bool unpack_types(struct run *run, struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	for (size_t i = 0; bytes_in_left(&in) > 0; i++) {
		if (i == RUN_KEEP_TYPES_MAX)
			return false;
		run->keep_types[i] = bytes_in_u16(&in);
	}
	return !in.bad;
}

static bool unpack_number(struct run *run, uint16_t tag, struct bytes value)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		if (numbers[i].tag != tag)
			continue;
		struct bytes_in in = bytes_in_of(value.data, value.len);
		set_number(run, &numbers[i], bytes_in_u64(&in));
		return !in.bad && bytes_in_left(&in) == 0;
	}
	return true;
}

static bool unpack_field(struct run *run, uint16_t tag, struct bytes value)
{
	switch (tag) {
	case TAG_ZONE:
		run->has_zone = true;
		return dns_name_from_wire(&run->zone, value);
	case TAG_PRINCIPAL:
		return unpack_text(run->principal, sizeof(run->principal), value);
	case TAG_NOTE:
		return unpack_text(run->note, sizeof(run->note), value);
	case TAG_KEEP_TYPES:
		return unpack_types(run, value);
	default:
		return unpack_number(run, tag, value);
	}
}

static bool unpack(struct run *run, struct bytes row)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	while (bytes_in_left(&in) > 0) {
		uint16_t tag = bytes_in_u16(&in);
		uint16_t len = bytes_in_u16(&in);
		const uint8_t *value = bytes_in_take(&in, len);
		if (!value || !unpack_field(run, tag, bytes_of(value, len)))
			return false;
	}
	return !in.bad && run->kind <= RUN_REVERT && run->state <= RUN_FAILED;
}

/* Words of STORE_META. */
#define HELD     "run-held:"
#define LAST     "run-last:"
#define WORD_MAX 32

static const char *word_of(const char *prefix, uint32_t zone_id, char word[WORD_MAX])
{
	snprintf(word, WORD_MAX, "%s%" PRIu32, prefix, zone_id);
	return word;
}

static void drop_word(struct store_txn *txn, const char *word)
{
	store_del(txn, STORE_META, bytes_of(word, strlen(word)));
}

static void keep_zone(struct store_txn *txn, const struct run *run)
{
	char held[WORD_MAX], last[WORD_MAX];
	if (run->kind != RUN_SCAVENGE || !run->has_zone)
		return;
	word_of(HELD, run->zone_id, held);
	word_of(LAST, run->zone_id, last);
	if (run->state == RUN_HELD && store_number(txn, held) != run->id)
		store_set_number(txn, held, run->id);
	if (run->state != RUN_HELD && store_number(txn, held) == run->id)
		drop_word(txn, held);
	if (store_number(txn, last) < run->id)
		store_set_number(txn, last, run->id);
}

bool run_get(struct store_txn *txn, uint64_t id, struct run *run)
{
	uint8_t key[KEY_LEN];
	struct bytes row;
	if (!store_get(txn, STORE_RUNS, key_of(id, key), &row))
		return false;
	*run = (struct run){.id = id};
	if (unpack(run, row))
		return true;
	store_fail(txn, STORE_CORRUPT);
	return false;
}

void run_put(struct store_txn *txn, const struct run *run)
{
	uint8_t key[KEY_LEN], row[ROW_MAX];
	struct bytes_out out = bytes_out_of(row, sizeof(row));
	assert(run->id != 0);
	for (size_t i = 0; i < NUMBERS; i++) {
		uint64_t value = get_number(run, &numbers[i]);
		if (value == 0)
			continue;
		bytes_out_u16(&out, numbers[i].tag);
		bytes_out_u16(&out, 8);
		bytes_out_u64(&out, value);
	}
	if (run->has_zone)
		pack_field(&out, TAG_ZONE, bytes_of(run->zone.wire, run->zone.len));
	pack_field(&out, TAG_PRINCIPAL, bytes_of(run->principal, strlen(run->principal)));
	pack_field(&out, TAG_NOTE, bytes_of(run->note, strlen(run->note)));
	pack_types(&out, run);
	assert(!out.full);
	store_put(txn, STORE_RUNS, key_of(run->id, key), bytes_of(row, bytes_out_len(&out)));
	keep_zone(txn, run);
}

/* What the entry says about the run that it belongs to. */
static struct run run_of_entry(const struct entry *e)
{
	struct run run = {.id = e->run, .started_us = e->time_us, .ended_us = e->time_us};
	run.has_zone = e->has_zone;
	if (e->has_zone) {
		run.zone_id = e->zone_id;
		run.zone = e->zone;
	}
	if (e->principal) {
		size_t len = strnlen(e->principal, sizeof(run.principal) - 1);
		memcpy(run.principal, e->principal, len);
	}
	return run;
}

static enum run_kind kind_of_entry(const struct entry *e)
{
	switch (e->kind) {
	case ENTRY_SCAVENGE:
		return RUN_SCAVENGE;
	case ENTRY_IMPORT:
		return RUN_IMPORT;
	case ENTRY_RESTORE:
		return RUN_REVERT;
	case ENTRY_ADMIN:
		/* A deletion's first entry. */
		return e->event && strcmp(e->event, "zone-delete") == 0 ? RUN_ZONE_DELETE
									: RUN_OTHER;
	default:
		return RUN_OTHER;
	}
}

struct run run_begin(struct store_txn *txn, enum run_kind kind, enum run_state state,
		     const struct entry *as)
{
	struct run run = run_of_entry(as);
	run.id = journal_next_run(txn);
	run.kind = kind;
	run.state = state;
	run_put(txn, &run);
	return run;
}

void run_note(struct store_txn *txn, const struct entry *e)
{
	struct run run;
	if (e->run == 0)
		return;
	if (!run_get(txn, e->run, &run)) {
		run = run_of_entry(e);
		run.kind = kind_of_entry(e);
	}
	if (run.first_seq == 0)
		run.first_seq = e->seq;
	run.last_seq = e->seq;
	run.ended_us = e->time_us;
	for (size_t i = 0; i < e->change_count; i++)
		run.removed += e->changes[i].what == CHANGE_REMOVED;
	run_put(txn, &run);
}

uint64_t run_held(struct store_txn *txn, uint32_t zone_id)
{
	char word[WORD_MAX];
	return store_number(txn, word_of(HELD, zone_id, word));
}

uint64_t run_last(struct store_txn *txn, uint32_t zone_id)
{
	char word[WORD_MAX];
	return store_number(txn, word_of(LAST, zone_id, word));
}

void run_forget_zone(struct store_txn *txn, uint32_t zone_id)
{
	char word[WORD_MAX];
	struct run run;
	uint64_t held = run_held(txn, zone_id);
	if (held && run_get(txn, held, &run)) {
		run.state = RUN_CANCELLED;
		snprintf(run.note, sizeof(run.note), "the zone was deleted");
		run_put(txn, &run);
	}
	drop_word(txn, word_of(HELD, zone_id, word));
	drop_word(txn, word_of(LAST, zone_id, word));
}

bool run_under_way(struct store_txn *txn, uint64_t id, struct run *run)
{
	uint8_t buffer[KEY_LEN];
	struct bytes below, above;
	for (uint64_t at = id;; at = run->id - 1) {
		struct bytes key = key_of(at + 1, buffer);
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

size_t run_prune(struct store_txn *txn, uint64_t first_seq, size_t count)
{
	uint8_t buffer[KEY_LEN];
	struct bytes below, above;
	struct run run = {0};
	size_t gone = 0, looked = 0;
	for (uint64_t at = 1; looked < count; at = run.id + 1, looked++) {
		store_neighbours(txn, STORE_RUNS, key_of(at, buffer), 0, &below, &above);
		struct bytes_in in = bytes_in_of(above.data, above.len);
		if (!above.data || !run_get(txn, bytes_in_u64(&in), &run) ||
		    run.last_seq >= first_seq)
			break;
		if (run.state == RUN_HELD || run.state == RUN_UNDER_WAY)
			continue;
		gone += store_del(txn, STORE_RUNS, key_of(run.id, buffer));
	}
	return gone;
}

void run_walk(struct store_txn *txn, bool (*each)(void *context, const struct run *), void *context)
{
	uint8_t buffer[KEY_LEN];
	struct bytes key, below, above;
	struct run run;
	uint64_t at = UINT64_MAX;
	for (;;) {
		key = key_of(at, buffer);
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
	static const char *const names[] = {"other", "scavenge", "import", "zone-delete", "revert"};
	return names[kind];
}

const char *run_state_name(enum run_state state)
{
	static const char *const names[] = {"done",      "under-way", "held",
					    "cancelled", "abandoned", "failed"};
	return names[state];
}
