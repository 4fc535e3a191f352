/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * By which windows records age that stand in a zone, as rules and groups are: for administrators,
 * who stamp records of others, and for plans. A record gets the windows that its owner would give
 * it by sending it again (acl/policy_window.h), from any address. Of a group that acts each member
 * is asked, a pattern as a name; where they differ it is not known, and where a rule goes by the
 * address from which an update came. Any thread, with its own snapshot.
 */
#include "acl/policy_window.h"
#include "nameserver/core.h"
#include "nameserver/snapshot.h"
#include "zonedb/node.h"

struct owner_window;

/* Core, snapshot and zone must remain valid. `rules` and `groups` stand for those of the snapshot;
 * NULL: they are those. owner_window_close() frees it. */
struct owner_window_of {
	struct core *core;
	const struct snapshot *snapshot;
	const struct zone *zone;
	const struct rules *rules;
	const struct groups *groups;
};
struct owner_window *owner_window_open(const struct owner_window_of *);
/* NULL: nothing. */
void owner_window_close(struct owner_window *);

/* Whether any rule or group of these has a window. */
bool owner_window_is_used(const struct owner_window *);

/* The record as it is stored at the name. False: it is not known. What is found is valid until the
 * next call. */
struct owner_window_ask {
	const struct dns_name *name;
	const struct node *node; /* NULL: the name is not there yet */
	uint16_t type;
	struct node_record record;
};
bool owner_window_find(struct owner_window *, const struct owner_window_ask *,
		       struct policy_window *);

/* The same as the number of the windows (zonedb/record_window.h), made in the transaction where
 * there is none; that of the record where it is not known. Writer's thread. */
uint16_t owner_window_number(struct owner_window *, struct store_txn *,
			     const struct owner_window_ask *);
