/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/state_derived.h"
#include "base/decimal.h"
#include "journal/dynamic.h"
#include "journal/run.h"
#include "store/settings.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LAST_ZONE   "zone-last"
#define PTR_PENDING "ptr-pending" /* the field of a zone's row, and the number of such rows */
/* Rows of STORE_ZONES: 'i', number -> apex in wire form. */
#define ROW_ID      'i'
#define ROW_KEY_LEN 5
/* Words of STORE_META: of a zone, by its number. */
#define CUTS     "cuts:"
#define CUTS_LEN (sizeof CUTS - 1)
#define WORD_MAX (CUTS_LEN + DECIMAL_MAX + 1)
/* Rows deleted between two looks at the table. */
#define DELETE_AT_ONCE 512

static struct bytes id_key(uint32_t id, uint8_t buffer[ROW_KEY_LEN])
{
	struct bytes_out key = bytes_out_of(buffer, ROW_KEY_LEN);
	bytes_out_u8(&key, ROW_ID);
	bytes_out_u32(&key, id);
	return bytes_of(buffer, ROW_KEY_LEN);
}

static struct bytes cuts_word(uint32_t zone_id, char word[WORD_MAX])
{
	memcpy(word, CUTS, CUTS_LEN);
	char *end = decimal_put(word + CUTS_LEN, zone_id);
	*end = '\0';
	return bytes_of(word, (size_t)(end - word));
}

uint32_t state_cuts(struct store_txn *txn, uint32_t zone_id)
{
	char word[WORD_MAX];
	cuts_word(zone_id, word);
	return (uint32_t)store_number(txn, word);
}

bool state_zone_apex(struct store_txn *txn, uint32_t id, struct dns_name *apex)
{
	uint8_t key[ROW_KEY_LEN];
	struct bytes wire;
	if (!store_get(txn, STORE_ZONES, id_key(id, key), &wire))
		return false;
	if (dns_name_from_wire(apex, wire))
		return true;
	store_fail(txn, STORE_CORRUPT);
	return false;
}

void state_set_cuts(struct store_txn *txn, uint32_t zone_id, uint32_t count)
{
	char word[WORD_MAX];
	struct bytes key = cuts_word(zone_id, word);
	uint32_t before = state_cuts(txn, zone_id);
	uint8_t buffer[STATE_KEY_MAX];
	struct dns_name apex;
	if (before == count)
		return;
	if (count)
		store_set_number(txn, word, count);
	else
		store_del(txn, STORE_META, key);
	/* Whether there are any is all that copies of the zone say. */
	if (!before == !count)
		return;
	if (state_zone_apex(txn, zone_id, &apex))
		store_settings_changed(txn, STATE_ZONE, state_key_apex(&apex, buffer));
}

struct doomed {
	size_t count;
	struct {
		uint8_t bytes[STORE_ROW_KEY_MAX];
		uint16_t len;
	} keys[DELETE_AT_ONCE];
};

static void doomed_find(struct store_txn *txn, enum store_table table, const uint8_t prefix[4],
			struct doomed *doomed)
{
	struct store_walk walk;
	struct bytes key, value;
	doomed->count = 0;
	store_walk_from(&walk, txn, table, bytes_of(prefix, 4), 4);
	while (doomed->count < DELETE_AT_ONCE && store_walk_next(&walk, &key, &value)) {
		memcpy(doomed->keys[doomed->count].bytes, key.data, key.len);
		doomed->keys[doomed->count++].len = (uint16_t)key.len;
	}
	store_walk_end(&walk);
}

static void doomed_delete(struct store_txn *txn, enum store_table table, const uint8_t prefix[4],
			  struct doomed *doomed)
{
	do {
		doomed_find(txn, table, prefix, doomed);
		for (size_t i = 0; i < doomed->count; i++)
			store_del(txn, table, bytes_of(doomed->keys[i].bytes, doomed->keys[i].len));
	} while (doomed->count == DELETE_AT_ONCE);
}

