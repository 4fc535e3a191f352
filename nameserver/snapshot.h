/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What one thread sees: a transaction, and with it the zones, keys, groups and rules as of that
 * transaction. A reader renews its snapshot for each batch of packets; zones and keys are loaded
 * again only when the settings version moved. One thread.
 */
#include "acl/group.h"
#include "acl/keyring.h"
#include "acl/rulebook.h"
#include "store/store.h"
#include "zonedb/zone.h"

struct snapshot {
	struct store_txn *txn;
	struct store_txn own; /* a reader's; the writer's snapshot uses its job's transaction */
	const struct store_key *store_key; /* what keys are unsealed with; NULL: none are */
	struct zoneset *zones;
	struct keyring *keys;
	struct groups *groups;
	struct rulebook *rules;
	uint64_t version;
	bool is_loaded;  /* zones and keys are those of `version` */
	bool is_resting; /* no snapshot is held */
};

/* A reader's snapshot; the store key must outlive it. */
void snapshot_open(struct snapshot *, struct store *, const struct store_key *);
void snapshot_close(struct snapshot *);
/* A fresh snapshot. False: the store failed (txn->error); answer SERVFAIL. */
bool snapshot_renew(struct snapshot *);
/* Whether the last snapshot_renew (or snapshot_use) gave a snapshot, and nothing failed since. */
bool snapshot_is_whole(const struct snapshot *);
/* Lets go of the snapshot until the next snapshot_renew, so that old pages can be used again. */
void snapshot_rest(struct snapshot *);

/* The writer's snapshot: looks through the job's transaction. */
bool snapshot_use(struct snapshot *, struct store_txn *);
/* What was loaded may come from a transaction that was thrown away. */
void snapshot_forget(struct snapshot *);
