/* SPDX-License-Identifier: BSD-2-Clause */
/* Address match lists: elements are looked at in order, and the first that matches decides. A list
 * in a list matches where it matches positively; its exceptions leave the rest of the outer one to
 * be looked at. */
#include <config.h>
#include "migrate/bind_parts.h"
#include "dns/name.h"
#include <ifaddrs.h>
#include <string.h>
#include <strings.h>

#define BIND_ACL_DEPTH_MAX 32
#define BIND_MATCHES_MAX   100000u

struct bind_acl_reader {
	struct bind *bind;
	const char *what;
	unsigned depth;
	size_t count;
	bool is_broken;
	const struct bind_statement *statement; /* of the element that is read */
	bool is_negative;
	struct bind_match **end;
};

static struct bind_match *bind_acl_read_list(struct bind_acl_reader *r,
					     const struct bind_statement *elements);

static struct bind_match *bind_acl_add(struct bind_acl_reader *r, enum bind_match_kind kind)
{
	struct bind_match *match = arena_zero(&r->bind->site->arena, sizeof *match);
	match->statement = r->statement;
	match->is_negative = r->is_negative;
	match->kind = kind;
	match->text = bind_text(r->bind, r->statement);
	*r->end = match;
	r->end = &match->next;
	r->count++;
	return match;
}

static void bind_acl_add_any(struct bind_acl_reader *r)
{
	static const uint8_t families[] = {4, 16};
	for (size_t i = 0; i < 2; i++) {
		struct bind_match *match = bind_acl_add(r, BIND_MATCH_PREFIX);
		match->prefix = (struct prefix){.family_len = families[i]};
		match->is_any = true;
	}
}

/* What is not understood must not match less than it did where it is an exception. */
static void bind_acl_lose(struct bind_acl_reader *r, const char *why, const char *advice)
{
	site_say(r->bind->site, SITE_LOST, bind_place(r->statement, r->what),
		 bind_text(r->bind, r->statement), why, advice);
	r->is_broken |= r->is_negative;
}

/* --- localhost, localnets: of this machine */

