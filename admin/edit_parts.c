/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/edit_parts.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "zonedb/walk.h"
#include <inttypes.h>

/* Of the records in one entry, where several entries make a part of the writer's time. */
#define ENTRY_BYTES (16u << 10)
/* A record of a name that was not there, about. */
#define RECORD_BYTES 64u

struct edit_parts_zone {
	struct dns_name apex;
	uint32_t id;
};

struct edit_parts_name {
	size_t zone;
	struct dns_name name;
};

/* What was done. */
struct edit_parts_done {
	size_t at;        /* in the batch */
	size_t last_zone; /* the number of the zone that was counted last, from 1 */
	uint64_t names, records, zones, run;
};

struct edit_parts_work {
	struct call *call;
	struct edit_parts *parts;
	struct edit_parts_zone *zones;
	size_t zone_count;
	/* How far names were looked for. */
	size_t zone, listed;
	bool has_last;
	struct dns_name last;
	/* The batch. */
	struct edit_parts_name *names;
	size_t count, bytes;
	/* As of the last commit, and as of the part that runs, which may run twice. */
	struct edit_parts_done done, again;
	bool has_failed;
};

/* --- looking for names */

static void edit_parts_take_zones(struct edit_parts_work *w)
{
	const struct zoneset *zones = w->call->snapshot.zones;
	const struct edit_parts *parts = w->parts;
	size_t count = parts->list_zones ? parts->list_zone_count
		       : parts->zone     ? 1
					 : zoneset_count(zones);
	w->zones = arena_zero(&w->call->arena, (count + 1) * sizeof *w->zones);
	w->zone_count = count;
	for (size_t i = 0; i < count; i++) {
		const struct zone *zone = parts->list_zones ? &parts->list_zones[i]
					  : parts->zone     ? parts->zone
							    : zoneset_at(zones, i);
		w->zones[i] = (struct edit_parts_zone){.apex = zone->apex, .id = zone->id};
	}
}

/* Another may have its name by now, or none. */
static bool edit_parts_zone_of(const struct edit_parts_work *w, struct store_txn *txn, size_t i,
			       struct zone *zone)
{
	return zone_get(txn, &w->zones[i].apex, zone) && zone->id == w->zones[i].id &&
	       !zone->deleting;
}

static bool edit_parts_is_full(const struct edit_parts_work *w)
{
	return w->count == EDIT_PARTS_NAMES || w->bytes >= EDIT_PARTS_BYTES;
}

static bool edit_parts_is_at_end(const struct edit_parts_work *w)
{
	return w->parts->list ? w->listed == w->parts->list_count : w->zone == w->zone_count;
}

static void edit_parts_push(struct edit_parts_work *w, const struct dns_name *name,
			    const struct node *node)
{
	w->names[w->count++] = (struct edit_parts_name){.zone = w->zone, .name = *name};
	w->bytes += name->len + node->rrsets.len;
}

static void edit_parts_look(struct edit_parts_work *w, const struct zone *zone)
{
	const struct edit_parts *parts = w->parts;
	const struct dns_name *under = parts->under ? parts->under : &zone->apex;
	struct dns_name name, from = w->has_last ? w->last : *under;
	struct walk walk;
	struct node node;
	struct store_txn *txn = w->call->snapshot.txn;
	walk_from_name(&walk, txn, zone, &from);
	while (!edit_parts_is_full(w) && walk_next(&walk, &name, &node) &&
	       dns_name_under(&name, under)) {
		if (w->has_last && dns_name_equal(&name, &w->last))
			continue;
		w->last = name;
		w->has_last = true;
		if (parts->wants(parts->context, txn, zone, &name, &node))
			edit_parts_push(w, &name, &node);
	}
	walk_end(&walk);
}

static void edit_parts_fill_listed(struct edit_parts_work *w)
{
	const struct edit_parts *parts = w->parts;
	for (; !edit_parts_is_full(w) && w->listed < parts->list_count; w->listed++)
		w->names[w->count++] = (struct edit_parts_name){
			.zone = parts->list_zone ? parts->list_zone[w->listed] : 0,
			.name = parts->list[w->listed]};
}

