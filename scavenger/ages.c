/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/ages.h"
#include "zonedb/walk.h"
#include <string.h>

#define MINUTE 60u
#define HOUR   3600u
#define DAY    86400u

/* Widths of bins that people count in. */
static const uint32_t widths[] = {
	1,        5,        15,       MINUTE,    5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR,
	2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR,  8 * HOUR,   12 * HOUR,   DAY,         2 * DAY,
	3 * DAY,  4 * DAY,  5 * DAY,  7 * DAY,   10 * DAY,   14 * DAY,    15 * DAY,    28 * DAY,
	30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY, 365 * DAY};
#define WIDTHS (sizeof(widths) / sizeof(widths[0]))

/* Fewer bins would show too little; then they need not fit the windows. */
#define BINS_LEAST 6

/* How far the bins reach: beyond the windows by half, so that one sees what has just turned stale.
 */
static uint64_t ages_reach(const struct age_windows *windows)
{
	uint64_t span = (uint64_t)windows->no_refresh + windows->refresh;
	uint64_t limit = span + span / 2;
	return limit < HOUR ? HOUR : limit;
}

static uint64_t bins_of(uint64_t limit, uint32_t width)
{
	return (limit + width - 1) / width;
}

static uint32_t width_for(const struct age_windows *windows)
{
	uint64_t limit = ages_reach(windows);
	uint32_t narrow = 0;
	for (size_t i = 0; i < WIDTHS; i++) {
		uint64_t count = bins_of(limit, widths[i]);
		if (count > AGES_BINS_MAX)
			continue;
		if (!narrow)
			narrow = widths[i];
		if (count >= BINS_LEAST && windows->no_refresh % widths[i] == 0 &&
		    windows->refresh % widths[i] == 0)
			return widths[i];
	}
	return narrow ? narrow : (uint32_t)(limit / AGES_BINS_MAX + 1);
}

static enum ages_phase phase_of(uint64_t age, const struct age_windows *windows)
{
	if (age > (uint64_t)windows->no_refresh + windows->refresh)
		return AGES_STALE;
	return age > windows->no_refresh ? AGES_REFRESH : AGES_NO_REFRESH;
}

void ages_lay(struct ages *ages, const struct age_windows *windows)
{
	uint32_t width = width_for(windows);
	memset(ages, 0, sizeof(*ages));
	ages->count = (size_t)bins_of(ages_reach(windows), width);
	for (size_t i = 0; i < ages->count; i++) {
		uint64_t to = (uint64_t)(i + 1) * width;
		struct ages_bin *bin = &ages->bins[i];
		bin->from = (uint32_t)(to - width);
		bin->to = to > UINT32_MAX ? UINT32_MAX : (uint32_t)to;
		bin->phase = phase_of(to, windows);
	}
	ages->bins[ages->count] =
		(struct ages_bin){.from = ages->bins[ages->count - 1].to, .phase = AGES_STALE};
	ages->count++;
}

void ages_put(struct ages *ages, uint64_t age)
{
	size_t last = ages->count - 1;
	uint32_t width = ages->bins[0].to;
	uint64_t at = age == 0 ? 0 : (age - 1) / width;
	ages->bins[at < last ? at : last].records++;
	ages->dynamic++;
}

/* The name whose records are being counted. */
struct ages_place {
	uint64_t when, seq; /* of its last change */
	const struct eras *eras;
	struct ticket_guarded guarded; /* fixed where an address is kept */
};

static void ages_put_rrset(struct ages *ages, const struct ages_place *place,
			   const struct node_rrset *rrset, bool is_kept)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	while (node_next_record(&in, &record)) {
		ages->fixed += record.class == RECORD_STATIC;
		ages->pinned += record.class == RECORD_PINNED;
		if (record.class != RECORD_DYNAMIC)
			continue;
		struct ticket_age age;
		bool ages_here =
			ticket_ages(&place->guarded, rrset->type, &record, &age) && !is_kept;
		ages->kept += !ages_here;
		if (!ages_here)
			continue;
		uint64_t stamp = eras_count(place->eras, place->seq, age.stamp);
		ages_put(ages, age_of(stamp, place->when));
		if (ages->oldest == 0 || stamp < ages->oldest)
			ages->oldest = stamp;
	}
}

void ages_of_zone(struct ages *ages, struct store_txn *txn, const struct zone *zone, uint64_t when,
		  const struct age_windows *windows)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	struct eras eras;
	eras_read(txn, &eras);
	ages_lay(ages, windows);
	walk_from(&walk, txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node)) {
		struct ages_place place = {.when = when,
					   .seq = node.seq,
					   .eras = &eras,
					   .guarded = plan_guarded(txn, zone, &name, &node)};
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		while (node_next_rrset(&in, &rrset))
			ages_put_rrset(ages, &place, &rrset,
				       plan_is_kept(txn, zone, &name, rrset.type));
	}
	walk_end(&walk);
}
