/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * acl of Knot as rules, in the order in which the zone names them; the first that matches decides
 * in both. An item that allows and names no key is for unsigned requests alone; one that denies and
 * names none is for all. What differs:
 *
 *      - one item must allow a whole message there; here each record is judged. Who may do both
 *        halves may do them in two messages, so that nobody gets more.
 *      - `sub` is strictly below a name. What later items say of the name itself stands before.
 */
#include <config.h>
#include "migrate/knot_parts.h"
#include "acl/rule.h"
#include "dns/type.h"
#include "zonedb/notify_list.h"
#include <string.h>
#include <strings.h>

#define KNOT_RIGHTS  "claim,join,write"
#define KNOT_WHO_MAX 256

enum knot_match { KNOT_EQUAL, KNOT_SUB_OR_EQUAL, KNOT_SUB };

/* An acl of a zone, read. */
struct knot_rule {
	struct knot_rule *next;
	const struct knot_block *block;
	bool is_deny, of_update, of_transfer;
	const char *who[KNOT_WHO_MAX]; /* "key:k"; none: unsigned, or whoever is denied */
	size_t who_count;
	struct prefix_set from;
	bool has_from;
	const char *types; /* " types A,AAAA", or "" */
	const char *owner; /* "name", "key", "zone"; NULL: any */
	enum knot_match match;
	const struct knot_item *names;
};

struct knot_acl {
	struct knot *knot;
	struct site_zone *zone;
	struct knot_rule *first, **end;
	bool has_updates, has_unsigned;
	size_t updates;
};

static struct arena *knot_acl_arena(const struct knot_acl *acl)
{
	return &acl->knot->site->arena;
}

static void knot_acl_say(const struct knot_acl *acl, enum site_list list,
			 const struct knot_item *item, const char *why, const char *advice)
{
	site_say(acl->knot->site, list, knot_place(item, acl->zone->place.what),
		 knot_item_print(item, knot_acl_arena(acl)), why, advice);
}

/* --- reading */

static bool knot_acl_is_on(const struct knot_block *block, const char *name)
{
	const char *text = knot_item_text(block, name);
	return text && (strcasecmp(text, "on") == 0 || strcasecmp(text, "true") == 0 ||
			strcmp(text, "1") == 0 || strcasecmp(text, "yes") == 0);
}

/* A key that the site has, as a rule names it; NULL: it has none of that name. */
static const char *knot_acl_key(const struct knot_acl *acl, const char *id)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT_MAX];
	if (dns_name_parse_text(&name, id) || !site_key_find(acl->knot->site, &name))
		return NULL;
	return arena_print(knot_acl_arena(acl), "key:%s", dns_name_show(&name, text));
}

static bool knot_acl_add_address(struct knot_rule *rule, const char *text)
{
	char part[ADDR_TEXT_MAX];
	struct prefix first, last;
	const char *dash = strchr(text, '-');
	rule->has_from = true;
	if (!dash) {
		size_t len = strcspn(text, "@");
		if (len >= sizeof part)
			return false;
		snprintf(part, sizeof part, "%.*s", (int)len, text);
		if (prefix_parse(part, &first))
			return false;
		prefix_set_add(&rule->from, &first);
		return true;
	}
	if ((size_t)(dash - text) >= sizeof part)
		return false;
	snprintf(part, sizeof part, "%.*s", (int)(dash - text), text);
	if (prefix_parse(part, &first) || prefix_parse(dash + 1, &last) ||
	    first.family_len != last.family_len ||
	    memcmp(first.bytes, last.bytes, first.family_len) > 0)
		return false;
	prefix_set_add_range(&rule->from, &first, &last);
	return true;
}

/* False: an address is not understood. */
static bool knot_acl_read_addresses(const struct knot_acl *acl, struct knot_rule *rule,
				    const struct knot_item *item)
{
	(void)acl;
	for (const struct knot_value *v = item ? item->values : NULL; v; v = v->next)
		if (!knot_acl_add_address(rule, v->text))
			return false;
	return true;
}

