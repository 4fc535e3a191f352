/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the reader of Knot DNS is made of:
 *
 *      knot.c          the configuration, by knotc and as it was written; keys, zones
 *      knot_acl.c      acl as rules; who is notified
 *      knot_content.c  the records of a zone, and its journal
 *
 * One thread; memory is the site's.
 */
#include "migrate/knot_conf.h"
#include "migrate/prefix_set.h"
#include "migrate/source.h"
#include "migrate/tool.h"

struct knot {
	struct site *site;
	const struct source *source;
	struct knot_conf conf;
	const char *folder;          /* the configuration's */
	char journal[TOOL_PATH_MAX]; /* kjournalprint; "": it is not there */
	/* How the records of a zone are read: knot_content; tests give their own. */
	bool (*content)(struct knot *, struct site_zone *, const struct knot_block *zone);
};

/* Takes what the configuration says. */
void knot_take(struct knot *);

struct site_place knot_place(const struct knot_item *, const char *what);
struct site_place knot_block_place(const struct knot_block *, const char *what);

/* What holds for a zone: its own item, that of its template, or of the template `default`. NULL. */
const struct knot_item *knot_zone_item(const struct knot *, const struct knot_block *zone,
				       const char *name);

/* The zone's rules and its mode of updates, by its acl; the setting notify. */
void knot_acl(struct knot *, struct site_zone *, const struct knot_block *block);
void knot_notify(struct knot *, struct site_zone *, const struct knot_block *block);

/* The records of the zone. False: they cannot be read, and that was said. */
bool knot_content(struct knot *, struct site_zone *, const struct knot_block *block);
