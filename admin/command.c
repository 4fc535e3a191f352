/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/command.h"
#include "admin/ptr.h"
#include "admin/scope.h"
#include "admin/scope_entry.h"
#include "acl/window.h"
#include "base/container.h"
#include "base/counted.h"
#include "base/nearest.h"
#include "base/timeword.h"
#include "base/utf8.h"
#include "dns/name_odd.h"
#include "dns/rdata.h"
#include "journal/entry_time.h"
#include "journal/era.h"
#include "journal/index.h"
#include "journal/journal.h"
#include "journal/state_derived.h"
#include "nameserver/client_turn.h"
#include "nameserver/update_parts.h"
#include "scavenger/age.h"
#include "zonedb/note.h"
#include "zonedb/principal.h"
#include "zonedb/ptr_sync.h"
#include "zonedb/record_window.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char *command_text(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->args, name));
}

bool command_flag(const struct call *call, const char *name)
{
	return json_is_true(json_object_get(call->args, name));
}

uint64_t command_number(const struct call *call, const char *name, uint64_t otherwise)
{
	const json_t *value = json_object_get(call->args, name);
	return value ? (uint64_t)json_integer_value(value) : otherwise;
}

enum call_code command_time_of(struct call *call, const char *name, uint64_t *seconds)
{
	const char *text = command_text(call, name);
	if (text && !time_parse(text, command_time(call, call->snapshot.txn), seconds))
		return call_fail(call, CALL_USAGE,
				 "%s: '%s' is not a time (2026-01-05T09:00:00Z, 2026-01-05 09:00, "
				 "14:00, yesterday, now, 2h ago, in 2h; in UTC)",
				 name, text);
	return CALL_OK;
}

enum call_code command_duration_of(struct call *call, const char *name, uint32_t *seconds)
{
	const char *text = command_text(call, name);
	if (text && !duration_parse(text, seconds))
		return call_fail(call, CALL_USAGE,
				 "%s: '%s' is not a duration (7d, 168h, 90m, 30s)", name, text);
	return CALL_OK;
}

enum call_code command_name_of(struct call *call, const char *name, struct dns_name *out)
{
	const char *text = command_text(call, name);
	const char *problem = text ? dns_name_parse_text(out, text) : NULL;
	if (problem)
		return call_fail(call, CALL_USAGE, "%s: '%s' is not a name: %s", name, text,
				 problem);
	return CALL_OK;
}

enum call_code command_type_of(struct call *call, const char *name, uint16_t *type)
{
	char problem[DNS_TYPE_PROBLEM_MAX];
	const char *text = command_text(call, name);
	if (text && !dns_type_parse(text, strlen(text), type))
		return call_fail(call, CALL_USAGE, "%s", dns_type_problem(text, problem));
	return CALL_OK;
}

enum call_code command_check_asked(struct call *call, const char *text, const struct dns_name *name)
{
	const char *odd = dns_name_odd(name);
	if (!odd || strchr(text, '\\'))
		return CALL_OK;
	bool is_ascii = strcmp(odd, DNS_NAME_BEYOND_ASCII) != 0;
	return call_fail(call, CALL_USAGE,
			 "'%.200s' %s: no resolver asks for such a name%s; a byte that is meant is "
			 "written \\DDD",
			 text, odd,
			 is_ascii ? ""
				  : ", but for its form that begins with xn-- (tenurectl turns "
				    "labels of IDNA2008 into that)");
}

const char *command_nearest_zone(struct call *call, const char *apex)
{
	struct nearest nearest = nearest_to(apex);
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		char text[DNS_NAME_TEXT_MAX];
		const struct dns_name *one = &zoneset_at(call->snapshot.zones, i)->apex;
		if (!scope_holds(call, one))
			continue;
		dns_name_show(one, text);
		nearest_try(&nearest, arena_text(&call->arena, text, strlen(text)));
	}
	return nearest_found(&nearest);
}

enum call_code command_no_such_zone(struct call *call, const struct dns_name *apex)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *meant = command_nearest_zone(call, dns_name_show(apex, shown));
	if (meant)
		return call_fail(call, CALL_NOT_FOUND, "no zone '%s' here: did you mean '%s'?",
				 shown, meant);
	return call_fail(call, CALL_NOT_FOUND, "no zone '%s' here", shown);
}

const char *command_prefix_text(const struct addr *addr, struct arena *arena)
{
	char host[ADDR_TEXT_MAX];
	if (!addr->len)
		return NULL;
	addr_print_host(addr, host);
	return arena_print(arena, "%s/%d", host, strchr(host, ':') ? 128 : 32);
}

