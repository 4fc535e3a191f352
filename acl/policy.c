/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/policy.h"
#include "acl/policy_limit.h"
#include "acl/rule_match.h"
#include "acl/rule_reach.h"
#include "dns/type.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

#define RULE_HOUSE     "administrators and the server itself"
#define RULE_NO_CHANGE "no change needs no right"
#define RULE_MODE      "zone mode"
#define BY_STATIC      "protect-static"
#define RULE_OWNERSHIP "ownership"
#define RULE_OF_SELF   "anonymous records go to the name's own principal"
#define RULE_NONE      "no rule"
#define RULE_REACH     "what a rule must name"
#define RULE_OPEN      "no rule restricts questions"
#define RULE_KEPT      "names that are kept"
#define RULE_CUT       "delegations and DNAMEs"
#define RULE_HOST      "ownership of the host that the name speaks for"

/* What a verdict is made from. */
struct trial {
	const struct policy_zone *zone;
	const struct policy_asker *asker;
	const struct policy_name *name;
	const struct policy_record *record;
};

static struct verdict policy_allow(enum policy_reason reason, enum policy_right right,
				   const char *rule)
{
	return (struct verdict){.is_allowed = true, .reason = reason, .right = right, .rule = rule};
}

static struct verdict policy_refuse(enum policy_reason reason, enum policy_right right,
				    const char *rule)
{
	return (struct verdict){.reason = reason, .right = right, .rule = rule};
}

static enum policy_class policy_class_of(enum rule_class class)
{
	static const enum policy_class classes[] = {
		[RULE_STATIC] = POLICY_STATIC,
		[RULE_DYNAMIC] = POLICY_DYNAMIC,
		[RULE_PINNED] = POLICY_PINNED,
	};
	return classes[class];
}

static unsigned bit_of(enum policy_right right)
{
	static const unsigned bits[] = {
		[POLICY_RIGHT_CLAIM] = RULE_CLAIM,       [POLICY_RIGHT_JOIN] = RULE_JOIN,
		[POLICY_RIGHT_WRITE] = RULE_WRITE,       [POLICY_RIGHT_TAKEOVER] = RULE_TAKEOVER,
		[POLICY_RIGHT_TRANSFER] = RULE_TRANSFER, [POLICY_RIGHT_QUERY] = RULE_QUERY,
	};
	return bits[right];
}

static struct rule_question question_of(const struct trial *t, enum policy_right right)
{
	return (struct rule_question){
		.zone = t->zone,
		.asker = t->asker,
		.name = t->name,
		.record = t->record,
		.type = t->record->type,
		.right = bit_of(right),
	};
}

static struct rule_answer policy_ask(const struct trial *t, enum policy_right right)
{
	struct rule_question question = question_of(t, right);
	return rule_match(&question);
}

/* The rule that decides. */
static struct verdict with_rule(struct verdict verdict, const struct rule *rule)
{
	verdict.is_by_rule = true;
	verdict.rule = rule->text;
	verdict.line = rule->line;
	return verdict;
}

/* Why a rule that matches does not reach what is asked. */
static struct verdict policy_unreached(enum rule_reach reach, const struct policy_name *name,
				       enum policy_right right)
{
	switch (reach) {
	case RULE_UNREACHED_TYPE:
		return policy_refuse(POLICY_STRUCTURE, right, RULE_REACH);
	case RULE_UNREACHED_KEPT:
		return policy_refuse(POLICY_KEPT_FOR, right, RULE_KEPT);
	case RULE_UNREACHED_HOST:
		if (name->host_text) {
			struct verdict verdict = policy_refuse(POLICY_SPEAKS, right, RULE_REACH);
			verdict.host_text = name->host_text;
			return verdict;
		}
		break;
	default:
		break;
	}
	return policy_refuse(POLICY_RESERVED, right, RULE_REACH);
}

/* What a rule says: its word, or that of `reason` where there is none. */
static struct verdict by_rule(const struct policy_name *name, const struct rule_answer *answer,
			      struct verdict allowed, enum policy_reason without)
{
	if (!answer->rule && answer->reach != RULE_REACHED)
		return policy_unreached(answer->reach, name, allowed.right);
	if (!answer->rule)
		return policy_refuse(without, allowed.right, RULE_NONE);
	if (!answer->rule->is_allow)
		allowed = policy_refuse(POLICY_DENIED, allowed.right, RULE_NONE);
	return with_rule(allowed, answer->rule);
}