/* The next batch, which is empty at the end. */
static enum call_code edit_parts_fill(struct edit_parts_work *w)
{
	struct zone zone;
	w->count = w->bytes = w->done.at = 0;
	if (w->parts->list) {
		edit_parts_fill_listed(w);
		return CALL_OK;
	}
	while (!edit_parts_is_full(w) && !edit_parts_is_at_end(w)) {
		if (edit_parts_zone_of(w, w->call->snapshot.txn, w->zone, &zone))
			edit_parts_look(w, &zone);
		if (edit_parts_is_full(w))
			break;
		w->zone++;
		w->has_last = false;
	}
	return command_read_ended(w->call);
}

/* --- changing them, in the writer's thread */

static void edit_parts_commit(struct edit_parts_work *w, struct edit *edit, struct store_txn *txn,
			      const struct zone *zone)
{
	struct entry entry =
		command_entry(w->call, w->parts->is_import ? ENTRY_IMPORT : ENTRY_ADMIN, txn, zone);
	entry.event = w->parts->event;
	entry.reason = w->parts->reason;
	entry.run = w->again.run;
	edit_commit(edit, &entry);
}

/* Returns the bytes of what was changed at the name. */
static size_t edit_parts_change(struct edit_parts_work *w, struct store_txn *txn, struct edit *edit,
				const struct zone *zone, const struct edit_parts_name *name)
{
	struct edit_parts *parts = w->parts;
	struct edit_name *at = edit_see(edit, &name->name);
	if (!parts->into &&
	    (!at->is_stored || !parts->wants(parts->context, txn, zone, &name->name, &at->stored)))
		return 0;
	uint64_t records = parts->change(parts->context, edit, at);
	w->again.names += records > 0;
	w->again.records += records;
	w->again.zones += records > 0 && w->again.last_zone != name->zone + 1;
	if (records > 0)
		w->again.last_zone = name->zone + 1;
	return name->name.len + (at->is_stored ? at->stored.rrsets.len : records * RECORD_BYTES);
}

/* Names of one zone; without `time` all of the batch. False: the time is over. */
static bool edit_parts_entry(struct edit_parts_work *w, struct store_txn *txn,
			     struct writer_part *time)
{
	size_t of = w->names[w->again.at].zone, bytes = 0;
	bool is_over = false;
	struct arena arena = {0};
	struct edit *edit = NULL;
	struct zone zone;
	const struct zone *into = w->parts->into;
	if (into ? zone_get_by_id(txn, into->id, &zone) : edit_parts_zone_of(w, txn, of, &zone)) {
		struct edit_author author = w->parts->author(w->parts->context, txn);
		edit = edit_open(txn, &zone, &author, &arena);
	}
	while (w->again.at < w->count && w->names[w->again.at].zone == of && !is_over &&
	       (!time || bytes < ENTRY_BYTES)) {
		if (edit)
			bytes += edit_parts_change(w, txn, edit, &zone, &w->names[w->again.at]);
		w->again.at++;
		is_over = time && writer_part_is_over(time);
	}
	if (edit)
		edit_parts_commit(w, edit, txn, &zone);
	arena_free(&arena);
	return !is_over;
}

static void edit_parts_batch(struct edit_parts_work *w, struct store_txn *txn,
			     struct writer_part *time)
{
	while (w->again.at < w->count && !txn->error && edit_parts_entry(w, txn, time))
		;
}

static enum call_code edit_parts_also(struct edit_parts_work *w, struct store_txn *txn)
{
	struct edit_parts *parts = w->parts;
	return parts->also ? parts->also(parts->context, txn, &w->again.run) : CALL_OK;
}

static enum call_code edit_parts_part(struct call *call, struct store_txn *txn, void *context)
{
	struct edit_parts_work *w = context;
	struct writer_part time = writer_part_begin(call->core->part_steps);
	w->again = w->done;
	edit_parts_batch(w, txn, &time);
	return CALL_OK;
}

/* --- the run */

