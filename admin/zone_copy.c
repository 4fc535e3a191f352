/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zone copy, rename: a zone as another, with its settings, rules, reservations and notes, and its
 * records with owner, stamp and class. Names in data that lie in the zone are those of the new one.
 * What a rename leaves is a deleted zone, which can be restored.
 */
#include "acl/rule.h"
#include "acl/rule_reroot.h"
#include "acl/rulebook.h"
#include "admin/covered_parts.h"
#include "admin/import.h"
#include "admin/zone_del.h"
#include "dns/rdata_reroot.h"
#include "dns/type.h"
#include "journal/index.h"
#include "zonedb/due.h"
#include "zonedb/note.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/walk.h"
#include <string.h>

#define TRIES_MAX          5   /* where clients change a small zone while it is read */
#define ZONE_COPY_ROWS     200 /* reservations, or notes, of one entry */
#define ZONE_COPY_NAMED    100 /* records of other zones that are rows; more are counted */
#define ZONE_COPY_DATA_MAX (DNS_RDATA_MAX + DNS_RDATA_MAX / 2)

struct zone_copy {
	struct call *call;
	bool is_rename, is_meant, shows;
	struct zone from, to; /* `to` as it is to be made */
	uint64_t seq;         /* the last entry of `from` that was read */
	struct load *load;
	uint8_t *data; /* room for the data of a record */
	size_t names, records, renamed, left, reservations, notes, elsewhere, rules;
	const char *rule_text; /* NULL: it has none */
	const char *too_long;  /* a name that the new zone cannot have */
	const char *why;       /* of the run and the first entry */
	bool froze;            /* the zone, for as long as it is copied */
	bool is_late;          /* it was changed since it was read */
	struct load_result loaded;
	struct covered_result covered;
	struct zone_deletion deletion;
};

/* --- names */

/* Whether a name is one of the zone, and not of a zone below it that is here, too. */
static bool zone_copy_moves(void *context, const struct dns_name *name)
{
	const struct zone_copy *copy = context;
	const struct zone *zone = zoneset_find(copy->call->snapshot.zones, name);
	return zone && zone->id == copy->from.id;
}

/* The name in the new zone. False: it would be too long. */
static bool zone_copy_name(struct zone_copy *copy, const struct dns_name *name,
			   struct dns_name *out)
{
	char shown[DNS_NAME_TEXT_MAX];
	*out = copy->to.apex;
	if (dns_name_equal(name, &copy->from.apex) ||
	    dns_name_replace(out, name, &copy->from.apex, &copy->to.apex))
		return true;
	if (!copy->too_long)
		copy->too_long = arena_print(&copy->call->arena, "%s", dns_name_show(name, shown));
	return false;
}

/* Signatures, and what they stand for, are of the names that the zone has. */
static bool zone_copy_is_proof(uint16_t type)
{
	switch (type) {
	case DNS_TYPE_NSEC:
	case DNS_TYPE_NSEC3:
	case DNS_TYPE_NSEC3PARAM:
	case DNS_TYPE_DNSKEY:
	case DNS_TYPE_CDNSKEY:
	case DNS_TYPE_CDS:
	case DNS_TYPE_DS:
	case DNS_TYPE_ZONEMD:
		return true;
	default:
		return dns_type_is_signature(type);
	}
}

/* --- rows of a plan */

static json_t *zone_copy_row(struct zone_copy *copy, const struct command_record *record,
			     const char *what)
{
	json_t *row = command_record(copy->call, record);
	json_object_set_new(row, "what", json_string(what));
	return row;
}

static void zone_copy_show(struct zone_copy *copy, const struct command_record *record,
			   const struct dns_name *name, struct bytes rdata)
{
	json_t *row = zone_copy_row(copy, record, "renamed");
	json_object_set_new(row, "new_name", command_name(name));
	json_object_set_new(row, "new_data",
			    command_string(command_rdata(copy->call, record->type, rdata)));
	command_row(copy->call, row);
}

static void zone_copy_leave(struct zone_copy *copy, const struct command_record *record,
			    const char *why)
{
	copy->left++;
	if (!copy->shows)
		return;
	json_t *row = zone_copy_row(copy, record, "left");
	json_object_set_new(row, "why_left", json_string(why));
	command_row(copy->call, row);
}

