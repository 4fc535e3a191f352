/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "nameserver/query.h"

bool query_has_zone_below(const struct query *query)
{
	return zoneset_has_under(query->by->snapshot.zones, &query->name);
}

void query_put_soa(struct query *query)
{
	struct bytes rdata;
	uint32_t ttl;
	struct dns_soa soa;
	struct store_txn *txn = query->by->snapshot.txn;
	if (!zone_soa(txn, query->zone, &rdata, &ttl) || !dns_soa_unpack(rdata, &soa)) {
		store_fail(txn, STORE_CORRUPT);
		return;
	}
	/* RFC 2308 3: how long "no" may be remembered. */
	if (soa.minimum < ttl)
		ttl = soa.minimum;
	struct dns_reply *reply = &query->answer->reply;
	if (!dns_reply_rr(reply, DNS_AUTHORITY, &query->zone->apex, DNS_TYPE_SOA, DNS_CLASS_IN, ttl,
			  rdata))
		dns_reply_truncate(reply);
}
