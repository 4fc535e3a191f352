/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delegations and DNAMEs that cover a name, and zones below of this server (tenure-policy(5),
 * "Names that are covered").
 */
#include "dns/type.h"
#include "nameserver/update_parts.h"

/* One that was looked at. */
struct update_cut {
	struct update_cut *next;
	struct dns_name name;
	const char *ns, *dname; /* a record that the requester may not change; NULL: none */
};

/* Whether NS below the apex, or a DNAME, may stand at the name. */
static bool cut_is_there(const struct update_sight *sight, const struct dns_name *name)
{
	struct node node;
	struct node_rrset rrset;
	if (sight->edit)
		return edit_see_cut(sight->edit, name) != NULL;
	return lookup_node(sight->snapshot->txn, sight->zone, name, &node) &&
	       (node_find(&node, DNS_TYPE_NS, &rrset) || node_find(&node, DNS_TYPE_DNAME, &rrset));
}

static const struct update_cut *cut_look(const struct update_sight *sight,
					 const struct dns_name *name)
{
	unsigned count;
	bool is_apex = dns_name_equal(name, &sight->zone->apex);
	struct update_cut *cut = sight->cuts->first;
	while (cut && !dns_name_equal(&cut->name, name))
		cut = cut->next;
	if (cut)
		return cut;
	cut = arena_zero(sight->arena, sizeof *cut);
	cut->name = *name;
	cut->next = sight->cuts->first;
	sight->cuts->first = cut;
	if (!is_apex)
		cut->ns = update_see_blocker(sight, name, DNS_TYPE_NS, &count);
	cut->dname = update_see_blocker(sight, name, DNS_TYPE_DNAME, &count);
	return cut;
}

/* Zones below that this server has: NS and DS of such a zone are no client's by ownership. */
static bool is_of_child(const struct update_sight *sight, const struct dns_name *name,
			uint16_t type)
{
	if (type != DNS_TYPE_NS && type != DNS_TYPE_DS)
		return false;
	return !dns_name_equal(name, &sight->zone->apex) &&
	       zoneset_exact(sight->snapshot->zones, name);
}

void update_see_cut(const struct update_sight *sight, const struct dns_name *name,
		    struct policy_record *record)
{
	record->is_of_child = is_of_child(sight, name, record->type);
	if (record->change != POLICY_ADD)
		return;
	/* From the apex down, so that the text names what hides the rest. */
	for (unsigned labels = sight->zone->apex.labels; labels <= name->labels; labels++) {
		struct dns_name at = dns_name_last(name, labels);
		bool is_name = labels == name->labels;
		if (!cut_is_there(sight, &at))
			continue;
		const struct update_cut *cut = cut_look(sight, &at);
		record->is_at_cut = is_name;
		record->cut_text = cut->ns ? cut->ns : is_name ? NULL : cut->dname;
		if (record->cut_text)
			return;
	}
}