static bool knot_acl_read_keys(const struct knot_acl *acl, struct knot_rule *rule,
			       const struct knot_item *item)
{
	size_t missing = 0;
	for (const struct knot_value *v = item ? item->values : NULL; v; v = v->next) {
		const char *who = knot_acl_key(acl, v->text);
		if (who && rule->who_count < KNOT_WHO_MAX)
			rule->who[rule->who_count++] = who;
		else
			missing++;
	}
	if (missing)
		knot_acl_say(acl, SITE_LOST, item, "a key of it is not taken, so no rule names it",
			     "make the key, and add the rule");
	return !item || rule->who_count > 0;
}

static bool knot_acl_has_value(const struct knot_item *item, const char *word)
{
	for (const struct knot_value *v = item ? item->values : NULL; v; v = v->next)
		if (strcasecmp(v->text, word) == 0)
			return true;
	return false;
}

/* What the item is of. Without an action it is of queries; one that denies, of all. */
static void knot_acl_read_actions(const struct knot_acl *acl, struct knot_rule *rule)
{
	const struct knot_item *item = knot_item_find(rule->block, "action");
	bool of_all = rule->is_deny && (!item || !item->values);
	rule->of_update = of_all || knot_acl_has_value(item, "update");
	rule->of_transfer = of_all || knot_acl_has_value(item, "transfer");
	if (knot_acl_has_value(item, "notify"))
		knot_acl_say(acl, SITE_LOST, item, "NOTIFY to a primary means nothing", NULL);
	if (knot_acl_has_value(item, "query"))
		knot_acl_say(acl, SITE_CHANGED, item, "everybody may ask, as there", NULL);
}

static const char *knot_acl_read_types(const struct knot_acl *acl, const struct knot_rule *rule)
{
	const struct knot_item *item = knot_item_find(rule->block, "update-type");
	const char *text = "";
	uint16_t type;
	for (const struct knot_value *v = item ? item->values : NULL; v; v = v->next) {
		if (!dns_type_parse(v->text, strlen(v->text), &type))
			return NULL;
		text = arena_print(knot_acl_arena(acl), "%s%s%s", text, *text ? "," : " types ",
				   v->text);
	}
	return text;
}

static enum knot_match knot_acl_read_match(const struct knot_block *block)
{
	const char *text = knot_item_text(block, "update-owner-match");
	return !text                            ? KNOT_SUB_OR_EQUAL
	       : strcasecmp(text, "equal") == 0 ? KNOT_EQUAL
	       : strcasecmp(text, "sub") == 0   ? KNOT_SUB
						: KNOT_SUB_OR_EQUAL;
}

/* Conditions that are not known here would be left out of what allows, which gave more then. */
static const char *knot_acl_unknown(const struct knot_block *block)
{
	static const char *const known[] = {"id",
					    "address",
					    "key",
					    "remote",
					    "action",
					    "deny",
					    "update-type",
					    "update-owner",
					    "update-owner-match",
					    "update-owner-name",
					    "comment"};
	for (const struct knot_item *item = block->items; item; item = item->next) {
		bool is_known = false;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			is_known |= strcmp(item->name, known[i]) == 0;
		if (!is_known)
			return item->name;
	}
	return NULL;
}

/* A remote stands for its addresses and its key. */
static bool knot_acl_read_remote(const struct knot_acl *acl, struct knot_rule *rule,
				 const char *name)
{
	const struct knot_block *remote = knot_block_find(&acl->knot->conf, "remote", name);
	if (!remote)
		return false;
	return knot_acl_read_addresses(acl, rule, knot_item_find(remote, "address")) &&
	       knot_acl_read_keys(acl, rule, knot_item_find(remote, "key"));
}

static void knot_acl_put_in_order(struct knot_acl *acl, struct knot_rule *rule)
{
	*acl->end = rule;
	acl->end = &rule->next;
	acl->updates += rule->of_update;
}

