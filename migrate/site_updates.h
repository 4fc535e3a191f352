/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What updates added, as the journal of the source prints it, line by line in the form of a zone
 * file: records of a zone's content that are there were made by an update. One thread.
 */
#include "migrate/site.h"

struct site_updates {
	struct hash_table table;
	struct arena arena;
};

/* A line of the journal that says what was added. One that is not understood tells nothing. */
void site_updates_add(struct site_updates *, const struct dns_name *apex, const char *line,
		      size_t len);
/* Marks the records of the zone that are in it (was_updated). */
void site_updates_mark(const struct site_updates *, struct site_zone *);
void site_updates_free(struct site_updates *);
