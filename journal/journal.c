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
 * Head and base: seq (8), bytes (8), digest (32); absent before the first entry, and before the
 * first that is pruned.
 */
#define SEQ_LEN    8
#define LINK_LEN   (2 * SEQ_LEN + DIGEST_LEN)
#define PAGE       4096u
#define ENTRY_HEAD 20u /* its key, LMDB's head of an item, and the CRC */

/* Where the head and the base of each log stand. */
static const struct link_place {
	enum store_table table;
	const char *head, *base;
} link_places[JOURNAL_LOGS] = {
	[JOURNAL_CHANGES] = {STORE_META, "log", "log-base"},
	[JOURNAL_SIGNED] = {STORE_LOCAL, "refusals-signed", "refusals-signed-base"},
	[JOURNAL_UNSIGNED] = {STORE_LOCAL, "refusals-unsigned", "refusals-unsigned-base"},
};

static struct journal_link link_read(struct store_txn *txn, enum store_table table,
				     const char *word)
{
	struct journal_link link = {0};
	struct bytes value;
	if (!store_get(txn, table, bytes_of(word, strlen(word)), &value))
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

static void link_write(struct store_txn *txn, enum store_table table, const char *word,
		       const struct journal_link *link)
{
	uint8_t value[LINK_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	bytes_out_u64(&out, link->seq);
	bytes_out_u64(&out, link->bytes);
	bytes_out_put(&out, link->digest, DIGEST_LEN);
	store_put(txn, table, bytes_of(word, strlen(word)), bytes_of(value, sizeof value));
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

struct journal_link journal_log_head(struct store_txn *txn, enum journal_log log)
{
	return link_read(txn, link_places[log].table, link_places[log].head);
}

struct journal_link journal_log_base(struct store_txn *txn, enum journal_log log)
{
	return link_read(txn, link_places[log].table, link_places[log].base);
}

void journal_log_set_head(struct store_txn *txn, enum journal_log log,
			  const struct journal_link *head)
{
	link_write(txn, link_places[log].table, link_places[log].head, head);
}

void journal_log_set_base(struct store_txn *txn, enum journal_log log,
			  const struct journal_link *base)
{
	link_write(txn, link_places[log].table, link_places[log].base, base);
}

bool journal_log_is_base_word(struct bytes word, enum journal_log *log)
{
	for (unsigned i = JOURNAL_SIGNED; i < JOURNAL_LOGS; i++) {
		const char *base = link_places[i].base;
		if (!bytes_equal(word, bytes_of(base, strlen(base))))
			continue;
		*log = (enum journal_log)i;
		return true;
	}
	return false;
}

struct journal_link journal_head(struct store_txn *txn)
{
	return journal_log_head(txn, JOURNAL_CHANGES);
}

struct journal_link journal_base(struct store_txn *txn)
{
	return journal_log_base(txn, JOURNAL_CHANGES);
}

void journal_set_head(struct store_txn *txn, const struct journal_link *head)
{
	journal_log_set_head(txn, JOURNAL_CHANGES, head);
}

void journal_set_base(struct store_txn *txn, const struct journal_link *base)
{
	journal_log_set_base(txn, JOURNAL_CHANGES, base);
}

uint64_t journal_weight(size_t value_len)
{
	uint64_t weight = value_len + ENTRY_HEAD;
	return weight <= PAGE / 2 ? weight : (weight + PAGE - 1) / PAGE * PAGE;
}

/* What is written beside an entry of the change log. */
static void journal_append_beside(struct store_txn *txn, const struct entry *e)
{
	size_t wrong;
	if (e->has_zone && e->serial_before != e->serial_after) {
		uint8_t key[SEQ_LEN], value[SEQ_LEN];
		store_put(txn, STORE_LOG_SERIAL, serial_key(e->zone_id, e->serial_before, key),
			  journal_seq_key(e->seq, value));
	}
	assert(state_check(txn, e->rows, e->row_count, &wrong) || txn->error);
	state_write(txn, e->rows, e->row_count, false);
	state_write(txn, e->rows, e->row_count, true);
	run_note(txn, e);
	dynamic_note(txn, e);
}

uint64_t journal_append(struct store_txn *txn, struct entry *e, struct arena *arena)
{
	uint8_t key[SEQ_LEN];
	bool is_refusal = e->log != JOURNAL_CHANGES;
	struct journal_link head = journal_log_head(txn, e->log), next = {.seq = head.seq + 1};
	assert(!is_refusal || (e->change_count == 0 && e->row_count == 0 && e->run == 0));
	e->changes_seq = is_refusal ? journal_head(txn).seq : 0;
	assert(txn->is_write);
	if (txn->error)
		return 0;
	e->seq = next.seq;
	(is_refusal ? entry_time_set_late : entry_time_set)(txn, e);
	struct bytes packed = entry_pack(e, arena);
	journal_link_digest(head.digest, packed, next.digest);
	memcpy(e->digest, next.digest, DIGEST_LEN);

	size_t len = packed.len + DIGEST_LEN;
	struct bytes_out out = bytes_out_of(arena_alloc(arena, len), len);
	bytes_out_put(&out, packed.data, packed.len);
	bytes_out_put(&out, next.digest, DIGEST_LEN);
	e->weight = journal_weight(len);
	next.bytes = head.bytes + e->weight;
	store_append(txn, journal_log_tables(e->log).entries, journal_seq_key(next.seq, key),
		     bytes_of(out.start, len));
	index_add(txn, e);
	journal_log_set_head(txn, e->log, &next);
	if (!is_refusal)
		journal_append_beside(txn, e);
	return txn->error ? 0 : next.seq;
}

uint64_t journal_next_seq(struct store_txn *txn)
{
	return journal_head(txn).seq + 1;
}

void journal_range(struct store_txn *txn, uint64_t *first, uint64_t *last)
{
	journal_log_range(txn, JOURNAL_CHANGES, first, last);
}

void journal_log_range(struct store_txn *txn, enum journal_log log, uint64_t *first, uint64_t *last)
{
	struct store_walk walk;
	struct bytes key, value;
	*first = *last = 0;
	uint64_t head = journal_log_head(txn, log).seq;
	store_walk_from(&walk, txn, journal_log_tables(log).entries, bytes_of(NULL, 0), 0);
	if (store_walk_next(&walk, &key, &value)) {
		struct bytes_in in = bytes_in_of(key.data, key.len);
		*first = bytes_in_u64(&in);
		*last = head;
	}
	store_walk_end(&walk);
}

bool journal_read(struct store_txn *txn, uint64_t seq, struct entry *e, struct arena *arena)
{
	return journal_log_read(txn, JOURNAL_CHANGES, seq, e, arena);
}

bool journal_log_read(struct store_txn *txn, enum journal_log log, uint64_t seq, struct entry *e,
		      struct arena *arena)
{
	uint8_t key[SEQ_LEN];
	struct bytes value, packed;
	const uint8_t *digest;
	if (!store_get(txn, journal_log_tables(log).entries, journal_seq_key(seq, key), &value))
		return false;
	bool is_split = journal_split(value, &packed, &digest);
	if (!is_split || !entry_unpack(e, packed, arena) || e->seq != seq || e->log != log) {
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

void journal_log_empty(struct store_txn *txn, enum journal_log log)
{
	const struct link_place *place = &link_places[log];
	struct journal_log_tables tables = journal_log_tables(log);
	assert(log != JOURNAL_CHANGES);
	store_empty(txn, tables.entries);
	store_empty(txn, tables.zone);
	store_empty(txn, tables.name);
	store_del(txn, place->table, bytes_of(place->head, strlen(place->head)));
	store_del(txn, place->table, bytes_of(place->base, strlen(place->base)));
}

struct journal_seqs journal_log_heads(struct store_txn *txn)
{
	struct journal_seqs heads;
	for (unsigned log = 0; log < JOURNAL_LOGS; log++)
		heads.of[log] = journal_log_head(txn, (enum journal_log)log).seq;
	return heads;
}
