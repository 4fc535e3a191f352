/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Compares the records of the zones with the log, in two passes. Each pass goes in steps, so that
 * the verification of many names can renew its snapshot between two steps, or stop; a step may use
 * a later snapshot than the one before.
 *
 *      log to zones   each name that an entry changed has a node or a tombstone, whose last change
 *                     is that entry or a later one
 *      zones to log   each record is as the last entry about it left it, along its name's chain; no
 *                     record lacks an entry, and none is missing
 *
 * Memory is bounded by the records of one name and a few entries. A record that is older than the
 * log, which was pruned, cannot be compared, and is counted. One thread.
 */
#include "zonedb/zone.h"
#include "journal/journal.h"

#define VERIFY_TEXT_MAX (2 * DNS_NAME_TEXT_MAX + 256)

enum verify_step { VERIFY_ON, VERIFY_WHOLE, VERIFY_WRONG };

struct verify_fault {
	uint64_t seq;               /* of the entry that the zone contradicts; 0: of none */
	char text[VERIFY_TEXT_MAX]; /* "pc1.corp.example A 10.0.0.7: ..." */
};

struct verify {
	uint64_t names, records;
	uint64_t untold; /* records that are older than the log */
	struct verify_fault fault;
	/* Its own */
	struct zoneset *zones;
	size_t zone;
	struct dns_name last;
	bool has_last;
	struct verify_cache *cache;
};

void verify_start(struct verify *, struct store_txn *);
void verify_end(struct verify *);

/* Log to zones, one entry. False: the fault says what is wrong. */
bool verify_entry(struct verify *, struct store_txn *, const struct entry *);

/* Zones to log: about as many names as `most`. */
enum verify_step verify_zones(struct verify *, struct store_txn *, unsigned most);
