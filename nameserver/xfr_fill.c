/* SPDX-License-Identifier: BSD-2-Clause */
/* What a transfer says, from one snapshot into its spool. */
#include "dns/rdata.h"
#include "nameserver/xfr_parts.h"
#include "zonedb/walk.h"

static void xfr_fill_start(struct xfr *x, struct xfr_thread *thread)
{
	struct request request = request_again(&x->request, NULL);
	size_t limit = answer_limit(&request);
	struct pack_how how = {
		.request = &x->request.msg,
		.opt = answer_opt(x->request.core, &x->request.msg, DNS_NOERROR),
		.signature = identity_reserve(&x->request.identity),
		.limit = limit < PACK_MESSAGE ? limit : PACK_MESSAGE,
		.is_single = x->request.transport == ENTRY_UDP,
	};
	pack_start(&thread->pack, &how, &x->spool);
}

static bool xfr_fill_put_rrset(struct xfr_thread *thread, const struct dns_name *name,
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
static bool xfr_fill_put_node(struct xfr_thread *thread, const struct dns_name *name,
			      const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&in, &rrset)) {
		if (rrset.type != DNS_TYPE_SOA && !xfr_fill_put_rrset(thread, name, &rrset))
			return false;
	}
	if (in.bad)
		store_fail(&thread->txn, STORE_CORRUPT);
	return !in.bad;
}

/* RFC 5936 2.2 and 3.5: all there is, glue and what a delegation hides included, as it is stored.
 */
static void xfr_fill_put_zone(const struct xfr_source *from)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct xfr_thread *thread = from->thread;
	bool goes_on = xfr_put_soa(from, from->soa, from->soa_ttl);
	walk_from(&walk, &thread->txn, &from->zone, &from->zone.apex);
	while (goes_on && walk_next(&walk, &name, &node))
		goes_on = xfr_fill_put_node(thread, &name, &node);
	walk_end(&walk);
	(void)xfr_put_soa(from, from->soa, from->soa_ttl);
	from->xfr->style = XFR_AXFR;
}

/* RFC 1995 2: the present SOA, so that the client comes again by TCP. */
static void put_soa_alone(const struct xfr_source *from)
{
	struct xfr *x = from->xfr;
	spool_close(&x->spool);
	spool_open(&x->spool, &from->thread->all->room);
	xfr_fill_start(x, from->thread);
	(void)xfr_put_soa(from, from->soa, from->soa_ttl);
	x->style = XFR_CURRENT;
}

static enum dns_rcode xfr_fill_finish(const struct xfr_source *from)
{
	struct xfr *x = from->xfr;
	struct pack *pack = &from->thread->pack;
	if (!pack_end(pack) || !spool_rewind(&x->spool))
		return DNS_SERVFAIL;
	x->records = pack->records;
	x->messages = pack->messages;
	return DNS_NOERROR;
}

bool xfr_put_soa(const struct xfr_source *from, struct bytes soa, uint32_t ttl)
{
	return pack_record(&from->thread->pack, &from->zone.apex, DNS_TYPE_SOA, ttl, soa);
}

enum dns_rcode xfr_fill(struct xfr *x, struct xfr_thread *thread)
{
	struct xfr_source from = {.xfr = x, .thread = thread};
	/* It may have been deleted, and made anew, since it was judged. */
	if (!zone_get(&thread->txn, &x->apex, &from.zone) || from.zone.id != x->zone_id ||
	    !zone_soa(&thread->txn, &from.zone, &from.soa, &from.soa_ttl))
		return DNS_NOTAUTH;
	x->serial = dns_soa_serial(from.soa);
	xfr_fill_start(x, thread);
	if (!x->is_incremental || !xfr_put_difference(&from)) {
		if (x->request.transport == ENTRY_UDP)
			put_soa_alone(&from);
		else
			xfr_fill_put_zone(&from);
	}
	return xfr_fill_finish(&from);
}
