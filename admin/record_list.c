/* SPDX-License-Identifier: BSD-2-Clause */
/* record list: all records of a zone, or those that all filters let through. Streams. */
#include "acl/group.h"
#include "acl/pattern.h"
#include "admin/at.h"
#include "admin/meant.h"
#include "scavenger/plan.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"

/* Owners' ids that were compared with the pattern before: most zones have few, or many once. */
#define MATCHES_KEPT 4096

struct match {
	uint32_t id;
	bool is_known, is_match;
};

struct listing {
	struct call *call;
	struct zone zone;
	struct command_at at;
	uint64_t now;
	uint16_t type; /* 0: all */
	bool has_class, has_age, is_stale;
	enum record_class class;
	uint32_t older_than;
	struct dns_name under;
	const char *owner; /* a pattern, or a group's name; NULL: whosever */
	struct match *matches;
	bool is_there; /* the peer */
	uint64_t count;
};

static bool record_list_is_owner(struct listing *list, uint32_t id)
{
	struct match *match = &list->matches[id % MATCHES_KEPT];
	if (match->is_known && match->id == id)
		return match->is_match;
	const char *text = principal_text(list->call->snapshot.txn, id, &list->call->row_arena);
	bool is = list->owner[0] == '@' ? strcmp(list->owner, text) == 0
					: pattern_matches(list->owner, text);
	*match = (struct match){.id = id, .is_known = true, .is_match = is};
	return is;
}

static bool record_list_is_wanted(struct listing *list, const struct command_record *shown)
{
	const struct node_record *record = &shown->record;
	if (list->has_class && record->class != list->class)
		return false;
	if (list->has_age &&
	    age_of(command_stamp(list->call, shown), list->now) <= list->older_than)
		return false;
	return !list->owner || record_list_is_owner(list, record->owner);
}

static void record_list_show(struct listing *list, struct command_record *record)
{
	if (!record_list_is_wanted(list, record))
		return;
	list->is_there = command_row(list->call, command_record(list->call, record));
	list->count++;
}

static void admin_list_node(struct listing *list, const struct dns_name *name,
			    const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (list->is_there && node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		struct command_record record = {&list->zone, name, rrset.type,
						rrset.ttl,   {0},  node};
		if (list->type != 0 && list->type != rrset.type)
			continue;
		while (list->is_there && node_next_record(&records, &record.record))
			record_list_show(list, &record);
	}
}

static void list_below(struct listing *list)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	walk_from(&walk, list->call->snapshot.txn, &list->zone, &list->under);
	while (list->is_there && walk_next(&walk, &name, &node))
		admin_list_node(list, &name, &node);
	walk_end(&walk);
}

/* The same as it was; the names are in order, so those below one stand together. */
static void list_below_then(struct listing *list)
{
	struct zone_at *at = zone_at_open(list->call->snapshot.txn, &list->zone, list->at.seq);
	struct dns_name name;
	struct node node;
	while (list->is_there && zone_at_next(at, &name, &node))
		if (dns_name_under(&name, &list->under))
			admin_list_node(list, &name, &node);
	zone_at_close(at);
}

static bool record_list_node_of(struct listing *list, const struct dns_name *name,
				struct node *node)
{
	struct call *call = list->call;
	return list->at.is_given ? zone_at_node(call->snapshot.txn, &list->zone, name, list->at.seq,
						&call->arena, node)
				 : lookup_node(call->snapshot.txn, &list->zone, name, node);
}

static enum call_code list_one(struct listing *list)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	struct node node;
	struct call *call = list->call;
	enum call_code code = command_name_in(call, command_text(call, "name"), &list->zone, &name);
	if (code)
		return code;
	if (record_list_node_of(list, &name, &node))
		admin_list_node(list, &name, &node);
	if (list->count == 0)
		return call_fail(call, CALL_NOT_FOUND, "no such record at %s",
				 dns_name_show(&name, shown));
	return CALL_OK;
}