static bool is_denied(const struct trial *t, enum policy_right right)
{
	struct rule_answer answer = policy_ask(t, right);
	return answer.rule && !answer.rule->is_allow;
}

/* What a change of one's own comes to: it is asked as `write`, and allowed unless one denies it. */
static struct verdict by_ownership(const struct trial *t, enum policy_reason reason,
				   const char *rule)
{
	struct rule_answer write = policy_ask(t, POLICY_RIGHT_WRITE);
	if (write.rule && !write.rule->is_allow)
		return with_rule(policy_refuse(POLICY_DENIED, POLICY_RIGHT_WRITE, RULE_NONE),
				 write.rule);
	return policy_allow(reason, POLICY_RIGHT_OWNERSHIP, rule);
}

/* Ownership of the record is not enough here: RFC 2136 has no other guard for the zone itself. */
static bool policy_is_of_zone(const struct policy_name *name, const struct policy_record *record)
{
	return record->is_of_child ||
	       (name->is_apex && (record->type == DNS_TYPE_SOA || record->type == DNS_TYPE_NS));
}

/* What is added where only who may change the delegation or DNAME adds: no client shall lend a
 * delegation glue, or leave names behind for the day when it goes. Structure at the delegation's
 * own name has rules that name it. */
static bool is_below_cut(const struct policy_record *record)
{
	return record->change == POLICY_ADD && record->cut_text &&
	       !(record->is_at_cut && policy_is_structural(record->type));
}

static struct verdict policy_refuse_cut(const struct policy_record *record)
{
	struct verdict verdict = policy_refuse(POLICY_CUT, POLICY_RIGHT_WRITE, RULE_CUT);
	verdict.host_text = record->cut_text;
	return verdict;
}

/* Only rules that name it give anything at the name. */
static bool is_restricted(const struct policy_name *name)
{
	return name->kind == POLICY_NAME_RESERVED || name->kind == POLICY_NAME_SERVER ||
	       (name->kind == POLICY_NAME_SPEAKS && !name->is_host_own) ||
	       (name->kept_for && !name->is_kept_for_asker);
}

/* After the zone became secure, records of `anonymous` may be taken by the owner of the name. */
static bool may_take_anonymous(const struct policy_name *name)
{
	return name->is_self && !is_restricted(name);
}

/* Whether ownership gives more than refreshes and deletions. What a name was when it was claimed
 * says nothing of it since another has the host, or since it serves the zone: unless the server is
 * the requester itself, and all that it has there is its own, as a domain controller's. The host of
 * a name that speaks for the zone never changes hands. */
static bool is_owned_in_full(const struct policy_name *name)
{
	if (name->kind == POLICY_NAME_SERVER && name->is_self && name->own == name->records &&
	    name->own_guests == 0)
		return true;
	return name->kind == POLICY_NAME_PLAIN || name->is_kept_for_asker ||
	       name->own_statics > 0 || (name->kind == POLICY_NAME_SPEAKS && !name->host_text);
}

/* Whether the name speaks for a host that is the requester's: what other clients left there is its
 * to remove, and keeps it from nothing. Not what an administrator made, or keeps for somebody. */
static bool policy_has_host(const struct policy_name *name)
{
	return name->kind == POLICY_NAME_SPEAKS && name->is_host_own &&
	       !(name->kept_for && !name->is_kept_for_asker);
}

static struct verdict refuse_in_full(const struct policy_name *name, enum policy_right right)
{
	enum rule_reach reach =
		name->kind == POLICY_NAME_SPEAKS ? RULE_UNREACHED_HOST : RULE_UNREACHED_NAME;
	return policy_unreached(reach, name, right);
}

static bool policy_is_owner(const struct trial *t)
{
	return who_is_authenticated(t->asker->who) && t->record->owner == POLICY_OWNER_REQUESTER;
}

/* What the rule for what is added says besides yes: how many, and of which class. */
static struct verdict with_clauses(const struct trial *t, struct verdict verdict,
				   const struct rule *rule)
{
	if (!verdict.is_allowed)
		return verdict;
	const struct rule_type *type = rule ? rule_type_find(rule, t->record->type) : NULL;
	if (type && policy_limit_is_passed(t->record->records, type->max)) {
		struct verdict capped = policy_refuse(POLICY_CAPPED, verdict.right, rule->text);
		capped.growth = t->record->records;
		capped.limit = type->max;
		return with_rule(capped, rule);
	}
	if (rule && rule->has_class) {
		verdict.has_class = true;
		verdict.class = policy_class_of(rule->class);
	}
	return verdict;
}

