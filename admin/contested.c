/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records that others renew in vain: owner list --contested, what `why --last` says of one, and the
 * warning of `status` about those that would have gone.
 */
#include "admin/command.h"
#include "admin/scope.h"
#include "base/shellword.h"
#include "base/timeword.h"
#include "journal/run.h"
#include "nameserver/renewal_advice.h"
#include "scavenger/plan.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/renewal.h"
#include "zonedb/walk.h"

/* --- what a run holds */

/* Stale records of a zone that are looked at, and pairs that are told apart. */
#define LOOKED_AT_MAX 50000
#define PAIRS_MAX     16

static bool contested_look(void *context, const struct plan_item *item)
{
	uint64_t *looked_at = context;
	(void)item;
	return ++*looked_at < LOOKED_AT_MAX;
}

/* The zone's last run, if it ended and holds records. */
static bool contested_run_of(struct call *call, const struct zone *zone, struct run *run)
{
	uint64_t last = run_last(call->snapshot.txn, zone->id);
	return last && run_get(call->snapshot.txn, last, run) && run->state == RUN_DONE &&
	       run->overdue > 0;
}

const char *command_contested_held(struct call *call, const struct zone *zone)
{
	struct run run;
	uint64_t looked_at = 0, id;
	struct age_windows windows = {zone->no_refresh, zone->refresh};
	if (!contested_run_of(call, zone, &run))
		return NULL;
	id = run.id;
	struct plan_count count = plan_walk(call->snapshot.txn, zone, clock_now(&call->core->clock),
					    &windows, contested_look, &looked_at);
	if (count.overdue == 0 && looked_at < LOOKED_AT_MAX)
		return NULL;
	return arena_print(&call->row_arena,
			   "%s: `tenurectl owner list --contested` shows whose; give them to who "
			   "renews them, or `tenurectl scavenge approve %llu --contested` removes "
			   "them, with --match or --renewed-by some of them",
			   run.note, (unsigned long long)id);
}

/* Whether a record at the name is held. */
static bool contested_note_held(void *context, const struct plan_item *item)
{
	bool *is_held = context;
	*is_held = *is_held || item->is_overdue;
	return !*is_held;
}

static bool contested_is_held(struct call *call, const struct zone *zone,
			      const struct dns_name *name)
{
	bool is_held = false;
	struct eras eras;
	struct renewer renewer;
	struct plan_count count = {0};
	struct age_windows windows = {zone->no_refresh, zone->refresh};
	struct plan_question ask = {.zone = zone,
				    .when = clock_now(&call->core->clock),
				    .windows = &windows,
				    .eras = &eras,
				    .renewer = &renewer,
				    .item = contested_note_held,
				    .context = &is_held};
	if (!zone->is_aging)
		return false;
	eras_read(call->snapshot.txn, &eras);
	renewer_begin(&renewer, call->snapshot.txn);
	plan_name(call->snapshot.txn, &ask, name, &count);
	renewer_end(&renewer);
	return is_held;
}

/* --- owner list --contested */

const char *command_contested_by(struct call *call, const struct node_hint *hint)
{
	return arena_print(&call->row_arena, "%s%s",
			   principal_text(call->snapshot.txn, hint->by, &call->row_arena),
			   hint->has_others ? " and others" : "");
}

struct contested_list {
	struct call *call;
	const struct zone *zone;
	bool has_owner;
	uint32_t owner;
	uint64_t now, count;
	bool is_there; /* the peer */
	struct renewer renewer;
};

/* Whether the record ages, and who renewed it last does so in vain. */
static bool is_renewed_in_vain(struct contested_list *list, const struct command_record *row)
{
	const struct node_hint *hint = &row->node->hint;
	struct record_windows windows = record_window_or(
		list->call->snapshot.txn, row->record.window,
		(struct record_windows){list->zone->no_refresh, list->zone->refresh});
	/* The owner came since. */
	bool is_refreshed = row->record.stamp >= hint->at;
	return row->record.class == RECORD_DYNAMIC && !is_refreshed &&
	       renewal_counts(hint, list->now, &windows) &&
	       renewer_says(&list->renewer, row->node, row->record.owner) == RENEWER_IN_VAIN;
}

