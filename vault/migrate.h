/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A store of schema 1, as tenure 0.1.0 left it, made anew as the present schema has it. Names,
 * principals, the log with its digests, runs, keys and tombstones come over; zones, settings,
 * rules, reservations, groups and deleted zones become rows of decided state; indexes are made
 * anew. Then entries of one run state all rows (event `schema-migrate`), so that what reads rows
 * out of the log finds where they begin.
 *
 * The new store is made in a folder of its own and takes its place when it is whole and was
 * checked: a process that ends in between leaves the old one, which is migrated again.
 */
#include "acl/store_key.h"
#include "vault/place.h"

#define STORE_SCHEMA_0_1_0 1

struct migrate_options {
	const char *data;       /* the data folder */
	uint64_t map_size, now; /* seconds */
	bool keeps_old;         /* data.mdb stays as data.mdb.schema-1 */
};

/* Migrates the store in a data folder if it is of schema 1; `*did` says whether it was. False:
 * `report->error`; the store is as it was. */
bool migrate_store(const struct migrate_options *, bool *did, struct report *);

/* Whether a file is a store of schema 1. False also when it cannot be read. */
bool migrate_is_older(const char *file);

/* Fills the place with what the file holds, which is of schema 1; the store stays open. */
struct migrate_from {
	const char *file;
	uint64_t map_size, now;
	struct store_key *store_key; /* seals the secrets; gets a key if it has none */
};
bool migrate_into(struct place *, const struct migrate_from *, struct report *);

/* The parts, for migrate.c: one row of a table of schema 1, put as the present schema has it. */
struct migrate_row {
	struct store_txn *txn; /* into the new store */
	struct arena *arena;   /* of the row */
	struct migrate_server *server;
	const struct store_key *store_key;
	enum store_table table;
	struct bytes key, value;
};
/* False: the row makes no sense, or the transaction failed. */
bool migrate_row(const struct migrate_row *);

/* Settings of the server, which schema 1 had as words of STORE_META. */
#define MIGRATE_WORDS 13
struct migrate_server {
	struct {
		bool is_set;
		uint64_t number;
	} words[MIGRATE_WORDS];
	uint8_t calendar[4]; /* days, hour, minute, UTC; days 0: none */
};
void migrate_server_settle(struct store_txn *, const struct migrate_server *, struct arena *);
