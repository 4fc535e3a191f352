/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The records of a zone in a site's file: lines of a zone file, here or in a file of their own, or
 * a list. They become the zone's member `records` of the document, with their places. RRsets with
 * two TTLs are refused. One thread.
 */
#include "ctl/site_form.h"

struct site_record_place {
	const char *file;
	uint32_t line, column;
};

struct site_zone_form {
	struct dns_name apex;
	struct site_record_place *places; /* of each record */
	size_t count, room;
};

/* `records` of a zone; `zone` has its other members already. */
void site_records_read(struct site_form *, struct site_zone_form *, const struct site_node *,
		       json_t *zone);
/* The text of the file that `records-file` names; NULL: it was not read. */
void site_records_read_file(struct site_form *, struct site_zone_form *, const struct site_node *,
			    const char *text, json_t *zone);

/* The place of what is behind "records" in a path, `[7]`. */
struct site_place site_records_place(const struct site_form *, const struct site_zone_form *,
				     const struct site_node *, const char *path);
