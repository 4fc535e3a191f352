/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Of which addresses PTR may be derived (zonedb/ptr.h): those whose request came from the address
 * itself, or from a principal that may claim its reverse name. Other address records carry a mark,
 * which a renewal with that right takes away.
 */
#include "nameserver/asker.h"
#include "nameserver/update_parts.h"
#include "zonedb/principal.h"
#include "zonedb/ptr_sync.h"

/* Who asks, and in which reverse zone it was looked last. */
struct ptr_right {
	const struct snapshot *snapshot;
	const struct policy_asker *asker;
	const struct update_owner *ids;
	struct arena *arena;
	size_t *steps;
	const struct zone *zone;
	struct update_sight sight;
};

static void ptr_right_open(struct ptr_right *right, const struct zone *zone)
{
	if (right->zone == zone)
		return;
	right->zone = zone;
	update_sight_open(&right->sight, right->snapshot, zone, right->arena);
	right->sight.asker = *right->asker;
	right->sight.ids = *right->ids;
	right->sight.hosts = NULL;
	right->sight.steps = right->steps;
}

/* Whether a PTR to the name could be claimed, if the reverse name were free. */
static bool ptr_right_has(struct ptr_right *right, const struct ptr_address *address,
			  const struct dns_name *target)
{
	struct policy_name name;
	struct dns_name reverse = dns_name_of_address(address->bytes, address->len);
	const struct zone *zone = zoneset_find(right->snapshot->zones, &reverse);
	if (!zone || !dns_name_is_reverse(&zone->apex))
		return false;
	ptr_right_open(right, zone);
	struct policy_record record = {
		.change = POLICY_ADD,
		.type = DNS_TYPE_PTR,
		.is_target_self = update_is_target_self(&right->sight.asker, DNS_TYPE_PTR,
							bytes_of(target->wire, target->len)),
		.records = {0, 1},
		.types = {0, 1},
	};
	update_see(&right->sight, &reverse, NULL, &name);
	return update_ask(&right->sight, &name, &record).is_allowed;
}

static bool ptr_is_source(const struct addr *source, const struct ptr_address *address)
{
	static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	if (!source)
		return false;
	if (source->any.sa_family == AF_INET)
		return address->len == 4 && memcmp(&source->v4.sin_addr, address->bytes, 4) == 0;
	const uint8_t *bytes = source->v6.sin6_addr.s6_addr;
	if (address->len == 4)
		return memcmp(bytes, mapped, sizeof mapped) == 0 &&
		       memcmp(bytes + sizeof mapped, address->bytes, 4) == 0;
	return memcmp(bytes, address->bytes, 16) == 0;
}

/* What a record of the message that adds it, or names it again, will be marked. */
static void ptr_mark_one(struct update_run *run, struct ptr_right *right,
			 const struct update_rr *rr)
{
	struct ptr_address address;
	struct node_record was, as = {.rdata = rr->rdata};
	struct edit_name *at = edit_see(run->edit, &rr->name);
	struct edit_record *is = edit_find_record(run->edit, at, rr->type, rr->rdata);
	if (!is || !ptr_index_holds(run->zone, &rr->name, rr->type, &as) ||
	    !ptr_address_of(rr->type, rr->rdata, &address))
		return;
	bool was_there = edit_find_stored(run->edit, at, rr->type, rr->rdata, &was);
	bool is_new = !was_there || was.owner != is->owner;
	bool may_change = run->zone->update != ZONE_UPDATE_SECURE ||
			  update_owns(&run->ids, is->owner, &rr->name);
	if (!is_new && (!was.lacks_ptr || !may_change))
		return;
	/* Who did not sign may have forged the source of a datagram. */
	bool is_real = right->asker->is_tcp || who_is_authenticated(right->asker->who);
	bool may = (is_real && ptr_is_source(&run->update->request.source, &address)) ||
		   ptr_right_has(right, &address, &rr->name);
	edit_set_lacks_ptr(run->edit, is, !may);
}

/* What follows in other zones is work of the message, too. */
static enum dns_rcode ptr_count(struct update_run *run)
{
	size_t count;
	const struct edit_change *changes = edit_diff(run->edit, &count);
	for (size_t i = 0; i < count; i++)
		if (ptr_is_followed(run->zone, &changes[i].change))
			run->steps += UPDATE_PTR_STEPS;
	return update_has_too_many_steps(run) ? update_refuse_steps(run, run->changes.rr)
					      : DNS_NOERROR;
}

enum dns_rcode update_mark_ptr(struct update_run *run)
{
	if (!run->zone->makes_ptr)
		return DNS_NOERROR;
	struct ptr_right right = {.snapshot = &run->side->snapshot,
				  .asker = run->asker,
				  .ids = &run->ids,
				  .arena = run->arena,
				  .steps = &run->steps};
	for (size_t i = 0; i < run->changes.count; i++) {
		const struct update_rr *rr = &run->changes.rr[i];
		if (rr->class == DNS_CLASS_IN &&
		    (rr->type == DNS_TYPE_A || rr->type == DNS_TYPE_AAAA))
			ptr_mark_one(run, &right, rr);
	}
	return ptr_count(run);
}

/* --- records from before `ptr` was turned on */

/* A group stands for its first member that is no pattern. */
static const char *ptr_owner_principal(const struct snapshot *snapshot, const char *owner)
{
	const struct acl_group *group = groups_find(snapshot->groups, owner);
	for (size_t i = 0; group && i < group->count; i++)
		if (!strchr(group->members[i], '*'))
			return group->members[i];
	return owner;
}

/* Static records without a mark. One with a mark was made by a rule's `class static`, or by
 * somebody whose role lacks the reverse zone, or a client's record became static: the class gives
 * no right. */
static bool ptr_is_of_administrator(const struct node_record *record)
{
	return record->class == RECORD_STATIC && !record->lacks_ptr;
}

bool update_ptr_may_of(struct core *core, const struct snapshot *snapshot,
		       const struct dns_name *name, uint16_t type, const struct node_record *record,
		       struct arena *arena)
{
	struct who who;
	struct ptr_address address;
	struct update_owner ids = {.has_self = false};
	size_t steps = 0;
	const char *owner = principal_text(snapshot->txn, record->owner, arena);
	if (ptr_is_of_administrator(record))
		return true;
	if (!ptr_address_of(type, record->rdata, &address) ||
	    who_parse(&who, ptr_owner_principal(snapshot, owner)))
		return false;
	/* Marked, so that whoever made it has a role without the reverse zone. */
	if (who_is_unbound(&who))
		return false;
	struct policy_asker asker = asker_of(core, snapshot, &who, NULL, true);
	update_ids(snapshot, &asker, &ids, arena);
	struct ptr_right right = {.snapshot = snapshot,
				  .asker = &asker,
				  .ids = &ids,
				  .arena = arena,
				  .steps = &steps};
	return ptr_right_has(&right, &address, name);
}

bool update_ptr_may(void *context, struct store_txn *txn, const struct zone *zone,
		    const struct dns_name *name, uint16_t type, const struct node_record *record)
{
	struct core *core = context;
	struct snapshot *snapshot = &core->writer_side->snapshot;
	(void)zone;
	if (ptr_is_of_administrator(record))
		return true;
	if (!snapshot_use(snapshot, txn))
		return false;
	struct arena arena = {0};
	bool may = update_ptr_may_of(core, snapshot, name, type, record, &arena);
	arena_free(&arena);
	return may;
}
