/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/notify_list.h"
#include <stdio.h>
#include <string.h>

#define PORT    53
#define BLANKS  " \t"
#define KEY     "key"
#define KEY_LEN 3

/* One peer's text, without the blanks around it. */
struct piece {
	const char *at;
	size_t len;
};

static struct piece notify_list_trimmed(const char *at, size_t len)
{
	while (len > 0 && strchr(BLANKS, at[0])) {
		at++;
		len--;
	}
	while (len > 0 && strchr(BLANKS, at[len - 1]))
		len--;
	return (struct piece){at, len};
}

static bool notify_list_is_word(struct piece piece, const char *word)
{
	return piece.len == strlen(word) && memcmp(piece.at, word, piece.len) == 0;
}

static const char *notify_list_malformed(struct piece piece, struct arena *arena)
{
	return arena_print(arena,
			   "'%.*s' is not none, ns or an address, with [@PORT][ key NAME] behind "
			   "it",
			   (int)piece.len, piece.at);
}

/* `ns@5353` is read as an address that says nothing. */
static const char *parse_place(struct notify_peer *peer, struct piece place, struct piece whole,
			       struct arena *arena)
{
	char text[ADDR_TEXT_MAX];
	if (place.len >= sizeof(text) - 8)
		return notify_list_malformed(whole, arena);
	peer->is_ns = place.len >= 2 && memcmp(place.at, "ns", 2) == 0 &&
		      (place.len == 2 || place.at[2] == '@');
	snprintf(text, sizeof(text), "%s%.*s", peer->is_ns ? "0.0.0.0" : "",
		 (int)place.len - (peer->is_ns ? 2 : 0), place.at + (peer->is_ns ? 2 : 0));
	const char *problem = addr_parse(text, PORT, &peer->addr);
	if (problem && !strchr(text, '@'))
		return notify_list_malformed(whole, arena);
	if (problem)
		return arena_print(arena, "'%.*s': %s", (int)whole.len, whole.at, problem);
	return NULL;
}

static bool can_be_told(const struct notify_peer *peer)
{
	const struct addr *a = &peer->addr;
	if (peer->is_ns)
		return true;
	if (a->any.sa_family == AF_INET6)
		return !IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr) &&
		       !IN6_IS_ADDR_MULTICAST(&a->v6.sin6_addr);
	uint32_t host = ntohl(a->v4.sin_addr.s_addr);
	return host != INADDR_ANY && host != INADDR_BROADCAST && !IN_MULTICAST(host);
}

/* What stands behind the place: ` key NAME`. */
static const char *notify_list_parse_key(struct notify_peer *peer, struct piece rest,
					 struct piece whole, struct arena *arena)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name root = dns_name_root();
	if (rest.len <= KEY_LEN || memcmp(rest.at, KEY, KEY_LEN) != 0 ||
	    !strchr(BLANKS, rest.at[KEY_LEN]))
		return notify_list_malformed(whole, arena);
	struct piece name = notify_list_trimmed(rest.at + KEY_LEN, rest.len - KEY_LEN);
	if (memchr(name.at, ' ', name.len) || memchr(name.at, '\t', name.len))
		return notify_list_malformed(whole, arena);
	const char *problem = dns_name_parse(&peer->key, name.at, name.len, &root);
	/* A comma would end the peer when the list is read again. */
	if (!problem && strchr(dns_name_show(&peer->key, shown), ','))
		problem = "a comma cannot stand in it here";
	if (problem)
		return arena_print(arena, "'%.*s' is not a key's name: %s", (int)name.len, name.at,
				   problem);
	peer->has_key = true;
	return NULL;
}

static const char *parse_peer(struct notify_peer *peer, struct piece whole, struct arena *arena)
{
	size_t place_len = 0;
	*peer = (struct notify_peer){0};
	while (place_len < whole.len && !strchr(BLANKS, whole.at[place_len]))
		place_len++;
	struct piece rest = notify_list_trimmed(whole.at + place_len, whole.len - place_len);
	const char *problem = parse_place(peer, (struct piece){whole.at, place_len}, whole, arena);
	if (problem)
		return problem;
	if (addr_port(&peer->addr) == 0)
		return arena_print(arena, "'%.*s': no packet can be sent to port 0", (int)whole.len,
				   whole.at);
	if (!can_be_told(peer))
		return arena_print(arena, "'%.*s' is not the address of one server", (int)whole.len,
				   whole.at);
	return rest.len ? notify_list_parse_key(peer, rest, whole, arena) : NULL;
}

static bool notify_list_is_there(const struct notify_list *list, const struct notify_peer *peer)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct notify_peer *other = &list->peer[i];
		if (peer->is_ns ? other->is_ns
				: !other->is_ns && addr_equal(&other->addr, &peer->addr))
			return true;
	}
	return false;
}

const char *notify_list_parse(struct notify_list *list, const char *text, struct arena *arena)
{
	list->count = 0;
	if (notify_list_is_word(notify_list_trimmed(text, strlen(text)), "none"))
		return NULL;
	for (const char *at = text; at;) {
		size_t len = strcspn(at, ",");
		struct piece piece = notify_list_trimmed(at, len);
		struct notify_peer peer;
		const char *problem = parse_peer(&peer, piece, arena);
		if (problem)
			return problem;
		if (notify_list_is_there(list, &peer))
			return arena_print(arena, "'%.*s' is named twice", (int)piece.len,
					   piece.at);
		if (list->count == NOTIFY_PEERS_MAX)
			return arena_print(arena, "more than %d peers", NOTIFY_PEERS_MAX);
		list->peer[list->count++] = peer;
		at = at[len] ? at + len + 1 : NULL;
	}
	return NULL;
}

static char *print_peer(const struct notify_peer *peer, struct arena *arena)
{
	char place[ADDR_TEXT_MAX], key[DNS_NAME_TEXT_MAX];
	if (peer->is_ns)
		snprintf(place, sizeof(place), "ns@%u", addr_port(&peer->addr));
	else
		addr_print(&peer->addr, place);
	return arena_print(arena, "%s%s%s", place, peer->has_key ? " key " : "",
			   peer->has_key ? dns_name_show(&peer->key, key) : "");
}

char *notify_list_print(const struct notify_list *list, struct arena *arena)
{
	char *text = NULL;
	for (size_t i = 0; i < list->count; i++) {
		char *peer = print_peer(&list->peer[i], arena);
		text = text ? arena_print(arena, "%s,%s", text, peer) : peer;
	}
	return text ? text : arena_text(arena, "none", 4);
}
