/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Principals as small ids: a record stores 32 bits, the text is stored once. Ids are never used
 * again. Id 0 is `anonymous`, always.
 */
#include "base/arena.h"
#include "store/store.h"

#define PRINCIPAL_ANONYMOUS 0

/* The id of a principal's text; false: it has none yet. */
bool principal_find(struct store_txn *, const char *text, uint32_t *id);

/* The same, made if need be. Writer's thread. */
uint32_t principal_intern(struct store_txn *, const char *text);

/* The id that principal_intern would give it now; writes nothing. */
uint32_t principal_expect(struct store_txn *, const char *text);

/* The text of an id, in the arena; "unknown:ID" and an error of the transaction if there is none.
 */
const char *principal_text(struct store_txn *, uint32_t id, struct arena *);

/* Both rows of a principal under an id of its own: for who makes a store anew. */
void principal_put(struct store_txn *, uint32_t id, const char *text);
