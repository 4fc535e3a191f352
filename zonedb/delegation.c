/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/delegation.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "journal/state.h"
#include "zonedb/edit_state.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"

/* Where the NS of a zone's apex lie: in the map, until something is written. */
static bool delegation_ns(struct ptr_work *work, const struct dns_name *apex,
			  struct node_rrset *rrset)
{
	struct node node;
	const struct zone *zone = ptr_zone_at(work, apex);
	return zone && lookup_node(work->txn, zone, apex, &node) &&
	       node_find(&node, DNS_TYPE_NS, rrset);
}

static bool delegation_has(const struct node_rrset *rrset, struct bytes rdata)
{
	struct node_record record;
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	while (node_next_record(&in, &record))
		if (dns_rdata_compare(DNS_TYPE_NS, record.rdata, rdata) == 0)
			return true;
	return false;
}

static bool delegation_is_registered(struct edit_name *at)
{
	const struct edit_rrset *rrset = edit_find(at, DNS_TYPE_NS);
	return edit_find(at, DNS_TYPE_CNAME) || (rrset && rrset->records->class != RECORD_DERIVED);
}

/* The derived NS that are not of the set, or all. */
static void delegation_remove(struct ptr_work *work, const struct zone *in,
			      const struct dns_name *apex, const struct node_rrset *wanted)
{
	struct edit *edit = ptr_edit_of(work, in);
	const struct edit_rrset *rrset = edit_find(edit_see(edit, apex), DNS_TYPE_NS);
	const struct edit_record *is = rrset ? rrset->records : NULL, *next;
	for (; is && is->class == RECORD_DERIVED; is = next) {
		next = is->next;
		if (wanted && delegation_has(wanted, is->rdata))
			continue;
		edit_remove_record(edit, apex, DNS_TYPE_NS, is->rdata);
	}
}

static void delegation_make(struct ptr_work *work, const struct zone *in,
			    const struct dns_name *apex)
{
	struct node_rrset wanted;
	struct node_record record;
	struct edit *edit = ptr_edit_of(work, in);
	struct edit_name *at = edit_see(edit, apex);
	if (delegation_is_registered(at) || !delegation_ns(work, apex, &wanted)) {
		delegation_remove(work, in, apex, NULL);
		return;
	}
	delegation_remove(work, in, apex, &wanted);
	struct bytes_in records = bytes_in_of(wanted.records.data, wanted.records.len);
	while (node_next_record(&records, &record)) {
		struct node_record as = {.owner = PRINCIPAL_ANONYMOUS,
					 .class = RECORD_DERIVED,
					 .rdata = record.rdata};
		as.rdata.data = arena_copy(work->arena, record.rdata.data, record.rdata.len);
		edit_add_as(edit, apex, DNS_TYPE_NS, wanted.ttl, &as);
		at->has_derived = true;
	}
}

/* Whether derived NS stand at the name, as it is stored. */
static bool delegation_stands(struct ptr_work *work, const struct zone *in,
			      const struct dns_name *apex)
{
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	if (!lookup_node(work->txn, in, apex, &node) || !node_find(&node, DNS_TYPE_NS, &rrset))
		return false;
	struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
	return node_next_record(&records, &record) && record.class == RECORD_DERIVED;
}

void delegation_settle(struct ptr_work *work, const struct dns_name *apex)
{
	bool is_closest = true;
	const struct zone *in;
	for (unsigned labels = apex->labels; labels > 1 && !work->txn->error;
	     labels = in->apex.labels) {
		in = ptr_zone_closest_of(work, apex, labels - 1);
		if (!in)
			return;
		if (!in->is_frozen && is_closest)
			delegation_make(work, in, apex);
		else if (!in->is_frozen && delegation_stands(work, in, apex))
			delegation_remove(work, in, apex, NULL);
		is_closest = false;
	}
}

void delegation_settle_below(struct ptr_work *work, const struct dns_name *apex)
{
	uint8_t prefix[STATE_KEY_MAX];
	struct state_walk walk;
	struct bytes key, row, own = state_key_apex(apex, prefix);
	struct dns_name below, root = dns_name_root();
	state_walk_from(&walk, work->txn, STATE_ZONE, own);
	while (state_walk_next(&walk, &key, &row))
		if (key.len > own.len && dns_name_from_key(&below, key, &root))
			delegation_settle(work, &below);
	state_walk_end(&walk);
}

