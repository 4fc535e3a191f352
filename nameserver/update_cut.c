/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delegations and DNAMEs that cover a name, and zones below of this server (tenure-policy(5),
 * "Names that are covered").
 */
#include "dns/type.h"
#include "nameserver/update_parts.h"

/* A name that was looked at. */
struct update_cut {
	struct hash_link link;
	struct dns_name name;
	bool is_there;  /* NS below the apex, or a DNAME */
	const char *ns; /* an NS that the requester may not change; NULL: none */
	/* A record that it may not change, of the topmost name above that covers this one, and of
	 * the topmost that covers what is below this one; NULL: none. */
	const char *above, *below;
};

static bool update_cut_is(const struct hash_link *link, const void *key)
{
	return dns_name_equal(&container_of(link, const struct update_cut, link)->name, key);
}

static struct update_cut *cut_find(const struct update_sight *sight, const struct dns_name *name)
{
	struct hash_link *link = hash_table_find(&sight->cuts->table, dns_name_hash_secret(name),
						 update_cut_is, name);
	return link ? container_of(link, struct update_cut, link) : NULL;
}

static bool cut_is_there(const struct update_sight *sight, const struct dns_name *name)
{
	if (sight->edit)
		return edit_see_cut(sight->edit, name) != NULL;
	return lookup_is_cut(sight->snapshot->txn, sight->zone, name);
}

/* `above`: the name one label above; NULL: the name is the apex. */
static const struct update_cut *cut_look(const struct update_sight *sight,
					 const struct dns_name *name,
					 const struct update_cut *above)
{
	unsigned count;
	struct update_cut *cut = cut_find(sight, name);
	if (cut)
		return cut;
	cut = arena_zero(sight->arena, sizeof *cut);
	cut->name = *name;
	*sight->steps += UPDATE_LABEL_STEPS;
	cut->above = cut->below = above ? above->below : NULL;
	cut->is_there = !cut->above && cut_is_there(sight, name);
	if (cut->is_there) {
		const char *dname = update_see_blocker(sight, name, DNS_TYPE_DNAME, &count);
		if (above)
			cut->ns = update_see_blocker(sight, name, DNS_TYPE_NS, &count);
		cut->below = cut->ns ? cut->ns : dname;
	}
	hash_table_put(&sight->cuts->table, &cut->link, dns_name_hash_secret(name));
	return cut;
}

/* The deepest at or above the name that was looked at before, or the apex. */
static unsigned cut_start(const struct update_sight *sight, const struct dns_name *name)
{
	unsigned labels = name->labels;
	for (; labels > sight->zone->apex.labels; labels--) {
		struct dns_name at = dns_name_last(name, labels);
		*sight->steps += 1;
		if (cut_find(sight, &at))
			break;
	}
	return labels;
}

/* Zones below that this server has: NS and DS of such a zone are no client's by ownership. */
static bool is_of_child(const struct update_sight *sight, const struct dns_name *name,
			uint16_t type)
{
	if (type != DNS_TYPE_NS && type != DNS_TYPE_DS)
		return false;
	return !dns_name_equal(name, &sight->zone->apex) &&
	       zoneset_exact(sight->snapshot->zones, name);
}

void update_see_cut(const struct update_sight *sight, const struct dns_name *name,
		    struct policy_record *record)
{
	const struct update_cut *at = NULL;
	record->is_of_child = is_of_child(sight, name, record->type);
	if (record->change != POLICY_ADD ||
	    (sight->zone->cut_count == 0 && !sight->cuts->is_expected))
		return;
	/* From the apex down, so that the text names what hides the rest. */
	for (unsigned labels = cut_start(sight, name); labels <= name->labels; labels++) {
		struct dns_name next = dns_name_last(name, labels);
		at = cut_look(sight, &next, at);
	}
	record->is_at_cut = at->is_there;
	record->cut_text = at->above ? at->above : at->ns;
}
