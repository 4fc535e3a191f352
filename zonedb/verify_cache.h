/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The caches of zonedb/verify, of which bin list uses the first: the entries that were read last,
 * since the names of an import, in order, are all in the same few entries; and the set of records
 * of a name for which an entry was found. One thread.
 */
#include "journal/journal.h"

struct verify_cache;
struct verify_cache *verify_cache_new(void);
void verify_cache_free(struct verify_cache *);

/* Reads an entry, valid until the next call, and where in it the name's changes begin. NULL: there
 * is none, or it does not change the name. */
const struct entry *verify_cache_read(struct verify_cache *, struct store_txn *, uint64_t seq,
				      const struct dns_name *, size_t *at);

/* A set of records, bounded. Zero-initialised is empty. */
struct verify_seen {
	uint64_t *slots; /* parts of digests; 0: empty */
	size_t room, count;
};

/* Adds a record. True: the set did not have it. */
bool verify_seen_add(struct verify_seen *, uint16_t type, struct bytes rdata);
bool verify_seen_has(const struct verify_seen *, uint16_t type, struct bytes rdata);
/* Whether the set has reached its bound; then the rest of the name is not verified. */
bool verify_seen_is_full(const struct verify_seen *);
void verify_seen_clear(struct verify_seen *);
void verify_seen_free(struct verify_seen *);
