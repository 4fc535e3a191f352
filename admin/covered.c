/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/covered_state.h"
#include "admin/scope.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/walk.h"
#include <inttypes.h>

#define COVERED_SHOWN 100 /* records that are named; more are counted */

static bool zone_above(struct store_txn *txn, const struct dns_name *apex, struct zone *above)
{
	for (unsigned labels = apex->labels; labels > 1; labels--) {
		struct dns_name name = dns_name_last(apex, labels - 1);
		if (zone_get(txn, &name, above))
			return true;
	}
	return false;
}

/* False: there is no zone above. */
bool covered_open(struct covered *covered, struct call *call, struct store_txn *txn,
		  const struct dns_name *apex)
{
	*covered = (struct covered){.call = call, .txn = txn, .apex = *apex};
	if (!zone_above(txn, apex, &covered->above))
		return false;
	covered->servers = update_servers(txn, &covered->above, apex, &call->arena);
	return true;
}

/* A zone between holds the name already. */
bool covered_is_of_third(const struct covered *covered, const struct dns_name *name)
{
	struct zone third;
	for (unsigned labels = covered->apex.labels + 1; labels <= name->labels; labels++) {
		struct dns_name at = dns_name_last(name, labels);
		if (zone_get(covered->txn, &at, &third))
			return true;
	}
	return false;
}

/* The delegation, what proves it, and its glue. */
bool covered_is_of_above(const struct covered *covered, const struct dns_name *name, uint16_t type)
{
	if (dns_name_equal(name, &covered->apex))
		return type == DNS_TYPE_NS || type == DNS_TYPE_DS || type == DNS_TYPE_RRSIG ||
		       type == DNS_TYPE_NSEC;
	return (type == DNS_TYPE_A || type == DNS_TYPE_AAAA) &&
	       update_is_server(&covered->servers, name);
}

enum call_code command_covered_refuse(struct call *call, struct store_txn *txn,
				      const struct zone *zone, const struct dns_name *name,
				      uint16_t type)
{
	char shown[DNS_NAME_TEXT_MAX], apex[DNS_NAME_TEXT_MAX];
	struct zone lower;
	struct covered covered;
	for (unsigned labels = name->labels; labels > zone->apex.labels; labels--) {
		struct dns_name at = dns_name_last(name, labels);
		if (!zone_get(txn, &at, &lower))
			continue;
		if (covered_open(&covered, call, txn, &at) && covered.above.id == zone->id &&
		    covered_is_of_above(&covered, name, type))
			return CALL_OK;
		dns_name_show(&at, apex);
		return call_fail(call, CALL_FAILED,
				 "%s lies in zone %s, which is here and answers for it: the record "
				 "belongs there (`tenurectl record add %s ...`)",
				 dns_name_show(name, shown), apex, apex);
	}
	return CALL_OK;
}

static bool covered_has_enough(const struct covered *covered)
{
	return covered->most && covered->records + covered->reserved >= covered->most;
}

void covered_walk(struct covered *covered, covered_fn *each)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_record record;
	walk_from(&walk, covered->txn, &covered->above, &covered->apex);
	while (!covered_has_enough(covered) && walk_next(&walk, &name, &node)) {
		if (covered_is_of_third(covered, &name))
			continue;
		struct node_walk records = node_walk_of(&node);
		while (node_walk_next(&records, &record))
			/* Derived ones are made anew, in the zone that they belong to. */
			if (record.class != RECORD_DERIVED &&
			    !covered_is_of_above(covered, &name, records.rrset.type))
				each(covered, &name, &node, &records.rrset, &record);
	}
	walk_end(&walk);
}

/* --- asking */

/* Who made the name's last change, as far as the log reaches back. */
static const char *last_sender(struct covered *covered, uint64_t seq)
{
	struct entry entry;
	uint64_t first, last;
	if (covered->last_seq == seq)
		return covered->last_by;
	journal_range(covered->txn, &first, &last);
	covered->last_seq = seq;
	covered->last_by = NULL;
	if (seq >= first && seq <= last &&
	    journal_read(covered->txn, seq, &entry, &covered->call->arena))
		covered->last_by = entry.principal;
	return covered->last_by;
}

static void covered_show(struct covered *covered, const struct dns_name *name,
			 const struct node *node, const struct node_rrset *rrset,
			 const struct node_record *record)
{
	struct call *call = covered->call;
	char shown[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], stamp[TIMEWORD_TEXT_MAX];
	if (covered->records++ >= COVERED_SHOWN || !covered->is_shown)
		return;
	const char *by = last_sender(covered, node->seq);
	bool is_nobodys = principal_is_nobody(record->owner, record->class);
	time_print(record->stamp, stamp);
	command_warn(
		call, 0,
		arena_print(&call->arena, "%s %s %.200s: %s%s, since %s; last sent by %s",
			    dns_name_show(name, shown), dns_type_print(rrset->type, type),
			    command_rdata(call, rrset->type, record->rdata),
			    is_nobodys ? "static" : "owned by ",
			    is_nobodys ? ""
				       : principal_text(covered->txn, record->owner, &call->arena),
			    stamp, by ? by : "whom the log no longer knows"));
}

