/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rule_match.h"
#include "acl/pattern.h"
#include "acl/rule_memo.h"
#include "acl/rule_reach.h"
#include "dns/type.h"
#include <string.h>

static const struct rule windows_rules[] = {
	{.is_allow = true,
	 .who = {RULE_AUTHENTICATED, "authenticated"},
	 .rights = RULE_CLAIM,
	 .text = "preset windows: allow authenticated claim"},
};

static const struct rule_type ptr_type[] = {{DNS_TYPE_PTR, 0}};

static const struct rule self_rules[] = {
	{.is_allow = true,
	 .who = {RULE_AUTHENTICATED, "authenticated"},
	 .rights = RULE_CLAIM,
	 .place = RULE_SELF,
	 .text = "preset self: allow authenticated claim self"},
	{.is_allow = true,
	 .who = {RULE_AUTHENTICATED, "authenticated"},
	 .rights = RULE_CLAIM,
	 .place = RULE_PTR_OF_SELF,
	 .is_target_self = true,
	 .types = ptr_type,
	 .types_count = 1,
	 .text = "preset self: allow authenticated claim ptr-of-self target-self types PTR"},
};

static const struct rule_type host_types[] = {{DNS_TYPE_A, 0}, {DNS_TYPE_AAAA, 0}};
static const struct rule_type srv_type[] = {{DNS_TYPE_SRV, 0}};
static const struct rule_type ns_type[] = {{DNS_TYPE_NS, 0}};
static const struct rule_type msdcs_types[] = {
	{DNS_TYPE_SRV, 0}, {DNS_TYPE_A, 0}, {DNS_TYPE_AAAA, 0}, {DNS_TYPE_CNAME, 0}};
static const struct rule_type partition_types[] = {
	{DNS_TYPE_A, 0}, {DNS_TYPE_AAAA, 0}, {DNS_TYPE_SRV, 0}};

/* Pinned: samba_dnsupdate registers what is missing, and never again what is there. */
#define AD_RULE(gives, where, below, of, words)                                                    \
	{                                                                                          \
		.is_allow = true, .who = {RULE_GROUP, POLICY_AD_GROUP}, .rights = (gives),         \
		.place = (where), .label = (below), .types = (of),                                 \
		.types_count = sizeof(of) / sizeof((of)[0]), .has_class = true,                    \
		.class = RULE_PINNED,                                                              \
		.text = "preset ad: allow " POLICY_AD_GROUP " " words " class pinned",             \
	}
#define AD_JOINS (RULE_CLAIM | RULE_JOIN)

static const struct rule ad_rules[] = {
	AD_RULE(AD_JOINS, RULE_UNDER, "_msdcs", msdcs_types,
		"claim,join under _msdcs types SRV,A,AAAA,CNAME"),
	AD_RULE(AD_JOINS, RULE_UNDER, "_tcp", srv_type, "claim,join under _tcp types SRV"),
	AD_RULE(AD_JOINS, RULE_UNDER, "_udp", srv_type, "claim,join under _udp types SRV"),
	AD_RULE(AD_JOINS, RULE_UNDER, "_sites", srv_type, "claim,join under _sites types SRV"),
	AD_RULE(AD_JOINS, RULE_UNDER, "domaindnszones", partition_types,
		"claim,join under DomainDnsZones types A,AAAA,SRV"),
	AD_RULE(AD_JOINS, RULE_UNDER, "forestdnszones", partition_types,
		"claim,join under ForestDnsZones types A,AAAA,SRV"),
	AD_RULE(RULE_JOIN, RULE_AT, "", host_types, "join at @ types A,AAAA"),
	AD_RULE(RULE_WRITE, RULE_AT, "", ns_type, "write at @ types NS"),
	AD_RULE(RULE_CLAIM, RULE_SELF, NULL, host_types, "claim self types A,AAAA"),
	{.is_allow = true,
	 .who = {RULE_AUTHENTICATED, "authenticated"},
	 .rights = RULE_CLAIM,
	 .text = "preset ad: allow authenticated claim"},
};

static const struct rules presets[] = {
	[POLICY_WINDOWS] = {.rule = windows_rules,
			    .count = sizeof(windows_rules) / sizeof(*windows_rules)},
	[POLICY_CLOSED] = {.rule = NULL},
	[POLICY_SELF_PRESET] = {.rule = self_rules,
				.count = sizeof(self_rules) / sizeof(*self_rules)},
	[POLICY_AD] = {.rule = ad_rules, .count = sizeof(ad_rules) / sizeof(*ad_rules)},
};

