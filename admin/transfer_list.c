/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/transfer_list.h"
#include "admin/edit_parts.h"
#include "admin/scope.h"
#include "dns/csv.h"
#include "dns/type.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include <stdlib.h>
#include <strings.h>

enum transfer_column {
	TRANSFER_ZONE,
	TRANSFER_NAME,
	TRANSFER_TYPE,
	TRANSFER_FROM,
	TRANSFER_TO,
	TRANSFER_COLUMNS
};
static const char *const transfer_column_names[] = {"zone", "name", "type", "from", "to"};

struct transfer_line {
	unsigned line;
	size_t zone; /* its number in the list's zones */
	struct dns_name name;
	uint16_t type;         /* 0: all */
	const char *from, *to; /* NULL: whosever it is */
	uint32_t from_id, to_id;
};

/* What is wrong with a line. */
struct transfer_fault {
	unsigned line;
	size_t number; /* in the order that they were found */
	const char *text;
};

struct transfer_list {
	struct call *call;
	char *text; /* the caller's, as `lines` and `zones` */
	size_t len;
	bool is_long;
	size_t columns, column[TRANSFER_COLUMNS]; /* where each is, from 1; 0: nowhere */
	struct transfer_line *lines;
	size_t count, room;
	struct zone *zones; /* of the names */
	size_t zone_count, zone_room, zone_at;
	struct transfer_fault *fault; /* the caller's */
	size_t faults, fault_room;
	/* Of a list of names: each once, for struct edit_parts, and the first of its lines. */
	struct dns_name *names;
	size_t *name_zone, *name_line, name_count;
	size_t found;          /* in the writer's thread: the number of the name that is changed */
	struct store_txn *txn; /* of the part */
	uint64_t name_total, records, zone_total;
	const char *apex; /* a zone whose SOA or NS go; NULL: none */
};

static bool transfer_list_has_names(const struct transfer_list *list)
{
	return list->column[TRANSFER_NAME] > 0;
}

/* --- faults */

static void transfer_list_fault(struct transfer_list *list, unsigned line, const char *text)
{
	if (list->faults == list->fault_room) {
		list->fault_room = list->fault_room ? list->fault_room * 2 : 16;
		list->fault = realloc(list->fault, list->fault_room * sizeof *list->fault);
		if (!list->fault)
			abort();
	}
	list->fault[list->faults] = (struct transfer_fault){
		line, list->faults, arena_text(&list->call->arena, text, strlen(text))};
	list->faults++;
}

