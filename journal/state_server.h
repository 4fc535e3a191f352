/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Settings and times of the whole server, as rows of decided state (journal/state.h, STATE_SERVER):
 * a row a subject, a field a setting.
 *
 *      retention    age, size
 *      bin          keeps
 *      scavenging   the settings of `scavenge set`
 *      schedule     next, last, removed, duration-us
 *      clock        jumped-at, ahead, ahead-until
 *      log          pruned-to
 *
 * A field that was never set is absent: the reader knows what it is by default.
 */
#include "journal/state.h"

/* False: the subject has no such field, or it is no number. */
bool server_number(struct store_txn *, const char *subject, const char *field, uint64_t *number);
/* In the arena; NULL: there is none. */
const char *server_text(struct store_txn *, const char *subject, const char *field, struct arena *);
/* The subject's row as it is to be: a writer of its fields, then the row. */
void server_put(struct state_edit *, const char *subject, const struct state_row_writer *);