const struct rules *policy_preset_rules(enum policy_preset preset)
{
	return &presets[preset];
}

/* Presets are of secure zones; rules for questions and transfers of all. */
static size_t rule_count(const struct policy_zone *zone)
{
	size_t own = zone->rules ? zone->rules->count : 0;
	return own + (zone->mode == POLICY_SECURE ? presets[zone->preset].count : 0);
}

static const struct rule *rule_at(const struct policy_zone *zone, size_t i)
{
	size_t own = zone->rules ? zone->rules->count : 0;
	return i < own ? &zone->rules->rule[i] : &presets[zone->preset].rule[i - own];
}

static bool comes_from(const struct rule *rule, const struct policy_asker *asker)
{
	if (rule->sources_count == 0)
		return true;
	for (size_t i = 0; asker->source && i < rule->sources_count; i++)
		if (prefix_holds(&rule->sources[i], asker->source))
			return true;
	return false;
}

/* The address of the peer, where it proves something: by TCP (it answered our SYN). */
static size_t peer_address(const struct policy_asker *asker, uint8_t bytes[16])
{
	if (!asker->is_tcp || !asker->source)
		return 0;
	if (asker->source->any.sa_family == AF_INET) {
		memcpy(bytes, &asker->source->v4.sin_addr, 4);
		return 4;
	}
	if (asker->source->any.sa_family != AF_INET6)
		return 0;
	memcpy(bytes, &asker->source->v6.sin6_addr, 16);
	if (!IN6_IS_ADDR_V4MAPPED(&asker->source->v6.sin6_addr))
		return 16;
	memmove(bytes, bytes + 12, 4);
	return 4;
}

static bool is_source_ptr(const struct policy_asker *asker, const struct dns_name *name)
{
	uint8_t bytes[16];
	size_t len = peer_address(asker, bytes);
	if (len == 0)
		return false;
	struct dns_name ptr = dns_name_of_address(bytes, len);
	return dns_name_equal(&ptr, name);
}

static bool is_source_ptr_48(const struct policy_asker *asker, const struct dns_name *name)
{
	uint8_t bytes[16] = {0};
	size_t len = peer_address(asker, bytes);
	if (len == 0)
		return false;
	if (len == 4) { /* RFC 3056 2: 2002:V4ADDR::/48 */
		memmove(bytes + 2, bytes, 4);
		bytes[0] = 0x20;
		bytes[1] = 0x02;
	}
	struct dns_name ptr = dns_name_of_prefix(bytes, 16, 48);
	return dns_name_equal(&ptr, name);
}

/* Whether the requester's own name counts for the rule: of a trusted realm, or of the realm that
 * the rule names. */
static bool rule_match_is_self(const struct rule *rule, const struct policy_asker *asker)
{
	if (!rule->realm)
		return asker->is_trusted;
	return asker->realm && strcmp(asker->realm, rule->realm) == 0;
}

static bool rule_match_is_under_own(const struct policy_asker *asker, const struct dns_name *name)
{
	struct dns_name own;
	size_t at = 0;
	while (policy_next_own_name(asker, &at, &own))
		if (dns_name_under(name, &own))
			return true;
	return false;
}

static bool begins_with_label(const struct dns_name *name, const char *label)
{
	size_t len = strlen(label);
	return name->wire[0] == len && memcmp(name->wire + 1, label, len) == 0;
}

/* Whether the name is at, or under, the label below the zone that a preset's rule names. */
static bool is_at_label(const struct rule *rule, const struct policy_zone *zone,
			const struct dns_name *name)
{
	const struct dns_name *origin = zone->origin;
	if (!origin || !name || !dns_name_under(name, origin))
		return false;
	unsigned below = (unsigned)(name->labels - origin->labels);
	if (!*rule->label || begins_with_label(origin, rule->label))
		return below == 0 || rule->place == RULE_UNDER;
	if (below == 0 || (rule->place == RULE_AT && below > 1))
		return false;
	struct dns_name first = dns_name_strip(name, below - 1);
	return begins_with_label(&first, rule->label);
}

