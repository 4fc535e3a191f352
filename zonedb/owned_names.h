/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How many names each owner has in a zone, for the setting max-names: a name counts for each owner
 * of records at it. Unsigned clients share one owner, `anonymous`; their names count for the
 * address, or IPv6 /56, that registered them. The numbers are kept in the store as names are
 * written, by every road that writes names: nothing walks a zone when a limit is reached.
 *
 *      STORE_ZONE_OWNERS:
 *      4  zone id    4  0    1  'p'    4  owner's id         ->  count
 *      4  zone id    4  0    1  's'    1 to 7  prefix        ->  count
 *
 *      count:  4  names    4  base: what the owner had when the limit came
 *
 * An unsigned client's prefix is the four bytes of an IPv4 address, or the first seven of an IPv6
 * address. A name's node has one (struct node_client) while it has dynamic or pinned records of
 * `anonymous`, and an unsigned update made the first of them.
 *
 * Reads: any thread. Writes: writer's thread.
 */
#include "base/addr.h"
#include "base/hash_table.h"
#include "zonedb/edit.h"

#define OWNED_PREFIX_MAX NODE_CLIENT_MAX

/* Whose names: a principal's, or an unsigned client's. */
struct names_owner {
	uint32_t id;
	uint8_t prefix_len; /* 0: a principal's */
	uint8_t prefix[OWNED_PREFIX_MAX];
};

struct owned_names {
	uint32_t names, base;
};

/* The owner of a principal's id, and of unsigned updates from an address. */
struct names_owner names_owner_of(uint32_t id);
struct names_owner names_owner_of_addr(const struct addr *);
bool names_owner_equal(const struct names_owner *, const struct names_owner *);
/* The prefix as text: "192.0.2.7", "2001:db8:0:ff00::/56". */
void names_owner_print(const struct names_owner *, char out[ADDR_TEXT_MAX]);

struct owned_names owned_names_of(struct store_txn *, uint32_t zone_id, const struct names_owner *);

/* Sets the base, when an owner has more than its limit by other roads than its own updates. */
void owned_names_set_base(struct store_txn *, uint32_t zone_id, const struct names_owner *,
			  uint32_t base);

/* The unsigned client whose name it is, as its node has it. False: none is known. */
bool owned_names_claimant(const struct node_client *, struct names_owner *);

/* Counts a name that is written, against what was stored. `source`: of an unsigned update, or NULL.
 * The arena is for what is compared. Returns the client that the name's node is to have. */
struct node_client owned_names_move(struct store_txn *, const struct zone *,
				    const struct edit_name *, const struct addr *source,
				    struct arena *);

/* Counts many names in memory, of one zone or of several. Zero-initialised is empty. */
struct names_tally {
	struct hash_table counts;
	struct arena arena, scratch;
};

/* Adds a name with these records. */
void names_tally_add(struct names_tally *, uint32_t zone_id, const struct node *);
void names_tally_add_rrsets(struct names_tally *, uint32_t zone_id, const struct edit_rrset *);
/* How many names an owner has in it. */
uint32_t names_tally_of(const struct names_tally *, uint32_t zone_id, uint32_t owner);
/* Adds the counts to the stored ones. */
void names_tally_store(struct names_tally *, struct store_txn *);
/* Calls `each` for every count. */
void names_tally_each(const struct names_tally *,
		      void (*each)(void *context, uint32_t zone_id, uint32_t owner, uint32_t names),
		      void *context);
void names_tally_free(struct names_tally *);

/* Walks the counts of a zone. */
struct owned_names_walk {
	struct store_walk store;
};
void owned_names_walk_from(struct owned_names_walk *, struct store_txn *, uint32_t zone_id);
bool owned_names_walk_next(struct owned_names_walk *, struct names_owner *, struct owned_names *);
void owned_names_walk_end(struct owned_names_walk *);

/* A row of STORE_ZONE_OWNERS: what it is of. */
enum owned_names_row { OWNED_ROW_OTHER, OWNED_ROW_COUNT, OWNED_ROW_BROKEN };
/* Reads one. OWNED_ROW_OTHER: it is of zonedb/zone_owner.h. */
enum owned_names_row owned_names_read(struct bytes key, struct bytes value,
				      struct names_owner *owner, struct owned_names *count);

/* Whether a name has records of `anonymous` that are not static. */
bool owned_names_has_unsigned(const struct node *);

/* Whether the counts are kept in this store: a store of a version without them gets them when a
 * server starts on it. */
bool owned_names_are_kept(struct store_txn *);
/* Lets the next start of a server count anew, after a repair or a replay. */
void owned_names_forget(struct store_txn *);
/* Counts all zones by a walk, once, for such a store: what an owner has then is its base. Unsigned
 * names belong to whom their nodes say, and otherwise to whom the log says changed them last. */
void owned_names_fill(struct store_txn *);
