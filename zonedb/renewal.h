/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Renewals of another owner's record: updates that name a record again with the data that it has,
 * by a client that does not own it. A name's node keeps the latest (struct node_hint), and whether
 * one before that still counted was of somebody else.
 *
 * One that may refresh the record, as in a nonsecure zone, does so; the owner stays, and the hint
 * says who refreshed it. It follows from the refresh in the log. One that may not is answered
 * NOERROR and refreshes nothing: an entry of kind refresh-ignored names the names, by whom, and its
 * time; hints follow from these entries when the log is replayed.
 *
 * A stale record whose renewal was ignored not long ago is contested: somebody uses it, and its
 * owner does not renew it. A scavenging run leaves it (scavenger/plan.h).
 */
#include "zonedb/edit.h"

/* Whether a renewal that is ignored now is to be noted: the one before is older than no-refresh,
 * and than a quarter of refresh, which is for windows whose no-refresh is short or 0. So there is
 * at most one note a name in that time. Seconds. Pure. */
bool renewal_is_due(const struct node_hint *, uint64_t now, const struct record_windows *);

/* Whether an ignored renewal counts at `when`: a client that renews in time comes at least once in
 * no-refresh and refresh together, as for a record of its own. Pure. */
bool renewal_counts(const struct node_hint *, uint64_t when, const struct record_windows *);

/* Names whose renewal refreshed nothing, all of the edit's zone. */
struct renewal_names {
	struct edit_name **name;
	size_t count;  /* at least 1 */
	uint16_t type; /* of the first name's record */
};

/* Appends an entry of kind refresh-ignored, whose subject and names are set from the names, and
 * keeps the hint with each. `entry` has its author; the edit was committed, or has no changes.
 * Writer's thread. */
void renewal_ignore(struct edit *, const struct renewal_names *, struct entry *entry);

/* Whether a change of the entry is a refresh by an update. Stamps that an era left behind are
 * brought back by the way, and are none. Pure. */
bool renewal_is_refresh(const struct entry *, const struct change *);

/* For edit_commit and replay: keeps the hint that follows from a change of the entry, which is
 * being written: a refresh of another's record by an update. */
void renewal_follow(struct edit *, const struct entry *, const struct change *);

/* For replay: keeps the hints of an entry of kind refresh-ignored. False: the name in `*missing` is
 * not there. */
bool renewal_replay(struct edit *, const struct entry *, struct dns_name *missing);
