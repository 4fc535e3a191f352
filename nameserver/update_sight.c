/* SPDX-License-Identifier: BSD-2-Clause */
/* A zone and its names as one principal's request meets them: the same for updates and `why`. */
#include "acl/policy_window.h"
#include "dns/type.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/walk.h"
#include <string.h>

static const struct rule *takeable_by(const struct update_sight *sight,
				      const struct policy_name *name, uint16_t type,
				      const struct node_record *is)
{
	if (!sight->wants_takeable)
		return NULL;
	struct policy_record record = update_stored(sight, POLICY_SAME, name->name, type, is);
	return policy_takes(&sight->policy, &sight->asker, name, &record);
}

/* What a name is looked up for; beside other static records a host may claim its name. */
static bool is_of_host(uint16_t type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_CNAME ||
	       type == DNS_TYPE_NS || type == DNS_TYPE_DNAME || type == DNS_TYPE_PTR ||
	       type == DNS_TYPE_DHCID;
}

/* Records come type by type. */
static void note_static(const struct update_sight *sight, struct policy_name *name, uint16_t type)
{
	enum { FIRST = 4 };
	size_t count = name->static_types_count;
	if (sight->policy.mode != POLICY_NONSECURE || !sight->policy.protects_static ||
	    (count > 0 && name->static_types[count - 1] == type))
		return;
	/* It is full at FIRST and at each doubling. */
	if (count == 0 || (count >= FIRST && (count & (count - 1)) == 0)) {
		size_t room = count == 0 ? FIRST : 2 * count;
		uint16_t *types = arena_alloc(sight->arena, room * sizeof *types);
		if (count > 0)
			memcpy(types, name->static_types, count * sizeof *types);
		name->static_types = types;
	}
	name->static_types[name->static_types_count++] = type;
}

/* Whether the record makes its owner no owner of the name: it came by `join`, or is one of the
 * apex that an update made by a rule for `write`. Versions before 0.2.0 left no mark. */
static bool sight_is_guest(const struct policy_name *name, uint16_t type,
			   const struct node_record *record)
{
	bool is_of_zone = name->is_apex && (type == DNS_TYPE_SOA || type == DNS_TYPE_NS);
	return record->is_guest || (is_of_zone && record->class != RECORD_STATIC);
}

static void count_record(const struct update_sight *sight, struct policy_name *name, uint16_t type,
			 const struct node_record *record)
{
	const struct rule *rule;
	/* The server's: for rules it is not there. */
	if (record->class == RECORD_DERIVED)
		return;
	name->has_notes_only = (name->records == 0 || name->has_notes_only) &&
			       record->class == RECORD_STATIC && !is_of_host(type);
	name->records++;
	bool is_guest = sight_is_guest(name, type, record);
	name->guests += is_guest;
	enum policy_owner owner =
		update_owner_kind(&sight->ids, record->owner, record->class, name->name);
	if (record->class == RECORD_STATIC && owner != POLICY_OWNER_REQUESTER) {
		name->statics++;
		note_static(sight, name, type);
	}
	bool may_own =
		sight->policy.mode != POLICY_SECURE || who_is_authenticated(sight->asker.who);
	if (owner == POLICY_OWNER_REQUESTER && may_own) {
		name->own++;
		name->own_guests += is_guest;
		name->own_statics += record->class == RECORD_STATIC;
	} else if ((rule = takeable_by(sight, name, type, record))) {
		name->takeable++;
		if (!name->takeable_by)
			name->takeable_by = rule;
	} else if (owner == POLICY_OWNER_ANONYMOUS) {
		name->anonymous++;
	}
}

void update_sight_renew(struct update_sight *sight)
{
	*sight->cuts = (struct update_cuts){.table.arena = sight->arena};
	if (sight->hosts)
		*sight->hosts = (struct update_hosts){.table.arena = sight->arena};
}

void update_sight_open(struct update_sight *sight, const struct snapshot *snapshot,
		       const struct zone *zone, struct arena *arena)
{
	sight->snapshot = snapshot;
	sight->zone = zone;
	sight->arena = arena;
	sight->policy = update_policy(zone, snapshot);
	sight->wants_ptr = policy_wants_ptr(&sight->policy);
	sight->edit = NULL;
	sight->wants_takeable = policy_wants_takeable(&sight->policy);
	sight->wants_reservation = policy_wants_reservation(&sight->policy);
	sight->wants_window = policy_wants_window(&sight->policy);
	sight->cuts = arena_alloc(arena, sizeof *sight->cuts);
	sight->hosts = arena_alloc(arena, sizeof *sight->hosts);
	sight->steps = arena_zero(arena, sizeof *sight->steps);
	sight->steps_max = SIZE_MAX;
	update_sight_renew(sight);
	sight->servers = update_servers(snapshot->txn, zone, &zone->apex, arena);
}

