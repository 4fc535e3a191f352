/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What rules for `query` hide from whoever sends an update (tenure-policy(5), "Hidden names"). The
 * answer to an update tells whether a prerequisite holds, and whether a change would have changed
 * something. Of what the requester may not ask about it is refused before either is looked at,
 * unless the answer tells nothing that its rights do not tell anyway.
 */
#include "acl/rulebook.h"
#include "dns/rdata.h"
#include "nameserver/refusal_advice.h"
#include "nameserver/update_parts.h"
#include <string.h>

/* A name of the message. */
struct hidden_name {
	struct hash_link link;
	struct dns_name name;
	const struct update_rr *add; /* the first record that the message adds; NULL: none */
	bool is_stored;
	struct node stored;
	struct policy_name facts;
};

struct hiding {
	struct update_run *run;
	const struct update_sight *sight;
	struct hash_table names; /* in the arena; each is read once */
	struct verdict verdict;  /* of the question that is refused */
};

static bool hidden_name_is(const struct hash_link *link, const void *key)
{
	return dns_name_equal(&container_of(link, struct hidden_name, link)->name, key);
}

static struct hidden_name *hidden_name_of(struct hiding *hiding, const struct dns_name *name)
{
	struct update_run *run = hiding->run;
	uint64_t hash = dns_name_hash_secret(name);
	struct hash_link *link = hash_table_find(&hiding->names, hash, hidden_name_is, name);
	if (link)
		return container_of(link, struct hidden_name, link);
	struct hidden_name *made = arena_zero(run->arena, sizeof *made);
	made->name = *name;
	made->is_stored = lookup_node(run->txn, run->zone, name, &made->stored);
	run->steps += UPDATE_NAME_STEPS;
	run->steps += made->is_stored ? made->stored.rrsets.len / UPDATE_STEP_BYTES : 0;
	update_see(hiding->sight, &made->name, made->is_stored ? &made->stored : NULL,
		   &made->facts);
	hash_table_put(&hiding->names, &made->link, hash);
	return made;
}

/* A question for the name as such is answered where one for an address is. */
static bool hidden_may_ask(struct hiding *hiding, const struct update_rr *rr)
{
	const struct update_sight *sight = hiding->sight;
	*sight->steps += UPDATE_VERDICT_STEPS;
	hiding->verdict = policy_query(&sight->policy, &sight->asker, &rr->name, rr->type);
	if (hiding->verdict.is_allowed || rr->type != DNS_TYPE_ANY)
		return hiding->verdict.is_allowed;
	return policy_query(&sight->policy, &sight->asker, &rr->name, DNS_TYPE_A).is_allowed;
}

/* Whether all records of the type are the requester's, and there is one: they tell it nothing. */
static bool hidden_owns_type(const struct hiding *hiding, const struct hidden_name *at,
			     uint16_t type)
{
	struct node_record is;
	bool has_own = false;
	for (struct node_walk walk = node_walk_of(&at->stored); node_walk_next(&walk, &is);) {
		hiding->run->steps++;
		if (walk.rrset.type != type)
			continue;
		if (update_owner_kind(&hiding->sight->ids, is.owner, is.class, &at->name) !=
		    POLICY_OWNER_REQUESTER)
			return false;
		has_own = true;
	}
	return has_own;
}

/* Who owns all that a name holds, or in a secure zone owns the name, knows what is there. A guest,
 * and in a nonsecure zone whoever left a record beside those of others, owns its records alone. In
 * a secure zone unsigned requests own nothing. */
static bool hidden_owns(const struct hiding *hiding, const struct hidden_name *at, uint16_t type)
{
	const struct policy_name *facts = &at->facts;
	bool is_secure = hiding->run->zone->update == ZONE_UPDATE_SECURE;
	if (facts->own == 0 || (is_secure && !who_is_authenticated(hiding->sight->asker.who)))
		return false;
	if (facts->own == facts->records || (is_secure && facts->own > facts->own_guests))
		return true;
	return type != DNS_TYPE_ANY && hidden_owns_type(hiding, at, type);
}

static bool hidden_may_add(const struct hiding *hiding, const struct hidden_name *at,
			   const struct update_rr *rr)
{
	struct policy_record record = {
		.change = POLICY_ADD,
		.type = rr->type,
		.is_target_self = update_is_target_self(&hiding->sight->asker, rr->type, rr->rdata),
	};
	return update_ask(hiding->sight, &at->facts, &record).is_allowed;
}

/* Whether the name is in use tells nothing more where the message claims it, and may. */
static bool hidden_may_claim(const struct hiding *hiding, const struct hidden_name *at)
{
	struct hidden_name free = {.name = at->name};
	if (!at->add)
		return false;
	update_see(hiding->sight, &free.name, NULL, &free.facts);
	return hidden_may_add(hiding, &free, at->add);
}

static bool hidden_may_remove_one(const struct hiding *hiding, const struct hidden_name *at,
				  uint16_t type, const struct node_record *is)
{
	struct policy_record record =
		update_stored(hiding->sight, POLICY_REMOVE, &at->name, type, is);
	return update_ask(hiding->sight, &at->facts, &record).is_allowed;
}

static bool hidden_is_meant(const struct update_rr *rr, uint16_t type, const struct node_record *is)
{
	if (rr->type != DNS_TYPE_ANY && rr->type != type)
		return false;
	return rr->class == DNS_CLASS_ANY || dns_rdata_compare(type, is->rdata, rr->rdata) == 0;
}

