/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Rows of decided state as they were, for `restore --to` (vault/rewind.c): what differs is put back
 * by entries of its run. Settings and freezes of zones, rules, reservations, notes, groups, the
 * log's retention, the bin and the settings of scavenging come back as they were, and what was not
 * there goes. Of a key its flags alone come back: a secret that was replaced or deleted since is
 * never brought back, and a key that was made since stays; both are told. What the server keeps
 * itself stays: runs, times, the number of a zone. Where a zone ages again, or the settings of
 * scavenging are others, the next run is timed as by `zone set` and `scavenge set`.
 */
#include "journal/state_at.h"
#include "vault/report.h"
#include "zonedb/zone.h"
#include "journal/entry.h"

struct rewind_rows {
	struct store_txn *read; /* what was there before the restore began */
	struct store_txn *write;
	struct state_at *state_at; /* of `read` */
	uint64_t now;              /* seconds */
	struct report *report;
	struct entry *as; /* what each entry begins as; rows in it go with the first, and are taken
			     out */
	uint64_t count;   /* rows that were changed */
	/* Its own */
	struct arena arena; /* ends with each entry */
	struct state_edit edit;
	size_t pending, bytes;
	const struct zone *zone; /* whose rows these are; NULL: nobody's */
};

/* What belongs to no zone. */
void rewind_rows_server(struct rewind_rows *);
/* A zone that is there under the number that it had then; `zone` becomes what it was. */
void rewind_rows_zone(struct rewind_rows *, struct zone *zone);
void rewind_rows_end(struct rewind_rows *);
