/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/ptr.h"
#include "admin/scope.h"
#include "nameserver/update_parts.h"
#include "zonedb/ptr.h"
#include "zonedb/walk.h"
#include <assert.h>
#include <stdlib.h>

#define PLAN_ROWS_MAX 1000
/* Reverse zones that a sentence names. */
#define NAMED_MAX 4

/* A reverse zone that the role does not hold; NULL: there is none, or the role is of all zones. */
static const struct zone *ptr_foreign_zone(struct call *call)
{
	const struct zoneset *zones = call->snapshot.zones;
	for (size_t i = 0; scope_is_listed(call) && i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		if (dns_name_is_reverse(&zone->apex) && !scope_holds(call, &zone->apex))
			return zone;
	}
	return NULL;
}

bool command_lacks_ptr(struct call *call)
{
	return ptr_foreign_zone(call) != NULL;
}

/* The prefixes of the reverse zones here, for a sentence; NULL: there are none. */
static const char *ptr_here(struct call *call)
{
	const char *text = NULL;
	unsigned count = 0;
	const struct zoneset *zones = call->snapshot.zones;
	for (size_t i = 0; i < zoneset_count(zones) && count < NAMED_MAX; i++) {
		char shown[DNS_NAME_TEXT_MAX];
		const struct dns_name *apex = &zoneset_at(zones, i)->apex;
		if (!dns_name_is_reverse(apex) || !scope_holds(call, apex))
			continue;
		text = arena_print(&call->arena, "%s%s%s", text ? text : "", text ? ", " : "",
				   dns_name_show(apex, shown));
		count++;
	}
	return text;
}

enum call_code command_ptr_check(struct call *call, const struct zone *wanted)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (!wanted->makes_ptr)
		return CALL_OK;
	if (dns_name_is_reverse(&wanted->apex))
		return call_fail(call, CALL_USAGE,
				 "ptr: %s is a reverse zone: the setting is of the zones whose "
				 "addresses get a PTR",
				 dns_name_show(&wanted->apex, shown));
	if (wanted->ptr_from[0].family_len == 0) {
		const char *here = ptr_here(call);
		return call_fail(
			call, CALL_USAGE,
			"ptr: which addresses get a PTR is said by ptr-from=PREFIX,..., as "
			"ptr-from=10.0.0.0/8%s%s",
			here ? "; reverse zones here: " : "; there is no reverse zone here",
			here ? here : "");
	}
	if (ptr_foreign_zone(call))
		return call_fail(call, CALL_REFUSED,
				 "ptr: it makes records in reverse zones, and not all of them are "
				 "of your role (%s)",
				 scope_say(call));
	return CALL_OK;
}

enum call_code command_ptr_refuse(struct call *call, const struct edit_name *at)
{
	char shown[DNS_NAME_TEXT_MAX], target[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	struct dns_name name;
	for (const struct edit_rrset *set = at->rrsets; set; set = set->next)
		for (const struct edit_record *is = set->records; is; is = is->next)
			if (is->class == RECORD_DERIVED && dns_name_from_wire(&name, is->rdata))
				return call_fail(
					call, CALL_FAILED,
					"the %s at %s is derived from the address of %s "
					"(setting ptr): it goes with that address, or when "
					"another is registered in its place",
					dns_type_print(set->type, type),
					dns_name_show(&at->name, shown),
					dns_name_show(&name, target));
	return CALL_OK;
}

/* --- the plan */

struct ptr_plan {
	struct call *call;
	const struct zone *wanted;
	struct ptr_work work;          /* which zones there are */
	struct ptr_address *addresses; /* that get a PTR */
	size_t count, room, rows;
	uint64_t made, removed, others, homeless, denied, kept;
	bool is_there;
};

static void ptr_plan_row(struct ptr_plan *plan, const struct dns_name *reverse, const char *old,
			 const char *new, const char *means)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (!plan->is_there || plan->rows++ >= PLAN_ROWS_MAX)
		return;
	json_t *row = json_object();
	json_object_set_new(row, "setting",
			    json_string(arena_print(&plan->call->row_arena, "PTR of %s",
						    dns_name_show(reverse, shown))));
	json_object_set_new(row, "old", old ? command_string(old) : json_null());
	json_object_set_new(row, "new", new ? command_string(new) : json_null());
	json_object_set_new(row, "means", json_string(means));
	plan->is_there = command_row(plan->call, row);
}

static int ptr_plan_order(const void *a, const void *b)
{
	return ptr_address_compare(a, b);
}

static void ptr_plan_keep(struct ptr_plan *plan, const struct ptr_address *address)
{
	if (plan->count == plan->room) {
		plan->room = plan->room ? plan->room * 2 : 256;
		plan->addresses = realloc(plan->addresses, plan->room * sizeof *plan->addresses);
		assert(plan->addresses);
	}
	plan->addresses[plan->count++] = *address;
}

