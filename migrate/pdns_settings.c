/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Metadata of a zone of PowerDNS, and pdns.conf, as settings and rules:
 *
 *      TSIG-ALLOW-DNSUPDATE with ALLOW-DNSUPDATE-FROM     both must hold: a rule for each key, from
 *                                                         these addresses
 *      ALLOW-DNSUPDATE-FROM alone                         whoever comes from them, signed or not
 *      TSIG-ALLOW-AXFR                                    a rule for transfer for each key
 *      ALLOW-AXFR-FROM                                    the setting transfer
 *      ALSO-NOTIFY                                        the setting notify, and `ns`, of a
 * primary
 */
#include <config.h>
#include "migrate/pdns_parts.h"
#include "migrate/prefix_set.h"
#include "acl/rule.h"
#include "zonedb/notify_list.h"
#include "zonedb/zone.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PDNS_RIGHTS    "claim,join,write under @"
#define PDNS_LOCAL     "127.0.0.0/8,::1"
#define PDNS_LUA_WIDER "lua-dnsupdate-policy-script decides there, too"

/* --- pdns.conf */

static const struct pdns_word {
	const char *name;
	enum site_list list;
	const char *why, *advice; /* `why` NULL: it is read elsewhere */
} pdns_words[] = {
	{"launch", SITE_TAKEN, NULL, NULL},
	{"gsqlite3-database", SITE_TAKEN, NULL, NULL},
	{"gsqlite3-dnssec", SITE_CHANGED, "each zone says whether it is signed", NULL},
	{"dnsupdate", SITE_TAKEN, NULL, NULL},
	{"allow-dnsupdate-from", SITE_TAKEN, NULL, NULL},
	{"allow-axfr-ips", SITE_TAKEN, NULL, NULL},
	{"also-notify", SITE_TAKEN, NULL, NULL},
	{"lua-dnsupdate-policy-script", SITE_LOST,
	 "no script decides here: rules give more than it did", "write rules for what it allowed"},
	{"local-address", SITE_CHANGED, "tenured.yaml(5) says where tenured listens",
	 "set `listen` there"},
	{"local-port", SITE_CHANGED, "tenured.yaml(5) says where tenured listens",
	 "set `listen` there"},
	{"setuid", SITE_CHANGED, "tenured.yaml(5) says as whom tenured runs", NULL},
	{"setgid", SITE_CHANGED, "tenured.yaml(5) says as whom tenured runs", NULL},
	{"include-dir", SITE_LOST, "its files are not read", "name the files, joined, by --config"},
	{"include-dir+", SITE_LOST, "its files are not read",
	 "name the files, joined, by --config"},
	{"daemon", SITE_CHANGED, "is of pdns' own process", NULL},
	{"guardian", SITE_CHANGED, "is of pdns' own process", NULL},
	{"socket-dir", SITE_CHANGED, "is of pdns' own process", NULL},
	{"config-dir", SITE_CHANGED, "is of pdns' own process", NULL},
	{"security-poll-suffix", SITE_CHANGED, "is of pdns' own process", NULL},
	{"primary", SITE_CHANGED, "each zone says whether others are notified", NULL},
	{"master", SITE_CHANGED, "each zone says whether others are notified", NULL},
	{"secondary", SITE_LOST, "tenure is a primary", NULL},
	{"slave", SITE_LOST, "tenure is a primary", NULL},
	{"api", SITE_LOST, "tenure has no such API", "see tenure-control(7)"},
	{"webserver", SITE_LOST, "tenure has no such server", "metrics: tenure-exporter(8)"},
	{"expand-alias", SITE_LOST, "there is no ALIAS", NULL},
	{"enable-lua-records", SITE_LOST, "there are no LUA records", NULL},
	{"only-notify", SITE_LOST, "whom the setting notify names is notified", NULL},
	{NULL, SITE_LOST, "has no counterpart here", "see whether it is needed"},
};

static bool pdns_is_yes(const char *text)
{
	return strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0 ||
	       strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0;
}

