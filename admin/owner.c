/* SPDX-License-Identifier: BSD-2-Clause */
/* owner show, list: whose is a name, and what is whose. */
#include "admin/known_owner.h"
#include "admin/meant.h"
#include "admin/scope.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/walk.h"

/* A name that is kept for somebody, as a row among records: class `kept`. */
static bool put_kept(struct call *call, const struct zone *zone, const struct dns_name *name,
		     const char *owner)
{
	json_t *row = json_object();
	json_object_set_new(row, "zone", command_name(&zone->apex));
	json_object_set_new(row, "name", command_name(name));
	json_object_set_new(row, "class", json_string("kept"));
	json_object_set_new(row, "owner", command_string(owner));
	return command_row(call, row);
}

static bool show_reservation(struct call *call, const struct zone *zone,
			     const struct dns_name *name)
{
	const char *owner;
	if (!reservation_find(call->snapshot.txn, zone, name, &call->arena, &owner))
		return false;
	put_kept(call, zone, name, owner);
	return true;
}

static enum call_code admin_owner_show(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone;
	struct dns_name name = dns_name_root();
	struct node node;
	enum call_code code = command_place_of(call, &zone, &name);
	if (code)
		return code;
	bool is_kept = show_reservation(call, &zone, &name);
	if (!lookup_node(call->snapshot.txn, &zone, &name, &node)) {
		code = command_read_ended(call);
		if (is_kept)
			return code;
		return code ? code
			    : call_fail(call, CALL_NOT_FOUND, "nothing stands at %s",
					dns_name_show(&name, shown));
	}
	struct node_walk walk = node_walk_of(&node);
	struct command_record row = {.zone = &zone, .name = &name, .node = &node};
	while (command_record_next(&walk, &row))
		command_row(call, command_record(call, &row));
	return command_read_ended(call);
}

struct holdings {
	struct call *call;
	const struct zone *zone;
	uint32_t owner;
	uint64_t count;
	bool is_there; /* the peer */
};

static void owner_list_node(struct holdings *list, const struct dns_name *name,
			    const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct command_record row = {.zone = list->zone, .name = name, .node = node};
	while (list->is_there && command_record_next(&walk, &row)) {
		if (row.record.owner != list->owner)
			continue;
		list->is_there = command_row(list->call, command_record(list->call, &row));
		list->count++;
	}
}

static void list_kept(struct holdings *list)
{
	struct reservation_walk walk;
	struct dns_name name;
	const char *owner;
	reservation_walk_from(&walk, list->call->snapshot.txn, list->zone);
	while (list->is_there && reservation_next(&walk, &name, &list->call->row_arena, &owner)) {
		uint32_t id;
		if (!principal_find(list->call->snapshot.txn, owner, &id) || id != list->owner)
			continue;
		list->is_there = put_kept(list->call, list->zone, &name, owner);
		list->count++;
	}
	reservation_walk_end(&walk);
}

static void list_zone(struct holdings *list, const struct zone *zone)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	list->zone = zone;
	list_kept(list);
	walk_from(&walk, list->call->snapshot.txn, zone, &zone->apex);
	while (list->is_there && walk_next(&walk, &name, &node))
		owner_list_node(list, &name, &node);
	walk_end(&walk);
}

static enum call_code owns_nothing(struct call *call, const char *principal)
{
	const char *meant = meant_principal(call, principal);
	if (meant && strcmp(meant, principal) != 0)
		return call_fail(call, CALL_NOT_FOUND, "%s owns nothing here: did you mean '%s'?",
				 principal, meant);
	return call_fail(call, CALL_NOT_FOUND, "%s owns nothing here", principal);
}

static enum call_code admin_owner_list(struct call *call)
{
	struct zone zone;
	const char *principal;
	struct holdings list = {.call = call, .is_there = true};
	bool is_contested = command_flag(call, "contested");
	if (is_contested && !command_text(call, "principal"))
		return command_contested_list(call, NULL);
	if (!command_text(call, "principal"))
		return call_fail(call, CALL_USAGE, "an owner, or --contested, is needed");
	enum call_code code = command_owner_of(call, "principal", &principal);
	if (!code && is_contested)
		return command_contested_list(call, principal);
	if (!code && command_text(call, "zone"))
		code = command_zone_of(call, &zone);
	if (code)
		return code;
	if (!principal_find(call->snapshot.txn, principal, &list.owner)) {
		code = command_read_ended(call);
		return code ? code : owns_nothing(call, principal);
	}
	if (command_text(call, "zone"))
		list_zone(&list, &zone);
	for (size_t i = 0; !command_text(call, "zone") && i < zoneset_count(call->snapshot.zones);
	     i++) {
		const struct zone *one = zoneset_at(call->snapshot.zones, i);
		if (scope_holds(call, &one->apex))
			list_zone(&list, one);
	}
	code = command_read_ended(call);
	if (!code && list.count == 0)
		code = owns_nothing(call, principal);
	return code;
}

/* A key's name may hold a star, too: `*.apps.corp.example`. */
static bool owner_is_known(struct call *call, const struct who *who)
{
	struct dns_name key;
	uint32_t id;
	if (scope_is_listed(call))
		return known_owner(call, who->text);
	bool is_key = who->kind == WHO_KEY &&
		      !dns_name_parse_text(&key, who->text + strlen("key:")) &&
		      keyring_find(call->snapshot.keys, &key);
	return is_key || principal_find(call->snapshot.txn, who->text, &id);
}

enum call_code command_owner_of(struct call *call, const char *name, const char **owner)
{
	return command_owner_text(call, name, command_text(call, name), owner);
}

enum call_code command_owner_text(struct call *call, const char *name, const char *text,
				  const char **owner)
{
	char group[GROUP_NAME_MAX];
	struct who who;
	const char *problem = text[0] == '@' ? group_name_parse(group, text, strlen(text))
					     : who_parse(&who, text);
	if (problem && text[0] != '@' && !strchr(text, ':'))
		return meant_principal_fail(call, name, text);
	if (!problem && strpbrk(text, "*?") && !owner_is_known(call, &who))
		return call_fail(call, CALL_USAGE,
				 "%s: '%.200s' is a pattern: here one principal or group is named",
				 name, text);
	if (problem)
		return call_fail(call, CALL_USAGE,
				 "%s: '%.200s' is not a principal (key:NAME, gss:NAME@REALM, "
				 "local:USER, anonymous) or a group (@NAME): %s",
				 name, text, problem);
	const char *canonical = text[0] == '@' ? group : who.text;
	*owner = arena_text(&call->arena, canonical, strlen(canonical));
	return CALL_OK;
}

enum call_code command_place_of(struct call *call, struct zone *zone, struct dns_name *name)
{
	enum call_code code = CALL_OK;
	if (command_text(call, "zone")) {
		code = command_zone_of(call, zone);
		return code ? code : command_name_in(call, command_text(call, "name"), zone, name);
	}
	code = command_name_of(call, "name", name);
	if (code)
		return code;
	const struct zone *found = zoneset_find(call->snapshot.zones, name);
	if (!found)
		return meant_no_zone_of(call, name);
	*zone = *found;
	return CALL_OK;
}

const struct command command_owner_table[] = {
	{"owner list", admin_owner_list, "principal=s? zone=s? contested=b?"},
	{"owner show", admin_owner_show, "name=s zone=s?"},
	{0},
};
