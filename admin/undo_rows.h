/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What an undoing does to decided state (zonedb/revert_rows.h): shown as rows of the answer, and
 * written as entries of its run. For admin/undo.c. */
#include "admin/revert.h"

/* What is to be, into `rows`; `tell` may be NULL. */
void undo_rows_make(struct call *, struct undo *, struct state_edit *rows,
		    void (*tell)(void *context, const struct revert_row *), void *context,
		    struct revert_rows_result *);

/* A row of the answer, as those of records. A new reference. */
json_t *undo_rows_show(struct call *, const struct revert_row *);

/* Appends the rows as entries made from `as`: one for each zone, and one for what belongs to none.
 * Returns the first entry's seq; 0: nothing changes. */
uint64_t undo_rows_append(struct call *, struct state_edit *rows, const struct entry *as);
