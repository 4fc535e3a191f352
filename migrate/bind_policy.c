/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * update-policy: a rule for each grant, in order, since the first that matches decides in both.
 * What differs:
 *
 *      - `wildcard *.lab` is strictly below lab, `under lab` is lab too. Where a later grant speaks
 *        of lab itself, its copy for lab stands before.
 *      - ANY gives no structural types, and not `*`, wpad, isatap and the name servers: a rule
 *        names these.
 */
#include <config.h>
#include "migrate/bind_parts.h"
#include "dns/type.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BIND_GRANT_RIGHTS "claim,join,write"

enum bind_names {
	BIND_NAMES_AT,
	BIND_NAMES_UNDER,
	BIND_NAMES_WILDCARD, /* strictly below */
	BIND_NAMES_SELF,
	BIND_NAMES_SELF_UNDER,
	BIND_NAMES_SELF_WILD,
	BIND_NAMES_SOURCE,
	BIND_NAMES_SOURCE_48,
	BIND_NAMES_LOST,
};

/* Who may be the identity: a name of a key, a realm's machines or hosts, or whoever connects. */
enum bind_identity { BIND_BY_NAME, BIND_BY_MACHINE, BIND_BY_HOST, BIND_BY_ADDRESS };

static const struct bind_grant_type {
	const char *word;
	enum bind_names names;
	enum bind_identity identity;
	bool is_target_self, has_name; /* `has_name`: of which the grant is */
} bind_grant_types[] = {
	{"name", BIND_NAMES_AT, BIND_BY_NAME, false, true},
	{"subdomain", BIND_NAMES_UNDER, BIND_BY_NAME, false, true},
	{"zonesub", BIND_NAMES_UNDER, BIND_BY_NAME, false, false},
	{"wildcard", BIND_NAMES_WILDCARD, BIND_BY_NAME, false, true},
	{"self", BIND_NAMES_SELF, BIND_BY_NAME, false, false},
	{"selfsub", BIND_NAMES_SELF_UNDER, BIND_BY_NAME, false, false},
	{"selfwild", BIND_NAMES_SELF_WILD, BIND_BY_NAME, false, false},
	{"ms-self", BIND_NAMES_SELF, BIND_BY_MACHINE, false, false},
	{"ms-selfsub", BIND_NAMES_SELF_UNDER, BIND_BY_MACHINE, false, false},
	{"ms-subdomain", BIND_NAMES_UNDER, BIND_BY_MACHINE, false, true},
	{"ms-subdomain-self-rhs", BIND_NAMES_UNDER, BIND_BY_MACHINE, true, true},
	{"krb5-self", BIND_NAMES_SELF, BIND_BY_HOST, false, false},
	{"krb5-selfsub", BIND_NAMES_SELF_UNDER, BIND_BY_HOST, false, false},
	{"krb5-subdomain", BIND_NAMES_UNDER, BIND_BY_HOST, false, true},
	{"krb5-subdomain-self-rhs", BIND_NAMES_UNDER, BIND_BY_HOST, true, true},
	{"tcp-self", BIND_NAMES_SOURCE, BIND_BY_ADDRESS, false, false},
	{"6to4-self", BIND_NAMES_SOURCE_48, BIND_BY_ADDRESS, false, false},
	{NULL, BIND_NAMES_LOST, BIND_BY_NAME, false, false},
};

struct bind_grant {
	struct bind_grant *next;
	const struct bind_statement *statement;
	const struct bind_grant_type *type;
	bool is_allow;
	const char *who; /* of a rule */
	const char *key; /* in `who`, of which a bound may know; NULL */
	struct dns_name name;
	const char *types; /* " types A,AAAA", or "" */
	bool is_any;       /* ANY, or no types at all */
};

struct bind_policy {
	struct bind *bind;
	struct site_zone *zone;
	const struct bind_bound *bound;
	struct bind_grant *first, **end;
};

static struct site_place bind_grant_place(const struct bind_policy *policy,
					  const struct bind_statement *statement)
{
	return bind_place(statement, policy->zone->place.what);
}