enum call_code command_past_zone_of(struct call *call, struct dns_name *apex)
{
	uint32_t ids[INDEX_IDS_MAX];
	bool is_known = false;
	enum call_code code = command_name_of(call, "zone", apex);
	if (code || !command_text(call, "zone"))
		return code;
	for (unsigned log = 0; log < JOURNAL_LOGS && !is_known; log++)
		is_known = index_zone_ids(call->snapshot.txn, (enum journal_log)log, apex, ids) > 0;
	is_known = is_known || zoneset_exact(call->snapshot.zones, apex);
	return is_known ? CALL_OK : command_no_such_zone(call, apex);
}

enum call_code command_zone_of(struct call *call, struct zone *out)
{
	struct dns_name apex = dns_name_root();
	enum call_code code = command_name_of(call, "zone", &apex);
	if (code)
		return code;
	const struct zone *zone = zoneset_exact(call->snapshot.zones, &apex);
	if (!zone)
		return command_no_such_zone(call, &apex);
	*out = *zone;
	return CALL_OK;
}

enum call_code command_zone_in(struct call *call, struct store_txn *txn, struct zone *out)
{
	struct dns_name apex = dns_name_root();
	enum call_code code = command_name_of(call, "zone", &apex);
	if (code)
		return code;
	return zone_get(txn, &apex, out) ? CALL_OK : command_no_such_zone(call, &apex);
}

enum call_code command_name_in(struct call *call, const char *text, const struct zone *zone,
			       struct dns_name *out)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name absolute;
	size_t len = strlen(text);
	const char *problem = dns_name_parse(out, text, len, &zone->apex);
	bool has_dot = strchr(text, '.') != NULL;
	if (has_dot && !dns_name_parse_text(&absolute, text) &&
	    dns_name_under(&absolute, &zone->apex)) {
		*out = absolute;
		return CALL_OK;
	}
	if (problem)
		return call_fail(call, CALL_USAGE, "'%s' is not a name: %s", text, problem);
	if (!dns_name_under(out, &zone->apex))
		return call_fail(call, CALL_USAGE, "'%s' is outside of zone %s", text,
				 dns_name_show(&zone->apex, shown));
	return CALL_OK;
}

json_t *command_string(const char *text)
{
	if (!text)
		return json_null();
	json_t *value = json_string(text);
	if (value)
		return value;
	char *copy = utf8_escape(text);
	value = copy ? json_string(copy) : NULL;
	free(copy);
	return value ? value : json_null();
}

const char *command_member(struct call *call, const char *setting)
{
	char *member = arena_text(&call->row_arena, setting, strlen(setting));
	for (char *c = member; *c; c++)
		if (*c == '-')
			*c = '_';
	return member;
}

json_t *command_name(const struct dns_name *name)
{
	char text[DNS_NAME_TEXT_MAX];
	return json_string(dns_name_show(name, text));
}

json_t *command_type(uint16_t type)
{
	char text[DNS_TYPE_TEXT_MAX];
	return json_string(dns_type_print(type, text));
}

json_t *command_seconds(uint64_t seconds)
{
	char text[TIMEWORD_TEXT_MAX];
	if (!seconds)
		return json_null();
	time_print(seconds, text);
	return json_string(text);
}

/* Whether a row is of a zone that the call may not see: a listing that does not look itself must
 * not show what is of others. */
static bool command_is_of_others(const struct call *call, const json_t *row)
{
	struct dns_name apex;
	const char *zone = json_string_value(json_object_get(row, "zone"));
	return scope_is_listed(call) && zone && !dns_name_parse_text(&apex, zone) &&
	       !scope_holds(call, &apex);
}

void command_progress(struct call *call, uint64_t done, uint64_t of, const char *noun)
{
	if (call->progress)
		call->progress(call, done, of, noun);
}

bool command_row(struct call *call, json_t *row)
{
	scope_entry_hide(call, row);
	bool is_there = !call->row || command_is_of_others(call, row) || call->row(call, row);
	json_decref(row);
	arena_reset(&call->row_arena);
	return is_there;
}

void command_warn(void *context, unsigned mark, const char *text)
{
	struct call *call = context;
	json_t *row = json_object();
	json_object_set_new(row, "warning", command_string(text));
	if (mark)
		json_object_set_new(row, "mark", json_integer(mark));
	command_row(call, row);
}

const char *command_count(struct call *call, uint64_t count, const char *noun)
{
	char text[COUNTED_TEXT_MAX];
	return arena_print(&call->arena, "%s", counted(count, noun, text));
}

enum call_code command_ask(struct call *call, const char *question)
{
	if (command_flag(call, "plan"))
		command_result(call, "question", command_string(question));
	else if (!command_flag(call, "yes"))
		return call_fail(call, CALL_REFUSED, "%s: --yes says that this is meant", question);
	return CALL_OK;
}

