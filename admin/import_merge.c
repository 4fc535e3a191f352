/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/import_merge.h"
#include "admin/change_row.h"
#include "admin/edit_parts.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include "zonedb/load_merge.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/zone_at.h"
#include <string.h>

#define TRIES_MAX 5 /* where clients change what is merged between look and write */

/* What the file changes of an RRset. */
struct import_change {
	struct import_change *next; /* of the same name */
	uint16_t type;
	struct load_merge_side now, file;
	bool is_late; /* it was not made, since somebody else changed the RRset */
};

struct import_counts {
	size_t added, removed, altered;
};

enum import_show {
	IMPORT_SHOW_NOTHING,
	IMPORT_SHOW_FILE,
	IMPORT_SHOW_SINCE,
	IMPORT_SHOW_CONFLICTS
};

struct import_merging {
	struct call *call;
	const struct zone *zone;
	enum import_show shows;
	bool keeps; /* the changes, to be made */
	struct import_counts file, since;
	size_t conflicts, foreign;
	const char *foreign_owner, *first_conflict;
	/* The names that are changed, and for each the first of its changes. */
	struct dns_name *names;
	struct import_change **changes;
	size_t count, room, at;
	struct zone stored;    /* as the job sees it */
	bool is_late;          /* somebody changed an RRset between look and write */
	struct store_txn *txn; /* of the entry that is made */
	uint64_t now;          /* its time, seconds */
	uint32_t serial_before;
};

/* --- looking */

static struct record_state import_state_of(const struct load_merge_record *record)
{
	return (struct record_state){.ttl = record->ttl,
				     .stamp = record->stamp,
				     .class = record->class,
				     .owner = record->owner};
}

/* The data as it would be: of an SOA with the serial that is there, unless it has another. */
static struct bytes import_shown_data(struct import_merging *m, uint16_t type, struct bytes rdata)
{
	if (type != DNS_TYPE_SOA || dns_soa_serial(rdata) != 0)
		return rdata;
	uint8_t *copy = arena_alloc(&m->call->arena, rdata.len);
	memcpy(copy, rdata.data, rdata.len);
	dns_soa_set_serial(copy, rdata.len, m->serial_before);
	return bytes_of(copy, rdata.len);
}

/* Rows of the records in which two sides differ. */
static void import_show_difference(struct import_merging *m, const struct load_merge_set *set,
				   const struct load_merge_side *was,
				   const struct load_merge_side *is, const char *word)
{
	const struct load_merge_side *sides[] = {was, is};
	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; i < sides[s]->count; i++) {
			const struct load_merge_record *record = &sides[s]->record[i];
			const struct load_merge_record *other =
				load_merge_find(set->type, sides[1 - s], record->rdata);
			if (s == 1 && other)
				continue;
			struct record_state mine = import_state_of(record), theirs;
			if (other)
				theirs = import_state_of(other);
			struct change_row row = {
				.apex = &m->zone->apex,
				.name = set->name,
				.type = set->type,
				.rdata = import_shown_data(m, set->type, record->rdata),
				.word = word,
				.was = s == 0 ? &mine : NULL,
				.is = s == 1  ? &mine
				      : other ? &theirs
					      : NULL};
			change_row_send_changed(m->call, &row);
		}
	}
}

static bool import_is_altered(const struct load_merge_record *was,
			      const struct load_merge_record *is)
{
	return was->ttl != is->ttl || was->class != is->class ||
	       strcmp(was->owner, is->owner) != 0 || (is->is_said && is->stamp > was->stamp);
}

static void import_count(struct import_counts *counts, uint16_t type,
			 const struct load_merge_side *was, const struct load_merge_side *is)
{
	for (size_t i = 0; i < was->count; i++) {
		const struct load_merge_record *other =
			load_merge_find(type, is, was->record[i].rdata);
		counts->removed += !other;
		counts->altered += other && import_is_altered(&was->record[i], other);
	}
	for (size_t i = 0; i < is->count; i++)
		counts->added += !load_merge_find(type, was, is->record[i].rdata);
}