static void bind_grant_lose(const struct bind_policy *policy,
			    const struct bind_statement *statement, const char *why,
			    const char *advice)
{
	site_say(policy->bind->site, SITE_LOST, bind_grant_place(policy, statement),
		 bind_text(policy->bind, statement), why, advice);
}

/* --- reading a grant */

/* A name of a principal with an @ is Kerberos', all others are keys'. */
static bool bind_grant_read_who(struct bind_policy *policy, struct bind_grant *grant,
				const char *identity)
{
	struct arena *arena = &policy->bind->site->arena;
	struct dns_name name;
	char text[DNS_NAME_TEXT_MAX];
	if (grant->type->identity == BIND_BY_ADDRESS) {
		grant->who = "anonymous";
	} else if (grant->type->identity == BIND_BY_MACHINE) {
		grant->who = arena_print(arena, "gss:*$@%s", identity);
	} else if (grant->type->identity == BIND_BY_HOST) {
		grant->who = arena_print(arena, "gss:host/*@%s", identity);
	} else if (strcmp(identity, "*") == 0 || strcmp(identity, "*.") == 0) {
		bool is_self = grant->type->names >= BIND_NAMES_SELF;
		grant->who = is_self ? "key:*" : "authenticated";
	} else if (strchr(identity, '@')) {
		grant->who = arena_print(arena, "gss:%s", identity);
	} else if (dns_name_parse_text(&name, identity)) {
		return false;
	} else {
		grant->key = arena_print(arena, "%s", dns_name_show(&name, text));
		grant->who = arena_print(arena, "key:%s", grant->key);
	}
	return true;
}

/* "A", "TXT(2)"; ANY, and no types at all, are every type but structural ones. */
static bool bind_grant_read_types(struct bind_policy *policy, struct bind_grant *grant,
				  const struct bind_item *item)
{
	struct arena *arena = &policy->bind->site->arena;
	const char *text = "";
	uint16_t type;
	grant->is_any = !item;
	for (; item; item = item->next) {
		size_t len = item->word ? strcspn(item->word, "(") : 0;
		if (len == 0 || !dns_type_parse(item->word, len, &type))
			return false;
		grant->is_any |= type == DNS_TYPE_ANY;
		if (item->word[len])
			site_say(policy->bind->site, SITE_CHANGED,
				 bind_grant_place(policy, grant->statement), item->word,
				 "an update with more records than that is refused, where BIND "
				 "drops "
				 "those above it and says NOERROR",
				 NULL);
		text = arena_print(arena, "%s%s%s", text, *text ? "," : " types ", item->word);
	}
	grant->types = grant->is_any ? "" : text;
	return true;
}

static const struct bind_grant_type *bind_grant_type_find(const char *word)
{
	const struct bind_grant_type *type = bind_grant_types;
	while (type->word && (!word || strcasecmp(type->word, word) != 0))
		type++;
	return type->word ? type : NULL;
}

/* The name that a grant is of: of `*.lab` it is lab, of zonesub the zone's. */
static const char *bind_grant_read_name(const struct bind_policy *policy, struct bind_grant *grant,
					const char *word)
{
	bool is_wildcard = grant->type->names == BIND_NAMES_WILDCARD;
	grant->name = policy->zone->apex;
	if (!grant->type->has_name)
		return NULL;
	if (!word)
		return "no name";
	if (is_wildcard && strcmp(word, "*") == 0)
		word = ".";
	else if (is_wildcard && strncmp(word, "*.", 2) == 0)
		word = word[2] ? word + 2 : ".";
	else if (is_wildcard)
		return "no wildcard";
	const char *problem = dns_name_parse_text(&grant->name, word);
	if (problem)
		return problem;
	/* Above the zone: all of it. */
	if (dns_name_under(&policy->zone->apex, &grant->name) &&
	    !dns_name_equal(&policy->zone->apex, &grant->name) &&
	    grant->type->names != BIND_NAMES_AT) {
		static const struct bind_grant_type whole = {"zonesub", BIND_NAMES_UNDER,
							     BIND_BY_NAME, false, false};
		grant->name = policy->zone->apex;
		if (is_wildcard)
			grant->type = &whole;
		return NULL;
	}
	return dns_name_under(&grant->name, &policy->zone->apex)
		       ? NULL
		       : "the name lies outside of the zone, and never matches";
}

