/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/chain.h"

#define SEQ_LEN 8

bool journal_split(struct bytes value, struct bytes *packed, const uint8_t **digest)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	if (value.len < DIGEST_LEN)
		return false;
	size_t len = value.len - DIGEST_LEN;
	*packed = bytes_of(bytes_in_take(&in, len), len);
	*digest = bytes_in_take(&in, DIGEST_LEN);
	return true;
}

void journal_link_digest(const uint8_t previous[DIGEST_LEN], struct bytes packed,
			 uint8_t digest[DIGEST_LEN])
{
	struct bytes pieces[] = {bytes_of(previous, DIGEST_LEN), packed};
	digest_sha256(pieces, 2, digest);
}

static struct bytes chain_seq_key(uint64_t seq, uint8_t buffer[SEQ_LEN])
{
	struct bytes_out out = bytes_out_of(buffer, SEQ_LEN);
	bytes_out_u64(&out, seq);
	return bytes_of(buffer, SEQ_LEN);
}

/* The entry that should follow `at`, which then moves to it. */
static bool take_link(struct journal_chain *chain, struct store_txn *txn, struct bytes key,
		      struct bytes value, struct arena *arena)
{
	struct journal_link *at = &chain->at;
	uint8_t sum[DIGEST_LEN], wanted[SEQ_LEN];
	struct bytes packed;
	struct entry e;
	const uint8_t *digest;
	if (!bytes_equal(key, chain_seq_key(at->seq + 1, wanted))) {
		chain->why = "is missing";
		return false;
	}
	chain->why = "is not what its digest, and that of the one before it, say";
	if (!journal_split(value, &packed, &digest))
		return false;
	journal_link_digest(at->digest, packed, sum);
	if (memcmp(sum, digest, DIGEST_LEN) != 0)
		return false;
	if (chain->each) {
		chain->why = "cannot be read";
		if (!entry_unpack(&e, packed, arena)) {
			if (entry_is_newer(packed))
				chain->why = "was written by a later version of tenure: install "
					     "that version to read it";
			return false;
		}
		memcpy(e.digest, sum, DIGEST_LEN);
		if (!chain->each(chain, txn, &e))
			return false;
	}
	at->seq++;
	at->bytes += journal_weight(value.len);
	memcpy(at->digest, sum, DIGEST_LEN);
	chain->why = NULL;
	return true;
}

static enum journal_chain_step chain_broken(struct journal_chain *chain, const char *why)
{
	chain->bad = chain->at.seq + 1;
	if (why)
		chain->why = why;
	return JOURNAL_CHAIN_BROKEN;
}

/* Nothing is left to read: is this where the head says? */
static enum journal_chain_step end_at(struct journal_chain *chain, const struct journal_link *head)
{
	if (chain->at.seq < head->seq)
		return chain_broken(chain, "is missing: the log is cut off there");
	if (chain->at.seq > head->seq) {
		chain->at.seq = head->seq;
		return chain_broken(chain, "is beyond the log's end");
	}
	if (memcmp(chain->at.digest, head->digest, DIGEST_LEN) != 0) {
		chain->at.seq -= head->seq > 0;
		return chain_broken(chain, "is not the one that was last written");
	}
	return JOURNAL_CHAIN_WHOLE;
}

static void chain_begin(struct journal_chain *chain, struct store_txn *txn)
{
	struct journal_link base = journal_log_base(txn, chain->log);
	if (!chain->has_begun || base.seq > chain->at.seq)
		chain->at = base;
	if (!chain->has_begun)
		chain->first = base.seq + 1;
	chain->has_begun = true;
}

enum journal_chain_step journal_chain_step(struct journal_chain *chain, struct store_txn *txn,
					   uint64_t most)
{
	struct store_walk walk;
	struct arena arena = {0};
	struct bytes key, value;
	uint8_t from[SEQ_LEN];
	chain_begin(chain, txn);
	/* From the very beginning at first: what stands before the base should not be there. */
	struct journal_link head = journal_log_head(txn, chain->log);
	struct bytes start = chain_seq_key(chain->at.seq + 1, from);
	bool is_whole = !txn->error, is_there = false;
	store_walk_from(&walk, txn, journal_log_tables(chain->log).entries,
			chain->checked ? start : bytes_of(NULL, 0), 0);
	for (; is_whole && most && (is_there = store_walk_next(&walk, &key, &value)); most--) {
		is_whole = take_link(chain, txn, key, value, &arena);
		chain->checked += is_whole;
		arena_reset(&arena);
	}
	store_walk_end(&walk);
	arena_free(&arena);
	if (txn->error)
		return chain_broken(chain, "is damaged: its checksum is wrong");
	if (!is_whole)
		return chain_broken(chain, NULL);
	return is_there ? JOURNAL_CHAIN_ON : end_at(chain, &head);
}