static int transfer_fault_order(const void *a, const void *b)
{
	const struct transfer_fault *x = a, *y = b;
	int order = (x->line > y->line) - (x->line < y->line);
	return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* Shows them in the order of the list. Returns how many lines have one. */
static size_t transfer_list_show_faults(struct transfer_list *list)
{
	size_t lines = 0;
	qsort(list->fault, list->faults, sizeof *list->fault, transfer_fault_order);
	for (size_t i = 0; i < list->faults; i++) {
		const struct transfer_fault *fault = &list->fault[i];
		lines += i == 0 || fault[-1].line != fault->line;
		if (i >= TRANSFER_LIST_NAMED)
			continue;
		json_t *row = json_object();
		json_object_set_new(row, "line", json_integer(fault->line));
		json_object_set_new(row, "fault", command_string(fault->text));
		command_row(list->call, row);
	}
	return lines;
}

/* CALL_USAGE where there are any. */
static enum call_code transfer_list_faults(struct transfer_list *list)
{
	struct call *call = list->call;
	if (list->faults == 0)
		return CALL_OK;
	size_t lines = transfer_list_show_faults(list);
	return call_fail(call, CALL_USAGE, "%s wrong%s: nothing was changed",
			 lines == 1 ? "a line of the list is"
				    : arena_print(&call->arena, "%zu lines of the list are", lines),
			 list->faults > TRANSFER_LIST_NAMED
				 ? arena_print(&call->arena, " (the first %d are named)",
					       TRANSFER_LIST_NAMED)
				 : "");
}

/* --- the table */

/* The rest is still taken after a fault, so that the peer comes to read the answer. */
static enum call_code transfer_list_receive(struct transfer_list *list)
{
	struct call *call = list->call;
	struct bytes body;
	snapshot_rest(&call->snapshot);
	while (call->read && call->read(call, &body)) {
		list->is_long = list->is_long || list->len + body.len > TRANSFER_LIST_BYTES;
		if (list->is_long)
			continue;
		char *text = realloc(list->text, list->len + body.len + 1);
		if (!text)
			abort();
		memcpy(text + list->len, body.data, body.len);
		list->text = text;
		list->len += body.len;
	}
	if (call->is_cut)
		return call_fail(call, CALL_USAGE, "the list ended before its end");
	if (list->is_long)
		return call_fail(call, CALL_USAGE,
				 "a list of more than %u MiB: divide it, each part is a run",
				 TRANSFER_LIST_BYTES >> 20);
	return snapshot_renew(&call->snapshot) ? CALL_OK : command_read_ended(call);
}

/* A cell; NULL: it is empty, or there is no such column. The `'` that keeps a spreadsheet from
 * computing is none of it. */
static const char *transfer_list_cell(const struct transfer_list *list, const struct dns_csv *csv,
				      enum transfer_column column)
{
	size_t at = list->column[column];
	const char *text = at ? csv->fields[at - 1].text : "";
	if (text[0] == '\'' && text[1] && strchr("=+-@", text[1]))
		text++;
	return *text ? text : NULL;
}

static void transfer_list_take_column(struct transfer_list *list, const struct dns_csv *csv,
				      size_t at)
{
	const struct dns_csv_field *field = &csv->fields[at];
	struct call *call = list->call;
	for (size_t c = 0; c < TRANSFER_COLUMNS; c++) {
		if (strcasecmp(field->text, transfer_column_names[c]) != 0)
			continue;
		if (list->column[c])
			transfer_list_fault(list, field->line,
					    arena_print(&call->arena,
							"the column '%s' is there "
							"twice",
							transfer_column_names[c]));
		list->column[c] = at + 1;
		return;
	}
	transfer_list_fault(list, field->line,
			    arena_print(&call->arena,
					"unknown column '%.60s': they are zone, name, type, from, "
					"to",
					field->text));
}

static void transfer_list_take_columns(struct transfer_list *list, const struct dns_csv *csv)
{
	list->columns = csv->count;
	for (size_t i = 0; i < csv->count; i++)
		transfer_list_take_column(list, csv, i);
	const char *problem = NULL;
	bool has_place = list->column[TRANSFER_ZONE] || list->column[TRANSFER_TYPE];
	if (!list->column[TRANSFER_TO])
		problem = "the first line names the columns, and there is no 'to' among them";
	else if (!list->column[TRANSFER_NAME] && !list->column[TRANSFER_FROM])
		problem = "the first line names the columns, and there is neither 'name' nor "
			  "'from' among them";
	else if (!list->column[TRANSFER_NAME] && has_place)
		problem = "'zone' and 'type' are of a list with the column 'name'";
	if (problem && list->faults == 0)
		transfer_list_fault(list, csv->fields[0].line, problem);
}

/* --- a line */

static size_t transfer_list_zone(struct transfer_list *list, const struct zone *zone)
{
	if (list->zone_at < list->zone_count && list->zones[list->zone_at].id == zone->id)
		return list->zone_at;
	for (size_t i = 0; i < list->zone_count; i++)
		if (list->zones[i].id == zone->id)
			return list->zone_at = i;
	if (list->zone_count == list->zone_room) {
		list->zone_room = list->zone_room ? list->zone_room * 2 : 8;
		list->zones = realloc(list->zones, list->zone_room * sizeof *list->zones);
		if (!list->zones)
			abort();
	}
	list->zones[list->zone_count] = *zone;
	return list->zone_at = list->zone_count++;
}

/* The zone that the line or the command names; NULL: none. */
static enum call_code transfer_list_named_zone(struct transfer_list *list, const char *text,
					       const struct zone **zone)
{
	struct call *call = list->call;
	struct dns_name apex, only;
	char shown[DNS_NAME_TEXT_MAX];
	const char *given = command_text(call, "zone");
	const char *problem = dns_name_parse_text(&apex, text ? text : given ? given : ".");
	*zone = NULL;
	if (problem)
		return call_fail(call, CALL_USAGE, "zone: '%.200s' is not a name: %s",
				 text ? text : given, problem);
	if (!text && !given)
		return CALL_OK;
	if (text && given && !dns_name_parse_text(&only, given) && !dns_name_equal(&only, &apex))
		return call_fail(call, CALL_USAGE, "it is of zone %s, and --zone is another",
				 dns_name_show(&apex, shown));
	*zone = zoneset_exact(call->snapshot.zones, &apex);
	return *zone ? CALL_OK
		     : call_fail(call, CALL_NOT_FOUND, "no zone '%s' here",
				 dns_name_show(&apex, shown));
}

static enum call_code transfer_list_take_name(struct transfer_list *list,
					      struct transfer_line *line, const struct dns_csv *csv)
{
	struct call *call = list->call;
	char shown[DNS_NAME_TEXT_MAX], wrong[DNS_TYPE_PROBLEM_MAX];
	const struct zone *zone;
	const char *name = transfer_list_cell(list, csv, TRANSFER_NAME);
	const char *type = transfer_list_cell(list, csv, TRANSFER_TYPE);
	if (!name)
		return call_fail(call, CALL_USAGE, "the name is empty");
	if (type && !dns_type_parse(type, strlen(type), &line->type))
		return call_fail(call, CALL_USAGE, "%s", dns_type_problem(type, wrong));
	enum call_code code =
		transfer_list_named_zone(list, transfer_list_cell(list, csv, TRANSFER_ZONE), &zone);
	if (!code && zone)
		code = command_name_in(call, name, zone, &line->name);
	if (code)
		return code;
	const char *problem = zone ? NULL : dns_name_parse_text(&line->name, name);
	if (problem)
		return call_fail(call, CALL_USAGE, "'%.200s' is not a name: %s", name, problem);
	if (!zone)
		zone = zoneset_find(call->snapshot.zones, &line->name);
	if (!zone)
		return call_fail(call, CALL_NOT_FOUND, "'%s' is in no zone of this server",
				 dns_name_show(&line->name, shown));
	line->zone = transfer_list_zone(list, zone);
	return CALL_OK;
}

static enum call_code transfer_list_take_owners(struct transfer_list *list,
						struct transfer_line *line,
						const struct dns_csv *csv)
{
	struct call *call = list->call;
	const char *from = transfer_list_cell(list, csv, TRANSFER_FROM);
	const char *to = transfer_list_cell(list, csv, TRANSFER_TO);
	if (!to)
		return call_fail(call, CALL_USAGE, "'to' is empty");
	if (!from && !transfer_list_has_names(list))
		return call_fail(call, CALL_USAGE, "'from' is empty");
	enum call_code code = command_owner_text(call, "to", to, &line->to);
	if (!code && from)
		code = command_owner_text(call, "from", from, &line->from);
	if (!code && line->from && strcmp(line->from, line->to) == 0)
		return call_fail(call, CALL_USAGE, "from and to are the same: %s", line->to);
	if (code)
		return code;
	line->from_id = line->to_id = UINT32_MAX;
	bool is_known =
		line->from && principal_find(call->snapshot.txn, line->from, &line->from_id);
	/* Of a name it is said there; a role of listed zones is not told who is elsewhere. */
	if (!is_known && !transfer_list_has_names(list) && !scope_is_listed(call))
		return call_fail(call, CALL_NOT_FOUND, "%s owns nothing here", line->from);
	principal_find(call->snapshot.txn, line->to, &line->to_id);
	return CALL_OK;
}

static void transfer_list_push(struct transfer_list *list, const struct transfer_line *line)
{
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 64;
		list->lines = realloc(list->lines, list->room * sizeof *list->lines);
		if (!list->lines)
			abort();
	}
	list->lines[list->count++] = *line;
}