/* Records that a client registered, or that are kept for one, and that the file has not. */
static void import_count_foreign(struct import_merging *m, const struct load_merge_set *set)
{
	for (size_t i = 0; i < set->now.count; i++) {
		const struct load_merge_record *r = &set->now.record[i];
		bool is_nobodys =
			r->class == RECORD_STATIC && (strcmp(r->owner, "anonymous") == 0 ||
						      strncmp(r->owner, "local:", 6) == 0 ||
						      strncmp(r->owner, "system:", 7) == 0);
		if (is_nobodys || load_merge_find(set->type, &set->file, r->rdata))
			continue;
		if (m->foreign++ == 0)
			m->foreign_owner = arena_text(&m->call->arena, r->owner, strlen(r->owner));
	}
}

static struct load_merge_side import_keep_side(struct import_merging *m,
					       const struct load_merge_side *side)
{
	struct arena *arena = &m->call->arena;
	struct load_merge_side kept = {.count = side->count};
	kept.record = arena_alloc(arena, (side->count + 1) * sizeof *kept.record);
	for (size_t i = 0; i < side->count; i++) {
		struct load_merge_record *record = &kept.record[i];
		*record = side->record[i];
		uint8_t *rdata = arena_alloc(arena, record->rdata.len + 1);
		memcpy(rdata, record->rdata.data, record->rdata.len);
		record->rdata.data = rdata;
		record->owner = arena_text(arena, record->owner, strlen(record->owner));
	}
	return kept;
}

static void import_make_room(struct import_merging *m)
{
	if (m->count < m->room)
		return;
	size_t room = m->room ? m->room * 2 : 64;
	struct dns_name *names = arena_alloc(&m->call->arena, room * sizeof *names);
	struct import_change **changes = arena_alloc(&m->call->arena, room * sizeof *changes);
	if (m->count) {
		memcpy(names, m->names, m->count * sizeof *names);
		memcpy(changes, m->changes, m->count * sizeof *changes);
	}
	m->names = names;
	m->changes = changes;
	m->room = room;
}

static void import_keep(struct import_merging *m, const struct load_merge_set *set)
{
	struct import_change *change = arena_alloc(&m->call->arena, sizeof *change);
	*change = (struct import_change){.type = set->type,
					 .now = import_keep_side(m, &set->now),
					 .file = import_keep_side(m, &set->file)};
	if (m->count == 0 || !dns_name_equal(&m->names[m->count - 1], set->name)) {
		import_make_room(m);
		m->names[m->count] = *set->name;
		m->changes[m->count++] = NULL;
	}
	change->next = m->changes[m->count - 1];
	m->changes[m->count - 1] = change;
}

static void import_note_conflict(struct import_merging *m, const struct load_merge_set *set)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	if (m->conflicts++ == 0)
		m->first_conflict =
			arena_print(&m->call->arena, "%s %s", dns_name_show(set->name, name),
				    dns_type_print(set->type, type));
	if (m->shows == IMPORT_SHOW_CONFLICTS)
		import_show_difference(m, set, &set->now, &set->file, "conflict");
}

static void import_take(void *context, const struct load_merge_set *set)
{
	struct import_merging *m = context;
	bool is_since = set->what == LOAD_MERGE_SINCE || set->what == LOAD_MERGE_ALIKE;
	if (set->what == LOAD_MERGE_CONFLICT)
		import_note_conflict(m, set);
	if (set->what == LOAD_MERGE_FILE) {
		import_count(&m->file, set->type, &set->now, &set->file);
		import_count_foreign(m, set);
		if (m->keeps)
			import_keep(m, set);
		if (m->shows == IMPORT_SHOW_FILE)
			import_show_difference(m, set, &set->now, &set->file, NULL);
	}
	if (is_since || set->what == LOAD_MERGE_CONFLICT) {
		import_count(&m->since, set->type, &set->base, &set->now);
		if (m->shows == IMPORT_SHOW_SINCE)
			import_show_difference(m, set, &set->base, &set->now, "since");
	}
}