static struct knot_rule *knot_acl_new(const struct knot_acl *acl, const struct knot_block *block)
{
	struct knot_rule *rule = arena_zero(knot_acl_arena(acl), sizeof *rule);
	rule->block = block;
	rule->is_deny = knot_acl_is_on(block, "deny");
	rule->from = prefix_set_none(knot_acl_arena(acl));
	rule->types = "";
	return rule;
}

/* What is wrong with an acl; NULL: it was read. */
static const char *knot_acl_read_rest(const struct knot_acl *acl, struct knot_rule *rule)
{
	const char *owner = knot_item_text(rule->block, "update-owner");
	if (knot_acl_unknown(rule->block))
		return arena_print(knot_acl_arena(acl), "the condition %s is not known here",
				   knot_acl_unknown(rule->block));
	knot_acl_read_actions(acl, rule);
	rule->types = knot_acl_read_types(acl, rule);
	if (!rule->types)
		return "a type that is not known";
	rule->owner = owner && strcasecmp(owner, "none") != 0 ? owner : NULL;
	rule->match = knot_acl_read_match(rule->block);
	rule->names = knot_item_find(rule->block, "update-owner-name");
	if (rule->from.full)
		return "more addresses than rules can name";
	return NULL;
}

/* One that allows is left out; where one that denies is not understood, nothing behind it may
 * allow. */
static void knot_acl_lose(struct knot_acl *acl, struct knot_rule *rule, const char *why)
{
	const char *what = arena_print(knot_acl_arena(acl), "acl %s", knot_block_name(rule->block));
	site_say(acl->knot->site, SITE_LOST, knot_block_place(rule->block, acl->zone->place.what),
		 what, why, "write a rule");
	if (!rule->is_deny)
		return;
	struct knot_rule *closed = knot_acl_new(acl, rule->block);
	closed->is_deny = closed->of_update = closed->of_transfer = true;
	knot_acl_put_in_order(acl, closed);
}

/* A rule of the block, for one of its remotes, or none. */
static void knot_acl_read_one(struct knot_acl *acl, const struct knot_block *block,
			      const char *remote)
{
	struct knot_rule *rule = knot_acl_new(acl, block);
	const char *problem = NULL;
	bool is_read =
		remote ? knot_acl_read_remote(acl, rule, remote)
		       : knot_acl_read_addresses(acl, rule, knot_item_find(block, "address"));
	if (!is_read)
		problem = remote ? "a remote that is not understood"
				 : "an address that is not understood";
	/* Without a key that is taken nobody could prove to be meant. */
	if (!problem && !remote && !knot_acl_read_keys(acl, rule, knot_item_find(block, "key")))
		return;
	if (!problem)
		problem = knot_acl_read_rest(acl, rule);
	if (problem)
		knot_acl_lose(acl, rule, problem);
	else
		knot_acl_put_in_order(acl, rule);
}

static void knot_acl_read_remotes(struct knot_acl *acl, const struct knot_block *block,
				  const struct knot_item *item)
{
	for (const struct knot_value *v = item->values; v; v = v->next) {
		const struct knot_block *group =
			knot_block_find(&acl->knot->conf, "remotes", v->text);
		const struct knot_item *list = knot_item_find(group, "remote");
		for (const struct knot_value *one = list ? list->values : NULL; one;
		     one = one->next)
			knot_acl_read_one(acl, block, one->text);
		if (!list)
			knot_acl_read_one(acl, block, v->text);
	}
}

static void knot_acl_read(struct knot_acl *acl, const struct knot_item *item)
{
	for (const struct knot_value *v = item ? item->values : NULL; v; v = v->next) {
		const struct knot_block *block = knot_block_find(&acl->knot->conf, "acl", v->text);
		if (!block) {
			knot_acl_say(acl, SITE_LOST, item, "there is no acl of such a name", NULL);
			continue;
		}
		const struct knot_item *remote = knot_item_find(block, "remote");
		if (remote && remote->values)
			knot_acl_read_remotes(acl, block, remote);
		else
			knot_acl_read_one(acl, block, NULL);
	}
}

