/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The index of addresses of which PTR are derived (zonedb/ptr.h): which names of zones with
 * `ptr=on` have an A or AAAA record with an address in `ptr-from`. It is written with each change
 * of such a zone's records, and made anew by ptr_sync, a rebuild and a replay. Wildcards, and
 * records that lack the mark's right (lacks_ptr), are not in it.
 *
 *      1  length of the address    4 or 16  address
 *      n  name in key form, relative to the root    4  zone id     ->  4  TTL
 *
 * So the first row of an address is that of its first name in canonical order.
 */
#include "base/arena.h"
#include "journal/entry.h"
#include "zonedb/node.h"
#include "zonedb/zone.h"

struct ptr_address {
	uint8_t len; /* 4 or 16 */
	uint8_t bytes[16];
};

/* A name that has the address. */
struct ptr_target {
	struct dns_name name;
	uint32_t ttl, zone_id;
};

/* Whether the type is A or AAAA, and the data an address. */
bool ptr_address_of(uint16_t type, struct bytes rdata, struct ptr_address *);
/* The address of a reverse name. False: it is no whole one. */
bool ptr_address_of_name(const struct dns_name *, struct ptr_address *);
int ptr_address_compare(const struct ptr_address *, const struct ptr_address *);

/* Whether a record of the zone stands in the index. */
bool ptr_index_holds(const struct zone *, const struct dns_name *, uint16_t type,
		     const struct node_record *);

/* Follows changes of a zone's records. */
void ptr_index_follow(struct store_txn *, const struct zone *, const struct change *, size_t count);
/* Sets the rows of a name to what its node holds: `node` NULL is none. Of addresses that the name
 * no longer has nothing is done. `*moved` counts the rows that were put or deleted. */
void ptr_index_set(struct store_txn *, const struct zone *, const struct dns_name *,
		   const struct node *, size_t *moved);

/* The row of an address and a name, of any zone; and the first row of the address. False: none. */
bool ptr_index_find(struct store_txn *, const struct ptr_address *, const struct dns_name *,
		    struct ptr_target *);
/* Whether the row of a zone is there, with this TTL. */
bool ptr_index_has(struct store_txn *, const struct ptr_address *, const struct dns_name *,
		   uint32_t zone_id, uint32_t ttl);
bool ptr_index_first(struct store_txn *, const struct ptr_address *, struct ptr_target *);

/* The next address that has rows, behind `after`; NULL: the first. At or below the reverse zone's
 * apex. False: there is none. */
bool ptr_index_next(struct store_txn *, const struct dns_name *apex,
		    const struct ptr_address *after, struct ptr_address *);

/* Whether the zone has the record that a row is of, and the row is right. */
bool ptr_index_is_of(struct store_txn *, const struct zone *, const struct ptr_address *,
		     const struct ptr_target *);

/* Reads a row. False: it is damaged. */
bool ptr_index_read(struct bytes key, struct bytes value, struct ptr_address *,
		    struct ptr_target *);
