/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the reader of PowerDNS is made of:
 *
 *      pdns_db.c        the tables in a database of SQLite, linked by tenure-migrate alone
 *      pdns.c           zones, records, comments, keys
 *      pdns_settings.c  metadata and pdns.conf as settings and rules
 *
 * One thread; memory is the site's.
 */
#include "migrate/pdns_rows.h"

struct pdns_meta {
	struct pdns_meta *next;
	const char *kind, *content;
};

struct pdns {
	struct site *site;
	struct pdns_rows *rows;
	const char *file;
	char *error;
	/* of pdns.conf */
	bool has_config, takes_updates, has_lua_policy;
	const char *update_from, *axfr_from, *also_notify; /* lists; NULL: not set there */
	/* of the zone that is read */
	struct site_zone *zone;
	struct pdns_meta *metadata, **metadata_end;
	size_t cryptokeys;
	bool is_signed;
};

/* Where a row of the zone is. */
struct site_place pdns_place(const struct pdns *, const char *id);
void pdns_say(struct pdns *, enum site_list, const char *statement, const char *why,
	      const char *advice);

/* Reads pdns.conf, if there is one. */
void pdns_config(struct pdns *, const char *name, struct bytes text);
/* The settings and rules of the zone, by its metadata. */
void pdns_settings(struct pdns *, bool is_primary);