static void import_look(struct import_merging *m, const struct load *load, uint64_t seq)
{
	struct call *call = m->call;
	struct load_merge merge = {.load = load,
				   .txn = call->snapshot.txn,
				   .zone = m->zone,
				   .seq = seq,
				   .author = call->principal,
				   .time = command_time(call, call->snapshot.txn),
				   .each = import_take,
				   .context = m};
	m->file = m->since = (struct import_counts){0};
	m->conflicts = m->foreign = m->count = 0;
	m->serial_before = zone_serial(call->snapshot.txn, m->zone);
	load_merge_run(&merge);
}

static void import_list(struct import_merging *m, const struct load *load, uint64_t seq,
			enum import_show shows)
{
	m->shows = shows;
	m->keeps = false;
	import_look(m, load, seq);
}

/* --- writing, in the writer's thread */

/* Whether the RRset is as it was when it was looked at, but for stamps. */
static bool import_is_as_seen(struct import_merging *m, struct store_txn *txn,
			      const struct dns_name *name, const struct import_change *change)
{
	struct node node;
	struct node_record record;
	size_t count = 0;
	if (!lookup_node(txn, &m->stored, name, &node))
		return change->now.count == 0;
	if (change->type == DNS_TYPE_SOA)
		return true; /* its serial moves; of its other fields the last to write decides */
	struct node_walk walk = node_walk_of(&node);
	while (node_walk_next(&walk, &record)) {
		if (walk.rrset.type != change->type)
			continue;
		const struct load_merge_record *seen =
			load_merge_find(change->type, &change->now, record.rdata);
		if (!seen || seen->ttl != walk.rrset.ttl || seen->class != record.class ||
		    strcmp(seen->owner, principal_text(txn, record.owner, &m->call->row_arena)) !=
			    0)
			return false;
		count++;
	}
	arena_reset(&m->call->row_arena);
	return count == change->now.count;
}

/* Before anything is written, where all is one transaction. */
static enum call_code import_check_seen(void *context, struct store_txn *txn, uint64_t *run)
{
	struct import_merging *m = context;
	enum call_code code = command_zone_in(m->call, txn, &m->stored);
	if (code || *run)
		return code;
	m->is_late = m->stored.id != m->zone->id;
	for (size_t i = 0; i < m->count && !m->is_late; i++)
		for (const struct import_change *c = m->changes[i]; c && !m->is_late; c = c->next)
			m->is_late = !import_is_as_seen(m, txn, &m->names[i], c);
	return m->is_late ? call_fail(m->call, CALL_FAILED,
				      "clients change the zone all the time: try again")
			  : CALL_OK;
}

static bool import_wants(void *context, struct store_txn *txn, const struct zone *zone,
			 const struct dns_name *name, const struct node *node)
{
	(void)context;
	(void)txn;
	(void)zone;
	(void)name;
	(void)node;
	return true;
}

static struct edit_author import_author(void *context, struct store_txn *txn)
{
	struct import_merging *m = context;
	struct edit_author author = command_author(m->call, txn);
	if (!zone_get_by_id(txn, m->zone->id, &m->stored))
		m->stored = *m->zone;
	m->txn = txn;
	m->now = author.now;
	return author;
}

static void import_put_soa(struct import_merging *m, struct edit *edit, struct edit_name *at,
			   const struct load_merge_record *file)
{
	struct edit_rrset *soa = edit_find(at, DNS_TYPE_SOA);
	uint8_t *rdata = arena_alloc(&m->call->arena, file->rdata.len);
	if (!soa)
		return;
	memcpy(rdata, file->rdata.data, file->rdata.len);
	if (dns_soa_serial(file->rdata) == 0)
		dns_soa_set_serial(rdata, file->rdata.len, dns_soa_serial(soa->records->rdata));
	struct node_record record = {.owner = soa->records->owner,
				     .stamp = soa->records->stamp,
				     .class = soa->records->class,
				     .rdata = bytes_of(rdata, file->rdata.len)};
	edit_add_as(edit, &at->name, DNS_TYPE_SOA, file->ttl, &record);
}