/* --- reading, in the call's snapshot */

static uint64_t zone_copy_last_seq(struct store_txn *txn, const struct zone *zone)
{
	struct index_piece piece;
	if (!index_piece_to(txn, JOURNAL_CHANGES, zone->id, UINT64_MAX, &piece) || !piece.count)
		return 0;
	return piece.seqs[piece.count - 1];
}

/* Adds a record to what the new zone will hold. NULL, or what is wrong. */
static const char *zone_copy_record(struct zone_copy *copy, const struct command_record *record,
				    const struct dns_name *name)
{
	struct call *call = copy->call;
	const struct node_record *stored = &record->record;
	struct bytes_out out = bytes_out_of(copy->data, ZONE_COPY_DATA_MAX);
	const struct dns_reroot how = {&copy->from.apex, &copy->to.apex, zone_copy_moves, copy};
	size_t count;
	if (!dns_rdata_reroot(&how, record->type, stored->rdata, &out, &count))
		return "its data would hold a name that would be longer than a name may be";
	struct bytes rdata = bytes_of(copy->data, bytes_out_len(&out));
	const char *problem = load_add(copy->load, name, record->type, record->ttl, rdata, 1);
	if (problem)
		return problem;
	struct load_state state = {
		.owner = principal_text(call->snapshot.txn, stored->owner, &call->row_arena),
		.stamp = command_stamp(call, record),
		.class = stored->class,
		.is_guest = stored->is_guest,
		.lacks_ptr = stored->lacks_ptr,
		.window = stored->window};
	load_add_state(copy->load, &state);
	copy->records++;
	copy->renamed += count > 0;
	if (count > 0 && copy->shows)
		zone_copy_show(copy, record, name, rdata);
	arena_reset(&call->row_arena);
	return NULL;
}

static enum call_code zone_copy_node(struct zone_copy *copy, const struct dns_name *was,
				     const struct node *node)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	struct node_walk walk = node_walk_of(node);
	struct command_record row = {.zone = &copy->from, .name = was, .node = node};
	bool is_below = !zone_copy_moves(copy, was);
	size_t before = copy->records;
	if (!zone_copy_name(copy, was, &name))
		return CALL_OK; /* said when all are read */
	while (command_record_next(&walk, &row)) {
		if (row.record.class == RECORD_DERIVED)
			continue;
		if (is_below || zone_copy_is_proof(row.type)) {
			zone_copy_leave(copy, &row,
					is_below ? "it is of a zone below, which is here"
						 : "it proves the names as they are");
			continue;
		}
		const char *problem = zone_copy_record(copy, &row, &name);
		if (problem)
			return call_fail(copy->call, CALL_FAILED, "%s: %s",
					 dns_name_show(was, shown), problem);
	}
	copy->names += copy->records > before;
	return CALL_OK;
}

static enum call_code zone_copy_read_records(struct zone_copy *copy)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	enum call_code code = CALL_OK;
	walk_from(&walk, copy->call->snapshot.txn, &copy->from, &copy->from.apex);
	while (!code && walk_next(&walk, &name, &node))
		code = zone_copy_node(copy, &name, &node);
	walk_end(&walk);
	return code;
}

static void zone_copy_count_rows(struct zone_copy *copy)
{
	struct call *call = copy->call;
	struct reservation_walk reserved;
	struct note_walk notes;
	struct dns_name name, new;
	const char *text;
	uint16_t type;
	reservation_walk_from(&reserved, call->snapshot.txn, &copy->from);
	while (reservation_next(&reserved, &name, &call->row_arena, &text))
		copy->reservations += zone_copy_name(copy, &name, &new);
	reservation_walk_end(&reserved);
	note_walk_from(&notes, call->snapshot.txn, &copy->from);
	while (note_next(&notes, &type, &call->row_arena, &text))
		copy->notes += zone_copy_name(copy, &notes.name, &new);
	note_walk_end(&notes);
	arena_reset(&call->row_arena);
}

