/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "nameserver/update_parts.h"
#include <stdlib.h>

static bool has_name(struct update_run *run, const struct update_rr *rr)
{
	struct node node;
	return lookup_node(run->txn, run->zone, &rr->name, &node);
}

static bool has_rrset(struct update_run *run, const struct update_rr *rr, struct node_rrset *rrset)
{
	struct node node;
	return lookup_node(run->txn, run->zone, &rr->name, &node) &&
	       node_find(&node, rr->type, rrset);
}

/* The four forms that do not look at data (RFC 2136 2.4.1, 2.4.3 to 2.4.5). */
static enum dns_rcode check_plain(struct update_run *run, const struct update_rr *rr)
{
	struct node_rrset rrset;
	bool is_wanted = rr->class == DNS_CLASS_ANY;
	if (rr->type == DNS_TYPE_ANY) {
		if (has_name(run, rr) == is_wanted)
			return DNS_NOERROR;
		return is_wanted ? DNS_NXDOMAIN : DNS_YXDOMAIN;
	}
	if (has_rrset(run, rr, &rrset) == is_wanted)
		return DNS_NOERROR;
	return is_wanted ? DNS_NXRRSET : DNS_YXRRSET;
}

/* RRsets together, their records in canonical order: as they are stored. */
static int compare_rr(const void *a, const void *b)
{
	const struct update_rr *x = *(const struct update_rr *const *)a;
	const struct update_rr *y = *(const struct update_rr *const *)b;
	int order = dns_name_compare(&x->name, &y->name);
	if (order != 0)
		return order;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return dns_rdata_compare(x->type, x->rdata, y->rdata);
}

static bool is_same_rrset(const struct update_rr *a, const struct update_rr *b)
{
	return a->type == b->type && dns_name_equal(&a->name, &b->name);
}

/* One RRset of prerequisites, `count` sorted records, against the stored one: they must be equal
 * (RFC 2136 2.4.2). */
static bool is_stored(struct update_run *run, struct update_rr *const *rr, size_t count)
{
	struct node_rrset rrset;
	struct node_record record;
	if (!has_rrset(run, rr[0], &rrset))
		return false;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && compare_rr(&rr[i - 1], &rr[i]) == 0)
			continue;
		if (!node_next_record(&in, &record) ||
		    dns_rdata_compare(rr[i]->type, record.rdata, rr[i]->rdata) != 0)
			return false;
	}
	return !node_next_record(&in, &record);
}

/* RFC 2136 3.2.3: the RRsets whose data is named, each as a whole. */
static enum dns_rcode check_data(struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	struct update_rr **sorted = arena_alloc(run->arena, (all->count + 1) * sizeof *sorted);
	size_t count = 0;
	for (size_t i = 0; i < all->count; i++)
		if (all->rr[i].class == DNS_CLASS_IN)
			sorted[count++] = &all->rr[i];
	qsort(sorted, count, sizeof *sorted, compare_rr);
	for (size_t i = 0, n; i < count; i += n) {
		for (n = 1; i + n < count && is_same_rrset(sorted[i], sorted[i + n]); n++)
			;
		if (!is_stored(run, sorted + i, n))
			return DNS_NXRRSET;
	}
	return DNS_NOERROR;
}

enum dns_rcode update_check_prerequisites(struct update_run *run)
{
	const struct update_rrs *all = &run->prerequisites;
	for (size_t i = 0; i < all->count; i++) {
		if (all->rr[i].class == DNS_CLASS_IN)
			continue;
		enum dns_rcode rcode = check_plain(run, &all->rr[i]);
		if (rcode != DNS_NOERROR)
			return rcode;
	}
	return check_data(run);
}
