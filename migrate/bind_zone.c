/* SPDX-License-Identifier: BSD-2-Clause */
/* A zone statement of named.conf. */
#include <config.h>
#include "migrate/bind_parts.h"
#include "zonedb/zone.h"
#include <string.h>
#include <strings.h>

/* What each statement that has no counterpart comes to: of options, views and zones. */
static const struct bind_word {
	const char *word;
	enum site_list list;
	const char *why, *advice;
} bind_words[] = {
	/* Read elsewhere; they give settings and rules. */
	{"type", SITE_TAKEN, NULL, NULL},
	{"file", SITE_TAKEN, NULL, NULL},
	{"journal", SITE_TAKEN, NULL, NULL},
	{"masterfile-format", SITE_TAKEN, NULL, NULL},
	{"masterfile-style", SITE_TAKEN, NULL, NULL},
	{"directory", SITE_TAKEN, NULL, NULL},
	{"allow-update", SITE_TAKEN, NULL, NULL},
	{"update-policy", SITE_TAKEN, NULL, NULL},
	{"allow-query", SITE_TAKEN, NULL, NULL},
	{"allow-transfer", SITE_TAKEN, NULL, NULL},
	{"also-notify", SITE_TAKEN, NULL, NULL},
	{"notify", SITE_TAKEN, NULL, NULL},
	{"key", SITE_TAKEN, NULL, NULL},
	{"zone", SITE_TAKEN, NULL, NULL},
	{"match-clients", SITE_TAKEN, NULL, NULL},
	{"match-destinations", SITE_TAKEN, NULL, NULL},
	{"blackhole", SITE_LOST, "who is not answered at all", "deny these in a firewall"},
	{"dnssec-policy", SITE_TAKEN, NULL, NULL},
	{"auto-dnssec", SITE_TAKEN, NULL, NULL},
	{"inline-signing", SITE_TAKEN, NULL, NULL},
	/* Of the process, of resolvers, of secondaries: nothing is to be done for the zones. */
	{"listen-on", SITE_CHANGED, "tenured.yaml(5) says where tenured listens",
	 "set `listen` there"},
	{"listen-on-v6", SITE_CHANGED, "tenured.yaml(5) says where tenured listens",
	 "set `listen` there"},
	{"port", SITE_CHANGED, "tenured.yaml(5) says where tenured listens", "set `listen` there"},
	{"pid-file", SITE_CHANGED, "a file of named's own", NULL},
	{"session-keyfile", SITE_CHANGED, "a file of named's own", NULL},
	{"session-keyname", SITE_CHANGED, "a file of named's own", NULL},
	{"session-keyalg", SITE_CHANGED, "a file of named's own", NULL},
	{"dump-file", SITE_CHANGED, "a file of named's own", NULL},
	{"statistics-file", SITE_CHANGED, "a file of named's own", NULL},
	{"memstatistics-file", SITE_CHANGED, "a file of named's own", NULL},
	{"secroots-file", SITE_CHANGED, "a file of named's own", NULL},
	{"recursing-file", SITE_CHANGED, "a file of named's own", NULL},
	{"managed-keys-directory", SITE_CHANGED, "a folder of named's own", NULL},
	{"key-directory", SITE_CHANGED, "keys of DNSSEC are not taken", NULL},
	{"dnssec-validation", SITE_CHANGED, "is of resolvers", NULL},
	{"request-ixfr", SITE_CHANGED, "is of secondaries", NULL},
	{"allow-notify", SITE_CHANGED, "is of secondaries", NULL},
	{"provide-ixfr", SITE_CHANGED, "IXFR is given to whoever may take the zone", NULL},
	{"version", SITE_CHANGED, "tenured says its own", NULL},
	{"hostname", SITE_CHANGED, "tenured says its own", NULL},
	{"zone-statistics", SITE_CHANGED, "`tenurectl stats` counts each zone", NULL},
	/* What somebody must do something about. */
	{"controls", SITE_LOST, "tenured has a control socket of its own", "see tenured.yaml(5)"},
	{"logging", SITE_LOST, "tenured logs to the journal, and changes to its audit log",
	 "see \"Who changed it?\" in the guide"},
	{"statistics-channels", SITE_LOST, "metrics are tenure-exporter's",
	 "see tenure-exporter(8)"},
	{"server", SITE_LOST, "there are no settings for a peer", NULL},
	{"check-names", SITE_LOST, "names are not checked for being host names", NULL},
	{"serial-update-method", SITE_LOST, "each change moves the serial by one", NULL},
	{"ixfr-from-differences", SITE_LOST, "each change is kept, IXFR needs no comparison", NULL},
	{"max-journal-size", SITE_LOST, "the log is bounded by its retention",
	 "see `tenurectl audit set`"},
	{"rate-limit", SITE_LOST, "there is no response rate limiting",
	 "see tenured.yaml(5), limits"},
	{"catalog-zones", SITE_LOST, "there are no catalog zones", NULL},
	{"response-policy", SITE_LOST, "is of resolvers", "put a resolver in front"},
	{"forwarders", SITE_LOST, "tenure forwards nothing", "put a resolver in front"},
	{"forward", SITE_LOST, "tenure forwards nothing", "put a resolver in front"},
	{"allow-update-forwarding", SITE_LOST, "tenure is a primary", NULL},
	{"dlz", SITE_LOST, "no other database is asked", "export its zones, and import them"},
	{"dyndb", SITE_LOST, "no other database is asked", "export its zones, and import them"},
	{"allow-query-on", SITE_LOST, "rules know who asks, not which address was asked", NULL},
	{"minimal-responses", SITE_LOST, "answers have the additional records that they need",
	 NULL},
	{"notify-source", SITE_LOST, "NOTIFY goes from the address that the route gives", NULL},
	{"notify-source-v6", SITE_LOST, "NOTIFY goes from the address that the route gives", NULL},
	{"transfer-source", SITE_CHANGED, "is of secondaries", NULL},
	{"allow-recursion", SITE_LOST, "tenure does not ask others for its clients",
	 "put a resolver in front"},
	{"allow-query-cache", SITE_LOST, "tenure does not ask others for its clients",
	 "put a resolver in front"},
	{NULL, SITE_LOST, "has no counterpart here", "see whether it is needed"},
};

