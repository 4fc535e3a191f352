/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Which entries are of a zone, and which are about a name without changing it: two tables beside
 * the log, written by journal_append, that can be made again from the log at any time.
 *
 * STORE_LOG_ZONE: zone id (4), first seq (8) -> last seq (8), then the seqs after the first as
 *      differences, seven bits a byte. A piece is full at INDEX_PIECE_BYTES. So an entry costs a
 *      byte or two, and one page that is written in its commit. Zone id 0 with a zone's apex (wire
 *      form) behind it -> the ids (4 each, ascending) that zones of that name have had: a zone that
 *      was deleted and made anew has another id. Entries of no zone stand under INDEX_NO_ZONE.
 *
 * STORE_LOG_NAME: 8 bytes of the name's SHA-256, seq (8) -> nothing. For entries without changes
 *      whose subject is, or begins with, a name: refusals, settings. What changed a name is found
 * by the name's own chain, and costs nothing here.
 */
#include "journal/journal.h"

#define INDEX_PIECE_BYTES 480
#define INDEX_PIECE_SEQS  (INDEX_PIECE_BYTES + 1)
#define INDEX_NO_ZONE     UINT32_MAX
#define INDEX_IDS_MAX     64

/* Writer's thread. */
void index_add(struct store_txn *, const struct entry *);
/* The entry is pruned: it is the oldest. */
void index_drop(struct store_txn *, const struct entry *);

/* What an entry without changes is about; false: no name. */
bool index_name_of(const struct entry *, struct dns_name *);
/* The same name by name: that of the subject, then those that were folded into it. `*at` is NULL at
 * the beginning. */
bool index_name_next(const struct entry *, const char **at, struct dns_name *);

/* Ids that zones with this apex have had, ascending, at most INDEX_IDS_MAX (the latest). */
size_t index_zone_ids(struct store_txn *, const struct dns_name *apex, uint32_t ids[INDEX_IDS_MAX]);
/* All apexes that ever were; false from `each` ends it. */
void index_apexes(struct store_txn *, bool (*each)(void *context, const struct dns_name *apex),
		  void *context);

struct index_piece {
	uint32_t zone_id;
	size_t count; /* 0: nothing was found */
	uint64_t seqs[INDEX_PIECE_SEQS];
};
/* The piece with the zone's first entry at or above `seq`. */
bool index_piece_from(struct store_txn *, uint32_t zone_id, uint64_t seq, struct index_piece *);
/* The piece with the zone's last entry at or below `seq`. */
bool index_piece_to(struct store_txn *, uint32_t zone_id, uint64_t seq, struct index_piece *);

/* Entries from `from` on about a name without changes; false from `each` ends it. */
void index_mentions(struct store_txn *, const struct dns_name *, uint64_t from,
		    bool (*each)(void *context, uint64_t seq), void *context);
