/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/renewer.h"
#include "zonedb/principal.h"

void renewer_begin(struct renewer *renewer, struct store_txn *txn)
{
	*renewer = (struct renewer){.txn = txn};
}

void renewer_end(struct renewer *renewer)
{
	groups_free(renewer->groups);
	arena_free(&renewer->arena);
	*renewer = (struct renewer){.txn = renewer->txn};
}

/* The acting group that an owner is, or belongs to. NULL: none. */
static const struct acl_group *renewer_group_of(const struct renewer *renewer, const char *owner)
{
	if (*owner != '@')
		return groups_acting(renewer->groups, owner);
	const struct acl_group *group = groups_find(renewer->groups, owner);
	return group && group->is_acting ? group : NULL;
}

static bool renewer_looks_up(struct renewer *renewer, uint32_t by, uint32_t owner)
{
	if (!renewer->groups)
		renewer->groups = groups_load(renewer->txn);
	arena_reset(&renewer->arena);
	const char *text = principal_text(renewer->txn, by, &renewer->arena);
	if (by == owner && *text != '@')
		return true;
	if (by == PRINCIPAL_ANONYMOUS || owner == PRINCIPAL_ANONYMOUS)
		return false;
	const struct acl_group *group = renewer_group_of(renewer, text);
	return group && group == renewer_group_of(renewer, principal_text(renewer->txn, owner,
									  &renewer->arena));
}

static bool renewer_may(struct renewer *renewer, uint32_t by, uint32_t owner)
{
	if (renewer->has_asked && renewer->by == by && renewer->owner == owner)
		return renewer->may;
	renewer->may = renewer_looks_up(renewer, by, owner);
	renewer->has_asked = true;
	renewer->by = by;
	renewer->owner = owner;
	return renewer->may;
}

/* Whether a record at the name can still be the one that was renewed in vain. */
static bool renewer_has_other(struct renewer *renewer, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		if (record.class == RECORD_DYNAMIC &&
		    !renewer_may(renewer, node->hint.by, record.owner))
			return true;
	return false;
}

enum renewer_says renewer_says(struct renewer *renewer, const struct node *node, uint32_t owner)
{
	uint32_t by = node->hint.by;
	/* Its own renewal of another's record there says nothing of its own; of a record that was
	 * given to it since it does. */
	if (by == owner && node->hint.has_others)
		return RENEWER_IN_VAIN;
	if (by == owner)
		return renewer_has_other(renewer, node) || !renewer_may(renewer, by, owner)
			       ? RENEWER_NOTHING
			       : RENEWER_REFRESHES;
	return renewer_may(renewer, by, owner) ? RENEWER_REFRESHES : RENEWER_IN_VAIN;
}
