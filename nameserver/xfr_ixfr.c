/* SPDX-License-Identifier: BSD-2-Clause */
/* IXFR (RFC 1995): the shortest of the difference and the whole zone. */
#include "base/serial.h"
#include "dns/rdata.h"
#include "journal/changesets.h"
#include "nameserver/xfr_parts.h"
#include "zonedb/walk.h"

#define ENTRIES_MAX     500000 /* of the log, that are read for one */
#define DIFF_UDP_MAX    (1u << 20)
#define UDP_ENTRIES_MAX 256
#define SOAS_AROUND     4 /* the present one twice, and one before removals and additions each */

static uint64_t rrset_size(const struct dns_name *name, const struct node_rrset *rrset)
{
	/* A record's head as it is stored is longer than that on the wire by no more than a name.
	 */
	return rrset->records.len + rrset->count * diff_record_size(name->len, 0) -
	       rrset->count * (uint64_t)NODE_RECORD_HEAD_LEN;
}

/* Looks at no more of the zone than it takes to know. */
static bool is_zone_shorter(const struct xfr_source *from, uint64_t size)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	uint64_t sum = diff_record_size(from->zone.apex.len, from->soa.len);
	walk_from(&walk, &from->thread->txn, &from->zone, &from->zone.apex);
	while (sum < size && walk_next(&walk, &name, &node)) {
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		while (node_next_rrset(&in, &rrset))
			sum += rrset_size(&name, &rrset);
	}
	walk_end(&walk);
	return sum < size;
}

struct putting {
	const struct xfr_source *from;
	bool wants_added;
};

static bool xfr_ixfr_put_change(void *context, const struct change *change)
{
	const struct putting *p = context;
	struct pack *pack = &p->from->thread->pack;
	if (change->what == (p->wants_added ? CHANGE_REMOVED : CHANGE_ADDED))
		return true;
	return pack_record(pack, &change->name, change->type,
			   p->wants_added ? change->is.ttl : change->was.ttl, change->rdata);
}

/* One difference sequence for each step (RFC 1995 4). */
static bool put_steps(const struct xfr_source *from, const struct changesets *changesets)
{
	struct putting removed = {.from = from}, added = {.from = from, .wants_added = true};
	struct store_txn *txn = &from->thread->txn;
	struct arena *scratch = &from->thread->arena, soas = {0};
	bool goes_on = true;
	for (size_t i = 0; goes_on && i < changesets->count; i++) {
		const struct changeset *step = &changesets->step[i];
		uint32_t ttl = from->soa_ttl;
		struct bytes soa = changesets_soa_before(changesets, i, from->soa, &ttl, &soas);
		goes_on = xfr_put_soa(from, soa, ttl) &&
			  changesets_changes(txn, from->zone.id, step, xfr_ixfr_put_change,
					     &removed, scratch);
		ttl = from->soa_ttl;
		soa = i + 1 < changesets->count
			      ? changesets_soa_before(changesets, i + 1, from->soa, &ttl, &soas)
			      : from->soa;
		goes_on = goes_on && xfr_put_soa(from, soa, ttl) &&
			  changesets_changes(txn, from->zone.id, step, xfr_ixfr_put_change, &added,
					     scratch);
		arena_reset(&soas);
	}
	arena_free(&soas);
	return goes_on;
}

static bool xfr_ixfr_put_record(const struct xfr_source *from, const struct diff_record *r,
				uint32_t ttl)
{
	struct dns_name name;
	bool is_name = dns_name_from_wire(&name, r->name);
	if (!is_name)
		store_fail(&from->thread->txn, STORE_CORRUPT);
	return is_name && pack_record(&from->thread->pack, &name, r->type, ttl, r->rdata);
}

/* All steps as one (RFC 1995 5). */
static bool put_diff(const struct xfr_source *from, const struct changesets *changesets,
		     const struct diff *diff)
{
	uint32_t ttl = from->soa_ttl;
	struct bytes before =
		changesets_soa_before(changesets, 0, from->soa, &ttl, &from->thread->arena);
	bool goes_on = xfr_put_soa(from, before, ttl);
	for (const struct diff_record *r = diff->first; goes_on && r; r = r->next)
		goes_on = !diff_is_removed(r) || xfr_ixfr_put_record(from, r, r->was_ttl);
	goes_on = goes_on && xfr_put_soa(from, from->soa, from->soa_ttl);
	for (const struct diff_record *r = diff->first; goes_on && r; r = r->next)
		goes_on = !diff_is_added(r) || xfr_ixfr_put_record(from, r, r->is_ttl);
	return goes_on;
}

/* Of many steps the difference is always shorter than its sequences; it is only left when it is
 * larger than memory for it. */
static bool put_shortest(const struct xfr_source *from, const struct changesets *changesets,
			 const struct diff *diff)
{
	uint64_t soa = diff_record_size(from->zone.apex.len, from->soa.len);
	uint64_t size = diff->is_over ? changesets->size + 2 * changesets->count * soa + 2 * soa
				      : diff_size(diff) + SOAS_AROUND * soa;
	struct xfr *x = from->xfr;
	if (x->request.transport != ENTRY_UDP && is_zone_shorter(from, size))
		return false;
	x->style = changesets->count > 1 && !diff->is_over ? XFR_CONDENSED : XFR_IXFR;
	return xfr_put_soa(from, from->soa, from->soa_ttl) &&
	       (diff->is_over ? put_steps(from, changesets) : put_diff(from, changesets, diff)) &&
	       xfr_put_soa(from, from->soa, from->soa_ttl);
}

bool xfr_put_difference(const struct xfr_source *from)
{
	struct xfr *x = from->xfr;
	bool is_udp = x->request.transport == ENTRY_UDP;
	if (x->serial == x->client_serial || serial_is_ahead(x->client_serial, x->serial)) {
		x->style = XFR_CURRENT;
		return xfr_put_soa(from, from->soa, from->soa_ttl);
	}
	if (!serial_is_ahead(x->serial, x->client_serial))
		return false;
	struct changesets_wanted wanted = {
		.zone_id = from->zone.id,
		.from = x->client_serial,
		.to = x->serial,
		.most = is_udp ? UDP_ENTRIES_MAX : ENTRIES_MAX,
	};
	struct changesets changesets;
	struct diff diff;
	diff_open(&diff, &from->thread->hash_key,
		  is_udp ? DIFF_UDP_MAX : from->thread->all->diff_max);
	bool is_put = changesets_find(&changesets, &from->thread->txn, &wanted, &diff) ==
			      CHANGESETS_FOUND &&
		      put_shortest(from, &changesets, &diff);
	diff_close(&diff);
	changesets_free(&changesets);
	return is_put;
}
