/* SPDX-License-Identifier: BSD-2-Clause */
/* Zones as they were: the difference between then and now, made as edits of one run; rows of
 * decided state by rewind_rows. */
#include "base/timeword.h"
#include "dns/rdata.h"
#include "journal/era.h"
#include "journal/index.h"
#include "journal/journal.h"
#include "journal/log_time.h"
#include "journal/run.h"
#include "vault/restore.h"
#include "vault/rewind_rows.h"
#include "zonedb/edit.h"
#include "zonedb/name_history.h"
#include "zonedb/principal.h"
#include "zonedb/removal.h"
#include "zonedb/walk.h"
#include "zonedb/zone_at.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define PRINCIPAL     "local:restore"
#define NAMES_OF_EDIT 10000

struct rewind {
	struct store *store;
	struct store_txn read; /* what was there before: the moment is of this snapshot */
	struct store_txn write;
	const struct restore_options *options;
	struct report *report;
	struct restore_result *result;
	uint64_t seq;
	struct eras eras;
	uint64_t then_seq; /* of the name's last change then */
	struct entry as;   /* what each entry of the run begins as; its rows are for the first */
	struct arena arena, run_arena; /* of the edit; of the run's rows */
	struct rewind_rows rows;       /* its state_at NULL: rows stay as they are */
	struct zone zone;
	struct edit *edit;
	unsigned names;  /* in the edit */
	uint32_t serial; /* of a zone that was gone: where it goes on */
};

/* --- when */

/* An entry that is named. What was before the first is known too. */
static bool rewind_take_seq(struct rewind *w)
{
	uint64_t first, last;
	journal_range(&w->read, &first, &last);
	last = w->result->last_seq; /* before the entries of the restore itself */
	w->seq = w->options->to_seq;
	if (w->read.error)
		return report_fail(w->report, "%s", store_error_text(w->read.error));
	return (w->seq >= first - (first > 0) && w->seq <= last) ||
	       report_fail(w->report,
			   "the log of the backup has entries %" PRIu64 " to %" PRIu64
			   ": it does not say what was there after entry %" PRIu64,
			   first, last, w->seq);
}

/* The last entry that was written by then. */
static bool find_seq(struct rewind *w)
{
	if (w->options->to_seq)
		return rewind_take_seq(w);
	char text[TIMEWORD_TEXT_MAX];
	time_print(w->options->to, text);
	struct log_moment moment;
	log_time_at(&w->read, w->options->to * 1000000 + 999999, w->options->now * 1000000,
		    &moment);
	restore_say_time(&moment, w->result);
	w->seq = moment.seq;
	bool is_known = moment.is_known && w->seq;
	if (w->read.error)
		return report_fail(w->report, "%s", store_error_text(w->read.error));
	return is_known || report_fail(w->report,
				       "the log of the backup begins after %s: it does not say "
				       "what was there then",
				       text);
}

/* --- one zone */

static void rewind_begin_run(struct rewind *w)
{
	struct state_edit rows = state_edit_of(&w->write, &w->run_arena);
	w->as = (struct entry){
		.time_us = w->options->now * 1000000,
		.kind = ENTRY_RESTORE,
		.principal = PRINCIPAL,
		.event = EVENT_RESTORE,
		.transport = ENTRY_LOCAL,
	};
	w->as.reason = arena_print(&w->run_arena, "back to what was after entry %" PRIu64, w->seq);
	run_begin(&rows, RUN_REVERT, RUN_DONE, &w->as);
}

/* The first entry of the run was written. */
static void rewind_drop_run_rows(struct rewind *w)
{
	w->as.rows = NULL;
	w->as.row_count = 0;
}

static void rewind_open_edit(struct rewind *w)
{
	struct edit_author author = {
		.owner = principal_intern(&w->write, PRINCIPAL),
		.owner_text = PRINCIPAL,
		.now = w->options->now,
		.class = RECORD_STATIC,
	};
	w->edit = edit_open(&w->write, &w->zone, &author, &w->arena);
	w->names = 0;
}

