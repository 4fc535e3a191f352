/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An undoing that was asked for: which changes (revert.c chooses them), and its run
 * (undo.c), which is the same for all commands.
 */
#include "admin/command.h"
#include "zonedb/revert.h"
#include "zonedb/revert_rows.h"

struct undo {
	struct revert *revert;
	struct revert_rows *rows;
	const char *what;      /* "run 7", "entry 123": for the log and for people */
	uint64_t run;          /* the run that is undone as a whole; 0: no run is */
	bool has_deleted_zone; /* a deleted zone comes back */
	struct deleted_zone deleted_zone;
};

/* Nothing is taken yet; undo_end ends it. */
struct undo undo_begin(void);
void undo_end(struct undo *);
/* Changes that were taken, of records and of rows. */
size_t undo_count(const struct undo *);

/* With `plan` shows what would be done, else does it. */
enum call_code undo_run(struct call *, struct undo *);

/* Takes all changes of an entry, of records and of rows. */
enum call_code undo_take(struct call *, struct undo *, const struct entry *);
