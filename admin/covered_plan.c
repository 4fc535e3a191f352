/* SPDX-License-Identifier: BSD-2-Clause */
/* What a plan says of names that a new zone covers. */
#include "admin/covered_state.h"
#include <inttypes.h>

static void covered_plan_row(struct covered *covered, const struct dns_name *name,
			     const struct node *node, const struct node_rrset *rrset,
			     const struct node_record *record)
{
	struct call *call = covered->call;
	struct command_record shown = {&covered->above, name,    rrset->type,
				       rrset->ttl,      *record, node};
	json_t *row = command_record(call, &shown);
	bool moves = command_flag(call, "move-names");
	json_object_set_new(row, "what", json_string(moves ? "move" : "cover"));
	covered->records++;
	command_row(call, row);
}

uint64_t command_covered_plan(struct call *call, const struct dns_name *apex)
{
	char above[DNS_NAME_TEXT_MAX], shown[DNS_NAME_TEXT_MAX];
	struct covered covered;
	if (!covered_open(&covered, call, call->snapshot.txn, apex))
		return 0;
	covered_walk(&covered, covered_plan_row);
	if (covered.records == 0 || command_flag(call, "move-names"))
		return covered.records;
	command_warn(call, 0,
		     arena_print(&call->arena,
				 "%s of %s would be answered no more once %s is a zone here: "
				 "--move-names moves them into it, --yes leaves them",
				 command_count(call, covered.records, "record"),
				 dns_name_show(&covered.above.apex, above),
				 dns_name_show(apex, shown)));
	return 0;
}
