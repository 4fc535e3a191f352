/* SPDX-License-Identifier: BSD-2-Clause */
/* zone windows, rewindow: by which windows the records of a zone age, and by which they would if
 * they were stamped now; and giving them these. */
#include "admin/zone_windows.h"
#include "admin/edit_parts.h"
#include "base/hash_table.h"
#include "scavenger/plan.h"
#include "zonedb/due.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/walk.h"

#define AUTHOR "system:scavenger"

/* A record, and what its owner would get. */
struct windowed {
	struct command_record row;
	struct policy_window next;
	bool is_known, differs;
};

/* A look at dynamic records, one after another. */
struct windows_look {
	struct call *call;
	struct store_txn *txn;
	struct zone zone;
	struct snapshot snapshot;
	struct owner_window *owners;
};

static void windows_look_open(struct windows_look *look, struct call *call, struct store_txn *txn,
			      const struct owner_window_of *with)
{
	look->call = call;
	look->txn = txn;
	look->zone = *with->zone;
	look->snapshot = command_look(call, txn);
	struct owner_window_of of = *with;
	of.core = call->core;
	of.snapshot = &look->snapshot;
	of.zone = &look->zone;
	look->owners = owner_window_open(&of);
}

static void windows_look_close(struct windows_look *look)
{
	owner_window_close(look->owners);
	look->owners = NULL;
}

static struct window window_of_number(struct store_txn *txn, uint16_t number)
{
	struct record_windows windows = record_window_get(txn, number);
	return (struct window){number != RECORD_WINDOW_ZONE, windows.no_refresh, windows.refresh};
}

/* Fills what the record would get; `row` is set. False: it does not age. */
static bool windows_see(struct windows_look *look, struct windowed *at)
{
	const struct node_record *record = &at->row.record;
	struct owner_window_ask ask = {.name = at->row.name,
				       .node = at->row.node,
				       .type = at->row.type,
				       .record = *record};
	if (record->class != RECORD_DYNAMIC)
		return false;
	struct window now = window_of_number(look->txn, record->window);
	at->is_known = owner_window_find(look->owners, &ask, &at->next);
	at->differs = at->is_known && !window_equal(&now, &at->next.window);
	return true;
}

/* Whether any record has a class, or could get one. */
static bool windows_are_used(const struct windows_look *look)
{
	uint16_t window;
	return owner_window_is_used(look->owners) ||
	       due_class_after(look->txn, &look->zone, RECORD_WINDOW_ZONE, &window);
}

/* Calls `each` for each record that ages. */
static void windows_walk(struct windows_look *look, bool (*each)(void *, const struct windowed *),
			 void *context)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	bool goes_on = true;
	walk_from(&walk, look->txn, &look->zone, &look->zone.apex);
	while (goes_on && walk_next(&walk, &name, &node)) {
		struct node_walk records = node_walk_of(&node);
		struct windowed at = {.row = {.zone = &look->zone, .name = &name, .node = &node}};
		while (goes_on && command_record_next(&records, &at.row))
			goes_on = !windows_see(look, &at) || each(context, &at);
	}
	walk_end(&walk);
}

static struct age_windows windows_for_age(const struct zone *zone, const struct window *window)
{
	return window->is_given ? (struct age_windows){window->no_refresh, window->refresh}
				: (struct age_windows){zone->no_refresh, zone->refresh};
}

static uint64_t windows_stale_at(struct call *call, const struct windowed *at)
{
	struct age_windows next = windows_for_age(at->row.zone, &at->next.window);
	return age_stale_at(command_stamp(call, &at->row), &next);
}

/* --- how many */

struct windows_counting {
	struct call *call;
	struct zone_windows sum;
};

static bool windows_count_one(void *context, const struct windowed *at)
{
	struct windows_counting *counting = context;
	if (!at->differs)
		return true;
	counting->sum.records++;
	counting->sum.stale +=
		at->row.zone->is_aging &&
		windows_stale_at(counting->call, at) <= clock_now(&counting->call->core->clock);
	return true;
}

struct zone_windows zone_windows_count(struct call *call, const struct zone *zone,
				       const struct rules *rules, const struct groups *groups)
{
	struct windows_look look;
	struct windows_counting counting = {.call = call};
	windows_look_open(
		&look, call, call->snapshot.txn,
		&(struct owner_window_of){.zone = zone, .rules = rules, .groups = groups});
	if (windows_are_used(&look))
		windows_walk(&look, windows_count_one, &counting);
	windows_look_close(&look);
	return counting.sum;
}

