/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/journal.h"
#include <string.h>

/*
 * Log: key seq (8); value the packed entry, then its digest (32).
 * Serials: key zone id (4), serial before (4); value seq (8).
 * Head, in STORE_META under "log": seq (8), digest (32); absent before the first entry.
 */
#define HEAD_WORD "log"
#define RUN_WORD  "run"
#define SEQ_LEN   8

struct head {
	uint64_t seq;
	uint8_t digest[DIGEST_LEN];
};

static struct head head_read(struct store_txn *txn)
{
	struct head head = {0};
	struct bytes value;
	if (!store_get(txn, STORE_META, bytes_of(HEAD_WORD, strlen(HEAD_WORD)), &value))
		return head;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t seq = bytes_in_u64(&in);
	const uint8_t *digest = bytes_in_take(&in, DIGEST_LEN);
	if (!digest || bytes_in_left(&in)) {
		store_fail(txn, STORE_CORRUPT);
		return head;
	}
	head.seq = seq;
	memcpy(head.digest, digest, DIGEST_LEN);
	return head;
}

static void head_write(struct store_txn *txn, const struct head *head)
{
	uint8_t value[SEQ_LEN + DIGEST_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	bytes_out_u64(&out, head->seq);
	bytes_out_put(&out, head->digest, DIGEST_LEN);
	store_put(txn, STORE_META, bytes_of(HEAD_WORD, strlen(HEAD_WORD)),
		  bytes_of(value, sizeof value));
}

static struct bytes seq_key(uint64_t seq, uint8_t buffer[SEQ_LEN])
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

static bool split(struct bytes value, struct bytes *packed, const uint8_t **digest)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	if (value.len < DIGEST_LEN)
		return false;
	size_t len = value.len - DIGEST_LEN;
	*packed = bytes_of(bytes_in_take(&in, len), len);
	*digest = bytes_in_take(&in, DIGEST_LEN);
	return true;
}

static void chain(const uint8_t previous[DIGEST_LEN], struct bytes packed,
		  uint8_t digest[DIGEST_LEN])
{
	struct bytes pieces[] = {bytes_of(previous, DIGEST_LEN), packed};
	digest_sha256(pieces, 2, digest);
}

uint64_t journal_append(struct store_txn *txn, struct entry *e, struct arena *arena)
{
	uint8_t key[SEQ_LEN];
	struct head head = head_read(txn), next = {.seq = head.seq + 1};
	if (txn->error)
		return 0;
	e->seq = next.seq;
	struct bytes packed = entry_pack(e, arena);
	chain(head.digest, packed, next.digest);
	memcpy(e->digest, next.digest, DIGEST_LEN);

	size_t len = packed.len + DIGEST_LEN;
	struct bytes_out out = bytes_out_of(arena_alloc(arena, len), len);
	bytes_out_put(&out, packed.data, packed.len);
	bytes_out_put(&out, next.digest, DIGEST_LEN);
	store_append(txn, STORE_LOG, seq_key(next.seq, key), bytes_of(out.start, len));
	if (e->has_zone && e->serial_before != e->serial_after) {
		uint8_t value[SEQ_LEN];
		store_put(txn, STORE_LOG_SERIAL, serial_key(e->zone_id, e->serial_before, key),
			  seq_key(next.seq, value));
	}
	head_write(txn, &next);
	return txn->error ? 0 : next.seq;
}

uint64_t journal_next_seq(struct store_txn *txn)
{
	return head_read(txn).seq + 1;
}

void journal_range(struct store_txn *txn, uint64_t *first, uint64_t *last)
{
	struct store_walk walk;
	struct bytes key, value;
	*first = *last = 0;
	uint64_t head = head_read(txn).seq;
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
	if (!store_get(txn, STORE_LOG, seq_key(seq, key), &value))
		return false;
	if (!split(value, &packed, &digest) || !entry_unpack(e, packed, arena) || e->seq != seq) {
		store_fail(txn, STORE_CORRUPT);
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

uint64_t journal_next_run(struct store_txn *txn)
{
	uint64_t run = store_number(txn, RUN_WORD) + 1;
	store_set_number(txn, RUN_WORD, run);
	return run;
}

/* One link: the entry that should follow `head`, which then moves to it. */
static bool verify_one(struct head *head, struct bytes key, struct bytes value)
{
	uint8_t wanted[SEQ_LEN], sum[DIGEST_LEN];
	struct bytes packed;
	const uint8_t *digest;
	if (!bytes_equal(key, seq_key(head->seq + 1, wanted)) || !split(value, &packed, &digest))
		return false;
	chain(head->digest, packed, sum);
	if (memcmp(sum, digest, DIGEST_LEN) != 0)
		return false;
	head->seq++;
	memcpy(head->digest, sum, DIGEST_LEN);
	return true;
}

bool journal_verify(struct store_txn *txn, uint64_t *checked, uint64_t *bad)
{
	struct head at = {0}, head = head_read(txn);
	struct store_walk walk;
	struct bytes key, value;
	bool is_whole = !txn->error;
	store_walk_from(&walk, txn, STORE_LOG, bytes_of(NULL, 0), 0);
	while (is_whole && store_walk_next(&walk, &key, &value))
		is_whole = verify_one(&at, key, value);
	store_walk_end(&walk);
	*checked = at.seq;
	if (is_whole && !txn->error && memcmp(&at, &head, sizeof at) == 0)
		return true;
	*bad = at.seq + 1;
	return false;
}
