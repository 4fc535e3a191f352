/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A portable backup that was made without TSIG keys. Entries of its log made
 * these keys, so the store agrees with its log only if it holds their rows, or if an entry says
 * that they were removed. Their rows are put back as the log left them, so that entries of another
 * store's log can be replayed; at the end one entry removes them. Keys of which the log no longer
 * says anything are not known, and are not put back.
 *
 * The store must not be open in another process. One thread.
 */
#include "vault/report.h"

/* False: `report->error`. */
bool keyless_bring_keys(struct store *, struct report *);

/* Appends the entry that removes the keys, with the time `now` in seconds, or that of the last
 * entry if it is later. `*taken` is how many keys were removed. False: `report->error` says why. */
bool keyless_take_keys(struct store *, uint64_t now, uint64_t *taken, struct report *);
