/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The internals of a revert, for revert.c, revert_name.c and revert_apply.c alone. */
#include "base/hash_table.h"
#include "zonedb/edit_state.h"
#include "zonedb/revert.h"
#include "journal/journal.h"

struct revert_seq {
	struct revert_seq *next;
	uint64_t seq;
};

/* A record, and what the taken changes made of it. The zone's SOA is one record, whatever it says.
 */
struct revert_slot {
	struct revert_slot *next;
	uint16_t type;
	bool had, has;                   /* whether it was there before, and after */
	struct bytes rdata, after_rdata; /* these differ for an SOA */
	struct record_state before, after;
	uint64_t before_seq; /* the entry that left the name as it was before */
	uint64_t last_seq;
	struct revert_seq *seqs;     /* all that were taken, the newest first */
	const struct revert_seq *at; /* of the present look back: no higher than where it is */
	bool is_undone;              /* of the present walk: nothing is in the way so far */
};

/* A later change of the name that is not to be undone. */
struct revert_since {
	struct revert_since *next; /* the newest first */
	uint64_t seq;
	enum change_what what;
	uint16_t type;
	struct bytes rdata;
	struct record_state state;       /* removed: what it was; otherwise what it is since */
	bool is_restore, is_of_deletion; /* it took something back; it deleted a zone */
	const char *by;
};

/* What was found of a long history before the writer's turn: from `head` down. */
struct revert_past {
	uint64_t head;
	const struct revert_since *since;
};

struct revert_name {
	struct hash_link link;
	struct revert_past *past; /* NULL: it is short, or was not looked at */
	struct revert_slot *slots, **last;
	uint64_t least_seq; /* the lowest last_seq of its slots */
	size_t key_len;
	uint8_t key[]; /* zone id, name; as in STORE_NODES */
};

struct revert_zone {
	struct revert_zone *next;
	uint32_t id;
	struct dns_name apex;
};

/* Owners' texts, each kept once. */
struct revert_text {
	struct revert_text *next;
	char text[];
};

#define REVERT_ENTRIES_KEPT 32

struct revert_entry {
	struct arena arena;
	struct entry entry;
	bool is_read;
	uint64_t used;
};

struct revert {
	struct arena arena;
	struct hash_table table;    /* of names */
	struct revert_name **names; /* the same sorted by key, once a walk has begun */
	size_t change_count;
	struct revert_zone *zones;
	struct revert_text *texts;
	bool takes_parts, is_sorted, has_deleted_zone, lacks_memory;
	struct deleted_zone deleted_zone;
	struct revert_seq *ignored; /* runs */
	/* Entries of the log that were read last: neighbours tend to have the same. */
	struct revert_entry kept[REVERT_ENTRIES_KEPT];
	uint64_t clock;
};

/* A walk over the names of one zone. */
struct revert_walk {
	struct revert *revert;
	struct store_txn *txn;
	const struct zone *zone;
	struct edit *edit;
	const struct revert_listener *listener;
	struct revert_result *result;
};

/* A change as a revert sees it: derived records, which follow from others, are not there. False: it
 * is of such alone. */
static inline bool revert_sees(const struct change *change, struct change *as)
{
	bool was = change->what != CHANGE_ADDED && change->was.class != RECORD_DERIVED;
	bool is = change->what != CHANGE_REMOVED && change->is.class != RECORD_DERIVED;
	*as = *change;
	if (!was)
		as->what = CHANGE_ADDED;
	else if (!is)
		as->what = CHANGE_REMOVED;
	return was || is;
}

/* The entry, kept until revert_forget; NULL: it is not there. */
const struct entry *revert_read(struct revert *, struct store_txn *, uint64_t seq);
/* After the transaction was written to: what was read lies in the map. */
void revert_forget(struct revert *);

/* Looks at the history of a name, whose last change `head` is, and keeps what it finds if that is
 * long, so that the writer reads only what came since. */
void revert_look_ahead(struct revert *, struct store_txn *, struct revert_name *,
		       const struct dns_name *, uint64_t head);

/* Undoes what can be undone at a name, in the edit's private copy, and reports conflicts. */
void revert_name(struct revert_walk *, struct revert_name *, const struct dns_name *);