/* What is there stays as old as it is, and its owner's unless the file says another. */
static void import_put(struct edit *edit, struct store_txn *txn, struct edit_name *at,
		       uint16_t type, const struct load_merge_record *file, uint64_t now)
{
	struct node_record record;
	bool is_there = edit_find_stored(edit, at, type, file->rdata, &record);
	uint64_t stamp = file->stamp < now ? file->stamp : now;
	if (!is_there)
		record = (struct node_record){.stamp = stamp};
	record.rdata = file->rdata;
	record.class = file->class;
	record.owner = principal_intern(txn, file->owner);
	if (file->is_said && stamp > record.stamp)
		record.stamp = stamp;
	edit_add_as(edit, &at->name, type, file->ttl, &record);
}

static bool import_file_has(void *context, struct edit_record *record)
{
	const struct import_change *change = context;
	return load_merge_find(change->type, &change->file, record->rdata) != NULL;
}

static uint64_t import_change_set(struct import_merging *m, struct edit *edit, struct edit_name *at,
				  struct import_change *change)
{
	struct import_counts counts = {0};
	change->is_late = !import_is_as_seen(m, m->txn, &at->name, change);
	if (change->is_late)
		return 0;
	import_count(&counts, change->type, &change->now, &change->file);
	if (change->type == DNS_TYPE_SOA && change->file.count)
		import_put_soa(m, edit, at, &change->file.record[0]);
	if (change->type != DNS_TYPE_SOA) {
		edit_remove_but(edit, &at->name, change->type, import_file_has, change);
		for (size_t i = 0; i < change->file.count; i++)
			import_put(edit, m->txn, at, change->type, &change->file.record[i], m->now);
	}
	return counts.added + counts.removed + counts.altered;
}

/* Names come in the order of the list; after a part that is made again, from an earlier one on. */
static uint64_t import_change_name(void *context, struct edit *edit, struct edit_name *at)
{
	struct import_merging *m = context;
	uint64_t records = 0;
	for (size_t i = 0; i < m->count; i++) {
		size_t k = (m->at + i) % m->count;
		if (!dns_name_equal(&m->names[k], &at->name))
			continue;
		m->at = k;
		for (struct import_change *c = m->changes[k]; c; c = c->next)
			records += import_change_set(m, edit, at, c);
		break;
	}
	return records;
}

static enum call_code import_write(struct import_merging *m)
{
	struct edit_parts parts = {.zone = m->zone,
				   .into = m->zone,
				   .list = m->names,
				   .list_count = m->count,
				   .is_import = true,
				   .note = "zone import",
				   .wants = import_wants,
				   .author = import_author,
				   .change = import_change_name,
				   .also = import_check_seen,
				   .context = m};
	return m->count ? edit_parts_run(m->call, &parts) : CALL_OK;
}

/* --- the command */

static const char *import_counts_text(struct call *call, const struct import_counts *counts)
{
	return arena_print(&call->arena, "%zu added, %zu removed, %zu altered", counts->added,
			   counts->removed, counts->altered);
}

static bool import_has(const struct import_counts *counts)
{
	return counts->added || counts->removed || counts->altered;
}

/* Something was registered since the export, and the file was not asked to leave it. */
static enum call_code import_refuse_moved(struct import_merging *m, const struct load *load,
					  uint64_t seq, uint32_t serial)
{
	struct call *call = m->call;
	char shown[DNS_NAME_TEXT_MAX];
	import_list(m, load, seq, IMPORT_SHOW_SINCE);
	return call_fail(call, CALL_REFUSED,
			 "zone %s was changed since the export, at serial %u, and has serial %u "
			 "(%s): --merge keeps that and makes the file's own changes; --replace is "
			 "for a file without the line '; tenure export'",
			 dns_name_show(&m->zone->apex, shown), serial, m->serial_before,
			 import_counts_text(call, &m->since));
}

