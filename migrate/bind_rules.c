/* SPDX-License-Identifier: BSD-2-Clause */
/* Address match lists as rules, in their order: an element that is an address admits signed
 * requests, with any key, and unsigned ones. */
#include <config.h>
#include "migrate/bind_parts.h"
#include "acl/rule.h"
#include "zonedb/notify_list.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BIND_UPDATES "claim,join,write"

struct bind_rules {
	struct bind *bind;
	struct site_zone *zone;
	const struct bind_statement *statement; /* that is turned over */
	const char *rights, *place;             /* " under @": names with `_` too, or "" */
	const struct bind_bound *bound;
	const char *wider;
	struct prefix_set seen; /* by elements that came before */
	bool has_unsigned;
};

/* --- bounds */

static bool bind_bound_is(const struct bind_bound *bound)
{
	return bound && (bound->list || bound->view);
}

static struct prefix_set bind_bound_set(const struct bind_bound *bound, const char *key,
					struct arena *arena)
{
	if (!bind_bound_is(bound))
		return prefix_set_all(arena);
	if (!bound->list || !bound->view)
		return bind_list_set((bound->list ? bound->list : bound->view)->first, key, arena);
	struct prefix_set list = bind_list_set(bound->list->first, key, arena);
	struct prefix_set view = bind_list_set(bound->view->first, key, arena);
	return prefix_set_both(&list, &view);
}

/* The next key that a bound names, as bind_list_key. */
static const char *bind_bound_key(const struct bind_bound *bound, const char *after,
				  struct arena *arena)
{
	const char *a = bound->list ? bind_list_key(bound->list->first, after, arena) : NULL;
	const char *b = bound->view ? bind_list_key(bound->view->first, after, arena) : NULL;
	return !a ? b : !b ? a : strcmp(a, b) < 0 ? a : b;
}

/* More than one rule has room for is more than is written in one. */
const char *bind_bound_from(const struct bind_bound *bound, const char *key, struct arena *arena)
{
	struct prefix_set set = bind_bound_set(bound, key, arena);
	if (prefix_set_is_all(&set))
		return "";
	if (set.count == 0 || set.full || set.count > RULE_SOURCES_MAX)
		return NULL;
	return arena_print(arena, " from %s", prefix_set_text(&set, 0, RULE_SOURCES_MAX));
}

/* --- rules */

static struct site_place bind_rules_place(const struct bind_rules *rules)
{
	return bind_place(rules->statement, rules->zone->place.what);
}

/* A rule for WHO from a set of addresses, in as many lines as it takes. */
static void bind_rules_put(struct bind_rules *rules, bool is_allow, const char *who,
			   const struct prefix_set *from)
{
	const char *verb = is_allow ? "allow" : "deny", *place = is_allow ? rules->place : "";
	if (from->full) {
		site_say(rules->bind->site, SITE_LOST, bind_rules_place(rules),
			 bind_text(rules->bind, rules->statement),
			 is_allow ? "comes to more addresses than rules can name: left out"
				  : "comes to more addresses than rules can name: all are denied",
			 "write the rule by hand");
		if (is_allow)
			return;
	}
	if (from->full || prefix_set_is_all(from)) {
		site_rule(rules->zone, bind_rules_place(rules), is_allow ? rules->wider : NULL,
			  "%s %s %s%s", verb, who, rules->rights, place);
		return;
	}
	for (size_t at = 0; at < from->count; at += RULE_SOURCES_MAX)
		site_rule(rules->zone, bind_rules_place(rules), is_allow ? rules->wider : NULL,
			  "%s %s %s%s from %s", verb, who, rules->rights, place,
			  prefix_set_text(from, at, RULE_SOURCES_MAX));
}

/* For the keys that the bound treats otherwise than the rest. */
static void bind_rules_put_bound_keys(struct bind_rules *rules, const struct prefix_set *from)
{
	struct arena *arena = &rules->bind->site->arena;
	if (!bind_bound_is(rules->bound))
		return;
	struct prefix_set others = bind_bound_set(rules->bound, NULL, arena);
	for (const char *key = NULL; (key = bind_bound_key(rules->bound, key, arena));) {
		struct prefix_set own = bind_bound_set(rules->bound, key, arena);
		struct prefix_set may = prefix_set_both(from, &own);
		struct prefix_set rest = prefix_set_both(from, &others);
		const char *who = arena_print(arena, "key:%s", key);
		for (size_t i = 0; i < own.count; i++)
			prefix_set_remove(&rest, &own.prefix[i]);
		if (rest.count)
			bind_rules_put(rules, false, who, &rest);
		if (may.count)
			bind_rules_put(rules, true, who, &may);
	}
}

