/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/import.h"
#include "admin/covered_parts.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "vault/log_maintenance.h"
#include "zonedb/removal_parts.h"

struct import_parts {
	struct dns_name apex;
	bool is_new, has_failed;
	const struct import_new *new;   /* of a new zone */
	struct zone made;               /* that zone */
	struct covered_parts *covered;  /* what it covers; NULL: nothing that is moved */
	bool is_late;                   /* too much of that was changed for the last part */
	bool is_refused;                /* it may not be put into service */
	struct load_parts parts, again; /* as of the last commit; as of the part that runs */
};

bool import_is_long(struct call *call, const struct load *load, const struct zone *zone)
{
	return load_count(load) > IMPORT_AT_ONCE ||
	       (zone && !removal_is_small(call->snapshot.txn, zone));
}

/* The zone that the parts are for; another may have its name by now. */
static enum call_code import_zone(struct call *call, struct store_txn *txn,
				  const struct import_parts *import, struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	uint64_t run = import->is_new ? import->parts.place.run : 0;
	if (zone_get(txn, &import->apex, zone) && zone->deleting == run)
		return CALL_OK;
	return call_fail(call, CALL_NOT_FOUND, "zone %s was deleted meanwhile",
			 dns_name_show(&import->apex, shown));
}

static enum call_code import_part(struct call *call, struct store_txn *txn, void *context)
{
	struct import_parts *import = context;
	struct writer_part time = writer_part_begin(call->core->part_steps);
	struct zone zone;
	enum call_code code = import_zone(call, txn, import, &zone);
	if (code)
		return code;
	struct edit_author author = command_author(call, txn);
	struct entry entry = command_entry(call, ENTRY_IMPORT, txn, &zone);
	import->again = import->parts;
	import->again.zone = &zone;
	import->again.author = &author;
	import->again.entry = &entry;
	if (import->is_new)
		load_append_part(&import->again, txn, &time);
	else
		load_apply_part(&import->again, txn, &time);
	return CALL_OK;
}

/* The run's row as it is at the end. */
static bool import_put_run(struct state_edit *rows, const struct import_parts *import)
{
	struct run run;
	if (!run_get(rows->txn, import->parts.place.run, &run))
		return false;
	run.state = import->has_failed ? RUN_FAILED : RUN_DONE;
	run_put(rows, &run);
	return true;
}

static void import_log_end(struct call *call, struct state_edit *rows, const struct zone *zone,
			   uint64_t run)
{
	struct entry entry = command_entry(call, ENTRY_RUN, rows->txn, zone);
	entry.event = EVENT_RUN_END;
	entry.run = run;
	entry.rows = state_edit_changes(rows, &entry.row_count);
	journal_append(rows->txn, &entry, &call->arena);
}

static enum call_code import_end(struct call *call, struct store_txn *txn, void *context)
{
	struct import_parts *import = context;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	struct zone zone;
	bool is_there = zone_get(txn, &import->apex, &zone);
	if (import->new && import->new->check && !import->has_failed &&
	    import->new->check(import->new->context, txn))
		import->is_refused = import->has_failed = true;
	import->is_late = import->covered && !import->has_failed &&
			  !covered_parts_catch_up(import->covered, txn);
	if (import->is_late)
		return CALL_OK;
	if (!import_put_run(&rows, import))
		return CALL_OK;
	if (is_there && import->is_new && zone.deleting == import->parts.place.run &&
	    !import->has_failed) {
		zone.deleting = 0;
		zone_put(&rows, &zone);
	}
	import_log_end(call, &rows, is_there ? &zone : NULL,
		       import->is_new ? 0 : import->parts.place.run);
	if (import->new && import->new->ended && !import->has_failed)
		import->new->ended(import->new->context, txn);
	return CALL_OK;
}

/* With what the new zone covers. */
static enum call_code import_cover(struct call *call, struct import_parts *import)
{
	import->covered = import->is_new ? covered_parts_open(call, &import->made) : NULL;
	return import->covered ? covered_parts_copy(import->covered) : CALL_OK;
}

static enum call_code import_finish(struct call *call, struct import_parts *import)
{
	enum call_code code = command_write(call, import_end, import);
	while (!code && import->is_late) {
		code = covered_parts_copy(import->covered);
		if (!code)
			code = command_write(call, import_end, import);
	}
	return code;
}

