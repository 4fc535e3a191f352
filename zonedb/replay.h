/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Replay: what an entry of the log says is done to the store again, without a new entry. Rows of
 * decided state are put or removed; records' changes are applied to nodes, tombstones, cuts, due
 * index, serial and number of dynamic records. No words are parsed. `restore --log-of` and whatever
 * follows a log use it; applied in order to an empty store, or to a backup from which the log goes
 * on, a log gives the state that it was written with.
 *
 * Deterministic. Before anything is written each change is held against the store: a row must be as
 * it `was`; a record that is to go must be there with the state that it `was` in, one that comes
 * must not be, and the name's last change must be the one that is named as `previous`. The first
 * that does not match is reported. Writer's thread, or an offline tool; after a fault the
 * transaction is to be aborted.
 */
#include "zonedb/edit.h"

#define REPLAY_TEXT_MAX (2 * DNS_NAME_TEXT_MAX + 256)

struct replay_fault {
	uint64_t seq;
	char text[REPLAY_TEXT_MAX]; /* "www.corp.example A 10.0.0.5: the stamp is ..." */
};

/*
 * Applies the changes of an entry of this zone. `zone` may be older than its row: that is read and
 * written where the number of cuts moves. False: `fault` says what does not match, or the
 * transaction failed (txn->error).
 */
bool replay_entry(struct store_txn *, const struct zone *, const struct entry *,
		  struct replay_fault *);

/*
 * Applies an entry whole: its rows that will be there, its changes of records, its rows that go; a
 * pruning prunes here too (journal/prune.h). The entry itself, its indexes and its run are the
 * caller's. False: `fault` says what does not match, or the transaction failed (txn->error).
 */
bool replay_next(struct store_txn *, const struct entry *, struct replay_fault *);
