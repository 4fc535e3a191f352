/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Decided state: everything that decides what the server does, except the records of zones: zones
 * and their settings, rules, reservations, groups, keys, runs, settings of the server, notes. It
 * consists of rows (journal/state_row.h) in the tables below. Every change of a row is part of an
 * entry of the log, with the old row and the new one. journal_append writes entry and rows
 * together, replay writes the rows of an entry again, and nothing else writes these tables
 * (tests/lint/state checks that), except state_settle, by which tools make a store.
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
#include "base/must_use.h"
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
	/* It was there as it is, and no earlier entry says it: a statement, with a new side alone
	 * (vault/restate.h). */
	bool is_stated;
	struct bytes old, new;
};

struct state_edit {
	struct store_txn *txn;
	struct arena *arena; /* must outlive the entry */
	struct state_change *changes;
	size_t count, room;
};

struct state_edit state_edit_of(struct store_txn *, struct arena *);

/* Sets a row; key and row are copied. Of several calls for one row the last counts; a row that is
 * then as it is stored is no change. */
void state_put(struct state_edit *, enum state_table, struct bytes key, struct bytes row);
/* Removes a row. False: there is none. */
bool state_del(struct state_edit *, enum state_table, struct bytes key);
/* Reads a row as the edit has it, otherwise as it is stored. False: there is none. */
MUST_USE bool state_see(struct state_edit *, enum state_table, struct bytes key, struct bytes *row);

/* Adds changes that were collected before for the same entry. */
void state_edit_take(struct state_edit *, const struct state_change *, size_t count);

/* The rows that change, for an entry, in the order in which they were first set. In the arena. */
const struct state_change *state_edit_changes(struct state_edit *, size_t *count);

/* Reads a stored row, which lies in the map. False: there is none, or the transaction failed. */
MUST_USE bool state_get(struct store_txn *, enum state_table, struct bytes key, struct bytes *row);

/* The closest apex of a zone's row at or above a name, of whose last labels `*labels` are looked
 * at; it is set to the labels of the apex. By two or three looks, however long the name. False:
 * there is none. */
MUST_USE bool state_zone_closest(struct store_txn *, const struct dns_name *, unsigned *labels);

/* A walk over stored rows in the order of their keys, which state_walk_end ends. */
struct state_walk {
	struct store_walk walk;
	enum state_table table;
};
/* Begins a walk over the rows whose key begins with `prefix`. */
void state_walk_from(struct state_walk *, struct store_txn *, enum state_table,
		     struct bytes prefix);
/* Begins a walk over the rows whose key is `key` or above it; an empty key is below all. */
void state_walk_above(struct state_walk *, struct store_txn *, enum state_table, struct bytes key);
MUST_USE bool state_walk_next(struct state_walk *, struct bytes *key, struct bytes *row);
void state_walk_end(struct state_walk *);

/*
 * For journal_append and replay alone. state_check: whether each row is stored as `old` says
 * (a stated one may be stored in any way); otherwise `*wrong` is the index of the first that is
 * not. state_write without `removals` puts the new rows, with it removes the rows that go: that
 * must follow the changes of the entry's records, which may be of a zone that is deleted.
 */
MUST_USE bool state_check(struct store_txn *, const struct state_change *, size_t count,
			  size_t *wrong);
void state_write(struct store_txn *, const struct state_change *, size_t count, bool removals);

/* Writes a row without an entry, for the tools that make a store (restore, repair, migration). */
void state_settle(struct store_txn *, enum state_table, struct bytes key, struct bytes row);

/* The table and the key of a row of decided state that the store has under the key `stored`; `key`
 * lies in `stored`. False: it is no such row. */
bool state_of_stored(enum store_table, struct bytes stored, enum state_table *, struct bytes *key);
/* The table of the store that holds its rows. */
enum store_table state_stored_in(enum state_table);

/* "zone", "rules", ...; NULL: no such table. */
const char *state_table_name(enum state_table);

/* Writes the key as text: a name, a word or a number. `apex` completes a name that is stored under
 * the number of its zone; NULL: the number is printed. Returns `out`. */
#define STATE_KEY_TEXT_MAX (2 * DNS_NAME_TEXT_MAX + 16)
char *state_key_print(enum state_table, struct bytes key, const struct dns_name *apex,
		      char out[STATE_KEY_TEXT_MAX]);

/* The zone's number with which the key begins; 0: keys of this table have none. */
uint32_t state_key_zone(enum state_table, struct bytes key);

/* Keys of the tables; each function returns a key that lies in `buffer`. */
#define STATE_KEY_MAX STORE_ROW_KEY_MAX
struct bytes state_key_apex(const struct dns_name *apex, uint8_t buffer[STATE_KEY_MAX]);
struct bytes state_key_deleted(const struct dns_name *apex, uint32_t id,
			       uint8_t buffer[STATE_KEY_MAX]);
struct bytes state_key_id(uint32_t zone_id, uint8_t buffer[STATE_KEY_MAX]);
struct bytes state_key_number(uint64_t number, uint8_t buffer[STATE_KEY_MAX]);
struct bytes state_key_word(const char *word);