void covered_count(struct covered *covered, const struct dns_name *name, const struct node *node,
		   const struct node_rrset *rrset, const struct node_record *record)
{
	(void)name, (void)node, (void)rrset, (void)record;
	covered->records++;
}

static bool is_covered_name(const struct covered *covered, const struct dns_name *name)
{
	return dns_name_under(name, &covered->apex) && !covered_is_of_third(covered, name);
}

static void covered_show_reserved(struct covered *covered)
{
	struct reservation_walk walk;
	struct dns_name name;
	const char *owner;
	char shown[DNS_NAME_TEXT_MAX];
	struct call *call = covered->call;
	reservation_walk_from(&walk, covered->txn, &covered->above);
	while (!covered_has_enough(covered) &&
	       reservation_next(&walk, &name, &call->arena, &owner)) {
		if (!is_covered_name(covered, &name))
			continue;
		if (covered->reserved++ < COVERED_SHOWN && covered->is_shown)
			command_warn(call, 0,
				     arena_print(&call->arena, "%s is reserved for %s",
						 dns_name_show(&name, shown), owner));
	}
	reservation_walk_end(&walk);
}

enum call_code command_covered_ask(struct call *call, struct store_txn *txn,
				   const struct dns_name *apex)
{
	struct covered covered;
	char above[DNS_NAME_TEXT_MAX], shown[DNS_NAME_TEXT_MAX];
	bool leaves = command_flag(call, "yes"), moves = command_flag(call, "move-names");
	if (leaves && moves)
		return call_fail(call, CALL_USAGE,
				 "--yes leaves the names, --move-names moves "
				 "them: one of both is needed");
	bool covers = covered_open(&covered, call, txn, apex);
	/* What is moved goes from the zone above. */
	if (moves && covers && call->changes)
		return scope_check_reason(call, &covered.above);
	if (leaves || moves || !covers)
		return CALL_OK;
	/* Rows are the business of the call's own thread. */
	covered.is_shown = txn == call->snapshot.txn;
	/* In the writer's thread, where it was looked at before, one is as good as all. */
	covered.most = covered.is_shown ? 0 : 1;
	covered_walk(&covered, covered.is_shown ? covered_show : covered_count);
	covered_show_reserved(&covered);
	if (covered.records == 0 && covered.reserved == 0)
		return CALL_OK;
	if (!covered.is_shown)
		return call_fail(call, CALL_REFUSED,
				 "%s got names meanwhile that are answered no more once %s is a "
				 "zone here: the same command shows them",
				 dns_name_show(&covered.above.apex, above),
				 dns_name_show(apex, shown));
	return call_fail(call, CALL_REFUSED,
			 "%s holds names of %s that are answered no more once it is a zone "
			 "here (%" PRIu64 " record%s, %" PRIu64 " reserved): add --move-names to "
			 "move them into it, as they are, or --yes to leave them",
			 dns_name_show(&covered.above.apex, above), dns_name_show(apex, shown),
			 covered.records, covered.records == 1 ? "" : "s", covered.reserved);
}

uint64_t command_covered_count(struct call *call, const struct dns_name *apex)
{
	struct covered covered;
	if (!covered_open(&covered, call, call->snapshot.txn, apex))
		return 0;
	covered_walk(&covered, covered_count);
	return covered.records;
}

void command_covered_warn(struct call *call, const struct dns_name *apex)
{
	char shown[DNS_NAME_TEXT_MAX], lower[DNS_NAME_TEXT_MAX];
	snapshot_rest(&call->snapshot);
	if (!snapshot_renew(&call->snapshot))
		return;
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		struct covered covered;
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		if (!dns_name_under(&zone->apex, apex) || dns_name_equal(&zone->apex, apex) ||
		    !covered_open(&covered, call, call->snapshot.txn, &zone->apex) ||
		    !dns_name_equal(&covered.above.apex, apex))
			continue;
		covered_walk(&covered, covered_count);
		if (covered.records)
			command_warn(call, 0,
				     arena_print(&call->arena,
						 "%s of zone %s %s in zone %s, which is here and "
						 "answers for %s: %s not found",
						 command_count(call, covered.records, "record"),
						 dns_name_show(apex, shown),
						 covered.records == 1 ? "lies" : "lie",
						 dns_name_show(&zone->apex, lower),
						 covered.records == 1 ? "it" : "them",
						 covered.records == 1 ? "it is" : "they are"));
	}
}

/* --- moving */

/* Whether a record can stand beside what the zone holds at the name. */
static bool covered_can_stand(struct edit_name *at, uint16_t type)
{
	if (type == DNS_TYPE_SOA || (dns_type_is_singleton(type) && edit_find(at, type)))
		return false;
	if (type != DNS_TYPE_CNAME)
		return !edit_find(at, DNS_TYPE_CNAME) || dns_type_is_signature(type) ||
		       type == DNS_TYPE_NSEC;
	for (const struct edit_rrset *s = at->rrsets; s; s = s->next)
		if (!dns_type_is_signature(s->type) && s->type != DNS_TYPE_NSEC)
			return false;
	return true;
}

