/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The store: one LMDB environment, its tables, and transactions whose errors stick.
 *
 * Only this folder knows LMDB. Values carry a CRC-32C of key and value behind them, added by
 * store_put and checked by every read: what comes out is what went in, or an error that sticks.
 * Bytes that a read gives lie in the map, and are valid until the transaction ends (in a write
 * transaction: until the next put or del).
 *
 * After an error a transaction's calls do nothing and find nothing; look once, at the end
 * (store_commit, or txn->error for a read). A read transaction belongs to one thread; write
 * transactions are begun by the writer's thread alone (store/writer.h), or by offline tools.
 *
 * A commit that fails leaves the store as it was, and the next one may succeed: a full map is met
 * with STORE_FULL, a full disk with STORE_DISK_FULL until there is room again, and a file system
 * that became read-only with STORE_READ_ONLY: then the environment is opened for reading alone, so
 * that queries go on, and for writing again when it can be. Where LMDB gives its environment up
 * (its head page could not be written), the writer's thread parks the readers, opens the
 * environment anew and lets them go on. A process that sets RLIMIT_FSIZE must ignore SIGXFSZ.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include <stdbool.h>
#include <stdint.h>

#define STORE_SCHEMA_VERSION 2
#define STORE_SCHEMA_0_1_0   1 /* vault/migrate.h */
#define STORE_FORMAT         1 /* data version of LMDB, of which 0.9 has 1 */
#define STORE_ROW_KEY_MAX    511
#define STORE_MAP_DEFAULT    (16ull << 30)
#define STORE_MAP_MOST       (64ull << 40)
#define STORE_ERROR_MAX      512

enum store_table {
	STORE_META,       /* word -> schema version, ids, chain head, settings version, schedules */
	STORE_ZONES,      /* apex in key form -> settings (zonedb/zone.h) */
	STORE_NODES,      /* zone id, name -> all records of the name (zonedb/node.h) */
	STORE_CUTS,       /* zone id, name -> nothing: delegation and DNAME points */
	STORE_TOMBSTONES, /* zone id, name -> seq of the change that removed the name's last record
			   */
	STORE_DUE,        /* zone id, window class, oldest stamp, name -> nothing (zonedb/due.h) */
	STORE_ADDRESSES,  /* address, name, zone id -> TTL: of which PTR are derived
			     (zonedb/ptr_index.h) */
	STORE_PRINCIPALS, /* 'i' id -> text; 't' text -> id; windows of records */
	STORE_LOG,        /* seq -> entry (journal/entry.h) */
	STORE_LOG_SERIAL, /* zone id, serial before -> seq */
	STORE_KEYS,       /* key name in key form -> TSIG key (acl/keyring.h) */
	STORE_GROUPS,     /* group's name -> members (acl/group.h) */
	STORE_RULES,      /* zone id -> its rules (acl/rulebook.h) */
	STORE_RUNS,       /* run -> what it is, how it stands (journal/run.h) */
	STORE_LOG_ZONE,   /* zone id, first seq -> seqs of the zone's entries (journal/index.h) */
	STORE_LOG_NAME,   /* hash of a name, seq -> nothing: entries about it without changes */
	STORE_CHECKPOINTS, /* seq -> a signed statement of the chain's head (acl/checkpoint.h) */
	STORE_ZONE_OWNERS, /* zone id, owner -> when its records were last refreshed: owns, or
			      owned, something (zonedb/zone_owner.h) */
	STORE_RESERVED,    /* zone id, name -> the owner it is kept for (zonedb/reservation.h) */
	STORE_SERVER,      /* word -> settings of the server (journal/state.h) */
	STORE_NOTES,       /* zone id, name -> an administrator's text (journal/state.h) */
	STORE_LOG_RUN,     /* run -> which entries are its (journal/run.h) */
	STORE_LOCAL, /* word -> what belongs to this machine, and is in no entry (journal/local.h)
		      */
	/* What this machine refused: entries and indexes of two further logs
	   (journal/journal_log.h) in the form of the change log's. */
	STORE_SIGNED,
	STORE_SIGNED_ZONE,
	STORE_SIGNED_NAME,
	STORE_UNSIGNED,
	STORE_UNSIGNED_ZONE,
	STORE_UNSIGNED_NAME,
	STORE_TABLES
};