/* `automatic-acl: on`: who is notified may take the zone. */
static void knot_acl_read_automatic(struct knot_acl *acl, const struct knot_item *notify)
{
	const struct knot_block *server = knot_block_find(&acl->knot->conf, "server", NULL);
	for (const struct knot_value *v = notify ? notify->values : NULL;
	     v && knot_acl_is_on(server, "automatic-acl"); v = v->next) {
		const struct knot_block *remote =
			knot_block_find(&acl->knot->conf, "remote", v->text);
		const char *own = knot_item_text(remote, "automatic-acl");
		if (!remote || (own && strcasecmp(own, "off") == 0))
			continue;
		struct knot_rule *rule = knot_acl_new(acl, remote);
		rule->is_deny = false;
		rule->of_transfer = true;
		if (knot_acl_read_remote(acl, rule, v->text))
			knot_acl_put_in_order(acl, rule);
	}
}

/* --- writing */

/* A line for one who and for as many addresses as a rule has room for. */
static void knot_acl_put(const struct knot_acl *acl, const struct knot_rule *rule, bool is_deny,
			 const char *who, const char *rights, const char *names)
{
	const char *verb = is_deny ? "deny" : "allow";
	struct site_place place = knot_block_place(rule->block, acl->zone->place.what);
	const char *types = strcmp(rights, KNOT_RIGHTS) == 0 ? rule->types : "";
	if (!rule->has_from) {
		site_rule(acl->zone, place, NULL, "%s %s %s%s%s", verb, who, rights, names, types);
		return;
	}
	for (size_t at = 0; at < rule->from.count; at += RULE_SOURCES_MAX)
		site_rule(acl->zone, place, NULL, "%s %s %s%s%s from %s", verb, who, rights, names,
			  types, prefix_set_text(&rule->from, at, RULE_SOURCES_MAX));
}

/* For each that the item is of. */
static void knot_acl_put_all(struct knot_acl *acl, const struct knot_rule *rule, bool is_deny,
			     const char *rights, const char *names)
{
	for (size_t i = 0; i < rule->who_count; i++)
		knot_acl_put(acl, rule, is_deny, rule->who[i], rights, names);
	if (rule->who_count)
		return;
	if (is_deny)
		knot_acl_put(acl, rule, true, "authenticated", rights, names);
	knot_acl_put(acl, rule, is_deny, "anonymous", rights, names);
	acl->has_unsigned |= !is_deny && strcmp(rights, KNOT_RIGHTS) == 0;
}

/* A name of update-owner-name; false: it is none of the zone. */
static bool knot_acl_name(const struct knot_acl *acl, const char *text, struct dns_name *name)
{
	return !dns_name_parse(name, text, strlen(text), &acl->zone->apex) &&
	       dns_name_under(name, &acl->zone->apex);
}

/* Whether an item covers a name by its own names. */
static bool knot_acl_has(const struct knot_acl *acl, const struct knot_rule *rule,
			 const struct dns_name *name)
{
	struct dns_name own = acl->zone->apex;
	const struct knot_value *v = rule->names ? rule->names->values : NULL;
	if (!rule->owner)
		return true;
	if (strcasecmp(rule->owner, "key") == 0)
		return false;
	bool is_zone = strcasecmp(rule->owner, "zone") == 0;
	for (bool more = is_zone || v; more; more = !is_zone && (v = v->next)) {
		if (!is_zone && !knot_acl_name(acl, v->text, &own))
			continue;
		bool is_own = dns_name_equal(name, &own);
		if (is_own ? rule->match != KNOT_SUB
			   : rule->match != KNOT_EQUAL && dns_name_under(name, &own))
			return true;
	}
	return false;
}

/* Whether both may be of one requester. */
static bool knot_acl_overlaps(const struct knot_rule *a, const struct knot_rule *b)
{
	if (a->who_count == 0 || b->who_count == 0)
		return a->who_count == b->who_count || a->is_deny || b->is_deny;
	for (size_t i = 0; i < a->who_count; i++)
		for (size_t k = 0; k < b->who_count; k++)
			if (strcmp(a->who[i], b->who[k]) == 0)
				return true;
	return false;
}

/* What later items say of a name that this one does not match, before it; NULL: of the requester's
 * own name. */
