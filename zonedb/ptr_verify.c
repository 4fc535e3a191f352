/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/ptr_verify.h"
#include "dns/type.h"
#include "journal/state_derived.h"
#include "zonedb/delegation.h"
#include "zonedb/lookup.h"
#include "zonedb/walk.h"

void ptr_verify_begin(struct ptr_verify *verify, struct store_txn *txn, struct arena *arena)
{
	*verify = (struct ptr_verify){.work = {.txn = txn, .arena = arena},
				      .is_pending = state_ptr_pending(txn) > 0};
}

/* A derived record, which is a PTR at the reverse name of an address, in the closest zone, of a
 * name that has that address, and with the TTL of the address record. */
static const char *ptr_verify_derived(struct ptr_verify *verify, const struct zone *zone,
				      const struct dns_name *name, const struct node_walk *at,
				      const struct node_record *record)
{
	struct ptr_address address;
	struct ptr_target target;
	struct ptr_there there;
	struct dns_name holder;
	bool is_form = !record->owner && !record->stamp && !record->is_guest && !record->window;
	if (at->rrset.type == DNS_TYPE_NS && is_form)
		return verify->is_pending || zone->is_frozen || zone->deleting
			       ? NULL
			       : delegation_wrong_at(&verify->work, zone, name);
	if (at->rrset.type != DNS_TYPE_PTR || !ptr_address_of_name(name, &address) ||
	    !dns_name_from_wire(&holder, record->rdata))
		return "a derived record is no PTR of an address";
	if (!is_form)
		return "a derived record has an owner or an age";
	if (verify->is_pending || zone->is_frozen || zone->deleting)
		return NULL;
	const struct zone *closest = ptr_zone_closest(&verify->work, name);
	if (!closest || closest->id != zone->id)
		return "a derived PTR is hidden by a zone below";
	ptr_look(verify->work.txn, zone, name, &there);
	if (there.is_registered || at->rrset.count != 1)
		return "a derived PTR stands beside a registered record";
	if (!ptr_index_find(verify->work.txn, &address, &holder, &target))
		return "a derived PTR points to a name that has not the address";
	return target.ttl == at->rrset.ttl
		       ? NULL
		       : "a derived PTR has another TTL than the address record";
}

static const char *ptr_verify_address(struct ptr_verify *verify, const struct zone *zone,
				      const struct dns_name *name, const struct node_walk *at,
				      const struct node_record *record)
{
	struct ptr_address address;
	if (verify->is_pending || zone->deleting || !zone->makes_ptr ||
	    !ptr_index_holds(zone, name, at->rrset.type, record) ||
	    !ptr_address_of(at->rrset.type, record->rdata, &address))
		return NULL;
	return ptr_index_has(verify->work.txn, &address, name, zone->id, at->rrset.ttl)
		       ? NULL
		       : "an address is missing in it, or has another TTL";
}

const char *ptr_verify_node(struct ptr_verify *verify, const struct zone *zone,
			    const struct dns_name *name, const struct node *node, bool *is_index)
{
	struct node_record record;
	struct node_walk walk = node_walk_of(node);
	const char *wrong = NULL;
	while (!wrong && node_walk_next(&walk, &record)) {
		*is_index = record.class != RECORD_DERIVED;
		wrong = *is_index ? ptr_verify_address(verify, zone, name, &walk, &record)
				  : ptr_verify_derived(verify, zone, name, &walk, &record);
	}
	return wrong;
}

const char *ptr_verify_row(struct ptr_verify *verify, struct bytes key, struct bytes value,
			   bool *is_index)
{
	struct store_txn *txn = verify->work.txn;
	struct ptr_address address;
	struct ptr_target target;
	struct ptr_there there;
	struct zone zone;
	*is_index = true;
	if (!ptr_index_read(key, value, &address, &target))
		return "it cannot be read";
	if (verify->is_pending)
		return NULL;
	if (!zone_get_by_id(txn, target.zone_id, &zone))
		return "belongs to no zone";
	if (!zone.deleting && !ptr_index_is_of(txn, &zone, &address, &target))
		return "there is no such address record";
	*is_index = false;
	struct dns_name reverse = dns_name_of_address(address.bytes, address.len);
	const struct zone *in = ptr_zone_closest(&verify->work, &reverse);
	if (!in || in->is_frozen)
		return NULL;
	ptr_look(txn, in, &reverse, &there);
	return there.is_registered || there.is_derived ? NULL
						       : "an address has neither a derived PTR "
							 "nor a registered one";
}

