/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The internals of an edit, for edit.c, edit_diff.c, edit_commit.c, load_apply.c, renewal.c, and
 * the files of replay and reverts alone. */
#include "journal/era.h"
#include "zonedb/edit.h"

/* A principal's text that was read once. */
struct edit_text {
	struct edit_text *next;
	uint32_t id;
	const char *text;
};

struct edit {
	struct store_txn *txn;
	const struct zone *zone;
	struct edit_author author;
	struct arena *arena;
	/* Names in the order of first touch. */
	struct edit_name *first, **last;
	struct hash_table names; /* in the arena */
	struct edit_text *texts;
	/* The difference; records[i] is what changes[i] will be, NULL if it is removed. */
	struct edit_change *changes;
	struct edit_record **records;
	size_t change_count, change_room;
	bool has_diff;
	edit_refresh_fn *lets_refresh; /* NULL: nobody but the owner refreshes */
	void *refresh_context;
	edit_window_fn *window_of; /* NULL: windows stay */
	void *window_context;
	struct edit_ignored *ignored, **last_ignored; /* of the difference */
	const struct eras *eras;                      /* NULL: not read yet */
	size_t mended_count;                          /* of the name that is being compared */
	size_t steps;                                 /* edit_steps, but for the difference */
	size_t diff_steps;
	bool is_mending; /* the difference has also stamps that count as others (edit_commit) */
	bool is_load;    /* names no records: nothing is refreshed */
	bool is_exact;   /* what records carry is what they will carry: nothing is stamped anew */
	bool takes_derived; /* it makes and removes derived records; others leave them alone */
	bool keeps_serial;  /* a later part of a change whose first part moved the serial */
	uint32_t serial_before, serial_after;
};

/* Node or tombstone, cut and due index of one name, with `seq` as its last change. Returns by how
 * much the number of cuts moved; edit_count_cuts takes the sum. */
int edit_write_name(struct edit *, const struct edit_name *, uint64_t seq);
void edit_count_cuts(struct edit *, int moved);
/* The node of one name with its hint, and otherwise as it was written last. */
void edit_write_hint(struct edit *, const struct edit_name *);

/* The value of a node, in the arena. */
struct bytes edit_pack_node(const struct edit_rrset *, uint64_t seq, const struct node_hint *,
			    const struct node_client *, struct arena *);

/* The eras of the log (journal/era.h), read at the first call. */
const struct eras *edit_eras(struct edit *);

/* Copies owner, stamp, class and windows of a stored record. */
static inline void edit_record_carry(struct edit_record *record, const struct node_record *from)
{
	record->owner = from->owner;
	record->stamp = from->stamp;
	record->class = from->class;
	record->is_guest = from->is_guest;
	record->lacks_ptr = from->lacks_ptr;
	record->window = from->window;
}

/* The record as a node has it. */
static inline struct node_record edit_record_as_stored(const struct edit_record *record)
{
	return (struct node_record){.owner = record->owner,
				    .stamp = record->stamp,
				    .class = record->class,
				    .is_guest = record->is_guest,
				    .lacks_ptr = record->lacks_ptr,
				    .window = record->window,
				    .rdata = record->rdata};
}

/* Whether a name is a delegation or has a DNAME. */
bool edit_is_cut(const struct edit_rrset *, bool is_apex);

/* How many bytes of changes make one entry, roughly. */
#define EDIT_ENTRY_BYTES (192u << 10)
/* What a change takes in an entry besides its name and data, roughly. */
#define EDIT_CHANGE_BYTES 64u