void command_result(struct call *call, const char *name, json_t *value)
{
	json_object_set_new(call->result, name, value);
}

void command_say(struct call *call, const char *format, ...)
{
	char text[CALL_ERROR_MAX];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	command_result(call, "said", command_string(text));
}

char *command_rdata(struct call *call, uint16_t type, struct bytes rdata)
{
	size_t len = dns_rdata_print(type, rdata, NULL, 0);
	char *text = arena_alloc(&call->row_arena, len + 1);
	dns_rdata_print(type, rdata, text, len + 1);
	return text;
}

const struct eras *command_eras(struct call *call)
{
	if (!call->eras)
		call->eras = eras_load(call->snapshot.txn, &call->arena);
	return call->eras;
}

/* 0: never. */
static uint64_t stale_at_of(struct call *call, const struct command_record *r,
			    const struct age_windows *zone)
{
	struct plan_record of = {r->node, command_eras(call), r->type, r->record};
	return plan_stale_at(call->snapshot.txn, &of, zone);
}

uint64_t command_stamp(struct call *call, const struct command_record *r)
{
	return eras_count(command_eras(call), r->node->seq, r->record.stamp);
}

struct snapshot command_look(struct call *call, struct store_txn *txn)
{
	struct snapshot look = call->snapshot;
	look.txn = txn;
	return look;
}

json_t *command_window(struct call *call, uint16_t number)
{
	struct record_windows windows = record_window_get(call->snapshot.txn, number);
	struct window window = {number != 0, windows.no_refresh, windows.refresh};
	char text[WINDOW_TEXT_MAX];
	return window.is_given ? json_string(window_print(&window, text)) : json_null();
}

json_t *command_record(struct call *call, const struct command_record *r)
{
	struct age_windows zone = {r->zone->no_refresh, r->zone->refresh};
	struct age_windows windows = plan_windows(call->snapshot.txn, &r->record, &zone);
	bool ages = r->zone->is_aging && r->record.class == RECORD_DYNAMIC;
	uint64_t stale_at = ages ? stale_at_of(call, r, &zone) : 0;
	uint64_t stamp = command_stamp(call, r);
	json_t *row = json_object();
	json_object_set_new(row, "zone", command_name(&r->zone->apex));
	json_object_set_new(row, "name", command_name(r->name));
	json_object_set_new(row, "ttl", json_integer(r->ttl));
	json_object_set_new(row, "type", command_type(r->type));
	json_object_set_new(row, "data",
			    command_string(command_rdata(call, r->type, r->record.rdata)));
	json_object_set_new(row, "class", json_string(record_class_name(r->record.class)));
	if (r->record.is_guest)
		json_object_set_new(row, "guest", json_true());
	if (r->record.window)
		json_object_set_new(row, "window", command_window(call, r->record.window));
	if (r->record.lacks_ptr)
		json_object_set_new(row, "ptr", json_false());
	const char *owner =
		r->record.class == RECORD_DERIVED
			? NULL
			: principal_text(call->snapshot.txn, r->record.owner, &call->row_arena);
	json_object_set_new(row, "owner", owner ? command_string(owner) : json_null());
	json_object_set_new(row, "stamp", command_seconds(stamp));
	/* For people; to programs the stamp says it, the same at each reading. */
	if (stamp && command_flag(call, "ages"))
		json_object_set_new(
			row, "age",
			json_integer((json_int_t)age_of(
				stamp, call->then ? call->then : clock_now(&call->core->clock))));
	json_object_set_new(row, "refreshable_at",
			    command_seconds(ages ? age_refreshable_at(stamp, &windows) : 0));
	json_object_set_new(row, "stale_at", command_seconds(stale_at));
	/* Notes are of now. */
	const char *note = command_text(call, "at")
				   ? NULL
				   : note_of_record(call->snapshot.txn, r->zone, r->name, r->type,
						    &call->row_arena);
	if (note)
		json_object_set_new(row, "note", command_string(note));
	return row;
}

enum call_code command_read_ended(struct call *call)
{
	struct store_health health;
	store_health(call->core->store, &health);
	if (call->snapshot.txn->error == STORE_BROKEN && health.now == STORE_TROUBLE_CLOSED)
		return call_fail(call, CALL_FAILED, "%s", store_trouble_text(health.now));
	if (call->snapshot.txn->error)
		return call_fail(call, CALL_FAILED, "the store cannot be read: %s",
				 store_error_text(call->snapshot.txn->error));
	return CALL_OK;
}