static void contested_list_node(struct contested_list *list, const struct dns_name *name,
				const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct command_record row = {.zone = list->zone, .name = name, .node = node};
	struct call *call = list->call;
	while (list->is_there && command_record_next(&walk, &row)) {
		if ((list->has_owner && row.record.owner != list->owner) ||
		    !is_renewed_in_vain(list, &row))
			continue;
		json_t *shown = command_record(call, &row);
		json_object_set_new(shown, "renewed_by",
				    command_string(command_contested_by(call, &node->hint)));
		json_object_set_new(shown, "renewed_at", command_seconds(node->hint.at));
		list->is_there = command_row(call, shown);
		list->count++;
	}
}

static void contested_list_zone(struct contested_list *list, const struct zone *zone)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	list->zone = zone;
	walk_from(&walk, list->call->snapshot.txn, zone, &zone->apex);
	while (list->is_there && walk_next(&walk, &name, &node))
		if (node.hint.at && !node.hint.is_taken)
			contested_list_node(list, &name, &node);
	walk_end(&walk);
}

enum call_code command_contested_list(struct call *call, const char *owner)
{
	struct zone zone;
	struct contested_list list = {.call = call,
				      .has_owner = owner != NULL,
				      .now = clock_now(&call->core->clock),
				      .is_there = true};
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &zone) : CALL_OK;
	if (code)
		return code;
	renewer_begin(&list.renewer, call->snapshot.txn);
	bool is_known = !owner || principal_find(call->snapshot.txn, owner, &list.owner);
	if (is_known && has_zone)
		contested_list_zone(&list, &zone);
	for (size_t i = 0; is_known && !has_zone && i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *one = zoneset_at(call->snapshot.zones, i);
		if (scope_holds(call, &one->apex))
			contested_list_zone(&list, one);
	}
	renewer_end(&list.renewer);
	command_result(call, "records", json_integer((json_int_t)list.count));
	command_say(call, "%llu record%s renewed by others than their owners, in vain",
		    (unsigned long long)list.count, list.count == 1 ? " is" : "s are");
	return command_read_ended(call);
}

/* --- why --last */

/* Where it is not one who renewed: what is said of the last is not said of all. */
static const char *contested_others(bool has_others)
{
	return has_others ? "; others renew there too, and `tenurectl audit --event "
			    "refresh-ignored` shows who: what that one has no business with may "
			    "be in use"
			  : "";
}

/* The first record at the name that the renewal was in vain for. */
static bool contested_find(struct store_txn *txn, const struct node *node,
			   struct node_record *record)
{
	struct node_walk walk = node_walk_of(node);
	struct renewer renewer;
	bool is_found = false;
	renewer_begin(&renewer, txn);
	while (!is_found && node_walk_next(&walk, record))
		is_found = record->class == RECORD_DYNAMIC && record->stamp < node->hint.at &&
			   renewer_says(&renewer, node, record->owner) == RENEWER_IN_VAIN;
	renewer_end(&renewer);
	return is_found;
}

bool command_contested_say(struct call *call, const struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX], apex[DNS_NAME_TEXT_MAX], at[TIMEWORD_TEXT_MAX];
	struct node node;
	struct node_record record;
	struct store_txn *txn = call->snapshot.txn;
	const struct zone *zone = zoneset_find(call->snapshot.zones, name);
	if (!zone || !lookup_node(txn, zone, name, &node) || !node.hint.at || node.hint.is_taken ||
	    !contested_find(txn, &node, &record))
		return false;
	const char *owner = principal_text(txn, record.owner, &call->arena);
	const char *by = principal_text(txn, node.hint.by, &call->arena);
	time_print(node.hint.at, at);
	dns_name_show(&zone->apex, apex);
	command_warn(
		call, 0,
		arena_print(
			&call->arena,
			"%s was renewed by %s%s at %s, which was allowed and refreshed "
			"nothing: owned by %s%s: %s%s",
			dns_name_show(name, shown), by, node.hint.has_others ? " and others" : "",
			at, owner,
			contested_is_held(call, zone, name)
				? "; contested for more than two refresh windows, it stays "
				  "until you decide"
				: "",
			renewal_advice_text(&call->arena, call->snapshot.groups, apex, owner, by),
			contested_others(node.hint.has_others)));
	return true;
}

