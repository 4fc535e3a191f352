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

/* A zone that is made. Each function may be NULL, runs in the writer's thread, and may run twice.
 */
struct import_new {
	const struct zone *settings;
	const char *origin; /* stands in the entry: "copied from corp.example"; NULL: nothing */
	/* What belongs to the zone beside its records: it is there, and out of service. */
	void (*begun)(void *context, struct store_txn *, const struct zone *made);
	/* Before it is put into service. Not CALL_OK: it is not, and goes again. */
	enum call_code (*check)(void *context, struct store_txn *);
	/* In the transaction that put it into service. */
	void (*ended)(void *context, struct store_txn *);
	void *context;
};

/* Makes a zone that no client finds before it has all records, and with `move-names` what it covers
 * (admin/covered_parts.h). If it fails what was made goes again (vault/removals.h). */
enum call_code import_add(struct call *, struct load *, const struct import_new *,
			  struct load_result *, struct covered_result *);

/* CALL_FAILED: a zone of that name is here, is being deleted or is coming back. */
enum call_code import_check_free(struct call *, struct store_txn *, const struct dns_name *apex);
/* What the entry of a zone's making says: where it is from, and what is set; NULL: nothing. */
const char *import_reason(struct call *, const struct zone *, const char *origin);
