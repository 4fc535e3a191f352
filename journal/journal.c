/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/chain.h"
#include "journal/entry_time.h"
#include "journal/index.h"
#include "journal/journal.h"
#include "journal/dynamic.h"
#include "journal/run.h"
#include <assert.h>
#include <string.h>

/*
 * Log: key seq (8); value the packed entry, then its digest (32).
 * Serials: key zone id (4), serial before (4); value seq (8).
 * Head and base, in STORE_META under "log" and "log-base": seq (8), bytes (8), digest (32); absent
 * before the first entry, and before the first that is pruned.
 */
#define HEAD_WORD  "log"
#define BASE_WORD  "log-base"
#define SEQ_LEN    8
#define LINK_LEN   (2 * SEQ_LEN + DIGEST_LEN)
#define PAGE       4096u
#define ENTRY_HEAD 20u /* its key, LMDB's head of an item, and the CRC */

static struct journal_link link_read(struct store_txn *txn, const char *word)
{
	struct journal_link link = {0};
	struct bytes value;
	if (!store_get(txn, STORE_META, bytes_of(word, strlen(word)), &value))
		return link;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t seq = bytes_in_u64(&in), bytes = bytes_in_u64(&in);
	const uint8_t *digest = bytes_in_take(&in, DIGEST_LEN);
	if (!digest || bytes_in_left(&in)) {
		store_fail(txn, STORE_CORRUPT);
		return link;
	}
	link.seq = seq;
	link.bytes = bytes;
	memcpy(link.digest, digest, DIGEST_LEN);
	return link;
}

static void link_write(struct store_txn *txn, const char *word, const struct journal_link *link)
{
	uint8_t value[LINK_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	bytes_out_u64(&out, link->seq);
	bytes_out_u64(&out, link->bytes);
	bytes_out_put(&out, link->digest, DIGEST_LEN);
	store_put(txn, STORE_META, bytes_of(word, strlen(word)), bytes_of(value, sizeof value));
}

static struct bytes journal_seq_key(uint64_t seq, uint8_t buffer[SEQ_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, SEQ_LEN);
	bytes_out_u64(&out, seq);
	return bytes_of(buffer, SEQ_LEN);
}

static struct bytes serial_key(uint32_t zone_id, uint32_t serial, uint8_t buffer[SEQ_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, SEQ_LEN);
	bytes_out_u32(&out, zone_id);
	bytes_out_u32(&out, serial);
	return bytes_of(buffer, SEQ_LEN);
}

struct journal_link journal_head(struct store_txn *txn)
{
	return link_read(txn, HEAD_WORD);
}

struct journal_link journal_base(struct store_txn *txn)
{
	return link_read(txn, BASE_WORD);
}

void journal_set_head(struct store_txn *txn, const struct journal_link *head)
{
	link_write(txn, HEAD_WORD, head);
}

void journal_set_base(struct store_txn *txn, const struct journal_link *base)
{
	link_write(txn, BASE_WORD, base);
}

uint64_t journal_weight(size_t value_len)
{
	uint64_t weight = value_len + ENTRY_HEAD;
	return weight <= PAGE / 2 ? weight : (weight + PAGE - 1) / PAGE * PAGE;
}

uint64_t journal_append(struct store_txn *txn, struct entry *e, struct arena *arena)
{
	uint8_t key[SEQ_LEN];
	struct journal_link head = journal_head(txn), next = {.seq = head.seq + 1};
	if (txn->error)
		return 0;
	e->seq = next.seq;
	entry_time_set(txn, e);
	struct bytes packed = entry_pack(e, arena);
	journal_link_digest(head.digest, packed, next.digest);
	memcpy(e->digest, next.digest, DIGEST_LEN);

	size_t len = packed.len + DIGEST_LEN;
	struct bytes_out out = bytes_out_of(arena_alloc(arena, len), len);
	bytes_out_put(&out, packed.data, packed.len);
	bytes_out_put(&out, next.digest, DIGEST_LEN);
	next.bytes = head.bytes + journal_weight(len);
	store_append(txn, STORE_LOG, journal_seq_key(next.seq, key), bytes_of(out.start, len));
	if (e->has_zone && e->serial_before != e->serial_after) {
		uint8_t value[SEQ_LEN];
		store_put(txn, STORE_LOG_SERIAL, serial_key(e->zone_id, e->serial_before, key),
			  journal_seq_key(next.seq, value));
	}
	index_add(txn, e);
	link_write(txn, HEAD_WORD, &next);
	size_t wrong;
	assert(state_check(txn, e->rows, e->row_count, &wrong) || txn->error);
	state_write(txn, e->rows, e->row_count, false);
	state_write(txn, e->rows, e->row_count, true);
	run_note(txn, e);
	dynamic_note(txn, e);
	return txn->error ? 0 : next.seq;
}

uint64_t journal_next_seq(struct store_txn *txn)
{
	return journal_head(txn).seq + 1;
}

void journal_range(struct store_txn *txn, uint64_t *first, uint64_t *last)
{
	struct store_walk walk;
	struct bytes key, value;
	*first = *last = 0;
	uint64_t head = journal_head(txn).seq;
	store_walk_from(&walk, txn, STORE_LOG, bytes_of(NULL, 0), 0);
	if (store_walk_next(&walk, &key, &value)) {
		struct bytes_in in = bytes_in_of(key.data, key.len);
		*first = bytes_in_u64(&in);
		*last = head;
	}
	store_walk_end(&walk);
}

bool journal_read(struct store_txn *txn, uint64_t seq, struct entry *e, struct arena *arena)
{
	uint8_t key[SEQ_LEN];
	struct bytes value, packed;
	const uint8_t *digest;
	if (!store_get(txn, STORE_LOG, journal_seq_key(seq, key), &value))
		return false;
	bool is_split = journal_split(value, &packed, &digest);
	if (!is_split || !entry_unpack(e, packed, arena) || e->seq != seq) {
		store_fail(txn, is_split && entry_is_newer(packed) ? STORE_NEWER : STORE_CORRUPT);
		return false;
	}
	memcpy(e->digest, digest, DIGEST_LEN);
	return true;
}

bool journal_at_serial(struct store_txn *txn, uint32_t zone_id, uint32_t serial, uint64_t *seq)
{
	uint8_t key[SEQ_LEN];
	struct bytes value;
	if (!store_get(txn, STORE_LOG_SERIAL, serial_key(zone_id, serial, key), &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t found = bytes_in_u64(&in);
	if (in.bad || bytes_in_left(&in)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*seq = found;
	return true;
}

bool journal_verify(struct store_txn *txn, uint64_t *checked, uint64_t *bad)
{
	struct journal_chain chain = {0};
	enum journal_chain_step step;
	do
		step = journal_chain_step(&chain, txn, UINT64_MAX);
	while (step == JOURNAL_CHAIN_ON);
	*checked = chain.checked;
	*bad = chain.bad;
	return step == JOURNAL_CHAIN_WHOLE;
}
