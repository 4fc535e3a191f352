/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A store's file looked at page by page, before LMDB trusts it: LMDB 0.9 has no checksums, follows
 * what a page says, and a flipped bit in one would be a crash or a wrong answer. Every page that is
 * in use is read once: heads, list of free pages, and the tree of each table (kinds, places and
 * order of keys, counts), and the CRC of every row. A microsecond a page when it lies in memory.
 *
 * Reads the file itself, so it never crashes on what is in it, and knows nothing of what rows mean.
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
	/* Each thing found; NULL: they are only counted. */
	void (*found)(void *context, const struct store_damage *);
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
 * Looks at the file. False: it cannot be read, and `error` says why. What is no LMDB file at all,
 * or of another version, is left to LMDB to name.
 */
bool store_inspect(const char *file, struct store_inspection *, char error[STORE_ERROR_MAX]);

/*
 * The schema version that a store's file says, read with the same care, from the table meta alone:
 * for who must know it before the file is opened. 0: it says none that can be read, and opening it
 * says why.
 */
uint64_t store_inspect_schema(const char *file);
