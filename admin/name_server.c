/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/name_server.h"
#include "admin/covered.h"
#include "admin/scope.h"
#include "dns/rdata.h"
#include "nameserver/update_parts.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
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

/* What is reserved, is below a delegation, or is an apex no client claims. */
static bool server_can_be_claimed(struct call *call, const struct zone *zone,
				  const struct dns_name *host)
{
	struct store_txn *txn = call->snapshot.txn;
	struct lookup found;
	struct node node;
	const char *owner;
	if (zone->update == ZONE_UPDATE_NONE || lookup_node(txn, zone, host, &node))
		return false;
	lookup(txn, zone, host, DNS_TYPE_ANY, &found);
	if (found.kind == LOOKUP_DELEGATION || found.kind == LOOKUP_DNAME ||
	    found.kind == LOOKUP_BROKEN)
		return false;
	struct update_servers servers = update_servers(txn, zone, &zone->apex, &call->arena);
	return !update_is_server(&servers, host) &&
	       !reservation_find(txn, zone, host, &call->arena, &owner);
}

bool command_server_is_free(struct call *call, const struct dns_name *host)
{
	const struct zone *zone = zoneset_find(call->snapshot.zones, host);
	return zone && scope_holds(call, &zone->apex) && server_can_be_claimed(call, zone, host);
}

/* A free name server, and whether its name was kept. */
struct server_keep {
	const struct dns_name *host;
	uint32_t zone_id;
	bool is_kept;
};

static enum call_code server_keep_work(struct call *call, struct store_txn *txn, void *context)
{
	struct server_keep *keep = context;
	keep->is_kept = command_reserve_free(call, txn, keep->zone_id, keep->host, "local:root");
	return CALL_OK;
}

/* Whoever sees listed zones alone is told the same of each host that is in none of them. */
static bool server_is_unseen(struct call *call, const struct dns_name *host)
{
	const struct zone *zone = zoneset_find(call->snapshot.zones, host);
	char shown[DNS_NAME_TEXT_MAX];
	if (!scope_is_listed(call) || (zone && scope_holds(call, &zone->apex)))
		return false;
	dns_name_show(host, shown);
	command_warn(
		call, 0,
		arena_print(&call->arena,
			    "the name server %s lies in no zone that you see: whether a client "
			    "has its name, or may claim it and choose where it leads, was not "
			    "looked at, and it is not kept (`tenurectl owner reserve %s --for "
			    "local:root` keeps it, for a role of its zone)",
			    shown, shown));
	return true;
}

static void server_keep(struct call *call, const struct dns_name *host)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *owner = command_server_owner(call, host);
	dns_name_show(host, shown);
	if (server_is_unseen(call, host))
		return;
	if (owner) {
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    "the address of the name server %s is owned by %s, who can "
				    "change where it leads: `tenurectl owner transfer --from %s "
				    "--to local:root --match %s.` takes it",
				    shown, owner, owner, shown));
		return;
	}
	if (!command_server_is_free(call, host))
		return;
	struct server_keep keep = {.host = host,
				   .zone_id = zoneset_find(call->snapshot.zones, host)->id};
	if (!command_write(call, server_keep_work, &keep) && keep.is_kept)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "the name of the name server %s was free, and a client "
					 "that claimed it would choose where it leads: it is kept "
					 "for local:root (`tenurectl owner release %s` frees it)",
					 shown, shown));
}

/* The hosts of an NS set, and the primary server, each once. */
static size_t server_collect(const struct update_servers *servers, struct dns_name **hosts,
			     struct arena *arena)
{
	size_t count = 0, room = (servers->ns.len + servers->soa.len) / NODE_RECORD_HEAD_LEN + 1;
	struct dns_name *host = arena_alloc(arena, room * sizeof *host);
	struct bytes_in in = bytes_in_of(servers->ns.data, servers->ns.len);
	struct node_record record;
	struct dns_soa soa;
	while (node_next_record(&in, &record))
		count += dns_rdata_name(DNS_TYPE_NS, record.rdata, &host[count]);
	in = bytes_in_of(servers->soa.data, servers->soa.len);
	bool has_soa = node_next_record(&in, &record) && dns_soa_unpack(record.rdata, &soa);
	for (size_t i = 0; has_soa && i < count; i++)
		has_soa = !dns_name_equal(&host[i], &soa.mname);
	if (has_soa)
		host[count++] = soa.mname;
	*hosts = host;
	return count;
}

void command_keep_servers(struct call *call, const struct zone *zone, const struct dns_name *at)
{
	struct update_servers servers = update_servers(call->snapshot.txn, zone, at, &call->arena);
	struct dns_name *hosts;
	size_t count = server_collect(&servers, &hosts, &call->arena);
	for (size_t i = 0; i < count; i++)
		server_keep(call, &hosts[i]);
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

/* Name servers of another zone that lie in this one. */
static void check_named(struct call *call, const struct zone *zone, const struct zone *by,
			command_child_fn *each, void *context)
{
	struct store_txn *txn = call->snapshot.txn;
	struct update_servers servers = update_servers(txn, by, &by->apex, &call->arena);
	struct dns_name *hosts;
	char shown[DNS_NAME_TEXT_MAX];
	size_t count = server_collect(&servers, &hosts, &call->arena);
	for (size_t i = 0; i < count; i++)
		if (dns_name_under(&hosts[i], &zone->apex) &&
		    zoneset_find(call->snapshot.zones, &hosts[i])->id == zone->id &&
		    command_server_is_free(call, &hosts[i]))
			each(context, &hosts[i],
			     arena_print(&call->row_arena,
					 "the zone %s has this name, which is free, as a name "
					 "server: who claims it chooses where that leads (`owner "
					 "reserve`)",
					 dns_name_show(&by->apex, shown)));
}

void command_check_named(struct call *call, const struct zone *zone, command_child_fn *each,
			 void *context)
{
	const struct zoneset *zones = call->snapshot.zones;
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *by = zoneset_at(zones, i);
		if (by->id != zone->id && scope_holds(call, &by->apex))
			check_named(call, zone, by, each, context);
	}
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