static void rewind_count(struct restore_turned *turned, const struct edit_change *changes,
			 size_t count)
{
	turned->changes += count;
	for (size_t i = 0; i < count; i++) {
		enum change_what what = changes[i].change.what;
		turned->brought += what == CHANGE_ADDED;
		turned->removed += what == CHANGE_REMOVED;
		turned->altered += what != CHANGE_ADDED && what != CHANGE_REMOVED;
	}
}

static bool close_edit(struct rewind *w)
{
	size_t count;
	struct entry entry = w->as;
	const struct edit_change *changes = edit_diff(w->edit, &count);
	rewind_count(&w->result->turned, changes, count);
	if (edit_commit(w->edit, &entry) != 0)
		rewind_drop_run_rows(w);
	arena_reset(&w->arena);
	return !w->write.error;
}

static bool has_record(const struct node *node, uint16_t type, uint32_t ttl,
		       const struct node_record *wanted)
{
	struct node_rrset rrset;
	struct node_record record;
	return node && node_find_record(node, type, wanted->rdata, &rrset, &record) &&
	       rrset.ttl == ttl && bytes_equal(record.rdata, wanted->rdata) &&
	       record.stamp == wanted->stamp && node_record_is_alike(&record, wanted);
}

static bool rewind_has_data(const struct node *node, uint16_t type, struct bytes rdata)
{
	struct node_rrset rrset;
	struct node_record record;
	return node && node_find_record(node, type, rdata, &rrset, &record) &&
	       bytes_equal(record.rdata, rdata);
}

/* Then's SOA with now's serial: the edit moves it on from there. */
static struct bytes soa_of(struct rewind *w, struct bytes rdata)
{
	uint8_t *copy = arena_copy(&w->arena, rdata.data, rdata.len);
	dns_soa_set_serial(copy, rdata.len, w->serial);
	return bytes_of(copy, rdata.len);
}

typedef void each_record(struct rewind *, const struct dns_name *, const struct node_rrset *,
			 struct node_record *, const struct node *other);

static void walk_records(struct rewind *w, const struct dns_name *name, const struct node *node,
			 const struct node *other, each_record *each)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		each(w, name, &walk.rrset, &record, other);
}

static void drop_record(struct rewind *w, const struct dns_name *name,
			const struct node_rrset *rrset, struct node_record *record,
			const struct node *then)
{
	if (rrset->type != DNS_TYPE_SOA && !rewind_has_data(then, rrset->type, record->rdata))
		edit_remove_record(w->edit, name, rrset->type, record->rdata);
}

static void bring_record(struct rewind *w, const struct dns_name *name,
			 const struct node_rrset *rrset, struct node_record *record,
			 const struct node *now)
{
	if (rrset->type == DNS_TYPE_SOA)
		record->rdata = soa_of(w, record->rdata);
	if (has_record(now, rrset->type, rrset->ttl, record))
		return;
	record->stamp = eras_count(&w->eras, w->then_seq, record->stamp);
	record->rdata.data = arena_copy(&w->arena, record->rdata.data, record->rdata.len);
	edit_add_as(w->edit, name, rrset->type, rrset->ttl, record);
}

/* A name of which `now` or `then` may be NULL. */
static bool turn_name(struct rewind *w, const struct dns_name *name, const struct node *now,
		      const struct node *then)
{
	if (now && then && bytes_equal(now->rrsets, then->rrsets))
		return true;
	if (now)
		walk_records(w, name, now, then, drop_record);
	if (then) {
		w->then_seq = then->seq;
		walk_records(w, name, then, now, bring_record);
	}
	if (++w->names < NAMES_OF_EDIT)
		return true;
	if (!close_edit(w))
		return false;
	rewind_open_edit(w);
	return true;
}