static void bind_grant_read(struct bind_policy *policy, const struct bind_statement *statement)
{
	struct bind_grant *grant = arena_zero(&policy->bind->site->arena, sizeof *grant);
	const char *verb = bind_statement_word(statement);
	const char *identity = bind_statement_arg(statement, 1);
	const char *type = bind_statement_arg(statement, 2);
	grant->statement = statement;
	grant->is_allow = strcasecmp(verb, "grant") == 0;
	grant->type = bind_grant_type_find(type);
	if (type && strcasecmp(type, "external") == 0) {
		bind_grant_lose(policy, statement, "no program is asked by a socket here",
				"let the program keep a group (`tenurectl group add`), and name it "
				"in a rule");
		return;
	}
	if ((!grant->is_allow && strcasecmp(verb, "deny") != 0) || !grant->type || !identity) {
		bind_grant_lose(policy, statement, "no grant that is known", "write a rule");
		return;
	}
	bool is_zonesub = strcasecmp(type, "zonesub") == 0;
	const char *problem = bind_grant_read_name(policy, grant, bind_statement_arg(statement, 3));
	if (!problem && !bind_grant_read_who(policy, grant, identity))
		problem = "the identity is no name";
	if (!problem && !bind_grant_read_types(policy, grant,
					       bind_statement_item(statement, is_zonesub ? 3 : 4)))
		problem = "a type that is not known";
	if (problem) {
		bind_grant_lose(policy, statement, problem, "write a rule");
		/* What is denied must not be allowed by a later grant. */
		if (!grant->is_allow && strstr(problem, "outside") == NULL)
			site_rule(policy->zone, bind_grant_place(policy, statement), NULL,
				  "deny authenticated " BIND_GRANT_RIGHTS);
		return;
	}
	*policy->end = grant;
	policy->end = &grant->next;
}

/* --- writing rules */

/* The rules of a grant with other names than its own. */
static void bind_grant_put(struct bind_policy *policy, const struct bind_grant *grant,
			   bool is_allow, const char *names)
{
	struct arena *arena = &policy->bind->site->arena;
	const char *target = grant->type->is_target_self && is_allow ? " target-self" : "";
	const char *from = is_allow ? bind_bound_from(policy->bound, grant->key, arena) : "";
	if (!from) {
		bind_grant_lose(policy, grant->statement,
				"allow-query, which BIND applies to updates too, lets nobody "
				"through here",
				NULL);
		return;
	}
	site_rule(policy->zone, bind_grant_place(policy, grant->statement), NULL,
		  "%s %s " BIND_GRANT_RIGHTS "%s%s%s%s", is_allow ? "allow" : "deny", grant->who,
		  names, target, grant->types, from);
}

static bool bind_grant_has(const struct bind_grant *grant, const struct dns_name *name)
{
	switch (grant->type->names) {
	case BIND_NAMES_AT:
		return dns_name_equal(name, &grant->name);
	case BIND_NAMES_UNDER:
		return dns_name_under(name, &grant->name);
	case BIND_NAMES_WILDCARD:
		return dns_name_under(name, &grant->name) && !dns_name_equal(name, &grant->name);
	default:
		return false;
	}
}

/* What later grants say of the very name that a wildcard does not match, before it. */
static void bind_grant_put_wildcard(struct bind_policy *policy, const struct bind_grant *grant)
{
	const char *name = site_rule_name(policy->zone, &grant->name);
	const char *at = arena_print(&policy->bind->site->arena, " at %s", name);
	for (const struct bind_grant *later = grant->next; later; later = later->next)
		if (bind_grant_has(later, &grant->name))
			bind_grant_put(policy, later, later->is_allow, at);
	if (grant->is_allow)
		site_rule(policy->zone, bind_grant_place(policy, grant->statement), NULL,
			  "deny %s " BIND_GRANT_RIGHTS " at %s", grant->who, name);
	bind_grant_put(policy, grant, grant->is_allow,
		       arena_print(&policy->bind->site->arena, " under %s", name));
}