void zone_windows_tell(struct call *call, const struct zone *zone, const struct rules *rules,
		       const struct groups *groups)
{
	char shown[DNS_NAME_TEXT_MAX] = "ZONE";
	struct zone_windows sum = {0};
	bool is_plan = command_flag(call, "plan") || command_flag(call, "diff");
	size_t zones = 0;
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *of = zoneset_at(call->snapshot.zones, i);
		if (zone && of->id != zone->id)
			continue;
		struct zone_windows one = zone_windows_count(call, of, rules, groups);
		sum.records += one.records;
		sum.stale += one.stale;
		if (one.records && zones++ == 0)
			dns_name_show(&of->apex, shown);
	}
	if (!sum.records)
		return;
	const char *stale = arena_print(&call->arena, " (%llu would be stale at once)",
					(unsigned long long)sum.stale);
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "%s%s %s by other windows than they get at their next stamp: "
				 "`tenurectl zone rewindow %s` gives them these at once%s",
				 command_count(call, sum.records, "record"),
				 zones > 1 ? arena_print(&call->arena, " of %zu zones", zones) : "",
				 is_plan            ? "would age"
				 : sum.records == 1 ? "ages"
						    : "age",
				 zones > 1 ? "ZONE" : shown, sum.stale ? stale : ""));
}

#define CLASSES_SHOWN 8

const char *zone_windows_classes(struct call *call, const struct zone *zone)
{
	struct store_txn *txn = call->snapshot.txn;
	const char *text = NULL;
	size_t count = 0;
	uint16_t number;
	for (int at = RECORD_WINDOW_ZONE;
	     count < CLASSES_SHOWN && due_class_after(txn, zone, at, &number); at = number) {
		char one[WINDOW_TEXT_MAX];
		struct window window = window_of_number(txn, number);
		window_print(&window, one);
		text = arena_print(&call->row_arena, "%s%s%s", text ? text : "",
				   count++ ? ", " : "", one);
	}
	return text;
}

/* --- zone windows */

/* Owners with the same class and the same next class are one row, up to so many. */
#define WINDOWS_ROWS_MAX 20000

struct windows_row {
	struct hash_link link;
	struct windows_row *next; /* in the order in which they were met */
	struct windows_key {
		uint32_t owner;
		uint16_t window;
		const void *by;
		bool is_known;
	} key;
	struct window is;
	struct policy_window then;
	uint64_t records, stale;
};

struct windows_list {
	struct call *call;
	struct hash_table table;
	struct windows_row *first, **last;
	uint64_t records, differ, others;
};

static bool windows_row_is(const struct hash_link *link, const void *key)
{
	const struct windows_key *a = &container_of(link, const struct windows_row, link)->key,
				 *b = key;
	return a->owner == b->owner && a->window == b->window && a->by == b->by &&
	       a->is_known == b->is_known;
}

static struct windows_row *windows_row_of(struct windows_list *list, const struct windowed *at)
{
	struct windows_key key = {.owner = at->row.record.owner,
				  .window = at->row.record.window,
				  .by = at->next.rule ? (const void *)at->next.rule
						      : (const void *)at->next.group,
				  .is_known = at->is_known};
	uint64_t hash = hash_secret(bytes_of(&key.owner, sizeof key.owner));
	struct hash_link *link = hash_table_find(&list->table, hash, windows_row_is, &key);
	if (link)
		return container_of(link, struct windows_row, link);
	if (list->table.count == WINDOWS_ROWS_MAX)
		return NULL;
	struct windows_row *row = arena_zero(&list->call->arena, sizeof *row);
	row->key = key;
	row->is = window_of_number(list->call->snapshot.txn, key.window);
	row->then = at->next;
	hash_table_put(&list->table, &row->link, hash);
	*list->last = row;
	list->last = &row->next;
	return row;
}

static bool windows_list_one(void *context, const struct windowed *at)
{
	struct windows_list *list = context;
	struct windows_row *row = windows_row_of(list, at);
	list->records++;
	list->differ += at->differs;
	list->others += !row;
	if (row) {
		row->records++;
		row->stale +=
			at->differs && at->row.zone->is_aging &&
			windows_stale_at(list->call, at) <= clock_now(&list->call->core->clock);
	}
	return true;
}

static json_t *windows_text(const struct window *window)
{
	char text[WINDOW_TEXT_MAX];
	return window->is_given ? json_string(window_print(window, text)) : json_null();
}

