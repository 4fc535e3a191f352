/* SPDX-License-Identifier: BSD-2-Clause */
/* By which windows a record ages that an update stamps. */
#include "acl/policy_window.h"
#include "nameserver/update_parts.h"
#include "zonedb/record_window.h"

struct policy_window update_window(const struct update_sight *sight, const struct policy_name *name,
				   const struct policy_record *record,
				   const struct acl_group *group)
{
	const struct policy_zone *zone = &sight->policy;
	*sight->steps +=
		UPDATE_VERDICT_STEPS + (zone->rules ? zone->rules->count * UPDATE_RULE_STEPS : 0);
	return policy_window(zone, &sight->asker, name, record, group);
}

struct window_giver {
	struct update_run *run;
	const struct acl_group *group; /* whose window holds for the requester; NULL: none's */
};

static uint16_t window_number_of(struct update_run *run, const struct window *window)
{
	struct record_windows windows = {window->no_refresh, window->refresh};
	uint16_t number = RECORD_WINDOW_ZONE;
	/* `why` tries messages in transactions that read. */
	if (run->txn->is_write)
		return record_window_intern(run->txn, &windows);
	record_window_find(run->txn, &windows, &number);
	return number;
}

static uint16_t window_give(void *context, const struct edit_name *at, uint16_t type,
			    const struct edit_record *is, bool is_added)
{
	struct window_giver *giver = context;
	struct update_run *run = giver->run;
	const struct policy_name *name = update_name_of(run, at);
	const struct update_sight *sight = update_sight_of(run);
	struct policy_record record = {
		.change = POLICY_SAME,
		.type = type,
		.class = POLICY_DYNAMIC,
		.owner = POLICY_OWNER_REQUESTER,
		.is_target_self = update_is_target_self(&sight->asker, type, is->rdata),
		.is_guest = is->is_guest,
	};
	struct policy_window given = update_window(sight, name, &record, giver->group);
	if (given.window.is_given)
		return window_number_of(run, &given.window);
	return is_added ? is->window : RECORD_WINDOW_ZONE;
}

void update_let_window(struct update_run *run)
{
	const struct update_sight *sight = update_sight_of(run);
	struct window_giver *giver = arena_zero(run->arena, sizeof *giver);
	giver->run = run;
	giver->group = groups_window(sight->policy.groups, sight->asker.who->text, sight->steps);
	edit_let_window(run->edit, window_give, giver);
}