enum store_error {
	STORE_OK = 0,
	STORE_FULL,    /* the map */
	STORE_CORRUPT, /* a CRC or a format that is wrong */
	STORE_NEWER,   /* what a later version wrote, and this one cannot read */
	STORE_BROKEN,  /* anything else LMDB or the machine said */
	STORE_DISK_FULL,
	STORE_READ_ONLY, /* the file system is */
	STORE_NO_MEMORY,
};

/* What is wrong with the store as a whole: the word for the log, and a sentence for `status`. */
#define STORE_TROUBLES(X)                                                                          \
	X(NONE, "no trouble", "nothing is wrong")                                                  \
	X(MAP, "the store's map is full",                                                          \
	  "the store's map is full: updates that add are SERVFAIL, while queries, refreshes, "     \
	  "deletes and administration go on; 'tenurectl store grow SIZE' enlarges it at once")     \
	X(DISK, "the disk of the store is full",                                                   \
	  "the disk of the store is full: changes are SERVFAIL and queries are answered until "    \
	  "there is room on it")                                                                   \
	X(READ_ONLY, "the store is read-only",                                                     \
	  "the store's file system is read-only: queries are answered, changes are SERVFAIL; the " \
	  "kernel's log says why, and when it is mounted for writing again the server goes on")    \
	X(DEVICE, "the store cannot be written",                                                   \
	  "the disk of the store fails when it is written: queries are answered, changes are "     \
	  "SERVFAIL; the kernel's log says why")                                                   \
	X(DAMAGED, "the store is damaged",                                                         \
	  "a page of the store is damaged that answers do not need: queries are answered, "        \
	  "changes are SERVFAIL; stop the server, and 'tenurectl check' says what can be done")    \
	X(MEMORY, "there is no memory for writing",                                                \
	  "there was no memory for the last change, which was SERVFAIL; the limits of the "        \
	  "service say how much it may take")                                                      \
	X(CLOSED, "the store cannot be opened anew",                                               \
	  "the store cannot be opened anew after an error of its disk: queries and changes are "   \
	  "SERVFAIL; it is tried each second")

#define STORE_TROUBLE_ENUM(code, word, sentence) STORE_TROUBLE_##code,
enum store_trouble { STORE_TROUBLES(STORE_TROUBLE_ENUM) };
#undef STORE_TROUBLE_ENUM

/* From the first error of a write to the first success; where a smaller write may pass, until there
 * is room, or memory, for one as large as the one that failed. */
struct store_health {
	enum store_trouble now;
	uint64_t now_us;         /* for so long */
	enum store_trouble last; /* since the start; NONE: there was none that has ended */
	uint64_t last_us;        /* it lasted for so long */
	uint64_t ended_us;       /* and ended so long ago */
};

struct store;

struct store_options {
	const char *path;    /* a folder; made (mode 0700) unless it is there */
	uint64_t map_size;   /* 0: STORE_MAP_DEFAULT. Later store_grow */
	unsigned readers;    /* threads that will read at one time */
	bool is_read_only;   /* for offline commands */
	bool is_file;        /* `path` is a file: a copy of a store (a backup). Read-only */
	bool serves_damaged; /* where no table that answers need is damaged, it is opened for
				reading alone, and the tables that are damaged cannot be read */
	bool is_looked_at;   /* the caller knows what is damaged, and stays away from it */
	unsigned schema;     /* the version that it must have; 0: the present one. For migration */
};

/*
 * Opens, or makes, the store. One process at a time (a lock file that the kernel drops with the
 * process). NULL: `error` is a sentence for the operator that names the path: held by another
 * tenured (with its pid), not a store of ours, another schema version, not readable, ...
 */
MUST_USE struct store *store_open(const struct store_options *, char error[STORE_ERROR_MAX]);
void store_close(struct store *);

/* Its folder; valid as long as the store. */
const char *store_path(const struct store *);

/* The lock of a store's folder, without the store: nobody opens it until the descriptor is closed.
 * -1: `error` says who holds it, or what is wrong. */
MUST_USE int store_lock(const char *folder, bool is_read_only, char error[STORE_ERROR_MAX]);

/* "nodes", ... as LMDB and check name it. */
const char *store_table_name(enum store_table);

