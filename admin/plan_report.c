/* SPDX-License-Identifier: BSD-2-Clause */
/* zone set update=secure --plan: what the clients of a zone of mode `report` would meet. */
#include "admin/command.h"
#include "nameserver/report.h"
#include "nameserver/update_parts.h"
#include "zonedb/lookup.h"
#include "zonedb/walk.h"

/* Names with records of several owners that are named. */
#define SHARED_SHOWN 5

struct plan_report {
	struct call *call;
	const struct zone *zone;
	uint64_t now, names, count[REPORT_KINDS];
	uint64_t probed, signed_after;
	bool is_shown, is_there;
};

static const char *unsigned_reason(enum report_kind kind)
{
	switch (kind) {
	case REPORT_PASS:
		return "a rule for anonymous allows it";
	case REPORT_WILL_SIGN:
		return "unsigned, and its own principal has signed here";
	case REPORT_REFUSED:
		return "unsigned, and did not sign when report-probe refused it";
	default:
		return "unsigned, and its own principal was never seen signing";
	}
}

/* One client of a name. */
struct seen_client {
	enum report_kind kind;
	const char *client, *code, *reason; /* `code`, `reason`: NULL: none */
	uint64_t at;
};

static void plan_report_show(struct plan_report *plan, const struct dns_name *name,
			     const struct seen_client *seen)
{
	plan->count[seen->kind]++;
	if (!plan->is_shown || !plan->is_there)
		return;
	json_t *shown = json_object();
	json_object_set_new(shown, "zone", command_name(&plan->zone->apex));
	json_object_set_new(shown, "name", command_name(name));
	json_object_set_new(shown, "would", json_string(report_kind_word(seen->kind)));
	json_object_set_new(shown, "principal", command_string(seen->client));
	json_object_set_new(shown, "code", command_string(seen->code));
	json_object_set_new(shown, "reason", command_string(seen->reason));
	json_object_set_new(shown, "last_seen_at", command_seconds(seen->at));
	plan->is_there = command_row(plan->call, shown);
}

static bool plan_report_row(void *context, const struct dns_name *name,
			    const struct report_row *row)
{
	struct plan_report *plan = context;
	struct store_txn *txn = plan->call->snapshot.txn;
	enum report_kind kind;
	struct node node;
	bool has_self = lookup_node(txn, plan->zone, name, &node) &&
			report_has_self(txn, &node, name, &plan->call->row_arena);
	struct seen_client passed = {REPORT_PASS, row->passed, NULL, NULL, row->passed_at};
	struct seen_client refused = {REPORT_REFUSED, row->refused, row->code, row->reason,
				      row->refused_at};
	plan->names++;
	plan->probed += row->probed_at != 0;
	plan->signed_after += row->has_signed_probe;
	if (row->passed_at)
		plan_report_show(plan, name, &passed);
	if (row->refused_at)
		plan_report_show(plan, name, &refused);
	if (report_unsigned_kind(row, has_self, plan->now, &kind))
		plan_report_show(plan, name,
				 &(struct seen_client){kind, row->address, NULL,
						       unsigned_reason(kind), row->unsigned_at});
	arena_reset(&plan->call->row_arena);
	return plan->is_there;
}

static void plan_report_tell(struct plan_report *plan)
{
	static const char *const members[REPORT_KINDS] = {"would_pass", "will_sign",
							  "cannot_be_known", "would_be_refused"};
	struct call *call = plan->call;
	uint64_t lost = report_lost(call->snapshot.txn);
	for (int i = 0; i < REPORT_KINDS; i++)
		command_result(call, members[i], json_integer((json_int_t)plan->count[i]));
	command_result(call, "probed", json_integer((json_int_t)plan->probed));
	command_result(call, "signed_after_probe", json_integer((json_int_t)plan->signed_after));
	if (lost)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%llu updates of more names than are kept (%d) are not "
					 "counted",
					 (unsigned long long)lost, REPORT_NAMES_MAX));
}

/* Whether clients of several owners have records at the name. */
static bool plan_report_is_shared(const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	bool has_one = false;
	uint32_t one = 0;
	while (node_walk_next(&walk, &record)) {
		if (record.class != RECORD_DYNAMIC && record.class != RECORD_PINNED)
			continue;
		if (has_one && record.owner != one)
			return true;
		has_one = true;
		one = record.owner;
	}
	return false;
}

/* A nonsecure zone lets anybody in beside the records of others. */
static void plan_report_warn_shared(struct call *call, const struct zone *zone)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	char shown[DNS_NAME_TEXT_MAX];
	const char *first = "";
	uint64_t count = 0;
	walk_from(&walk, call->snapshot.txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node)) {
		if (!plan_report_is_shared(&node))
			continue;
		if (count++ < SHARED_SHOWN)
			first = arena_print(&call->arena, "%s%s%s", first, count > 1 ? ", " : "",
					    dns_name_show(&name, shown));
	}
	walk_end(&walk);
	command_result(call, "shared_names", json_integer((json_int_t)count));
	if (count)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%llu name%s records of several owners, of which each "
					 "that is no guest keeps its right to the name: %s%s",
					 (unsigned long long)count, count == 1 ? " has" : "s have",
					 first, count > SHARED_SHOWN ? ", ..." : ""));
}

const char *command_plan_report(struct call *call, const struct zone *zone, bool is_shown)
{
	struct plan_report plan = {.call = call,
				   .zone = zone,
				   .now = clock_now(&call->core->clock),
				   .is_shown = is_shown,
				   .is_there = true};
	plan_report_warn_shared(call, zone);
	report_walk(call->snapshot.txn, zone, plan_report_row, &plan);
	if (zone->update != ZONE_UPDATE_REPORT && plan.names == 0)
		return arena_print(&call->arena,
				   "who sends updates is not known: with update=report it is "
				   "noted, and nobody is refused");
	plan_report_tell(&plan);
	const char *probe =
		plan.probed ? arena_print(&call->arena, "; %llu of %llu probed clients signed",
					  (unsigned long long)plan.signed_after,
					  (unsigned long long)plan.probed)
			    : "";
	return arena_print(&call->arena,
			   "of the clients seen %llu would pass, %llu will sign, of %llu it cannot "
			   "be known, %llu would be refused%s%s",
			   (unsigned long long)plan.count[REPORT_PASS],
			   (unsigned long long)plan.count[REPORT_WILL_SIGN],
			   (unsigned long long)plan.count[REPORT_UNKNOWN],
			   (unsigned long long)plan.count[REPORT_REFUSED], probe,
			   is_shown || plan.names == 0 ? "" : " (--clients lists them)");
}