static struct verdict judge_claim(const struct trial *t)
{
	struct rule_answer claim = policy_ask(t, POLICY_RIGHT_CLAIM);
	struct verdict verdict =
		by_rule(t->name, &claim, policy_allow(POLICY_CLAIM, POLICY_RIGHT_CLAIM, NULL),
			POLICY_NO_RULE);
	if (!claim.rule && t->name->kept_for && !t->name->is_kept_for_asker)
		return policy_refuse(POLICY_KEPT_FOR, POLICY_RIGHT_CLAIM, RULE_KEPT);
	if (!claim.rule && t->name->is_kept_for_asker && !policy_is_structural(t->record->type))
		verdict = policy_allow(POLICY_KEPT, POLICY_RIGHT_CLAIM, RULE_KEPT);
	return with_clauses(t, verdict, claim.rule);
}

/* A rule for `claim` names the requester and the name, and a clause of it forbids the record. */
static struct verdict by_clause(const struct rule *near, enum rule_clause clause, uint16_t type)
{
	struct verdict verdict =
		with_rule(policy_refuse(POLICY_CLAUSE, POLICY_RIGHT_CLAIM, RULE_NONE), near);
	verdict.near = near;
	verdict.clause = clause;
	verdict.type = type;
	return verdict;
}

/* What a rule for `join` says. What it lets in is a guest. */
static struct verdict policy_judge_join(const struct trial *t, const struct rule_answer *join,
					enum policy_reason without)
{
	struct verdict verdict = by_rule(
		t->name, join, policy_allow(POLICY_BY_RULE, POLICY_RIGHT_JOIN, NULL), without);
	verdict.is_guest = verdict.is_allowed;
	return with_clauses(t, verdict, join->rule);
}

/* No rule for `claim` speaks of it: what is the requester's by ownership, at its own name, or by a
 * rule for `takeover`. */
static struct verdict judge_add_unruled(const struct trial *t, enum policy_reason reason)
{
	const struct rule *takeover = t->name->takeable_by;
	enum rule_clause clause;
	if (reason == POLICY_BY_RULE) {
		struct verdict verdict =
			policy_allow(reason, POLICY_RIGHT_TAKEOVER, RULE_OWNERSHIP);
		bool names_type = takeover && rule_type_find(takeover, t->record->type);
		if (policy_is_structural(t->record->type) && !names_type)
			return policy_refuse(POLICY_STRUCTURE, POLICY_RIGHT_CLAIM, RULE_REACH);
		return takeover ? with_rule(verdict, takeover) : verdict;
	}
	struct rule_question question = question_of(t, POLICY_RIGHT_CLAIM);
	const struct rule *near = rule_near(&question, &clause);
	if (near)
		return by_clause(near, clause, t->record->type);
	if (policy_is_structural(t->record->type))
		return policy_refuse(POLICY_STRUCTURE, POLICY_RIGHT_CLAIM, RULE_REACH);
	if (!is_owned_in_full(t->name)) {
		struct rule_answer join = policy_ask(t, POLICY_RIGHT_JOIN);
		return join.rule ? policy_judge_join(t, &join, POLICY_TAKEN)
				 : refuse_in_full(t->name, POLICY_RIGHT_CLAIM);
	}
	return policy_allow(reason, POLICY_RIGHT_OWNERSHIP,
			    reason == POLICY_OWN_NAME ? RULE_OWNERSHIP : RULE_OF_SELF);
}

/* The name is the requester's, or becomes its own when it wants it: rules for `claim` are asked as
 * if the name were free. */
static struct verdict judge_add_own(const struct trial *t, enum policy_reason reason)
{
	const struct policy_name *name = t->name;
	struct rule_answer claim = policy_ask(t, POLICY_RIGHT_CLAIM);
	if (!claim.rule)
		return with_clauses(t, judge_add_unruled(t, reason), NULL);
	if (!claim.rule->is_allow)
		return with_rule(policy_refuse(POLICY_DENIED, POLICY_RIGHT_CLAIM, RULE_NONE),
				 claim.rule);
	struct verdict verdict =
		policy_allow(reason, POLICY_RIGHT_OWNERSHIP,
			     reason == POLICY_OWN_NAME ? RULE_OWNERSHIP : RULE_OF_SELF);
	if (reason == POLICY_BY_RULE) {
		verdict.right = POLICY_RIGHT_TAKEOVER;
		if (name->takeable_by)
			verdict = with_rule(verdict, name->takeable_by);
	}
	return with_clauses(t, verdict, claim.rule);
}

