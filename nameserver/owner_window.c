/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/owner_window.h"
#include "acl/rule_match.h"
#include "acl/rule_memo.h"
#include "nameserver/asker.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Members of a group that are asked; of larger ones the rest is taken to be like these. */
#define MEMBERS_ASKED 64

/* Records of one owner in a row after which its memory is given back. */
#define ASKED_MAX 1000

/* One who may ask for an owner: itself, or a member of it. */
struct owner_asker {
	struct who who;
	struct update_sight sight;
	const struct acl_group *group; /* whose window holds for it */
	bool goes_by_address;          /* a rule for it does */
};

struct owner_window {
	struct owner_window_of of;
	const struct rules *rules;
	const struct groups *groups;
	bool is_used;
	/* Of the owner that was asked about last; in `arena`. */
	struct arena arena;
	unsigned asked; /* about it */
	bool has_owner;
	uint32_t owner;
	struct owner_asker *asker;
	size_t count;
};

struct owner_window *owner_window_open(const struct owner_window_of *of)
{
	struct owner_window *w = calloc(1, sizeof *w);
	assert(w);
	w->of = *of;
	w->rules = of->rules ? of->rules : rulebook_find(of->snapshot->rules, of->zone->id);
	w->groups = of->groups ? of->groups : of->snapshot->groups;
	w->is_used = (w->rules && w->rules->has_windows) || groups_have_windows(w->groups);
	return w;
}

void owner_window_close(struct owner_window *w)
{
	if (!w)
		return;
	arena_free(&w->arena);
	free(w);
}

bool owner_window_is_used(const struct owner_window *w)
{
	return w->is_used;
}

/* A name as a requester, also one that no request can have, such as a group's or a pattern's. */
static void owner_set_who(struct who *who, const char *text)
{
	if (!who_parse(who, text))
		return;
	who->kind = strncmp(text, "gss:", 4) == 0 ? WHO_GSS : WHO_KEY;
	snprintf(who->text, sizeof who->text, "%s", text);
}

static bool owner_goes_by_address(const struct owner_window *w, const struct owner_asker *asker)
{
	for (size_t i = 0; w->rules && w->rules->has_windows && i < w->rules->count; i++) {
		const struct rule *rule = &w->rules->rule[i];
		if (rule->place >= RULE_SOURCE_PTR &&
		    rule_memo_means_asker(NULL, &asker->sight.policy, rule, asker->who.text))
			return true;
	}
	return false;
}

static void owner_ask(struct owner_window *w, struct owner_asker *asker, const char *text,
		      const char *owner)
{
	const struct owner_window_of *of = &w->of;
	owner_set_who(&asker->who, text);
	update_sight_open(&asker->sight, of->snapshot, of->zone, &w->arena);
	asker->sight.policy.rules = w->rules;
	asker->sight.policy.groups = w->groups;
	asker->sight.wants_ptr = policy_wants_ptr(&asker->sight.policy);
	asker->sight.hosts = NULL;
	asker->sight.asker = asker_of(of->core, of->snapshot, &asker->who, NULL, true);
	update_ids(of->snapshot, &asker->sight.asker, &asker->sight.ids, &w->arena);
	asker->group = groups_window(w->groups, owner, asker->sight.steps);
	asker->goes_by_address = owner_goes_by_address(w, asker);
}

static void owner_see(struct owner_window *w, uint32_t owner)
{
	struct arena *arena = &w->arena;
	if (w->has_owner && w->owner == owner && w->asked++ < ASKED_MAX)
		return;
	arena_reset(arena);
	w->asked = 0;
	const char *text = principal_text(w->of.snapshot->txn, owner, arena);
	const struct acl_group *group = *text == '@' ? groups_find(w->groups, text) : NULL;
	w->count = group && group->count ? group->count : 1;
	w->count = w->count < MEMBERS_ASKED ? w->count : MEMBERS_ASKED;
	w->asker = arena_zero(arena, w->count * sizeof *w->asker);
	for (size_t i = 0; i < w->count; i++)
		owner_ask(w, &w->asker[i], group && group->count ? group->members[i] : text, text);
	w->owner = owner;
	w->has_owner = true;
}

static bool owner_is_same(const struct policy_window *a, const struct policy_window *b)
{
	return window_equal(&a->window, &b->window);
}

bool owner_window_find(struct owner_window *w, const struct owner_window_ask *ask,
		       struct policy_window *found)
{
	struct policy_name name;
	*found = (struct policy_window){0};
	if (!w->is_used)
		return true;
	owner_see(w, ask->record.owner);
	for (size_t i = 0; i < w->count; i++) {
		struct owner_asker *asker = &w->asker[i];
		struct policy_record record = {
			.change = POLICY_SAME,
			.type = ask->type,
			.class = POLICY_DYNAMIC,
			.owner = POLICY_OWNER_REQUESTER,
			.is_target_self = update_is_target_self(&asker->sight.asker, ask->type,
								ask->record.rdata),
			.is_guest = ask->record.is_guest,
		};
		if (asker->goes_by_address)
			return false;
		update_see(&asker->sight, ask->name, ask->node, &name);
		struct policy_window given =
			update_window(&asker->sight, &name, &record, asker->group);
		if (i > 0 && !owner_is_same(&given, found))
			return false;
		*found = given;
	}
	return true;
}

uint16_t owner_window_number(struct owner_window *w, struct store_txn *txn,
			     const struct owner_window_ask *ask)
{
	struct policy_window found;
	if (!owner_window_find(w, ask, &found))
		return ask->record.window;
	return record_window_intern(
		txn, &(struct record_windows){found.window.no_refresh, found.window.refresh});
}
