/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How old the records of a zone are: a histogram of the ages of what can become stale, with its
 * bins laid so that the windows cut between them where they can. Memory does not grow with the
 * zone. Reads only; walks the whole zone. Any thread with its own transaction.
 */
#include "scavenger/plan.h"

#define AGES_BINS_MAX 24

/* Where in its life a record of that age is. */
enum ages_phase {
	AGES_NO_REFRESH, /* a refresh would not be written */
	AGES_REFRESH,    /* a refresh is waited for */
	AGES_STALE,
};

struct ages_bin {
	uint64_t records;
	uint32_t from, to; /* seconds: from < age <= to, the first from zero; `to` 0: any older */
	enum ages_phase phase; /* of its oldest */
};

struct ages {
	struct ages_bin bins[AGES_BINS_MAX + 1]; /* the last holds what is older than the others */
	size_t count;
	uint64_t dynamic, kept, pinned,
		fixed;   /* `kept`: dynamic, never scavenged; `fixed`: static */
	uint64_t oldest; /* stamp of the oldest dynamic one; 0: there is none */
};

/* Empty bins for these windows. Pure. */
void ages_lay(struct ages *, const struct age_windows *);
/* Puts one age into its bin. Pure. */
void ages_put(struct ages *, uint64_t age);
/* Bins and counts of a zone as of `when`. */
void ages_of_zone(struct ages *, struct store_txn *, const struct zone *, uint64_t when,
		  const struct age_windows *);