const char *update_owner_text(const struct update_sight *sight, uint32_t owner,
			      enum record_class class)
{
	if (principal_is_nobody(owner, class))
		return NULL;
	/* Of a requester that owned nothing so far the store has no text yet. */
	if (sight->ids.has_self && owner == sight->ids.self)
		return sight->asker.who->text;
	if (sight->ids.has_acting && owner == sight->ids.acting)
		return groups_acting(sight->snapshot->groups, sight->asker.who->text)->name;
	return principal_text(sight->snapshot->txn, owner, sight->arena);
}

struct policy_record update_stored(const struct update_sight *sight, enum policy_change change,
				   const struct dns_name *at, uint16_t type,
				   const struct node_record *is)
{
	return (struct policy_record){
		.change = change,
		.type = type,
		.class = update_class(is->class),
		.owner = update_owner_kind(&sight->ids, is->owner, is->class, at),
		.owner_text = sight->wants_takeable ? update_owner_text(sight, is->owner, is->class)
						    : NULL,
		.is_target_self = update_is_target_self(&sight->asker, type, is->rdata),
	};
}

static bool has_static(const struct policy_name *name, uint16_t type)
{
	size_t low = 0, high = name->static_types_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (name->static_types[middle] < type)
			low = middle + 1;
		else
			high = middle;
	}
	return low < name->static_types_count && name->static_types[low] == type;
}

/* Whether static records of others stand below the name. */
static bool is_above_static(const struct update_sight *sight, const struct dns_name *name)
{
	struct walk walk;
	struct dns_name below;
	struct node node;
	bool is_above = false;
	walk_from(&walk, sight->snapshot->txn, sight->zone, name);
	/* What is too much ends the message, whatever was found until then. */
	while (!is_above && *sight->steps <= sight->steps_max && walk_next(&walk, &below, &node)) {
		struct policy_name at = {.name = &below};
		update_tell(sight, &node, &at);
		*sight->steps += UPDATE_NAME_STEPS + node.rrsets.len / UPDATE_STEP_BYTES;
		is_above = at.statics > 0;
	}
	walk_end(&walk);
	return is_above;
}

struct verdict update_ask(const struct update_sight *sight, const struct policy_name *name,
			  struct policy_record *record)
{
	const struct policy_zone *zone = &sight->policy;
	bool protects = zone->mode == POLICY_NONSECURE && zone->protects_static;
	*sight->steps +=
		UPDATE_VERDICT_STEPS + (zone->rules ? zone->rules->count * UPDATE_RULE_STEPS : 0);
	if (protects)
		record->has_static = has_static(name, record->type);
	update_see_cut(sight, name->name, record);
	struct verdict verdict = policy_judge(zone, &sight->asker, name, record);
	bool is_cut = record->type == DNS_TYPE_NS || record->type == DNS_TYPE_DNAME;
	if (!protects || !is_cut || record->change != POLICY_ADD || !verdict.is_allowed)
		return verdict;
	/* A walk: only for whom a rule gives such records. */
	record->is_above_static = is_above_static(sight, name->name);
	return policy_judge(zone, &sight->asker, name, record);
}

static void see_reservation(const struct update_sight *sight, const struct dns_name *at,
			    struct policy_name *name)
{
	const char *owner;
	uint32_t id;
	if (!reservation_find(sight->snapshot->txn, sight->zone, at, sight->arena, &owner))
		return;
	name->kept_for = owner;
	name->is_kept_for_asker = principal_find(sight->snapshot->txn, owner, &id) &&
				  update_owns(&sight->ids, id, at);
}

void update_tell(const struct update_sight *sight, const struct node *stored,
		 struct policy_name *name)
{
	struct node_walk walk = node_walk_of(stored);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		count_record(sight, name, walk.rrset.type, &record);
}

static void see_facts(const struct update_sight *sight, const struct dns_name *at,
		      const struct node *stored, struct policy_name *name)
{
	const struct dns_name *apex = &sight->zone->apex;
	*name = (struct policy_name){
		.name = at,
		.is_apex = dns_name_equal(at, apex),
		.kind = policy_name_kind(at, apex, update_is_server(&sight->servers, at)),
		.is_self = sight->asker.is_trusted && policy_is_own_name(&sight->asker, at),
	};
	*sight->steps += sight->servers.ns.len / UPDATE_STEP_BYTES;
	if (sight->wants_ptr)
		name->is_ptr_of_self = update_is_ptr_of_self(sight->snapshot, &sight->asker,
							     &sight->ids, at, sight->steps);
	if (stored)
		update_tell(sight, stored, name);
	if (name->records == 0 || sight->wants_reservation || name->is_self || name->has_notes_only)
		see_reservation(sight, at, name);
}

