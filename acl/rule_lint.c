/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rule_lint.h"
#include "acl/pattern.h"
#include "acl/policy.h"
#include "dns/type.h"
#include <string.h>

static bool who_covers(const struct rule_who *a, const struct rule_who *b)
{
	if (a->kind == RULE_AUTHENTICATED)
		return b->kind != RULE_ANONYMOUS;
	if (a->kind == RULE_PATTERN && b->kind == RULE_PATTERN)
		return pattern_covers(a->text, b->text);
	return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

static bool place_covers(const struct rule *a, const struct rule *b)
{
	if (a->place == RULE_ZONE)
		return true;
	if (a->place == RULE_SELF_UNDER && b->place == RULE_SELF && !a->realm && !b->realm)
		return true;
	if (a->place == RULE_UNDER && (b->place == RULE_AT || b->place == RULE_UNDER))
		return dns_name_under(&b->name, &a->name);
	if (a->place != b->place)
		return false;
	if (a->realm || b->realm)
		return a->realm && b->realm && strcmp(a->realm, b->realm) == 0;
	return a->place != RULE_AT || dns_name_equal(&a->name, &b->name);
}

/* What `b` may reach and `a`, an allow, does not: names that want to be named (acl/rule_reach.h).
 */
static bool leaves_names(const struct rule *a, const struct rule *b)
{
	bool is_same = a->place == b->place && dns_name_equal(&a->name, &b->name);
	if (!a->is_allow)
		return false;
	if (b->place == RULE_AT)
		return !is_same;
	if (b->place == RULE_UNDER)
		return a->place != RULE_UNDER;
	return b->place == RULE_SELF_UNDER && b->types_count > 0 && a->types_count == 0 &&
	       a->place != RULE_UNDER;
}

static bool names_structure(const struct rule *rule)
{
	for (size_t i = 0; i < rule->types_count; i++)
		if (policy_is_structural(rule->types[i].type))
			return true;
	return false;
}

static bool types_cover(const struct rule *a, const struct rule *b)
{
	if (a->types_count == 0) /* but not structure, if it allows */
		return !a->is_allow || !names_structure(b);
	for (size_t i = 0; i < b->types_count; i++)
		if (!rule_type_find(a, b->types[i].type))
			return false;
	return b->types_count > 0;
}

static bool prefix_covers(const struct prefix *a, const struct prefix *b)
{
	if (a->family_len != b->family_len || a->bits > b->bits)
		return false;
	for (unsigned bit = 0; bit < a->bits; bit++)
		if ((a->bytes[bit / 8] ^ b->bytes[bit / 8]) & (0x80u >> bit % 8))
			return false;
	return true;
}

static bool source_covers(const struct rule *a, const struct prefix *b)
{
	for (size_t i = 0; i < a->sources_count; i++)
		if (prefix_covers(&a->sources[i], b))
			return true;
	return false;
}

static bool sources_cover(const struct rule *a, const struct rule *b)
{
	if (a->sources_count == 0)
		return true;
	for (size_t i = 0; i < b->sources_count; i++)
		if (!source_covers(a, &b->sources[i]))
			return false;
	return b->sources_count > 0;
}

bool rule_covers(const struct rule *a, const struct rule *b)
{
	if (a->has_over && !(b->has_over && who_covers(&a->over, &b->over)))
		return false;
	return (b->rights & ~a->rights) == 0 && who_covers(&a->who, &b->who) &&
	       place_covers(a, b) && !leaves_names(a, b) && types_cover(a, b) &&
	       sources_cover(a, b) && (!a->is_target_self || b->is_target_self);
}

static void check_group(const struct rule *rule, const struct rule_who *who,
			const struct rule_lint *lint)
{
	if (who->kind != RULE_GROUP || lint->ignores_groups)
		return;
	const struct acl_group *group = groups_find(lint->groups, who->text);
	if (!group)
		lint->found(lint->context, rule->line,
			    arena_print(lint->arena, "there is no group %s: this matches nobody",
					who->text));
	else if (group->count == 0)
		lint->found(lint->context, rule->line,
			    arena_print(lint->arena, "group %s is empty: this matches nobody",
					who->text));
}

/* A key that a rule names: a slip of the hand, or one that is made later. */
static void lint_key(const struct rule *rule, const struct rule_lint *lint)
{
	struct dns_name key;
	const char *text = rule->who.text;
	if (!lint->keys || rule->who.kind != RULE_PATTERN || strncmp(text, "key:", 4) != 0 ||
	    !pattern_is_single(text) || dns_name_parse_text(&key, text + 4) ||
	    keyring_find(lint->keys, &key) || (lint->has_key && lint->has_key(lint->context, &key)))
		return;
	const char *meant = keyring_nearest(lint->keys, &key, lint->arena);
	lint->found(lint->context, rule->line,
		    meant ? arena_print(lint->arena,
					"there is no key '%s' here: this matches nobody: did you "
					"mean key:%s?",
					text + 4, meant)
			  : arena_print(lint->arena,
					"there is no key '%s' here: this matches nobody yet",
					text + 4));
}

/* Rights, types and prefixes are lists, WHO is not. True: the name looks like several. */
static bool lint_who(const struct rule *rule, const struct rule_lint *lint)
{
	if (rule->who.kind != RULE_PATTERN || !strchr(rule->who.text, ','))
		return false;
	lint->found(lint->context, rule->line,
		    arena_print(lint->arena,
				"'%s' is one name, which matches nobody: a rule names one WHO: "
				"write a line for each, or put them into a group",
				rule->who.text));
	return true;
}

/* `self` of a realm that does not count, or of none. */
static void lint_realm(const struct rule *rule, const struct rule_lint *lint)
{
	bool is_self = rule->place == RULE_SELF || rule->place == RULE_SELF_UNDER ||
		       rule->place == RULE_PTR_OF_SELF || rule->is_target_self;
	const char *realm = rule->who.kind == RULE_PATTERN ? strrchr(rule->who.text, '@') : NULL;
	bool is_gss = realm && strncmp(rule->who.text, "gss:", 4) == 0;
	if (rule->realm && rule->who.kind == RULE_PATTERN &&
	    (!is_gss || strcmp(realm + 1, rule->realm) != 0))
		lint->found(lint->context, rule->line,
			    arena_print(lint->arena,
					"%s is not of the realm %s: this never matches",
					rule->who.text, rule->realm));
	else if (is_self && !rule->realm && is_gss && lint->trusts &&
		 !lint->trusts(lint->context, realm + 1))
		lint->found(lint->context, rule->line,
			    arena_print(lint->arena,
					"the realm %s is not trusted (tenurectl server settings): "
					"its hosts have no own name here; `self@%s` names it",
					realm + 1, realm + 1));
}

/* Why no name of the zone can be meant; NULL: some can. */
static const char *place_problem(const struct rule *rule, const struct dns_name *apex)
{
	bool is_named = rule->place == RULE_AT || rule->place == RULE_UNDER;
	bool is_self = rule->place == RULE_SELF || rule->place == RULE_SELF_UNDER ||
		       rule->place == RULE_PTR_OF_SELF || rule->is_target_self;
	bool is_ptr = rule->place == RULE_PTR_OF_SELF || rule->place == RULE_SOURCE_PTR ||
		      rule->place == RULE_SOURCE_PTR_48;
	if (is_named && !dns_name_under(&rule->name, apex) &&
	    !(rule->place == RULE_UNDER && dns_name_under(apex, &rule->name)))
		return "the name is outside of the zone: this never matches";
	if (is_self && rule->who.kind == RULE_ANONYMOUS)
		return "anonymous has no name of its own: this never matches";
	if (is_ptr && !dns_name_is_reverse(apex))
		return "this is no reverse zone: this never matches";
	return NULL;
}

static bool opens_apex(const struct rule *rule, const struct dns_name *apex)
{
	bool is_there = rule->place == RULE_ZONE || rule->place == RULE_SELF_UNDER ||
			rule->place == RULE_SELF ||
			((rule->place == RULE_AT || rule->place == RULE_UNDER) &&
			 dns_name_under(apex, &rule->name));
	bool is_exact = rule->place == RULE_AT && dns_name_equal(apex, &rule->name);
	bool names_types = rule_type_find(rule, DNS_TYPE_SOA) || rule_type_find(rule, DNS_TYPE_NS);
	if (!rule->is_allow || !is_there)
		return false;
	return ((rule->rights & RULE_WRITE) && names_types) ||
	       ((rule->rights & RULE_UPDATES) && is_exact);
}

/* Ownership alone lets nobody change what others own: such a `deny` only meets owners, and whom a
 * later rule for `write` or `takeover` lets. */
static bool stops_owners(const struct rule *rule)
{
	return !rule->is_allow && (rule->rights & RULE_WRITE) && !rule->has_over;
}

/* Windows' DNS client, Netlogon and SSSD come back each day. */
#define HOSTS_RETURN 86400u

/* A window that no record has, or in which hosts cannot come back. */
static void lint_window(const struct rule *rule, const struct rule_lint *lint)
{
	char window[WINDOW_TEXT_MAX];
	uint64_t span = (uint64_t)rule->window.no_refresh + rule->window.refresh;
	bool is_of_hosts =
		rule->who.kind == RULE_AUTHENTICATED ||
		(rule->who.kind == RULE_PATTERN && strncmp(rule->who.text, "gss:", 4) == 0);
	if (!rule->window.is_given)
		return;
	window_print(&rule->window, window);
	if (rule->has_class && rule->class != RULE_DYNAMIC)
		lint->found(lint->context, rule->line,
			    "what is pinned or static does not age: its window means nothing");
	else if (is_of_hosts && span <= HOSTS_RETURN)
		lint->found(lint->context, rule->line,
			    arena_print(lint->arena,
					"by the window %s live hosts become stale between two "
					"registrations: Windows and SSSD register each 24h",
					window));
}

static void lint_rule(const struct rules *rules, size_t at, const struct rule_lint *lint)
{
	const struct rule *rule = &rules->rule[at];
	check_group(rule, &rule->who, lint);
	if (rule->has_over)
		check_group(rule, &rule->over, lint);
	if (!lint_who(rule, lint))
		lint_key(rule, lint);
	lint_realm(rule, lint);
	lint_window(rule, lint);
	const char *problem = place_problem(rule, lint->apex);
	if (problem)
		lint->found(lint->context, rule->line, problem);
	for (size_t i = 0; i < at; i++) {
		if (!rule_covers(&rules->rule[i], rule))
			continue;
		lint->found(lint->context, rule->line,
			    arena_print(lint->arena,
					"the rule of line %u matches all of this: it is shadowed",
					rules->rule[i].line));
		break;
	}
	if (stops_owners(rule))
		lint->found(lint->context, rule->line,
			    "this also stops owners from changing their own records; for others' "
			    "records alone no rule is needed");
	if (opens_apex(rule, lint->apex))
		lint->found(lint->context, rule->line,
			    "this opens the apex: records of the zone itself can be changed");
}

void rules_lint(const struct rules *rules, const struct rule_lint *lint)
{
	for (size_t i = 0; i < rules->count; i++)
		lint_rule(rules, i, lint);
}