void delegation_settle_in(struct ptr_work *work, const struct zone *zone)
{
	struct store_walk walk;
	struct bytes key, nothing;
	uint8_t prefix[ZONE_KEY_MAX];
	struct dns_name at;
	size_t len = zone_key(prefix, zone, &zone->apex);
	store_walk_from(&walk, work->txn, STORE_CUTS, bytes_of(prefix, len), len);
	/* Nothing is written before ptr_end. */
	while (store_walk_next(&walk, &key, &nothing)) {
		struct bytes_in in = bytes_in_of(key.data, key.len);
		bytes_in_take(&in, len);
		if (dns_name_from_key(&at, bytes_of(in.at, bytes_in_left(&in)), &zone->apex) &&
		    delegation_stands(work, zone, &at))
			delegation_settle(work, &at);
	}
	store_walk_end(&walk);
}

bool delegation_is_followed(const struct zone *zone, const struct change *change)
{
	bool is_ns = change->type == DNS_TYPE_NS, is_cname = change->type == DNS_TYPE_CNAME;
	if ((!is_ns && !is_cname) || change->what == CHANGE_REFRESHED)
		return false;
	return change->what == CHANGE_REMOVED ||
	       (is_ns && dns_name_equal(&change->name, &zone->apex));
}

uint64_t delegation_follow(struct store_txn *txn, const struct ptr_change *change,
			   struct arena *arena)
{
	struct ptr_work work = {.txn = txn,
				.arena = arena,
				.principal = DELEGATION_PRINCIPAL,
				.time_us = change->entry->time_us,
				.cause = change->entry->seq,
				.going = change->is_going ? change->zone->id : 0};
	const struct dns_name *apex = &change->zone->apex, *last = NULL;
	for (size_t i = 0; i < change->count && !txn->error; i++) {
		const struct change *c = &change->changes[i];
		if (!delegation_is_followed(change->zone, c) ||
		    (last && dns_name_equal(last, &c->name)))
			continue;
		last = &c->name;
		if (dns_name_equal(&c->name, apex)) {
			delegation_settle(&work, apex);
			delegation_settle_below(&work, apex);
		} else if (ptr_zone_at(&work, &c->name)) {
			delegation_settle(&work, &c->name);
		}
	}
	ptr_end(&work);
	return work.weight;
}

/* --- whether they are right */

/* A zone that is being deleted, or filled, at the name or above: its records go, or come, first. */
static bool delegation_is_moving(struct ptr_work *work, const struct dns_name *apex)
{
	for (unsigned labels = apex->labels; labels > 0; labels--) {
		struct dns_name at = dns_name_last(apex, labels);
		if (ptr_zone_is_moving(work, &at))
			return true;
	}
	return false;
}

const char *delegation_wrong_at(struct ptr_work *work, const struct zone *zone,
				const struct dns_name *name)
{
	struct node node;
	struct node_rrset rrset, wanted;
	struct node_record record;
	if (delegation_is_moving(work, name) || !lookup_node(work->txn, zone, name, &node) ||
	    !node_find(&node, DNS_TYPE_NS, &rrset))
		return NULL;
	const struct zone *in = ptr_zone_closest_of(work, name, name->labels - 1u);
	if (!in || in->id != zone->id || !delegation_ns(work, name, &wanted))
		return "derived NS are not of the closest zone below";
	struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
	bool is_right = wanted.count == rrset.count && wanted.ttl == rrset.ttl;
	while (node_next_record(&records, &record))
		is_right &= record.class == RECORD_DERIVED && delegation_has(&wanted, record.rdata);
	return is_right ? NULL : "derived NS are not those of the zone below";
}

const char *delegation_wrong_of(struct ptr_work *work, const struct zone *zone)
{
	struct node node;
	struct node_rrset rrset;
	if (zone->apex.labels < 2 || delegation_is_moving(work, &zone->apex))
		return NULL;
	const struct zone *in = ptr_zone_closest_of(work, &zone->apex, zone->apex.labels - 1u);
	if (!in || in->is_frozen || !delegation_ns(work, &zone->apex, &rrset))
		return NULL;
	bool is_there =
		lookup_node(work->txn, in, &zone->apex, &node) &&
		(node_find(&node, DNS_TYPE_NS, &rrset) || node_find(&node, DNS_TYPE_CNAME, &rrset));
	return is_there ? NULL : "a zone below has no delegation";
}
