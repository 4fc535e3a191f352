/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What changed in a zone since a serial, as steps from one serial to the next: what IXFR is made of
 * (RFC 1995). Read from the log, entry after entry of the zone (journal/index.h), so that serials
 * that came again (RFC 1982) mislead nobody. A large change is several entries of one step: the
 * first moves the serial, the others keep it. Refreshes, refusals and settings are no steps.
 *
 * A zone that was deleted and made anew has another id: its steps begin with it.
 * One thread, with its own transaction.
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
	CHANGESETS_UNKNOWN, /* the log does not reach back to that serial (or the store failed) */
	CHANGESETS_MANY,    /* more entries than `most` */
};

struct changesets_wanted {
	uint32_t zone_id;
	uint32_t from, to; /* serials; `to` is the present one */
	size_t most;       /* entries that are looked at */
};

/* Fills `changesets` (to be freed in any case), and the open `diff` with the difference of all. */
enum changesets_outcome changesets_find(struct changesets *, struct store_txn *,
					const struct changesets_wanted *, struct diff *diff);
void changesets_free(struct changesets *);

/* The SOA's data before a step: a copy in the arena, with that step's serial. `present` is the
 * zone's now, `ttl` its TTL and then that of the SOA before. */
struct bytes changesets_soa_before(const struct changesets *, size_t step, struct bytes present,
				   uint32_t *ttl, struct arena *);

/* The changes of data in a step, without the SOA; false from `each` ends it, and is returned. The
 * scratch arena is reset with each entry. */
bool changesets_changes(struct store_txn *, uint32_t zone_id, const struct changeset *,
			bool (*each)(void *context, const struct change *), void *context,
			struct arena *scratch);
