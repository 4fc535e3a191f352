/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/speaking.h"
#include "acl/rule_match.h"
#include "base/shellword.h"
#include "nameserver/update_parts.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include <string.h>

static bool speaking_is_named(struct call *call, const struct zone *zone, const char *owner)
{
	struct who who;
	if (who_parse(&who, owner))
		return false;
	struct policy_zone policy = update_policy(zone, &call->snapshot);
	struct policy_asker asker = policy_asker_of(&who, NULL, false);
	return rule_names(&policy, &asker);
}

static bool speaking_has(const struct node *host, uint32_t owner)
{
	struct node_walk walk = node_walk_of(host);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		if (record.owner == owner)
			return true;
	return false;
}

/* Who left a record there; `host` NULL: the host holds none. */
static const char *speaking_find(struct call *call, const struct zone *zone,
				 const struct node *node, const struct node *host)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record)) {
		if (record.class == RECORD_STATIC || (host && speaking_has(host, record.owner)))
			continue;
		const char *owner = principal_text(call->snapshot.txn, record.owner, &call->arena);
		if (strncmp(owner, "local:", 6) != 0 && strncmp(owner, "system:", 7) != 0 &&
		    !speaking_is_named(call, zone, owner))
			return owner;
	}
	return NULL;
}

const char *command_speaking_owner(struct call *call, const struct zone *zone,
				   const struct dns_name *name, const struct node *node)
{
	struct dns_name at;
	struct node host;
	if (!memchr(name->wire, '_', name->len) ||
	    policy_name_kind(name, &zone->apex, false) != POLICY_NAME_SPEAKS ||
	    !policy_host_name(&at, name, &zone->apex) ||
	    !lookup_node(call->snapshot.txn, zone, &at, &host))
		return NULL;
	return speaking_find(call, zone, node, &host);
}

/* What was found below a host. */
struct speaking {
	struct dns_name first;
	const char *owner; /* of the first */
	uint64_t more;
};

static void speaking_tell(struct call *call, const struct zone *zone, const struct dns_name *host,
			  const struct speaking *found)
{
	char shown[DNS_NAME_TEXT_MAX], first[DNS_NAME_TEXT_MAX], apex[DNS_NAME_TEXT_MAX];
	dns_name_show(&found->first, first);
	const char *more = found->more ? arena_print(&call->arena, ", and %s more",
						     command_count(call, found->more, "name"))
				       : "";
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "%s speaks for %s and holds records of %s%s: `tenurectl record "
				 "del %s %s.` removes them",
				 first, dns_name_show(host, shown), found->owner, more,
				 shellword(dns_name_show(&zone->apex, apex), &call->arena),
				 shellword(first, &call->arena)));
}

void command_warn_speaking(struct call *call, const struct zone *zone, const struct dns_name *host,
			   const char *but)
{
	struct walk walk;
	struct dns_name name, at;
	struct node node, stored;
	struct speaking found = {0};
	bool is_there = lookup_node(call->snapshot.txn, zone, host, &stored);
	if (dns_name_equal(host, &zone->apex))
		return;
	walk_from(&walk, call->snapshot.txn, zone, host);
	for (unsigned i = 0; i < SPEAKING_LOOKED_MAX && walk_next(&walk, &name, &node); i++) {
		if (policy_name_kind(&name, &zone->apex, false) != POLICY_NAME_SPEAKS ||
		    !policy_host_name(&at, &name, &zone->apex) || !dns_name_equal(&at, host))
			continue;
		const char *owner = speaking_find(call, zone, &node, is_there ? &stored : NULL);
		if (!owner || (but && strcmp(owner, but) == 0))
			continue;
		found.more += found.owner != NULL;
		if (!found.owner) {
			found.first = name;
			found.owner = owner;
		}
	}
	walk_end(&walk);
	if (found.owner)
		speaking_tell(call, zone, host, &found);
}
