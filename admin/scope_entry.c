/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/scope_entry.h"
#include "admin/scope.h"
#include <string.h>

/* "wrong zone: x.example is not in corp.example, did you mean example?" Spaces of names are shown
 * as \032, so that no name looks like these words. */
static const char *scope_entry_hide_meant(struct call *call, const char *reason)
{
	const char *meant = strstr(reason, ", did you mean ");
	if (!meant || strncmp(reason, "wrong zone: ", strlen("wrong zone: ")) != 0)
		return reason;
	return arena_text(&call->row_arena, reason, (size_t)(meant - reason));
}

/* "no group acts for key:a, which is in @x and in @y", alone or behind the reason. */
static const char *scope_entry_hide_clash(struct call *call, const char *reason)
{
	static const char clash[] = "no group acts for ", behind[] = "; no group acts for ";
	const char *at = strstr(reason, behind);
	if (strncmp(reason, clash, sizeof clash - 1) == 0 && strstr(reason, ", which is in @"))
		return NULL;
	if (!at || !strstr(at, ", which is in @"))
		return reason;
	return arena_text(&call->row_arena, reason, (size_t)(at - reason));
}

/* "names move from zone corp.example" */
static const char *scope_entry_hide_above(struct call *call, const char *reason)
{
	static const char moves[] = "names move from zone ";
	struct dns_name apex;
	if (strncmp(reason, moves, sizeof moves - 1) != 0 ||
	    dns_name_parse_text(&apex, reason + sizeof moves - 1) || scope_holds(call, &apex))
		return reason;
	return "names move from another zone";
}

void scope_entry_hide(struct call *call, json_t *object)
{
	const char *is =
		scope_is_listed(call) ? json_string_value(json_object_get(object, "reason")) : NULL;
	if (!is)
		return;
	const char *shown = scope_entry_hide_meant(call, is);
	shown = scope_entry_hide_clash(call, shown);
	if (shown)
		shown = scope_entry_hide_above(call, shown);
	if (!shown)
		json_object_del(object, "reason");
	else if (shown != is)
		json_object_set_new(object, "reason", json_string(shown));
}