const char *ptr_verify_delegation(struct ptr_verify *verify, const struct zone *zone)
{
	return verify->is_pending ? NULL : delegation_wrong_of(&verify->work, zone);
}

/* --- all of it */

static bool ptr_verify_looks_at(const struct zone *zone)
{
	return zone->makes_ptr || zone->cut_count > 0 || dns_name_is_reverse(&zone->apex);
}

/* Names of one zone. */
static const char *ptr_verify_names(struct ptr_verify_walk *over, struct ptr_verify *verify,
				    const struct zone *zone, size_t *left, struct dns_name *at)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	const char *wrong = NULL;
	bool is_index, has_more = true;
	walk_from_name(&walk, verify->work.txn, zone, over->has_last ? &over->last : &zone->apex);
	while (!wrong && *left > 0 && (has_more = walk_next(&walk, &name, &node))) {
		over->last = name;
		over->has_last = true;
		(*left)--;
		wrong = ptr_verify_node(verify, zone, &name, &node, &is_index);
		if (wrong)
			*at = name;
	}
	walk_end(&walk);
	if (!has_more) {
		over->zone++;
		over->has_last = false;
	}
	return wrong;
}

static const char *ptr_verify_zones(struct ptr_verify_walk *over, struct ptr_verify *verify,
				    size_t *left, struct dns_name *at)
{
	struct zoneset *zones = zoneset_load(verify->work.txn);
	const char *wrong = NULL;
	while (!wrong && *left > 0 && over->zone < zoneset_count(zones)) {
		const struct zone *zone = zoneset_at(zones, over->zone);
		if (!over->has_last && (wrong = ptr_verify_delegation(verify, zone)))
			*at = zone->apex;
		if (wrong)
			break;
		if (ptr_verify_looks_at(zone))
			wrong = ptr_verify_names(over, verify, zone, left, at);
		else
			over->zone++;
	}
	over->is_in_rows = over->zone >= zoneset_count(zones);
	zoneset_free(zones);
	return wrong;
}

static const char *ptr_verify_rows(struct ptr_verify_walk *over, struct ptr_verify *verify,
				   size_t *left, struct dns_name *at)
{
	struct store_walk walk;
	struct ptr_address address;
	struct ptr_target target;
	struct bytes key, value;
	const char *wrong = NULL;
	bool is_index, has_more = true;
	store_walk_from(&walk, verify->work.txn, STORE_ADDRESSES,
			bytes_of(over->row, over->row_len), 0);
	while (!wrong && *left > 0 && (has_more = store_walk_next(&walk, &key, &value))) {
		(*left)--;
		memcpy(over->row, key.data, key.len);
		over->row_len = key.len;
		wrong = ptr_verify_row(verify, key, value, &is_index);
		if (wrong && ptr_index_read(key, value, &address, &target))
			*at = target.name;
	}
	store_walk_end(&walk);
	over->is_over = !has_more;
	return wrong;
}

const char *ptr_verify_part(struct ptr_verify_walk *over, struct store_txn *txn, size_t rows,
			    struct dns_name *at)
{
	struct arena arena = {0};
	struct ptr_verify verify;
	const char *wrong = NULL;
	ptr_verify_begin(&verify, txn, &arena);
	if (!over->is_in_rows)
		wrong = ptr_verify_zones(over, &verify, &rows, at);
	if (!wrong && over->is_in_rows)
		wrong = ptr_verify_rows(over, &verify, &rows, at);
	arena_free(&arena);
	return wrong;
}

const char *ptr_verify_store(struct store_txn *txn, struct dns_name *at)
{
	struct ptr_verify_walk over = {.zone = 0};
	const char *wrong = NULL;
	while (!wrong && !over.is_over && !txn->error)
		wrong = ptr_verify_part(&over, txn, SIZE_MAX, at);
	return wrong;
}
