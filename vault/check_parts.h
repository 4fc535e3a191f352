/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What the files of the check share. Nobody else includes it. */
#include "journal/journal.h"
#include "journal/state_verify.h"
#include "vault/check.h"
#include "zonedb/node.h"
#include "zonedb/zone.h"

struct check_zone {
	struct zone zone;
	bool is_dead;       /* a deleted zone: its tombstones are there, and nothing else */
	uint32_t cuts;      /* that its nodes say */
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
	/* What the indexes of the log must hold in all. */
	uint64_t indexed, mentions;
	bool is_log_damaged;
	struct state_verify state; /* what the log made of rows of decided state */
	bool has_zone_owners;      /* a store of before them gets them when a server starts on it */
	/* The row under the eye of store_scan. */
	enum store_table table;
};

enum check_got { CHECK_THERE, CHECK_ABSENT, CHECK_DAMAGED };

/* store_get whose errors do not stick. */
enum check_got check_get(struct check *, enum store_table, struct bytes key, struct bytes *value);

/* A finding about a row of a table: its key says which zone and name. */
void check_find(struct check *, enum store_table, struct bytes key, const char *what);

/* NULL: no zone has this id. A dead one is one that has no rows but tombstones. */
struct check_zone *check_zone_by_id(struct check *, uint32_t id);

/* Zone and name of a key that begins with a zone's id; NULL: there is no such zone, or name. */
struct check_zone *check_place(struct check *, struct bytes key, struct dns_name *name);

/* Whether an index can be made anew from the rest. */
bool check_is_index(enum store_table);

/* The parts, in this order. */
void check_rows(struct check *);
void check_zones(struct check *);
void check_principals(struct check *);
void check_nodes(struct check *);
void check_indexes(struct check *);
void check_state_begin(struct check *);
void check_log(struct check *);
void check_state(struct check *);
