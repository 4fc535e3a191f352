/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Inspects the file of a store page by page before LMDB opens it. LMDB 0.9 has no checksums and
 * trusts its pages, so a flipped bit could cause a crash or a wrong answer. Reads each page in use
 * once: the heads, the list of free pages, the tree of each table (kinds, places and order of keys,
 * counts), and the CRC of each row; a microsecond for a page in memory.
 *
 * Reads the file without LMDB, with bounds on everything, and does not interpret rows. One thread.
 */
#include "store/store.h"

/* One thing that is wrong. */
struct store_damage {
	const char *table; /* its name; "" of the file as a whole */
	uint64_t page;
	bool is_row; /* one row, its key is `key`; otherwise the structure: LMDB must not open it */
	struct bytes key;
	const char *what;
};

struct store_inspection {
	/* Called for each damage; may be NULL. */
	void (*found)(void *context, const struct store_damage *);
	/* Called for each whole row of a table of ours; may be NULL. */
	void (*row)(void *context, enum store_table, struct bytes key, struct bytes value);
	void *context;
	/* After so long leaves are passed over (0: never), so that a large store starts in time. */
	unsigned seconds;

	bool is_broken; /* the structure is damaged */
	bool is_table_broken[STORE_TABLES];
	bool is_free_broken;      /* the list of free pages: reading does not need it */
	bool is_elsewhere_broken; /* in heads, or in an unknown table */
	bool is_whole;            /* every page was looked at */
	uint64_t pages, looked_at;
	uint64_t rows[STORE_TABLES], damaged_rows[STORE_TABLES];
	char first[STORE_ERROR_MAX]; /* the first thing that broke the structure, as a sentence */
};

/*
 * Inspects the file. False: it cannot be read, and `error` says why. A file that is not of LMDB, or
 * of another version, is no damage; LMDB refuses it.
 */
bool store_inspect(const char *file, struct store_inspection *, char error[STORE_ERROR_MAX]);

/*
 * The schema version that a store's file says, read with the same care, from the table meta alone:
 * for who must know it before the file is opened. 0: it says none that can be read, and opening it
 * says why.
 */
uint64_t store_inspect_schema(const char *file);

/* The data version of LMDB that the file's head says: 1 is that of LMDB 0.9, which LMDB 1.0 does
 * not read. 0: it cannot be read, or is no file of LMDB. */
uint32_t store_inspect_format(const char *file);
