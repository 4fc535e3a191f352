/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/contested_hold.h"
#include "dns/type.h"
#include <assert.h>
#include <stdio.h>

void contested_hold_add(struct contested_hold *hold, const struct plan_item *item)
{
	char text[DNS_NAME_TEXT_MAX];
	if (!item->is_overdue)
		return;
	if (hold->records++ == 0)
		hold->type = item->type;
	else if (dns_name_equal(&hold->last, &item->name))
		return;
	hold->last = item->name;
	if (hold->names < CONTESTED_HOLD_NAMES) {
		dns_name_show(&item->name, text);
		hold->name[hold->names] = arena_text(hold->arena, text, strlen(text));
	}
	hold->names++;
}

void contested_hold_print(uint64_t records, char *text, size_t room)
{
	snprintf(text, room, "%llu record%s contested for more than two refresh windows",
		 (unsigned long long)records, records == 1 ? " is" : "s are");
}

/* The names but the first, each with a NUL behind it, and one more. */
static const char *contested_hold_others(const struct contested_hold *hold, size_t count)
{
	size_t room = 1;
	for (size_t i = 1; i < count; i++)
		room += strlen(hold->name[i]) + 1;
	char *all = arena_zero(hold->arena, room), *at = all;
	for (size_t i = 1; i < count; i++) {
		size_t len = strlen(hold->name[i]);
		memcpy(at, hold->name[i], len);
		at += len + 1;
	}
	return count > 1 ? all : NULL;
}

void contested_hold_name(const struct contested_hold *hold, struct entry *entry)
{
	char type[DNS_TYPE_TEXT_MAX];
	size_t count =
		hold->names < CONTESTED_HOLD_NAMES ? (size_t)hold->names : CONTESTED_HOLD_NAMES;
	assert(count > 0);
	entry->subject =
		arena_print(hold->arena, "%s %s", hold->name[0], dns_type_print(hold->type, type));
	entry->names = contested_hold_others(hold, count);
}