static void transfer_list_take_line(struct transfer_list *list, const struct dns_csv *csv)
{
	struct call *call = list->call;
	struct transfer_line line = {.line = csv->fields[0].line};
	enum call_code code = CALL_OK;
	if (csv->count != list->columns)
		code = call_fail(call, CALL_USAGE, "%s, and the first line names %zu columns",
				 command_count(call, csv->count, "field"), list->columns);
	if (!code)
		code = transfer_list_take_owners(list, &line, csv);
	if (!code && transfer_list_has_names(list))
		code = transfer_list_take_name(list, &line, csv);
	if (code)
		transfer_list_fault(list, line.line, call->error);
	else
		transfer_list_push(list, &line);
}

static enum call_code transfer_list_read(struct transfer_list *list)
{
	struct call *call = list->call;
	struct dns_csv csv;
	size_t lines = 0;
	dns_csv_open(&csv, list->text ? list->text : "", list->len);
	if (dns_csv_next(&csv))
		transfer_list_take_columns(list, &csv);
	else if (!csv.error)
		transfer_list_fault(list, 1, "the list is empty");
	bool has_columns = list->faults == 0 && !csv.error;
	while (has_columns && lines < TRANSFER_LIST_LINES && dns_csv_next(&csv)) {
		transfer_list_take_line(list, &csv);
		lines++;
	}
	bool is_more = has_columns && lines == TRANSFER_LIST_LINES && dns_csv_next(&csv);
	if (csv.error)
		transfer_list_fault(list, csv.error_line, csv.error);
	dns_csv_close(&csv);
	if (is_more)
		return call_fail(call, CALL_USAGE,
				 "a list of more than %d lines: divide it, each part is a run",
				 TRANSFER_LIST_LINES);
	if (list->faults == 0 && list->count == 0)
		return call_fail(call, CALL_USAGE, "the list has no line but the first");
	return CALL_OK;
}