static void pdns_config_take(struct pdns *pdns, const char *name, const char *value)
{
	if (strcmp(name, "dnsupdate") == 0)
		pdns->takes_updates = pdns_is_yes(value);
	else if (strcmp(name, "allow-dnsupdate-from") == 0)
		pdns->update_from = value;
	else if (strcmp(name, "allow-axfr-ips") == 0)
		pdns->axfr_from = value;
	else if (strcmp(name, "also-notify") == 0)
		pdns->also_notify = value;
	else if (strcmp(name, "lua-dnsupdate-policy-script") == 0)
		pdns->has_lua_policy = *value != '\0';
}

/* Passwords are no statement. */
static const char *pdns_config_statement(struct pdns *pdns, const char *name, const char *value)
{
	bool is_secret = strstr(name, "password") || strstr(name, "key") || strstr(name, "secret");
	return arena_print(&pdns->site->arena, "%s=%s", name, is_secret ? "..." : value);
}

static void pdns_config_line(struct pdns *pdns, struct site_place place, const char *line,
			     size_t len)
{
	struct arena *arena = &pdns->site->arena;
	const struct pdns_word *word = pdns_words;
	while (len && isspace((unsigned char)*line)) {
		line++;
		len--;
	}
	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	const char *equals = len ? memchr(line, '=', len) : NULL;
	size_t name_len = equals ? (size_t)(equals - line) : len;
	const char *value = equals ? arena_text(arena, equals + 1, len - name_len - 1) : "";
	while (name_len && isspace((unsigned char)line[name_len - 1]))
		name_len--;
	value += strspn(value, " \t");
	if (len == 0 || *line == '#')
		return;
	const char *name = arena_text(arena, line, name_len);
	pdns_config_take(pdns, name, value);
	while (word->name && strcmp(word->name, name) != 0)
		word++;
	bool is_off = strcasecmp(value, "no") == 0 || !*value;
	if (word->why)
		site_say(pdns->site, word->list == SITE_LOST && is_off ? SITE_CHANGED : word->list,
			 place, pdns_config_statement(pdns, name, value), word->why,
			 is_off ? NULL : word->advice);
}

void pdns_config(struct pdns *pdns, const char *name, struct bytes text)
{
	struct site_place place = {.file = name, .line = 1, .what = "pdns.conf"};
	const char *at = (const char *)text.data, *end = text.len ? at + text.len : at;
	pdns->has_config = name != NULL;
	pdns->takes_updates = !name;
	for (; at < end; place.line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline ? newline : end;
		pdns_config_line(pdns, place, at, (size_t)(next - at));
		at = next + (newline != NULL);
	}
}

/* --- addresses */

struct pdns_addresses {
	struct prefix_set set;
	bool has_auto_ns, is_bad, has_any;
};

/* A list with commas and blanks. Of an address and a wider one that is excepted the longer counts,
 * as there. */
static void pdns_addresses_add(struct pdns_addresses *addresses, const char *text)
{
	while (*text) {
		char one[ADDR_TEXT_MAX];
		struct prefix prefix;
		text += strspn(text, ", \t;");
		size_t len = strcspn(text, ", \t;");
		if (len == 0)
			break;
		bool is_not = *text == '!';
		snprintf(one, sizeof one, "%.*s", (int)(len - is_not), text + is_not);
		if (strcasecmp(one, "AUTO-NS") == 0)
			addresses->has_auto_ns = true;
		else if (len - is_not >= sizeof one || prefix_parse(one, &prefix))
			addresses->is_bad = true;
		else if (is_not)
			prefix_set_remove(&addresses->set, &prefix);
		else
			prefix_set_add(&addresses->set, &prefix);
		addresses->has_any = true;
		text += len;
	}
}

/* What the metadata of a kind say; what is not understood is lost. */
static struct pdns_addresses pdns_addresses_read(struct pdns *pdns, const char *kind,
						 const char *rest)
{
	struct arena *arena = &pdns->site->arena;
	struct pdns_addresses all = {.set = prefix_set_none(arena)};
	for (const struct pdns_meta *meta = pdns->metadata; meta; meta = meta->next) {
		if (strcasecmp(meta->kind, kind) != 0)
			continue;
		pdns_addresses_add(&all, meta->content);
		if (all.is_bad || all.has_auto_ns)
			pdns_say(pdns, SITE_LOST,
				 arena_print(arena, "%s %s", meta->kind, meta->content),
				 all.is_bad ? "no address"
					    : "addresses of the name servers must be written out",
				 "write them into the rules, or into the setting transfer");
		all.is_bad = all.has_auto_ns = false;
	}
	if (rest)
		pdns_addresses_add(&all, rest);
	return all;
}