/* Whether a rule allows the right to the requester at the name, by its clauses or but for them. */
static bool policy_names(const struct trial *t, enum policy_right right)
{
	enum rule_clause clause;
	struct rule_question question = question_of(t, right);
	struct rule_answer answer = rule_match(&question);
	return (answer.rule && answer.rule->is_allow) || rule_near(&question, &clause);
}

/* Whether the requester owns a record at the name that did not come by `join`. Records of versions
 * that did not mark guests are taken for guests where only `join` can have let them in. */
static bool owns_as_owner(const struct trial *t)
{
	const struct policy_name *name = t->name;
	/* One that denies `claim` speaks of it too. */
	bool has_claim = policy_ask(t, POLICY_RIGHT_CLAIM).rule != NULL ||
			 policy_names(t, POLICY_RIGHT_CLAIM);
	return name->own > name->own_guests &&
	       (name->is_kept_for_asker || has_claim || !policy_names(t, POLICY_RIGHT_JOIN));
}

/* The requester's guests are alone at the name, since the others went: it is not the requester's
 * for that. It claims the name as if it were free, or adds by the rule that let it in. So does who
 * has the host of a name that speaks for it, whatever others left there. */
static struct verdict judge_add_alone(const struct trial *t)
{
	enum rule_clause clause;
	struct rule_question question = question_of(t, POLICY_RIGHT_CLAIM);
	struct rule_answer claim = rule_match(&question);
	const struct rule *near = claim.rule ? NULL : rule_near(&question, &clause);
	if (claim.rule || t->name->is_kept_for_asker)
		return judge_claim(t);
	if (near)
		return by_clause(near, clause, t->record->type);
	struct rule_answer join = policy_ask(t, POLICY_RIGHT_JOIN);
	question = question_of(t, POLICY_RIGHT_JOIN);
	near = join.rule ? NULL : rule_near(&question, &clause);
	return near ? by_clause(near, clause, t->record->type)
		    : policy_judge_join(t, &join, POLICY_NO_RULE);
}

static struct verdict judge_add(const struct trial *t)
{
	const struct policy_name *name = t->name;
	/* In a nonsecure zone unsigned requests own what unsigned requests made. */
	bool owns = t->zone->mode == POLICY_NONSECURE || who_is_authenticated(t->asker->who);
	/* Who takes over nothing joins what is there. */
	unsigned takeable = name->takes ? name->takeable : 0;
	unsigned own = (owns ? name->own : 0) + takeable;
	if (owns && may_take_anonymous(name))
		own += name->anonymous;
	bool is_its_own_name = name->is_self || name->is_kept_for_asker;
	bool has_guests_only = name->guests == name->records && name->own == 0;
	bool is_free = is_its_own_name && (name->has_notes_only || has_guests_only);
	if (name->records == 0 || is_free)
		return judge_claim(t);
	bool has_host = policy_has_host(name) && name->statics == 0;
	if (owns &&
	    (name->own_guests == name->records || (has_host && name->own == name->own_guests)))
		return judge_add_alone(t);
	if (own >= name->records)
		return judge_add_own(t, name->own == name->records ? POLICY_OWN_NAME
					: takeable > 0             ? POLICY_BY_RULE
								   : POLICY_SELF);
	if (owns && owns_as_owner(t))
		return judge_add_own(t, POLICY_OWN_NAME);
	struct rule_answer join = policy_ask(t, POLICY_RIGHT_JOIN);
	/* That it is taken says more than that it is reserved. */
	if (!join.rule && join.reach != RULE_UNREACHED_TYPE)
		return policy_refuse(POLICY_TAKEN, POLICY_RIGHT_JOIN, RULE_NONE);
	return policy_judge_join(t, &join, POLICY_TAKEN);
}

