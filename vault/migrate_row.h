/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Rows of schema 1, as tenure 0.1.0 packed them, put as the present schema has them: one row at a
 * time, from a table of the old store into a transaction of the new one. Nothing is ever written in
 * the old forms again.
 *
 * A row is taken whole or not at all: what 0.1.0 did not write (an unknown field, a field or a row
 * that stands twice, a length that ends too early or too late) is a sentence in `why`, because a
 * setting that is guessed is worse than a migration that stops.
 *
 * Tables are to be given in the order of `migrate_tables`: rows name principals and zones that came
 * before. The tables that are not there are indexes, which are made anew.
 */
#include "acl/keyring.h"
#include "acl/store_key.h"
#include "base/arena.h"
#include "store/store.h"
#include "zonedb/zone.h"

#define MIGRATE_TABLES 13
extern const enum store_table migrate_tables[MIGRATE_TABLES];

/* Settings and times of the server, which schema 1 had as words of STORE_META. Zero-initialised; it
 * collects them until migrate_server_settle puts the rows. */
#define MIGRATE_WORDS 13
struct migrate_server {
	struct {
		bool is_set;
		uint64_t number;
	} words[MIGRATE_WORDS];
	uint8_t calendar[4]; /* days, hour, minute, UTC; days 0: none */
};

struct migrate_row {
	struct store_txn *txn; /* into the new store */
	struct arena *arena;   /* of the row */
	struct migrate_server *server;
	const struct store_key *store_key; /* seals secrets */
	enum store_table table;
	struct bytes key, value;
	const char *why; /* what is wrong with the row; in the arena, or static */
};

/* False: `why`, or the transaction failed. */
bool migrate_row(struct migrate_row *);

/* What people know the row by: an apex, a word, a number. */
#define MIGRATE_NAME_MAX (DNS_NAME_TEXT_MAX + 32)
char *migrate_row_name(const struct migrate_row *, char out[MIGRATE_NAME_MAX]);

/* The rows of the settings, when all words were given. */
void migrate_server_settle(struct store_txn *, const struct migrate_server *, struct arena *);

/* The parts, for migrate_row.c and for who reads lines of 0.1.0 (vault/portable_first.c). */

/* A key whose secrets are not sealed yet; `row->key` is its name. When and from where it was used
 * last is local state: `at` 0: never. */
struct migrate_key_use {
	uint64_t at;
	struct bytes from;
};
bool migrate_key_settle(struct migrate_row *, const struct keyring_key *,
			const struct migrate_key_use *);

/* Says what is wrong; returns false. */
bool migrate_wrong(struct migrate_row *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Puts the rows that were collected, without an entry: entries that state them follow. */
bool migrate_settle(struct migrate_row *, struct state_edit *);
/* Rows of STORE_ZONES and STORE_META. */
bool migrate_zone(struct migrate_row *);
bool migrate_word(struct migrate_row *);
/* What a row of rules holds, and a deleted zone's at its end: 1 version, the apex in wire form,
 * then their text. */
bool migrate_rules_text(struct migrate_row *, const struct zone *, struct bytes_in *,
			struct bytes *text);
/* The fields of a zone's row. */
bool migrate_zone_unpack(struct migrate_row *, struct bytes packed, struct zone *);
/* A zone that was unpacked. */
bool migrate_zone_settle(struct migrate_row *, const struct zone *);
