/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The three-way comparison of a load with the zone as it was when the file was exported (base) and
 * as it is (now), RRset by RRset. What only the file changed is the file's, what was only changed
 * since is what it is now; an RRset that both changed, and not alike, is a conflict. Records are
 * the same if data, TTL, owner and class are; a stamp counts where the file has a later one than
 * the base. The SOA's serial is no change, unless the file's is ahead of the present one.
 *
 * Any thread; the transaction must not be renewed meanwhile, and errors stick to it. Time grows
 * with the zone.
 */
#include "zonedb/load.h"

struct load_merge_record {
	struct bytes rdata;
	uint32_t ttl;
	const char *owner;
	uint64_t stamp;
	enum record_class class;
	bool is_said; /* by the file: owner, stamp and class are not those of before */
};

/* An RRset in canonical order; of an SOA the serial is 0, or the file's if that is ahead. */
struct load_merge_side {
	struct load_merge_record *record;
	size_t count;
};

enum load_merge_what {
	LOAD_MERGE_NONE,  /* nothing differs: not told */
	LOAD_MERGE_FILE,  /* the file changes it */
	LOAD_MERGE_SINCE, /* it was changed since the export, and the file says nothing */
	LOAD_MERGE_ALIKE, /* both, with the same result */
	LOAD_MERGE_CONFLICT,
};

struct load_merge_set {
	const struct dns_name *name;
	uint16_t type;
	enum load_merge_what what;
	struct load_merge_side base, now, file;
};

struct load_merge {
	const struct load *load; /* checked */
	struct store_txn *txn;
	const struct zone *zone;
	uint64_t seq;       /* the base is the zone after this entry; the log must reach back */
	const char *author; /* owner of what is new in the file and has none */
	uint64_t time;      /* its stamp, seconds */
	/* Called for each RRset of which two sides differ, names in canonical order, types
	 * ascending. What it is given is valid during the call. */
	void (*each)(void *context, const struct load_merge_set *);
	void *context;
};

void load_merge_run(struct load_merge *);

/* Whether two sides are the same but for stamps. */
bool load_merge_equal(uint16_t type, const struct load_merge_side *,
		      const struct load_merge_side *);
/* The record of a side with this data; NULL: it has none. */
const struct load_merge_record *load_merge_find(uint16_t type, const struct load_merge_side *,
						struct bytes rdata);
/* Whether a type may stand beside a CNAME, itself included. */
bool load_may_be_beside_cname(uint16_t type);
