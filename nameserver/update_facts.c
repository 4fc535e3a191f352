/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "nameserver/update_parts.h"

struct policy_zone update_policy(const struct zone *zone, const struct snapshot *snapshot)
{
	static const enum policy_mode modes[] = {
		[ZONE_UPDATE_NONE] = POLICY_NONE,
		[ZONE_UPDATE_NONSECURE] = POLICY_NONSECURE,
		[ZONE_UPDATE_SECURE] = POLICY_SECURE,
		[ZONE_UPDATE_REPORT] = POLICY_NONSECURE,
	};
	static const enum policy_preset presets[] = {
		[ZONE_POLICY_WINDOWS] = POLICY_WINDOWS,
		[ZONE_POLICY_CLOSED] = POLICY_CLOSED,
		[ZONE_POLICY_SELF] = POLICY_SELF_PRESET,
		[ZONE_POLICY_AD] = POLICY_AD,
	};
	return (struct policy_zone){
		.mode = modes[zone->update],
		.origin = &zone->apex,
		.preset = presets[zone->policy],
		.protects_static = zone->protects_static,
		.rules = rulebook_find(snapshot->rules, zone->id),
		.groups = snapshot->groups,
		.max_records = zone->max_records,
		.max_types = zone->max_types,
		.max_name_bytes = zone->max_name_bytes,
		.max_names = zone->max_names,
		.max_names_of_hosts = zone->max_names_of_hosts,
	};
}

struct verdict update_admit(const struct zone *zone, const struct snapshot *snapshot,
			    const struct policy_asker *asker, const struct update_owner *ids,
			    bool asks)
{
	struct policy_zone policy = update_policy(zone, snapshot);
	policy.apex = asks ? &zone->apex : NULL;
	struct verdict verdict = policy_admit(&policy, asker, !ids);
	/* Whom a rule lets in is not looked for. */
	if (!ids || verdict.is_allowed || verdict.reason != POLICY_NO_RULE ||
	    !update_may_own(snapshot, zone, ids))
		return verdict;
	return policy_admit(&policy, asker, true);
}

static bool update_facts_is_listed(const struct zone *zone, const struct addr *source)
{
	for (size_t i = 0; i < ZONE_PREFIXES_MAX && zone->transfer[i].family_len; i++) {
		if (prefix_holds(&zone->transfer[i], source))
			return true;
	}
	return false;
}

struct verdict update_transfer(const struct zone *zone, const struct policy_zone *policy,
			       const struct policy_asker *asker)
{
	struct verdict verdict = policy_transfer(policy, asker);
	if (verdict.reason != POLICY_NO_RULE || !asker->source ||
	    !update_facts_is_listed(zone, asker->source))
		return verdict;
	verdict.is_allowed = true;
	verdict.reason = POLICY_BY_RULE;
	verdict.rule = "setting transfer: the address is in its list";
	return verdict;
}

enum policy_class update_class(enum record_class class)
{
	static const enum policy_class classes[] = {
		[RECORD_STATIC] = POLICY_STATIC,
		[RECORD_DYNAMIC] = POLICY_DYNAMIC,
		[RECORD_PINNED] = POLICY_PINNED,
		[RECORD_DERIVED] = POLICY_STATIC,
	};
	return classes[class];
}

/* A record at the principal's own name proves the address if it counts as the principal's, or an
 * administrator put it there: anybody else could lend it an address. */
static bool update_facts_proves(const struct update_owner *owner, const struct dns_name *own_name,
				const struct node_record *record)
{
	return record->class == RECORD_STATIC || update_owns(owner, record->owner, own_name);
}

/* Names of the address: the host's, and the reverse name that is asked about. */
struct address_names {
	const struct dns_name *own, *reverse;
	size_t *steps;
};

static bool has_reverse(const struct update_owner *owner, const struct node *node, uint16_t type,
			const struct address_names *names)
{
	struct node_rrset rrset;
	struct node_record record;
	if (!node_find(node, type, &rrset))
		return false;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	while (node_next_record(&in, &record)) {
		*names->steps += UPDATE_ADDRESS_STEPS;
		struct dns_name reverse = dns_name_of_address(record.rdata.data, record.rdata.len);
		if (update_facts_proves(owner, names->own, &record) &&
		    dns_name_equal(&reverse, names->reverse))
			return true;
	}
	return false;
}

/* Whether the addresses of a host of the zone may be looked at; no other name than a reverse one
 * depends on them. */
static bool facts_see(const struct snapshot *snapshot, const struct zone *zone,
		      const struct dns_name *reverse)
{
	return !snapshot->view || !dns_name_is_reverse(reverse) || snapshot_sees(snapshot, zone);
}

bool update_is_ptr_of_self(const struct snapshot *snapshot, const struct policy_asker *asker,
			   const struct update_owner *owner, const struct dns_name *name,
			   size_t *steps)
{
	struct node node;
	struct dns_name own;
	struct address_names names = {&own, name, steps};
	size_t at = 0;
	while (policy_next_own_name(asker, &at, &own)) {
		*steps += UPDATE_NAME_STEPS;
		const struct zone *zone = zoneset_find(snapshot->zones, &own);
		if (!facts_see(snapshot, zone, name))
			continue;
		if (zone && lookup_node(snapshot->txn, zone, &own, &node) &&
		    (has_reverse(owner, &node, DNS_TYPE_A, &names) ||
		     has_reverse(owner, &node, DNS_TYPE_AAAA, &names)))
			return true;
	}
	return false;
}

bool update_is_target_self(const struct policy_asker *asker, uint16_t type, struct bytes rdata)
{
	struct dns_name target;
	if (!asker->has_own_name)
		return false;
	bool has_target = type == DNS_TYPE_SRV ? dns_rdata_target(type, rdata, &target)
					       : (type == DNS_TYPE_PTR || type == DNS_TYPE_CNAME) &&
							 dns_rdata_name(type, rdata, &target);
	return has_target && policy_is_own_name(asker, &target);
}

struct update_servers update_servers(struct store_txn *txn, const struct zone *zone,
				     const struct dns_name *at, struct arena *arena)
{
	static const uint16_t types[] = {DNS_TYPE_NS, DNS_TYPE_SOA};
	struct bytes found[2] = {{0}};
	struct node node;
	struct node_rrset rrset;
	if (!lookup_node(txn, zone, at, &node))
		return (struct update_servers){0};
	for (size_t i = 0; i < 2; i++)
		if (node_find(&node, types[i], &rrset))
			found[i] =
				bytes_of(arena_copy(arena, rrset.records.data, rrset.records.len),
					 rrset.records.len);
	return (struct update_servers){found[0], found[1]};
}

/* Whether the data begins with the name, in whatever case: NS is nothing else, SOA's first name is
 * MNAME. Lengths of labels are below the letters. */
static bool facts_begin_with(struct bytes rdata, const struct dns_name *name)
{
	if (rdata.len < name->len)
		return false;
	for (size_t i = 0; i < name->len; i++)
		if (dns_lower(rdata.data[i]) != name->wire[i])
			return false;
	return true;
}

static bool facts_have_name(struct bytes records, const struct dns_name *name)
{
	struct node_record record;
	struct bytes_in in = bytes_in_of(records.data, records.len);
	while (node_next_record(&in, &record))
		if (facts_begin_with(record.rdata, name))
			return true;
	return false;
}

bool update_is_server(const struct update_servers *servers, const struct dns_name *name)
{
	return facts_have_name(servers->ns, name) || facts_have_name(servers->soa, name);
}
