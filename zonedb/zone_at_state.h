/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The internals of a past name, for zone_at.c and zone_at_name.c alone. */
#include "base/hash_table.h"
#include "zonedb/edit_state.h"
#include "zonedb/zone_at.h"

/* A record that has changed since, and what it was then. */
struct zone_at_record {
	struct zone_at_record *next;
	uint64_t seq; /* the entry that holds it */
	uint16_t type;
	bool was_there;
	uint32_t ttl, owner;
	uint64_t stamp;
	enum record_class class;
	bool is_guest;
	bool lacks_ptr;
	uint16_t window;
	struct bytes rdata; /* as in the entry, in the map */
};

struct zone_at_name {
	struct hash_link link;
	struct zone_at_record *records;
	uint64_t seq; /* of its last change then; once a record is known */
	size_t key_len;
	uint8_t key[]; /* zone id and name, as in STORE_NODES */
};

/* How owners' texts become ids. */
struct zone_at_owners {
	struct store_txn *txn;
	struct arena *arena;
	const char *last; /* the text that was asked for last, copied */
	uint32_t last_id;
};

/*
 * What a change of entry `seq` says that the record was. Entries come in order: forward (`is_back`
 * false) the first to name a record knows what it was, backward the last. A zone's SOA is one
 * record, whatever it says.
 */
void zone_at_note(struct zone_at_name *, const struct change *, uint64_t seq, bool is_back,
		  struct zone_at_owners *);

/*
 * Of the first later entry that knows the zone's serial: what it was before it. An entry that moved
 * it says so; one that removed the SOA, as the zone's deletion does, has it in the SOA's data.
 * (What comes after a deletion begins with serial 0.)
 */
bool zone_at_serial(const struct entry *, const struct zone *, uint32_t *serial);

/* The node: what is stored now (NULL: nothing), with the changed records put back. `serial` goes
 * into an SOA unless it is NULL. False: nothing was there. */
bool zone_at_pack(const struct zone_at_name *, const struct node *now, const uint32_t *serial,
		  struct arena *, struct node *);
