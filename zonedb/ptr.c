/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/ptr.h"
#include "dns/type.h"
#include "zonedb/edit_state.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include <stdlib.h>

/* A zone that was met. */
struct ptr_zone {
	struct ptr_zone *next;
	struct zone zone;
	struct edit *edit; /* NULL: none was needed so far */
};

static struct ptr_zone *ptr_zone_met(struct ptr_work *work, const struct dns_name *apex)
{
	for (struct ptr_zone *met = work->zones; met; met = met->next)
		if (dns_name_equal(&met->zone.apex, apex))
			return met;
	uint8_t key[STATE_KEY_MAX];
	struct bytes row;
	struct zone zone;
	if (!state_get(work->txn, STATE_ZONE, state_key_apex(apex, key), &row) ||
	    !zone_get(work->txn, apex, &zone))
		return NULL;
	struct ptr_zone *met = arena_zero(work->arena, sizeof *met);
	met->zone = zone;
	met->next = work->zones;
	work->zones = met;
	return met;
}

/* The closest zone at or above the name, `labels` of it at most. */
static struct ptr_zone *ptr_zone_above(struct ptr_work *work, const struct dns_name *name,
				       unsigned labels)
{
	for (unsigned n = labels; state_zone_closest(work->txn, name, &n); n--) {
		struct dns_name apex = dns_name_last(name, n);
		struct ptr_zone *met = ptr_zone_met(work, &apex);
		if (met && met->zone.id != work->going && !met->zone.deleting)
			return met;
	}
	return NULL;
}

const struct zone *ptr_zone_closest(struct ptr_work *work, const struct dns_name *name)
{
	const struct ptr_zone *found = ptr_zone_above(work, name, name->labels);
	return found ? &found->zone : NULL;
}

const struct zone *ptr_zone_closest_of(struct ptr_work *work, const struct dns_name *name,
				       unsigned labels)
{
	const struct ptr_zone *found = ptr_zone_above(work, name, labels);
	return found ? &found->zone : NULL;
}

const struct zone *ptr_zone_at(struct ptr_work *work, const struct dns_name *apex)
{
	const struct ptr_zone *met = ptr_zone_met(work, apex);
	return met && met->zone.id != work->going && !met->zone.deleting ? &met->zone : NULL;
}

static struct edit *ptr_edit(struct ptr_work *work, struct ptr_zone *of)
{
	struct edit_author author = {.owner = PRINCIPAL_ANONYMOUS,
				     .owner_text = "anonymous",
				     .now = work->time_us / 1000000,
				     .class = RECORD_DERIVED};
	if (of->edit)
		return of->edit;
	of->edit = edit_open(work->txn, &of->zone, &author, work->arena);
	of->edit->takes_derived = true;
	return of->edit;
}

bool ptr_zone_is_moving(struct ptr_work *work, const struct dns_name *apex)
{
	const struct ptr_zone *met = ptr_zone_met(work, apex);
	return met && met->zone.deleting;
}

struct edit *ptr_edit_of(struct ptr_work *work, const struct zone *zone)
{
	struct ptr_zone *met = work->zones;
	while (&met->zone != zone)
		met = met->next;
	return ptr_edit(work, met);
}

/* The derived PTR of a private copy, of which there is one at most; NULL: there is none. */
static const struct edit_record *ptr_derived(struct edit_name *at)
{
	const struct edit_rrset *rrset = at->has_derived ? edit_find(at, DNS_TYPE_PTR) : NULL;
	const struct edit_record *is = rrset ? rrset->records : NULL;
	while (is && is->class != RECORD_DERIVED)
		is = is->next;
	return is;
}

static bool ptr_is_registered(struct edit_name *at)
{
	const struct edit_rrset *rrset = edit_find(at, DNS_TYPE_PTR);
	if (edit_find(at, DNS_TYPE_CNAME))
		return true;
	for (const struct edit_record *is = rrset ? rrset->records : NULL; is; is = is->next)
		if (is->class != RECORD_DERIVED)
			return true;
	return false;
}

/* The name that the PTR has to point to. False: there is to be none. */
static bool ptr_choose(struct ptr_work *work, const struct ptr_address *address,
		       struct edit_name *at, struct ptr_target *target)
{
	struct dns_name holder;
	const struct edit_record *is = ptr_derived(at);
	if (ptr_is_registered(at))
		return false;
	return (is && dns_name_from_wire(&holder, is->rdata) &&
		ptr_index_find(work->txn, address, &holder, target)) ||
	       ptr_index_first(work->txn, address, target);
}

static void ptr_remove(struct ptr_work *work, struct ptr_zone *in, const struct dns_name *name)
{
	struct edit *edit = ptr_edit(work, in);
	const struct edit_record *is = ptr_derived(edit_see(edit, name));
	if (is && edit_remove_record(edit, name, DNS_TYPE_PTR, is->rdata))
		work->removed++;
}