/* A name, and what of it stands in the requester's way: the host name of a name that speaks for
 * it, or a delegation. */
struct host_look {
	const struct update_sight *sight;
	struct dns_name host;
	struct policy_name facts;
	uint16_t type; /* DNS_TYPE_ANY: of all */
	unsigned records;
	/* The first that the requester may not change, and the first that counts for who has no
	 * address there, and for who has one. */
	const char *blocker, *counts[2];
	uint16_t own_type; /* of one that it may change, an address if there is one; 0: none */
	bool has_address;  /* it is one, and came not as a guest */
	bool is_by_rule;   /* an address that it may change is another's */
};

/* Whether a record of others says nothing of who has the host: what came beside the records of
 * others, and what no address is, if it is an administrator's note or the requester has one. */
static bool host_is_bystander(uint16_t type, const struct node_record *is, bool has_address)
{
	return is->is_guest || (!is_of_host(type) && (is->class == RECORD_STATIC || has_address));
}

static void host_see_other(struct host_look *look, uint16_t type, const struct node_record *is)
{
	const struct update_sight *sight = look->sight;
	char host[DNS_NAME_TEXT_MAX], shown[DNS_TYPE_TEXT_MAX];
	bool is_first = !look->blocker, is_counted = false;
	for (int i = 0; i < 2; i++)
		is_counted |= !look->counts[i] && !host_is_bystander(type, is, i == 1);
	if (!is_first && !is_counted)
		return;
	const char *owner = update_owner_text(sight, is->owner, is->class);
	dns_name_show(&look->host, host);
	dns_type_print(type, shown);
	const char *text = arena_print(sight->arena, "%s %s, %s%s", host, shown,
				       is->class == RECORD_STATIC ? "a static record" : "owned by ",
				       is->class == RECORD_STATIC ? "" : owner);
	if (is_first)
		look->blocker = text;
	for (int i = 0; i < 2; i++)
		if (!look->counts[i] && !host_is_bystander(type, is, i == 1))
			look->counts[i] = text;
}

/* Whether a rule for `write` lets the requester change another's record that is no address, and no
 * address that another would have: then it says nothing of who has the host. */
static bool host_is_note_writer(const struct host_look *look, uint16_t type,
				const struct verdict *verdict)
{
	struct policy_record address = {.change = POLICY_REMOVE,
					.type = DNS_TYPE_A,
					.class = POLICY_DYNAMIC,
					.owner = POLICY_OWNER_OTHER};
	return look->type == DNS_TYPE_ANY && !is_of_host(type) &&
	       verdict->right == POLICY_RIGHT_WRITE &&
	       !update_ask(look->sight, &look->facts, &address).is_allowed;
}

static void host_see_record(struct host_look *look, uint16_t type, const struct node_record *is)
{
	const struct update_sight *sight = look->sight;
	if (look->type != DNS_TYPE_ANY && look->type != type)
		return;
	look->records++;
	*sight->steps += 1;
	/* Nothing that comes now matters. */
	if (look->blocker && (look->type != DNS_TYPE_ANY || look->counts[1]))
		return;
	struct policy_record record = update_stored(sight, POLICY_REMOVE, &look->host, type, is);
	bool is_own = record.owner == POLICY_OWNER_REQUESTER;
	struct verdict verdict = update_ask(sight, &look->facts, &record);
	if (!verdict.is_allowed || (!is_own && host_is_note_writer(look, type, &verdict))) {
		host_see_other(look, type, is);
		return;
	}
	bool is_address = is_of_host(type) && !(is_own && is->is_guest);
	look->is_by_rule |= !is_own && is_of_host(type);
	if (!look->own_type || (is_address && !look->has_address))
		look->own_type = type;
	look->has_address |= is_address;
}

/* Who has the host (tenure-policy(5), "What a rule reaches"); NULL: the requester. One that is a
 * guest there, or that would come as one by this message, has not. */