/* Whoever comes from these addresses. */
static void bind_rules_put_addresses(struct bind_rules *rules, bool is_negative,
				     const struct prefix_set *from)
{
	struct arena *arena = &rules->bind->site->arena;
	struct prefix_set set = *from;
	if (!is_negative) {
		bind_rules_put_bound_keys(rules, from);
		struct prefix_set bound = bind_bound_set(rules->bound, NULL, arena);
		set = prefix_set_is_all(&bound) ? *from : prefix_set_both(from, &bound);
	}
	if (set.count == 0 && !set.full)
		return;
	bind_rules_put(rules, !is_negative, "authenticated", &set);
	bind_rules_put(rules, !is_negative, "anonymous", &set);
	rules->has_unsigned |= !is_negative;
}

static void bind_rules_put_key(struct bind_rules *rules, bool is_negative, const char *key,
			       const struct prefix_set *from)
{
	struct arena *arena = &rules->bind->site->arena;
	struct prefix_set bound = bind_bound_set(is_negative ? NULL : rules->bound, key, arena);
	struct prefix_set set = prefix_set_both(from, &bound);
	if (set.count || set.full)
		bind_rules_put(rules, !is_negative, arena_print(arena, "key:%s", key), &set);
}

/* An exception, or an address, behind a wider one never matches. It is written as it stands; the
 * check of rules says that it is shadowed. */
static void bind_rules_look(struct bind_rules *rules, const struct bind_match *match)
{
	if (prefix_set_holds(&rules->seen, &match->prefix))
		site_say(rules->bind->site, SITE_CHANGED,
			 bind_place(match->statement, rules->zone->place.what), match->text,
			 "stands behind an address that holds it, and never matches, in BIND "
			 "neither",
			 "remove the rule that `zone policy check` calls shadowed");
	else
		prefix_set_add(&rules->seen, &match->prefix);
}

/* Addresses that follow one another, all admitted or all excepted, in one rule. */
static const struct bind_match *bind_rules_run(struct bind_rules *rules,
					       const struct bind_match *match)
{
	struct prefix_set set = prefix_set_none(&rules->bind->site->arena);
	bool is_negative = match->is_negative;
	for (; match && match->kind == BIND_MATCH_PREFIX && match->is_negative == is_negative;
	     match = match->next) {
		bind_rules_look(rules, match);
		prefix_set_add(&set, &match->prefix);
	}
	bind_rules_put_addresses(rules, is_negative, &set);
	return match;
}

/* A list in a list, as the addresses and keys that it comes to. */
static void bind_rules_inner(struct bind_rules *rules, const struct bind_match *match)
{
	struct arena *arena = &rules->bind->site->arena;
	struct prefix_set others = bind_list_set(match->list, NULL, arena);
	for (const char *key = NULL; (key = bind_list_key(match->list, key, arena));) {
		struct prefix_set own = bind_list_set(match->list, key, arena);
		if (!prefix_set_equal(&own, &others))
			bind_rules_put_key(rules, match->is_negative, key, &own);
	}
	site_say_f(rules->bind->site, SITE_CHANGED,
		   bind_place(match->statement, rules->zone->place.what), match->text, NULL,
		   "the list with its exceptions is written as the addresses that it comes to: %s",
		   others.count ? prefix_set_text(&others, 0, 16) : "none");
	if (others.count || others.full)
		bind_rules_put_addresses(rules, match->is_negative, &others);
	prefix_set_add_all(&rules->seen, &others);
}

static void bind_rules_list(struct bind_rules *rules, const struct bind_match *match)
{
	struct prefix_set all = prefix_set_all(&rules->bind->site->arena);
	while (match) {
		if (match->kind == BIND_MATCH_PREFIX) {
			match = bind_rules_run(rules, match);
			continue;
		}
		if (match->kind == BIND_MATCH_KEY)
			bind_rules_put_key(rules, match->is_negative, match->key, &all);
		else
			bind_rules_inner(rules, match);
		match = match->next;
	}
}

/* What comes out of one list of addresses without exceptions, in the order in which it stands, must
 * not be split; an exception of nothing (`none`) gives no line. */
bool bind_rules(struct bind *bind, struct site_zone *zone, const struct bind_turned *turned,
		const struct bind_bound *bound)
{
	struct bind_rules rules = {.bind = bind,
				   .zone = zone,
				   .statement = turned->statement,
				   .rights = turned->rights,
				   .wider = turned->wider,
				   .place = strcmp(turned->rights, BIND_UPDATES) == 0 ? " under @"
										      : "",
				   .bound = bound,
				   .seen = prefix_set_none(&bind->site->arena)};
	bind_rules_list(&rules, turned->list->first);
	return rules.has_unsigned;
}