/* "line 3: allow ...", "@laptops"; NULL: the zone. */
static const char *windows_by(struct call *call, const struct policy_window *given)
{
	if (given->rule)
		return arena_print(&call->row_arena, "line %u: %s", given->rule->line,
				   given->rule->text);
	return given->group ? given->group->name : NULL;
}

static bool windows_show_row(struct call *call, const struct windows_row *of)
{
	json_t *row = json_object();
	const struct window *next = of->key.is_known ? &of->then.window : &of->is;
	json_object_set_new(row, "owner",
			    command_string(principal_text(call->snapshot.txn, of->key.owner,
							  &call->row_arena)));
	json_object_set_new(row, "records", json_integer((json_int_t)of->records));
	json_object_set_new(row, "window", windows_text(&of->is));
	json_object_set_new(row, "new_window", windows_text(next));
	json_object_set_new(row, "window_by",
			    command_string(of->key.is_known ? windows_by(call, &of->then) : NULL));
	json_object_set_new(row, "stale", json_integer((json_int_t)of->stale));
	return command_row(call, row);
}

static enum call_code admin_zone_windows(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX], zones[WINDOW_TEXT_MAX];
	struct windows_look look;
	struct zone zone;
	struct windows_list list = {.call = call, .table.arena = &call->arena};
	enum call_code code = command_zone_of(call, &zone);
	if (code)
		return code;
	list.last = &list.first;
	windows_look_open(&look, call, call->snapshot.txn,
			  &(struct owner_window_of){.zone = &zone});
	windows_walk(&look, windows_list_one, &list);
	for (const struct windows_row *row = list.first; row; row = row->next)
		if (!windows_show_row(call, row))
			break;
	windows_look_close(&look);
	struct window own = {true, zone.no_refresh, zone.refresh};
	command_result(call, "zone", command_name(&zone.apex));
	command_result(call, "zone_window", json_string(window_print(&own, zones)));
	command_result(call, "records", json_integer((json_int_t)list.records));
	command_result(call, "differ", json_integer((json_int_t)list.differ));
	command_result(call, "others", json_integer((json_int_t)list.others));
	if (list.others)
		command_warn(call, 0,
			     arena_print(&call->arena, "%s of more owners are not shown",
					 command_count(call, list.others, "record")));
	command_say(call,
		    "zone %s, windows %s: %s %s, %llu by other windows than at the next stamp",
		    dns_name_show(&zone.apex, shown), zones,
		    command_count(call, list.records, "record"), list.records == 1 ? "ages" : "age",
		    (unsigned long long)list.differ);
	return command_read_ended(call);
}

/* --- zone rewindow */

struct rewindow {
	struct call *call;
	struct zone zone;
	struct windows_look look; /* of the transaction that is read or written */
	uint64_t records, stale;
	bool is_shown;
};

static void rewindow_look(struct rewindow *rewindow, struct store_txn *txn)
{
	windows_look_close(&rewindow->look);
	windows_look_open(&rewindow->look, rewindow->call, txn,
			  &(struct owner_window_of){.zone = &rewindow->zone});
}

static bool rewindow_wants(void *context, struct store_txn *txn, const struct zone *zone,
			   const struct dns_name *name, const struct node *node)
{
	struct rewindow *rewindow = context;
	struct node_walk walk = node_walk_of(node);
	struct windowed at = {.row = {.zone = zone, .name = name, .node = node}};
	if (rewindow->look.txn != txn || !rewindow->look.owners)
		rewindow_look(rewindow, txn);
	while (command_record_next(&walk, &at.row))
		if (windows_see(&rewindow->look, &at) && at.differs)
			return true;
	return false;
}

/* The author owns nothing, so that stamps stay as they are: nobody refreshed anything. */
static struct edit_author rewindow_author(void *context, struct store_txn *txn)
{
	struct rewindow *rewindow = context;
	rewindow_look(rewindow, txn);
	return (struct edit_author){
		.owner = principal_intern(txn, AUTHOR),
		.owner_text = AUTHOR,
		.now = command_time(rewindow->call, txn),
		.class = RECORD_DYNAMIC,
	};
}

static bool rewindow_record(struct rewindow *rewindow, const struct edit_name *at, uint16_t type,
			    struct edit_record *is)
{
	struct owner_window_ask ask = {.name = &at->name,
				       .node = &at->stored,
				       .type = type,
				       .record = {.owner = is->owner,
						  .class = is->class,
						  .is_guest = is->is_guest,
						  .window = is->window,
						  .rdata = is->rdata}};
	if (is->class != RECORD_DYNAMIC)
		return false;
	uint16_t number = owner_window_number(rewindow->look.owners, rewindow->look.txn, &ask);
	if (number == is->window)
		return false;
	is->window = number;
	return true;
}