static const struct bind_word *bind_word_find(const char *word)
{
	const struct bind_word *found = bind_words;
	while (found->word && strcasecmp(found->word, word) != 0)
		found++;
	return found;
}

static bool bind_is_off(const char *word)
{
	return word && (strcasecmp(word, "no") == 0 || strcasecmp(word, "false") == 0 ||
			strcmp(word, "0") == 0 || strcasecmp(word, "none") == 0);
}

void bind_say_statement(struct bind *bind, const struct bind_statement *statement, const char *what)
{
	const char *word = bind_statement_word(statement);
	const struct bind_word *known = bind_word_find(word);
	struct site_place place = bind_place(statement, what);
	if (strcasecmp(word, "recursion") == 0) {
		bool is_off = bind_is_off(bind_statement_arg(statement, 1));
		site_say(bind->site, is_off ? SITE_TAKEN : SITE_LOST, place,
			 bind_text(bind, statement), "tenure does not ask others for its clients",
			 is_off ? NULL : "put a resolver in front");
	} else if (known->word && !known->why) {
		return;
	} else if (known->list == SITE_LOST && bind_is_off(bind_statement_arg(statement, 1)) &&
		   known->word && strcasecmp(word, "minimal-responses") != 0) {
		site_say(bind->site, SITE_CHANGED, place, bind_text(bind, statement), known->why,
			 NULL);
	} else {
		site_say(bind->site, known->list, place, bind_text(bind, statement), known->why,
			 known->advice);
	}
}

