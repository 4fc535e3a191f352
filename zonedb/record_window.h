/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Numbers of record windows: a record with aging windows of its own, and its entry in the due
 * index, hold a number of 16 bits, and a table the windows. The numbers belong to this store, as
 * those of principals, and are in no entry of the log. Number 0: the record has the windows of its
 * zone.
 *
 * STORE_PRINCIPALS: 'w', number (2) -> no-refresh (4), refresh (4), seconds; 'v', these -> number.
 */
#include "journal/entry.h"
#include "store/store.h"

#define RECORD_WINDOW_ZONE 0

/* The number of the windows, which is made if they have none. More than 65,535 numbers are an error
 * of the transaction. Writer's thread. */
uint16_t record_window_intern(struct store_txn *, const struct record_windows *);

/* The number of the windows. False: they have none. */
bool record_window_find(struct store_txn *, const struct record_windows *, uint16_t *number);

/* The windows with this number; 0 and 0 for number 0. An unknown number is an error of the
 * transaction. */
struct record_windows record_window_get(struct store_txn *, uint16_t number);

/* The windows by which a record of this number ages in a zone that has `zone`'s. */
struct record_windows record_window_or(struct store_txn *, uint16_t number,
				       struct record_windows zone);
