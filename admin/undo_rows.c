/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/undo_rows.h"
#include "acl/group.h"
#include "journal/journal.h"
#include "journal/state_words.h"
#include "scavenger/scavenge_settings.h"
#include "zonedb/reservation.h"

/* --- what is to be */

struct watching {
	struct call *call;
	struct state_edit *rows;
	void (*tell)(void *context, const struct revert_row *);
	void *context;
};

/* A principal is in one acting group at most. */
static const char *undo_rows_check_row(void *context, enum state_table table, struct bytes key,
				       struct bytes row)
{
	const struct watching *watching = context;
	struct arena *arena = &watching->call->arena;
	struct acl_group group = {0};
	const char *member = NULL, *text = NULL;
	if (table != STATE_GROUP)
		return NULL;
	if (!group_unpack(&group, key, row, arena))
		return "is no group";
	struct groups *groups = groups_load(watching->rows->txn);
	const struct acl_group *other = group_conflict(groups, &group, &member);
	if (other)
		text = arena_print(arena, "%s is, or may be, in the acting group %s", member,
				   other->name);
	groups_free(groups);
	return text;
}

static void tell_row(void *context, const struct revert_row *row)
{
	const struct watching *watching = context;
	if (watching->tell)
		watching->tell(watching->context, row);
}

/* With the settings of scavenging the next run moves. */
static void move_schedule(struct state_edit *rows, uint64_t now)
{
	struct scavenge_settings old, new;
	scavenge_settings_read(rows->txn, &old);
	scavenge_settings_see(rows, &new);
	if (scavenge_settings_next(&old, now) != scavenge_settings_next(&new, now))
		scavenge_settings_put_due(rows, scavenge_settings_next(&new, now));
}

void undo_rows_make(struct call *call, struct undo *undo, struct state_edit *rows,
		    void (*tell)(void *context, const struct revert_row *), void *context,
		    struct revert_rows_result *result)
{
	struct watching watching = {call, rows, tell, context};
	struct revert_rows_listener listener = {
		.check = undo_rows_check_row, .tell = tell_row, .context = &watching};
	uint64_t now = command_time(call, rows->txn);
	revert_rows_make(undo->rows, rows, now, &listener, result);
	move_schedule(rows, now);
}

/* --- shown */

static unsigned count_lines(const char *text)
{
	unsigned lines = *text != '\0';
	for (; *text; text++)
		lines += *text == '\n' && text[1];
	return lines;
}

/* A value in a line of a table. */
static const char *short_value(struct call *call, const char *value)
{
	if (!value)
		return "-";
	if (!*value)
		return "(empty)";
	return strchr(value, '\n') ? arena_print(&call->row_arena, "%u lines", count_lines(value))
				   : value;
}

static const char *undo_rows_data_text(struct call *call, const struct revert_row *row)
{
	const char *now = short_value(call, row->now), *then = short_value(call, row->then);
	if (row->what == REVERT_ROW_CONFLICT)
		return row->field;
	if (!row->field)
		return row->what == REVERT_ROW_REMOVE ? now : then;
	return arena_print(&call->row_arena, "%s: %s -> %s", row->field, now, then);
}

static void set_conflict(struct call *call, json_t *o, const struct revert_row *row)
{
	const char *note = row->text;
	if (row->seq)
		note = arena_print(&call->row_arena, "%s (entry %llu%s%s)", note,
				   (unsigned long long)row->seq, row->by ? ", " : "",
				   row->by ? row->by : "");
	json_object_set_new(o, "undoes", json_integer((json_int_t)row->undoes));
	json_object_set_new(o, "in_the_way",
			    row->seq ? json_integer((json_int_t)row->seq) : json_null());
	json_object_set_new(o, "principal", command_string(row->by));
	json_object_set_new(o, "reason", command_string(note));
}

json_t *undo_rows_show(struct call *call, const struct revert_row *row)
{
	static const char *const words[] = {[REVERT_ROW_RESTORE] = "restore",
					    [REVERT_ROW_REMOVE] = "remove",
					    [REVERT_ROW_SET] = "set back",
					    [REVERT_ROW_CONFLICT] = "conflict"};
	json_t *o = json_object();
	json_object_set_new(o, "what", json_string(words[row->what]));
	if (row->zone)
		json_object_set_new(o, "zone", command_name(row->zone));
	json_object_set_new(o, "name", command_string(row->key));
	json_object_set_new(o, "type", json_string(state_table_name(row->table)));
	/* Of a conflict about a whole row, as a key, there is none. */
	const char *data = undo_rows_data_text(call, row);
	if (data || row->what != REVERT_ROW_CONFLICT)
		json_object_set_new(o, "data", command_string(data));
	json_object_set_new(o, "field", command_string(row->field));
	if (row->what == REVERT_ROW_CONFLICT) {
		set_conflict(call, o, row);
	} else {
		json_object_set_new(o, "old", command_string(row->now));
		json_object_set_new(o, "new", command_string(row->then));
	}
	return o;
}

/* --- written */

/* The run itself belongs to the first entry that is made of it. */
static bool undo_rows_is_of(const struct state_change *row, uint32_t zone_id, bool is_first)
{
	return row->table == STATE_RUN ? is_first : revert_rows_zone(row) == zone_id;
}

static bool is_done(const struct state_change *changes, size_t at, uint32_t zone_id)
{
	for (size_t i = 0; i < at; i++) {
		if (changes[i].table != STATE_RUN && revert_rows_zone(&changes[i]) == zone_id)
			return true;
	}
	return false;
}

/* The rows of one zone, or of none. */
static void append_of_zone(struct call *call, struct store_txn *txn, const struct entry *as,
			   const struct state_change *changes, size_t count, bool is_first)
{
	struct zone zone;
	struct entry entry = *as;
	uint32_t id = revert_rows_zone(&changes[0]);
	struct state_change *rows = arena_alloc(&call->arena, count * sizeof(*rows));
	if (id && zone_get_by_id(txn, id, &zone)) {
		entry = command_entry(call, as->kind, txn, &zone);
		entry.reason = as->reason;
		entry.run = as->run;
	}
	for (size_t i = 0; i < count; i++) {
		if (undo_rows_is_of(&changes[i], id, is_first))
			rows[entry.row_count++] = changes[i];
	}
	entry.event = EVENT_RESTORE;
	entry.subject = state_words_key(&entry, &rows[0], &call->arena);
	entry.rows = rows;
	journal_append(txn, &entry, &call->arena);
	for (size_t i = 0; i < entry.row_count; i++) {
		if (rows[i].table == STATE_RESERVATION && rows[i].has_new)
			reservation_stake(txn, id, rows[i].new);
	}
}

uint64_t undo_rows_append(struct call *call, struct state_edit *rows, const struct entry *as)
{
	size_t count;
	const struct state_change *changes = state_edit_changes(rows, &count);
	uint64_t first = count ? journal_next_seq(rows->txn) : 0;
	for (size_t i = 0; i < count; i++) {
		if (changes[i].table != STATE_RUN &&
		    !is_done(changes, i, revert_rows_zone(&changes[i])))
			append_of_zone(call, rows->txn, as, &changes[i], count - i, i == 0);
	}
	return first;
}