/* The rules must be rules of the new zone. */
static enum call_code zone_copy_read_rules(struct zone_copy *copy)
{
	struct call *call = copy->call;
	struct rules rules;
	struct rule_error error;
	const char *was = rulebook_get(call->snapshot.txn, copy->from.id, &call->arena);
	if (!was)
		return CALL_OK;
	copy->rule_text =
		rule_reroot(was, &copy->from.apex, &copy->to.apex, &call->arena, &copy->rules);
	if (rules_parse(&rules, bytes_of(copy->rule_text, strlen(copy->rule_text)), &copy->to.apex,
			&call->arena, &error))
		return CALL_OK;
	return call_fail(call, CALL_FAILED, "rules: %u:%u: %s", error.line, error.column,
			 error.text);
}

/* Reads the zone as it is now. */
static enum call_code zone_copy_read(struct zone_copy *copy)
{
	struct call *call = copy->call;
	unsigned mark;
	copy->names = copy->records = copy->renamed = copy->left = 0;
	copy->reservations = copy->notes = copy->rules = 0;
	load_free(copy->load);
	copy->load = load_open(&copy->to.apex);
	copy->seq = zone_copy_last_seq(call->snapshot.txn, &copy->from);
	enum call_code code = zone_copy_read_records(copy);
	if (!code)
		code = zone_copy_read_rules(copy);
	if (code)
		return code;
	zone_copy_count_rows(copy);
	code = command_read_ended(call);
	if (!code && copy->too_long)
		return call_fail(call, CALL_FAILED, "%s would be longer than a name may be",
				 copy->too_long);
	/* What a zone holds it may hold; warnings of its making were given then. */
	const char *problem = code ? NULL : load_check(copy->load, &mark, NULL, NULL);
	return problem ? call_fail(call, CALL_FAILED, "%s", problem) : code;
}

/* --- what other zones say of it */

static void zone_copy_look_elsewhere(struct zone_copy *copy, const struct zone *zone)
{
	const struct dns_reroot how = {&copy->from.apex, &copy->to.apex, zone_copy_moves, copy};
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct command_record row = {.zone = zone, .name = &name, .node = &node};
	walk_from(&walk, copy->call->snapshot.txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node)) {
		struct node_walk records = node_walk_of(&node);
		while (command_record_next(&records, &row)) {
			struct bytes_out out = bytes_out_of(copy->data, ZONE_COPY_DATA_MAX);
			size_t count = 0;
			/* The server moves its own. */
			if (row.record.class == RECORD_DERIVED)
				continue;
			dns_rdata_reroot(&how, row.type, row.record.rdata, &out, &count);
			if (count > 0 && copy->elsewhere++ < ZONE_COPY_NAMED && copy->shows)
				command_row(copy->call, zone_copy_row(copy, &row, "elsewhere"));
		}
	}
	walk_end(&walk);
}

/* Records of other zones that name what goes. */
static void zone_copy_find_elsewhere(struct zone_copy *copy)
{
	struct call *call = copy->call;
	copy->elsewhere = 0;
	for (size_t i = 0; copy->is_rename && i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		if (zone->id != copy->from.id)
			zone_copy_look_elsewhere(copy, zone);
	}
}

/* --- what belongs to the zone beside its records, in the writer's thread */

static void zone_copy_put_rows(struct zone_copy *copy, struct store_txn *txn,
			       const struct zone *made, struct state_edit *rows,
			       enum event_kind event)
{
	char shown[DNS_NAME_TEXT_MAX];
	command_log(copy->call, txn, made,
		    &(struct command_event){ENTRY_ADMIN, event, dns_name_show(&made->apex, shown),
					    copy->why, rows});
	*rows = state_edit_of(txn, &copy->call->arena);
}

static void zone_copy_put_reservations(struct zone_copy *copy, struct store_txn *txn,
				       const struct zone *made)
{
	struct state_edit rows = state_edit_of(txn, &copy->call->arena);
	struct reservation_walk walk;
	struct dns_name name, new;
	const char *owner;
	size_t count = 0;
	reservation_walk_from(&walk, txn, &copy->from);
	while (reservation_next(&walk, &name, &copy->call->arena, &owner)) {
		if (!zone_copy_name(copy, &name, &new))
			continue;
		reservation_put(&rows, made, &new, owner);
		if (++count % ZONE_COPY_ROWS == 0)
			zone_copy_put_rows(copy, txn, made, &rows, EVENT_OWNER_RESERVE);
	}
	reservation_walk_end(&walk);
	if (count % ZONE_COPY_ROWS)
		zone_copy_put_rows(copy, txn, made, &rows, EVENT_OWNER_RESERVE);
}

