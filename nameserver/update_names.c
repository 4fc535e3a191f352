/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many names the requester has after a message (max-names): names that it gets by what it adds,
 * against those that it gives up, all in one message. The counts before it stand in the store
 * (zonedb/owned_names.h). Refreshes, replacements and what only moves from one owner to another
 * gain nothing.
 */
#include "acl/policy_limit.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"
#include "zonedb/owned_names.h"
#include "zonedb/principal.h"

struct names_growth {
	struct update_run *run;
	bool is_unsigned;
	struct names_owner owner;
	unsigned gained, freed;
	const struct edit_change *first; /* that gained a name */
};

static bool is_requesters(const struct names_growth *growth, uint32_t owner,
			  enum record_class class, const struct dns_name *at)
{
	bool is_nobodys = principal_is_nobody(owner, class);
	return !is_nobodys && update_owns(&growth->run->ids, owner, at);
}

static bool had_some(const struct names_growth *growth, const struct edit_name *at)
{
	struct node_walk walk = node_walk_of(&at->stored);
	struct node_record record;
	while (at->is_stored && node_walk_next(&walk, &record))
		if (is_requesters(growth, record.owner, record.class, &at->name))
			return true;
	return false;
}

static bool has_some(const struct names_growth *growth, const struct edit_name *at)
{
	for (const struct edit_rrset *rrset = at->rrsets; rrset; rrset = rrset->next)
		for (const struct edit_record *is = rrset->records; is; is = is->next)
			if (is_requesters(growth, is->owner, is->class, &at->name))
				return true;
	return false;
}

/* Names of `anonymous` are each an address', and only its own count. */
static bool is_its_own(const struct names_growth *growth, const struct edit_name *at)
{
	struct names_owner claimant;
	return !growth->is_unsigned ||
	       (at->is_stored && owned_names_claimant(&at->stored.client, &claimant) &&
		names_owner_equal(&claimant, &growth->owner));
}

/* The changes of one name, which begin there. */
static void growth_take_name(struct names_growth *growth, const struct edit_change *changes,
			     size_t count)
{
	const struct edit_name *at = changes->at;
	bool had = had_some(growth, at), has = has_some(growth, at), adds = false;
	for (size_t i = 0; i < count && changes[i].at == at; i++)
		adds |= edit_registers(&changes[i]);
	growth->freed += had && !has && is_its_own(growth, at);
	if (had || !has || !adds)
		return;
	growth->gained++;
	if (!growth->first)
		growth->first = changes;
}

static struct names_growth growth_of(struct update_run *run)
{
	struct names_growth growth = {
		.run = run,
		.is_unsigned = !who_is_authenticated(&run->update->request.who),
		.owner = names_owner_of(run->owner),
	};
	size_t count;
	const struct edit_change *changes = edit_diff(run->edit, &count);
	if (growth.is_unsigned)
		growth.owner = names_owner_of_addr(&run->update->request.source);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || changes[i].at != changes[i - 1].at)
			growth_take_name(&growth, changes + i, count - i);
	return growth;
}

/* What a member owns in its own name counts with what its acting group does. */
struct owned_names update_owned_names(struct store_txn *txn, const struct zone *zone,
				      const struct update_owner *ids,
				      const struct names_owner *owner)
{
	struct owned_names owned = {0};
	struct names_owner self = names_owner_of(ids->self);
	if (owner->prefix_len || ids->has_self || ids->has_acting)
		owned = owned_names_of(txn, zone->id, owner);
	if (!owner->prefix_len && ids->has_acting && ids->has_self)
		owned.names += owned_names_of(txn, zone->id, &self).names;
	return owned;
}

static enum dns_rcode names_refuse(const struct names_growth *growth, const struct verdict *verdict)
{
	char text[POLICY_TEXT_MAX];
	struct update_run *run = growth->run;
	const struct change *change = &growth->first->change;
	if (run->judged)
		run->judged(run, growth->first, verdict);
	policy_verdict_text(verdict, NULL, text);
	run->reason = arena_text(run->arena, text, strlen(text));
	policy_reason_text(verdict->reason, NULL, text);
	run->ede_text = update_told(run, &change->name, change->type, text);
	update_say(run, verdict);
	run->subject = update_subject(run->arena, &change->name, change->type);
	return update_goes_on(run, &(struct update_objection){.edited = growth->first,
							      .rcode = DNS_REFUSED})
		       ? DNS_NOERROR
		       : DNS_REFUSED;
}

enum dns_rcode update_judge_names(struct update_run *run)
{
	struct update_sight *sight = update_sight_of(run);
	if (!policy_limit_binds(&sight->policy, &sight->asker))
		return DNS_NOERROR;
	struct names_growth growth = growth_of(run);
	if (growth.gained <= growth.freed)
		return DNS_NOERROR;
	struct owned_names owned =
		update_owned_names(run->txn, run->zone, &run->ids, &growth.owner);
	/* It came to more by other roads: an import, an upgrade, a transfer of ownership. */
	if (owned.names > policy_limit_names_most(&sight->policy, owned.base)) {
		owned.base = owned.names;
		if (sight->policy.max_names_of_hosts && !run->object)
			owned_names_set_base(run->txn, run->zone->id, &growth.owner, owned.base);
	}
	struct policy_growth names = {owned.names, owned.names + growth.gained - growth.freed};
	struct verdict verdict = policy_limit_names(&sight->policy, names, owned.base);
	return verdict.is_allowed ? DNS_NOERROR : names_refuse(&growth, &verdict);
}