static bool show_stale(void *context, const struct plan_item *item)
{
	struct listing *list = context;
	struct command_record record = {&list->zone, &item->name,  item->type,
					item->ttl,   item->record, item->node};
	if (list->type == 0 || list->type == item->type)
		if (dns_name_under(&item->name, &list->under))
			record_list_show(list, &record);
	return list->is_there;
}

/* By the index of what can become stale: costs what is stale, oldest first. */
static void list_stale(struct listing *list)
{
	struct age_windows windows = {list->zone.no_refresh, list->zone.refresh};
	plan_walk(list->call->snapshot.txn, &list->zone, list->now, &windows, show_stale, list);
}

static enum call_code record_list_owner_of(struct call *call, const char **pattern)
{
	const char *text = command_text(call, "owner");
	char canonical[WHO_TEXT_MAX], group[GROUP_NAME_MAX];
	if (!text)
		return CALL_OK;
	bool is_group = text[0] == '@';
	const char *problem = is_group ? group_name_parse(group, text, strlen(text))
				       : pattern_parse(canonical, text, strlen(text));
	if (problem && !is_group && !strchr(text, ':'))
		return meant_principal_fail(call, "owner", text);
	if (problem)
		return call_fail(call, CALL_USAGE,
				 "owner: '%.200s' is neither a principal, nor a pattern of some "
				 "(key:kea-*), nor a group (@NAME): %s",
				 text, problem);
	const char *found = is_group ? group : canonical;
	*pattern = arena_text(&call->arena, found, strlen(found));
	return CALL_OK;
}

static enum call_code filters_of(struct call *call, struct listing *list)
{
	const char *class = command_text(call, "class"), *under = command_text(call, "under");
	enum call_code code = command_type_of(call, "type", &list->type);
	list->has_class = class != NULL;
	list->has_age = command_text(call, "older-than") != NULL;
	list->is_stale = command_flag(call, "stale");
	list->under = list->zone.apex;
	if (!code && class && !record_class_parse(class, &list->class))
		code = call_fail(call, CALL_USAGE,
				 "class: '%s' is not one of static, dynamic, pinned", class);
	if (!code)
		code = command_duration_of(call, "older-than", &list->older_than);
	if (!code && under && command_text(call, "name"))
		code = call_fail(call, CALL_USAGE, "a NAME, or all --under one: not both");
	if (!code && under)
		code = command_name_in(call, under, &list->zone, &list->under);
	return code ? code : record_list_owner_of(call, &list->owner);
}

static enum call_code admin_record_list(struct call *call)
{
	struct listing list = {
		.call = call, .now = clock_now(&call->core->clock), .is_there = true};
	enum call_code code = command_at_of(call, &list.at);
	if (!code)
		code = list.at.is_given ? command_zone_then(call, &list.at, &list.zone)
					: command_zone_of(call, &list.zone);
	if (call->then)
		list.now = call->then;
	if (!code)
		code = filters_of(call, &list);
	if (!code && list.at.is_given && list.is_stale)
		code = call_fail(call, CALL_USAGE, "--stale is of now: it does not go with --at");
	if (code)
		return code;
	list.matches = arena_zero(&call->arena, MATCHES_KEPT * sizeof(*list.matches));
	if (command_text(call, "name") && list.is_stale)
		code = call_fail(call, CALL_USAGE,
				 "--stale is of all records: use --under instead of a NAME");
	else if (command_text(call, "name"))
		code = list_one(&list);
	else if (list.is_stale)
		list_stale(&list);
	else if (list.at.is_given)
		list_below_then(&list);
	else
		list_below(&list);
	command_result(call, "records", json_integer((json_int_t)list.count));
	return code ? code : command_read_ended(call);
}

const struct command command_record_list_table[] = {
	{"record list", admin_record_list,
	 "zone=s name=s? under=s? type=s? class=s? owner=s? older-than=s? stale=b? "
	 "ages=b? at=s?"},
	{0},
};
