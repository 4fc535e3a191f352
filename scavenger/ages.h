/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Makes a histogram of the ages of a zone's records. The bins are chosen so that the ends of the
 * windows lie between two bins where possible. Walks the whole zone in bounded memory. Any thread,
 * with its own transaction.
 */
#include "scavenger/plan.h"

#define AGES_BINS_MAX 24

/* The phase of aging in which a record of an age is. */
enum ages_phase {
	AGES_NO_REFRESH, /* a refresh would not be written */
	AGES_REFRESH,    /* a refresh would be written */
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

/* Makes empty bins for these windows. Pure. */
void ages_lay(struct ages *, const struct age_windows *);
/* Counts an age in seconds in its bin. Pure. */
void ages_put(struct ages *, uint64_t age);
/* Fills bins and counts with the records of a zone as of `when`. */
void ages_of_zone(struct ages *, struct store_txn *, const struct zone *, uint64_t when,
		  const struct age_windows *);