/* --- updates */

static struct site_place pdns_rule_place(const struct pdns *pdns)
{
	return pdns_place(pdns, NULL);
}

static void pdns_rule(struct pdns *pdns, const char *who, const struct prefix_set *from)
{
	const char *wider = pdns->has_lua_policy ? PDNS_LUA_WIDER : NULL;
	if (prefix_set_is_all(from)) {
		site_rule(pdns->zone, pdns_rule_place(pdns), wider, "allow %s " PDNS_RIGHTS, who);
		return;
	}
	for (size_t at = 0; at < from->count; at += RULE_SOURCES_MAX)
		site_rule(pdns->zone, pdns_rule_place(pdns), wider,
			  "allow %s " PDNS_RIGHTS " from %s", who,
			  prefix_set_text(from, at, RULE_SOURCES_MAX));
}

/* A key of the site, as rules have it; NULL: that was said. */
static const char *pdns_key(struct pdns *pdns, const struct pdns_meta *meta)
{
	struct arena *arena = &pdns->site->arena;
	struct dns_name name;
	char text[DNS_NAME_TEXT_MAX];
	if (!dns_name_parse_text(&name, meta->content) && site_key_find(pdns->site, &name))
		return arena_print(arena, "key:%s", dns_name_show(&name, text));
	pdns_say(pdns, SITE_LOST, arena_print(arena, "%s %s", meta->kind, meta->content),
		 "the key is not taken, so no rule is written for it",
		 "make the key, and add the rule");
	return NULL;
}

static bool pdns_has(const struct pdns *pdns, const char *kind)
{
	for (const struct pdns_meta *meta = pdns->metadata; meta; meta = meta->next)
		if (strcasecmp(meta->kind, kind) == 0)
			return true;
	return false;
}

/* Everybody that comes from anywhere: no rules are needed. */
static bool pdns_is_open(const struct pdns *pdns, const struct pdns_addresses *from)
{
	return prefix_set_is_all(&from->set) && !pdns->has_lua_policy;
}

static void pdns_updates_put(struct pdns *pdns, const struct pdns_addresses *from, bool has_keys)
{
	site_set(pdns->zone, "update", "secure");
	site_set(pdns->zone, "policy", "closed");
	for (const struct pdns_meta *meta = pdns->metadata; meta; meta = meta->next) {
		const char *who = strcasecmp(meta->kind, "TSIG-ALLOW-DNSUPDATE") == 0
					  ? pdns_key(pdns, meta)
					  : NULL;
		if (who)
			pdns_rule(pdns, who, &from->set);
	}
	if (!has_keys) {
		pdns_rule(pdns, "authenticated", &from->set);
		pdns_rule(pdns, "anonymous", &from->set);
	}
	site_rule(pdns->zone, pdns_rule_place(pdns), NULL, "deny authenticated write");
	if (!has_keys)
		site_rule(pdns->zone, pdns_rule_place(pdns), NULL, "deny anonymous write");
	pdns_say(pdns, SITE_CHANGED, "TSIG-ALLOW-DNSUPDATE, ALLOW-DNSUPDATE-FROM",
		 "rules; narrower: NS, DS, DNAME and the like, `*`, wpad, isatap and the name "
		 "servers' own names need a rule that names them",
		 "add such rules where updates of them are made");
}