static void knot_acl_put_later(struct knot_acl *acl, const struct knot_rule *rule,
			       const struct dns_name *name, const char *names)
{
	for (const struct knot_rule *later = rule->next; later; later = later->next)
		if (later->of_update && knot_acl_overlaps(rule, later) &&
		    (name ? knot_acl_has(acl, later, name) : !later->owner))
			knot_acl_put_all(acl, later, later->is_deny, KNOT_RIGHTS, names);
}

static void knot_acl_put_at(struct knot_acl *acl, const struct knot_rule *rule,
			    const struct dns_name *name)
{
	const char *text = site_rule_name(acl->zone, name);
	const char *at = arena_print(knot_acl_arena(acl), " at %s", text);
	const char *under = arena_print(knot_acl_arena(acl), " under %s", text);
	if (rule->match == KNOT_EQUAL) {
		knot_acl_put_all(acl, rule, rule->is_deny, KNOT_RIGHTS, at);
		return;
	}
	if (rule->match == KNOT_SUB) {
		knot_acl_put_later(acl, rule, name, at);
		if (!rule->is_deny)
			knot_acl_put_all(acl, rule, true, KNOT_RIGHTS, at);
	}
	knot_acl_put_all(acl, rule, rule->is_deny, KNOT_RIGHTS, under);
}

static void knot_acl_put_self(struct knot_acl *acl, const struct knot_rule *rule)
{
	if (rule->who_count == 0) {
		site_say(acl->knot->site, SITE_LOST,
			 knot_block_place(rule->block, acl->zone->place.what),
			 arena_print(knot_acl_arena(acl), "acl %s", knot_block_name(rule->block)),
			 "update-owner: key of unsigned requests never matches", NULL);
		return;
	}
	if (rule->match == KNOT_SUB) {
		knot_acl_put_later(acl, rule, NULL, " self");
		if (!rule->is_deny)
			knot_acl_put_all(acl, rule, true, KNOT_RIGHTS, " self");
	}
	knot_acl_put_all(acl, rule, rule->is_deny, KNOT_RIGHTS,
			 rule->match == KNOT_EQUAL ? " self" : " self-under");
}

static void knot_acl_put_updates(struct knot_acl *acl, const struct knot_rule *rule)
{
	struct dns_name name;
	if (!rule->owner) {
		knot_acl_put_all(acl, rule, rule->is_deny, KNOT_RIGHTS,
				 rule->is_deny ? "" : " under @");
	} else if (strcasecmp(rule->owner, "key") == 0) {
		knot_acl_put_self(acl, rule);
	} else if (strcasecmp(rule->owner, "zone") == 0) {
		knot_acl_put_at(acl, rule, &acl->zone->apex);
	} else {
		for (const struct knot_value *v = rule->names ? rule->names->values : NULL; v;
		     v = v->next) {
			if (knot_acl_name(acl, v->text, &name))
				knot_acl_put_at(acl, rule, &name);
			else
				knot_acl_say(acl, SITE_CHANGED, rule->names,
					     "a name outside of the zone, which never matches",
					     NULL);
		}
	}
}

static void knot_acl_end(struct knot_acl *acl, const struct knot_item *item)
{
	struct site_place place = knot_place(item, acl->zone->place.what);
	struct arena *arena = knot_acl_arena(acl);
	site_rule(acl->zone, place, NULL, "deny authenticated write");
	if (acl->has_unsigned)
		site_rule(acl->zone, place, NULL, "deny anonymous write");
	site_say(acl->knot->site, SITE_CHANGED, place, knot_item_print(item, arena),
		 "rules, in its order; narrower: NS, DS, DNAME and the like, `*`, wpad, isatap and "
		 "the name servers' own names need a rule that names them. A refusal is REFUSED "
		 "here, NOTAUTH there; with update-type, a whole name may be deleted where all its "
		 "records may",
		 "add such rules where updates of them are made");
	if (acl->updates > 1)
		site_say(acl->knot->site, SITE_CHANGED, place, knot_item_print(item, arena),
			 "one item had to allow a whole message there; here each record is judged, "
			 "so "
			 "that what took two messages may be one; an item that denies, there only "
			 "where it "
			 "matches the whole message, refuses it here",
			 NULL);
}

