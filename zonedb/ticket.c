/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/ticket.h"
#include "dns/type.h"

#define INTERIM_DIGITS 34 /* two of the method, 32 of an MD5 */

static bool ticket_is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool ticket_is(uint16_t type, struct bytes rdata)
{
	if (type == DNS_TYPE_DHCID)
		return true;
	if (type != DNS_TYPE_TXT || rdata.len != 1 + INTERIM_DIGITS ||
	    rdata.data[0] != INTERIM_DIGITS)
		return false;
	for (size_t i = 1; i <= INTERIM_DIGITS; i++) {
		if (!ticket_is_hex(rdata.data[i]))
			return false;
	}
	return true;
}

bool ticket_guards(uint16_t type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_PTR;
}

void ticket_guarded_add(struct ticket_guarded *guarded, enum record_class class, uint64_t stamp,
			uint16_t window)
{
	if (class != RECORD_DYNAMIC) {
		guarded->is_fixed = true;
	} else if (stamp > guarded->newest) {
		guarded->newest = stamp;
		guarded->window = window;
	}
}

struct ticket_guarded ticket_guarded_in(const struct node *node)
{
	struct ticket_guarded guarded = {0};
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	struct node_record record;
	while (node_next_rrset(&in, &rrset)) {
		if (!ticket_guards(rrset.type))
			continue;
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		while (node_next_record(&records, &record))
			ticket_guarded_add(&guarded, record.class, record.stamp, record.window);
	}
	return guarded;
}

bool ticket_ages(const struct ticket_guarded *guarded, uint16_t type,
		 const struct node_record *record, struct ticket_age *age)
{
	if (record->class != RECORD_DYNAMIC)
		return false;
	*age = (struct ticket_age){record->stamp, record->window};
	if (!ticket_is(type, record->rdata))
		return true;
	if (guarded->newest > age->stamp)
		*age = (struct ticket_age){guarded->newest, guarded->window};
	return !guarded->is_fixed;
}
