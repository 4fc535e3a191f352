/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A snapshot of the store for one thread: a transaction, and the zones, keys, groups and rules as
 * of that transaction. A reader renews its snapshot for each batch of packets. Where the settings
 * version has moved, the rows that changed are read again (store/settings.h); all of them only if
 * these are not known any more.
 */
#include "acl/group.h"
#include "acl/keyring.h"
#include "acl/realm.h"
#include "acl/rulebook.h"
#include "store/store.h"
#include "zonedb/zone.h"

/* Which zones the one who asks may be told of. */
struct snapshot_view {
	bool (*sees)(const void *context, const struct dns_name *apex);
	const void *context;
	bool is_short; /* a zone that it does not see would have been looked at */
};

struct snapshot {
	struct store_txn *txn;
	struct store_txn own; /* a reader's; the writer's snapshot uses its job's transaction */
	const struct store_key *store_key; /* what keys are unsealed with; NULL: none are */
	struct zoneset *zones;
	struct keyring *keys;
	struct groups *groups;
	struct rulebook *rules;
	struct realms *realms;
	uint64_t version;
	uint64_t loads, rows_read;  /* how often all was read, and how many rows again; for tests */
	bool is_loaded;             /* zones and keys are those of `version` */
	bool is_resting;            /* no snapshot is held */
	struct snapshot_view *view; /* the caller's, of a trial for somebody; NULL: all zones */
};

/* Initialises a reader's snapshot, which snapshot_close frees. The store key must remain valid. */
void snapshot_open(struct snapshot *, struct store *, const struct store_key *);
void snapshot_close(struct snapshot *);
/* Takes a new snapshot. False: the store failed (txn->error), and requests are to be answered with
 * SERVFAIL. */
bool snapshot_renew(struct snapshot *);
/* Whether the last snapshot_renew or snapshot_use succeeded, and nothing has failed since. */
static inline bool snapshot_is_whole(const struct snapshot *snapshot)
{
	return snapshot->is_loaded && snapshot->txn->error == STORE_OK;
}
/* Releases the snapshot until the next snapshot_renew, so that old pages can be used again. */
void snapshot_rest(struct snapshot *);

/* Whether what stands in the zone may be told; NULL: the zone is not here, or not known. Where the
 * view does not have it, that is noted there. */
bool snapshot_sees(const struct snapshot *, const struct zone *);

/* Makes the writer's snapshot use the transaction of the job. False as snapshot_renew. */
bool snapshot_use(struct snapshot *, struct store_txn *);
/* Discards what was loaded, after a transaction was aborted. */
void snapshot_forget(struct snapshot *);
