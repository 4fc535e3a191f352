/* SPDX-License-Identifier: BSD-2-Clause */
/* scavenge history: runs, newest first. */
#include "admin/command.h"
#include "admin/scope.h"
#include "journal/run.h"

struct history {
	struct call *call;
	struct dns_name zone;
	bool has_zone;
	uint64_t left;
};

static json_t *scavenge_history_time_of(uint64_t us)
{
	return command_seconds(us / 1000000);
}

static bool show_run(void *context, const struct run *run)
{
	struct history *history = context;
	json_t *row;
	if (run->kind != RUN_SCAVENGE || !scope_holds(history->call, &run->zone) ||
	    (history->has_zone && !dns_name_equal(&history->zone, &run->zone)))
		return true;
	row = json_object();
	json_object_set_new(row, "run", json_integer((json_int_t)run->id));
	json_object_set_new(row, "zone", command_name(&run->zone));
	json_object_set_new(row, "state", json_string(run_state_name(run->state)));
	json_object_set_new(row, "started_at", scavenge_history_time_of(run->started_us));
	json_object_set_new(row, "ended_at", scavenge_history_time_of(run->ended_us));
	json_object_set_new(row, "milliseconds",
			    json_integer((json_int_t)(run_worked_us(run) / 1000)));
	json_object_set_new(row, "principal", command_string(run->principal));
	json_object_set_new(row, "stale", json_integer((json_int_t)run->stale));
	json_object_set_new(row, "removed", json_integer((json_int_t)run->removed));
	json_object_set_new(row, "contested", json_integer((json_int_t)run->contested));
	json_object_set_new(row, "overdue", json_integer((json_int_t)run->overdue));
	json_object_set_new(row, "skipped", json_integer((json_int_t)run->skipped));
	json_object_set_new(row, "first_seq", json_integer((json_int_t)run->first_seq));
	json_object_set_new(row, "last_seq", json_integer((json_int_t)run->last_seq));
	json_object_set_new(row, "undone_by",
			    run->undone_by ? json_integer((json_int_t)run->undone_by)
					   : json_null());
	json_object_set_new(row, "reason", command_string(run->note[0] ? run->note : NULL));
	return command_row(history->call, row) && --history->left > 0;
}

static enum call_code admin_scavenge_history(struct call *call)
{
	struct history history = {.call = call,
				  .has_zone = command_text(call, "zone") != NULL,
				  .left = command_number(call, "limit", UINT64_MAX)};
	/* The zone may be one that is gone. */
	enum call_code code = CALL_OK;
	if (history.has_zone)
		code = command_past_zone_of(call, &history.zone);
	if (!code && history.left == 0)
		code = call_fail(call, CALL_USAGE, "limit: at least 1");
	if (code)
		return code;
	run_walk(call->snapshot.txn, show_run, &history);
	return command_read_ended(call);
}

const struct command command_scavenge_history_table[] = {
	{"scavenge history", admin_scavenge_history, "zone=s? limit=i?"},
	{0},
};
