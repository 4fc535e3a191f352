/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the words of a row of decided state (journal/state_row.h) mean to who shows or compares
 * them: which are lists, times and secrets; and the row's key as text. Pure; any thread.
 */
#include "journal/entry.h"

/* Whether the field's word may occur several times in a row, as the members of a group. */
bool state_words_is_list(enum state_table, const struct state_row_field *);
/* Whether the field's value is sealed, or a secret: it is not shown. */
bool state_words_is_sealed(enum state_table, const struct state_row_field *);
/* Whether the field's value is a time, in seconds since 1970. */
bool state_words_is_time(enum state_table, const struct state_row_field *);

/* Whether the field's value is a number of seconds, or of bytes, which people write with a unit. */
bool state_words_is_duration(enum state_table, const struct state_row_field *);
bool state_words_is_size(enum state_table, const struct state_row_field *);

/* A value as people write it, in the arena: "30d", "1G", "none", "2026-01-05T09:00:00Z", "sealed".
 * NULL: it says what it says, or is a time that was never set. */
const char *state_words_value(enum state_table, const struct state_row_field *, struct arena *);

/* The key as text in the arena. A name is complete if the entry or the row names its zone. `entry`
 * may be NULL. */
const char *state_words_key(const struct entry *, const struct state_change *, struct arena *);