static enum call_code edit_parts_begin(struct call *call, struct store_txn *txn, void *context)
{
	struct edit_parts_work *w = context;
	struct entry as = command_entry(call, ENTRY_ADMIN, txn, NULL);
	struct run run = run_new(txn, RUN_OTHER, RUN_UNDER_WAY, &as);
	snprintf(run.note, sizeof run.note, "%s", w->parts->note);
	w->again = w->done;
	w->again.run = run.id;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	command_log_run(call, &rows, &run, EVENT_RUN_START, NULL);
	return CALL_OK;
}

static enum call_code edit_parts_at_once(struct call *call, struct store_txn *txn, void *context)
{
	struct edit_parts_work *w = context;
	struct run run = {0};
	w->again = w->done;
	enum call_code code = edit_parts_also(w, txn);
	if (code)
		return code;
	if (w->parts->has_run)
		code = edit_parts_begin(call, txn, w);
	edit_parts_batch(w, txn, NULL);
	if (w->again.run && run_get(txn, w->again.run, &run)) {
		run.state = RUN_DONE;
		struct state_edit rows = state_edit_of(txn, &call->arena);
		command_log_run(call, &rows, &run, EVENT_RUN_END, NULL);
	}
	return code;
}

static enum call_code edit_parts_end(struct call *call, struct store_txn *txn, void *context)
{
	struct edit_parts_work *w = context;
	struct run run;
	w->again = w->done;
	enum call_code code = w->has_failed ? CALL_OK : edit_parts_also(w, txn);
	if (code || !run_get(txn, w->again.run, &run))
		return code;
	run.state = w->has_failed ? RUN_FAILED : RUN_DONE;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	command_log_run(call, &rows, &run, EVENT_RUN_END, NULL);
	return CALL_OK;
}

static enum call_code edit_parts_write(struct edit_parts_work *w,
				       enum call_code (*work)(struct call *, struct store_txn *,
							      void *))
{
	enum call_code code = command_write(w->call, work, w);
	if (!code)
		w->done = w->again;
	return code;
}

static enum call_code edit_parts_fail(struct edit_parts_work *w, enum call_code code)
{
	struct call *call = w->call;
	const char *why = arena_text(&call->arena, call->error, strlen(call->error));
	w->has_failed = true;
	enum call_code ended = edit_parts_write(w, edit_parts_end);
	return call_fail(call, code,
			 "run %" PRIu64 " stopped after %s%s; the same command does "
			 "the rest, 'audit revert --run' takes back what was done: %s",
			 w->done.run, command_count(call, w->done.names, "name"),
			 ended ? ", and its end is not in the log" : "", why);
}

/* Between two parts the writer does what others want. */
static enum call_code edit_parts_go_on(struct edit_parts_work *w)
{
	enum call_code code = CALL_OK;
	while (!code && w->count) {
		code = edit_parts_write(w, edit_parts_part);
		command_progress(w->call, w->done.names, w->parts->list_count,
				 w->parts->noun ? w->parts->noun : "names");
		if (!code && w->done.at == w->count)
			code = edit_parts_fill(w);
	}
	return code;
}

static enum call_code edit_parts_in_run(struct edit_parts_work *w)
{
	enum call_code code = edit_parts_write(w, edit_parts_begin);
	if (code)
		return code;
	code = edit_parts_go_on(w);
	if (!code)
		code = edit_parts_write(w, edit_parts_end);
	return code ? edit_parts_fail(w, code) : CALL_OK;
}

enum call_code edit_parts_run(struct call *call, struct edit_parts *parts)
{
	struct edit_parts_work *w = arena_zero(&call->arena, sizeof *w);
	w->call = call;
	w->parts = parts;
	w->names = arena_alloc(&call->arena, EDIT_PARTS_NAMES * sizeof *w->names);
	w->done.run = parts->run;
	edit_parts_take_zones(w);
	enum call_code code = edit_parts_fill(w);
	if (parts->run)
		code = code ? code : edit_parts_go_on(w);
	else if (!code && !edit_parts_is_at_end(w))
		code = edit_parts_in_run(w);
	else if (!code && (w->count || parts->also))
		code = edit_parts_write(w, edit_parts_at_once);
	parts->names = w->done.names;
	parts->records = w->done.records;
	parts->zones = w->done.zones;
	parts->run = w->done.run;
	return code;
}