static void zone_copy_put_notes(struct zone_copy *copy, struct store_txn *txn,
				const struct zone *made)
{
	struct state_edit rows = state_edit_of(txn, &copy->call->arena);
	struct note_walk walk;
	struct dns_name new;
	const char *text, *was;
	uint16_t type;
	size_t count = 0;
	note_walk_from(&walk, txn, &copy->from);
	while (note_next(&walk, &type, &copy->call->arena, &text)) {
		if (!zone_copy_name(copy, &walk.name, &new))
			continue;
		struct note_change change = {
			.zone = made, .name = &new, .type = type, .text = text};
		/* The name had no more of them. */
		count += note_edit(&rows, &change, &was);
		if (count % ZONE_COPY_ROWS == 0)
			zone_copy_put_rows(copy, txn, made, &rows, EVENT_RECORD_NOTE);
	}
	note_walk_end(&walk);
	if (count % ZONE_COPY_ROWS)
		zone_copy_put_rows(copy, txn, made, &rows, EVENT_RECORD_NOTE);
}

static void zone_copy_begun(void *context, struct store_txn *txn, const struct zone *made)
{
	struct zone_copy *copy = context;
	struct state_edit rows = state_edit_of(txn, &copy->call->arena);
	if (copy->rule_text) {
		rulebook_put(&rows, made->id, &made->apex, copy->rule_text);
		command_log(copy->call, txn, made,
			    &(struct command_event){ENTRY_SETTING, EVENT_ZONE_POLICY, "policy",
						    copy->why, &rows});
	}
	zone_copy_put_reservations(copy, txn, made);
	zone_copy_put_notes(copy, txn, made);
}

/* Whether the zone is as it was read. */
static enum call_code zone_copy_check(void *context, struct store_txn *txn)
{
	struct zone_copy *copy = context;
	char shown[DNS_NAME_TEXT_MAX];
	struct zone now;
	dns_name_show(&copy->from.apex, shown);
	copy->is_late = false;
	if (!zone_get(txn, &copy->from.apex, &now) || now.id != copy->from.id || now.deleting)
		return call_fail(copy->call, CALL_NOT_FOUND, "zone %s was deleted meanwhile",
				 shown);
	copy->is_late = zone_copy_last_seq(txn, &now) != copy->seq;
	if (!copy->is_late)
		return CALL_OK;
	return call_fail(copy->call, CALL_FAILED,
			 "zone %s is changed all the time: try again, or freeze it before", shown);
}

/* A copy of a large zone is as the zone was when it was read. */
static enum call_code zone_copy_check_end(void *context, struct store_txn *txn)
{
	struct zone_copy *copy = context;
	return copy->is_rename ? zone_copy_check(copy, txn) : CALL_OK;
}

static void zone_copy_ended(void *context, struct store_txn *txn)
{
	struct zone_copy *copy = context;
	struct zone now;
	if (copy->is_rename && zone_get(txn, &copy->from.apex, &now))
		zone_del_in(copy->call, txn, &now, &copy->deletion);
}

/* --- in one transaction, and in parts */

static enum call_code zone_copy_work(struct call *call, struct store_txn *txn, void *context)
{
	struct zone_copy *copy = context;
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone = copy->to;
	enum call_code code = import_check_free(call, txn, &zone.apex);
	if (!code)
		code = zone_copy_check(copy, txn);
	if (!code)
		code = command_covered_ask(call, txn, &zone.apex);
	if (code)
		return code;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	zone.created_at = command_time(call, txn);
	zone_create(&rows, &zone);
	command_log(call, txn, &zone,
		    &(struct command_event){ENTRY_ADMIN, EVENT_ZONE_CREATE,
					    dns_name_show(&zone.apex, shown),
					    import_reason(call, &zone, copy->why), &rows});
	zone_copy_begun(copy, txn, &zone);
	command_load_apply(call, txn, copy->load, &zone, &copy->loaded);
	struct entry as = {.run = 0};
	command_covered_move(call, txn, &zone, &as, &copy->covered);
	copy->loaded.serial_after = zone_serial(txn, &zone);
	zone_copy_ended(copy, txn);
	return CALL_OK;
}

