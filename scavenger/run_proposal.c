/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/run_proposal.h"
#include "journal/journal.h"
#include "zonedb/lookup.h"

bool run_proposal_has_rules_of(const struct run *run, const struct zone *zone)
{
	_Static_assert(sizeof(run->keep_types) == sizeof(zone->keep_types), "as many types");
	return run->no_refresh == zone->no_refresh && run->refresh == zone->refresh &&
	       memcmp(run->keep_types, zone->keep_types, sizeof(run->keep_types)) == 0;
}

/* The last change of a name that is, or was; 0: it never was. */
static uint64_t run_proposal_last_change(struct store_txn *txn, const struct zone *zone,
					 const struct dns_name *name)
{
	struct node node;
	uint8_t key[ZONE_KEY_MAX];
	struct bytes value;
	if (lookup_node(txn, zone, name, &node))
		return node.seq;
	if (!store_get(txn, STORE_TOMBSTONES, bytes_of(key, zone_key(key, zone, name)), &value))
		return 0;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	return bytes_in_u64(&in);
}

static bool is_by_run(struct store_txn *txn, uint64_t seq, const struct run *run)
{
	struct arena arena = {0};
	struct entry entry;
	bool is = journal_read(txn, seq, &entry, &arena) && entry.run &&
		  (entry.run == run->id || entry.run == run->of_run);
	arena_free(&arena);
	return is;
}

bool run_proposal_is_outdated(struct store_txn *txn, const struct run *run, const struct zone *zone,
			      const struct dns_name *name)
{
	struct dns_name at = *name;
	for (; at.labels > zone->apex.labels; at = dns_name_strip(&at, 1)) {
		uint64_t seq = run_proposal_last_change(txn, zone, &at);
		if (seq > run->judged_seq && !is_by_run(txn, seq, run))
			return true;
	}
	return dns_name_equal(name, &zone->apex) &&
	       run_proposal_last_change(txn, zone, name) > run->judged_seq;
}
