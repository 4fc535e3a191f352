/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/name_history.h"
#include "zonedb/node.h"
#include "zonedb/zone_at.h"

uint64_t name_history_head(struct store_txn *txn, const struct zone *zone,
			   const struct dns_name *name)
{
	uint8_t bytes[ZONE_KEY_MAX];
	struct bytes key = bytes_of(bytes, zone_key(bytes, zone, name)), value;
	struct node node;
	if (store_get(txn, STORE_NODES, key, &value)) {
		if (node_open(&node, value))
			return node.seq;
		store_fail(txn, STORE_CORRUPT);
		return 0;
	}
	if (!store_get(txn, STORE_TOMBSTONES, key, &value))
		return 0;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t seq = bytes_in_u64(&in);
	if (in.bad)
		store_fail(txn, STORE_CORRUPT);
	return seq;
}

bool name_history_next(struct store_txn *txn, const struct dns_name *apex,
		       struct name_history_zone *at)
{
	struct deleted_zone deleted_zone;
	struct zone here;
	if (at->is_here)
		return false;
	/* Ids are in the order in which zones were made. */
	if (deleted_zone_next(txn, apex, at->zone.id, &deleted_zone)) {
		*at = (struct name_history_zone){.zone = deleted_zone.zone,
						 .first_gone = deleted_zone.first_seq,
						 .last_gone = deleted_zone.last_seq};
		return true;
	}
	if (!zone_get(txn, apex, &here))
		return false;
	*at = (struct name_history_zone){.zone = here, .is_here = true};
	return true;
}

bool name_history_zone_at(struct store_txn *txn, const struct dns_name *apex, uint64_t seq,
			  struct zone *zone)
{
	struct name_history_zone at = {0};
	while (name_history_next(txn, apex, &at)) {
		if (!at.is_here && at.first_gone <= seq)
			continue;
		*zone = at.zone;
		if (zone_at_has_zone(txn, zone, seq))
			return true;
	}
	return false;
}

bool name_history_place_at(struct store_txn *txn, const struct dns_name *name, uint64_t seq,
			   struct zone *zone)
{
	for (struct dns_name apex = *name;; apex = dns_name_strip(&apex, 1)) {
		if (name_history_zone_at(txn, &apex, seq, zone))
			return true;
		if (apex.labels == 0)
			return false;
	}
}
