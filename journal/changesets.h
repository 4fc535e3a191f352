/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Changesets: the changes of a zone since a serial, in steps from one serial to the next, for IXFR
 * (RFC 1995). They are read from the log, entry by entry of the zone (journal/index.h), so a serial
 * that occurs twice (RFC 1982) does no harm. A large change is several entries of one step, of
 * which the first changes the serial. Refreshes, refusals and settings are not steps.
 *
 * A zone that was deleted and created again has a new id, and its steps begin there. A changesets
 * value belongs to one thread, with its own transaction.
 */
#include "journal/diff.h"
#include "store/store.h"

struct changeset {
	uint32_t before, after;
	uint64_t first, last; /* seqs; between them may stand entries that change no data */
	/* The SOA before, when the step changed it beyond its serial; else without data. */
	struct bytes soa;
	uint32_t soa_ttl;
	bool is_start; /* it made the SOA: there was no zone before */
};

struct changesets {
	struct arena arena;
	struct changeset *step;
	size_t count, room;
	uint64_t size; /* bytes of all changes on the wire, uncompressed, without SOAs */
};

enum changesets_outcome {
	CHANGESETS_FOUND,
	CHANGESETS_UNKNOWN, /* the log does not reach back to that serial, or the store failed */
	CHANGESETS_MANY,    /* more entries than `most` */
};

struct changesets_wanted {
	uint32_t zone_id;
	uint32_t from, to; /* serials; `to` is the present one */
	size_t most;       /* entries that are looked at */
};

/* Fills `changesets`, which changesets_free frees in any case, and adds the changes of all steps to
 * `diff`, which must be open. */
enum changesets_outcome changesets_find(struct changesets *, struct store_txn *,
					const struct changesets_wanted *, struct diff *diff);
void changesets_free(struct changesets *);

/* Returns the SOA's data before a step, with the serial before it, in the arena. `present` is the
 * zone's SOA now; `*ttl` is its TTL, and then that of the SOA returned. */
struct bytes changesets_soa_before(const struct changesets *, size_t step, struct bytes present,
				   uint32_t *ttl, struct arena *);

/* Calls `each` for each change of data in a step, except the SOA's. If `each` returns false, so
 * does the function, at once. `scratch` is reset for each entry. */
bool changesets_changes(struct store_txn *, uint32_t zone_id, const struct changeset *,
			bool (*each)(void *context, const struct change *), void *context,
			struct arena *scratch);
