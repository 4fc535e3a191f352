/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What zonedb/verify keeps at hand: the entries that it read last, since the names of an import,
 * in order, are all in one of them; and which records of a name an entry was found for.
 */
#include "journal/journal.h"

struct verify_cache;
struct verify_cache *verify_cache_new(void);
void verify_cache_free(struct verify_cache *);

/* The entry, good until the next call, and where in it the name's changes begin. NULL: it is not
 * there or does not name it. */
const struct entry *verify_cache_read(struct verify_cache *, struct store_txn *, uint64_t seq,
				      const struct dns_name *, size_t *at);

/* A set of records, bounded. Zero-initialised is empty. */
struct verify_seen {
	uint64_t *slots; /* parts of digests; 0: empty */
	size_t room, count;
};

/* True: it was not in there before. */
bool verify_seen_add(struct verify_seen *, uint16_t type, struct bytes rdata);
bool verify_seen_has(const struct verify_seen *, uint16_t type, struct bytes rdata);
/* A name with more records in its past than anybody's: the rest of it is not looked at. */
bool verify_seen_is_full(const struct verify_seen *);
void verify_seen_clear(struct verify_seen *);
void verify_seen_free(struct verify_seen *);