static enum call_code zone_copy_freeze_work(struct call *call, struct store_txn *txn, void *context)
{
	struct zone_copy *copy = context;
	char shown[DNS_NAME_TEXT_MAX];
	struct zone was, is;
	if (!zone_get(txn, &copy->from.apex, &was) || was.id != copy->from.id || was.deleting ||
	    was.is_frozen == copy->froze)
		return CALL_OK;
	is = was;
	is.is_frozen = copy->froze;
	zone_arm(&was, &is, command_time(call, txn), due_longest_refresh(txn, &is));
	struct state_edit rows = state_edit_of(txn, &call->arena);
	zone_put(&rows, &is);
	command_log(call, txn, &was,
		    &(struct command_event){ENTRY_SETTING,
					    copy->froze ? EVENT_ZONE_FREEZE : EVENT_ZONE_THAW,
					    dns_name_show(&was.apex, shown), copy->why, &rows});
	return CALL_OK;
}

/* What takes long is renamed while no client changes it. */
static enum call_code zone_copy_hold(struct zone_copy *copy)
{
	if (!copy->is_rename || copy->from.is_frozen)
		return CALL_OK;
	copy->froze = true;
	enum call_code code = command_write(copy->call, zone_copy_freeze_work, copy);
	copy->froze = code == CALL_OK;
	return code ? code : zone_copy_read(copy);
}

/* It was not renamed. */
static enum call_code zone_copy_let_go(struct zone_copy *copy, enum call_code code)
{
	struct call *call = copy->call;
	char shown[DNS_NAME_TEXT_MAX];
	if (!copy->froze)
		return code;
	const char *why = arena_text(&call->arena, call->error, strlen(call->error));
	copy->froze = false;
	bool is_thawed = command_write(call, zone_copy_freeze_work, copy) == CALL_OK;
	return call_fail(call, code, "%s%s", why,
			 is_thawed ? ""
				   : arena_print(&call->arena, " (zone %s is frozen: `zone thaw`)",
						 dns_name_show(&copy->from.apex, shown)));
}

static enum call_code zone_copy_in_parts(struct zone_copy *copy)
{
	struct import_new new = {.settings = &copy->to,
				 .origin = copy->why,
				 .begun = zone_copy_begun,
				 .check = zone_copy_check_end,
				 .ended = zone_copy_ended,
				 .context = copy};
	enum call_code code = zone_copy_hold(copy);
	if (!code)
		code = import_add(copy->call, copy->load, &new, &copy->loaded, &copy->covered);
	return code && !copy->deletion.run ? zone_copy_let_go(copy, code) : code;
}

static enum call_code zone_copy_at_once(struct zone_copy *copy)
{
	struct call *call = copy->call;
	enum call_code code = CALL_OK;
	for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
		code = tries ? zone_copy_read(copy) : CALL_OK;
		if (!code)
			code = command_write(call, zone_copy_work, copy);
		if (!code || !copy->is_late)
			break;
	}
	return code;
}

static bool zone_copy_is_long(struct zone_copy *copy)
{
	struct call *call = copy->call;
	return import_is_long(call, copy->load, NULL) ||
	       copy->reservations + copy->notes > IMPORT_AT_ONCE ||
	       covered_parts_are_long(call, &copy->to.apex);
}

/* --- the command */

