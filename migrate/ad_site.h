/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Zones and names of Active Directory, brought into a site (migrate/site.h): which settings,
 * classes, stamps and owners they have here, and a line of the report for each that cannot be the
 * same. The readers of LDIF and of Windows' exports share it.
 *
 *      ad_account_add    all accounts, first
 *      ad_zone_add       the zones
 *      ad_zone_take      their names
 *
 * One thread; memory is the site's.
 */
#include "migrate/ad_account.h"
#include "migrate/ad_property.h"
#include "migrate/ad_record.h"
#include "migrate/source.h"

struct ad_zone {
	struct ad_zone *next;
	const char *name;       /* as the directory has it */
	const char *partition;  /* what it lies in; "": not said. One name may be in two */
	struct site_zone *zone; /* NULL: not taken, and that was said */
	size_t names, tombstones;
	size_t without_owner; /* names whose descriptor was not given */
};

struct ad_site {
	struct site *site;
	const struct source *source;
	struct ad_accounts accounts;
	struct ad_zone *zones, **zones_end, *last; /* the last one that was found */
	struct hash_table names;                   /* of all zones, to find one that comes twice */
	uint8_t *room;                             /* DNS_RDATA_MAX bytes, for data */
};

/* A name with all that the directory has of it. */
struct ad_node {
	const char *name; /* relative to the zone; "@" */
	size_t name_len;
	bool has_owner; /* a descriptor was given and read */
	struct sid owner;
	const struct sid *writers; /* whom entries of its own let write, the owner among them */
	size_t writer_count;
	bool is_tombstoned;
	const struct bytes *values; /* of dnsRecord */
	size_t count;
	struct site_place place;
};

void ad_site_open(struct ad_site *, struct site *, const struct source *);
/* Says what can only be said when all was read, and gives memory back. */
void ad_site_close(struct ad_site *);

/*
 * Adds a zone; one that is no primary zone, or none at all, is lost or left out, with a line.
 * `is_open` is whether authenticated clients may make names in it. The same name in two partitions:
 * the second is lost.
 */
struct ad_zone *ad_zone_add(struct ad_site *, const char *name, const char *partition,
			    const struct ad_settings *, bool is_open, struct site_place);
/* NULL: it was not added. */
struct ad_zone *ad_zone_find(struct ad_site *, const char *name, const char *partition);

/* Takes a name's records into the zone. */
void ad_zone_take(struct ad_site *, struct ad_zone *, const struct ad_node *);
