/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Ids of principals: a record stores an id of 32 bits, and a table the text. Ids are never used
 * again; 0 is `anonymous`. Reads: any thread, with its own transaction.
 */
#include "base/arena.h"
#include "journal/entry.h"
#include "store/store.h"

#define PRINCIPAL_ANONYMOUS 0

/* Whether a record is nobody's: it is static without an owner, or derived. */
static inline bool principal_is_nobody(uint32_t owner, enum record_class class)
{
	return owner == PRINCIPAL_ANONYMOUS && (class == RECORD_STATIC || class == RECORD_DERIVED);
}

/* The id of a principal. False: it has none. */
bool principal_find(struct store_txn *, const char *text, uint32_t *id);

/* The id of a principal, which is made if it has none. Writer's thread. */
uint32_t principal_intern(struct store_txn *, const char *text);

/* The id that principal_intern would return now; writes nothing. */
uint32_t principal_expect(struct store_txn *, const char *text);

/* The text of an id, in the arena; "unknown:ID" and an error of the transaction if there is none.
 */
const char *principal_text(struct store_txn *, uint32_t id, struct arena *);

/* Stores a principal under a given id, for the tools that make a store. */
void principal_put(struct store_txn *, uint32_t id, const char *text);
