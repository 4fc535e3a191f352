/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The log played again: an entry applied is all there is. What an entry says has happened to a zone
 * is done to its nodes, tombs, cuts, due index, serial and number of dynamic records, without a new
 * entry, so that a store becomes what it was when the entry had been written: for the restore of a
 * backup to a moment, and to verify that log and zones agree.
 *
 * Deterministic. Before anything is written each change is held against the zone: a record that is
 * to go must be there with the state that it `was` in, one that comes must not be, and the name's
 * last change must be the one that is named as `previous`. The first that does not match is
 * reported, and the zone is left as it was. Writer's thread, or an offline tool.
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
 * The same for any entry of the log, from seq 1 on, into a store that knows nothing else: zones are
 * made under their ids, are set as the log says, and end when their deletion's last entry has been
 * applied (the next entry of another run). Keys, groups, rules and settings of the server are not
 * in it: entries of these change nothing. Call replay_end after the last entry.
 */
struct replay {
	struct store_txn *txn;
	struct arena arena;
	bool is_ending; /* a zone is being deleted */
	struct dns_name apex;
	uint64_t first_seq, last_seq, when;
};
void replay_start(struct replay *, struct store_txn *);
bool replay_next(struct replay *, const struct entry *, struct replay_fault *);
/* Also before a commit that does not end the replay: a deletion may go on after it. */
void replay_end(struct replay *);