bool covered_copy_record(struct covered *covered, const struct dns_name *name,
			 const struct node_rrset *rrset, const struct node_record *record)
{
	uint32_t ttl = rrset->ttl;
	struct edit_name *at = edit_see(covered->to, name);
	struct edit_rrset *there = edit_find(at, rrset->type);
	struct node_record is = *record;
	/* What a client claimed of the name before it was a zone's is the zone's now. */
	if (dns_name_equal(name, &covered->apex)) {
		is.owner = PRINCIPAL_ANONYMOUS;
		is.class = RECORD_STATIC;
		is.is_guest = false;
		is.window = 0;
	}
	is.rdata.data = arena_copy(&covered->call->arena, record->rdata.data, record->rdata.len);
	struct edit_record *same = there ? there->records : NULL;
	while (same && dns_rdata_compare(rrset->type, same->rdata, is.rdata) != 0)
		same = same->next;
	if (there)
		edit_ttl_of(there, is.rdata, &ttl);
	return same || (covered_can_stand(at, rrset->type) &&
			edit_add_as(covered->to, name, rrset->type, ttl, &is));
}

static void covered_move_record(struct covered *covered, const struct dns_name *name,
				const struct node *node, const struct node_rrset *rrset,
				const struct node_record *record)
{
	(void)node;
	if (!covered_copy_record(covered, name, rrset, record)) {
		covered->result->left++;
		return;
	}
	edit_remove_record(covered->from, name, rrset->type, record->rdata);
	covered->result->moved++;
}

void covered_move_reserved(struct covered *covered, const struct zone *zone,
			   struct state_edit *rows)
{
	struct reservation_walk walk;
	struct dns_name name;
	const char *owner;
	reservation_walk_from(&walk, covered->txn, &covered->above);
	while (reservation_next(&walk, &name, &covered->call->arena, &owner)) {
		if (!is_covered_name(covered, &name))
			continue;
		reservation_put(rows, zone, &name, owner);
		reservation_drop(rows, &covered->above, &name);
		covered->reserved++;
	}
	reservation_walk_end(&walk);
}

/* One of the two zones' entries. */
static void covered_commit(struct covered *covered, struct edit *edit, const struct zone *zone,
			   struct entry *as)
{
	struct call *call = covered->call;
	char shown[DNS_NAME_TEXT_MAX];
	struct entry entry = command_entry(call, ENTRY_ADMIN, covered->txn, zone);
	entry.run = as->run;
	entry.rows = as->rows;
	entry.row_count = as->row_count;
	entry.reason = arena_print(&call->arena, "names move from zone %s",
				   dns_name_show(&covered->above.apex, shown));
	if (edit_commit(edit, &entry) == 0)
		return;
	as->rows = NULL;
	as->row_count = 0;
}

/* The run is of both zones: what it did is undone in both. */
static void covered_begin_run(struct covered *covered, struct state_edit *rows, struct entry *as)
{
	if (as->run) {
		as->rows = state_edit_changes(rows, &as->row_count);
		return;
	}
	struct entry of_both = command_entry(covered->call, ENTRY_ADMIN, covered->txn, NULL);
	run_begin(rows, RUN_OTHER, RUN_DONE, &of_both);
	as->run = of_both.run;
	as->rows = of_both.rows;
	as->row_count = of_both.row_count;
}

void command_covered_move(struct call *call, struct store_txn *txn, const struct zone *zone,
			  struct entry *as, struct covered_result *result)
{
	struct covered covered;
	*result = (struct covered_result){0};
	if (!command_flag(call, "move-names") || !covered_open(&covered, call, txn, &zone->apex))
		return;
	struct edit_author author = command_author(call, txn);
	struct state_edit rows = state_edit_of(txn, &call->arena);
	covered.result = result;
	covered.from = edit_open(txn, &covered.above, &author, &call->arena);
	covered.to = edit_open(txn, zone, &author, &call->arena);
	covered_walk(&covered, covered_move_record);
	covered_move_reserved(&covered, zone, &rows);
	if (result->moved == 0 && covered.reserved == 0)
		return;
	covered_begin_run(&covered, &rows, as);
	covered_commit(&covered, covered.to, zone, as);
	covered_commit(&covered, covered.from, &covered.above, as);
	if (as->rows) { /* no record moved: the rows have an entry of their own */
		struct entry entry = command_entry(call, ENTRY_ADMIN, txn, zone);
		entry.run = as->run;
		entry.event = EVENT_OWNER_RESERVE;
		entry.rows = as->rows;
		entry.row_count = as->row_count;
		journal_append(txn, &entry, &call->arena);
		as->rows = NULL;
		as->row_count = 0;
	}
}

void command_covered_tell(struct call *call, const struct covered_result *result)
{
	if (!command_flag(call, "move-names"))
		return;
	command_result(call, "moved", json_integer((json_int_t)result->moved));
	if (result->left)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%" PRIu64 " record%s in the zone above: what the zone "
					 "holds at the name has no room for it",
					 result->left, result->left == 1 ? " stays" : "s stay"));
}
