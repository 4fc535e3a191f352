/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The settings version: a number that moves with each row that threads keep copies of (zones, keys,
 * groups, rules). The store remembers in memory which rows the last SETTINGS_REMEMBERED versions
 * changed, so that who has a copy of an older version reads those rows again, and not all.
 *
 * A version that was not committed is used again by the next transaction that changes something:
 * what was remembered of it is replaced before anybody else reads it.
 */
#include "store/store.h"

#define SETTINGS_REMEMBERED 1024

uint64_t store_settings_version(struct store_txn *);

/* Says that a row has changed, and moves the version: `table` is a number of the caller's, and
 * `key` of at most STORE_ROW_KEY_MAX bytes. In the transaction of the change. */
void store_settings_changed(struct store_txn *, unsigned table, struct bytes key);

/*
 * Calls `each` for the rows that changed after version `since`, up to that of the transaction, one
 * after another; a row may come more than once. False: they are not remembered, and all must be
 * read again. Any thread; `each` must not change settings.
 */
MUST_USE bool store_settings_since(struct store_txn *, uint64_t since,
				   void (*each)(void *context, unsigned table, struct bytes key),
				   void *context);

/* How many transactions that changed settings were thrown away: copies that the writer's thread
 * made in one are not true. */
uint64_t store_settings_dropped(const struct store *);

/* For the files of store/ alone. */
struct settings;
struct settings *settings_new(void);
void settings_free(struct settings *);
/* The transaction was thrown away. */
void settings_drop(struct store_txn *);