/* --- NOTIFY */

struct bind_notify {
	struct bind *bind;
	struct site_zone *zone;
	const char *text;
	size_t count;
};

static const char *bind_notify_option(const struct bind_statement *statement, const char *word)
{
	for (const struct bind_item *item = statement->items; item; item = item->next)
		if (item->word && strcasecmp(item->word, word) == 0 && item->next)
			return item->next->word;
	return NULL;
}

static const struct bind_statement *bind_notify_list(const struct bind *bind, const char *name)
{
	static const char *const words[] = {"primaries", "masters", "remote-servers"};
	for (const struct bind_statement *one = bind->top; one; one = one->next) {
		const char *arg = bind_statement_arg(one, 1);
		for (size_t i = 0; arg && i < 3; i++)
			if (strcasecmp(bind_statement_word(one), words[i]) == 0 &&
			    strcasecmp(arg, name) == 0)
				return one;
	}
	return NULL;
}

static void bind_notify_lose(const struct bind_notify *notify,
			     const struct bind_statement *statement, const char *why)
{
	site_say(notify->bind->site, SITE_LOST, bind_place(statement, notify->zone->place.what),
		 bind_text(notify->bind, statement), why,
		 "set it by hand: `tenurectl zone set ZONE notify=...`");
}

/* A key of the site, or none. */
static const char *bind_notify_key(const struct bind_notify *notify,
				   const struct bind_statement *element, const char *key)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT_MAX];
	if (!key)
		return "";
	if (dns_name_parse_text(&name, key) || !site_key_find(notify->bind->site, &name)) {
		bind_notify_lose(notify, element, "the key is not taken: NOTIFY goes unsigned");
		return "";
	}
	return arena_print(&notify->bind->site->arena, " key %s", dns_name_show(&name, text));
}

static void bind_notify_peer(struct bind_notify *notify, const struct bind_statement *element,
			     const char *default_port, const char *default_key)
{
	struct arena *arena = &notify->bind->site->arena;
	const char *port = bind_notify_option(element, "port");
	const char *key = bind_notify_option(element, "key");
	if (!port)
		port = default_port;
	bool has_port = port && strcmp(port, "53") != 0;
	if (bind_notify_option(element, "tls"))
		bind_notify_lose(notify, element, "NOTIFY goes without TLS here");
	if (notify->count == NOTIFY_PEERS_MAX - 1) {
		bind_notify_lose(notify, element, "more peers than the 16 that are notified");
		return;
	}
	notify->count++;
	notify->text =
		arena_print(arena, "%s%s%s%s%s%s", notify->text, *notify->text ? "," : "",
			    bind_statement_word(element), has_port ? "@" : "", has_port ? port : "",
			    bind_notify_key(notify, element, key ? key : default_key));
}

static void bind_notify_walk(struct bind_notify *notify, const struct bind_statement *statement,
			     const char *port, const char *key, unsigned depth)
{
	bool found;
	const char *own = bind_notify_option(statement, "port");
	const struct bind_statement *element = bind_statement_block(statement, &found);
	if (own)
		port = own;
	for (; element; element = element->next) {
		const char *word = bind_statement_word(element), *own_key;
		struct addr addr;
		if (!addr_parse(word, 53, &addr)) {
			bind_notify_peer(notify, element, port, key);
			continue;
		}
		const struct bind_statement *list = bind_notify_list(notify->bind, word);
		own_key = bind_notify_option(element, "key");
		if (!list || depth > 16)
			bind_notify_lose(notify, element, "no address, and no list of that name");
		else
			bind_notify_walk(notify, list, port, own_key ? own_key : key, depth + 1);
	}
}

const char *bind_notify(struct bind *bind, struct site_zone *zone,
			const struct bind_statement *block)
{
	struct bind_notify notify = {.bind = bind, .zone = zone, .text = ""};
	const struct bind_statement *how = bind_inherited(bind, block, "notify");
	const struct bind_statement *also = bind_inherited(bind, block, "also-notify");
	const char *word = how ? bind_statement_arg(how, 1) : "yes";
	bool is_none = word && (strcasecmp(word, "no") == 0 || strcasecmp(word, "false") == 0);
	bool is_explicit = word && strcasecmp(word, "explicit") == 0;
	if (is_none)
		return NULL;
	if (also)
		bind_notify_walk(&notify, also, NULL, NULL, 0);
	if (!is_explicit)
		notify.text = arena_print(&bind->site->arena, "%s%sns", notify.text,
					  *notify.text ? "," : "");
	return *notify.text ? notify.text : NULL;
}
