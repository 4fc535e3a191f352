/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Definitions that the files of the check share. */
#include "journal/journal.h"
#include "journal/state_verify.h"
#include "vault/check.h"
#include "zonedb/node.h"
#include "zonedb/owned_names.h"
#include "zonedb/ptr_verify.h"
#include "zonedb/zone.h"

struct check_zone {
	struct zone zone;
	bool is_dead;       /* a deleted zone, which has only tombstones */
	uint32_t cuts;      /* counted in its nodes */
	uint64_t dynamic;   /* records */
	uint64_t unindexed; /* serials of the log, since it was deleted last, that no index has */
	uint32_t unindexed_serial;
};

struct check {
	struct store_txn txn;
	struct report *report;
	struct check_counts *counts;
	struct arena arena;       /* of the row */
	struct check_zone *zones; /* by id */
	size_t zone_count, zone_room, zone_last;
	bool *has_principal; /* by id */
	size_t principal_room;
	uint64_t first_seq, last_seq;
	/* The entry that was read last, and where in it: names that came together lie together. */
	struct entry entry;
	struct arena entry_arena;
	size_t entry_at;
	/* The log that is looked at, where it begins, and what its indexes must hold in all. */
	enum journal_log log;
	uint64_t log_first_seq, indexed, mentions;
	bool is_log_damaged;
	struct state_verify state; /* what the log made of rows of decided state */
	bool has_zone_owners;      /* a store of before them gets them when a server starts on it */
	bool has_owned_names;      /* a store of before the counts likewise */
	struct names_tally tally;  /* names of each owner */
	struct hash_table clients; /* names of each unsigned client */
	struct arena client_arena;
	struct ptr_verify ptr; /* derived PTR, and the index of addresses */
	struct arena ptr_arena;
	/* The table that store_scan is reading. */
	enum store_table table;
};

enum check_got { CHECK_THERE, CHECK_ABSENT, CHECK_DAMAGED };

/* Reads a row as store_get, but errors do not stick to the transaction. */
enum check_got check_get(struct check *, enum store_table, struct bytes key, struct bytes *value);

/* Reports a finding about a row of a table, with the zone and the name of its key. */
void check_find(struct check *, enum store_table, struct bytes key, const char *what);

/* The zone, or deleted zone, with this id; NULL: there is none. */
struct check_zone *check_zone_by_id(struct check *, uint32_t id);

/* The zone and the name of a key that begins with a zone's id. NULL: there is no such zone, or the
 * rest is no name. */
struct check_zone *check_place(struct check *, struct bytes key, struct dns_name *name);

/* Whether the table is an index, which repair can make again. */
bool check_is_index(enum store_table);

/* The parts, in this order. */
void check_rows(struct check *);
void check_zones(struct check *);
void check_principals(struct check *);
void check_nodes(struct check *);
void check_owners(struct check *);
/* Counts a name for its owners, for check_owners; `key` is its node's. */
void check_owned_name(struct check *, uint32_t zone_id, const struct node *, struct bytes key);
void check_indexes(struct check *);
void check_state_begin(struct check *);
void check_log(struct check *);
void check_state(struct check *);