const struct bind_statement *bind_inherited(const struct bind *bind,
					    const struct bind_statement *zone, const char *word)
{
	const struct bind_statement *found = bind_statement_find(zone, word);
	if (!found)
		found = bind_statement_find(bind->view_options, word);
	return found ? found : bind_statement_find(bind->options, word);
}

void bind_zone_lose(struct bind *bind, const struct bind_statement *statement, const char *why,
		    const char *advice)
{
	const char *name = bind_statement_arg(statement, 1);
	const char *what = arena_print(&bind->site->arena, "zone %s", name ? name : "?");
	site_lose_zone(bind->site, bind_place(statement, what), what, why, advice);
}

/* --- of a primary */

struct bind_zone {
	struct bind *bind;
	struct site_zone *zone;
	const struct bind_statement *block;
};

static struct bind_list bind_zone_list(const struct bind_zone *read,
				       const struct bind_statement *statement)
{
	bool found;
	const struct bind_statement *elements = bind_statement_block(statement, &found);
	struct bind_list list = bind_list_read(read->bind, elements, read->zone->place.what);
	if (list.is_broken)
		site_say(read->bind->site, SITE_LOST, bind_place(statement, read->zone->place.what),
			 bind_text(read->bind, statement),
			 "an exception in it is not understood: it admits nobody",
			 "write rules for whom it is to admit");
	return list;
}

static void bind_zone_taken(const struct bind_zone *read, const struct bind_statement *statement,
			    const char *what)
{
	site_say(read->bind->site, SITE_TAKEN, bind_place(statement, read->zone->place.what),
		 bind_text(read->bind, statement), what, NULL);
}

/* Every update, unsigned ones too: no rules are needed. */
static void bind_zone_open(const struct bind_zone *read, const struct bind_statement *statement)
{
	site_set(read->zone, "update", "nonsecure");
	site_set(read->zone, "protect-static", "off");
	site_say(read->bind->site, SITE_CHANGED, bind_place(statement, read->zone->place.what),
		 bind_text(read->bind, statement),
		 "update=nonsecure protect-static=off: everybody may change everything, but NS, "
		 "DS, DNAME and reserved names",
		 "make it secure: `tenurectl zone set ZONE update=report` says who signs");
}

static void bind_zone_allow_update(const struct bind_zone *read,
				   const struct bind_statement *statement,
				   const struct bind_bound *bound)
{
	struct site_zone *zone = read->zone;
	struct bind_list list = bind_zone_list(read, statement);
	struct site_place place = bind_place(statement, zone->place.what);
	struct arena *arena = &read->bind->site->arena;
	struct prefix_set none = prefix_set_none(arena);
	struct prefix_set set = bind_list_set(list.first, NULL, arena);
	if (prefix_set_equal(&set, &none) && !bind_list_key(list.first, NULL, arena)) {
		site_set(zone, "update", "none");
		bind_zone_taken(read, statement, "update=none");
		return;
	}
	if (!bound->list && !bound->view && bind_list_is_any(&list, arena)) {
		bind_zone_open(read, statement);
		return;
	}
	site_set(zone, "update", "secure");
	site_set(zone, "policy", "closed");
	bool has_unsigned = bind_rules(
		read->bind, zone, &(struct bind_turned){statement, &list, "claim,join,write", NULL},
		bound);
	site_rule(zone, place, NULL, "deny authenticated write");
	if (has_unsigned)
		site_rule(zone, place, NULL, "deny anonymous write");
	site_say(read->bind->site, SITE_CHANGED, place, bind_text(read->bind, statement),
		 "rules, in its order; narrower: NS, DS, DNAME and the like, `*`, wpad, isatap and "
		 "the name servers' own names need a rule that names them",
		 "add such rules where updates of them are made");
}

