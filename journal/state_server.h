/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Settings and times of the server, as rows of decided state (journal/state.h, STATE_SERVER): a row
 * for each subject, a field for each setting. Reads: any thread; writes: for an entry of the log.
 *
 *      retention    age, size
 *      bin          keeps
 *      scavenging   the settings of `scavenge set`
 *      schedule     next, last, removed, duration-us
 *      clock        journal/clock_state.h
 *      era-N        journal/era.h
 *      realms       acl/realm.h
 *      log          pruned-to
 *
 * A field that was never set is absent; its reader has the default.
 */
#include "journal/state.h"

/* Reads a field as a number. False: the subject has no such field, or it is no number. */
bool server_number(struct store_txn *, const char *subject, const char *field, uint64_t *number);
/* A field's text, in the arena; NULL: there is none. */
const char *server_text(struct store_txn *, const char *subject, const char *field, struct arena *);
/* Sets the row of the subject to the fields that were written. */
void server_put(struct state_edit *, const char *subject, const struct state_row_writer *);