static bool bind_acl_prefix_of(const struct ifaddrs *one, bool is_net, struct prefix *out)
{
	const struct sockaddr *address = one->ifa_addr, *mask = one->ifa_netmask;
	if (!address || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
		return false;
	bool is_v4 = address->sa_family == AF_INET;
	const uint8_t *bytes =
		is_v4 ? (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr
		      : (const void *)&((const struct sockaddr_in6 *)(const void *)address)
				->sin6_addr;
	*out = (struct prefix){.family_len = is_v4 ? 4 : 16, .bits = is_v4 ? 32 : 128};
	memcpy(out->bytes, bytes, out->family_len);
	if (!is_net || !mask)
		return true;
	const uint8_t *mask_bytes =
		is_v4 ? (const void *)&((const struct sockaddr_in *)(const void *)mask)->sin_addr
		      : (const void *)&((const struct sockaddr_in6 *)(const void *)mask)->sin6_addr;
	out->bits = 0;
	while (out->bits < out->family_len * 8 &&
	       (mask_bytes[out->bits / 8] & (0x80u >> out->bits % 8)))
		out->bits++;
	for (unsigned bit = out->bits; bit < out->family_len * 8u; bit++)
		out->bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	return true;
}

static void bind_acl_add_local(struct bind_acl_reader *r, bool is_net)
{
	struct ifaddrs *all = NULL;
	struct prefix_set set = prefix_set_none(&r->bind->site->arena);
	struct prefix prefix;
	if (getifaddrs(&all) != 0) {
		bind_acl_lose(r, "this machine does not tell its addresses",
			      "write the addresses instead");
		return;
	}
	for (const struct ifaddrs *one = all; one; one = one->ifa_next)
		if (bind_acl_prefix_of(one, is_net, &prefix))
			prefix_set_add(&set, &prefix);
	freeifaddrs(all);
	for (size_t i = 0; i < set.count; i++)
		bind_acl_add(r, BIND_MATCH_PREFIX)->prefix = set.prefix[i];
	site_say_f(r->bind->site, SITE_CHANGED, bind_place(r->statement, r->what),
		   bind_text(r->bind, r->statement), "look at the rules when addresses change",
		   "written as the addresses that this machine has now: %s",
		   prefix_set_text(&set, 0, 16));
}

/* --- elements */

static const struct bind_statement *bind_acl_named(const struct bind *bind, const char *name)
{
	for (const struct bind_statement *one = bind->top; one; one = one->next) {
		const char *arg = bind_statement_arg(one, 1);
		if (strcasecmp(bind_statement_word(one), "acl") == 0 && arg &&
		    strcasecmp(arg, name) == 0)
			return one;
	}
	return NULL;
}

static void bind_acl_add_key(struct bind_acl_reader *r, const char *word)
{
	struct dns_name name;
	char text[DNS_NAME_TEXT_MAX];
	if (!word || dns_name_parse_text(&name, word)) {
		bind_acl_lose(r, "no name of a key", "name the key in a rule");
		return;
	}
	dns_name_show(&name, text);
	if (!site_key_find(r->bind->site, &name)) {
		/* Denied or not: nobody holds it. */
		site_say_f(r->bind->site, SITE_LOST, bind_place(r->statement, r->what),
			   bind_text(r->bind, r->statement),
			   "make the key, and add the rule for it",
			   "key %s is not taken, so no rule is written for it", text);
		return;
	}
	bind_acl_add(r, BIND_MATCH_KEY)->key =
		arena_text(&r->bind->site->arena, text, strlen(text));
}

/* Whether a list's exceptions change nothing behind what came before them in it: then its elements
 * may as well stand in the outer list. */
static bool bind_acl_is_simple(const struct bind_match *list, struct arena *arena)
{
	struct prefix_set seen = prefix_set_none(arena);
	for (; list; list = list->next) {
		if (list->kind == BIND_MATCH_LIST ||
		    (list->is_negative &&
		     (list->kind != BIND_MATCH_PREFIX || !prefix_set_holds(&seen, &list->prefix))))
			return false;
		if (list->kind == BIND_MATCH_PREFIX)
			prefix_set_add(&seen, &list->prefix);
	}
	return true;
}

static void bind_acl_add_list(struct bind_acl_reader *r, const struct bind_statement *elements)
{
	struct bind_acl_reader inner = *r;
	inner.is_negative = false;
	inner.depth++;
	if (inner.depth > BIND_ACL_DEPTH_MAX || inner.count > BIND_MATCHES_MAX) {
		bind_acl_lose(r, "too many lists in one another", "write the addresses instead");
		return;
	}
	struct bind_match *list = bind_acl_read_list(&inner, elements);
	r->count = inner.count;
	/* An exception of an exception would match more. */
	r->is_broken |= inner.is_broken;
	if (!list)
		return;
	if (r->is_negative || !bind_acl_is_simple(list, &r->bind->site->arena)) {
		bind_acl_add(r, BIND_MATCH_LIST)->list = list;
		return;
	}
	*r->end = list;
	while (list->next)
		list = list->next;
	r->end = &list->next;
}

static void bind_acl_add_word(struct bind_acl_reader *r, const char *word)
{
	struct prefix prefix;
	const struct bind_statement *acl;
	bool found;
	if (strcasecmp(word, "any") == 0) {
		bind_acl_add_any(r);
	} else if (strcasecmp(word, "none") == 0) {
		r->is_negative = !r->is_negative;
		bind_acl_add_any(r);
	} else if (strcasecmp(word, "localhost") == 0 || strcasecmp(word, "localnets") == 0) {
		bind_acl_add_local(r, strcasecmp(word, "localnets") == 0);
	} else if (!prefix_parse(word, &prefix)) {
		bind_acl_add(r, BIND_MATCH_PREFIX)->prefix = prefix;
	} else if ((acl = bind_acl_named(r->bind, word))) {
		bind_acl_add_list(r, bind_statement_block(acl, &found));
	} else {
		bind_acl_lose(r, "no address, and no acl of that name", "write the addresses");
	}
}

/* `10` and `192.168/16`, which BIND takes, are written in full by named-checkconf. */
static void bind_acl_add_element(struct bind_acl_reader *r)
{
	const struct bind_item *item = r->statement->items;
	const char *word = item->word;
	r->is_negative = false;
	if (word && *word == '!' && !item->is_quoted) {
		r->is_negative = true;
		word++;
		if (!*word) {
			item = item->next;
			word = item ? item->word : NULL;
		}
	}
	if (!item)
		bind_acl_lose(r, "nothing behind `!`", "write the address");
	else if (!word)
		bind_acl_add_list(r, item->block);
	else if (strcasecmp(word, "key") == 0 && item->next)
		bind_acl_add_key(r, item->next->word);
	else if (item->next)
		bind_acl_lose(r, "tenure has no such condition",
			      "write the addresses, or the key, into a rule");
	else
		bind_acl_add_word(r, word);
}

static struct bind_match *bind_acl_read_list(struct bind_acl_reader *r,
					     const struct bind_statement *elements)
{
	struct bind_match *first = NULL;
	r->end = &first;
	for (; elements && r->count <= BIND_MATCHES_MAX; elements = elements->next) {
		r->statement = elements;
		bind_acl_add_element(r);
	}
	r->end = NULL;
	return first;
}

struct bind_list bind_list_read(struct bind *bind, const struct bind_statement *elements,
				const char *what)
{
	struct bind_acl_reader r = {.bind = bind, .what = what};
	struct bind_list list = {.first = bind_acl_read_list(&r, elements)};
	list.is_broken = r.is_broken || r.count > BIND_MATCHES_MAX;
	if (list.is_broken)
		list.first = NULL;
	return list;
}

struct bind_list bind_list_any(struct bind *bind, const struct bind_statement *statement)
{
	struct bind_list list = {0};
	struct bind_acl_reader r = {.bind = bind, .statement = statement, .end = &list.first};
	bind_acl_add_any(&r);
	return list;
}

/* --- what it matches */

static struct prefix_set bind_match_set(const struct bind_match *match, const char *key,
					struct arena *arena)
{
	struct prefix_set set = prefix_set_none(arena);
	if (match->kind == BIND_MATCH_LIST)
		return bind_list_set(match->list, key, arena);
	if (match->kind == BIND_MATCH_PREFIX)
		prefix_set_add(&set, &match->prefix);
	else if (key && strcmp(key, match->key) == 0)
		set = prefix_set_all(arena);
	return set;
}

struct prefix_set bind_list_set(const struct bind_match *list, const char *key, struct arena *arena)
{
	struct prefix_set matched = prefix_set_none(arena), left = prefix_set_all(arena);
	for (; list && left.count; list = list->next) {
		struct prefix_set set = bind_match_set(list, key, arena);
		struct prefix_set here = prefix_set_both(&set, &left);
		if (!list->is_negative)
			prefix_set_add_all(&matched, &here);
		matched.full |= here.full;
		for (size_t i = 0; i < here.count; i++)
			prefix_set_remove(&left, &here.prefix[i]);
	}
	return matched;
}

const char *bind_list_key(const struct bind_match *list, const char *after, struct arena *arena)
{
	const char *best = NULL;
	for (; list; list = list->next) {
		const char *key = list->kind == BIND_MATCH_KEY ? list->key : NULL;
		if (list->kind == BIND_MATCH_LIST)
			key = bind_list_key(list->list, after, arena);
		if (key && (!after || strcmp(key, after) > 0) && (!best || strcmp(key, best) < 0))
			best = key;
	}
	return best;
}

bool bind_list_is_any(const struct bind_list *list, struct arena *arena)
{
	struct prefix_set set = bind_list_set(list->first, NULL, arena);
	if (!prefix_set_is_all(&set))
		return false;
	for (const char *key = NULL; (key = bind_list_key(list->first, key, arena));) {
		set = bind_list_set(list->first, key, arena);
		if (!prefix_set_is_all(&set))
			return false;
	}
	return true;
}
