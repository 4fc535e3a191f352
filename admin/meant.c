/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/meant.h"
#include "admin/scope.h"
#include "base/nearest.h"
#include "zonedb/lookup.h"
#include <string.h>

struct meant {
	struct call *call;
	struct nearest nearest;
	const char *bare;  /* the word without its kind */
	const char *exact; /* what it is with it */
	const char *near;  /* what is spelled most like it */
};

static const char *meant_keep(struct call *call, const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	dns_name_show(name, text);
	return arena_text(&call->arena, text, strlen(text));
}

/* Names are compared without their kinds: `key:` is not what two have in common. */
static void meant_try(struct meant *meant, const char *candidate, const char *bare)
{
	const char *before = meant->nearest.best;
	if (strcmp(meant->bare, bare) == 0)
		meant->exact = candidate;
	nearest_try(&meant->nearest, bare);
	if (meant->nearest.best != before)
		meant->near = candidate;
}

static bool meant_try_key(void *context, const struct keyring_key *key)
{
	struct meant *meant = context;
	const char *name = meant_keep(meant->call, &key->name);
	meant_try(meant, arena_print(&meant->call->arena, "key:%s", name), name);
	return true;
}

const char *meant_principal(struct call *call, const char *text)
{
	bool is_group = text[0] == '@', is_key = strncmp(text, "key:", 4) == 0;
	const char *bare = is_group ? text + 1 : is_key ? text + 4 : text;
	struct meant meant = {.call = call, .nearest = nearest_to(bare), .bare = bare};
	const struct groups *groups = call->snapshot.groups;
	if (!is_group && !is_key && strchr(text, ':'))
		return NULL;
	/* Keys and groups are the whole server's. */
	if (scope_is_listed(call))
		return NULL;
	if (!is_group)
		keyring_walk(call->snapshot.txn, meant_try_key, &meant);
	for (size_t i = 0; !is_key && i < groups_count(groups); i++)
		meant_try(&meant, groups_at(groups, i)->name, groups_at(groups, i)->name + 1);
	if (meant.exact)
		return meant.exact;
	return nearest_found(&meant.nearest) ? meant.near : NULL;
}

enum call_code meant_principal_fail(struct call *call, const char *what, const char *text)
{
	const char *meant = meant_principal(call, text);
	if (meant)
		return call_fail(call, CALL_USAGE,
				 "%s: '%.200s' is no principal and no group: did you mean '%s'?",
				 what, text, meant);
	return call_fail(
		call, CALL_USAGE,
		"%s: '%.200s' is no principal (key:NAME, gss:NAME@REALM, anonymous) and no "
		"group (@NAME)",
		what, text);
}

/* The name with the zone behind it. */
static bool meant_complete(const struct dns_name *name, const struct dns_name *apex,
			   struct dns_name *out)
{
	uint8_t wire[2 * DNS_NAME_MAX];
	struct bytes_out whole = bytes_out_of(wire, sizeof wire);
	bytes_out_put(&whole, name->wire, name->len - 1u);
	bytes_out_put(&whole, apex->wire, apex->len);
	return bytes_out_len(&whole) <= DNS_NAME_MAX &&
	       dns_name_from_wire(out, bytes_of(wire, bytes_out_len(&whole)));
}

/* A relative name: of the only zone, or of the first that holds it. */
static const char *meant_relative(struct call *call, const struct dns_name *name)
{
	const struct zoneset *zones = call->snapshot.zones;
	struct dns_name whole;
	struct node node;
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		if (scope_holds(call, &zone->apex) && meant_complete(name, &zone->apex, &whole) &&
		    ((zoneset_count(zones) == 1 && name->labels == 1) ||
		     lookup_node(call->snapshot.txn, zone, &whole, &node)))
			return meant_keep(call, &whole);
	}
	return NULL;
}

/* Its end is nearly a zone's name. */
static const char *meant_misspelled(struct call *call, const struct dns_name *name)
{
	const struct zoneset *zones = call->snapshot.zones;
	struct dns_name whole;
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		unsigned labels = zone->apex.labels;
		if (labels < 2 || labels > name->labels || !scope_holds(call, &zone->apex))
			continue;
		struct dns_name end = dns_name_last(name, labels);
		struct nearest nearest = nearest_to(meant_keep(call, &end));
		nearest_try(&nearest, meant_keep(call, &zone->apex));
		if (!nearest_found(&nearest))
			continue;
		if (labels == name->labels)
			return meant_keep(call, &zone->apex);
		if (dns_name_replace(&whole, name, &end, &zone->apex))
			return meant_keep(call, &whole);
	}
	return NULL;
}

const char *meant_name(struct call *call, const struct dns_name *name)
{
	const char *meant = meant_misspelled(call, name);
	return meant ? meant : meant_relative(call, name);
}

enum call_code meant_no_zone_of(struct call *call, const struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *meant = meant_name(call, name);
	dns_name_show(name, shown);
	if (meant)
		return call_fail(call, CALL_NOT_FOUND,
				 "'%s' is in no zone of this server: did you mean '%s'?", shown,
				 meant);
	return call_fail(call, CALL_NOT_FOUND, "'%s' is in no zone of this server", shown);
}
