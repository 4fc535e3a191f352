/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Large zone files, written in parts, each a job of the writer (zonedb/load.h). In the thread of
 * the call.
 */
#include "admin/covered.h"

#define IMPORT_AT_ONCE 1000 /* records that are written in one transaction; more are in parts */

/* Whether the file, or what the zone holds now, is so large. */
bool import_is_long(struct call *, const struct load *, const struct zone *);

/* Replaces the records of a zone. Parts that were made stand if a later one fails. */
enum call_code import_replace(struct call *, struct load *, const struct zone *,
			      struct load_result *);

/* Makes a zone that has the settings of `zone`, and no client finds before it has all records, and
 * with `move-names` what it covers (admin/covered_parts.h). If it fails what was made goes again
 * (vault/removals.h). */
enum call_code import_add(struct call *, struct load *, const struct zone *, struct load_result *,
			  struct covered_result *);
