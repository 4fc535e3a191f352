/* SPDX-License-Identifier: BSD-2-Clause */
/* owner reserve: a name is kept for somebody before it exists. */
#include "admin/command_parts.h"
#include "admin/speaking.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/zone_owner.h"

struct reserve {
	struct zone zone;
	struct dns_name name;
	const char *whom;
	const char *was; /* for whom it was kept; NULL: for nobody */
};

static const char *reserve_name_text(struct call *call, const struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX];
	dns_name_show(name, shown);
	return arena_text(&call->arena, shown, strlen(shown));
}

static void reserve_note(struct call *call, struct state_edit *rows, const struct reserve *r)
{
	const char *reason =
		r->was ? arena_print(&call->arena, "kept for %s, no longer for %s", r->whom, r->was)
		       : arena_print(&call->arena, "kept for %s", r->whom);
	command_log(call, rows->txn, &r->zone,
		    &(struct command_event){ENTRY_SETTING, EVENT_OWNER_RESERVE,
					    reserve_name_text(call, &r->name), reason, rows});
}

static void reserve_put(struct call *call, struct store_txn *txn, const struct reserve *r)
{
	struct state_edit rows = state_edit_of(txn, &call->arena);
	reservation_put(&rows, &r->zone, &r->name, r->whom);
	/* A right in the zone, which lets the principal's prerequisites be answered. */
	zone_owner_put(txn, r->zone.id, principal_intern(txn, r->whom));
	reserve_note(call, &rows, r);
}

void command_reserve_write(struct call *call, struct store_txn *txn, const struct zone *zone,
			   const struct dns_name *name, const char *whom)
{
	struct reserve r = {.zone = *zone, .name = *name, .whom = whom};
	if (!reservation_find(txn, zone, name, &call->arena, &r.was))
		r.was = NULL;
	if (!r.was || strcmp(r.was, whom) != 0)
		reserve_put(call, txn, &r);
}

static enum call_code reserve_work(struct call *call, struct store_txn *txn, void *context)
{
	struct reserve *r = context;
	struct node node;
	const char *owner;
	if (!zone_get_by_id(txn, r->zone.id, &r->zone))
		return call_fail(call, CALL_NOT_FOUND, "the zone is gone");
	if (lookup_node(txn, &r->zone, &r->name, &node))
		return call_fail(
			call, CALL_FAILED,
			"%s holds records already: their owners are shown by `owner show`, "
			"changed by `owner transfer`",
			reserve_name_text(call, &r->name));
	r->was = NULL;
	if (reservation_find(txn, &r->zone, &r->name, &call->arena, &owner))
		r->was = owner;
	if (r->was && strcmp(r->was, r->whom) == 0)
		return CALL_OK;
	reserve_put(call, txn, r);
	return CALL_OK;
}

static enum call_code reserve_owner_reserve(struct call *call)
{
	struct reserve r = {0};
	enum call_code code = command_place_of(call, &r.zone, &r.name);
	if (!code)
		code = command_owner_of(call, "for", &r.whom);
	if (!code && strcmp(r.whom, "anonymous") == 0)
		code = call_fail(call, CALL_USAGE, "for: nobody is anonymous alone");
	if (!code && dns_name_equal(&r.name, &r.zone.apex))
		code = call_fail(call, CALL_USAGE, "%s is the zone itself",
				 reserve_name_text(call, &r.name));
	if (!code)
		code = command_heir(call, "for", r.whom);
	if (!code)
		code = command_write(call, reserve_work, &r);
	if (code)
		return code;
	bool is_same = r.was && strcmp(r.was, r.whom) == 0;
	command_result(call, "zone", command_name(&r.zone.apex));
	command_result(call, "name", command_name(&r.name));
	command_result(call, "owner", command_string(r.whom));
	command_result(call, "old_owner", command_string(r.was));
	command_say(call, "%s %s kept for %s", reserve_name_text(call, &r.name),
		    is_same ? "was" : "is", r.whom);
	command_warn_speaking(call, &r.zone, &r.name, r.whom);
	return CALL_OK;
}

bool command_reserve_free(struct call *call, struct store_txn *txn, uint32_t zone_id,
			  const struct dns_name *name, const char *whom)
{
	struct reserve r = {.name = *name, .whom = whom};
	struct node node;
	const char *owner;
	if (!zone_get_by_id(txn, zone_id, &r.zone) || lookup_node(txn, &r.zone, name, &node) ||
	    reservation_find(txn, &r.zone, name, &call->arena, &owner))
		return false;
	reserve_put(call, txn, &r);
	return true;
}

bool command_unreserve(struct call *call, struct store_txn *txn, const struct zone *zone,
		       const struct dns_name *name)
{
	const char *owner;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	if (!reservation_find(txn, zone, name, &call->arena, &owner))
		return false;
	reservation_drop(&rows, zone, name);
	const char *reason = arena_print(&call->arena, "no longer kept for %s", owner);
	command_log(call, txn, zone,
		    &(struct command_event){ENTRY_SETTING, EVENT_OWNER_RELEASE,
					    reserve_name_text(call, name), reason, &rows});
	return true;
}

const struct command command_reserve_table[] = {
	{"owner reserve", reserve_owner_reserve, "name=s for=s zone=s?"},
	{0},
};
