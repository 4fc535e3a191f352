/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Rows of decided state for fixtures, written without an entry of the log: so that a test's own
 * entries are the first. Writer's thread.
 */
#include "acl/group.h"
#include "acl/keyring.h"
#include "acl/rulebook.h"
#include "journal/run.h"
#include "journal/state_derived.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/reservation.h"
#include <assert.h>

static inline void rows_write(struct state_edit *rows)
{
	size_t count;
	const struct state_change *changes = state_edit_changes(rows, &count);
	state_write(rows->txn, changes, count, false);
	state_write(rows->txn, changes, count, true);
	arena_free(rows->arena);
}

#define ROWS_WRITE(txn, call)                                                                      \
	do {                                                                                       \
		struct arena rows_arena = {0};                                                     \
		struct state_edit rows_edit = state_edit_of(txn, &rows_arena), *rows = &rows_edit; \
		call;                                                                              \
		rows_write(rows);                                                                  \
	} while (0)

static inline void rows_zone_put(struct store_txn *txn, const struct zone *zone)
{
	ROWS_WRITE(txn, zone_put(rows, zone));
}

static inline void rows_zone_create(struct store_txn *txn, struct zone *zone)
{
	ROWS_WRITE(txn, zone_create(rows, zone));
}

static inline void rows_zone_delete(struct store_txn *txn, const struct zone *zone)
{
	ROWS_WRITE(txn, zone_delete(rows, zone));
}

static inline void rows_run_put(struct store_txn *txn, const struct run *run)
{
	ROWS_WRITE(txn, run_put(rows, run));
}

/* A run of which there is no entry yet. */
static inline struct run rows_run_begin(struct store_txn *txn, enum run_kind kind,
					enum run_state state, const struct entry *as)
{
	struct run run = run_new(txn, kind, state, as);
	rows_run_put(txn, &run);
	return run;
}

static inline void rows_group_put(struct store_txn *txn, const struct acl_group *group)
{
	ROWS_WRITE(txn, group_put(rows, group));
}

static inline bool rows_group_del(struct store_txn *txn, const char *name)
{
	bool was;
	ROWS_WRITE(txn, was = group_del(rows, name));
	return was;
}

static inline void rows_rules_put(struct store_txn *txn, uint32_t zone_id,
				  const struct dns_name *apex, const char *text)
{
	ROWS_WRITE(txn, rulebook_put(rows, zone_id, apex, text));
}

static inline void rows_reservation_put(struct store_txn *txn, const struct zone *zone,
					const struct dns_name *name, const char *owner)
{
	ROWS_WRITE(txn, reservation_put(rows, zone, name, owner));
}

static inline bool rows_reservation_drop(struct store_txn *txn, const struct zone *zone,
					 const struct dns_name *name)
{
	bool was;
	ROWS_WRITE(txn, was = reservation_drop(rows, zone, name));
	return was;
}

static inline void rows_key_put(struct store_txn *txn, const struct store_key *store_key,
				const struct keyring_key *key)
{
	bool is_put;
	ROWS_WRITE(txn, is_put = keyring_put(rows, store_key, key));
	assert(is_put);
	(void)is_put;
}

static inline bool rows_key_del(struct store_txn *txn, const struct dns_name *name)
{
	bool was;
	ROWS_WRITE(txn, was = keyring_del(rows, name));
	return was;
}
