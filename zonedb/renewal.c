/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/renewal.h"
#include "dns/type.h"
#include "journal/index.h"
#include "journal/journal.h"
#include "zonedb/edit_state.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include <assert.h>

bool renewal_is_due(const struct node_hint *hint, uint64_t now,
		    const struct record_windows *windows)
{
	uint32_t quarter = windows->refresh / 4;
	uint32_t between = windows->no_refresh > quarter ? windows->no_refresh : quarter;
	return !hint->at || hint->is_taken || hint->at > now || now - hint->at > between;
}

bool renewal_counts(const struct node_hint *hint, uint64_t when,
		    const struct record_windows *windows)
{
	uint64_t span = (uint64_t)windows->no_refresh + windows->refresh;
	return hint->at && !hint->is_taken && when <= hint->at + span;
}

/* Who an entry's changes are of, as records have it. */
static const char *renewal_author(const struct entry *entry)
{
	return entry->acting ? entry->acting : entry->principal;
}

/* The windows of the record at the name that stays longest after a renewal. */
static struct record_windows renewal_windows(struct edit *edit, const struct edit_name *name)
{
	struct record_windows zone = {edit->zone->no_refresh, edit->zone->refresh}, longest = zone;
	for (const struct edit_rrset *s = name->rrsets; s; s = s->next) {
		for (const struct edit_record *r = s->records; r; r = r->next) {
			struct record_windows own = record_window_or(edit->txn, r->window, zone);
			if (r->class == RECORD_DYNAMIC &&
			    (uint64_t)own.no_refresh + own.refresh >
				    (uint64_t)longest.no_refresh + longest.refresh)
				longest = own;
		}
	}
	return longest;
}

static void renewal_keep(struct edit *edit, struct edit_name *name, const struct entry *entry,
			 bool is_taken)
{
	struct node_hint before = name->hint;
	struct record_windows windows = renewal_windows(edit, name);
	name->hint = (struct node_hint){.by = principal_intern(edit->txn, renewal_author(entry)),
					.at = entry->time_us / 1000000,
					.is_taken = is_taken};
	/* Each kind follows its own kind: what was ignored says nothing of who refreshed. */
	bool follows = before.is_taken == is_taken;
	before.is_taken = false;
	name->hint.has_others = follows && renewal_counts(&before, name->hint.at, &windows) &&
				(before.has_others || before.by != name->hint.by);
}

/* The names but the first, each with a NUL behind it. */
static const char *renewal_others(struct edit *edit, const struct renewal_names *names)
{
	size_t room = 1;
	char text[DNS_NAME_TEXT_MAX];
	for (size_t i = 1; i < names->count; i++)
		room += strlen(dns_name_show(&names->name[i]->name, text)) + 1;
	if (names->count == 1)
		return NULL;
	char *all = arena_zero(edit->arena, room), *at = all;
	for (size_t i = 1; i < names->count; i++) {
		size_t len = strlen(dns_name_show(&names->name[i]->name, text));
		memcpy(at, text, len);
		at += len + 1;
	}
	return all;
}

void renewal_ignore(struct edit *edit, const struct renewal_names *names, struct entry *entry)
{
	char text[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	assert(names->count > 0);
	entry->kind = ENTRY_REFRESH_IGNORED;
	entry->has_zone = true;
	entry->zone_id = edit->zone->id;
	entry->zone = edit->zone->apex;
	entry->serial_before = entry->serial_after = zone_serial(edit->txn, edit->zone);
	entry->subject =
		arena_print(edit->arena, "%s %s", dns_name_show(&names->name[0]->name, text),
			    dns_type_print(names->type, type));
	entry->names = renewal_others(edit, names);
	journal_append(edit->txn, entry, edit->arena);
	/* None of them is a cut that was not: what they hold stays as it is. */
	for (size_t i = 0; i < names->count; i++) {
		renewal_keep(edit, names->name[i], entry, false);
		edit_write_hint(edit, names->name[i]);
	}
}

bool renewal_is_refresh(const struct entry *entry, const struct change *change)
{
	return (entry->kind == ENTRY_UPDATE || entry->kind == ENTRY_REFRESH) &&
	       change->what == CHANGE_REFRESHED && change->is.stamp == entry->time_us / 1000000;
}

void renewal_follow(struct edit *edit, const struct entry *entry, const struct change *change)
{
	const char *owner = change->is.owner ? change->is.owner : "anonymous";
	if (!renewal_is_refresh(entry, change) || !entry->principal ||
	    strcmp(owner, entry->principal) == 0 ||
	    (entry->acting && strcmp(owner, entry->acting) == 0))
		return;
	renewal_keep(edit, edit_see(edit, &change->name), entry, true);
}

bool renewal_replay(struct edit *edit, const struct entry *entry, struct dns_name *missing)
{
	struct dns_name name;
	const char *at = NULL;
	while (index_name_next(entry, &at, &name)) {
		*missing = name;
		if (!dns_name_under(&name, &edit->zone->apex))
			return false;
		struct edit_name *seen = edit_see(edit, &name);
		if (!seen->is_stored)
			return false;
		renewal_keep(edit, seen, entry, false);
		edit_write_hint(edit, seen);
	}
	return true;
}
