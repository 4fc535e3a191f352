/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Makes a store of schema 1, as tenure 0.1.0 left it, anew as the present schema has it. Names,
 * principals, the log with its digests, runs, keys and tombstones come over; zones, settings,
 * rules, reservations, groups and deleted zones become rows of decided state; secrets are sealed;
 * indexes are made anew (vault/migrate_row.h). Then entries of one run state all rows
 * (vault/restate.h), so that what reads rows out of the log finds where they begin. The last step
 * is a copy without free pages.
 *
 * The old file is looked at page by page before LMDB reads it, and is only read. The new store is
 * made in a folder of its own, checked, and takes its place by one rename: a process that ends at
 * any point leaves the old store or the new one, whole, and the next start does what is left.
 */
#include "acl/store_key.h"
#include "vault/place.h"

#define MIGRATE_KEPT_AS "data.mdb.schema-1"

struct migrate_options {
	const char *data;       /* the data folder */
	uint64_t map_size, now; /* seconds */
	bool keeps_old;         /* the old file stays as MIGRATE_KEPT_AS */
};

/* Whether the data folder holds a store of schema 1. False also when that cannot be read: opening
 * the store says why. */
bool migrate_is_needed(const char *data);

/* Migrates the store in the data folder; does nothing if another process did it meanwhile.
 * False: `report->error` says why, and the old store is as it was. */
bool migrate_store(const struct migrate_options *, struct report *);

/* Fills the place with what a file of schema 1 holds; the new store stays open in it. */
struct migrate_from {
	const char *file;
	const char *called; /* the file's name in what is said */
	uint64_t map_size, now;
	struct store_key *store_key; /* seals the secrets; gets a key if it has none */
	bool states_later;           /* the caller states the rows, or replays who did */
};
bool migrate_into(struct place *, const struct migrate_from *, struct report *);
