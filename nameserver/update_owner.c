/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose records count as the requester's (tenure-policy(5), "Whose a record is"): its own, those of
 * its acting group and of the group's other present members, and at its own name those of the
 * principals of its realm that have the same own name.
 */
#include "acl/rule_memo.h"
#include "nameserver/update_parts.h"
#include "zonedb/owned_names.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/zone_owner.h"
#include <string.h>

#define OWNER_KEPT_LOOK_MAX 10000 /* names that are kept: 2 to 10 ms */

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

/* Whether it had something in the zone: then a row remains (zonedb/zone_owner.h). */
static bool owner_had_some(const struct update_others *others, uint32_t zone_id, const char *text,
			   uint32_t *id)
{
	return principal_find(others->snapshot->txn, text, id) &&
	       zone_owner_has(others->snapshot->txn, zone_id, *id);
}

/* What an owner has in a zone, of all that count as the requester. */
struct owner_past {
	struct store_txn *txn;
	uint32_t zone_id;
	bool has_names; /* now */
	bool had_some;
};

static void owner_past_add(struct owner_past *past, uint32_t id)
{
	struct names_owner owner = names_owner_of(id);
	past->had_some |= zone_owner_has(past->txn, past->zone_id, id);
	past->has_names |=
		past->had_some && owned_names_of(past->txn, past->zone_id, &owner).names > 0;
}

static void owner_past_add_text(struct owner_past *past, const struct update_others *others,
				const char *text)
{
	uint32_t id;
	if (owner_had_some(others, past->zone_id, text, &id))
		owner_past_add(past, id);
}

/* Members that are named one by one; who is a member by a pattern needs a rule, or a record of the
 * group's, to be let in. */
static void owner_past_add_fellows(struct owner_past *past, const struct update_others *others)
{
	for (size_t i = 0; others->group && !past->has_names && i < others->group->count; i++) {
		const char *member = others->group->members[i];
		uint32_t id;
		if (owner_had_some(others, past->zone_id, member, &id) &&
		    owner_is_fellow(others, member))
			owner_past_add(past, id);
	}
}

/* The machine under the names that Samba, Windows and SSSD sign with. */
static void owner_past_add_namesakes(struct owner_past *past, const struct update_others *others)
{
	const struct policy_asker *asker = others->asker;
	char name[DNS_NAME_TEXT_MAX];
	if (past->has_names || !has_namesakes(asker))
		return;
	dns_name_show(&asker->own_name, name);
	char *host = arena_print(others->arena, "gss:host/%s@%s", name, asker->realm);
	char *machine = arena_print(others->arena, "gss:%.*s$@%s", (int)strcspn(name, "."), name,
				    asker->realm);
	for (char *c = machine + strlen("gss:"); *c != '@'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	owner_past_add_text(past, others, host);
	owner_past_add_text(past, others, machine);
}

/* Whether a name that is kept for this principal is kept for the requester. */
static bool owner_is_heir(const struct snapshot *snapshot, const struct update_owner *owner,
			  const char *text, const struct dns_name *at)
{
	uint32_t id;
	return principal_find(snapshot->txn, text, &id) && update_owns(owner, id, at);
}

/* Whether a name of the zone is kept for the requester. Only who had something there is looked for,
 * among so many names at most: behind them one may be. Names of one principal mostly stand
 * together. */
static bool owner_is_kept_for(const struct snapshot *snapshot, const struct zone *zone,
			      const struct update_owner *owner)
{
	struct reservation_walk walk;
	struct dns_name name;
	struct arena arena = {0};
	const char *text, *last = NULL;
	size_t looked = 0;
	bool is_kept = false, is_of_place = owner->others && has_namesakes(owner->others->asker);
	reservation_walk_from(&walk, snapshot->txn, zone);
	while (!is_kept && reservation_next(&walk, &name, &arena, &text)) {
		bool is_known = last && !is_of_place && strcmp(text, last) == 0;
		is_kept = ++looked > OWNER_KEPT_LOOK_MAX ||
			  (!is_known && owner_is_heir(snapshot, owner, text, &name));
		last = text;
	}
	reservation_walk_end(&walk);
	arena_free(&arena);
	return is_kept;
}

bool update_may_own(const struct snapshot *snapshot, const struct zone *zone,
		    const struct update_owner *owner)
{
	struct owner_past past = {.txn = snapshot->txn, .zone_id = zone->id};
	if (owner->has_self)
		owner_past_add(&past, owner->self);
	if (owner->has_acting && !past.has_names)
		owner_past_add(&past, owner->acting);
	if (owner->others && !past.has_names) {
		owner_past_add_fellows(&past, owner->others);
		owner_past_add_namesakes(&past, owner->others);
	}
	return past.has_names || (past.had_some && owner_is_kept_for(snapshot, zone, owner));
}

enum policy_owner update_owner_kind(const struct update_owner *owner, uint32_t id,
				    enum record_class class, const struct dns_name *at)
{
	if (principal_is_nobody(id, class))
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
