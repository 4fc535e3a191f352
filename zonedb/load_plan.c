/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/serial.h"
#include "dns/rdata.h"
#include "zonedb/load_state.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include <assert.h>

struct load_plan {
	const struct load *load;
	struct store_txn *txn;
	struct arena arena; /* of texts of owners, which ends with each name */
	struct load_result *result;
};

/* Whether the SOA goes and another one comes. A serial that is not ahead changes nothing. */
static bool load_plan_is_other_soa(struct bytes stored, struct bytes loaded)
{
	struct dns_soa was, is;
	if (!dns_soa_unpack(stored, &was) || !dns_soa_unpack(loaded, &is) ||
	    stored.len != loaded.len)
		return true;
	size_t numbers = stored.len - 20, behind = numbers + 4;
	return serial_is_ahead(is.serial, was.serial) ||
	       memcmp(stored.data, loaded.data, numbers) != 0 ||
	       memcmp(stored.data + behind, loaded.data + behind, 16) != 0;
}

/* Of a record that stays: whether its TTL, or what the file says of its owner and age, is new. */
static bool load_plan_alters(struct load_plan *plan, const struct node_rrset *rrset,
			     const struct node_record *stored, const struct load_record *loaded)
{
	if (rrset->ttl != loaded->ttl)
		return true;
	return loaded->owner &&
	       (stored->class != loaded->class || stored->stamp < loaded->stamp ||
		strcmp(principal_text(plan->txn, stored->owner, &plan->arena), loaded->owner) != 0);
}

static int load_plan_order(const struct node_rrset *rrset, const struct node_record *stored,
			   const struct load_record *loaded)
{
	if (rrset->type != loaded->type)
		return rrset->type < loaded->type ? -1 : 1;
	if (rrset->type == DNS_TYPE_SOA)
		return 0;
	return dns_rdata_compare(rrset->type, stored->rdata, load_rdata(loaded));
}

/* A name that both have: its records side by side, in the same order. */
static void load_plan_name(struct load_plan *plan, const struct node *node, size_t at, size_t end)
{
	struct load_result *result = plan->result;
	struct node_walk walk = node_walk_of(node);
	struct node_record stored;
	while (node_walk_next(&walk, &stored)) {
		int order = -1;
		/* The server's: no file removes it. */
		if (stored.class == RECORD_DERIVED)
			continue;
		for (; at < end; at++) {
			order = load_plan_order(&walk.rrset, &stored, plan->load->records[at]);
			if (order <= 0)
				break;
			result->added++;
		}
		if (at == end || order < 0) {
			result->removed++;
			continue;
		}
		const struct load_record *loaded = plan->load->records[at++];
		bool is_other_soa = loaded->type == DNS_TYPE_SOA &&
				    load_plan_is_other_soa(stored.rdata, load_rdata(loaded));
		result->added += is_other_soa;
		result->removed += is_other_soa;
		result->altered +=
			!is_other_soa && load_plan_alters(plan, &walk.rrset, &stored, loaded);
	}
	result->added += end - at;
	arena_reset(&plan->arena);
}

static size_t load_plan_count(const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	size_t count = 0;
	while (node_walk_next(&walk, &record))
		count += record.class != RECORD_DERIVED;
	return count;
}

void load_plan(const struct load *load, struct store_txn *txn, const struct zone *zone,
	       struct load_result *result)
{
	assert(load->is_sorted);
	struct load_plan plan = {.load = load, .txn = txn, .result = result};
	struct walk walk;
	struct dns_name name;
	struct node node;
	uint8_t key[DNS_NAME_KEY_MAX];
	size_t at = 0;
	*result = (struct load_result){.records = load->count};
	walk_from(&walk, txn, zone, &zone->apex);
	bool has_stored = walk_next(&walk, &name, &node);
	while (has_stored || at < load->count) {
		size_t end = at < load->count ? load_name_end(load, at) : at;
		struct bytes stored = bytes_of(key, 0);
		if (has_stored)
			stored.len = dns_name_key(key, &name, &zone->apex);
		int order = !has_stored ? 1
			    : at == load->count
				    ? -1
				    : bytes_compare(stored, load_key(load->records[at]));
		if (order < 0)
			result->removed += load_plan_count(&node);
		else if (order > 0)
			result->added += end - at;
		else
			load_plan_name(&plan, &node, at, end);
		result->names += order >= 0;
		at = order >= 0 ? end : at;
		if (order <= 0)
			has_stored = walk_next(&walk, &name, &node);
	}
	walk_end(&walk);
	arena_free(&plan.arena);
}
