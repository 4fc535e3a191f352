/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/put_back.h"
#include "journal/seq_set.h"
#include <string.h>

bool put_back_explains(struct store_txn *txn, struct journal_place at, uint64_t since_us,
		       struct put_back *found)
{
	const uint32_t none = INDEX_NO_ZONE;
	struct seq_set seqs = seq_set_of_zones(txn, &none, 1);
	struct arena arena = {0};
	struct entry entry = {.time_us = UINT64_MAX};
	bool is_found = false;
	for (uint64_t seq = UINT64_MAX - 1;
	     !is_found && entry.time_us >= since_us && seq_set_to(&seqs, seq, &seq); seq--) {
		arena_reset(&arena);
		if (!journal_read(txn, seq, &entry, &arena))
			break;
		is_found = entry.heads && entry.time_us >= since_us &&
			   entry.heads->of[at.log].seq < at.seq;
		if (is_found)
			*found = (struct put_back){.seq = seq,
						   .at_us = entry.time_us,
						   .backup_us = entry.heads->time_us};
	}
	seq_set_end(&seqs);
	arena_free(&arena);
	return is_found;
}

struct entry_heads put_back_heads(struct store_txn *txn, struct arena *arena)
{
	struct entry_heads heads = {0};
	for (unsigned i = 0; i < JOURNAL_LOGS; i++) {
		struct entry entry;
		enum journal_log log = (enum journal_log)i;
		struct journal_link head = journal_log_head(txn, log);
		heads.of[i].seq = head.seq;
		memcpy(heads.of[i].digest, head.digest, DIGEST_LEN);
		if (head.seq && journal_log_read(txn, log, head.seq, &entry, arena) &&
		    entry.time_us > heads.time_us)
			heads.time_us = entry.time_us;
	}
	return heads;
}
