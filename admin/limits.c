/* SPDX-License-Identifier: BSD-2-Clause */
/* The warnings of `status` about what is near a limit: 80 % of it, or more. A role of listed zones
 * is told of these alone. */
#include "acl/policy_limit.h"
#include "admin/command.h"
#include "admin/scope.h"
#include "nameserver/asker.h"
#include "nameserver/near_limits.h"
#include "dns/type.h"
#include "nameserver/update_parts.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include <inttypes.h>

/* Owners of a zone that are looked at, and warnings of a kind. */
#define LIMITS_LOOK_MAX 50000
#define LIMITS_WARN_MAX 10

struct limits_warn {
	struct call *call;
	const char *apex;
	unsigned names, brought, logs;
};

/* --- max-names */

/* Whether the owner is bound: a principal by its text, an unsigned client by its address. */
static bool limits_binds_owner(struct call *call, const struct zone *zone,
			       const struct names_owner *owner, const char **text)
{
	struct who who = {0};
	char shown[ADDR_TEXT_MAX];
	struct addr source = {0};
	struct policy_zone policy = update_policy(zone, &call->snapshot);
	bool is_unsigned = owner->prefix_len > 0;
	if (is_unsigned) {
		names_owner_print(owner, shown);
		*text = arena_text(&call->row_arena, shown, strlen(shown));
		shown[strcspn(shown, "/")] = '\0';
		if (addr_parse(shown, 53, &source) || who_parse(&who, "anonymous"))
			return false;
	} else {
		*text = principal_text(call->snapshot.txn, owner->id, &call->row_arena);
		if (!*text || **text == '@')
			return *text && zone->max_names && !zone->max_names_of_hosts;
		if (who_parse(&who, *text))
			return false;
	}
	struct policy_asker asker =
		asker_of(call->core, &call->snapshot, &who, is_unsigned ? &source : NULL, false);
	return policy_limit_binds(&policy, &asker);
}

static void limits_names_of_zone(struct limits_warn *warn, const struct zone *zone)
{
	struct call *call = warn->call;
	struct owned_names_walk walk;
	struct names_owner owner;
	struct owned_names owned;
	const char *text;
	struct policy_zone policy = update_policy(zone, &call->snapshot);
	owned_names_walk_from(&walk, call->snapshot.txn, zone->id);
	for (unsigned i = 0; i < LIMITS_LOOK_MAX && owned_names_walk_next(&walk, &owner, &owned);
	     i++) {
		unsigned most = policy_limit_names_most(&policy, owned.base);
		if (!near_limits_is_near(owned.names, most) ||
		    !limits_binds_owner(call, zone, &owner, &text) ||
		    ++warn->names > LIMITS_WARN_MAX)
			continue;
		command_warn(call, 0,
			     arena_print(&call->row_arena,
					 "zone %s: %s owns %" PRIu32 " names, at most %u "
					 "(max-names=%s%u)",
					 warn->apex, text, owned.names, most,
					 zone->max_names_of_hosts ? "hosts:" : "",
					 policy.max_names));
	}
	owned_names_walk_end(&walk);
}

/* --- max-records, max-types, max-name-bytes */

struct limits_name {
	unsigned records, types, bytes; /* `records`: of the type */
};

static struct limits_name limits_measure(const struct node *node, uint16_t type)
{
	struct limits_name is = {.bytes = (unsigned)node->rrsets.len};
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	for (unsigned last = 0; node_next_rrset(&in, &rrset); last = rrset.type) {
		is.types += rrset.type != last;
		is.records += rrset.type == type ? rrset.count : 0;
	}
	return is;
}

/* One that was near, as it is now. */
static void limits_warn_name(struct limits_warn *warn, const struct near_limit *near)
{
	struct zone zone;
	struct node node;
	char apex[DNS_NAME_TEXT_MAX], name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	struct call *call = warn->call;
	if (!zone_get_by_id(call->snapshot.txn, near->zone_id, &zone) ||
	    !scope_holds(call, &zone.apex) ||
	    !lookup_node(call->snapshot.txn, &zone, &near->name, &node))
		return;
	struct policy_zone policy = update_policy(&zone, &call->snapshot);
	struct limits_name is = limits_measure(&node, near->type);
	bool is_types = near->which == POLICY_MANY_TYPES,
	     is_bytes = near->which == POLICY_MANY_BYTES;
	unsigned value = is_types ? is.types : is_bytes ? is.bytes : is.records;
	unsigned most = is_types   ? policy.max_types
			: is_bytes ? policy.max_name_bytes
				   : policy.max_records;
	dns_type_print(near->type, type);
	const char *what = is_types   ? "types"
			   : is_bytes ? "bytes"
				      : arena_print(&call->row_arena, "records of type %s", type);
	if (!near_limits_is_near(value, most))
		return;
	warn->brought++;
	command_warn(call, 0,
		     arena_print(&call->row_arena,
				 "zone %s: %s brought %s to %u %s, at most %u (%s=%u)",
				 dns_name_show(&zone.apex, apex), near->principal,
				 dns_name_show(&near->name, name), value, what, most,
				 policy_limit_setting(near->which), most));
}

static void limits_warn_names(struct limits_warn *warn)
{
	struct near_limit *near =
		arena_alloc(&warn->call->arena, NEAR_LIMITS * sizeof(struct near_limit));
	size_t count = near_limits_list(warn->call->core->near_limits, near);
	for (size_t i = 0; i < count && warn->brought < LIMITS_WARN_MAX; i++)
		limits_warn_name(warn, &near[i]);
}

/* --- principal-size */

static void limits_warn_log(void *context, const struct log_share_of *of, uint64_t bytes)
{
	struct limits_warn *warn = context;
	struct call *call = warn->call;
	char shown[ADDR_TEXT_MAX];
	const char *text = shown;
	if (!near_limits_is_near(bytes, of->day) || ++warn->logs > LIMITS_WARN_MAX)
		return;
	if (of->client.prefix_len)
		names_owner_print(&of->client, shown);
	else
		text = principal_text(call->snapshot.txn, of->client.id, &call->row_arena);
	command_warn(
		call, 0,
		arena_print(&call->row_arena,
			    "updates of %s wrote %s of the log that count within a day, at most "
			    "%s (principal-size)",
			    text ? text : "somebody", log_share_text(&call->row_arena, bytes),
			    log_share_text(&call->row_arena, of->day)));
}

void command_limits_warn(struct call *call)
{
	char apex[DNS_NAME_TEXT_MAX];
	struct limits_warn warn = {.call = call, .apex = apex};
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		dns_name_show(&zone->apex, apex);
		if (zone->max_names && scope_holds(call, &zone->apex))
			limits_names_of_zone(&warn, zone);
	}
	if (warn.names > LIMITS_WARN_MAX)
		command_warn(call, 0,
			     arena_print(&call->row_arena,
					 "and %u more own at least %d %% of max-names",
					 warn.names - LIMITS_WARN_MAX, NEAR_LIMITS_PERCENT));
	limits_warn_names(&warn);
	/* What a client wrote is of all zones together. */
	if (!scope_is_listed(call))
		log_shares_each(call->core->writer_side->log_shares,
				clock_now_us(&call->core->clock), limits_warn_log, &warn);
}
