/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/policy.h"
#include "dns/type.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

#define RULE_HOUSE     "administrators and the server itself"
#define RULE_NO_CHANGE "no change needs no right"
#define RULE_MODE      "zone mode"
#define RULE_STATIC    "protect-static"
#define RULE_OWNERSHIP "ownership"
#define RULE_SELF      "anonymous records go to the name's own principal"
#define RULE_NONE      "no rule"
#define RULE_WINDOWS   "preset windows: allow authenticated claim"
#define RULE_RESERVED  "preset windows: reserved names denied"

static struct verdict allow(enum policy_reason reason, enum policy_right right, const char *rule)
{
	return (struct verdict){.is_allowed = true, .reason = reason, .right = right, .rule = rule};
}

static struct verdict refuse(enum policy_reason reason, enum policy_right right, const char *rule)
{
	return (struct verdict){.reason = reason, .right = right, .rule = rule};
}

/* Ownership of the record is not enough here: RFC 2136 has no other guard for the zone itself. */
static bool is_of_zone(const struct policy_name *name, const struct policy_record *record)
{
	return name->is_apex && (record->type == DNS_TYPE_SOA || record->type == DNS_TYPE_NS);
}

static bool is_stored_static(const struct policy_record *record)
{
	return record->change != POLICY_ADD && record->class == POLICY_STATIC;
}

static struct verdict judge_nonsecure(const struct policy_zone *zone,
				      const struct policy_name *name,
				      const struct policy_record *record)
{
	if (!zone->protects_static)
		return allow(POLICY_OPEN, POLICY_RIGHT_NOTHING, RULE_MODE);
	if (is_of_zone(name, record))
		return refuse(POLICY_APEX, POLICY_RIGHT_WRITE, RULE_STATIC);
	if (!is_stored_static(record))
		return allow(POLICY_OPEN, POLICY_RIGHT_NOTHING, RULE_MODE);
	if (record->owner == POLICY_OWNER_REQUESTER)
		return allow(POLICY_OWN, POLICY_RIGHT_OWNERSHIP, RULE_OWNERSHIP);
	return refuse(POLICY_IS_STATIC, POLICY_RIGHT_WRITE, RULE_STATIC);
}

/* Since the zone turned secure, what `anonymous` left belongs to whoever the name belongs to. */
static bool may_take_anonymous(const struct policy_name *name)
{
	return name->is_self && !name->is_reserved;
}

static struct verdict judge_add(const struct policy_zone *zone, const struct policy_name *name)
{
	unsigned own = name->own + (may_take_anonymous(name) ? name->anonymous : 0);
	if (name->records > own)
		return refuse(POLICY_TAKEN, POLICY_RIGHT_JOIN, RULE_NONE);
	if (name->records > 0 && name->own == name->records)
		return allow(POLICY_OWN_NAME, POLICY_RIGHT_OWNERSHIP, RULE_OWNERSHIP);
	if (name->records > 0)
		return allow(POLICY_SELF, POLICY_RIGHT_OWNERSHIP, RULE_SELF);
	if (zone->preset == POLICY_CLOSED)
		return refuse(POLICY_NO_RULE, POLICY_RIGHT_CLAIM, RULE_NONE);
	if (name->is_reserved)
		return refuse(POLICY_RESERVED, POLICY_RIGHT_CLAIM, RULE_RESERVED);
	return allow(POLICY_CLAIM, POLICY_RIGHT_CLAIM, RULE_WINDOWS);
}

/* A stored record is removed, or its TTL changes. */
static struct verdict judge_change(const struct policy_zone *zone, const struct policy_name *name,
				   const struct policy_record *record)
{
	if (record->owner == POLICY_OWNER_REQUESTER)
		return allow(POLICY_OWN, POLICY_RIGHT_OWNERSHIP, RULE_OWNERSHIP);
	bool is_static = record->class == POLICY_STATIC;
	if (record->owner == POLICY_OWNER_ANONYMOUS && !is_static && may_take_anonymous(name)) {
		struct verdict verdict = allow(POLICY_SELF, POLICY_RIGHT_OWNERSHIP, RULE_SELF);
		verdict.takes_over = true;
		return verdict;
	}
	if (record->change == POLICY_REMOVE && record->is_name_delete && zone->skips_foreign) {
		struct verdict verdict = refuse(POLICY_SPARED, POLICY_RIGHT_WRITE, RULE_NONE);
		verdict.is_spared = true;
		return verdict;
	}
	return refuse(is_static ? POLICY_IS_STATIC : POLICY_FOREIGN, POLICY_RIGHT_WRITE, RULE_NONE);
}