/* What the rule says differs from what the grant said. */
static void bind_grant_say(struct bind_policy *policy, const struct bind_grant *grant)
{
	const struct bind_statement *statement = grant->statement;
	struct site *site = policy->bind->site;
	struct site_place place = bind_grant_place(policy, statement);
	const char *text = bind_text(policy->bind, statement);
	bool is_reverse = dns_name_is_reverse(&policy->zone->apex);
	bool is_source = grant->type->identity == BIND_BY_ADDRESS;
	bool is_kerberos =
		grant->type->identity == BIND_BY_MACHINE || grant->type->identity == BIND_BY_HOST;
	if (is_source && !is_reverse)
		site_say(site, SITE_CHANGED, place, text,
			 "a forward zone holds no reverse names: the rule never matches, in BIND "
			 "neither",
			 "remove it");
	else if (is_kerberos)
		site_say(site, SITE_CHANGED, place, text,
			 "a rule for the realm's accounts; `self` is of trusted realms",
			 "give tenured a keytab of that realm, or write self@REALM");
	else if (grant->is_any && grant->is_allow)
		site_say(site, SITE_CHANGED, place, text,
			 "narrower: NS, DS, DNAME and the like, `*`, wpad, isatap and the name "
			 "servers' own names need a rule that names them",
			 "add such rules where updates of them are made");
	else
		site_say(site, SITE_TAKEN, place, text, "a rule", NULL);
}

static void bind_grant_write(struct bind_policy *policy, const struct bind_grant *grant)
{
	struct arena *arena = &policy->bind->site->arena;
	bind_grant_say(policy, grant);
	switch (grant->type->names) {
	case BIND_NAMES_AT:
		bind_grant_put(
			policy, grant, grant->is_allow,
			arena_print(arena, " at %s", site_rule_name(policy->zone, &grant->name)));
		break;
	case BIND_NAMES_UNDER:
		bind_grant_put(policy, grant, grant->is_allow,
			       arena_print(arena, " under %s",
					   site_rule_name(policy->zone, &grant->name)));
		break;
	case BIND_NAMES_WILDCARD:
		bind_grant_put_wildcard(policy, grant);
		break;
	case BIND_NAMES_SELF_WILD:
		if (grant->is_allow)
			bind_grant_put(policy, grant, false, " self");
		bind_grant_put(policy, grant, grant->is_allow, " self-under");
		break;
	case BIND_NAMES_SELF:
	case BIND_NAMES_SELF_UNDER:
		bind_grant_put(policy, grant, grant->is_allow,
			       grant->type->names == BIND_NAMES_SELF ? " self" : " self-under");
		break;
	default:
		bind_grant_put(policy, grant, grant->is_allow,
			       grant->type->names == BIND_NAMES_SOURCE ? " source-ptr"
								       : " source-ptr/48");
	}
}

/* `update-policy local`: the key is made at each start of named, for this machine. */
static void bind_policy_local(struct bind *bind, struct site_zone *zone,
			      const struct bind_statement *statement)
{
	site_rule(zone, bind_place(statement, zone->place.what), NULL,
		  "allow key:local-ddns " BIND_GRANT_RIGHTS " under @ from 127.0.0.0/8,::1/128");
	site_key_known(bind->site, "local-ddns");
	site_say(bind->site, SITE_CHANGED, bind_place(statement, zone->place.what),
		 "update-policy local",
		 "named makes this key anew at each start: none is taken, and the rule names "
		 "key:local-ddns",
		 "`tenurectl key generate local-ddns`, for programs that update as this machine");
}

void bind_policy(struct bind *bind, struct site_zone *zone, const struct bind_statement *statement,
		 const struct bind_bound *bound)
{
	struct bind_policy policy = {.bind = bind, .zone = zone, .bound = bound};
	bool found;
	const struct bind_statement *grants = bind_statement_block(statement, &found);
	policy.end = &policy.first;
	if (!found) {
		bind_policy_local(bind, zone, statement);
		return;
	}
	for (; grants; grants = grants->next)
		bind_grant_read(&policy, grants);
	for (const struct bind_grant *grant = policy.first; grant; grant = grant->next)
		bind_grant_write(&policy, grant);
}