/* --- status */

struct contested_pair {
	uint32_t owner, by;
	bool has_others; /* who renewed there */
	uint64_t records, held;
};

struct contested_sum {
	uint64_t looked_at, others;
	size_t count;
	struct contested_pair pair[PAIRS_MAX];
};

static bool is_contested_pair(const struct contested_pair *a, const struct contested_pair *b)
{
	return a->owner == b->owner && a->by == b->by && a->has_others == b->has_others;
}

static bool contested_add(void *context, const struct plan_item *item)
{
	struct contested_sum *sum = context;
	const struct contested_pair of = {.owner = item->record.owner,
					  .by = item->node->hint.by,
					  .has_others = item->node->hint.has_others};
	size_t i = 0;
	if (item->is_contested) {
		while (i < sum->count && !is_contested_pair(&sum->pair[i], &of))
			i++;
		if (i == sum->count && i < PAIRS_MAX)
			sum->pair[sum->count++] = of;
		if (i < PAIRS_MAX)
			sum->pair[i].records++;
		if (i < PAIRS_MAX)
			sum->pair[i].held += item->is_overdue;
		else
			sum->others++;
	}
	return ++sum->looked_at < LOOKED_AT_MAX;
}

/* What ends the hold of those that no run takes any more. */
static const char *contested_pair_held(struct call *call, const struct zone *zone,
				       const struct contested_pair *pair, const char *by)
{
	struct run run;
	bool has_run = contested_run_of(call, zone, &run);
	if (!pair->held)
		return "";
	if (!has_run)
		return arena_print(&call->arena, "; %llu of them no run removes",
				   (unsigned long long)pair->held);
	return arena_print(&call->arena,
			   "; %llu of them no run removes until `tenurectl scavenge approve %llu "
			   "--contested %s%s`",
			   (unsigned long long)pair->held, (unsigned long long)run.id,
			   pair->has_others ? "--match GLOB" : "--renewed-by ",
			   pair->has_others ? "" : shellword(by, &call->arena));
}

static void contested_warn_pair(struct call *call, const struct zone *zone,
				const struct contested_pair *pair, bool is_whole)
{
	char apex[DNS_NAME_TEXT_MAX];
	struct store_txn *txn = call->snapshot.txn;
	const char *owner = principal_text(txn, pair->owner, &call->arena);
	const char *by = principal_text(txn, pair->by, &call->arena);
	dns_name_show(&zone->apex, apex);
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "zone %s: %s%llu stale record%s of %s %s renewed by %s%s, which "
				 "refreshes nothing: %s%s%s",
				 apex, is_whole ? "" : "at least ",
				 (unsigned long long)pair->records, pair->records == 1 ? "" : "s",
				 owner, pair->records == 1 ? "is" : "are", by,
				 pair->has_others ? " and others" : "",
				 renewal_advice_text(&call->arena, call->snapshot.groups, apex,
						     owner, by),
				 contested_others(pair->has_others),
				 contested_pair_held(call, zone, pair, by)));
}

void command_contested_warn(struct call *call)
{
	uint64_t now = clock_now(&call->core->clock);
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		struct age_windows windows = {zone->no_refresh, zone->refresh};
		struct contested_sum sum = {0};
		if (!zone->is_aging || !scope_holds(call, &zone->apex))
			continue;
		plan_walk(call->snapshot.txn, zone, now, &windows, contested_add, &sum);
		for (size_t k = 0; k < sum.count; k++)
			contested_warn_pair(call, zone, &sum.pair[k],
					    sum.looked_at < LOOKED_AT_MAX);
		if (sum.others)
			command_warn(call, 0,
				     arena_print(&call->arena,
						 "and %llu more: `tenurectl owner list "
						 "--contested` shows them",
						 (unsigned long long)sum.others));
	}
}
