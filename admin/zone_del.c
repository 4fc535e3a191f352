/* SPDX-License-Identifier: BSD-2-Clause */
/* zone del. */
#include "admin/zone_del.h"
#include "journal/run.h"
#include "vault/log_maintenance.h"
#include "zonedb/removal_parts.h"
#include "zonedb/walk.h"

struct command_zone_count zone_del_count(struct store_txn *txn, const struct zone *zone)
{
	struct command_zone_count counts = {.serial = zone_serial(txn, zone)};
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	walk_from(&walk, txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node)) {
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		counts.names++;
		while (node_next_rrset(&in, &rrset))
			counts.records += rrset.count;
	}
	walk_end(&walk);
	return counts;
}

static enum call_code zone_del_part(struct call *call, struct store_txn *txn, void *context)
{
	struct zone_deletion *deletion = context;
	struct writer_part part = writer_part_begin(call->core->part_steps);
	struct zone zone;
	deletion->is_gone = !zone_get(txn, &deletion->apex, &zone) ||
			    zone.deleting != deletion->run ||
			    removal_part(txn, &zone, command_time_us(call, txn), &part);
	return CALL_OK;
}

enum call_code zone_del_rest(struct call *call, struct zone_deletion *deletion)
{
	char shown[DNS_NAME_TEXT_MAX];
	enum call_code code = CALL_OK;
	while (!code && !deletion->is_gone)
		code = command_write(call, zone_del_part, deletion);
	if (!code)
		return CALL_OK;
	log_maintenance_wake(call->core->log_maintenance);
	return call_fail(call, CALL_FAILED,
			 "zone %s is out of service, but not all of its records are deleted: that "
			 "goes on when the store can be written, or the server starts",
			 dns_name_show(&deletion->apex, shown));
}

void zone_del_in(struct call *call, struct store_txn *txn, struct zone *zone,
		 struct zone_deletion *deletion)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct command_zone_count *counts = &deletion->counts;
	store_use_reserve(txn);
	deletion->run = 0;
	if (!removal_is_small(txn, zone)) {
		struct entry begins = command_entry(call, ENTRY_ADMIN, txn, zone);
		removal_parts_begin(txn, zone, &begins);
		if (zone_get(txn, &zone->apex, zone))
			deletion->run = zone->deleting;
		return;
	}
	*counts = zone_del_count(txn, zone);
	const char *settings = command_zone_settings(call, zone);
	const char *reason =
		arena_print(&call->arena, "%s%s%s", command_count(call, counts->records, "record"),
			    settings ? "; " : "", settings ? settings : "");
	struct entry entry = command_entry(call, ENTRY_ADMIN, txn, zone);
	struct state_edit rows = state_edit_of(txn, &call->arena);
	/* Of a run that deletes it with other things it is a part. */
	if (!entry.run)
		run_begin(&rows, RUN_ZONE_DELETE, RUN_DONE, &entry);
	removal_records(txn, zone, &entry);
	entry.event = EVENT_ZONE_DELETE;
	entry.subject = dns_name_show(&zone->apex, shown);
	entry.reason = reason;
	removal_end(txn, zone, &entry);
}

static enum call_code zone_del_work(struct call *call, struct store_txn *txn, void *context)
{
	struct zone zone;
	enum call_code code = command_zone_in(call, txn, &zone);
	if (!code)
		zone_del_in(call, txn, &zone, context);
	return code;
}

static enum call_code admin_zone_del(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone;
	enum call_code code = command_zone_of(call, &zone);
	if (code)
		return code;
	struct zone_deletion deletion = {.apex = zone.apex,
					 .counts = zone_del_count(call->snapshot.txn, &zone)};
	const struct command_zone_count *counts = &deletion.counts;
	dns_name_show(&zone.apex, shown);
	code = command_ask(call, arena_print(&call->arena, "zone %s would go, with %s at %s", shown,
					     command_count(call, counts->records, "record"),
					     command_count(call, counts->names, "name")));
	if (code || command_flag(call, "plan")) {
		command_say(call, "zone %s: would be deleted, with %s", shown,
			    command_count(call, counts->records, "record"));
		return code;
	}
	code = command_write(call, zone_del_work, &deletion);
	if (!code && deletion.run)
		code = zone_del_rest(call, &deletion);
	if (code)
		return code;
	command_result(call, "zone", command_name(&zone.apex));
	command_result(call, "records", json_integer((json_int_t)counts->records));
	command_say(call, "zone %s: deleted, with %s", shown,
		    command_count(call, counts->records, "record"));
	return CALL_OK;
}

const struct command command_zone_del_table[] = {
	{"zone del", admin_zone_del, "zone=s plan=b? yes=b?"},
	{0},
};
