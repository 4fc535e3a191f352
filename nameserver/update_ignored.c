/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Renewals that refresh nothing: the message names records of others again, and may not refresh
 * them. It is answered NOERROR, and said in the log, once a name and no-refresh time.
 */
#include "acl/rule_match.h"
#include "nameserver/ignored_names.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/renewal.h"
#include <stdio.h>

bool update_refreshes(enum policy_mode mode, const struct policy_record *record,
		      const struct verdict *verdict, bool is_named)
{
	if (record->owner == POLICY_OWNER_REQUESTER)
		return verdict->reason != POLICY_DENIED;
	if (mode == POLICY_NONSECURE)
		return verdict->is_allowed;
	return is_named && verdict->is_allowed && verdict->right == POLICY_RIGHT_WRITE;
}

/* Names in an entry. */
#define IGNORED_NAMES_MAX 1000
/* Names at which a client that no rule and no group names leaves hints, where the zone has no
 * max-names. */
#define HINTS_WITHOUT_A_LIMIT 50

struct ignored_note {
	struct update_run *run;
	struct edit_name *names[IGNORED_NAMES_MAX];
	size_t count;
	uint16_t type;     /* the first name's */
	const char *owner; /* NULL: nobody */
	bool is_named;     /* a rule or a group names the requester */
};

static bool is_noted(const struct ignored_note *note, const struct edit_name *at)
{
	/* Those of a name follow each other. */
	return note->count > 0 && note->names[note->count - 1] == at;
}

/* Whom a rule denies `claim` or `write` there cannot have a say in what is kept; nor has who is not
 * given a name that speaks for a host, its former owner first of all. */
static bool is_without_say(struct update_run *run, const struct edit_ignored *ignored)
{
	struct update_sight *sight = update_sight_of(run);
	struct policy_record record = {
		.change = POLICY_SAME,
		.type = ignored->type,
		.class = update_class(ignored->class),
		.owner = update_owner_kind(&sight->ids, ignored->owner, ignored->class,
					   &ignored->at->name),
		.owner_text = update_owner_text(sight, ignored->owner, ignored->class),
	};
	const struct policy_name *name = update_name_of(run, ignored->at);
	return !policy_may_renew(&sight->policy, &sight->asker, name, &record) ||
	       rule_denies(&sight->policy, &sight->asker, name, &record);
}

static struct record_windows ignored_windows(const struct update_run *run,
					     const struct edit_ignored *ignored)
{
	struct record_windows zone = {run->zone->no_refresh, run->zone->refresh};
	return record_window_or(run->txn, ignored->window, zone);
}

/* Whether a hint is kept: of whom a rule or a group names always, of others at as many names as
 * they may own. */
static bool may_hint(struct ignored_note *note, const struct edit_ignored *ignored)
{
	struct update_run *run = note->run;
	const struct zone *zone = run->zone;
	struct record_windows windows = ignored_windows(run, ignored);
	struct ignored_names_ask ask = {.zone_id = zone->id,
					.by = run->owner,
					.now = run->now_us / 1000000,
					.span = (uint64_t)windows.no_refresh + windows.refresh,
					.most = zone->max_names ? zone->max_names
								: HINTS_WITHOUT_A_LIMIT,
					.hint = &ignored->at->stored.hint};
	if (is_without_say(run, ignored))
		return false;
	return note->is_named || ignored_names_take(run->txn, &ask);
}

/* Whether a rule or a group names who left a hint. */
static bool is_hint_named(struct update_run *run, const struct node_hint *hint)
{
	struct who who = {0};
	struct policy_asker asker = {.who = &who};
	snprintf(who.text, sizeof who.text, "%s", principal_text(run->txn, hint->by, run->arena));
	return *who.text == '@' || rule_names(&update_sight_of(run)->policy, &asker);
}

/* Whether the renewal is to be noted. The hint of somebody else gives way to whom a rule or a group
 * names, and stays before whom none does. Otherwise the first renewal beside it is noted at once:
 * that there are several must not depend on who comes first after no-refresh. */
static bool is_hint_due(struct ignored_note *note, const struct edit_ignored *ignored)
{
	struct update_run *run = note->run;
	const struct node_hint *hint = &ignored->at->stored.hint;
	uint64_t now = run->now_us / 1000000;
	struct record_windows windows = ignored_windows(run, ignored);
	bool is_due = renewal_is_due(hint, now, &windows);
	if (!renewal_counts(hint, now, &windows) || hint->by == run->owner)
		return is_due;
	bool is_theirs_named = is_hint_named(run, hint);
	if (is_theirs_named != note->is_named)
		return note->is_named;
	return is_due || !hint->has_others;
}

static void ignored_add(struct ignored_note *note, const struct edit_ignored *ignored)
{
	struct update_run *run = note->run;
	if (note->count == IGNORED_NAMES_MAX || is_noted(note, ignored->at) ||
	    !is_hint_due(note, ignored) || !may_hint(note, ignored))
		return;
	if (note->count == 0) {
		note->type = ignored->type;
		note->owner =
			update_owner_text(update_sight_of(run), ignored->owner, ignored->class);
	}
	note->names[note->count++] = ignored->at;
}

static void ignored_log(struct ignored_note *note)
{
	struct update_run *run = note->run;
	struct renewal_names names = {note->names, note->count, note->type};
	struct entry entry = update_entry(run, ENTRY_REFRESH_IGNORED);
	entry.owner = note->owner;
	entry.reason = arena_print(run->arena, "allowed, but refreshes nothing: owned by %s",
				   note->owner ? note->owner : "nobody");
	principal_intern(run->txn, entry.acting ? entry.acting : entry.principal);
	renewal_ignore(run->edit, &names, &entry);
}

void update_note_ignored(struct update_run *run)
{
	const struct edit_ignored *ignored = edit_ignored(run->edit);
	if (!ignored || !run->zone->is_aging || run->txn->error)
		return;
	struct ignored_note *note = arena_zero(run->arena, sizeof *note);
	note->run = run;
	note->is_named = rule_names(&update_sight_of(run)->policy, &update_sight_of(run)->asker);
	for (; ignored; ignored = ignored->next)
		ignored_add(note, ignored);
	if (note->count > 0)
		ignored_log(note);
}