/* What an administrator made is nobody's to take over. */
static struct rule_answer ask_takeover(const struct trial *t)
{
	/* What unsigned requests made belongs to none of them. */
	bool is_unsigned =
		t->record->owner == POLICY_OWNER_REQUESTER && !who_is_authenticated(t->asker->who);
	bool has_owner = t->record->owner == POLICY_OWNER_OTHER ||
			 t->record->owner == POLICY_OWNER_ANONYMOUS || is_unsigned;
	if (!has_owner || t->record->class == POLICY_STATIC)
		return (struct rule_answer){0};
	return policy_ask(t, POLICY_RIGHT_TAKEOVER);
}

/* Rules come before self-match: a requester that may not claim the name may not take it over. */
static bool takes_anonymous(const struct trial *t)
{
	return t->record->owner == POLICY_OWNER_ANONYMOUS && t->record->class != POLICY_STATIC &&
	       who_is_authenticated(t->asker->who) && may_take_anonymous(t->name) &&
	       !is_denied(t, POLICY_RIGHT_CLAIM) && !is_denied(t, POLICY_RIGHT_WRITE);
}

/* Nothing gives the record to the requester. */
static struct verdict judge_foreign(const struct trial *t, const struct rule_answer *write)
{
	if (write->rule)
		return with_rule(policy_refuse(POLICY_DENIED, POLICY_RIGHT_WRITE, RULE_NONE),
				 write->rule);
	return policy_refuse(t->record->class == POLICY_STATIC ? POLICY_IS_STATIC : POLICY_FOREIGN,
			     POLICY_RIGHT_WRITE, RULE_NONE);
}

/* Whether a record of others is given to who has the host of its name: structure needs rules. */
static bool gives_host(const struct trial *t)
{
	return policy_has_host(t->name) && t->record->class != POLICY_STATIC &&
	       !policy_is_structural(t->record->type);
}

/* A stored record is removed, or its TTL changes. */
static struct verdict policy_judge_change(const struct trial *t)
{
	struct rule_answer write = policy_ask(t, POLICY_RIGHT_WRITE);
	bool is_kept_out =
		t->record->change == POLICY_TTL && !write.rule && !is_owned_in_full(t->name);
	if (policy_is_owner(t))
		return is_kept_out ? refuse_in_full(t->name, POLICY_RIGHT_WRITE)
				   : by_ownership(t, POLICY_OWN, RULE_OWNERSHIP);
	if (write.rule && write.rule->is_allow)
		return with_rule(policy_allow(POLICY_BY_RULE, POLICY_RIGHT_WRITE, NULL),
				 write.rule);
	if (takes_anonymous(t)) {
		struct verdict verdict =
			policy_allow(POLICY_SELF, POLICY_RIGHT_OWNERSHIP, RULE_OF_SELF);
		verdict.takes_over = true;
		return verdict;
	}
	struct rule_answer takeover = ask_takeover(t);
	if (takeover.rule && takeover.rule->is_allow) {
		struct verdict verdict = with_rule(
			policy_allow(POLICY_BY_RULE, POLICY_RIGHT_TAKEOVER, NULL), takeover.rule);
		verdict.takes_over = true;
		return verdict;
	}
	if (!write.rule && gives_host(t))
		return policy_allow(POLICY_HOST, POLICY_RIGHT_WRITE, RULE_HOST);
	return judge_foreign(t, &write);
}

/* SOA and NS of the apex, NS and DS of a child. What a rule for `write` lets in there makes nobody
 * an owner of the name: it is a guest. */
static struct verdict judge_of_zone(const struct trial *t)
{
	struct rule_answer write = policy_ask(t, POLICY_RIGHT_WRITE);
	enum policy_reason without = t->record->is_of_child ? POLICY_CHILD : POLICY_APEX;
	if (!write.rule)
		return policy_refuse(without, POLICY_RIGHT_WRITE, RULE_NONE);
	struct verdict verdict = by_rule(
		t->name, &write, policy_allow(POLICY_BY_RULE, POLICY_RIGHT_WRITE, NULL), without);
	verdict.is_guest = verdict.is_allowed && t->record->change == POLICY_ADD;
	return with_clauses(t, verdict, write.rule);
}

static struct verdict judge_secure(const struct trial *t)
{
	if (policy_is_of_zone(t->name, t->record))
		return judge_of_zone(t);
	if (is_below_cut(t->record))
		return policy_refuse_cut(t->record);
	return t->record->change == POLICY_ADD ? judge_add(t) : policy_judge_change(t);
}