/* --- the lines together */

static int transfer_list_by_heir(const void *a, const void *b)
{
	const struct transfer_line *x = a, *y = b;
	int order = strcmp(x->to, y->to);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Each new owner is looked at once; if it cannot be one, each of its lines is wrong. */
static void transfer_list_check_heirs(struct transfer_list *list)
{
	struct call *call = list->call;
	const char *problem = NULL;
	qsort(list->lines, list->count, sizeof *list->lines, transfer_list_by_heir);
	for (size_t i = 0; i < list->count; i++) {
		const struct transfer_line *line = &list->lines[i];
		if (i == 0 || strcmp(list->lines[i - 1].to, line->to) != 0) {
			const char *at = arena_print(&call->arena, "line %u: ", line->line);
			const char *named = arena_print(&call->arena, "line %u", line->line);
			problem = NULL;
			/* The line stands before its fault. */
			if (command_heir(call, named, line->to))
				problem = arena_print(
					&call->arena, "%s",
					call->error + (strncmp(call->error, at, strlen(at)) == 0
							       ? strlen(at)
							       : 0));
		}
		if (problem)
			transfer_list_fault(list, line->line, problem);
	}
}

static int transfer_list_by_name(const void *a, const void *b)
{
	const struct transfer_line *x = a, *y = b;
	int order = (x->zone > y->zone) - (x->zone < y->zone);
	if (!order)
		order = dns_name_compare(&x->name, &y->name);
	if (!order)
		order = (x->type > y->type) - (x->type < y->type);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int transfer_list_by_owner(const void *a, const void *b)
{
	const struct transfer_line *x = a, *y = b;
	int order = (x->from_id > y->from_id) - (x->from_id < y->from_id);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool transfer_list_is_same_name(const struct transfer_line *a, const struct transfer_line *b)
{
	return a->zone == b->zone && dns_name_equal(&a->name, &b->name);
}

/* Two lines about one thing: of a name all records and one type are, too. */
static void transfer_list_check_twice(struct transfer_list *list)
{
	bool has_names = transfer_list_has_names(list);
	const char *what = has_names ? "the name" : "the owner";
	size_t first = 0;
	for (size_t i = 1; i < list->count; i++) {
		const struct transfer_line *was = &list->lines[i - 1], *is = &list->lines[i];
		if (has_names && !transfer_list_is_same_name(was, is)) {
			first = i;
			continue;
		}
		bool is_twice = has_names ? was->type == is->type || list->lines[first].type == 0
					  : was->from_id == is->from_id;
		if (is_twice)
			transfer_list_fault(list, is->line,
					    arena_print(&list->call->arena,
							"%s is in line %u already", what,
							was->line));
	}
}

static const struct transfer_line *transfer_list_of_owner(const struct transfer_list *list,
							  uint32_t owner)
{
	size_t from = 0, to = list->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (list->lines[middle].from_id == owner)
			return &list->lines[middle];
		if (list->lines[middle].from_id < owner)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

/* What one line gives another would give on: the order would decide. */
static void transfer_list_check_chains(struct transfer_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct transfer_line *line = &list->lines[i];
		const struct transfer_line *next = transfer_list_of_owner(list, line->to_id);
		if (next && line->to_id != UINT32_MAX)
			transfer_list_fault(list, line->line,
					    arena_print(&list->call->arena,
							"%s gives away what it owns in line %u",
							line->to, next->line));
	}
}

/* --- what goes */

/* Whether the line gives the record to another. */
static bool transfer_line_gives(const struct transfer_line *line, uint16_t type,
				const struct node_record *record)
{
	if (line->type && line->type != type)
		return false;
	if (line->from ? record->owner != line->from_id : record->owner == line->to_id)
		return false;
	return record->class != RECORD_DERIVED;
}

/* The line that gives away a record of the name with this number, or without names of its owner;
 * NULL: none does. */
static const struct transfer_line *transfer_list_line(const struct transfer_list *list,
						      size_t number, uint16_t type,
						      const struct node_record *record)
{
	if (!transfer_list_has_names(list)) {
		const struct transfer_line *line = transfer_list_of_owner(list, record->owner);
		bool is_nobodys =
			record->owner == PRINCIPAL_ANONYMOUS && record->class == RECORD_STATIC;
		return line && !is_nobodys && transfer_line_gives(line, type, record) ? line : NULL;
	}
	size_t at = list->name_line[number];
	const struct transfer_line *first = &list->lines[at];
	for (; at < list->count && transfer_list_is_same_name(first, &list->lines[at]); at++)
		if (transfer_line_gives(&list->lines[at], type, record))
			return &list->lines[at];
	return NULL;
}

/* Counts what goes at a name; `shows`: as rows. */
static uint64_t transfer_list_look_at(struct transfer_list *list, size_t number,
				      struct command_record *row, bool shows)
{
	struct call *call = list->call;
	struct node_walk walk = node_walk_of(row->node);
	uint64_t count = 0;
	while (command_record_next(&walk, row)) {
		const struct transfer_line *line =
			transfer_list_line(list, number, row->type, &row->record);
		if (!line)
			continue;
		bool is_zones = (row->type == DNS_TYPE_SOA || row->type == DNS_TYPE_NS) &&
				dns_name_equal(row->name, &row->zone->apex);
		if (is_zones && !list->apex) {
			char shown[DNS_NAME_TEXT_MAX];
			list->apex =
				arena_print(&call->arena, "%s", dns_name_show(row->name, shown));
		}
		count++;
		if (!shows)
			continue;
		json_t *json = command_record(call, row);
		json_object_set_new(json, "new_owner", command_string(line->to));
		json_object_set_new(json, "line", json_integer(line->line));
		command_row(call, json);
	}
	list->name_total += count > 0;
	list->records += count;
	return count;
}

static void transfer_list_look_in(struct transfer_list *list, const struct zone *zone, bool shows)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	uint64_t before = list->records;
	struct command_record row = {.zone = zone, .name = &name, .node = &node};
	walk_from(&walk, list->call->snapshot.txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node))
		transfer_list_look_at(list, 0, &row, shows);
	walk_end(&walk);
	list->zone_total += list->records > before;
}

/* In the call's snapshot. */
static enum call_code transfer_list_look(struct transfer_list *list, bool shows)
{
	struct call *call = list->call;
	struct zone only;
	size_t last_zone = SIZE_MAX;
	list->name_total = list->records = list->zone_total = 0;
	for (size_t i = 0; i < list->name_count; i++) {
		struct node node;
		struct command_record row = {.zone = &list->zones[list->name_zone[i]],
					     .name = &list->names[i],
					     .node = &node};
		if (!lookup_node(call->snapshot.txn, row.zone, row.name, &node) ||
		    !transfer_list_look_at(list, i, &row, shows))
			continue;
		list->zone_total += last_zone != list->name_zone[i];
		last_zone = list->name_zone[i];
	}
	if (transfer_list_has_names(list))
		return command_read_ended(call);
	bool is_one = command_text(call, "zone") != NULL;
	enum call_code code = is_one ? command_zone_of(call, &only) : CALL_OK;
	if (code)
		return code;
	if (is_one)
		transfer_list_look_in(list, &only, shows);
	for (size_t i = 0; !is_one && i < zoneset_count(call->snapshot.zones); i++)
		transfer_list_look_in(list, zoneset_at(call->snapshot.zones, i), shows);
	return command_read_ended(call);
}

/* A line of a name that gives nothing: it holds no such record, or of others alone. */
static void transfer_list_check_line(struct transfer_list *list, const struct transfer_line *line)
{
	struct call *call = list->call;
	const struct zone *zone = &list->zones[line->zone];
	char shown[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	struct node node;
	struct node_record record;
	bool is_there = false, is_its = false;
	if (lookup_node(call->snapshot.txn, zone, &line->name, &node)) {
		struct node_walk walk = node_walk_of(&node);
		while (node_walk_next(&walk, &record)) {
			if (line->type && walk.rrset.type != line->type)
				continue;
			is_there = true;
			is_its = is_its || record.owner == line->to_id ||
				 transfer_line_gives(line, walk.rrset.type, &record);
		}
	}
	dns_name_show(&line->name, shown);
	const char *what = line->type ? dns_type_print(line->type, type) : "record";
	if (!is_there)
		transfer_list_fault(list, line->line,
				    arena_print(&call->arena, "no %s at %s", what, shown));
	else if (!is_its)
		transfer_list_fault(list, line->line,
				    arena_print(&call->arena, "no %s of %s at %s", what,
						line->from ? line->from : "others", shown));
}

static void transfer_list_take_names(struct transfer_list *list)
{
	struct arena *arena = &list->call->arena;
	list->names = arena_alloc(arena, (list->count + 1) * sizeof *list->names);
	list->name_zone = arena_alloc(arena, (list->count + 1) * sizeof *list->name_zone);
	list->name_line = arena_alloc(arena, (list->count + 1) * sizeof *list->name_line);
	for (size_t i = 0; i < list->count; i++) {
		const struct transfer_line *line = &list->lines[i];
		if (i > 0 && transfer_list_is_same_name(&list->lines[i - 1], line))
			continue;
		list->names[list->name_count] = line->name;
		list->name_zone[list->name_count] = line->zone;
		list->name_line[list->name_count++] = i;
	}
}

static enum call_code transfer_list_check(struct transfer_list *list)
{
	bool has_names = transfer_list_has_names(list);
	if (list->count == 0)
		return transfer_list_faults(list);
	transfer_list_check_heirs(list);
	qsort(list->lines, list->count, sizeof *list->lines,
	      has_names ? transfer_list_by_name : transfer_list_by_owner);
	transfer_list_check_twice(list);
	if (!has_names)
		transfer_list_check_chains(list);
	for (size_t i = 0; has_names && i < list->count; i++)
		transfer_list_check_line(list, &list->lines[i]);
	if (has_names)
		transfer_list_take_names(list);
	enum call_code code = command_read_ended(list->call);
	return code ? code : transfer_list_faults(list);
}

/* --- doing it, in the writer's thread */

/* The number of a name in the list; false: it is not in it. */
static bool transfer_list_find(struct transfer_list *list, const struct zone *zone,
			       const struct dns_name *name)
{
	size_t from = 0, to = list->name_count, of = transfer_list_zone(list, zone);
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = (list->name_zone[middle] > of) - (list->name_zone[middle] < of);
		if (!order)
			order = dns_name_compare(&list->names[middle], name);
		list->found = middle;
		if (!order)
			return true;
		from = order < 0 ? middle + 1 : from;
		to = order < 0 ? to : middle;
	}
	return false;
}

/* A name that is about to be changed is remembered for transfer_list_change. */
static bool transfer_list_wants(void *context, struct store_txn *txn, const struct zone *zone,
				const struct dns_name *name, const struct node *node)
{
	struct transfer_list *list = context;
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	(void)txn;
	if (transfer_list_has_names(list) && !transfer_list_find(list, zone, name))
		return false;
	while (node_walk_next(&walk, &record))
		if (transfer_list_line(list, list->found, walk.rrset.type, &record))
			return true;
	return false;
}

static struct edit_author transfer_list_author(void *context, struct store_txn *txn)
{
	struct transfer_list *list = context;
	list->txn = txn;
	return command_author(list->call, txn);
}

/* Nobody refreshed anything: stamps stay. */
static uint64_t transfer_list_change(void *context, struct edit *edit, struct edit_name *at)
{
	struct transfer_list *list = context;
	uint64_t count = 0;
	(void)edit;
	for (struct edit_rrset *set = at->rrsets; set; set = set->next) {
		for (struct edit_record *is = set->records; is; is = is->next) {
			struct node_record record = {.owner = is->owner, .class = is->class};
			const struct transfer_line *line =
				transfer_list_line(list, list->found, set->type, &record);
			if (!line)
				continue;
			is->owner = principal_intern(list->txn, line->to);
			is->has_given_stamp = true;
			count++;
		}
	}
	return count;
}

static enum call_code transfer_list_do(struct transfer_list *list)
{
	struct call *call = list->call;
	struct zone only;
	bool is_one = command_text(call, "zone") && !transfer_list_has_names(list);
	enum call_code code = is_one ? command_zone_of(call, &only) : CALL_OK;
	if (code)
		return code;
	const char *note =
		arena_print(&call->arena, "a list of %s", command_count(call, list->count, "line"));
	struct edit_parts parts = {
		.zone = is_one ? &only : NULL,
		.list = list->names,
		.list_count = list->name_count,
		.list_zones = list->names ? list->zones : NULL,
		.list_zone_count = list->zone_count,
		.list_zone = list->name_zone,
		.event = EVENT_OWNER_TRANSFER,
		.reason = note,
		.note = note,
		.has_run = true,
		.wants = transfer_list_wants,
		.author = transfer_list_author,
		.change = transfer_list_change,
		.context = list,
	};
	code = edit_parts_run(call, &parts);
	list->name_total = parts.names;
	list->records = parts.records;
	list->zone_total = parts.zones;
	if (parts.run)
		command_result(call, "run", json_integer((json_int_t)parts.run));
	return code;
}

/* What must be meant: the records by which a zone is one, and more than one name. */
static enum call_code transfer_list_ask(struct transfer_list *list)
{
	struct call *call = list->call;
	if (list->name_total < 2 && !list->apex)
		return CALL_OK;
	const char *apex =
		list->apex ? arena_print(&call->arena, ", also SOA or NS of zone %s", list->apex)
			   : "";
	return command_ask(call, arena_print(&call->arena, "%s at %s would get another owner%s",
					     command_count(call, list->records, "record"),
					     command_count(call, list->name_total, "name"), apex));
}

static void transfer_list_tell(struct transfer_list *list, bool is_plan)
{
	struct call *call = list->call;
	command_result(call, "lines", json_integer((json_int_t)list->count));
	command_result(call, "zones", json_integer((json_int_t)list->zone_total));
	command_result(call, "names", json_integer((json_int_t)list->name_total));
	command_result(call, "records", json_integer((json_int_t)list->records));
	command_say(call, "%s at %s in %s %s", command_count(call, list->records, "record"),
		    command_count(call, list->name_total, "name"),
		    command_count(call, list->zone_total, "zone"),
		    is_plan ? "would get another owner; nothing was changed" : "got another owner");
}

static enum call_code transfer_list_make(struct transfer_list *list)
{
	struct call *call = list->call;
	bool is_plan = command_flag(call, "plan");
	enum call_code code = transfer_list_receive(list);
	if (!code)
		code = transfer_list_read(list);
	if (!code)
		code = transfer_list_check(list);
	if (!code)
		code = transfer_list_look(list, is_plan);
	if (!code && list->records == 0)
		return call_fail(call, CALL_NOTHING,
				 "all that the list names is its owner's already");
	if (!code)
		code = transfer_list_ask(list);
	if (!code && !is_plan)
		code = transfer_list_do(list);
	if (!code)
		transfer_list_tell(list, is_plan);
	return code;
}

enum call_code transfer_list_run(struct call *call)
{
	static const char *const others[] = {"from", "to", "match", "renewed-by"};
	struct transfer_list list = {.call = call};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (command_text(call, others[i]))
			return call_fail(call, CALL_USAGE, "%s: the list says it", others[i]);
	enum call_code code = transfer_list_make(&list);
	free(list.text);
	free(list.lines);
	free(list.fault);
	free(list.zones);
	return code;
}
