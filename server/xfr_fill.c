/* SPDX-License-Identifier: BSD-2-Clause */
/* What a transfer says, from one snapshot into its spool. */
#include "dns/rdata.h"
#include "server/xfr_parts.h"
#include "zonedb/walk.h"

struct soa {
	struct bytes rdata; /* in the map */
	uint32_t ttl;
};

static void start(struct xfr *x, struct xfr_thread *thread)
{
	struct answer_to to = {
		.core = x->core,
		.msg = &x->msg,
		.identity = &x->identity,
		.transport = x->transport,
	};
	size_t limit = answer_limit(&to);
	struct pack_how how = {
		.request = &x->msg,
		.opt = answer_opt(x->core, &x->msg, DNS_NOERROR),
		.signature = identity_reserve(&x->identity),
		.limit = limit < PACK_MESSAGE ? limit : PACK_MESSAGE,
		.is_single = x->transport == ENTRY_UDP,
	};
	pack_start(&thread->pack, &how, &x->spool);
}

static bool put_soa(struct xfr *x, struct xfr_thread *thread, const struct soa *soa)
{
	return pack_record(&thread->pack, &x->apex, DNS_TYPE_SOA, soa->ttl, soa->rdata);
}

static bool put_rrset(struct xfr_thread *thread, const struct dns_name *name,
		      const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	while (node_next_record(&in, &record)) {
		if (!pack_record(&thread->pack, name, rrset->type, rrset->ttl, record.rdata))
			return false;
	}
	if (in.bad)
		store_fail(&thread->txn, STORE_CORRUPT);
	return !in.bad;
}

/* All but the SOA, which stands first and last. */
static bool put_node(struct xfr_thread *thread, const struct dns_name *name,
		     const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&in, &rrset)) {
		if (rrset.type != DNS_TYPE_SOA && !put_rrset(thread, name, &rrset))
			return false;
	}
	if (in.bad)
		store_fail(&thread->txn, STORE_CORRUPT);
	return !in.bad;
}

/* RFC 5936 2.2 and 3.5: all there is, glue and what a delegation hides included, as it is stored.
 */
static void put_zone(struct xfr *x, struct xfr_thread *thread, const struct zone *zone,
		     const struct soa *soa)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	bool goes_on = put_soa(x, thread, soa);
	walk_from(&walk, &thread->txn, zone, &zone->apex);
	while (goes_on && walk_next(&walk, &name, &node))
		goes_on = put_node(thread, &name, &node);
	walk_end(&walk);
	(void)put_soa(x, thread, soa);
	x->style = XFR_AXFR;
}

static enum dns_rcode finish(struct xfr *x, struct xfr_thread *thread)
{
	if (!pack_end(&thread->pack) || !spool_turn(&x->spool))
		return DNS_SERVFAIL;
	x->records = thread->pack.records;
	x->messages = thread->pack.messages;
	return DNS_NOERROR;
}

enum dns_rcode xfr_fill(struct xfr *x, struct xfr_thread *thread)
{
	struct zone zone;
	struct soa soa;
	/* It may have been deleted, and made anew, since it was judged. */
	if (!zone_get(&thread->txn, &x->apex, &zone) || zone.id != x->zone_id ||
	    !zone_soa(&thread->txn, &zone, &soa.rdata, &soa.ttl))
		return DNS_NOTAUTH;
	x->serial = dns_soa_serial(soa.rdata);
	start(x, thread);
	put_zone(x, thread, &zone, &soa);
	return finish(x, thread);
}