/* Both walks are in canonical order. */
static bool turn_names(struct rewind *w, struct zone_at *zone_at, struct walk *walk)
{
	struct dns_name then_name, now_name;
	struct node then, now;
	bool has_then = zone_at_next(zone_at, &then_name, &then);
	bool has_now = walk && walk_next(walk, &now_name, &now), is_well = true;
	while (is_well && (has_then || has_now)) {
		int order = !has_then ? 1 : !has_now ? -1 : dns_name_compare(&then_name, &now_name);
		is_well = turn_name(w, order <= 0 ? &then_name : &now_name,
				    order >= 0 ? &now : NULL, order <= 0 ? &then : NULL);
		if (order <= 0)
			has_then = zone_at_next(zone_at, &then_name, &then);
		if (order >= 0)
			has_now = walk_next(walk, &now_name, &now);
	}
	return is_well;
}

static void revive_zone(struct rewind *w, const struct deleted_zone *deleted_zone)
{
	struct state_edit rows = state_edit_of(&w->write, &w->arena);
	char shown[DNS_NAME_TEXT_MAX];
	struct entry entry = w->as;
	state_edit_take(&rows, entry.rows, entry.row_count);
	deleted_zone_restore(&rows, deleted_zone, &w->zone);
	entry.event = EVENT_ZONE_CREATE;
	entry.has_zone = true;
	entry.zone_id = w->zone.id;
	entry.zone = w->zone.apex;
	entry.subject = dns_name_show(&w->zone.apex, shown);
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(&w->write, &entry, &w->arena);
	rewind_drop_run_rows(w);
}

/* A deleted zone comes back behind the serial that it went with, or that of the zone which took its
 * name meanwhile. False: what was left of it is pruned. */
static bool rewind_revive(struct rewind *w, const struct zone *instead)
{
	struct deleted_zone deleted_zone;
	struct entry entry;
	if (!deleted_zone_next(&w->write, &w->zone.apex, w->zone.id - 1, &deleted_zone) ||
	    deleted_zone.zone.id != w->zone.id)
		return false;
	w->serial = 0;
	arena_reset(&w->arena);
	if (instead)
		w->serial = zone_serial(&w->read, instead) + 1;
	else if (journal_read(&w->read, deleted_zone.first_seq, &entry, &w->arena))
		w->serial = entry.serial_before + 1;
	w->serial = restore_serial_ahead(w->serial, instead ? 0 : w->result->serial_step);
	revive_zone(w, &deleted_zone);
	w->result->turned.zones_brought++;
	return true;
}

static void rewind_tell(struct rewind *w, const struct dns_name *apex, const char *what)
{
	char text[DNS_NAME_TEXT_MAX];
	if (w->report->found)
		w->report->found(
			w->report->context,
			&(struct finding){.zone = dns_name_show(apex, text), .what = what});
}

/* `here`: the zone that has the apex now, which may be another one; NULL: none has. */
static bool turn_zone(struct rewind *w, const struct zone *here)
{
	struct walk walk;
	uint64_t before = w->result->turned.changes + w->rows.count;
	bool is_here = here && here->id == w->zone.id;
	if (is_here)
		w->serial = zone_serial(&w->read, &w->zone);
	if (!is_here && !rewind_revive(w, here)) {
		rewind_tell(w, &w->zone.apex, "cannot be brought back: it is older than the log");
		return !w->read.error;
	}
	if (w->rows.state_at)
		rewind_rows_zone(&w->rows, &w->zone);
	struct zone_at *zone_at = zone_at_open(&w->read, &w->zone, w->seq);
	arena_reset(&w->arena);
	rewind_open_edit(w);
	if (is_here)
		walk_from(&walk, &w->read, &w->zone, &w->zone.apex);
	bool is_well = turn_names(w, zone_at, is_here ? &walk : NULL) && close_edit(w);
	if (is_here)
		walk_end(&walk);
	zone_at_close(zone_at);
	w->result->turned.zones += w->result->turned.changes + w->rows.count != before;
	return is_well && !w->read.error;
}

