/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The LMDB environment of a store, and how it is opened again after an error; for the files of
 * store/ alone.
 */
#include "base/log.h"
#include "store/late.h"
#include <lmdb.h>
#include <pthread.h>

struct store {
	MDB_env *env; /* NULL: it could not be opened anew */
	MDB_dbi tables[STORE_TABLES];
	bool is_absent[STORE_TABLES]; /* read-only, and made before there was such a table */
	uint64_t map_pages, reserve_pages;
	int lock_fd;
	char *path;
	struct store_options options;
	_Atomic uint64_t commits, damaged_rows;
	bool is_damaged[STORE_TABLES]; /* rows were, when it was opened: see store_get */
	bool is_broken[STORE_TABLES];  /* pages are: LMDB must not read it */
	bool is_kept_protected;        /* since pages are damaged: it is not to be written */
	struct log_limit complaints;
	/* It could be opened for reading alone, since this happened; the writer's thread, and
	 * before it starts. */
	_Atomic bool is_protected;
	int protected_by, open_error;
	/* store/trouble.h; the writer's thread writes, with the lock. */
	pthread_mutex_t trouble_lock;
	struct store_health trouble;
	uint64_t trouble_began_us, trouble_ended_us, trouble_told_us;
	enum store_trouble trouble_told; /* in the last line of the log about one */
	bool is_trouble_told;            /* and none since says that it is over */
	struct growth *growth; /* store/grow.c: a larger map is wanted; with the same lock */
	uint64_t probed_us;    /* when a write that changes nothing was last tried */
	size_t failed_bytes, failed_row; /* of the largest write that the trouble met */
	uint64_t trial_us;               /* when that size may be tried again */
	int trial_code;                  /* of LMDB, when it was tried last; since the last error */
	/* Readers look at `is_parking` after they set their `is_active`; who parks them sets it and
	 * then looks at theirs. */
	_Atomic bool is_parking;
	_Atomic bool is_reopening; /* and queries need it: who holds a snapshot should let go */
	_Atomic bool is_failed;    /* it could not be opened anew */
	pthread_mutex_t lock;      /* of `readers`, and held while the environment is opened anew */
	struct store_txn *readers;
	struct settings *settings;    /* store/settings.h */
	struct late_rows *late;       /* of its write transaction */
	struct store_copying *copies; /* with the lock */
};

/* A copy that is being written (store/copy.c). */
struct store_copying {
	int fd;
	struct store_copying *next, **link;
};

/* Ends the copies that are being written, since queries need the environment: their files take no
 * more. With the lock. */
void environment_end_copies(struct store *);

/* The error for a code of LMDB. */
enum store_error environment_error(struct store *, int code);

/* The same for a transaction, in which it sticks. Logs it; that of a write is a trouble. */
void environment_fail_txn(struct store_txn *, const char *what, int code);

/* Whether the disk has no room for the file to grow by so many bytes and a little more. */
bool environment_is_disk_full(struct store *, size_t bytes);

/*
 * Closes the environment while the readers are parked, and opens it again. Writer's thread. False:
 * a reader kept its snapshot for too long, or the environment cannot be opened; to be tried again.
 */
bool environment_reopen(struct store *);

/*
 * The same with a map of another size, while no reader holds a snapshot: it does not wait for long.
 * The readers wait meanwhile. False: a reader holds one, or there is no room for such a map, and
 * `error` says which; the old one is there. Writer's thread.
 */
bool environment_resize(struct store *, uint64_t size, char error[STORE_ERROR_MAX]);

/* Called by assertions of LMDB: logs that the store is damaged, and ends the process. */
void fault_assert(MDB_env *, const char *what);

/* Whether LMDB has given the environment up, so that every transaction fails until it is opened
 * again.
 */
bool environment_is_dead(struct store *);

/* A page of the table is damaged: it is an error of the transaction, and false. */
bool environment_refuse(struct store_txn *, const char *what);

/* Whether a table may be read: otherwise it is an error of the transaction. */
static inline bool environment_may_read(struct store_txn *txn, enum store_table table,
					const char *what)
{
	return !txn->store->is_broken[table] || environment_refuse(txn, what);
}

/* Puts the rows that a write transaction keeps (store/late.h), before LMDB is asked for more than
 * one row of the table. */
void environment_settle(struct store_txn *, enum store_table);

/* How many pages of the map are in use in a transaction, its own included. */
uint64_t environment_pages(struct store *, MDB_txn *);

/* The value without its CRC. False: the CRC is wrong, which is an error of the transaction. */
bool environment_value(struct store_txn *, struct bytes key, struct bytes stored,
		       struct bytes *value);
