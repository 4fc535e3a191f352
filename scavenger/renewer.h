/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the latest renewal at a name (struct node_hint) says of a record there, by who may refresh
 * it now. Who renewed it in vain may have become its owner since, or be in one acting group with
 * it: then the renewal counts as the refresh that it was meant to be, and no live record goes
 * before its client comes again.
 *
 * It belongs to one thread and one read transaction. Groups are read at the first question, once.
 */
#include "acl/group.h"
#include "zonedb/node.h"

struct renewer {
	struct store_txn *txn;
	struct arena arena;
	struct groups *groups; /* NULL: not read yet */
	/* The last question; those of a zone mostly follow each other. */
	bool has_asked, may;
	uint32_t by, owner;
};

enum renewer_says {
	RENEWER_NOTHING,   /* the owner renewed another's record there */
	RENEWER_IN_VAIN,   /* somebody renewed it who may not refresh it */
	RENEWER_REFRESHES, /* who may refresh it now */
};

void renewer_begin(struct renewer *, struct store_txn *);
/* Frees what was read. */
void renewer_end(struct renewer *);
/* Of a record of this owner at the name. The hint is to count (zonedb/renewal.h). */
enum renewer_says renewer_says(struct renewer *, const struct node *, uint32_t owner);