/* A zone that was not there: what is left of it is kept as of any that is deleted. */
static void rewind_delete_zone(struct rewind *w, const struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct entry entry = w->as;
	entry.has_zone = true;
	entry.zone_id = zone->id;
	entry.zone = zone->apex;
	entry.serial_before = entry.serial_after = zone_serial(&w->write, zone);
	uint64_t count = removal_records(&w->write, zone, &entry);
	entry.event = EVENT_ZONE_DELETE;
	entry.subject = dns_name_show(&zone->apex, shown);
	removal_end(&w->write, zone, &entry);
	rewind_drop_run_rows(w);
	w->result->turned.changes += count;
	w->result->turned.removed += count;
	w->result->turned.zones++;
	w->result->turned.zones_deleted++;
}

/* Zones that were made later go before those of their names come back. */
static bool delete_later(void *context, const struct dns_name *apex)
{
	struct rewind *w = context;
	struct zone now, then;
	if (!zone_get(&w->read, apex, &now))
		return !w->read.error;
	bool was_here = name_history_zone_at(&w->read, apex, w->seq, &then);
	if (w->read.error || (was_here && then.id == now.id))
		return !w->read.error;
	rewind_tell(w, apex,
		    was_here ? "was deleted and made anew since: the one of then comes back"
			     : "was made later, and is deleted: 'zone restore' brings it back");
	rewind_delete_zone(w, &now);
	return !w->write.error;
}

static bool take_apex(void *context, const struct dns_name *apex)
{
	struct rewind *w = context;
	struct zone now, then;
	bool is_here = zone_get(&w->read, apex, &now);
	if (!name_history_zone_at(&w->read, apex, w->seq, &then))
		return !w->read.error;
	bool is_same = is_here && now.id == then.id;
	w->zone = is_same ? now : then;
	return turn_zone(w, is_here ? &now : NULL);
}

/* Entries of format 1 say in words what they set: what rows were before them is not known. */
static void open_rows(struct rewind *w)
{
	struct state_at *state_at = state_at_open(&w->read, w->seq);
	w->rows = (struct rewind_rows){.read = &w->read,
				       .write = &w->write,
				       .now = w->options->now,
				       .report = w->report,
				       .as = &w->as};
	if (!state_at_unknown(state_at)) {
		w->rows.state_at = state_at;
		return;
	}
	if (w->report->found)
		w->report->found(w->report->context,
				 &(struct finding){.name = "settings, rules, groups and the like",
						   .what = "stay as they are: entries of an older "
							   "version say in words what they set"});
	state_at_close(state_at);
}

static void turn_all(struct rewind *w)
{
	rewind_begin_run(w);
	open_rows(w);
	index_apexes(&w->read, JOURNAL_CHANGES, delete_later, w);
	if (w->rows.state_at)
		rewind_rows_server(&w->rows);
	index_apexes(&w->read, JOURNAL_CHANGES, take_apex, w);
	w->result->turned.rows = w->rows.count;
	if (w->rows.state_at)
		state_at_close(w->rows.state_at);
	rewind_rows_end(&w->rows);
	if (w->read.error)
		store_fail(&w->write, w->read.error);
}

bool restore_rewind(struct store *store, const struct restore_options *options,
		    struct report *report, struct restore_result *result)
{
	struct rewind *w = calloc(1, sizeof *w);
	assert(w);
	w->store = store;
	w->options = options;
	w->report = report;
	w->result = result;
	store_read_begin(store, &w->read);
	eras_read(&w->read, &w->eras);
	bool is_well = find_seq(w);
	if (is_well) {
		store_write_begin(store, &w->write);
		store_use_reserve(&w->write);
		turn_all(w);
		enum store_error error = store_commit(&w->write);
		is_well = !error || report_fail(report, "the state cannot be turned back: %s",
						store_error_text(error));
	}
	store_read_end(&w->read);
	arena_free(&w->arena);
	arena_free(&w->run_arena);
	free(w);
	return is_well;
}