static enum call_code zone_copy_take(struct call *call, struct zone_copy *copy)
{
	char from[DNS_NAME_TEXT_MAX], to[DNS_NAME_TEXT_MAX];
	struct dns_name apex = dns_name_root();
	enum call_code code = command_zone_of(call, &copy->from);
	if (!code)
		code = command_name_of(call, "to", &apex);
	if (!code)
		code = command_check_asked(call, command_text(call, "to"), &apex);
	if (!code && apex.labels == 0)
		code = call_fail(call, CALL_USAGE, "the root zone cannot be served here");
	if (code)
		return code;
	dns_name_show(&copy->from.apex, from);
	dns_name_show(&apex, to);
	if (zoneset_exact(call->snapshot.zones, &apex))
		return call_fail(call, CALL_FAILED, "zone %s is here already", to);
	if (copy->is_rename && dns_name_under(&apex, &copy->from.apex))
		return call_fail(call, CALL_FAILED,
				 "%s lies in %s: `zone copy` makes it, and `zone del` removes the "
				 "other",
				 to, from);
	copy->to.apex = apex;
	copy->why = arena_print(&call->arena, "%s %s",
				copy->is_rename ? "renamed from" : "copied from", from);
	return CALL_OK;
}

/* The new zone has the settings of the old one, and is not scavenged before hosts had the time to
 * register under its name. */
static void zone_copy_settle(struct zone_copy *copy)
{
	struct zone fresh = zone_default(&copy->to.apex);
	copy->to = copy->from;
	copy->to.apex = fresh.apex;
	copy->to.id = copy->to.cut_count = 0;
	copy->to.deleting = copy->to.restored_from = copy->to.created_at = 0;
	fresh.update = ZONE_UPDATE_NONE;
	fresh.is_aging = false;
	zone_arm(&fresh, &copy->to, clock_now(&copy->call->core->clock),
		 due_longest_refresh(copy->call->snapshot.txn, &copy->from));
}

static const char *zone_copy_counts(struct zone_copy *copy, bool is_plan)
{
	struct call *call = copy->call;
	const char *text =
		arena_print(&call->arena, "%s at %s", command_count(call, copy->records, "record"),
			    command_count(call, copy->names, "name"));
	struct {
		size_t count;
		const char *noun;
	} more[] = {{copy->reservations, "reservation"}, {copy->notes, "note"}};
	for (size_t i = 0; i < sizeof more / sizeof *more; i++)
		if (more[i].count)
			text = arena_print(&call->arena, "%s, %s", text,
					   command_count(call, more[i].count, more[i].noun));
	if (copy->renamed || copy->rules)
		text = arena_print(&call->arena, "%s; %s%s %s names of the new zone", text,
				   command_count(call, copy->renamed, "record"),
				   copy->rules ? ", and rules," : "",
				   is_plan ? "would have" : "have");
	if (copy->left)
		text = arena_print(&call->arena, "%s; %s left", text,
				   command_count(call, copy->left, "record"));
	return text;
}

static void zone_copy_result(struct zone_copy *copy)
{
	struct call *call = copy->call;
	command_result(call, "zone", command_name(&copy->from.apex));
	command_result(call, "to", command_name(&copy->to.apex));
	command_result(call, "names", json_integer((json_int_t)copy->names));
	command_result(call, "records", json_integer((json_int_t)copy->records));
	command_result(call, "renamed", json_integer((json_int_t)copy->renamed));
	command_result(call, "left", json_integer((json_int_t)copy->left));
	command_result(call, "reservations", json_integer((json_int_t)copy->reservations));
	command_result(call, "notes", json_integer((json_int_t)copy->notes));
	if (copy->is_rename)
		command_result(call, "elsewhere", json_integer((json_int_t)copy->elsewhere));
}

static void zone_copy_tell(struct zone_copy *copy, bool is_plan)
{
	struct call *call = copy->call;
	char from[DNS_NAME_TEXT_MAX], to[DNS_NAME_TEXT_MAX];
	dns_name_show(&copy->from.apex, from);
	dns_name_show(&copy->to.apex, to);
	zone_copy_result(copy);
	const char *what = copy->is_rename ? "renamed to" : "copied to";
	const char *counts = zone_copy_counts(copy, is_plan);
	if (is_plan)
		command_say(call, "zone %s: would be %s %s, with %s; nothing was changed", from,
			    what, to, counts);
	else
		command_say(call, "zone %s: %s %s, with %s, serial %u%s", from, what, to, counts,
			    copy->loaded.serial_after,
			    copy->is_rename ? "; the old one is in the bin (`zone restore`)" : "");
	if (!is_plan) {
		command_result(call, "serial", json_integer(copy->loaded.serial_after));
		command_covered_tell(call, &copy->covered);
	}
	if (copy->elsewhere)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%s of other zones here name%s what lies in %s, and %s",
					 command_count(call, copy->elsewhere, "record"),
					 copy->elsewhere == 1 ? "s" : "", from,
					 is_plan                ? "would not be changed"
					 : copy->elsewhere == 1 ? "was not changed"
								: "were not changed"));
}