struct write_job {
	struct writer_job job;
	struct call *call;
	enum call_code (*work)(struct call *, struct store_txn *, void *);
	void *context;
	enum call_code code;
	bool has_ptr; /* PTR are to be made anew after it */
};

static void run_write(struct writer_job *job, struct store_txn *txn)
{
	struct write_job *write = container_of(job, struct write_job, job);
	write->call->error[0] = '\0';
	store_use_reserve(txn); /* an administrator may have to repair a full store */
	write->code = write->work(write->call, txn, write->context);
	write->has_ptr = state_ptr_pending(txn) > 0;
}

/* PTR that are to be made anew, a part. */
struct ptr_job {
	struct writer_job job;
	struct call *call;
	struct ptr_sync sync, next; /* before the part, and after it */
	bool has_more;
};

static void run_ptr(struct writer_job *job, struct store_txn *txn)
{
	struct ptr_job *ptr = container_of(job, struct ptr_job, job);
	struct writer_part part = writer_part_begin(ptr->call->core->part_steps);
	ptr->next = ptr->sync;
	ptr->has_more = ptr_sync_part(&ptr->next, txn, command_time_us(ptr->call, txn), &part);
}

/* What is not done of it when the store fails is done when the server starts. */
static void command_make_ptr(struct call *call)
{
	struct ptr_job ptr = {
		.sync = {.may = update_ptr_may, .context = call->core},
		.job = {.turn = client_turn_admin(call->core, call->principal), .run = run_ptr},
		.call = call,
		.has_more = true};
	while (ptr.has_more && !writer_call(call->core->writer, &ptr.job, WRITER_URGENT))
		ptr.sync = ptr.next;
	if (ptr.has_more)
		command_warn(call, 0,
			     "not all PTR are made that follow from this change: that goes "
			     "on when the server starts");
}

enum call_code command_write(struct call *call,
			     enum call_code (*work)(struct call *, struct store_txn *, void *),
			     void *context)
{
	struct write_job write = {
		.job = {.turn = client_turn_admin(call->core, call->principal), .run = run_write},
		.call = call,
		.work = work,
		.context = context};
	/* A snapshot that waits for the writer would keep it from opening a lost store anew. */
	snapshot_rest(&call->snapshot);
	enum store_error error = writer_call(call->core->writer, &write.job, WRITER_URGENT);
	if (!error && write.has_ptr)
		command_make_ptr(call);
	snapshot_renew(&call->snapshot);
	if (error)
		return call_fail(call, CALL_FAILED, "nothing was changed: %s",
				 store_error_text(error));
	return write.code;
}

uint64_t command_time_us(struct call *call, struct store_txn *txn)
{
	return entry_time_now(txn, clock_now_us(&call->core->clock));
}

uint64_t command_time(struct call *call, struct store_txn *txn)
{
	return command_time_us(call, txn) / 1000000;
}

struct entry command_entry(struct call *call, enum entry_kind kind, struct store_txn *txn,
			   const struct zone *zone)
{
	struct entry entry = {
		.time_us = command_time_us(call, txn),
		.kind = kind,
		.principal = call->principal,
		.person = call->person,
		.comment = call->reason,
		.acting = call->acting,
		.run = call->run,
		.transport = ENTRY_LOCAL,
	};
	if (zone) {
		entry.has_zone = true;
		entry.zone_id = zone->id;
		entry.zone = zone->apex;
		entry.serial_before = entry.serial_after = zone_serial(txn, zone);
	}
	return entry;
}

void command_log(struct call *call, struct store_txn *txn, const struct zone *zone,
		 const struct command_event *event)
{
	struct entry entry = command_entry(call, event->kind, txn, zone);
	entry.event = event->event;
	entry.subject = event->subject;
	entry.reason = event->reason;
	if (event->rows)
		entry.rows = state_edit_changes(event->rows, &entry.row_count);
	journal_append(txn, &entry, &call->arena);
}

void command_log_run(struct call *call, struct state_edit *rows, const struct run *run,
		     enum event_kind event, const struct zone *zone)
{
	struct entry entry = command_entry(call, ENTRY_RUN, rows->txn, zone);
	run_put(rows, run);
	entry.run = run->id;
	entry.event = event;
	entry.reason = run->note;
	entry.rows = state_edit_changes(rows, &entry.row_count);
	journal_append(rows->txn, &entry, &call->arena);
}

struct edit_author command_author(struct call *call, struct store_txn *txn)
{
	return (struct edit_author){
		.owner = principal_intern(txn, call->principal),
		.owner_text = call->principal,
		.now = command_time(call, txn),
		.class = RECORD_STATIC,
		.lacks_ptr = command_lacks_ptr(call),
	};
}