void knot_acl(struct knot *knot, struct site_zone *zone, const struct knot_block *block)
{
	struct knot_acl acl = {.knot = knot, .zone = zone};
	const struct knot_item *item = knot_zone_item(knot, block, "acl");
	acl.end = &acl.first;
	knot_acl_read(&acl, item);
	knot_acl_read_automatic(&acl, knot_zone_item(knot, block, "notify"));
	for (const struct knot_rule *rule = acl.first; rule; rule = rule->next)
		acl.has_updates |= rule->of_update && !rule->is_deny;
	site_set(zone, "update", acl.has_updates ? "secure" : "none");
	if (acl.has_updates) {
		site_set(zone, "policy", "closed");
		for (const struct knot_rule *rule = acl.first; rule; rule = rule->next)
			if (rule->of_update)
				knot_acl_put_updates(&acl, rule);
		knot_acl_end(&acl, item);
	}
	for (const struct knot_rule *rule = acl.first; rule; rule = rule->next)
		if (rule->of_transfer)
			knot_acl_put_all(&acl, rule, rule->is_deny, "transfer", "");
}

/* --- NOTIFY */

struct knot_notify {
	struct knot *knot;
	struct site_zone *zone;
	const struct knot_item *item;
	const char *text;
	size_t count;
};

static void knot_notify_lose(const struct knot_notify *notify, const char *why)
{
	struct site *site = notify->knot->site;
	site_say(site, SITE_LOST, knot_place(notify->item, notify->zone->place.what),
		 knot_item_print(notify->item, &site->arena), why,
		 "set it by hand: `tenurectl zone set ZONE notify=...`");
}

static void knot_notify_remote(struct knot_notify *notify, const char *name)
{
	struct arena *arena = &notify->knot->site->arena;
	const struct knot_block *remote = knot_block_find(&notify->knot->conf, "remote", name);
	const struct knot_item *address = knot_item_find(remote, "address");
	const char *key = knot_item_text(remote, "key"), *with = "";
	struct dns_name key_name;
	char text[DNS_NAME_TEXT_MAX];
	if (!address) {
		knot_notify_lose(notify, "a remote without address");
		return;
	}
	if (key && !dns_name_parse_text(&key_name, key) &&
	    site_key_find(notify->knot->site, &key_name))
		with = arena_print(arena, " key %s", dns_name_show(&key_name, text));
	else if (key)
		knot_notify_lose(notify, "its key is not taken: NOTIFY goes unsigned");
	for (const struct knot_value *v = address->values; v; v = v->next) {
		if (notify->count++ == NOTIFY_PEERS_MAX) {
			knot_notify_lose(notify, "more peers than the 16 that are notified");
			return;
		}
		notify->text = arena_print(arena, "%s%s%s%s", notify->text,
					   *notify->text ? "," : "", v->text, with);
	}
}

void knot_notify(struct knot *knot, struct site_zone *zone, const struct knot_block *block)
{
	struct knot_notify notify = {.knot = knot, .zone = zone, .text = ""};
	notify.item = knot_zone_item(knot, block, "notify");
	for (const struct knot_value *v = notify.item ? notify.item->values : NULL; v;
	     v = v->next) {
		const struct knot_block *group = knot_block_find(&knot->conf, "remotes", v->text);
		const struct knot_item *list = knot_item_find(group, "remote");
		for (const struct knot_value *one = list ? list->values : NULL; one;
		     one = one->next)
			knot_notify_remote(&notify, one->text);
		if (!list)
			knot_notify_remote(&notify, v->text);
	}
	if (!*notify.text)
		return;
	site_set(zone, "notify", notify.text);
	site_say_f(knot->site, SITE_TAKEN, knot_place(notify.item, zone->place.what),
		   knot_item_print(notify.item, &knot->site->arena), NULL, "notify=%s",
		   notify.text);
}
