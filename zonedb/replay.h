/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Replay: applies the changes of an entry of the log to the store, without a new entry. Rows of
 * decided state are put or removed; changes of records are applied to nodes, tombstones, cuts, due
 * index, serial and number of dynamic records. `restore --log-of` uses it. Applied in order to an
 * empty store, or to a backup on which the log goes on, a log gives the state that it was written
 * with.
 *
 * Before anything is written each change is compared with the store: a row must be as it `was`; a
 * record that is removed must have the state that it `was` in, one that is added must not exist,
 * and the name's last change must be `previous`. The first that does not match is reported.
 * Writer's thread, or an offline tool; after a fault the transaction is to be aborted.
 */
#include "zonedb/edit.h"

#define REPLAY_TEXT_MAX (2 * DNS_NAME_TEXT_MAX + 256)

struct replay_fault {
	uint64_t seq;
	char text[REPLAY_TEXT_MAX]; /* "www.corp.example A 10.0.0.5: the stamp is ..." */
};

/*
 * Applies the changes of records of an entry of this zone. `zone` may be older than the zone's row,
 * which is read when the number of cuts changes. False: `fault` says what does not match, or the
 * transaction failed (txn->error).
 */
bool replay_entry(struct store_txn *, const struct zone *, const struct entry *,
		  struct replay_fault *);

/*
 * Applies a whole entry: the rows that it puts, its changes of records, the rows that it removes,
 * and its pruning (journal/prune.h). The caller writes the entry itself, its indexes and its run.
 * False: `fault` says what does not match, or the transaction failed (txn->error).
 */
bool replay_next(struct store_txn *, const struct entry *, struct replay_fault *);
