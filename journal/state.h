/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Decided state: all that decides what the server does and is no record of a zone. Zones and their
 * settings, rules, reservations, groups, keys, runs, settings of the server, notes. Each piece is a
 * row (journal/state_row.h) in one of the tables below. Every change of a row is part of an entry
 * of the log, with the old row and the new one: journal_append writes the entry and the rows
 * together, replay writes the rows of an entry again, and nothing else writes these tables
 * (tests/lint/state checks that; those who make a store anew use state_settle).
 *
 * What is derived from rows is written with them: a zone's number to its apex, the highest numbers
 * of zones and runs, a zone's held and last run; with a zone's row go its cuts, due index, serial
 * index, owners and counts.
 *
 * A caller collects the changes of one entry in a `state_edit`, hands it to the entry (`rows`), and
 * appends the entry:
 *
 *      struct state_edit rows = state_edit_of(txn, arena);
 *      zone_put(&rows, &zone);
 *      entry.rows = state_edit_changes(&rows, &entry.row_count);
 *      journal_append(txn, &entry, arena);
 *
 * Nothing is stored before journal_append. Writer's thread; reading: any thread.
 */
#include "base/arena.h"
#include "dns/name.h"
#include "journal/state_row.h"
#include "store/store.h"

/* Numbers of the log's format: never used again for another table. */
enum state_table {
	STATE_ZONE = 1,     /* apex: settings, number, freeze, available time */
	STATE_DELETED_ZONE, /* apex and number: what is left of a deleted zone */
	STATE_RULES,        /* zone's number: the text of its rules */
	STATE_RESERVATION,  /* zone's number and name: for whom it is kept */
	STATE_GROUP,        /* name without `@`: members */
	STATE_KEY,          /* name: algorithm, sealed secret */
	STATE_RUN,          /* number: what it is, how it stands, what it was judged by */
	STATE_SERVER,       /* word: retention, bin, scavenging, schedule, clock */
	STATE_NOTE,         /* zone's number and name: an administrator's text */
	STATE_TABLES
};

struct state_change {
	enum state_table table;
	struct bytes key;      /* as the store's table has it */
	bool has_old, has_new; /* the row was there, will be there */
	struct bytes old, new;
};

struct state_edit {
	struct store_txn *txn;
	struct arena *arena; /* must outlive the entry */
	struct state_change *changes;
	size_t count, room;
};

struct state_edit state_edit_of(struct store_txn *, struct arena *);

/* The row as it will be: key and row are copied. A row put twice counts once; one that ends as it
 * is stored is no change. */
void state_put(struct state_edit *, enum state_table, struct bytes key, struct bytes row);
/* The row will not be there. False: it is not there now. */
bool state_del(struct state_edit *, enum state_table, struct bytes key);
/* The row as it will be, else as it is stored. False: it will not be, or is not, there. */
bool state_see(struct state_edit *, enum state_table, struct bytes key, struct bytes *row);

/* Changes that were collected before, for the same entry. */
void state_edit_take(struct state_edit *, const struct state_change *, size_t count);

/* What differs, for an entry; in the order of the first touch. */
const struct state_change *state_edit_changes(struct state_edit *, size_t *count);

/* The stored row, in the map. False: it is not there, or an error of the transaction. */
bool state_get(struct store_txn *, enum state_table, struct bytes key, struct bytes *row);

/* All rows of a table whose key begins with `prefix`, in order of their keys. */
struct state_walk {
	struct store_walk walk;
	enum state_table table;
};
void state_walk_from(struct state_walk *, struct store_txn *, enum state_table,
		     struct bytes prefix);
/* All rows of a table whose key is `key` or above it; an empty key begins with the first. */
void state_walk_above(struct state_walk *, struct store_txn *, enum state_table, struct bytes key);
bool state_walk_next(struct state_walk *, struct bytes *key, struct bytes *row);
void state_walk_end(struct state_walk *);

/*
 * For journal_append and replay alone. state_check: whether each row is stored as the change says
 * that it was; the first that is not is `*wrong`. state_write: puts what will be there; then, with
 * `removals`, removes what will not (after the records of the entry, which may be of a zone that
 * ends).
 */
bool state_check(struct store_txn *, const struct state_change *, size_t count, size_t *wrong);
void state_write(struct store_txn *, const struct state_change *, size_t count, bool removals);

/* For who makes a store anew (restore, repair, migration): a row as it was in another store. */
void state_settle(struct store_txn *, enum state_table, struct bytes key, struct bytes row);

/* Which row stands under a key of the store's table; `key` lies in `stored`. False: no row of
 * decided state does. */
bool state_of_stored(enum store_table, struct bytes stored, enum state_table *, struct bytes *key);
/* The store's table that its rows stand in. */
enum store_table state_stored_in(enum state_table);

/* "zone", "rules", ...; NULL: no such table. */
const char *state_table_name(enum state_table);

/* The key in words: a name, a word, a number. `apex` completes names that are stored below a zone's
 * number; NULL: the number is printed. Returns `out`. */
#define STATE_KEY_TEXT_MAX (2 * DNS_NAME_TEXT_MAX + 16)
char *state_key_print(enum state_table, struct bytes key, const struct dns_name *apex,
		      char out[STATE_KEY_TEXT_MAX]);

/* The zone's number that the key begins with; 0: keys of this table do not. */
uint32_t state_key_zone(enum state_table, struct bytes key);

/* Keys. Each returns a key in `buffer`. */
#define STATE_KEY_MAX STORE_KEY_MAX
struct bytes state_key_apex(const struct dns_name *apex, uint8_t buffer[STATE_KEY_MAX]);
struct bytes state_key_deleted(const struct dns_name *apex, uint32_t id,
			       uint8_t buffer[STATE_KEY_MAX]);
struct bytes state_key_id(uint32_t zone_id, uint8_t buffer[STATE_KEY_MAX]);
struct bytes state_key_number(uint64_t number, uint8_t buffer[STATE_KEY_MAX]);
struct bytes state_key_word(const char *word);
