/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The window classes of what an administrator's command stamps: a record takes that which its owner
 * would get (nameserver/owner_window.h). Writer's thread, for one transaction; zero-initialised at
 * first.
 */
#include "admin/command.h"
#include "nameserver/owner_window.h"

struct stamped {
	struct store_txn *txn;
	struct snapshot look;
	struct owner_window *windows; /* NULL: it has not begun */
};

/* Begins with a transaction, also after another one; the zone must remain valid. stamped_end frees.
 */
void stamped_begin(struct stamped *, struct call *, struct store_txn *, const struct zone *);
void stamped_end(struct stamped *);

/* Gives a dynamic record, which has its owner and class, its window class. */
void stamped_give(struct stamped *, const struct edit_name *, uint16_t type, struct edit_record *);