static void pdns_updates(struct pdns *pdns)
{
	bool has_keys = pdns_has(pdns, "TSIG-ALLOW-DNSUPDATE");
	bool has_from = pdns_has(pdns, "ALLOW-DNSUPDATE-FROM");
	const char *otherwise = pdns->update_from ? pdns->update_from : PDNS_LOCAL;
	struct pdns_addresses from =
		pdns_addresses_read(pdns, "ALLOW-DNSUPDATE-FROM", has_from ? NULL : otherwise);
	if (!pdns->takes_updates || (!pdns->has_config && !has_keys && !has_from) ||
	    from.set.count == 0 || from.set.full) {
		site_set(pdns->zone, "update", "none");
		if (pdns->takes_updates && !pdns->has_config)
			pdns_say(pdns, SITE_CHANGED, "updates",
				 "none: the zone's metadata allow none, and pdns.conf is not given",
				 "name it by --config, if it has dnsupdate=yes");
		else if (has_keys || has_from)
			pdns_say(pdns, SITE_CHANGED, "updates",
				 pdns->takes_updates ? "none: no address may send them"
						     : "none: pdns.conf has no dnsupdate=yes",
				 NULL);
		return;
	}
	if (!has_from && !pdns->update_from)
		pdns_say(pdns, SITE_CHANGED, "allow-dnsupdate-from",
			 "not set: PowerDNS takes updates from this machine alone then, and so do "
			 "the "
			 "rules",
			 pdns->has_config ? NULL
					  : "name pdns.conf by --config, if it is set there");
	if (!has_keys && pdns_is_open(pdns, &from)) {
		site_set(pdns->zone, "update", "nonsecure");
		site_set(pdns->zone, "protect-static", "off");
		pdns_say(
			pdns, SITE_CHANGED, "ALLOW-DNSUPDATE-FROM",
			"update=nonsecure protect-static=off: everybody may change everything, but "
			"NS, DS, DNAME and reserved names",
			"make it secure: `tenurectl zone set ZONE update=report` says who signs");
		return;
	}
	pdns_updates_put(pdns, &from, has_keys);
}

/* --- transfers and NOTIFY */

static void pdns_transfers(struct pdns *pdns)
{
	struct pdns_addresses from = pdns_addresses_read(pdns, "ALLOW-AXFR-FROM", pdns->axfr_from);
	if (from.set.count > ZONE_PREFIXES_MAX || from.set.full)
		pdns_say(pdns, SITE_LOST, "ALLOW-AXFR-FROM",
			 "more than the 16 prefixes of the "
			 "setting transfer",
			 "write rules for transfer");
	else if (from.set.count)
		site_set(pdns->zone, "transfer", prefix_set_text(&from.set, 0, ZONE_PREFIXES_MAX));
	for (const struct pdns_meta *meta = pdns->metadata; meta; meta = meta->next) {
		const char *who = strcasecmp(meta->kind, "TSIG-ALLOW-AXFR") == 0
					  ? pdns_key(pdns, meta)
					  : NULL;
		if (who)
			site_rule(pdns->zone, pdns_rule_place(pdns), NULL, "allow %s transfer",
				  who);
	}
}

/* "192.0.2.1:5353", "[2001:db8::1]:53", or an address alone, as `notify` has it. */
static const char *pdns_notify_peer(struct arena *arena, const char *text, size_t len)
{
	const char *one = arena_text(arena, text, len);
	const char *close = *one == '[' ? strchr(one, ']') : NULL;
	const char *colon = strchr(one, ':');
	if (close)
		return arena_print(arena, "%.*s%s%s", (int)(close - one - 1), one + 1,
				   close[1] == ':' ? "@" : "", close[1] == ':' ? close + 2 : "");
	if (colon && !strchr(colon + 1, ':'))
		return arena_print(arena, "%.*s@%s", (int)(colon - one), one, colon + 1);
	return one;
}

static const char *pdns_notify_add(struct pdns *pdns, const char *list, const char *text,
				   size_t *count)
{
	struct arena *arena = &pdns->site->arena;
	while (*text) {
		text += strspn(text, ", \t;");
		size_t len = strcspn(text, ", \t;");
		struct addr addr;
		const char *peer = pdns_notify_peer(arena, text, len);
		text += len;
		if (len == 0)
			break;
		if (addr_parse(peer, 53, &addr) || ++*count > NOTIFY_PEERS_MAX - 1)
			pdns_say(pdns, SITE_LOST, arena_print(arena, "ALSO-NOTIFY %s", peer),
				 "no address, or more than the 16 peers that are notified",
				 "set it by hand: `tenurectl zone set ZONE notify=...`");
		else
			list = arena_print(arena, "%s%s%s", list, *list ? "," : "", peer);
	}
	return list;
}