static enum call_code zone_copy_ask(struct zone_copy *copy)
{
	struct call *call = copy->call;
	char from[DNS_NAME_TEXT_MAX], to[DNS_NAME_TEXT_MAX];
	const char *covers = "";
	if (copy->is_meant && !command_flag(call, "plan"))
		return CALL_OK;
	uint64_t covered = command_covered_count(call, &copy->to.apex);
	if (covered && !command_flag(call, "move-names"))
		covers = arena_print(&call->arena,
				     "; %s of the zone above would be answered no more",
				     command_count(call, covered, "record"));
	return command_ask(call,
			   arena_print(&call->arena,
				       "zone %s would be answered no more, and %s in its place, "
				       "with %s at %s%s",
				       dns_name_show(&copy->from.apex, from),
				       dns_name_show(&copy->to.apex, to),
				       command_count(call, copy->records, "record"),
				       command_count(call, copy->names, "name"), covers));
}

static enum call_code zone_copy_do(struct zone_copy *copy)
{
	struct call *call = copy->call;
	enum call_code code = command_covered_ask(call, call->snapshot.txn, &copy->to.apex);
	if (!code)
		code = zone_copy_is_long(copy) ? zone_copy_in_parts(copy) : zone_copy_at_once(copy);
	if (!code && copy->deletion.run)
		code = zone_del_rest(call, &copy->deletion);
	if (!code)
		zone_copy_tell(copy, false);
	return code;
}

static enum call_code zone_copy_plan(struct zone_copy *copy)
{
	uint64_t moved = command_covered_plan(copy->call, &copy->to.apex);
	command_result(copy->call, "moved", json_integer((json_int_t)moved));
	zone_copy_tell(copy, true);
	return command_read_ended(copy->call);
}

static enum call_code zone_copy_make(struct call *call, struct zone_copy *copy)
{
	bool is_plan = command_flag(call, "plan");
	enum call_code code = zone_copy_take(call, copy);
	if (code)
		return code;
	copy->data = arena_alloc(&call->arena, ZONE_COPY_DATA_MAX);
	copy->deletion.apex = copy->from.apex;
	zone_copy_settle(copy);
	code = zone_copy_read(copy);
	if (!code)
		zone_copy_find_elsewhere(copy);
	copy->shows = false;
	if (!code && copy->is_rename)
		code = zone_copy_ask(copy);
	if (code)
		return code;
	return is_plan ? zone_copy_plan(copy) : zone_copy_do(copy);
}

static enum call_code zone_copy_run(struct call *call, bool is_rename, bool is_meant)
{
	struct zone_copy copy = {.call = call,
				 .is_rename = is_rename,
				 .is_meant = is_meant,
				 .shows = command_flag(call, "plan")};
	enum call_code code = zone_copy_make(call, &copy);
	load_free(copy.load);
	return code;
}

static enum call_code admin_zone_copy(struct call *call)
{
	return zone_copy_run(call, false, true);
}

/* That the rename is meant says nothing of names that are to be moved. */
static enum call_code admin_zone_rename(struct call *call)
{
	const json_t *given = call->args;
	json_t *args = json_deep_copy(given);
	if (command_flag(call, "move-names"))
		json_object_del(args, "yes");
	call->args = args;
	enum call_code code =
		zone_copy_run(call, true, json_is_true(json_object_get(given, "yes")));
	call->args = given;
	json_decref(args);
	return code;
}

const struct command command_zone_copy_table[] = {
	{"zone copy", admin_zone_copy, "zone=s to=s move-names=b? plan=b? yes=b?"},
	{"zone rename", admin_zone_rename, "zone=s to=s move-names=b? plan=b? yes=b?"},
	{0},
};
