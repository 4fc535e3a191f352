/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A portable backup that was made without TSIG keys. The log that it holds made them, so that the
 * store is what its log makes only while they are there, and when an entry says that they went:
 * their rows are put back as the log left them, which lets the log of another store go on from it;
 * at the end one entry takes them away. Keys of which the log no longer says anything are not
 * known, and stay away.
 *
 * For a store that nobody else has open.
 */
#include "vault/report.h"

/* False: `report->error`. */
bool keyless_bring_keys(struct store *, struct report *);

/* Appends the entry that removes the keys, with the time `now` in seconds, or that of the last
 * entry if it is later. `*taken` is how many keys were removed. False: `report->error` says why. */
bool keyless_take_keys(struct store *, uint64_t now, uint64_t *taken, struct report *);