static void bind_zone_updates(const struct bind_zone *read, const struct bind_bound *bound)
{
	const struct bind_statement *policy = bind_statement_find(read->block, "update-policy");
	const struct bind_statement *allow =
		bind_inherited(read->bind, read->block, "allow-update");
	struct site_zone *zone = read->zone;
	if (policy) {
		site_set(zone, "update", "secure");
		site_set(zone, "policy", "closed");
		bind_policy(read->bind, zone, policy, bound);
		site_rule(zone, bind_place(policy, zone->place.what), NULL,
			  "deny authenticated write");
	} else if (allow) {
		bind_zone_allow_update(read, allow, bound);
	} else {
		site_set(zone, "update", "none");
	}
	if (bound->list && (policy || allow))
		site_say(read->bind->site, SITE_CHANGED,
			 bind_place(bind_inherited(read->bind, read->block, "allow-query"),
				    zone->place.what),
			 "allow-query also bounds updates in BIND",
			 "the rules for updates have `from` these addresses", NULL);
}

static bool bind_zone_is_nobody(const struct bind_list *list, const struct prefix_set *set,
				struct arena *arena)
{
	return set->count == 0 && !set->full && !bind_list_key(list->first, NULL, arena);
}

/* Whether only addresses are in it, none excepted. */
static bool bind_zone_is_addresses(const struct bind_match *match)
{
	for (; match; match = match->next)
		if (match->is_negative || match->kind != BIND_MATCH_PREFIX)
			return false;
	return true;
}

static void bind_zone_transfer(const struct bind_zone *read)
{
	const struct bind_statement *statement =
		bind_inherited(read->bind, read->block, "allow-transfer");
	struct arena *arena = &read->bind->site->arena;
	if (!statement) {
		site_say(read->bind->site, SITE_CHANGED, read->zone->place, "no allow-transfer",
			 "BIND before 9.20 gives the zone to everybody then; here nobody may take "
			 "it",
			 "`tenurectl zone set ZONE transfer=...` for its secondaries");
		return;
	}
	bool has_transport = bind_statement_arg(statement, 1) != NULL;
	struct bind_bound bound = {.view = read->bind->view_clients};
	struct bind_list list = bind_zone_list(read, statement);
	struct prefix_set set = bind_list_set(list.first, NULL, arena);
	if (bind_zone_is_nobody(&list, &set, arena)) {
		bind_zone_taken(read, statement, "nobody may take the zone");
		return;
	}
	if (!set.full && !has_transport && !bound.view && bind_zone_is_addresses(list.first) &&
	    set.count <= ZONE_PREFIXES_MAX)
		site_set(read->zone, "transfer", prefix_set_text(&set, 0, ZONE_PREFIXES_MAX));
	else
		bind_rules(read->bind, read->zone,
			   &(struct bind_turned){statement, &list, "transfer",
						 has_transport ? "on each port, without TLS too"
							       : NULL},
			   &bound);
	bind_zone_taken(read, statement, "who may take the zone");
}

/* What is signed is taken as it is without signatures. */
static void bind_zone_signing(const struct bind_zone *read)
{
	static const char *const words[] = {"dnssec-policy", "auto-dnssec", "inline-signing"};
	for (size_t i = 0; i < 3; i++) {
		const struct bind_statement *statement =
			bind_inherited(read->bind, read->block, words[i]);
		if (!statement)
			continue;
		const char *value = bind_statement_arg(statement, 1);
		bool is_off = bind_is_off(value) || (value && strcasecmp(value, "off") == 0);
		site_say(read->bind->site, is_off ? SITE_TAKEN : SITE_LOST,
			 bind_place(statement, read->zone->place.what),
			 bind_text(read->bind, statement),
			 is_off ? "the zone is unsigned" : "the zone is taken unsigned",
			 is_off ? NULL
				: "take the DS away from the zone above first, or sign behind "
				  "tenure");
	}
}

