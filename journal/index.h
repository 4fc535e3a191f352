/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The indexes of a log: the entries of each zone, and the entries about a name that do not change
 * it. Two tables beside each log (journal/journal_log.h) that journal_append writes, and that can
 * be made again from the log. Reads: any thread, with its own transaction. Those of the change log:
 *
 * STORE_LOG_ZONE: zone id (4), first seq (8) -> last seq (8), then the seqs after the first as
 *      differences, seven bits a byte. A piece is full at INDEX_PIECE_BYTES. So an entry costs a
 *      byte or two, and one page that is written in its commit. Zone id 0 with a zone's apex (wire
 *      form) behind it -> the ids (4 each, ascending) that zones of that name have had: a zone that
 *      was deleted and made anew has another id. Entries of no zone stand under INDEX_NO_ZONE.
 *
 * STORE_LOG_NAME: 8 bytes of the name's SHA-256, seq (8) -> nothing. For entries without changes
 *      whose subject is, or begins with, a name: refusals, settings; and for entries with rows of
 *      decided state that are about a name: reservations, notes; zones and rules, by the apex. The
 * entries that changed a name are found by its chain (journal/history.h), not here.
 */
#include "journal/journal.h"

#define INDEX_PIECE_BYTES 480
#define INDEX_PIECE_SEQS  (INDEX_PIECE_BYTES + 1)
#define INDEX_NO_ZONE     UINT32_MAX
#define INDEX_IDS_MAX     64

/* Adds an entry. Writer's thread. */
void index_add(struct store_txn *, const struct entry *);
/* Removes an entry that is pruned, which is the oldest. Writer's thread. */
void index_drop(struct store_txn *, const struct entry *);

/* The name that an entry without changes is about. False: it is about none. */
bool index_name_of(const struct entry *, struct dns_name *);
/* The next name that the entry is about: that of the subject, then those of refusals that were
 * folded into it. `*at` must be NULL at the first call. False: there is no more. */
bool index_name_next(const struct entry *, const char **at, struct dns_name *);
/* The name that a row of the entry is about; false: none. */
bool index_row_name(const struct entry *, const struct state_change *, struct dns_name *);
/* The names that index_add takes from the entry's rows, but for that of the subject; `*at` is 0 at
 * the beginning. */
bool index_row_next(const struct entry *, size_t *at, struct dns_name *);

/* Writes the ids that zones with this apex have had, ascending; of more than INDEX_IDS_MAX the
 * last. Returns how many. */
size_t index_zone_ids(struct store_txn *, enum journal_log, const struct dns_name *apex,
		      uint32_t ids[INDEX_IDS_MAX]);
/* Calls `each` for each apex that a zone with entries in the log has had, until it returns false.
 */
void index_apexes(struct store_txn *, enum journal_log,
		  bool (*each)(void *context, const struct dns_name *apex), void *context);

struct index_piece {
	enum journal_log log;
	uint32_t zone_id;
	size_t count; /* 0: nothing was found */
	uint64_t seqs[INDEX_PIECE_SEQS];
};
/* Reads the piece that holds the zone's first entry at or above `seq`. False: there is none. */
bool index_piece_from(struct store_txn *, enum journal_log, uint32_t zone_id, uint64_t seq,
		      struct index_piece *);
/* Reads the piece that holds the zone's last entry at or below `seq`. False: there is none. */
bool index_piece_to(struct store_txn *, enum journal_log, uint32_t zone_id, uint64_t seq,
		    struct index_piece *);

/* Calls `each` for the entries of the log of `from`, from there on, that are about the name without
 * changing it, until it returns false. */
void index_mentions(struct store_txn *, const struct dns_name *, struct journal_place from,
		    bool (*each)(void *context, uint64_t seq), void *context);
