/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "nameserver/query.h"

/* Hosts looked up for one answer: what a client can use, not what a zone can hold. */
#define TARGETS_MAX 16
/* Bytes of names that are read for additional records, which an answer may lack: a name above it is
 * the last. */
#define ADDITIONAL_BYTES_MAX (128u * 1024u)

struct targets {
	unsigned count;
	struct dns_name name[TARGETS_MAX];
};

static void targets_add(struct targets *targets, const struct dns_name *name)
{
	if (targets->count == TARGETS_MAX)
		return;
	for (unsigned i = 0; i < targets->count; i++)
		if (dns_name_equal(&targets->name[i], name))
			return;
	targets->name[targets->count++] = *name;
}

/* RFC 9460 2.5.2: with a priority, the target "." is the owner itself. */
static bool is_service_at_owner(const struct node_rrset *rrset, struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	return (rrset->type == DNS_TYPE_SVCB || rrset->type == DNS_TYPE_HTTPS) &&
	       bytes_in_u16(&in) > 0 && bytes_in_u8(&in) == 0 && !in.bad;
}

/* The hosts that an RRset's data names. */
static void query_additional_targets_of(struct targets *targets, const struct dns_name *owner,
					const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	struct dns_name target;
	targets->count = 0;
	while (node_next_record(&in, &record)) {
		if (is_service_at_owner(rrset, record.rdata))
			targets_add(targets, owner);
		else if (dns_rdata_target(rrset->type, record.rdata, &target) && target.labels > 0)
			targets_add(targets, &target);
	}
}

/* One type of a host, if it is authoritative data of ours. */
static void host_put_type(struct query *query, const struct zone *zone, const struct dns_name *host,
			  uint16_t type)
{
	struct lookup found;
	if (query->additional_bytes > ADDITIONAL_BYTES_MAX ||
	    !query_may_see(query, zone, host, type))
		return;
	lookup(query->by->snapshot.txn, zone, host, type, &found);
	query->additional_bytes += found.node.rrsets.len;
	if (found.kind == LOOKUP_HIT)
		query_put(query, DNS_ADDITIONAL, host, &found.rrset);
}

static void host_put(struct query *query, const struct dns_name *host)
{
	const struct zone *zone = zoneset_find(query->by->snapshot.zones, host);
	if (!zone)
		return;
	host_put_type(query, zone, host, DNS_TYPE_A);
	host_put_type(query, zone, host, DNS_TYPE_AAAA);
}

/* Addresses that stand at or below a cut of the zone. False: one did not fit. */
static bool glue_put(struct query *query, const struct dns_name *host)
{
	struct node node;
	struct node_rrset rrset;
	struct store_txn *txn = query->by->snapshot.txn;
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
	bool has_room = true;
	if (!lookup_node(txn, query->zone, host, &node))
		return true;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (node_find(&node, types[i], &rrset) &&
		    query_may_see(query, query->zone, host, types[i]))
			has_room &= query_put(query, DNS_ADDITIONAL, host, &rrset);
	return has_room;
}

void query_put_additional(struct query *query)
{
	struct targets targets;
	query_additional_targets_of(&targets, &query->hit_owner, &query->hit);
	for (unsigned i = 0; i < targets.count; i++)
		host_put(query, &targets.name[i]);
}

void query_put_glue(struct query *query, const struct lookup *cut)
{
	struct targets targets;
	query_additional_targets_of(&targets, &cut->at, &cut->rrset);
	bool has_room = true;
	for (unsigned i = 0; i < targets.count; i++)
		if (dns_name_under(&targets.name[i], &cut->at))
			has_room &= glue_put(query, &targets.name[i]);
	if (!has_room)
		dns_reply_set_flags(&query->answer->reply, DNS_FLAG_TC);
	for (unsigned i = 0; i < targets.count; i++) {
		const struct dns_name *host = &targets.name[i];
		if (dns_name_under(host, &cut->at))
			continue;
		if (zoneset_find(query->by->snapshot.zones, host) != query->zone)
			host_put(query, host);
		else
			glue_put(query, host);
	}
}