static enum call_code import_refuse_conflicts(struct import_merging *m, const struct load *load,
					      uint64_t seq)
{
	struct call *call = m->call;
	size_t conflicts = m->conflicts;
	const char *first = m->first_conflict;
	import_list(m, load, seq, IMPORT_SHOW_CONFLICTS);
	return call_fail(call, CALL_REFUSED,
			 "%s changed by the file and since the export, not alike (%s%s): nothing "
			 "was changed; edit a new export",
			 conflicts == 1 ? "an RRset was"
					: arena_print(&call->arena, "%zu RRsets were", conflicts),
			 first, conflicts > 1 ? " and others" : "");
}

static void import_tell(struct import_merging *m, const struct load *load, bool is_plan)
{
	struct call *call = m->call;
	char shown[DNS_NAME_TEXT_MAX];
	struct load_result r;
	bool is_merged = import_has(&m->since);
	uint32_t serial = zone_serial(call->snapshot.txn, m->zone);
	load_plan(load, call->snapshot.txn, m->zone, &r);
	command_result(call, "zone", command_name(&m->zone->apex));
	command_result(call, "records", json_integer((json_int_t)r.records));
	command_result(call, "names", json_integer((json_int_t)r.names));
	command_result(call, "added", json_integer((json_int_t)m->file.added));
	command_result(call, "removed", json_integer((json_int_t)m->file.removed));
	command_result(call, "altered", json_integer((json_int_t)m->file.altered));
	if (!is_plan) {
		command_result(call, "serial_before", json_integer(m->serial_before));
		command_result(call, "serial", json_integer(serial));
	}
	dns_name_show(&m->zone->apex, shown);
	const char *counts = import_counts_text(call, &m->file);
	const char *since = is_merged
				    ? arena_print(&call->arena,
						  "; what was changed since the export stays (%s)",
						  import_counts_text(call, &m->since))
				    : "";
	if (is_plan)
		command_say(call,
			    "zone %s: would hold %s at %s (%zu would be added, %zu removed, %zu "
			    "altered)%s; nothing was changed",
			    shown, command_count(call, r.records, "record"),
			    command_count(call, r.names, "name"), m->file.added, m->file.removed,
			    m->file.altered, since);
	else if (is_merged)
		command_say(call, "zone %s: %s by the file%s, serial %u -> %u", shown, counts,
			    since, m->serial_before, serial);
	else
		command_say(call, "zone %s: %s at %s (%s), serial %u -> %u", shown,
			    command_count(call, r.records, "record"),
			    command_count(call, r.names, "name"), counts, m->serial_before, serial);
}

static void import_warn_late(struct import_merging *m)
{
	size_t late = 0;
	for (size_t i = 0; i < m->count; i++)
		for (const struct import_change *c = m->changes[i]; c; c = c->next)
			late += c->is_late;
	if (late)
		command_warn(m->call, 0,
			     arena_print(&m->call->arena,
					 "%zu RRset%s changed by clients while this ran, and left "
					 "as they made %s: the same command shows which",
					 late, late == 1 ? " was" : "s were",
					 late == 1 ? "it" : "them"));
}

/* CALL_OK: what the file changes is in `m`, and may be made. */
static enum call_code import_judge(struct import_merging *m, const struct load *load, uint64_t seq,
				   uint32_t serial)
{
	import_look(m, load, seq);
	enum call_code code = command_read_ended(m->call);
	bool is_moved = import_has(&m->since) || serial != m->serial_before || m->conflicts;
	if (code)
		return code;
	if (is_moved && !command_flag(m->call, "merge"))
		return import_refuse_moved(m, load, seq, serial);
	return m->conflicts ? import_refuse_conflicts(m, load, seq) : CALL_OK;
}

