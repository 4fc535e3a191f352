/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The undo of decided state (zonedb/revert_rows.h) in a call: shown as rows of the answer, and
 * written as entries of the undo's run. For admin/undo.c alone.
 */
#include "admin/revert.h"

/* Puts the rows as they are to be into `rows`. `tell` is called for each change and conflict; it
 * may be NULL. */
void undo_rows_make(struct call *, struct undo *, struct state_edit *rows,
		    void (*tell)(void *context, const struct revert_row *), void *context,
		    struct revert_rows_result *);

/* The row of the answer for one change or conflict. The caller owns the reference. */
json_t *undo_rows_show(struct call *, const struct revert_row *);

/* Appends entries made from `as` with these rows: one for each zone, and one for rows that belong
 * to no zone. Returns the seq of the first; 0: nothing changes. Writer's thread. */
uint64_t undo_rows_append(struct call *, struct state_edit *rows, const struct entry *as);