/* An address that would be in the index. */
static void ptr_plan_add(struct ptr_plan *plan, const struct dns_name *name, uint16_t type,
			 const struct node_record *record, const struct ptr_address *address)
{
	char text[DNS_NAME_TEXT_MAX];
	struct call *call = plan->call;
	struct ptr_there there;
	struct arena arena = {0};
	struct dns_name reverse = dns_name_of_address(address->bytes, address->len);
	const struct zone *zone = ptr_zone_closest(&plan->work, &reverse);
	bool may =
		zone && update_ptr_may_of(call->core, &call->snapshot, name, type, record, &arena);
	arena_free(&arena);
	if (zone)
		ptr_look(call->snapshot.txn, zone, &reverse, &there);
	plan->homeless += !zone;
	plan->denied += zone && !may;
	plan->others += zone && may && there.is_registered;
	plan->kept += zone && may && !there.is_registered && there.is_derived;
	if (!zone || !may || there.is_registered || there.is_derived)
		return;
	ptr_plan_keep(plan, address);
	ptr_plan_row(plan, &reverse, NULL, dns_name_show(name, text), "is made");
}

/* An address that would not be in it any more, and has a PTR of this zone. */
static void ptr_plan_remove(struct ptr_plan *plan, const struct dns_name *name,
			    const struct ptr_address *address)
{
	char text[DNS_NAME_TEXT_MAX];
	struct ptr_there there;
	struct dns_name reverse = dns_name_of_address(address->bytes, address->len);
	const struct zone *zone = ptr_zone_closest(&plan->work, &reverse);
	if (!zone)
		return;
	ptr_look(plan->call->snapshot.txn, zone, &reverse, &there);
	if (!there.is_derived || !dns_name_equal(&there.target, name))
		return;
	plan->removed++;
	ptr_plan_row(plan, &reverse, dns_name_show(name, text), NULL,
		     "goes, unless another name has the address");
}

static void ptr_plan_name(struct ptr_plan *plan, const struct zone *was,
			  const struct dns_name *name, const struct node *node)
{
	struct node_record record;
	struct ptr_address address;
	struct node_walk walk = node_walk_of(node);
	while (plan->is_there && node_walk_next(&walk, &record)) {
		struct node_record as = record;
		as.lacks_ptr = false;
		if (!ptr_address_of(walk.rrset.type, record.rdata, &address))
			continue;
		if (ptr_index_holds(plan->wanted, name, walk.rrset.type, &as))
			ptr_plan_add(plan, name, walk.rrset.type, &record, &address);
		else if (was && ptr_index_holds(was, name, walk.rrset.type, &record))
			ptr_plan_remove(plan, name, &address);
	}
}

/* Several names of one address get one PTR. */
static void ptr_plan_count(struct ptr_plan *plan)
{
	if (plan->count > 1)
		qsort(plan->addresses, plan->count, sizeof *plan->addresses, ptr_plan_order);
	for (size_t i = 0; i < plan->count; i++)
		plan->made += i == 0 || ptr_address_compare(&plan->addresses[i - 1],
							    &plan->addresses[i]) != 0;
	free(plan->addresses);
}

static const char *ptr_plan_say(const struct ptr_plan *plan)
{
	struct arena *arena = &plan->call->row_arena;
	const char *text =
		arena_print(arena, "%llu PTR would be made, %llu removed, %llu stay",
			    (unsigned long long)plan->made, (unsigned long long)plan->removed,
			    (unsigned long long)plan->kept);
	if (plan->others)
		text = arena_print(arena, "%s; of %llu addresses a PTR is registered, which stays",
				   text, (unsigned long long)plan->others);
	if (plan->homeless)
		text = arena_print(arena, "%s; %llu addresses lie in no reverse zone here", text,
				   (unsigned long long)plan->homeless);
	if (plan->denied)
		text = arena_print(arena,
				   "%s; of %llu addresses the owner may not claim the reverse "
				   "name: they get one when their host renews them from there",
				   text, (unsigned long long)plan->denied);
	if (plan->rows > PLAN_ROWS_MAX)
		text = arena_print(arena, "%s; %llu of them are not listed", text,
				   (unsigned long long)(plan->rows - PLAN_ROWS_MAX));
	return text;
}

const char *command_ptr_plan(struct call *call, const struct zone *was, const struct zone *wanted)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct arena arena = {0};
	struct ptr_plan plan = {.call = call,
				.wanted = wanted,
				.work = {.txn = call->snapshot.txn, .arena = &arena},
				.is_there = true};
	walk_from(&walk, call->snapshot.txn, wanted, &wanted->apex);
	while (plan.is_there && walk_next(&walk, &name, &node))
		ptr_plan_name(&plan, was, &name, &node);
	walk_end(&walk);
	ptr_plan_count(&plan);
	arena_free(&arena);
	return ptr_plan_say(&plan);
}