static void ptr_make(struct ptr_work *work, struct ptr_zone *in, const struct dns_name *name,
		     const struct ptr_address *address)
{
	struct ptr_target target;
	struct edit *edit = ptr_edit(work, in);
	struct edit_name *at = edit_see(edit, name);
	bool has_target = ptr_choose(work, address, at, &target);
	struct bytes rdata = bytes_of(target.name.wire, has_target ? target.name.len : 0);
	const struct edit_record *is = ptr_derived(at);
	bool is_same = is && has_target && bytes_equal(is->rdata, rdata);
	if (is && !is_same)
		ptr_remove(work, in, name);
	if (!has_target)
		return;
	struct node_record record = {
		.owner = PRINCIPAL_ANONYMOUS, .class = RECORD_DERIVED, .rdata = rdata};
	edit_add_as(edit, name, DNS_TYPE_PTR, target.ttl, &record);
	at->has_derived = true;
	work->made += !is_same;
}

void ptr_look(struct store_txn *txn, const struct zone *zone, const struct dns_name *reverse,
	      struct ptr_there *there)
{
	struct node node;
	struct node_record record;
	*there = (struct ptr_there){.ttl = 0};
	if (!lookup_node(txn, zone, reverse, &node))
		return;
	struct node_walk walk = node_walk_of(&node);
	while (node_walk_next(&walk, &record)) {
		bool is_ptr = walk.rrset.type == DNS_TYPE_PTR;
		if (!is_ptr || record.class != RECORD_DERIVED) {
			there->is_registered |= is_ptr || walk.rrset.type == DNS_TYPE_CNAME;
			continue;
		}
		there->is_derived = dns_name_from_wire(&there->target, record.rdata);
		there->ttl = walk.rrset.ttl;
	}
}

void ptr_settle(struct ptr_work *work, const struct ptr_address *address)
{
	struct ptr_there there;
	struct dns_name name = dns_name_of_address(address->bytes, address->len);
	struct ptr_zone *in = ptr_zone_above(work, &name, name.labels);
	if (!in || work->txn->error)
		return;
	if (!in->zone.is_frozen)
		ptr_make(work, in, &name, address);
	/* A zone that came hides the name in those above it. */
	while (in->zone.apex.labels > 1 &&
	       (in = ptr_zone_above(work, &name, in->zone.apex.labels - 1u))) {
		ptr_look(work->txn, &in->zone, &name, &there);
		if (there.is_derived && !in->zone.is_frozen)
			ptr_remove(work, in, &name);
	}
}

void ptr_end(struct ptr_work *work)
{
	for (struct ptr_zone *met = work->zones; met; met = met->next) {
		struct entry entry = {.time_us = work->time_us,
				      .kind = ENTRY_UPDATE,
				      .principal =
					      work->principal ? work->principal : PTR_PRINCIPAL,
				      .transport = ENTRY_LOCAL,
				      .cause = work->cause};
		if (met->edit && edit_commit(met->edit, &entry) != 0)
			work->weight += entry.weight;
		met->edit = NULL;
	}
}

/* --- what a change comes to */

static bool ptr_is_from_forward(const struct zone *zone)
{
	return zone->makes_ptr || zone->ptr_pending;
}

bool ptr_is_followed(const struct zone *zone, const struct change *change)
{
	bool is_pointer = change->type == DNS_TYPE_PTR || change->type == DNS_TYPE_CNAME;
	bool is_address = change->type == DNS_TYPE_A || change->type == DNS_TYPE_AAAA;
	return (is_address && ptr_is_from_forward(zone)) ||
	       (is_pointer && change->what == CHANGE_REMOVED);
}

/* The address whose PTR a change may move. */
static bool ptr_address_moved(const struct zone *zone, const struct change *change,
			      struct ptr_address *address)
{
	if (!ptr_is_followed(zone, change) || change->what == CHANGE_REFRESHED)
		return false;
	return change->type == DNS_TYPE_A || change->type == DNS_TYPE_AAAA
		       ? ptr_address_of(change->type, change->rdata, address)
		       : ptr_address_of_name(&change->name, address);
}

static int ptr_order(const void *a, const void *b)
{
	return ptr_address_compare(a, b);
}

uint64_t ptr_follow(struct store_txn *txn, const struct ptr_change *change, struct arena *arena)
{
	struct ptr_address *addresses = NULL;
	size_t count = 0;
	struct ptr_work work = {.txn = txn,
				.arena = arena,
				.time_us = change->entry->time_us,
				.cause = change->entry->seq,
				.going = change->is_going ? change->zone->id : 0};
	if (change->is_going) {
		struct zone going = *change->zone;
		going.makes_ptr = false;
		going.ptr_pending = ptr_is_from_forward(change->zone);
		ptr_index_follow(txn, &going, change->changes, change->count);
	} else {
		ptr_index_follow(txn, change->zone, change->changes, change->count);
	}
	for (size_t i = 0; i < change->count; i++) {
		struct ptr_address address;
		if (!ptr_address_moved(change->zone, &change->changes[i], &address))
			continue;
		if (!addresses)
			addresses = arena_alloc(arena, (change->count - i) * sizeof *addresses);
		addresses[count++] = address;
	}
	if (count > 1)
		qsort(addresses, count, sizeof *addresses, ptr_order);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || ptr_address_compare(&addresses[i - 1], &addresses[i]) != 0)
			ptr_settle(&work, &addresses[i]);
	ptr_end(&work);
	return work.weight;
}
