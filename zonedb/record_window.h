/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Windows of records that are not their zone's, as small numbers: a record and its place in the due
 * index hold 16 bits, the windows are stored once. The numbers are of this store alone, as those of
 * principals are, and stand in no entry of the log. Number 0: the record has its zone's windows.
 *
 * STORE_PRINCIPALS: 'w', number (2) -> no-refresh (4), refresh (4), seconds; 'v', these -> number.
 */
#include "journal/entry.h"
#include "store/store.h"

#define RECORD_WINDOW_ZONE 0

/* The windows' number, made if need be. Writer's thread. More than 65,535 fail the transaction. */
uint16_t record_window_intern(struct store_txn *, const struct record_windows *);

/* False: these windows have no number yet. */
bool record_window_find(struct store_txn *, const struct record_windows *, uint16_t *number);

/* 0 and 0 for the zone's. A number that is not there is an error of the transaction. */
struct record_windows record_window_get(struct store_txn *, uint16_t number);

/* The windows by which a record of this number ages in a zone that has `zone`'s. */
struct record_windows record_window_or(struct store_txn *, uint16_t number,
				       struct record_windows zone);