static bool is_at_place(const struct rule *rule, const struct rule_question *q)
{
	const struct policy_asker *asker = q->asker;
	const struct dns_name *name = q->name->name;
	if (rule->label)
		return is_at_label(rule, q->zone, name);
	switch (rule->place) {
	case RULE_ZONE:
		return true;
	case RULE_AT:
		return name && dns_name_equal(name, &rule->name);
	case RULE_UNDER:
		return name && dns_name_under(name, &rule->name);
	case RULE_SELF:
		return rule->realm ? name && rule_match_is_self(rule, asker) &&
					     policy_is_own_name(asker, name)
				   : q->name->is_self;
	case RULE_SELF_UNDER:
		return (q->name->is_self && !rule->realm) ||
		       (name && rule_match_is_self(rule, asker) &&
			rule_match_is_under_own(asker, name));
	case RULE_PTR_OF_SELF:
		return q->name->is_ptr_of_self && rule_match_is_self(rule, asker);
	case RULE_SOURCE_PTR:
		return name && is_source_ptr(asker, name);
	case RULE_SOURCE_PTR_48:
		return name && is_source_ptr_48(asker, name);
	}
	return false;
}

static bool is_of_types(const struct rule *rule, const struct rule_question *q)
{
	return rule->types_count == 0 || rule_type_find(rule, q->type);
}

static bool is_of_target(const struct rule *rule, const struct rule_question *q)
{
	return !rule->is_target_self || !(q->right & RULE_UPDATES) ||
	       (q->record && q->record->is_target_self && rule_match_is_self(rule, q->asker));
}

static bool is_of_owner(const struct rule *rule, const struct rule_question *q)
{
	if (q->right != RULE_TAKEOVER || !rule->has_over)
		return true;
	return q->record && q->record->owner_text &&
	       rule_memo_means_owner(q->asker->memo, q->zone, rule, q->record->owner_text);
}

static bool is_meant_for(const struct rule *rule, const struct policy_zone *zone,
			 const struct policy_asker *asker)
{
	return rule_memo_means_asker(asker->memo, zone, rule, asker->who->text) &&
	       comes_from(rule, asker);
}

static bool rule_matches(const struct rule *rule, const struct rule_question *q)
{
	return (rule->rights & q->right) && is_at_place(rule, q) && is_of_types(rule, q) &&
	       is_of_target(rule, q) && (!q->asker->source || comes_from(rule, q->asker)) &&
	       rule_memo_means_asker(q->asker->memo, q->zone, rule, q->asker->who->text);
}

const struct rule *rule_given(const struct rule_question *q)
{
	size_t count = rule_count(q->zone);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = rule_at(q->zone, i);
		if (rule_matches(rule, q) && rule_reach(rule, q) == RULE_REACHED)
			return rule->is_allow ? rule : NULL;
	}
	return NULL;
}

struct rule_answer rule_match(const struct rule_question *q)
{
	struct rule_answer answer = {0};
	size_t count = rule_count(q->zone);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = rule_at(q->zone, i);
		if (!(rule->rights & q->right) || !is_at_place(rule, q) || !is_of_types(rule, q) ||
		    !is_of_target(rule, q) || !is_of_owner(rule, q) ||
		    !is_meant_for(rule, q->zone, q->asker))
			continue;
		enum rule_reach reach = rule_reach(rule, q);
		if (reach == RULE_REACHED) {
			answer.rule = rule;
			return answer;
		}
		if (answer.reach == RULE_REACHED)
			answer.reach = reach;
	}
	return answer;
}

/* The first clause by which the rule does not match; `types` says what is meant, the others only
 * how. */
static enum rule_clause failing_clause(const struct rule *rule, const struct rule_question *q)
{
	if (!is_of_types(rule, q))
		return RULE_CLAUSE_TYPES;
	if (!is_of_target(rule, q))
		return RULE_CLAUSE_TARGET;
	return comes_from(rule, q->asker) ? RULE_CLAUSE_NONE : RULE_CLAUSE_FROM;
}

/* That its `types` leaves out what is asked is the clause, not the reach. */
static bool reaches_name(const struct rule *rule, const struct rule_question *q)
{
	enum rule_reach reach = rule_reach(rule, q);
	return reach == RULE_REACHED || (reach == RULE_UNREACHED_TYPE && rule->types_count > 0);
}