static void derive_zone_end(struct store_txn *txn, uint32_t id)
{
	static const enum store_table tables[] = {STORE_NODES, STORE_CUTS, STORE_DUE,
						  STORE_LOG_SERIAL, STORE_ZONE_OWNERS};
	uint8_t prefix[4], key[ROW_KEY_LEN];
	struct bytes_out out = bytes_out_of(prefix, sizeof(prefix));
	bytes_out_u32(&out, id);
	store_use_reserve(txn);
	struct doomed *doomed = malloc(sizeof(*doomed));
	assert(doomed);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		doomed_delete(txn, tables[i], prefix, doomed);
	free(doomed);
	dynamic_forget(txn, id);
	state_set_cuts(txn, id, 0);
	store_del(txn, STORE_ZONES, id_key(id, key));
}

/* How many zones have derived PTR to be made. */
static void derive_pending(struct store_txn *txn, const struct state_change *change)
{
	uint64_t seq;
	bool was = change->has_old && state_row_number(change->old, PTR_PENDING, &seq) && seq;
	bool is = change->has_new && state_row_number(change->new, PTR_PENDING, &seq) && seq;
	uint64_t count = store_number(txn, PTR_PENDING);
	if (was == is)
		return;
	if (is || count > 1)
		store_set_number(txn, PTR_PENDING, is ? count + 1 : count - 1);
	else
		state_ptr_forget(txn);
}

void state_ptr_forget(struct store_txn *txn)
{
	store_del(txn, STORE_META, bytes_of(PTR_PENDING, strlen(PTR_PENDING)));
}

uint64_t state_ptr_pending(struct store_txn *txn)
{
	return store_number(txn, PTR_PENDING);
}

static void state_derived_derive_zone(struct store_txn *txn, const struct state_change *change)
{
	uint8_t key[ROW_KEY_LEN];
	struct dns_name apex, root = dns_name_root();
	uint64_t id;
	if (!state_row_number(change->has_new ? change->new : change->old, "id", &id) || id == 0 ||
	    id > UINT32_MAX || !dns_name_from_key(&apex, change->key, &root)) {
		store_fail(txn, STORE_CORRUPT);
		return;
	}
	derive_pending(txn, change);
	if (!change->has_new) {
		derive_zone_end(txn, (uint32_t)id);
		return;
	}
	if (id > store_number(txn, LAST_ZONE))
		store_set_number(txn, LAST_ZONE, id);
	if (!change->has_old)
		dynamic_set(txn, (uint32_t)id, 0);
	store_put(txn, STORE_ZONES, id_key((uint32_t)id, key), bytes_of(apex.wire, apex.len));
}

void state_derive(struct store_txn *txn, const struct state_change *change)
{
	if (change->table == STATE_ZONE)
		state_derived_derive_zone(txn, change);
	else if (change->table == STATE_RUN)
		run_derive(txn, change);
}

uint32_t state_next_zone(struct store_txn *txn)
{
	return (uint32_t)store_number(txn, LAST_ZONE) + 1;
}

void state_zone_numbers(struct store_txn *txn,
			void (*each)(void *context, uint32_t id, const struct dns_name *apex),
			void *context)
{
	struct store_walk walk;
	struct bytes key, wire;
	struct dns_name apex;
	uint8_t mark = ROW_ID;
	store_walk_from(&walk, txn, STORE_ZONES, bytes_of(&mark, 1), 1);
	while (store_walk_next(&walk, &key, &wire)) {
		struct bytes_in in = bytes_in_of(key.data, key.len);
		bytes_in_u8(&in);
		uint32_t id = bytes_in_u32(&in);
		if (!in.bad && dns_name_from_wire(&apex, wire))
			each(context, id, &apex);
		else
			store_fail(txn, STORE_CORRUPT);
	}
	store_walk_end(&walk);
}
