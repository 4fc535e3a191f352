/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes an entry's changes of decided state (journal/state.h) as JSON: for each row its table, its
 * key, and its fields before and after. Values are texts as `zone set` and similar commands take
 * them; times are in RFC 3339; a word that may occur several times has an array; a sealed value is
 * "sealed". Pure; any thread. The caller owns each reference that is returned.
 */
#include "journal/entry.h"
#include <jansson.h>

/* The fields of a row, an object. */
json_t *event_row(enum state_table, struct bytes row, struct arena *);

/* Sets the member `rows`, an array, if the entry has rows. If they are longer than `most` bytes
 * together, it has those that fit, and `rows_cut` is the number of the others. */
#define EVENT_ROWS_WHOLE SIZE_MAX
#define EVENT_ROWS_LINE  (100 * 1024) /* as JSON, this still fits into a frame */
void event_rows(json_t *, const struct entry *, size_t most, struct arena *);