/* Static records that are not the requester's stand in the way of the difference. */
static bool meets_static(const struct trial *t)
{
	const struct policy_record *record = t->record;
	if (record->change != POLICY_ADD)
		return record->class == POLICY_STATIC || record->has_static;
	switch (record->type) {
	case DNS_TYPE_CNAME:
		return t->name->statics > 0;
	case DNS_TYPE_NS:
	case DNS_TYPE_DNAME:
		return t->name->statics > 0 || record->is_above_static;
	default:
		return record->has_static;
	}
}

/* What a client adds in a nonsecure zone beside an administrator's records makes it no owner of
 * their name when the zone becomes secure: unless the name is its own, it owns something there
 * already, or all that stands there are notes. */
static bool joins_static(const struct trial *t)
{
	const struct policy_name *name = t->name;
	return t->record->change == POLICY_ADD && who_is_authenticated(t->asker->who) &&
	       name->statics > 0 && !name->has_notes_only && !name->is_self &&
	       name->own == name->own_guests;
}

static struct verdict judge_beside_static(const struct trial *t)
{
	bool is_added = t->record->change == POLICY_ADD;
	enum policy_right right = is_added ? POLICY_RIGHT_JOIN : POLICY_RIGHT_WRITE;
	struct rule_answer answer = policy_ask(t, right);
	if (!answer.rule)
		return policy_refuse(is_added ? POLICY_BESIDE_STATIC : POLICY_IS_STATIC, right,
				     BY_STATIC);
	struct verdict verdict = by_rule(
		t->name, &answer, policy_allow(POLICY_BY_RULE, right, NULL), POLICY_IS_STATIC);
	verdict.is_guest = verdict.is_allowed && joins_static(t);
	return with_clauses(t, verdict, answer.rule);
}

/* What only rules that name it give; `reach` says why. Nothing of it is the requester's. */
static struct verdict judge_unreached(const struct trial *t, enum rule_reach reach)
{
	struct verdict verdict;
	if (t->record->change == POLICY_ADD) {
		verdict = judge_add(t);
	} else {
		struct rule_answer write = policy_ask(t, POLICY_RIGHT_WRITE);
		verdict = by_rule(t->name, &write,
				  policy_allow(POLICY_BY_RULE, POLICY_RIGHT_WRITE, NULL),
				  POLICY_RESERVED);
	}
	if (verdict.is_allowed || verdict.is_by_rule)
		return verdict;
	return policy_unreached(reach, t->name, verdict.right);
}

static struct verdict judge_nonsecure(const struct trial *t)
{
	static const struct rule plain = {.is_allow = true};
	const struct policy_record *record = t->record;
	bool is_own = record->change != POLICY_ADD && record->owner == POLICY_OWNER_REQUESTER;
	if (!t->zone->protects_static)
		return policy_allow(POLICY_OPEN, POLICY_RIGHT_NOTHING, RULE_MODE);
	if (policy_is_of_zone(t->name, record))
		return judge_of_zone(t);
	if (is_below_cut(record))
		return policy_refuse_cut(record);
	if (is_own && (record->class == POLICY_STATIC ||
		       (record->has_static && who_is_authenticated(t->asker->who))))
		return policy_allow(POLICY_OWN, POLICY_RIGHT_OWNERSHIP, RULE_OWNERSHIP);
	if (meets_static(t))
		return judge_beside_static(t);
	struct rule_question question = question_of(t, POLICY_RIGHT_CLAIM);
	enum rule_reach reach = rule_reach(&plain, &question);
	bool is_given = is_own && (record->change == POLICY_REMOVE || is_owned_in_full(t->name));
	if (!is_given && reach != RULE_REACHED)
		return judge_unreached(t, reach);
	struct verdict verdict = policy_allow(POLICY_OPEN, POLICY_RIGHT_NOTHING, RULE_MODE);
	verdict.is_guest = joins_static(t);
	return verdict;
}

static struct verdict judge_same(const struct trial *t)
{
	struct verdict verdict =
		policy_allow(POLICY_NO_CHANGE, POLICY_RIGHT_NOTHING, RULE_NO_CHANGE);
	if (t->zone->mode != POLICY_SECURE || policy_is_of_zone(t->name, t->record))
		return verdict;
	verdict.takes_over = takes_anonymous(t);
	struct rule_answer takeover = ask_takeover(t);
	if (!verdict.takes_over && takeover.rule && takeover.rule->is_allow) {
		verdict = with_rule(verdict, takeover.rule);
		verdict.takes_over = true;
		verdict.has_class = takeover.rule->has_class;
		verdict.class = policy_class_of(takeover.rule->class);
	}
	return verdict;
}