static void pdns_notifies(struct pdns *pdns, bool is_primary)
{
	const char *list = "";
	size_t count = 0;
	for (const struct pdns_meta *meta = pdns->metadata; meta; meta = meta->next)
		if (strcasecmp(meta->kind, "ALSO-NOTIFY") == 0)
			list = pdns_notify_add(pdns, list, meta->content, &count);
	if (pdns->also_notify)
		list = pdns_notify_add(pdns, list, pdns->also_notify, &count);
	if (!is_primary) {
		if (*list)
			pdns_say(pdns, SITE_CHANGED,
				 arena_print(&pdns->site->arena, "ALSO-NOTIFY %s", list),
				 "of a zone of type NATIVE nobody is notified", NULL);
		return;
	}
	list = arena_print(&pdns->site->arena, "%s%sns", list, *list ? "," : "");
	site_set(pdns->zone, "notify", list);
	site_say_f(pdns->site, SITE_TAKEN, pdns_place(pdns, NULL), "ALSO-NOTIFY", NULL, "notify=%s",
		   list);
}

/* --- the rest */

static const struct pdns_word pdns_kinds[] = {
	{"TSIG-ALLOW-DNSUPDATE", SITE_TAKEN, NULL, NULL},
	{"ALLOW-DNSUPDATE-FROM", SITE_TAKEN, NULL, NULL},
	{"TSIG-ALLOW-AXFR", SITE_TAKEN, NULL, NULL},
	{"ALLOW-AXFR-FROM", SITE_TAKEN, NULL, NULL},
	{"ALSO-NOTIFY", SITE_TAKEN, NULL, NULL},
	{"NOTIFY-DNSUPDATE", SITE_TAKEN, "each change is told to whom `notify` names", NULL},
	{"API-RECTIFY", SITE_CHANGED, "is of pdns' own API", NULL},
	{"SOA-EDIT-DNSUPDATE", SITE_LOST, "each change moves the serial by one", NULL},
	{"SOA-EDIT", SITE_LOST, "each change moves the serial by one", NULL},
	{"SOA-EDIT-API", SITE_LOST, "each change moves the serial by one", NULL},
	{"FORWARD-DNSUPDATE", SITE_LOST, "tenure is a primary", NULL},
	{"GSS-ACCEPTOR-PRINCIPAL", SITE_LOST, "tenured takes the principals of its keytab",
	 "see tenured.yaml(5)"},
	{"GSS-ALLOW-AXFR-PRINCIPAL", SITE_LOST, "is not turned over",
	 "a rule: allow gss:NAME@REALM transfer"},
	{"PRESIGNED", SITE_LOST, "the zone is taken unsigned", "sign behind tenure"},
	{"NSEC3PARAM", SITE_LOST, "the zone is taken unsigned", "sign behind tenure"},
	{"NSEC3NARROW", SITE_LOST, "the zone is taken unsigned", "sign behind tenure"},
	{"LUA-AXFR-SCRIPT", SITE_LOST, "no script changes a zone here", NULL},
	{"ENABLE-LUA-RECORDS", SITE_LOST, "there are no LUA records", NULL},
	{NULL, SITE_LOST, "has no counterpart here", "see whether it is needed"},
};

static void pdns_say_kinds(struct pdns *pdns)
{
	for (const struct pdns_meta *meta = pdns->metadata; meta; meta = meta->next) {
		const struct pdns_word *word = pdns_kinds;
		while (word->name && strcasecmp(word->name, meta->kind) != 0)
			word++;
		if (word->why)
			pdns_say(
				pdns, word->list,
				arena_print(&pdns->site->arena, "%s %s", meta->kind, meta->content),
				word->why, word->advice);
	}
}

void pdns_settings(struct pdns *pdns, bool is_primary)
{
	pdns_updates(pdns);
	pdns_transfers(pdns);
	pdns_notifies(pdns, is_primary);
	pdns_say_kinds(pdns);
}
