/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/dynamic_count.h"
#include "journal/dynamic.h"
#include "zonedb/walk.h"

uint64_t dynamic_count_of(const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	uint64_t count = 0;
	while (node_walk_next(&walk, &record))
		count += record.class == RECORD_DYNAMIC;
	return count;
}

uint64_t dynamic_count_zone(struct store_txn *txn, const struct zone *zone)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	uint64_t count = 0;
	walk_from(&walk, txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node))
		count += dynamic_count_of(&node);
	walk_end(&walk);
	return count;
}

void dynamic_count_settle(struct store_txn *txn)
{
	struct zoneset *zones = zoneset_load(txn);
	uint64_t known;
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		if (!dynamic_count(txn, zone->id, &known) && !txn->error)
			dynamic_set(txn, zone->id, dynamic_count_zone(txn, zone));
	}
	zoneset_free(zones);
}