/*
 * Writes one snapshot of the whole store to a file, without what is free. Any thread; writers and
 * readers go on, but what they free is kept until it ends: the file must be of this machine's disk,
 * never a peer. The copy is read back by store_open with `is_file`. Where the environment has to be
 * opened anew meanwhile it fails, and `fd` is another file.
 */
MUST_USE enum store_error store_copy(struct store *, int fd);

/* The same without the rows of some tables: neither they nor what they were is in the file. `spare`
 * is a file that this needs meanwhile, of the size of the store. */
enum store_error store_copy_without(struct store *, int fd, int spare,
				    bool (*is_left_out)(enum store_table));

/*
 * Installs a handler of SIGBUS, once in a process: if the disk cannot give bytes of a store, since
 * it has an error or the file was cut, the process ends with a sentence that names the store.
 */
void store_catch_faults(void);

/*
 * Removes dead processes from the table of readers (mdb_reader_check). To be called once a minute.
 */
void store_check_readers(struct store *);

/*
 * Whether the environment failed and waits for the readers to be opened again. A thread that holds
 * a snapshot for long must check this from time to time, and release it. Any thread.
 */
bool store_is_reopening(const struct store *);

/*
 * Does what can only be done between transactions: tries again to open an environment that could
 * not be opened, or only for reading; looks whether a trouble is over; enlarges the map. False:
 * there is trouble still. The writer's thread calls it from time to time, also without jobs, since
 * queries need it.
 */
bool store_mend(struct store *);

/* Whether more than three quarters of the map are in use, so that optional rows should not be
 * written. In a write transaction. */
struct store_txn;
bool store_is_filling(struct store_txn *);

/* Any thread. */
void store_health(struct store *, struct store_health *);
const char *store_trouble_word(enum store_trouble);
const char *store_trouble_text(enum store_trouble);

/* Whether it was opened for reading alone, since its file system is read-only or its disk does not
 * let it be opened otherwise: queries can be answered, and writes fail. */
bool store_is_protected(const struct store *);

/*
 * Enlarges the map of a store in use to `size` bytes. The readers wait for some milliseconds; a
 * listing or a copy that holds a snapshot is waited for, for some seconds. Not the writer's thread.
 * False: `error` says why.
 */
struct writer;
MUST_USE bool store_grow(struct store *, struct writer *, uint64_t size,
			 char error[STORE_ERROR_MAX]);

/* Bytes of the map in use, its size, and the commits made since opening: for `stats`. */
struct store_usage {
	uint64_t used, size, commits, entries[STORE_TABLES];
	uint64_t damaged_rows; /* that were met, or found when the store was opened */
};
void store_usage(struct store *, struct store_usage *);

/* Of the room that is kept for work that gives room back. */
enum store_reserve { STORE_RESERVE_NONE, STORE_RESERVE_HALF, STORE_RESERVE_WHOLE };

struct store_cursor {
	void *handle; /* LMDB's, kept from snapshot to snapshot */
	bool is_busy; /* a walk is under way in it */
};

/* Lies where it was begun: the store knows its readers by their addresses. */
struct store_txn {
	struct store *store;
	void *handle; /* LMDB's; NULL: there is none until the next renew */
	struct store_cursor cursors[STORE_TABLES];
	enum store_error error;
	bool is_write;
	bool is_dirty; /* something was put or deleted: a commit is needed */
	enum store_reserve may_use_reserve;
	bool has_settings;      /* it moved the settings version (store/settings.h) */
	unsigned puts;          /* since the room in the map was looked at */
	size_t bytes, last;     /* of all rows that were put, and of the last one */
	struct late_rows *late; /* store/late.h; NULL: rows are put where they are */
	_Atomic bool is_active; /* a reader that holds a snapshot */
	struct store_txn *next, **link;
};

/* A read transaction for a thread, ready to be used; to be renewed for each batch of packets. */
void store_read_begin(struct store *, struct store_txn *);
void store_read_renew(struct store_txn *);
/* Lets go of the snapshot without ending the transaction. */
void store_read_reset(struct store_txn *);
void store_read_end(struct store_txn *);

/* Writer's thread and offline tools only. */
void store_write_begin(struct store *, struct store_txn *);

