/* SPDX-License-Identifier: BSD-2-Clause */
/* record touch: dynamic records of a name, or of all below it, are as fresh as if registered now.
 */
#include "admin/edit_parts.h"
#include "admin/stamped.h"
#include "zonedb/lookup.h"
#include "zonedb/walk.h"

struct touch {
	struct call *call;
	struct zone zone;
	struct dns_name name;
	bool is_recursive;
	uint64_t now;
	bool is_plan;                    /* rows are shown */
	uint64_t touched, fresh, others; /* `others`: static and pinned, which are left alone */
	bool is_there;                   /* the peer */
	struct stamped stamped;          /* of the transaction that stamps */
};

static void touch_show(struct touch *t, struct command_record *row)
{
	json_t *shown = command_record(t->call, row);
	json_object_set_new(shown, "new_stamp", command_seconds(t->now));
	t->is_there = command_row(t->call, shown);
}

static void touch_count(struct touch *t, const struct node_record *record)
{
	if (record->class != RECORD_DYNAMIC)
		t->others++;
	else if (record->stamp == t->now)
		t->fresh++;
	else
		t->touched++;
}

/* Counts, and shows a plan. */
static void touch_look_at(struct touch *t, const struct dns_name *name, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct command_record row = {.zone = &t->zone, .name = name, .node = node};
	while (command_record_next(&walk, &row)) {
		uint64_t touched = t->touched;
		touch_count(t, &row.record);
		if (t->touched > touched && t->is_plan && t->is_there)
			touch_show(t, &row);
	}
}

static void visit_names(struct touch *t, struct store_txn *txn)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	t->touched = t->fresh = t->others = 0;
	if (!t->is_recursive) {
		if (lookup_node(txn, &t->zone, &t->name, &node))
			touch_look_at(t, &t->name, &node);
		return;
	}
	walk_from(&walk, txn, &t->zone, &t->name);
	while (t->is_there && walk_next(&walk, &name, &node))
		touch_look_at(t, &name, &node);
	walk_end(&walk);
}

/* Why nothing is to be done; a name that is not there is not found. */
static enum call_code check_found(const struct touch *t)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *where = t->is_recursive ? "at or below " : "at ";
	dns_name_show(&t->name, shown);
	if (t->touched + t->fresh > 0)
		return CALL_OK;
	if (t->others == 0)
		return call_fail(t->call, CALL_NOT_FOUND, "no records %s%s", where, shown);
	return call_fail(t->call, CALL_NOTHING,
			 "no dynamic records %s%s: static and pinned ones have no age, unless "
			 "'record set-class' makes them dynamic",
			 where, shown);
}

/* --- doing it */

static bool touch_wants(void *context, struct store_txn *txn, const struct zone *zone,
			const struct dns_name *name, const struct node *node)
{
	const struct touch *t = context;
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	(void)txn, (void)zone, (void)name;
	while (node_walk_next(&walk, &record))
		if (record.class == RECORD_DYNAMIC && record.stamp != t->now)
			return true;
	return false;
}

/* Each part has its own time, since a stamp is the time of its entry, and its own transaction. */
static struct edit_author touch_author(void *context, struct store_txn *txn)
{
	struct touch *t = context;
	struct edit_author author = command_author(t->call, txn);
	t->now = author.now;
	stamped_begin(&t->stamped, t->call, txn, &t->zone);
	return author;
}

static uint64_t touch_change(void *context, struct edit *edit, struct edit_name *at)
{
	struct touch *t = context;
	uint64_t count = 0;
	(void)edit;
	for (struct edit_rrset *set = at->rrsets; set; set = set->next) {
		for (struct edit_record *is = set->records; is; is = is->next) {
			if (is->class != RECORD_DYNAMIC || is->stamp == t->now)
				continue;
			is->stamp = t->now;
			stamped_give(&t->stamped, at, set->type, is);
			count++;
		}
	}
	return count;
}

static enum call_code touch_below(struct call *call, struct touch *t)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct edit_parts parts = {
		.zone = &t->zone,
		.under = &t->name,
		.event = EVENT_TOUCH,
		.note = arena_print(&call->arena, "touches what is at and below %s",
				    dns_name_show(&t->name, shown)),
		.wants = touch_wants,
		.author = touch_author,
		.change = touch_change,
		.context = t,
	};
	enum call_code code = edit_parts_run(call, &parts);
	t->touched = parts.records;
	if (parts.run)
		command_result(call, "run", json_integer((json_int_t)parts.run));
	return code;
}

static enum call_code touch_work(struct call *call, struct store_txn *txn, void *context)
{
	struct touch *t = context;
	enum call_code code = command_zone_in(call, txn, &t->zone);
	if (code)
		return code;
	struct edit_author author = touch_author(t, txn);
	visit_names(t, txn);
	code = check_found(t);
	if (code || t->touched == 0)
		return code;
	struct edit *edit = edit_open(txn, &t->zone, &author, &call->arena);
	touch_change(t, edit, edit_see(edit, &t->name));
	struct entry entry = command_entry(call, ENTRY_ADMIN, txn, &t->zone);
	entry.event = EVENT_TOUCH;
	edit_commit(edit, &entry);
	return CALL_OK;
}

/* What is there is counted before: also what is left alone. */
static enum call_code touch_do(struct call *call, struct touch *t)
{
	if (!t->is_recursive)
		return command_write(call, touch_work, t);
	t->now = command_time(call, call->snapshot.txn);
	visit_names(t, call->snapshot.txn);
	enum call_code code = check_found(t);
	return code || t->touched == 0 ? code : touch_below(call, t);
}

static enum call_code touch_plan(struct call *call, struct touch *t)
{
	visit_names(t, call->snapshot.txn);
	enum call_code code = check_found(t);
	return code ? code : command_read_ended(call);
}

static enum call_code touch_record_touch(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	bool is_plan = command_flag(call, "plan");
	struct touch t = {.call = call,
			  .is_recursive = command_flag(call, "recurse"),
			  .is_plan = is_plan,
			  .now = clock_now(&call->core->clock),
			  .is_there = true};
	enum call_code code = command_zone_of(call, &t.zone);
	if (!code)
		code = command_name_in(call, command_text(call, "name"), &t.zone, &t.name);
	if (!code)
		code = is_plan ? touch_plan(call, &t) : touch_do(call, &t);
	stamped_end(&t.stamped);
	if (code)
		return code;
	if (is_plan && t.touched > 1)
		command_ask(call, arena_print(&call->arena, "%s%s: %s would be stamped now",
					      dns_name_show(&t.name, shown),
					      t.is_recursive ? " and below" : "",
					      command_count(call, t.touched, "dynamic record")));
	command_result(call, "zone", command_name(&t.zone.apex));
	command_result(call, "name", command_name(&t.name));
	command_result(call, "touched", json_integer((json_int_t)t.touched));
	command_result(call, "left", json_integer((json_int_t)t.others));
	command_say(call, "%s%s: %llu dynamic record%s %s%s", dns_name_show(&t.name, shown),
		    t.is_recursive ? " and below" : "", (unsigned long long)t.touched,
		    t.touched == 1 ? "" : "s", is_plan ? "would be stamped now" : "stamped now",
		    t.others ? "; static and pinned ones left alone" : "");
	return CALL_OK;
}

const struct command command_touch_table[] = {
	{"record touch", touch_record_touch, "zone=s name=s recurse=b? plan=b?"},
	{0},
};
