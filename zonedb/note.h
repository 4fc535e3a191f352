/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Notes: what an administrator says of a name, or of its records of one type. A note is no record:
 * queries and transfers do not show it, updates and scavenging do not touch it. It remains, with or
 * without records at the name, until it is removed or its zone is deleted.
 *
 * A row of decided state (journal/state.h, STATE_NOTE) with the fields "name", "text" (of the name
 * itself), and for each type with a note its word ("A", "TYPE65280").
 *
 * Reads: any thread. Changes: for an entry of the log, writer's thread.
 */
#include "zonedb/zone.h"

#define NOTE_TEXT_MAX  512 /* bytes; who sets one checks that (base/plaintext.h) */
#define NOTE_TYPES_MAX 32  /* types of a name that have one */

/* The note of a name, or with a type of its records of that type alone, in the arena. NULL: there
 * is none. Type 0 is no record's. */
const char *note_find(struct store_txn *, const struct zone *, const struct dns_name *,
		      uint16_t type, struct arena *);
/* Both, for a record: "kiosk; moves in May"; with type 0 that of the name. NULL: there is none. */
const char *note_of_record(struct store_txn *, const struct zone *, const struct dns_name *,
			   uint16_t type, struct arena *);

struct note_change {
	const struct zone *zone;
	const struct dns_name *name;
	uint16_t type;    /* 0: of the name itself */
	const char *text; /* NULL: it goes */
};
/* Puts the change into the rows. `*was` is the text before, in the rows' arena; NULL: there was
 * none. False: NOTE_TYPES_MAX types have one already. */
MUST_USE bool note_edit(struct state_edit *, const struct note_change *, const char **was);

/* A walk over the notes of a zone, in canonical order of the names; texts are in the arena. */
struct note_walk {
	struct state_walk rows;
	const struct zone *zone;
	struct dns_name name; /* of the row that is read */
	struct bytes_in row;
};
void note_walk_from(struct note_walk *, struct store_txn *, const struct zone *);
/* The next note: of `walk->name`, or of its type. */
bool note_next(struct note_walk *, uint16_t *type, struct arena *, const char **text);
void note_walk_end(struct note_walk *);