static uint64_t rewindow_name(void *context, struct edit *edit, struct edit_name *at)
{
	struct rewindow *rewindow = context;
	uint64_t count = 0;
	(void)edit;
	for (struct edit_rrset *set = at->rrsets; set; set = set->next)
		for (struct edit_record *is = set->records; is; is = is->next)
			count += rewindow_record(rewindow, at, set->type, is);
	return count;
}

/* A record that would change, shown in a plan and counted. */
static bool windows_foretell(void *context, const struct windowed *at)
{
	struct rewindow *rewindow = context;
	struct call *call = rewindow->call;
	if (!at->differs)
		return true;
	uint64_t stale_at = windows_stale_at(call, at);
	rewindow->records++;
	rewindow->stale += at->row.zone->is_aging && stale_at <= clock_now(&call->core->clock);
	if (!rewindow->is_shown)
		return true;
	json_t *row = command_record(call, &at->row);
	json_object_set_new(row, "new_window", windows_text(&at->next.window));
	json_object_set_new(row, "window_by", command_string(windows_by(call, &at->next)));
	if (at->row.zone->is_aging)
		json_object_set_new(row, "new_stale_at", command_seconds(stale_at));
	return command_row(call, row);
}

static const char *windows_question(struct rewindow *rewindow)
{
	struct call *call = rewindow->call;
	char shown[DNS_NAME_TEXT_MAX];
	const char *stale = arena_print(&call->arena, ", and %llu of them be stale at once",
					(unsigned long long)rewindow->stale);
	return arena_print(&call->arena, "zone %s: %s would age by other windows%s",
			   dns_name_show(&rewindow->zone.apex, shown),
			   command_count(call, rewindow->records, "record"),
			   rewindow->stale ? stale : "");
}

static enum call_code rewindow_do(struct rewindow *rewindow)
{
	struct edit_parts parts = {
		.zone = &rewindow->zone,
		.event = EVENT_RECORD_WINDOW,
		.reason = "the windows that rules and groups give now",
		.note = "gives records the windows that rules and groups give now",
		.has_run = true,
		.wants = rewindow_wants,
		.author = rewindow_author,
		.change = rewindow_name,
		.context = rewindow,
	};
	enum call_code code = edit_parts_run(rewindow->call, &parts);
	rewindow->records = parts.records;
	if (parts.run)
		command_result(rewindow->call, "run", json_integer((json_int_t)parts.run));
	return code;
}

static enum call_code admin_zone_rewindow(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	bool is_plan = command_flag(call, "plan");
	struct rewindow rewindow = {.call = call, .is_shown = is_plan};
	enum call_code code = command_zone_of(call, &rewindow.zone);
	if (code)
		return code;
	rewindow_look(&rewindow, call->snapshot.txn);
	windows_walk(&rewindow.look, windows_foretell, &rewindow);
	code = command_read_ended(call);
	if (!code && rewindow.records)
		code = command_ask(call, windows_question(&rewindow));
	command_result(call, "zone", command_name(&rewindow.zone.apex));
	command_result(call, "stale", json_integer((json_int_t)rewindow.stale));
	if (!code && !is_plan && rewindow.records)
		code = rewindow_do(&rewindow);
	windows_look_close(&rewindow.look);
	if (code)
		return code;
	const char *stale = !rewindow.stale
				    ? ""
				    : arena_print(&call->arena, "; %llu of them %s stale at once",
						  (unsigned long long)rewindow.stale,
						  is_plan ? "would be" : "are");
	command_result(call, "changed", json_integer(is_plan ? 0 : (json_int_t)rewindow.records));
	command_say(call, "zone %s: %s %s%s", dns_name_show(&rewindow.zone.apex, shown),
		    rewindow.records ? command_count(call, rewindow.records, "record")
				     : "no record",
		    is_plan            ? "would age by other windows"
		    : rewindow.records ? "by the windows that rules and groups give now"
				       : "ages by other windows than rules and groups give now",
		    stale);
	return CALL_OK;
}

const struct command command_zone_windows_table[] = {
	{"zone windows", admin_zone_windows, "zone=s"},
	{"zone rewindow", admin_zone_rewindow, "zone=s plan=b? yes=b?"},
	{0},
};