static void bind_zone_queries(const struct bind_zone *read, const struct bind_list *list)
{
	const struct bind_statement *statement =
		bind_inherited(read->bind, read->block, "allow-query");
	struct bind_bound bound = {.view = read->bind->view_clients};
	struct arena *arena = &read->bind->site->arena;
	if (!list && !bound.view)
		return;
	if (!list)
		statement = bind_statement_find(read->bind->view_options, "match-clients");
	struct site_place place = bind_place(statement, read->zone->place.what);
	struct bind_list any = bind_list_any(read->bind, statement);
	const struct bind_list *whom = list ? list : &any;
	struct prefix_set set = bind_list_set(whom->first, NULL, arena);
	if (bind_zone_is_nobody(whom, &set, arena)) {
		site_rule(read->zone, place, NULL, "deny authenticated query");
		site_rule(read->zone, place, NULL, "deny anonymous query");
	} else {
		bind_rules(read->bind, read->zone,
			   &(struct bind_turned){statement, whom, "query", NULL}, &bound);
	}
	bind_zone_taken(read, statement, "rules for query");
}

static void bind_zone_primary(const struct bind_zone *read)
{
	struct bind *bind = read->bind;
	const struct bind_statement *query = bind_inherited(bind, read->block, "allow-query");
	struct bind_bound bound = {.view = bind->view_clients};
	struct bind_list list;
	if (query) {
		list = bind_zone_list(read, query);
		if (!bind_list_is_any(&list, &bind->site->arena))
			bound.list = &list;
	}
	bind_zone_updates(read, &bound);
	bind_zone_queries(read, bound.list);
	bind_zone_transfer(read);
	const char *notify = bind_notify(bind, read->zone, read->block);
	if (notify) {
		site_set(read->zone, "notify", notify);
		site_say_f(bind->site, SITE_TAKEN, read->zone->place, "notify, also-notify", NULL,
			   "notify=%s", notify);
	}
	bind_zone_signing(read);
}

static void bind_zone_take(struct bind *bind, const struct bind_statement *statement,
			   const struct bind_statement *block, const struct dns_name *apex)
{
	struct bind_zone read = {.bind = bind, .block = block};
	read.zone = site_zone_add(bind->site, apex, bind_place(statement, NULL));
	if (!read.zone)
		return;
	if (bind->content(bind, read.zone, block))
		bind_zone_primary(&read);
	else
		site_zone_drop(read.zone);
	for (const struct bind_statement *one = block; one; one = one->next)
		bind_say_statement(bind, one, read.zone->place.what);
}

static bool bind_zone_is_primary(const char *type)
{
	return type && (strcasecmp(type, "primary") == 0 || strcasecmp(type, "master") == 0);
}

void bind_zone_read(struct bind *bind, const struct bind_statement *statement)
{
	const char *name = bind_statement_arg(statement, 1);
	const char *class = bind_statement_arg(statement, 2);
	bool found;
	const struct bind_statement *block = bind_statement_block(statement, &found);
	const struct bind_statement *type = bind_statement_find(block, "type");
	const char *word = type ? bind_statement_arg(type, 1) : NULL;
	struct dns_name apex;
	struct arena *arena = &bind->site->arena;
	if (bind_statement_find(block, "in-view"))
		word = "in-view";
	const char *problem = name ? dns_name_parse_text(&apex, name) : "no name";
	if (problem)
		bind_zone_lose(bind, statement, problem, "mend its name");
	else if (class && strcasecmp(class, "IN") != 0)
		bind_zone_lose(bind, statement, arena_print(arena, "of class %s", class), NULL);
	else if (bind->loses_view)
		bind_zone_lose(
			bind, statement,
			"its view is for some addresses of the server alone (match-destinations)",
			"take it for everybody with --accept-wider, or give it a server of its "
			"own");
	else if (!bind_zone_is_primary(word))
		bind_zone_lose(bind, statement,
			       arena_print(arena, "type %s: only primary zones are taken",
					   word ? word : "missing"),
			       word && strcasecmp(word, "hint") == 0
				       ? "nothing: tenure asks no root servers"
				       : "take it from its primary, or ask that server by a "
					 "resolver in front");
	else
		bind_zone_take(bind, statement, block, &apex);
}
