/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/change_row.h"
#include <string.h>

static bool change_row_differs(const struct record_state *was, const struct record_state *is)
{
	return was->ttl != is->ttl || was->class != is->class || was->stamp != is->stamp ||
	       strcmp(was->owner, is->owner) != 0;
}

static const char *change_row_word(const struct change_row *change)
{
	if (!change->was)
		return "added";
	if (!change->is)
		return "removed";
	return change_row_differs(change->was, change->is) ? "altered" : "kept";
}

static void change_row_state(json_t *row, const char *const members[4],
			     const struct record_state *state)
{
	json_object_set_new(row, members[0], state ? json_integer(state->ttl) : json_null());
	json_object_set_new(row, members[1],
			    state ? json_string(record_class_name(state->class)) : json_null());
	json_object_set_new(row, members[2], state ? command_string(state->owner) : json_null());
	json_object_set_new(row, members[3], state ? command_seconds(state->stamp) : json_null());
}

bool change_row_send(struct call *call, const struct change_row *change)
{
	static const char *const was[] = {"old_ttl", "old_class", "old_owner", "old_stamp"};
	static const char *const is[] = {"ttl", "class", "owner", "stamp"};
	json_t *row = json_object();
	const char *what = change_row_word(change);
	if (change->word)
		what = arena_print(&call->row_arena, "%s %s", change->word, what);
	json_object_set_new(row, "change", json_string(what));
	json_object_set_new(row, "zone", command_name(change->apex));
	json_object_set_new(row, "name", command_name(change->name));
	json_object_set_new(row, "type", command_type(change->type));
	json_object_set_new(row, "data",
			    command_string(command_rdata(call, change->type, change->rdata)));
	change_row_state(row, was, change->was);
	change_row_state(row, is, change->is);
	return command_row(call, row);
}

bool change_row_send_changed(struct call *call, const struct change_row *change)
{
	return strcmp(change_row_word(change), "kept") == 0 || change_row_send(call, change);
}