const struct rule *rule_near(const struct rule_question *q, enum rule_clause *clause)
{
	size_t count = rule_count(q->zone);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = rule_at(q->zone, i);
		if (!rule->is_allow || !(rule->rights & q->right) || !is_at_place(rule, q) ||
		    !is_of_owner(rule, q) ||
		    !rule_memo_means_asker(q->asker->memo, q->zone, rule, q->asker->who->text) ||
		    !reaches_name(rule, q))
			continue;
		*clause = failing_clause(rule, q);
		if (*clause != RULE_CLAUSE_NONE)
			return rule;
	}
	return NULL;
}

bool rule_any(const struct policy_zone *zone, unsigned rights, enum rule_place place)
{
	size_t count = rule_count(zone);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = rule_at(zone, i);
		if ((rule->rights & rights) && (place == RULE_ZONE || rule->place == place))
			return true;
	}
	return false;
}

/* Whether reverse names may lie in the zone. */
static bool holds_reverse(const struct dns_name *apex)
{
	static const uint8_t any[16];
	struct dns_name v4 = dns_name_of_prefix(any, 4, 0), v6 = dns_name_of_prefix(any, 16, 0);
	return dns_name_under(apex, &v4) || dns_name_under(apex, &v6) ||
	       dns_name_under(&v4, apex) || dns_name_under(&v6, apex);
}

/* Whether a name of the requester's own is in the zone, or, for what lies below it, the zone is. */
static bool has_own_in(const struct rule *rule, const struct policy_asker *asker,
		       const struct dns_name *apex)
{
	struct dns_name own;
	size_t at = 0;
	while (policy_next_own_name(asker, &at, &own))
		if (dns_name_under(&own, apex) ||
		    (rule->place == RULE_SELF_UNDER && dns_name_under(apex, &own)))
			return true;
	return false;
}

/* Whether the place of the rule may be a name of the zone, for this requester. */
static bool has_place(const struct rule *rule, const struct policy_zone *zone,
		      const struct policy_asker *asker)
{
	switch (rule->place) {
	case RULE_SOURCE_PTR:
	case RULE_SOURCE_PTR_48:
		return asker->is_tcp;
	case RULE_SELF:
	case RULE_SELF_UNDER:
		return !zone->apex ||
		       (rule_match_is_self(rule, asker) && has_own_in(rule, asker, zone->apex));
	case RULE_PTR_OF_SELF:
		return !zone->apex || (rule_match_is_self(rule, asker) && asker->has_own_name &&
				       holds_reverse(zone->apex));
	default:
		return true;
	}
}

const struct rule *rule_admits(const struct policy_zone *zone, const struct policy_asker *asker)
{
	size_t count = rule_count(zone);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = rule_at(zone, i);
		if (rule->is_allow && (rule->rights & RULE_UPDATES) &&
		    has_place(rule, zone, asker) && is_meant_for(rule, zone, asker))
			return rule;
	}
	return NULL;
}

static bool is_by_name(const struct rule_who *who)
{
	return who->kind == RULE_GROUP ||
	       (who->kind == RULE_PATTERN &&
		(strncmp(who->text, "key:", 4) == 0 || pattern_is_single(who->text)));
}

bool rule_names(const struct policy_zone *zone, const struct policy_asker *asker)
{
	const char *text = asker->who->text;
	for (size_t i = 0; zone->rules && i < zone->rules->count; i++) {
		const struct rule *rule = &zone->rules->rule[i];
		if (rule->is_allow && (rule->rights & (RULE_CLAIM | RULE_JOIN | RULE_WRITE)) &&
		    is_by_name(&rule->who) && rule_memo_means_asker(asker->memo, zone, rule, text))
			return true;
	}
	for (size_t i = 0; zone->groups && i < groups_count(zone->groups); i++)
		if (group_has(groups_at(zone->groups, i), text))
			return true;
	return false;
}

bool rule_denies(const struct policy_zone *zone, const struct policy_asker *asker,
		 const struct policy_name *name, const struct policy_record *record)
{
	static const unsigned rights[] = {RULE_CLAIM, RULE_WRITE};
	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
		struct rule_question question = {.zone = zone,
						 .asker = asker,
						 .name = name,
						 .record = record,
						 .type = record->type,
						 .right = rights[i]};
		struct rule_answer answer = rule_match(&question);
		if (answer.rule && !answer.rule->is_allow)
			return true;
	}
	return false;
}