/*
 * The last sixteenth of the map (64 MiB at most) is kept for work that gives room back: LMDB needs
 * pages even to delete. There a put fails with STORE_FULL unless this was called before in the
 * transaction, by code that removes more than it adds, or for an administrator. Clients' refreshes
 * and deletes use half of it, so that they leave an administrator the rest. The writer takes the
 * permission back between jobs. store_del needs none.
 */
void store_use_reserve(struct store_txn *);
void store_use_half_of_reserve(struct store_txn *);
/* Takes it back: for an administrator's work that may add any amount. */
void store_spare_reserve(struct store_txn *);

/* Commits synchronously; nothing is written if any call failed or nothing was dirty. STORE_OK: it
 * is on disk. Ends the transaction either way. */
MUST_USE enum store_error store_commit(struct store_txn *);
void store_abort(struct store_txn *);

/*
 * False: not there, or an error. The empty key is never there: LMDB has none. In a table of which
 * rows were found damaged when the store was opened, not to be there is an error too: the row's
 * key may be what is damaged, and "no such name" a lie, or a way to claim it.
 */
MUST_USE bool store_get(struct store_txn *, enum store_table, struct bytes key,
			struct bytes *value);

/* 1 to STORE_ROW_KEY_MAX bytes of key. Neither key nor value may lie in the map. */
void store_put(struct store_txn *, enum store_table, struct bytes key, struct bytes value);
/* The same for a key that is above all keys of the table: the log, a sorted load. Falls back to
 * store_put when it is not. */
void store_append(struct store_txn *, enum store_table, struct bytes key, struct bytes value);
/* All rows of a table. */
void store_empty(struct store_txn *, enum store_table);
/* True: it was there. */
bool store_del(struct store_txn *, enum store_table, struct bytes key);

/*
 * A walk over keys in order. It uses the transaction's cursor of that table: a second walk in the
 * same table of the same transaction gets one of its own, from the heap. In a write transaction the
 * table may be changed during the walk: after a put or del at or near the current key, go on by
 * store_walk_from with the key where you were.
 */
struct store_walk {
	struct store_txn *txn;
	enum store_table table;
	void *cursor;
	bool is_own_cursor;
	bool is_started;
	uint8_t from[STORE_ROW_KEY_MAX];
	size_t from_len, prefix_len;
};
/* Keys at or above `from` that begin with the first `prefix_len` bytes of it. */
void store_walk_from(struct store_walk *, struct store_txn *, enum store_table, struct bytes from,
		     size_t prefix_len);
MUST_USE bool store_walk_next(struct store_walk *, struct bytes *key, struct bytes *value);
void store_walk_end(struct store_walk *);

/*
 * All rows of a table as they lie there, the damaged ones too (`is_whole` false: then `value` is
 * what is stored, with its wrong CRC). A false from `each` ends it. For check and repair.
 */
struct store_row {
	struct bytes key, value;
	bool is_whole;
};
void store_scan(struct store_txn *, enum store_table,
		bool (*each)(void *context, const struct store_row *), void *context);

/* Whether there is such a row, whole or damaged. */
bool store_has(struct store_txn *, enum store_table, struct bytes key);

/* Puts a row as store_scan gave it, with its wrong CRC if that is what it has. */
void store_put_row(struct store_txn *, enum store_table, const struct store_row *);

/*
 * The neighbours of a key in its table among keys that share its first `prefix_len` bytes: the last
 * key below it, and the first at or above it. An absent one is empty (data NULL). Keys only.
 */
void store_neighbours(struct store_txn *, enum store_table, struct bytes key, size_t prefix_len,
		      struct bytes *below, struct bytes *at_or_above);

/* The last key of the table that begins with `prefix`, and its value. */
MUST_USE bool store_last(struct store_txn *, enum store_table, struct bytes prefix,
			 struct bytes *key, struct bytes *value);

/* Numbers in STORE_META: 0 when absent. */
uint64_t store_number(struct store_txn *, const char *word);
void store_set_number(struct store_txn *, const char *word, uint64_t);

/* Marks an error found by a room above: a value that is whole but makes no sense. */
void store_fail(struct store_txn *, enum store_error);

/* For the log and the CLI: "the store's map is full", ... */
const char *store_error_text(enum store_error);
