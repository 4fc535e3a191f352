/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/name_server.h"
#include "admin/covered.h"
#include "admin/scope.h"
#include "dns/rdata.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include <inttypes.h>
#include <string.h>

/* Who sends updates; what local: and system: made is the administrator's. */
static bool server_is_client(const char *owner)
{
	return strncmp(owner, "local:", 6) != 0 && strncmp(owner, "system:", 7) != 0;
}

/* In a zone where unsigned updates are refused nobody owns what is anonymous. */
static bool server_is_free(const struct zone *zone, const struct node_record *record)
{
	return record->owner == PRINCIPAL_ANONYMOUS &&
	       (record->class == RECORD_STATIC || zone->update == ZONE_UPDATE_SECURE);
}

const char *command_server_owner(struct call *call, const struct dns_name *host)
{
	const struct zone *zone = zoneset_find(call->snapshot.zones, host);
	struct node node;
	struct node_record record;
	if (!zone || !scope_holds(call, &zone->apex) ||
	    !lookup_node(call->snapshot.txn, zone, host, &node))
		return NULL;
	struct node_walk walk = node_walk_of(&node);
	while (node_walk_next(&walk, &record)) {
		bool is_address = walk.rrset.type == DNS_TYPE_A || walk.rrset.type == DNS_TYPE_AAAA;
		if (!is_address || server_is_free(zone, &record))
			continue;
		const char *owner = principal_text(call->snapshot.txn, record.owner, &call->arena);
		if (server_is_client(owner))
			return owner;
	}
	return NULL;
}

void command_warn_servers(struct call *call, const struct zone *zone, const struct dns_name *at)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	struct dns_name host;
	if (!lookup_node(call->snapshot.txn, zone, at, &node) ||
	    !node_find(&node, DNS_TYPE_NS, &rrset))
		return;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	while (node_next_record(&in, &record)) {
		const char *owner = dns_rdata_name(DNS_TYPE_NS, record.rdata, &host)
					    ? command_server_owner(call, &host)
					    : NULL;
		if (!owner)
			continue;
		dns_name_show(&host, shown);
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    "the address of the name server %s is owned by %s, who can "
				    "change where it leads: `tenurectl owner transfer --from %s "
				    "--to local:root --match %s.` takes it",
				    shown, owner, owner, shown));
	}
}

static void check_child(struct call *call, const struct zone *zone, const struct zone *child,
			command_child_fn *each, void *context)
{
	struct node node;
	struct node_rrset rrset;
	bool has_ns = lookup_node(call->snapshot.txn, zone, &child->apex, &node) &&
		      node_find(&node, DNS_TYPE_NS, &rrset);
	if (!has_ns)
		each(context, &child->apex,
		     "the zone of this name, which is here, has no NS in this zone: other servers "
		     "of "
		     "this zone do not know it");
	uint64_t covered = command_covered_count(call, &child->apex);
	if (covered)
		each(context, &child->apex,
		     arena_print(&call->arena,
				 "%s at or below it %s answered by nobody: the zone of this name, "
				 "which is here, covers them (`record del`)",
				 command_count(call, covered, "record"),
				 covered == 1 ? "is" : "are"));
}

void command_check_children(struct call *call, const struct zone *zone, command_child_fn *each,
			    void *context)
{
	const struct zoneset *zones = call->snapshot.zones;
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *child = zoneset_at(zones, i);
		const struct zone *above = zoneset_find_above(zones, &child->apex);
		if (above && above->id == zone->id && child->id != zone->id &&
		    scope_holds(call, &child->apex))
			check_child(call, zone, child, each, context);
	}
}
