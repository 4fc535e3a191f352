/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Where a store is made before it takes its place: a folder in the data folder, which nobody takes
 * for a store. A store is there whole, or not at all; the data folder is held meanwhile, so that no
 * daemon starts in it. Root makes none in the folder of another user, who could lead it elsewhere
 * by links: it becomes that user before (server/privilege.h).
 */
#include "vault/report.h"

#define PLACE_FOLDER "being-made"

struct place {
	char data[4096];   /* the data folder */
	char folder[4096]; /* where the new store is made */
	char kept[64];     /* the name under which an old file was kept; "" */
	int lock;
	struct store *store; /* opened by place_open_store */
};

/* Makes the data folder if need be, holds it. False: `report` says why. */
bool place_begin(struct place *, const char *data, struct report *);
/* Refuses a data folder that holds something: records, keys or a log. */
bool place_is_free(struct place *, struct report *);
/* The store that is being made; map size 0 is the default. */
bool place_open_store(struct place *, uint64_t map_size, struct report *);
/* Closes the store and puts it in place. `keep_as` is the name under which an old data.mdb stays
 * (with a number behind it, if that is taken); NULL: it is empty, and goes. */
bool place_commit(struct place *, const char *keep_as, struct report *);
/* Ends it; what was made, and not put in place, is removed. */
void place_end(struct place *);
