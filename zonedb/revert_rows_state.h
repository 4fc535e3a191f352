/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The internals of a revert of rows, for revert_rows.c and revert_rows_make.c alone. */
#include "base/hash_table.h"
#include "zonedb/revert_rows.h"

/* A field's value, or a row; or that there is none. */
struct revert_row_value {
	bool has;
	struct bytes text;
};
/* `other` NULL: there is none. */
bool revert_row_value_is(const struct revert_row_value *, const struct bytes *other);

/* Who changed it after what was taken. */
struct revert_row_since {
	uint64_t seq; /* 0: nobody */
	const char *by;
};

/* A field, or one value of a list, and what the taken entries made of it. */
struct revert_row_field {
	struct revert_row_field *next;
	struct state_row_field like; /* its word; of a list, the value too */
	bool is_item;
	struct revert_row_value before, after;
	struct revert_row_since since;
	bool is_set; /* of the present walk: it gets back what was before */
};

struct revert_row_slot {
	struct hash_link link;
	struct revert_row_slot *next; /* in the order in which they were taken */
	enum state_table table;
	struct bytes key;
	const char *key_text;
	uint32_t zone_id;
	const struct dns_name *apex;
	bool is_whole;  /* the row came or went */
	bool is_secret; /* so did a secret */
	struct revert_row_value before, after;
	struct revert_row_field *fields;
	struct revert_row_since since;
	uint64_t last_seq;
};

struct revert_rows {
	struct arena arena;
	struct revert_row_slot *slots, **last;
	struct hash_table table;
	size_t count;
	uint32_t revived;
	uint64_t walked; /* the log has been walked up to this entry; 0: not yet */
};

struct revert_row_slot *revert_rows_slot(const struct revert_rows *, enum state_table,
					 struct bytes key);
struct revert_row_field *revert_rows_field(const struct revert_row_slot *,
					   const struct state_row_field *like);

/* The field of that word, or of a list that value. False: the row has none. */
bool revert_rows_find(enum state_table, struct bytes row, const struct state_row_field *like,
		      struct bytes *value);

/* The fields that differ, but for what the server keeps; NULL: there is none. */
typedef void revert_rows_each(void *context, const struct state_row_field *,
			      const struct bytes *old, const struct bytes *new);
void revert_rows_diff(enum state_table, struct bytes old, struct bytes new, revert_rows_each *,
		      void *context);
bool revert_rows_equal(enum state_table, struct bytes a, struct bytes b);