struct policy_asker policy_asker_of(const struct who *who, const struct addr *source, bool is_tcp)
{
	struct policy_asker asker; /* each question makes one: the name is not cleared */
	dns_name_set_root(&asker.own_name);
	asker.who = who;
	asker.source = source;
	asker.is_tcp = is_tcp;
	asker.realm = who_realm(who);
	asker.is_trusted = true;
	asker.realms = NULL;
	asker.memo = NULL;
	asker.has_own_name = who_own_name(who, &asker.own_name);
	return asker;
}

/* The own name in a domain of its realm. */
static bool policy_own_name_in(const struct policy_asker *asker, const struct realm_suffix *suffix,
			       struct dns_name *name)
{
	return strcmp(suffix->realm, asker->realm) == 0 &&
	       who_own_name_under(asker->who, &suffix->suffix, name);
}

void policy_asker_in_realm(struct policy_asker *asker, const struct realms *realms, bool is_trusted)
{
	bool has_suffix = false, has_name = false;
	asker->is_trusted = is_trusted || !asker->realm;
	for (size_t i = 0; realms && asker->realm && i < realms->suffix_count; i++) {
		const struct realm_suffix *suffix = &realms->suffixes[i];
		has_suffix |= strcmp(suffix->realm, asker->realm) == 0;
		if (!has_name)
			has_name = policy_own_name_in(asker, suffix, &asker->own_name);
	}
	if (has_suffix) {
		asker->has_own_name = has_name;
		asker->realms = has_name ? realms : NULL;
	}
}

bool policy_next_own_name(const struct policy_asker *asker, size_t *at, struct dns_name *name)
{
	if (!asker->has_own_name)
		return false;
	if ((*at)++ == 0) {
		*name = asker->own_name;
		return true;
	}
	for (; asker->realms && *at - 2 < asker->realms->suffix_count; (*at)++) {
		if (policy_own_name_in(asker, &asker->realms->suffixes[*at - 2], name) &&
		    !dns_name_equal(name, &asker->own_name))
			return true;
	}
	return false;
}

bool policy_is_own_name(const struct policy_asker *asker, const struct dns_name *name)
{
	struct dns_name own;
	size_t at = 1;
	if (!asker->has_own_name)
		return false;
	if (dns_name_equal(&asker->own_name, name))
		return true;
	while (asker->realms && policy_next_own_name(asker, &at, &own))
		if (dns_name_equal(&own, name))
			return true;
	return false;
}

struct verdict policy_admit(const struct policy_zone *zone, const struct policy_asker *asker,
			    bool may_own)
{
	if (who_is_unbound(asker->who))
		return policy_allow(POLICY_NOT_BOUND, POLICY_RIGHT_NOTHING, RULE_HOUSE);
	if (zone->mode == POLICY_NONE)
		return policy_refuse(POLICY_MODE_NONE, POLICY_RIGHT_NOTHING, RULE_MODE);
	if (zone->mode == POLICY_NONSECURE)
		return policy_allow(POLICY_OPEN, POLICY_RIGHT_NOTHING, RULE_MODE);
	const struct rule *rule = rule_admits(zone, asker);
	if (rule) {
		bool is_claim = (rule->rights & RULE_CLAIM) != 0;
		struct verdict verdict = policy_allow(is_claim ? POLICY_CLAIM : POLICY_BY_RULE,
						      POLICY_RIGHT_CLAIM, rule->text);
		return with_rule(verdict, rule);
	}
	if (!who_is_authenticated(asker->who))
		return policy_refuse(POLICY_UNSIGNED, POLICY_RIGHT_NOTHING, RULE_MODE);
	if (may_own)
		return policy_allow(POLICY_OWN, POLICY_RIGHT_OWNERSHIP, RULE_OWNERSHIP);
	return policy_refuse(POLICY_NO_RULE, POLICY_RIGHT_CLAIM, RULE_NONE);
}