/* Between two parts the writer does what others want. */
static enum call_code import_in_parts(struct call *call, struct import_parts *import,
				      struct load_result *result)
{
	char shown[DNS_NAME_TEXT_MAX];
	enum call_code code = CALL_OK;
	while (!code && !import->parts.place.is_done) {
		code = command_write(call, import_part, import);
		if (!code)
			import->parts = import->again;
		command_progress(call, import->parts.result.names, load_count(import->parts.load),
				 "names");
	}
	if (!code)
		code = import_cover(call, import);
	import->has_failed = code != CALL_OK;
	const char *why = arena_text(&call->arena, call->error, strlen(call->error));
	enum call_code ended = CALL_OK;
	if (import->parts.place.run)
		ended = import_finish(call, import);
	if (import->is_refused)
		why = arena_text(&call->arena, call->error, strlen(call->error));
	*result = import->parts.result;
	if (import->is_refused)
		code = CALL_FAILED;
	if (!code && !ended)
		return CALL_OK;
	log_maintenance_wake(call->core->log_maintenance);
	dns_name_show(&import->apex, shown);
	if (import->is_new)
		return call_fail(call, CALL_FAILED, "zone %s was not added: %s", shown,
				 code ? why : call->error);
	return call_fail(call, CALL_FAILED,
			 "zone %s: the import stopped after %zu of %s; the same command does "
			 "the rest: %s",
			 shown, import->parts.result.names,
			 command_count(call, load_count(import->parts.load), "name"),
			 code ? why : call->error);
}

enum call_code import_replace(struct call *call, struct load *load, const struct zone *zone,
			      struct load_result *result)
{
	struct import_parts import = {.apex = zone->apex, .parts.load = load};
	return import_in_parts(call, &import, result);
}

enum call_code import_check_free(struct call *call, struct store_txn *txn,
				 const struct dns_name *apex)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct zone other;
	if (!zone_get(txn, apex, &other))
		return CALL_OK;
	return call_fail(call, CALL_FAILED, "zone %s is %s", dns_name_show(apex, shown),
			 other.restored_from ? "coming back: try again when that is done"
			 : other.deleting    ? "being deleted: try again when that is done"
					     : "here already");
}

const char *import_reason(struct call *call, const struct zone *zone, const char *origin)
{
	const char *settings = command_zone_settings(call, zone);
	if (!origin || !settings)
		return origin ? origin : settings;
	return arena_print(&call->arena, "%s; %s", origin, settings);
}

/* The zone, out of service; the run's number is in its row, and no entry of the zone's making is of
 * the run, since a zone is not unmade by undoing that. */
static enum call_code import_begin(struct call *call, struct store_txn *txn, void *context)
{
	struct import_parts *import = context;
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone = *import->new->settings;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	enum call_code code = import_check_free(call, txn, &zone.apex);
	if (!code)
		code = command_covered_ask(call, txn, &zone.apex);
	if (code)
		return code;
	zone.created_at = command_time(call, txn);
	zone_create(&rows, &zone);
	struct entry entry = command_entry(call, ENTRY_ADMIN, txn, &zone);
	struct run run = run_new(txn, RUN_IMPORT, RUN_UNDER_WAY, &entry);
	run_put(&rows, &run);
	zone.deleting = run.id;
	zone_put(&rows, &zone);
	entry.event = EVENT_ZONE_CREATE;
	entry.subject = dns_name_show(&zone.apex, shown);
	entry.reason = import_reason(call, &zone, import->new->origin);
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(txn, &entry, &call->arena);
	import->again.place.run = run.id;
	import->made = zone;
	if (import->new->begun)
		import->new->begun(import->new->context, txn, &zone);
	return CALL_OK;
}

enum call_code import_add(struct call *call, struct load *load, const struct import_new *new,
			  struct load_result *result, struct covered_result *covered)
{
	struct import_parts import = {
		.apex = new->settings->apex, .is_new = true, .new = new, .again.load = load};
	enum call_code code = command_write(call, import_begin, &import);
	if (code)
		return code;
	import.parts = import.again;
	code = import_in_parts(call, &import, result);
	if (import.covered && code)
		covered_parts_give_up(import.covered);
	result->serial_after = code ? 0 : zone_serial(call->snapshot.txn, &import.made);
	return import.covered && !code ? covered_parts_clear(import.covered, covered) : code;
}
