/* SPDX-License-Identifier: BSD-2-Clause */
/* owner show: whose is a name, and since when. */
#include "server/verb.h"
#include "zonedb/lookup.h"

/* The zone that is asked for, or the closest that holds the name. */
static enum call_code place(struct call *call, struct zone *zone, struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX];
	enum call_code code = CALL_OK;
	if (verb_text(call, "zone")) {
		code = verb_zone_of(call, zone);
		return code ? code : verb_name_in(call, verb_text(call, "name"), zone, name);
	}
	code = verb_name_of(call, "name", name);
	if (code)
		return code;
	const struct zone *found = zoneset_find(call->view.zones, name);
	if (!found)
		return call_fail(call, CALL_NOT_FOUND, "'%s' is in no zone of this server",
				 dns_name_show(name, shown));
	*zone = *found;
	return CALL_OK;
}

static enum call_code owner_show(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone;
	struct dns_name name = dns_name_root();
	struct node node;
	struct node_rrset rrset;
	enum call_code code = place(call, &zone, &name);
	if (code)
		return code;
	if (!lookup_node(call->view.txn, &zone, &name, &node)) {
		code = verb_read_ended(call);
		return code ? code
			    : call_fail(call, CALL_NOT_FOUND, "nothing stands at %s",
					dns_name_show(&name, shown));
	}
	struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		struct verb_record row = {&zone, &name, rrset.type, rrset.ttl, {0}};
		while (node_next_record(&records, &row.record))
			verb_row(call, verb_record(call, &row));
	}
	return verb_read_ended(call);
}

const struct verb verb_owner_table[] = {
	{"owner show", owner_show, "name=s zone=s?"},
	{0},
};