struct verdict policy_judge(const struct policy_zone *zone, const struct policy_asker *asker,
			    const struct policy_name *name, const struct policy_record *record)
{
	assert(name->own + name->anonymous <= name->records);
	struct trial trial = {zone, asker, name, record};
	struct verdict admitted = policy_admit(zone, asker, true);
	if (!admitted.is_allowed || who_is_unbound(asker->who))
		return admitted;
	if (record->change == POLICY_SAME)
		return judge_same(&trial);
	struct verdict verdict =
		zone->mode == POLICY_NONSECURE ? judge_nonsecure(&trial) : judge_secure(&trial);
	return policy_limit_name(zone, record, verdict);
}

const struct rule *policy_takes(const struct policy_zone *zone, const struct policy_asker *asker,
				const struct policy_name *name, const struct policy_record *record)
{
	struct trial trial = {zone, asker, name, record};
	if (zone->mode != POLICY_SECURE || policy_is_of_zone(name, record))
		return NULL;
	struct rule_answer takeover = ask_takeover(&trial);
	return takeover.rule && takeover.rule->is_allow ? takeover.rule : NULL;
}

bool policy_may_renew(const struct policy_zone *zone, const struct policy_asker *asker,
		      const struct policy_name *name, const struct policy_record *record)
{
	struct trial trial = {zone, asker, name, record};
	static const enum policy_right rights[] = {POLICY_RIGHT_CLAIM, POLICY_RIGHT_JOIN,
						   POLICY_RIGHT_WRITE};
	bool is_open = zone->mode == POLICY_NONSECURE && !zone->protects_static;
	if (name->kind != POLICY_NAME_SPEAKS || is_owned_in_full(name) || is_open ||
	    who_is_unbound(asker->who))
		return true;
	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
		struct rule_answer answer = policy_ask(&trial, rights[i]);
		if (answer.rule && answer.rule->is_allow)
			return true;
	}
	return false;
}

bool policy_is_named(const struct policy_zone *zone, const struct policy_asker *asker,
		     const struct policy_name *name, const struct policy_record *record)
{
	struct trial trial = {zone, asker, name, record};
	return policy_names(&trial, POLICY_RIGHT_CLAIM) ||
	       policy_names(&trial, POLICY_RIGHT_JOIN) || policy_names(&trial, POLICY_RIGHT_WRITE);
}

bool policy_wants_ptr(const struct policy_zone *zone)
{
	return rule_any(zone, RULE_UPDATES | RULE_QUERY, RULE_PTR_OF_SELF);
}

bool policy_wants_takeable(const struct policy_zone *zone)
{
	return rule_any(zone, RULE_TAKEOVER, RULE_ZONE);
}

bool policy_wants_reservation(const struct policy_zone *zone)
{
	return rule_any(zone, RULE_JOIN | RULE_WRITE | RULE_TAKEOVER, RULE_ZONE);
}

struct verdict policy_query(const struct policy_zone *zone, const struct policy_asker *asker,
			    const struct dns_name *name, uint16_t type)
{
	if (who_is_unbound(asker->who))
		return policy_allow(POLICY_NOT_BOUND, POLICY_RIGHT_NOTHING, RULE_HOUSE);
	if (!zone->rules || !rule_any(zone, RULE_QUERY, RULE_ZONE))
		return policy_allow(POLICY_OPEN, POLICY_RIGHT_NOTHING, RULE_OPEN);
	struct policy_name at = {.name = name};
	at.is_self = asker->is_trusted && policy_is_own_name(asker, name);
	struct rule_answer answer = rule_match(&(struct rule_question){
		.zone = zone, .asker = asker, .name = &at, .type = type, .right = RULE_QUERY});
	return by_rule(&at, &answer, policy_allow(POLICY_BY_RULE, POLICY_RIGHT_QUERY, NULL),
		       POLICY_NO_RULE);
}

struct verdict policy_transfer(const struct policy_zone *zone, const struct policy_asker *asker)
{
	struct policy_name at = {0};
	if (who_is_unbound(asker->who))
		return policy_allow(POLICY_NOT_BOUND, POLICY_RIGHT_NOTHING, RULE_HOUSE);
	struct rule_answer answer = rule_match(&(struct rule_question){
		.zone = zone, .asker = asker, .name = &at, .right = RULE_TRANSFER});
	return by_rule(&at, &answer, policy_allow(POLICY_BY_RULE, POLICY_RIGHT_TRANSFER, NULL),
		       POLICY_NO_RULE);
}
