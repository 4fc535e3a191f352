/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An entry's changes of decided state (journal/state.h) in words: for each row its table, its key,
 * and its fields before and after. Values are text as `zone set` and its like take them; times are
 * times; a word that may stand several times has an array; what is sealed is "sealed". For the
 * files of journal/ that make events, and for whoever shows a row.
 */
#include "journal/entry.h"
#include <jansson.h>

/* The fields of a row. A new reference. */
json_t *event_row(enum state_table, struct bytes row, struct arena *);

/* Whether the word may stand several times, so that each value is a thing of its own. */
bool event_row_is_list(enum state_table, const struct state_row_field *);
/* Whether the field is shown as "sealed". */
bool event_row_is_sealed(enum state_table, const struct state_row_field *);

/* The key in words, complete where the entry, or the row itself, says in which zone it is. */
const char *event_row_key(const struct entry *, const struct state_change *, struct arena *);

/* Sets `rows`, an array, if the entry has any. Of rows that are longer than `most` bytes together
 * those that still fit are in it, and `rows_cut` counts the others. */
#define EVENT_ROWS_WHOLE SIZE_MAX
#define EVENT_ROWS_LINE  (100 * 1024) /* whatever JSON makes of these bytes fits a frame */
void event_rows(json_t *, const struct entry *, size_t most, struct arena *);
