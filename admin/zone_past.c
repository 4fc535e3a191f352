/* SPDX-License-Identifier: BSD-2-Clause */
/* Zones as they were, for --at: settings, rules, how much they held. */
#include "acl/rulebook.h"
#include "admin/at.h"
#include "dns/rdata.h"
#include "journal/state_at.h"
#include "zonedb/zone_setting.h"

/* A row of the zone; `then->was_there` false: it had none. */
static enum call_code row_then(struct call *call, const struct command_at *at, uint32_t zone_id,
			       enum state_table table, struct bytes key, struct state_at_row *then)
{
	if (!state_at_find(call->snapshot.txn, at->seq, zone_id, table, key, &call->arena, then))
		return command_read_ended(call);
	if (!then->unknown)
		return CALL_OK;
	return call_fail(call, CALL_FAILED,
			 "what was set then is not known: entry %llu is of a version that logged "
			 "settings as words",
			 (unsigned long long)then->unknown);
}

enum call_code command_settings_then(struct call *call, const struct command_at *at,
				     struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	char shown[DNS_NAME_TEXT_MAX];
	struct state_at_row then;
	struct zone was = zone_default(&zone->apex);
	enum call_code code =
		row_then(call, at, zone->id, STATE_ZONE, state_key_apex(&zone->apex, key), &then);
	if (code)
		return code;
	if (!then.was_there || !zone_unpack(&was, then.row))
		return call_fail(call, CALL_FAILED, "the settings of zone %s then are not known",
				 dns_name_show(&zone->apex, shown));
	*zone = was;
	return CALL_OK;
}

enum call_code command_rules_then(struct call *call, const struct command_at *at,
				  const struct zone *zone, const char **text)
{
	uint8_t key[STATE_KEY_MAX];
	struct state_at_row then;
	struct bytes value;
	enum call_code code =
		row_then(call, at, zone->id, STATE_RULES, state_key_id(zone->id, key), &then);
	bool is_text = !code && then.was_there && state_row_find(then.row, "text", &value);
	*text = is_text ? arena_text(&call->arena, (const char *)value.data, value.len) : "";
	return code;
}

void command_zone_count_then(struct call *call, const struct command_at *at,
			     const struct zone *zone, struct command_zone_count *count)
{
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	struct zone_at *zone_at = zone_at_open(call->snapshot.txn, zone, at->seq);
	*count = (struct command_zone_count){0};
	while (zone_at_next(zone_at, &name, &node)) {
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		count->names++;
		while (node_next_rrset(&in, &rrset)) {
			struct bytes_in records =
				bytes_in_of(rrset.records.data, rrset.records.len);
			count->records += rrset.count;
			if (rrset.type == DNS_TYPE_SOA && node_next_record(&records, &record))
				count->serial = dns_soa_serial(record.rdata);
		}
	}
	zone_at_close(zone_at);
}
