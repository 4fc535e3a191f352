/* SPDX-License-Identifier: BSD-2-Clause */
/* record note, notes: what an administrator says of names and records. */
#include "admin/scope.h"
#include "admin/command_parts.h"
#include "base/plaintext.h"
#include "dns/type.h"
#include "zonedb/note.h"
#include <string.h>

struct noting {
	struct zone zone;
	struct dns_name name;
	uint16_t type;    /* 0: of the name */
	const char *text; /* NULL: it goes */
	const char *was;  /* NULL: there was none */
};

/* "pc1.corp.example", "pc1.corp.example A". */
static const char *note_place_text(struct call *call, const struct dns_name *name, uint16_t type)
{
	char shown[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX];
	dns_name_show(name, shown);
	return arena_print(&call->arena, "%s%s%s", shown, type ? " " : "",
			   type ? dns_type_print(type, word) : "");
}

static bool note_is_same(const struct noting *n)
{
	return n->was ? n->text && strcmp(n->was, n->text) == 0 : !n->text;
}

/* "note", "note of A". */
static const char *note_what(struct call *call, uint16_t type)
{
	char word[DNS_TYPE_TEXT_MAX];
	return type ? arena_print(&call->arena, "note of %s", dns_type_print(type, word)) : "note";
}

/* Sets `was`, and writes the entry if the text is another. False: too many types have a note. */
static bool note_write(struct call *call, struct store_txn *txn, struct noting *n)
{
	struct state_edit rows = state_edit_of(txn, &call->arena);
	const struct note_change change = {&n->zone, &n->name, n->type, n->text};
	if (!note_edit(&rows, &change, &n->was))
		return false;
	if (note_is_same(n))
		return true;
	command_log(call, txn, &n->zone,
		    &(struct command_event){
			    ENTRY_SETTING, EVENT_RECORD_NOTE, note_place_text(call, &n->name, 0),
			    arena_print(&call->arena, "%s: %s -> %s", note_what(call, n->type),
					n->was ? n->was : "-", n->text ? n->text : "-"),
			    &rows});
	return true;
}

bool command_note_write(struct call *call, struct store_txn *txn, const struct note_change *change)
{
	struct noting n = {.zone = *change->zone,
			   .name = *change->name,
			   .type = change->type,
			   .text = change->text};
	return note_write(call, txn, &n);
}

static enum call_code note_work(struct call *call, struct store_txn *txn, void *context)
{
	struct noting *n = context;
	char shown[DNS_NAME_TEXT_MAX];
	enum call_code code = command_zone_in(call, txn, &n->zone);
	if (code || note_write(call, txn, n))
		return code;
	return call_fail(call, CALL_FAILED,
			 "%d types of %s have notes of their own, and no more may", NOTE_TYPES_MAX,
			 dns_name_show(&n->name, shown));
}

/* The text, or that it goes. */
static enum call_code note_take_text(struct call *call, struct noting *n)
{
	char problem[PLAINTEXT_PROBLEM_MAX];
	const json_t *value = json_object_get(call->args, "text");
	const char *text = json_string_value(value);
	bool goes = command_flag(call, "remove");
	if (goes == (text != NULL))
		return call_fail(call, CALL_USAGE,
				 "a note needs a text, or --remove takes it away");
	if (goes)
		return CALL_OK;
	const char *wrong = strlen(text) != json_string_length(value)
				    ? "has a NUL in it"
				    : plaintext_problem(text, NOTE_TEXT_MAX, problem);
	if (wrong)
		return call_fail(call, CALL_USAGE, "the note %s", wrong);
	n->text = text;
	return CALL_OK;
}

static enum call_code note_place_of(struct call *call, struct noting *n)
{
	char name[DNS_NAME_TEXT_MAX], apex[DNS_NAME_TEXT_MAX];
	enum call_code code = command_zone_of(call, &n->zone);
	if (!code)
		code = command_name_in(call, command_text(call, "name"), &n->zone, &n->name);
	if (!code)
		code = command_type_of(call, "type", &n->type);
	if (!code && n->type && dns_type_is_meta(n->type))
		code = call_fail(call, CALL_USAGE, "no records are of type %s",
				 dns_type_print(n->type, name));
	if (code)
		return code;
	const struct zone *closest = zoneset_find(call->snapshot.zones, &n->name);
	if (closest && closest->id != n->zone.id)
		return call_fail(call, CALL_USAGE, "%s is not of zone %s: it lies in a zone below",
				 dns_name_show(&n->name, name), dns_name_show(&n->zone.apex, apex));
	return CALL_OK;
}

static enum call_code note_record_note(struct call *call)
{
	struct noting n = {0};
	enum call_code code = note_place_of(call, &n);
	if (!code)
		code = note_take_text(call, &n);
	if (!code)
		code = command_write(call, note_work, &n);
	if (code)
		return code;
	const char *place = note_place_text(call, &n.name, n.type);
	if (note_is_same(&n))
		return call_fail(call, CALL_NOTHING,
				 n.text ? "%s has this note already" : "%s has no note", place);
	command_result(call, "zone", command_name(&n.zone.apex));
	command_result(call, "name", command_name(&n.name));
	command_result(call, "type", n.type ? command_type(n.type) : json_null());
	command_result(call, "note", command_string(n.text));
	command_result(call, "old_note", command_string(n.was));
	command_say(call, "%s %s", place, n.text ? "is noted" : "has no note any more");
	return CALL_OK;
}

/* --- the list */

struct note_list {
	struct call *call;
	const char *contains; /* NULL: whatever they say */
	uint64_t count;
	bool is_there; /* the peer */
};

static void note_list_zone(struct note_list *list, const struct zone *zone)
{
	struct call *call = list->call;
	struct note_walk walk;
	uint16_t type;
	const char *text;
	note_walk_from(&walk, call->snapshot.txn, zone);
	while (list->is_there && note_next(&walk, &type, &call->row_arena, &text)) {
		if (list->contains && !strstr(text, list->contains))
			continue;
		json_t *row = json_object();
		json_object_set_new(row, "zone", command_name(&zone->apex));
		json_object_set_new(row, "name", command_name(&walk.name));
		json_object_set_new(row, "type", type ? command_type(type) : json_null());
		json_object_set_new(row, "note", command_string(text));
		list->is_there = command_row(call, row);
		list->count++;
	}
	note_walk_end(&walk);
}

static enum call_code note_record_notes(struct call *call)
{
	struct zone zone;
	struct note_list list = {
		.call = call, .contains = command_text(call, "contains"), .is_there = true};
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &zone) : CALL_OK;
	if (code)
		return code;
	if (has_zone)
		note_list_zone(&list, &zone);
	for (size_t i = 0; !has_zone && i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *one = zoneset_at(call->snapshot.zones, i);
		if (scope_holds(call, &one->apex))
			note_list_zone(&list, one);
	}
	command_result(call, "notes", json_integer((json_int_t)list.count));
	return command_read_ended(call);
}

const struct command command_note_table[] = {
	{"record note", note_record_note, "zone=s name=s type=s? text=s? remove=b?"},
	{"record notes", note_record_notes, "zone=s? contains=s?"},
	{0},
};