enum call_code import_merge(struct call *call, const struct load *load, const struct zone *zone)
{
	uint64_t seq = command_number(call, "export-seq", 0);
	uint32_t serial = (uint32_t)command_number(call, "export-serial", 0);
	struct import_merging m = {.call = call, .zone = zone, .keeps = true};
	enum call_code code = CALL_OK;
	for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
		m.keeps = true;
		m.is_late = false;
		m.shows = IMPORT_SHOW_NOTHING;
		code = import_judge(&m, load, seq, serial);
		if (!code && command_flag(call, "plan")) {
			import_list(&m, load, seq, IMPORT_SHOW_FILE);
			import_tell(&m, load, true);
			return command_read_ended(call);
		}
		if (!code)
			code = import_write(&m);
		if (!code || !m.is_late)
			break;
	}
	if (code)
		return code;
	import_warn_late(&m);
	import_tell(&m, load, false);
	return CALL_OK;
}

/* The zone's serial after the entry; false: the zone was not there. */
static bool import_serial_at(struct call *call, const struct zone *zone, uint64_t seq,
			     uint32_t *serial)
{
	struct zone_at *at = zone_at_open(call->snapshot.txn, zone, seq);
	struct dns_name name;
	struct node node;
	struct node_rrset soa;
	struct node_record record;
	bool is_there = zone_at_next(at, &name, &node) && dns_name_equal(&name, &zone->apex) &&
			node_find(&node, DNS_TYPE_SOA, &soa);
	if (is_there) {
		struct bytes_in in = bytes_in_of(soa.records.data, soa.records.len);
		is_there = node_next_record(&in, &record);
		*serial = is_there ? dns_soa_serial(record.rdata) : 0;
	}
	zone_at_close(at);
	return is_there;
}

enum call_code import_merge_base(struct call *call, const struct zone *zone, bool *is_known)
{
	char shown[DNS_NAME_TEXT_MAX];
	uint64_t first, last, seq = command_number(call, "export-seq", 0);
	uint32_t serial = (uint32_t)command_number(call, "export-serial", 0), then = 0;
	*is_known = false;
	if (!json_object_get(call->args, "export-seq"))
		return command_flag(call, "merge")
			       ? call_fail(
					 call, CALL_USAGE,
					 "--merge is of a file that 'zone export' wrote, and that "
					 "has its line '; tenure export'")
			       : CALL_OK;
	journal_range(call->snapshot.txn, &first, &last);
	bool is_kept = seq + 1 >= first && seq <= last;
	*is_known = is_kept && import_serial_at(call, zone, seq, &then) && then == serial;
	if (*is_known || (seq + 1 >= first && !command_flag(call, "merge")) ||
	    (serial == zone_serial(call->snapshot.txn, zone) && !command_flag(call, "merge")))
		return CALL_OK;
	dns_name_show(&zone->apex, shown);
	if (seq + 1 < first)
		return call_fail(call, CALL_REFUSED,
				 "zone %s was exported at serial %u, has serial %u, and the log no "
				 "longer says what was registered between: edit a new export",
				 shown, serial, zone_serial(call->snapshot.txn, zone));
	return call_fail(call, CALL_REFUSED,
			 "the file is no export of zone %s as it is here: --merge needs one",
			 shown);
}

enum call_code import_merge_guard(struct call *call, const struct load *load,
				  const struct zone *zone)
{
	uint64_t first, last;
	bool is_plan = command_flag(call, "plan");
	struct import_merging m = {.call = call,
				   .zone = zone,
				   .shows = is_plan ? IMPORT_SHOW_FILE : IMPORT_SHOW_NOTHING};
	bool is_meant = command_flag(call, "replace") || command_flag(call, "yes");
	if (is_meant && !is_plan)
		return CALL_OK;
	journal_range(call->snapshot.txn, &first, &last);
	import_look(&m, load, last);
	if (!m.foreign || is_meant || is_plan)
		return command_read_ended(call);
	return call_fail(
		call, CALL_REFUSED,
		"%s that clients registered would be removed (%s%s), and the file does not "
		"say of which export it is: --replace says that this is meant, --plan shows "
		"them; --merge of an edited export keeps them",
		command_count(call, m.foreign, "record"), m.foreign_owner,
		m.foreign > 1 ? " and others" : "");
}
