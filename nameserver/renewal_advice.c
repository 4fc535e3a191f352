/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/renewal_advice.h"
#include "base/shellword.h"
#include <string.h>

#define ANONYMOUS "anonymous"

static bool is_group_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/* A group that does not exist, called by what two names begin with: `@kea` for kea1 and kea2. */
static const char *group_for(struct arena *arena, const struct groups *groups, const char *owner,
			     const char *by)
{
	const char *a = strchr(owner, ':'), *b = strchr(by, ':');
	size_t len = 0;
	while (a && b && len < 32 && is_group_char(a[len + 1]) && a[len + 1] == b[len + 1])
		len++;
	while (len > 0 && (a[len] < 'a' || a[len] > 'z'))
		len--;
	const char *name = len >= 2 ? arena_print(arena, "@%.*s", (int)len, a + 1) : "@shared";
	for (unsigned i = 2; groups_find(groups, name); i++)
		name = arena_print(arena, "@shared%u", i);
	return name;
}

/* The group that acts for a principal, or is it; NULL: none. */
static const struct acl_group *renewal_group(const struct groups *groups, const char *who)
{
	return *who == '@' ? groups_find(groups, who) : groups_acting(groups, who);
}

/* A principal is in one acting group at most: what is renewed goes to that of who renews it. */
static const char *renewal_across(struct arena *arena, const char *zone, const char *owner,
				  const char *by, const char *group)
{
	return arena_print(arena, "tenurectl owner transfer --zone %s --from %s --to %s%s%s",
			   shellword(zone, arena), shellword(owner, arena), shellword(group, arena),
			   *by == '@' ? "" : " --renewed-by ",
			   *by == '@' ? "" : shellword(by, arena));
}

/* The command by which both become one owner. */
static const char *renewal_command(struct arena *arena, const struct groups *groups,
				   const char *zone, const char *owner, const char *by)
{
	const struct acl_group *group = renewal_group(groups, owner);
	const struct acl_group *theirs = renewal_group(groups, by);
	const char *first = shellword(owner, arena), *second = shellword(by, arena);
	/* Its next renewal counts where the records are the group's. */
	if (group && group_has(group, by))
		return arena_print(arena, "tenurectl owner transfer --from %s --to %s", first,
				   group->name);
	if (theirs && (group || *owner == '@'))
		return renewal_across(arena, zone, owner, by, theirs->name);
	if (*owner == '@')
		return arena_print(arena, "tenurectl group add %s %s", first, second);
	if (theirs)
		return arena_print(arena, "tenurectl group add %s %s", theirs->name, first);
	if (group)
		return arena_print(arena, "tenurectl group add %s %s", group->name, second);
	return arena_print(arena, "tenurectl group create %s --acting %s %s",
			   group_for(arena, groups, owner, by), first, second);
}

const char *renewal_advice_text(struct arena *arena, const struct groups *groups, const char *zone,
				const char *owner, const char *by)
{
	owner = owner ? owner : ANONYMOUS;
	by = by ? by : ANONYMOUS;
	if (strcmp(by, ANONYMOUS) == 0)
		return "the client does not sign: its records age as soon as they are somebody's";
	if (strcmp(owner, ANONYMOUS) == 0)
		return arena_print(arena,
				   "if %s serves these hosts `tenurectl owner transfer --zone %s "
				   "--from anonymous --to %s --renewed-by %s --plan` lists them; "
				   "if it has no business there a rule `deny %s write`",
				   by, shellword(zone, arena), shellword(by, arena),
				   shellword(by, arena), by);
	return arena_print(arena,
			   "if %s has no business there a rule `deny %s write`; if both serve the "
			   "same hosts `%s`",
			   by, by, renewal_command(arena, groups, zone, owner, by));
}
