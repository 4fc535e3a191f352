/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What one thread sees: a transaction, and with it the zones, keys, groups and rules as of that
 * transaction. A reader renews its view for each batch of packets; zones and keys are loaded again
 * only when the settings version moved. One thread.
 */
#include "acl/group.h"
#include "acl/keyring.h"
#include "acl/rulebook.h"
#include "store/store.h"
#include "zonedb/zone.h"

struct view {
	struct store_txn *txn;
	struct store_txn own; /* a reader's; the writer's view uses its job's transaction */
	struct zoneset *zones;
	struct keyring *keys;
	struct groups *groups;
	struct rulebook *rules;
	uint64_t version;
	bool is_loaded;  /* zones and keys are those of `version` */
	bool is_resting; /* no snapshot is held */
};

/* A reader's view. */
void view_open(struct view *, struct store *);
void view_close(struct view *);
/* A fresh snapshot. False: the store failed (txn->error); answer SERVFAIL. */
bool view_renew(struct view *);
/* Whether the last view_renew (or view_use) gave a view, and nothing failed since. */
bool view_is_whole(const struct view *);
/* Lets go of the snapshot until the next view_renew, so that old pages can be used again. */
void view_rest(struct view *);

/* The writer's view: looks through the job's transaction. */
bool view_use(struct view *, struct store_txn *);
/* What was loaded may come from a transaction that was thrown away. */
void view_forget(struct view *);