static struct verdict judge_secure(const struct policy_zone *zone, const struct policy_name *name,
				   const struct policy_record *record)
{
	if (is_of_zone(name, record))
		return refuse(POLICY_APEX, POLICY_RIGHT_WRITE, RULE_NONE);
	if (record->change == POLICY_ADD)
		return judge_add(zone, name);
	return judge_change(zone, name, record);
}

static struct verdict judge_same(const struct policy_zone *zone, const struct policy_name *name,
				 const struct policy_record *record)
{
	struct verdict verdict = allow(POLICY_NO_CHANGE, POLICY_RIGHT_NOTHING, RULE_NO_CHANGE);
	verdict.takes_over = zone->mode == POLICY_SECURE &&
			     record->owner == POLICY_OWNER_ANONYMOUS &&
			     record->class != POLICY_STATIC && may_take_anonymous(name);
	return verdict;
}

struct verdict policy_admit(const struct policy_zone *zone, const struct who *who, bool may_own)
{
	if (who_is_house(who))
		return allow(POLICY_NOT_BOUND, POLICY_RIGHT_NOTHING, RULE_HOUSE);
	if (zone->mode == POLICY_NONE)
		return refuse(POLICY_MODE_NONE, POLICY_RIGHT_NOTHING, RULE_MODE);
	if (zone->mode == POLICY_NONSECURE)
		return allow(POLICY_OPEN, POLICY_RIGHT_NOTHING, RULE_MODE);
	if (!who_is_authenticated(who))
		return refuse(POLICY_UNSIGNED, POLICY_RIGHT_NOTHING, RULE_MODE);
	if (zone->preset == POLICY_WINDOWS)
		return allow(POLICY_CLAIM, POLICY_RIGHT_CLAIM, RULE_WINDOWS);
	if (may_own)
		return allow(POLICY_OWN, POLICY_RIGHT_OWNERSHIP, RULE_OWNERSHIP);
	return refuse(POLICY_NO_RULE, POLICY_RIGHT_CLAIM, RULE_NONE);
}

struct verdict policy_judge(const struct policy_zone *zone, const struct who *who,
			    const struct policy_name *name, const struct policy_record *record)
{
	assert(name->own + name->anonymous <= name->records);
	struct verdict admitted = policy_admit(zone, who, true);
	if (!admitted.is_allowed || who_is_house(who))
		return admitted;
	if (record->change == POLICY_SAME)
		return judge_same(zone, name, record);
	if (zone->mode == POLICY_NONSECURE)
		return judge_nonsecure(zone, name, record);
	return judge_secure(zone, name, record);
}

static bool first_label_is(const struct dns_name *name, const char *label)
{
	size_t len = strlen(label);
	return name->wire[0] == len && memcmp(name->wire + 1, label, len) == 0;
}

bool policy_is_reserved(const struct dns_name *name, const struct dns_name *apex,
			const struct dns_name *servers, size_t servers_count)
{
	if (!dns_name_under(name, apex) || dns_name_equal(name, apex))
		return false;
	if (first_label_is(name, "*") || first_label_is(name, "wpad") ||
	    first_label_is(name, "isatap"))
		return true;
	struct dns_name top = dns_name_last(name, apex->labels + 1u);
	if (first_label_is(&top, "_msdcs"))
		return true;
	for (size_t i = 0; i < servers_count; i++) {
		if (dns_name_equal(name, &servers[i]))
			return true;
	}
	return false;
}

const char *policy_reason_word(enum policy_reason reason)
{
	static const char *const words[] = {
#define X(constant, word, sentence) [constant] = word,
		POLICY_REASONS(X)
#undef X
	};
	return words[reason];
}

const char *policy_right_word(enum policy_right right)
{
	static const char *const words[] = {
		[POLICY_RIGHT_NOTHING] = "nothing", [POLICY_RIGHT_OWNERSHIP] = "ownership",
		[POLICY_RIGHT_CLAIM] = "claim",     [POLICY_RIGHT_JOIN] = "join",
		[POLICY_RIGHT_WRITE] = "write",     [POLICY_RIGHT_TAKEOVER] = "takeover",
	};
	return words[right];
}

static const char *sentence_of(enum policy_reason reason)
{
	static const char *const sentences[] = {
#define X(constant, word, sentence) [constant] = sentence,
		POLICY_REASONS(X)
#undef X
	};
	return sentences[reason];
}

char *policy_reason_text(enum policy_reason reason, const char *owner, char out[POLICY_TEXT_MAX])
{
	bool names_owner = reason == POLICY_FOREIGN || reason == POLICY_SPARED;
	if (!owner || !*owner)
		owner = "nobody";
	snprintf(out, POLICY_TEXT_MAX, "%s%s%s", sentence_of(reason), names_owner ? " " : "",
		 names_owner ? owner : "");
	return out;
}