static const char *host_blocker(const struct host_look *look)
{
	char host[DNS_NAME_TEXT_MAX];
	const char *counts = look->counts[look->has_address];
	if (look->type != DNS_TYPE_ANY || look->records == 0)
		return look->blocker;
	if (counts || !look->own_type)
		return counts ? counts : look->blocker;
	if (look->is_by_rule || (!look->blocker && look->facts.own_guests == 0))
		return NULL;
	struct policy_record record = {.change = POLICY_ADD, .type = look->own_type};
	struct verdict verdict = update_ask(look->sight, &look->facts, &record);
	if (verdict.is_allowed && !verdict.is_guest)
		return NULL;
	return arena_print(look->sight->arena, "%s, where the requester is no owner",
			   dns_name_show(&look->host, host));
}

static void host_see_stored(struct host_look *look, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		host_see_record(look, walk.rrset.type, &record);
}

static void host_see_edited(struct host_look *look, const struct edit_name *at)
{
	for (const struct edit_rrset *rrset = at->rrsets; rrset; rrset = rrset->next) {
		for (const struct edit_record *is = rrset->records; is; is = is->next) {
			struct node_record record = {.owner = is->owner,
						     .class = is->class,
						     .is_guest = is->is_guest,
						     .rdata = is->rdata};
			host_see_record(look, rrset->type, &record);
		}
	}
}

const char *update_see_blocker(const struct update_sight *sight, const struct dns_name *name,
			       uint16_t type, unsigned *count)
{
	struct node node;
	struct host_look look = {.sight = sight, .host = *name, .type = type};
	if (sight->edit) {
		const struct edit_name *at = edit_see(sight->edit, &look.host);
		see_facts(sight, &look.host, at->is_stored ? &at->stored : NULL, &look.facts);
		host_see_edited(&look, at);
	} else {
		bool is_there = lookup_node(sight->snapshot->txn, sight->zone, &look.host, &node);
		*sight->steps += UPDATE_NAME_STEPS;
		*sight->steps += is_there ? node.rrsets.len / UPDATE_STEP_BYTES : 0;
		see_facts(sight, &look.host, is_there ? &node : NULL, &look.facts);
		if (is_there)
			host_see_stored(&look, &node);
	}
	*count = look.records;
	return host_blocker(&look);
}

/* One that was looked at. */
struct update_host {
	struct hash_link link;
	struct dns_name name;
	const char *blocker;
	unsigned records;
};

static bool update_host_is(const struct hash_link *link, const void *key)
{
	return dns_name_equal(&container_of(link, const struct update_host, link)->name, key);
}

void update_forget_host(struct update_sight *sight, const struct dns_name *name)
{
	struct hash_table *table = &sight->hosts->table;
	struct hash_link *link = NULL;
	if (table->count > 0)
		link = hash_table_find(table, dns_name_hash_secret(name), update_host_is, name);
	if (link)
		hash_table_remove(table, link);
}

static struct update_host host_look_at(const struct update_sight *sight,
				       const struct dns_name *name)
{
	struct hash_table *table = sight->hosts ? &sight->hosts->table : NULL;
	uint64_t hash = table ? dns_name_hash_secret(name) : 0;
	struct hash_link *link = table ? hash_table_find(table, hash, update_host_is, name) : NULL;
	if (link)
		return *container_of(link, struct update_host, link);
	struct update_host host = {.name = *name};
	host.blocker = update_see_blocker(sight, name, DNS_TYPE_ANY, &host.records);
	if (table) {
		struct update_host *kept = arena_copy(sight->arena, &host, sizeof host);
		hash_table_put(table, &kept->link, hash);
	}
	return host;
}

static void see_host(const struct update_sight *sight, bool is_stored, struct policy_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	struct dns_name at;
	if (!policy_host_name(&at, name->name, &sight->zone->apex))
		return;
	struct update_host host = host_look_at(sight, &at);
	/* Whether its host counts: see_facts() looks only where a claim or a rule may want it. */
	if (is_stored && !name->kept_for)
		see_reservation(sight, name->name, name);
	name->is_host_own = host.records > 0 && !host.blocker;
	name->host_text = host.records > 0 ? host.blocker
					   : arena_print(sight->arena, "%s, which holds no records",
							 dns_name_show(&at, text));
}

void update_see(const struct update_sight *sight, const struct dns_name *at,
		const struct node *stored, struct policy_name *name)
{
	see_facts(sight, at, stored, name);
	if (name->kind == POLICY_NAME_SPEAKS)
		see_host(sight, stored, name);
}

const char *update_other_owner(const struct update_sight *sight, const struct dns_name *at,
			       const struct node *stored)
{
	struct node_walk walk = node_walk_of(stored);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		if (!update_owns(&sight->ids, record.owner, at))
			return update_owner_text(sight, record.owner, record.class);
	return NULL;
}