/* Whether it may remove whatever could stand there, or all that the delete finds, which is not
 * nothing. */
static bool hidden_may_remove(const struct hiding *hiding, const struct hidden_name *at,
			      const struct update_rr *rr)
{
	static const struct node_record any = {.class = RECORD_STATIC};
	unsigned found = 0;
	struct node_record is;
	if (hidden_may_remove_one(hiding, at, rr->type, &any))
		return true;
	if (!at->is_stored)
		return false;
	for (struct node_walk walk = node_walk_of(&at->stored); node_walk_next(&walk, &is);) {
		hiding->run->steps++;
		if (update_has_too_many_steps(hiding->run))
			return false;
		if (!hidden_is_meant(rr, walk.rrset.type, &is))
			continue;
		if (!hidden_may_remove_one(hiding, at, walk.rrset.type, &is))
			return false;
		found++;
	}
	return found > 0;
}

/* Of a name that is free, any prerequisite tells no more than that. Whether a CNAME is there, which
 * Windows and Samba ask before they add, tells no more than the addition that is allowed beside
 * what the name holds. */
static bool prerequisite_is_hidden(struct hiding *hiding, const struct update_rr *rr)
{
	if (hidden_may_ask(hiding, rr))
		return false;
	const struct hidden_name *at = hidden_name_of(hiding, &rr->name);
	if (hidden_owns(hiding, at, rr->type))
		return false;
	if (!at->add)
		return true;
	if (rr->type == DNS_TYPE_ANY || !at->is_stored)
		return !hidden_may_claim(hiding, at);
	return rr->type != DNS_TYPE_CNAME || rr->class != DNS_CLASS_NONE ||
	       !hidden_may_add(hiding, at, at->add);
}

/* What a message adds to a name that is free tells no more than that; where the name is another's,
 * whether the same record was there already. What a replacement deletes is left in place if it may
 * not be removed; other deletes tell whether there was something. */
static bool change_is_hidden(struct hiding *hiding, const struct update_rr *rr)
{
	if (hidden_may_ask(hiding, rr))
		return false;
	const struct hidden_name *at = hidden_name_of(hiding, &rr->name);
	if (hidden_owns(hiding, at, rr->type))
		return false;
	if (rr->class == DNS_CLASS_IN)
		return at->is_stored && !hidden_may_add(hiding, at, rr);
	bool is_replacement = at->add && (rr->class == DNS_CLASS_ANY || !at->is_stored);
	return !is_replacement && !hidden_may_remove(hiding, at, rr);
}

/* False: it is said in a trial, which goes on. */
static bool hidden_refuse(struct hiding *hiding, const struct update_rr *rr)
{
	struct update_run *run = hiding->run;
	if (update_has_too_many_steps(run))
		return update_refuse_steps(run, rr) != DNS_NOERROR;
	update_say(run, &hiding->verdict);
	run->code = REFUSAL_HIDDEN;
	run->subject = update_subject(run->arena, &rr->name, rr->type);
	run->reason = arena_print(run->arena, "the requester may not query %s", run->subject);
	return !update_goes_on(run, &(struct update_objection){.asked = rr, .rcode = DNS_REFUSED});
}

const char *update_told(struct update_run *run, const struct dns_name *name, uint16_t type,
			const char *text)
{
	struct dns_name host;
	const struct update_sight *sight = update_sight_of(run);
	bool may_ask = policy_query(&sight->policy, &sight->asker, name, type).is_allowed;
	/* What speaks for a host is refused for what that holds. */
	if (may_ask && policy_host_name(&host, name, &sight->zone->apex))
		may_ask = policy_query(&sight->policy, &sight->asker, &host, DNS_TYPE_A).is_allowed;
	return may_ask ? arena_text(run->arena, text, strlen(text)) : ANSWER_NOT_AUTHORIZED;
}

/* Whether questions are restricted at all. */
static bool hides_anything(const struct update_sight *sight)
{
	return policy_query(&sight->policy, &sight->asker, &sight->zone->apex, DNS_TYPE_SOA)
		       .reason != POLICY_OPEN;
}

bool update_is_hidden(struct update_run *run)
{
	struct hiding hiding = {.run = run, .names.arena = run->arena};
	if (!rulebook_find(run->side->snapshot.rules, run->zone->id))
		return false;
	hiding.sight = update_sight_of(run);
	run->sight = NULL; /* another, with the message's changes, is made later */
	if (!hides_anything(hiding.sight))
		return false;
	for (size_t i = 0; i < run->changes.count; i++) {
		const struct update_rr *rr = &run->changes.rr[i];
		if (rr->class == DNS_CLASS_IN && !hidden_name_of(&hiding, &rr->name)->add)
			hidden_name_of(&hiding, &rr->name)->add = rr;
		if (update_has_too_many_steps(run))
			return hidden_refuse(&hiding, rr);
	}
	for (size_t i = 0; i < run->prerequisites.count; i++)
		if ((prerequisite_is_hidden(&hiding, &run->prerequisites.rr[i]) ||
		     update_has_too_many_steps(run)) &&
		    hidden_refuse(&hiding, &run->prerequisites.rr[i]))
			return true;
	for (size_t i = 0; i < run->changes.count; i++)
		if ((change_is_hidden(&hiding, &run->changes.rr[i]) ||
		     update_has_too_many_steps(run)) &&
		    hidden_refuse(&hiding, &run->changes.rr[i]))
			return true;
	return false;
}
