/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Makes a store in a folder within the data folder, and then puts it into place by a rename, so
 * that the data folder holds a whole store or none. The data folder is locked meanwhile, so no
 * daemon starts in it. Root must become the owner of the data folder before (server/privilege.h),
 * since the owner could lead it elsewhere by links. One thread.
 */
#include "vault/report.h"

#define PLACE_FOLDER "being-made"
#define PLACE_OLDER  "older.mdb" /* a file in it that is migrated from */

struct place {
	char data[4096];   /* the data folder */
	char folder[4096]; /* where the new store is made */
	char kept[64];     /* the name under which an old file was kept; "" */
	int lock;
	bool made_lock;      /* its file was not there */
	struct store *store; /* opened by place_open_store */
};

/* Makes the data folder unless it exists, and locks it. False: `report->error` says why. In both
 * cases place_end ends it. */
bool place_begin(struct place *, const char *data, struct report *);
/* Whether the data folder has no store, or one without records, keys and log. False:
 * `report->error` says why not. */
bool place_is_free(struct place *, struct report *);
/* Opens the new store, `store`. A map size of 0 is the default. False: `report->error` says why. */
bool place_open_store(struct place *, uint64_t map_size, struct report *);
/* Closes the new store and puts it into place. An old data.mdb is renamed to `keep_as`, with a
 * number behind it if that exists; with NULL it is removed. False: `report->error` says why. */
bool place_commit(struct place *, const char *keep_as, struct report *);
/* Writes the new store once more, without free pages and what they held; it is closed for that, and
 * opened again. False: `report->error` says why. */
bool place_compact(struct place *, uint64_t map_size, struct report *);
/* Unlocks the data folder; removes a store that was not put into place, and the lock of a folder in
 * which nothing was made. */
void place_end(struct place *);
