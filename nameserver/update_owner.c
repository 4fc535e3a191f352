/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose records count as the requester's (tenure-policy(5), "Whose a record is"): its own, those of
 * its acting group and of the group's other present members, and at its own name those of the
 * principals of its realm that have the same own name.
 */
#include "acl/rule_memo.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include "zonedb/zone_owner.h"
#include <string.h>

/* An owner that was met: its text is read, and compared with the group's members, once. */
struct other {
	struct hash_link link;
	const char *text;
	uint32_t id;
	bool is_fellow; /* a present member of the requester's acting group */
};

struct update_others {
	const struct snapshot *snapshot;
	const struct policy_asker *asker;
	const struct acl_group *group; /* NULL: the requester acts for itself */
	struct arena *arena;
	const struct other *last;
	struct hash_table seen; /* in the arena */
};

static bool owner_is_fellow(const struct update_others *others, const char *text)
{
	return others->group && group_has(others->group, text) &&
	       groups_acting(others->snapshot->groups, text) == others->group;
}

static bool owner_other_is(const struct hash_link *link, const void *id)
{
	return container_of(link, const struct other, link)->id == *(const uint32_t *)id;
}

/* The members that it was compared with are steps of the message. */
static void owner_count_steps(const struct update_others *others, bool is_fellow)
{
	const struct groups *groups = others->snapshot->groups;
	size_t steps = UPDATE_NAME_STEPS + (others->group ? others->group->count : 0);
	for (size_t i = 0; is_fellow && i < groups_count(groups); i++)
		steps += groups_at(groups, i)->count;
	if (others->asker->memo)
		*others->asker->memo->steps += steps;
}

static const struct other *owner_other_of(struct update_others *others, uint32_t id)
{
	if (others->last && others->last->id == id)
		return others->last;
	uint64_t hash = hash_secret(bytes_of(&id, sizeof id));
	struct hash_link *link = hash_table_find(&others->seen, hash, owner_other_is, &id);
	if (link)
		return others->last = container_of(link, const struct other, link);
	struct other *other = arena_zero(others->arena, sizeof *other);
	other->id = id;
	other->text = principal_text(others->snapshot->txn, id, others->arena);
	other->is_fellow = owner_is_fellow(others, other->text);
	owner_count_steps(others, other->is_fellow);
	hash_table_put(&others->seen, &other->link, hash);
	return others->last = other;
}

/* Only trusted realms say who a machine is. */
static bool has_namesakes(const struct policy_asker *asker)
{
	return asker->has_own_name && asker->is_trusted && asker->realm;
}

/* Whether the principal is the requester's machine under another name of its realm: PC1$@R and
 * host/pc1.corp.example@R at pc1.corp.example. */
static bool is_namesake(const struct policy_asker *asker, const char *text,
			const struct dns_name *at)
{
	struct who who;
	if (strncmp(text, "gss:", 4) != 0 || who_parse(&who, text))
		return false;
	struct policy_asker other = policy_asker_of(&who, NULL, false);
	policy_asker_in_realm(&other, asker->realms, true);
	return other.realm && strcmp(other.realm, asker->realm) == 0 &&
	       policy_is_own_name(&other, at);
}

bool update_owns(const struct update_owner *owner, uint32_t id, const struct dns_name *at)
{
	struct update_others *others = owner->others;
	if ((owner->has_self && id == owner->self) || (owner->has_acting && id == owner->acting) ||
	    (owner->has_supposed && id == owner->supposed))
		return true;
	if (!others || id == PRINCIPAL_ANONYMOUS)
		return false;
	bool is_at_own = has_namesakes(others->asker) && policy_is_own_name(others->asker, at);
	if (!others->group && !is_at_own)
		return false;
	const struct other *other = owner_other_of(others, id);
	return other->is_fellow || (is_at_own && is_namesake(others->asker, other->text, at));
}

static bool text_owns(const struct update_others *others, uint32_t zone_id, const char *text)
{
	uint32_t id;
	return principal_find(others->snapshot->txn, text, &id) &&
	       zone_owner_has(others->snapshot->txn, zone_id, id);
}

/* Members that are named one by one; who is a member by a pattern needs a rule, or a record of the
 * group's, to be let in. */
static bool fellows_own(const struct update_others *others, uint32_t zone_id)
{
	for (size_t i = 0; others->group && i < others->group->count; i++) {
		const char *member = others->group->members[i];
		if (text_owns(others, zone_id, member) && owner_is_fellow(others, member))
			return true;
	}
	return false;
}

/* The machine under the names that Samba, Windows and SSSD sign with. */
static bool namesakes_own(const struct update_others *others, uint32_t zone_id)
{
	const struct policy_asker *asker = others->asker;
	char name[DNS_NAME_TEXT_MAX];
	if (!has_namesakes(asker))
		return false;
	dns_name_show(&asker->own_name, name);
	char *host = arena_print(others->arena, "gss:host/%s@%s", name, asker->realm);
	char *machine = arena_print(others->arena, "gss:%.*s$@%s", (int)strcspn(name, "."), name,
				    asker->realm);
	for (char *c = machine + strlen("gss:"); *c != '@'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	return text_owns(others, zone_id, host) || text_owns(others, zone_id, machine);
}

bool update_may_own(const struct snapshot *snapshot, const struct zone *zone,
		    const struct update_owner *owner)
{
	if ((owner->has_self && zone_owner_has(snapshot->txn, zone->id, owner->self)) ||
	    (owner->has_acting && zone_owner_has(snapshot->txn, zone->id, owner->acting)))
		return true;
	return owner->others &&
	       (fellows_own(owner->others, zone->id) || namesakes_own(owner->others, zone->id));
}

enum policy_owner update_owner_kind(const struct update_owner *owner, uint32_t id,
				    enum record_class class, const struct dns_name *at)
{
	if (id == PRINCIPAL_ANONYMOUS && class == RECORD_STATIC)
		return POLICY_OWNER_NOBODY;
	if (update_owns(owner, id, at))
		return POLICY_OWNER_REQUESTER;
	return id == PRINCIPAL_ANONYMOUS ? POLICY_OWNER_ANONYMOUS : POLICY_OWNER_OTHER;
}

const struct acl_group *update_ids(const struct snapshot *snapshot,
				   const struct policy_asker *asker, struct update_owner *ids,
				   struct arena *arena)
{
	const struct acl_group *pair[2] = {NULL, NULL};
	size_t count = groups_acting_all(snapshot->groups, asker->who->text, pair);
	const struct acl_group *acting = count == 1 ? pair[0] : NULL;
	ids->clash[0] = count == 2 ? pair[0] : NULL;
	ids->clash[1] = pair[1];
	ids->has_self = principal_find(snapshot->txn, asker->who->text, &ids->self);
	ids->has_acting = acting && principal_find(snapshot->txn, acting->name, &ids->acting);
	ids->has_supposed = false;
	ids->others = NULL;
	if (acting || has_namesakes(asker)) {
		ids->others = arena_zero(arena, sizeof *ids->others);
		ids->others->snapshot = snapshot;
		ids->others->asker = asker;
		ids->others->group = acting;
		ids->others->arena = arena;
		ids->others->seen.arena = arena;
	}
	return acting;
}

const char *update_clash_text(const struct update_owner *ids, const struct who *who,
			      struct arena *arena)
{
	if (!ids->clash[0])
		return NULL;
	return arena_print(arena, "no group acts for %s, which is in %s and in %s", who->text,
			   ids->clash[0]->name, ids->clash[1]->name);
}
