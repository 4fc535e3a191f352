/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An undo, as `audit revert`, `scavenge undo`, `record restore` and `zone restore` ask for it: the
 * set of changes, which each command chooses (revert.c), and the run that takes them back, which
 * is the same for all (undo.c). The thread of the call.
 */
#include "admin/command.h"
#include "zonedb/revert.h"
#include "zonedb/revert_rows.h"

struct undo {
	struct revert *revert;
	struct revert_rows *rows;
	const char *what;      /* "run 7", "entry 123": for the log and for people */
	uint64_t run;          /* the run that is undone as a whole; 0: no run is */
	size_t words;          /* entries taken that say settings in words: they stay */
	bool has_deleted_zone; /* a deleted zone comes back */
	struct deleted_zone deleted_zone;
};

/* An undo of no changes. The caller frees it by undo_end. */
struct undo undo_begin(void);
void undo_end(struct undo *);
/* How many changes of records and rows were taken. */
size_t undo_count(const struct undo *);

/* Takes the changes back, or with the argument `plan` only shows what would be done. CALL_NOTHING:
 * all is as it was before; CALL_FAILED: conflicts kept everything as it is. */
enum call_code undo_run(struct call *, struct undo *);

/* Adds all changes of an entry, of records and of rows, to the set. CALL_FAILED: they are too many.
 */
enum call_code undo_take(struct call *, struct undo *, const struct entry *);
