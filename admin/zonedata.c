/* SPDX-License-Identifier: BSD-2-Clause */
/* zone import, export, check: whole zones in and out. */
#include "admin/at.h"
#include "admin/import_merge.h"
#include "admin/load_receive.h"
#include "admin/name_server.h"
#include "admin/scope.h"
#include "admin/speaking.h"
#include "base/timeword.h"
#include "dns/export_line.h"
#include "dns/name_odd.h"
#include "dns/rdata.h"
#include "dns/records.h"
#include "dns/zonefile.h"
#include "journal/index.h"
#include "journal/journal.h"
#include "scavenger/plan.h"
#include "zonedb/lookup.h"
#include "zonedb/note.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include <stdio.h>
#include <stdlib.h>

#define EXPORT_PIECE (256 * 1024) /* text is sent when so much of it is there */
#define COMMENT_MAX  (ENTRY_PRINCIPAL_MAX + 128)

static enum call_code zonedata_wrong_record(struct call *call, uint32_t mark, const char *problem)
{
	command_result(call, "mark", json_integer(mark));
	return call_fail(call, CALL_FAILED, "%s", problem);
}

enum call_code command_load_receive(struct call *call, struct load *load)
{
	struct load_receipt receipt = {
		.load = load, .now = clock_now(&call->core->clock), .owner = "anonymous"};
	enum call_code code = CALL_OK;
	struct bytes body;
	if (command_text(call, "owner"))
		code = command_owner_of(call, "owner", &receipt.owner);
	/* The records may be long in coming: no old pages are held meanwhile. */
	snapshot_rest(&call->snapshot);
	/* After an error the rest is still taken, so that the peer comes to read the answer. */
	while (call->read && call->read(call, &body))
		if (!code)
			code = load_receipt_take(call, &receipt, body);
	if (call->is_cut)
		return call_fail(call, CALL_USAGE, "the records ended before their end");
	if (!code && receipt.futures)
		command_warn(call, receipt.first_future,
			     arena_print(&call->arena,
					 "%llu record%s stamped in the future: now is what counts",
					 (unsigned long long)receipt.futures,
					 receipt.futures == 1 ? " is" : "s are"));
	if (!code && receipt.derived)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%llu derived record%s of the file left out: the server "
					 "makes what there is to be made",
					 (unsigned long long)receipt.derived,
					 receipt.derived == 1 ? " is" : "s are"));
	if (!code && receipt.aging)
		command_result(call, "aging_records", json_integer((json_int_t)receipt.aging));
	return code;
}

enum call_code command_load_check(struct call *call, struct load *load)
{
	unsigned mark = 0;
	const char *problem = load_check(load, &mark, command_warn, call);
	return problem ? zonedata_wrong_record(call, mark, problem) : CALL_OK;
}

void command_load_apply(struct call *call, struct store_txn *txn, struct load *load,
			struct zone *zone, struct load_result *result)
{
	struct entry entry = command_entry(call, ENTRY_IMPORT, txn, zone);
	struct edit_author author = command_author(call, txn);
	load_apply(load, txn, zone, &author, &entry, result);
}

struct import {
	struct load *load;
	struct load_result result;
};

static enum call_code import_work(struct call *call, struct store_txn *txn, void *context)
{
	struct import *import = context;
	struct zone zone;
	enum call_code code = command_zone_in(call, txn, &zone);
	store_spare_reserve(txn); /* it may add any amount */
	if (!code)
		command_load_apply(call, txn, import->load, &zone, &import->result);
	return code;
}

static void tell_import(struct call *call, const struct zone *zone, const struct load_result *r)
{
	char shown[DNS_NAME_TEXT_MAX];
	command_result(call, "zone", command_name(&zone->apex));
	command_result(call, "records", json_integer((json_int_t)r->records));
	command_result(call, "names", json_integer((json_int_t)r->names));
	command_result(call, "added", json_integer((json_int_t)r->added));
	command_result(call, "removed", json_integer((json_int_t)r->removed));
	command_result(call, "altered", json_integer((json_int_t)r->altered));
	command_result(call, "serial_before", json_integer(r->serial_before));
	command_result(call, "serial", json_integer(r->serial_after));
	command_say(call,
		    "zone %s: %s at %s (%zu added, %zu removed, %zu altered), serial %u -> %u",
		    dns_name_show(&zone->apex, shown), command_count(call, r->records, "record"),
		    command_count(call, r->names, "name"), r->added, r->removed, r->altered,
		    r->serial_before, r->serial_after);
}

static bool zonedata_count_only(void *context, const struct plan_item *item)
{
	(void)context;
	(void)item;
	return true;
}

/* Old ages in a zone that ages: said before the next run does it. */
static void zonedata_warn_of_stale(struct call *call)
{
	struct zone zone;
	if (command_zone_of(call, &zone) || !zone.is_aging)
		return;
	struct age_windows windows = {zone.no_refresh, zone.refresh};
	struct plan_count stale =
		plan_walk(call->snapshot.txn, &zone, clock_now(&call->core->clock), &windows,
			  zonedata_count_only, NULL);
	if (stale.records)
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    "%llu record%s stale by now, and would go with the next run: "
				    "'scavenge plan' lists them",
				    (unsigned long long)stale.records,
				    stale.records == 1 ? " is" : "s are"));
}

static enum call_code zonedata_plan(struct call *call, const struct load *load,
				    const struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct load_result r;
	load_plan(load, call->snapshot.txn, zone, &r);
	command_result(call, "zone", command_name(&zone->apex));
	command_result(call, "records", json_integer((json_int_t)r.records));
	command_result(call, "names", json_integer((json_int_t)r.names));
	command_result(call, "added", json_integer((json_int_t)r.added));
	command_result(call, "removed", json_integer((json_int_t)r.removed));
	command_result(call, "altered", json_integer((json_int_t)r.altered));
	command_say(call,
		    "zone %s: would hold %s at %s (%zu would be added, %zu removed, %zu altered); "
		    "nothing was changed",
		    dns_name_show(&zone->apex, shown), command_count(call, r.records, "record"),
		    command_count(call, r.names, "name"), r.added, r.removed, r.altered);
	return command_read_ended(call);
}

/* A file that says nothing of an export, or of one that is not of this zone as it is here. */
static enum call_code zonedata_replace(struct call *call, struct import *import,
				       const struct zone *zone)
{
	enum call_code code = import_merge_guard(call, import->load, zone);
	if (code)
		return code;
	if (command_flag(call, "plan"))
		return zonedata_plan(call, import->load, zone);
	code = import_is_long(call, import->load, zone)
		       ? import_replace(call, import->load, zone, &import->result)
		       : command_write(call, import_work, import);
	if (!code)
		tell_import(call, zone, &import->result);
	return code;
}

static enum call_code zonedata_zone_import(struct call *call)
{
	struct zone zone;
	bool is_known = false;
	enum call_code code = command_zone_of(call, &zone);
	if (code)
		return code;
	struct import import = {.load = load_open(&zone.apex)};
	code = command_load_receive(call, import.load);
	if (!code)
		code = command_load_check(call, import.load);
	/* It rested while the records came. */
	if (!code && !snapshot_renew(&call->snapshot))
		code = command_read_ended(call);
	if (!code)
		code = import_merge_base(call, &zone, &is_known);
	if (!code)
		code = is_known ? import_merge(call, import.load, &zone)
				: zonedata_replace(call, &import, &zone);
	if (!code && !command_flag(call, "plan"))
		zonedata_warn_of_stale(call);
	if (!code && !command_flag(call, "plan"))
		command_covered_warn(call, &zone.apex);
	load_free(import.load);
	return code;
}

/* Text on its way out: a stream in memory that is sent piece by piece. */
struct export
{
	struct call *call;
	FILE *file;
	char *text;
	size_t len;
	bool is_gone;
	uint64_t records;
};

/* Frames are below FRAME_MAX; a single record's text is, too. */
static void send_text(struct export *export, size_t at_least)
{
	fflush(export->file);
	long len = ftell(export->file);
	if (len < 0 || (size_t)len < at_least)
		return;
	for (size_t at = 0; at < (size_t)len && !export->is_gone; at += EXPORT_PIECE) {
		size_t n = (size_t)len - at < EXPORT_PIECE ? (size_t)len - at : EXPORT_PIECE;
		struct call *call = export->call;
		if (call->write && !call->write(call, bytes_of(export->text + at, n)))
			export->is_gone = true;
	}
	rewind(export->file);
}

/* A note as a comment of a line of its own. What is no text, since a tool wrote it, ends no line.
 */
static void zonedata_write_note(struct export *export, const struct dns_name *name, uint16_t type,
				const char *text)
{
	char shown[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX];
	fprintf(export->file, "; note of %s.%s%s: ", dns_name_show(name, shown), type ? " " : "",
		type ? dns_type_print(type, word) : "");
	for (; *text; text++) {
		uint8_t byte = (uint8_t)*text;
		if (byte < 0x20 || byte == 0x7f)
			fprintf(export->file, "\\%03u", byte);
		else
			fputc(byte, export->file);
	}
	fputc('\n', export->file);
}

/* All of them in front of the records: a name may have one and no records. */
static void zonedata_write_notes(struct export *export, const struct zone *zone)
{
	struct call *call = export->call;
	struct note_walk walk;
	uint16_t type;
	const char *text;
	note_walk_from(&walk, call->snapshot.txn, zone);
	while (!export->is_gone && note_next(&walk, &type, &call->row_arena, &text)) {
		zonedata_write_note(export, &walk.name, type, text);
		arena_reset(&call->row_arena);
		send_text(export, EXPORT_PIECE);
	}
	note_walk_end(&walk);
}

static void zonedata_write_rrset(struct export *export, const struct dns_name *name,
				 const struct node_rrset *rrset)
{
	struct call *call = export->call;
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	while (node_next_record(&in, &record)) {
		char comment[COMMENT_MAX], stamp[TIMEWORD_TEXT_MAX];
		time_print(record.stamp, stamp);
		snprintf(comment, sizeof(comment), "tenure owner=%s stamp=%s class=%s",
			 principal_text(call->snapshot.txn, record.owner, &call->row_arena), stamp,
			 record_class_name(record.class));
		if (!dns_zonefile_write(export->file, name, rrset->type, rrset->ttl, record.rdata,
					comment))
			export->is_gone = true;
		export->records++;
	}
	arena_reset(&call->row_arena);
}

static void zonedata_write_node(struct export *export, const struct dns_name *name,
				const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&in, &rrset))
		if (rrset.type != DNS_TYPE_SOA)
			zonedata_write_rrset(export, name, &rrset);
	if (ftell(export->file) >= EXPORT_PIECE)
		send_text(export, EXPORT_PIECE);
}

/* Of what it is an export: the zone's serial and its last entry up to `seq`. */
static void write_export_line(struct export *export, const struct zone *zone, uint32_t serial,
			      uint64_t seq)
{
	struct export_line line = {.zone = zone->apex, .serial = serial};
	struct index_piece piece;
	if (index_piece_to(export->call->snapshot.txn, JOURNAL_CHANGES, zone->id, seq, &piece))
		for (size_t i = 0; i < piece.count && piece.seqs[i] <= seq; i++)
			line.seq = piece.seqs[i];
	export_line_write(export->file, &line);
}

static void write_zone(struct export *export, const struct zone *zone)
{
	struct store_txn *txn = export->call->snapshot.txn;
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset soa;
	write_export_line(export, zone, zone_serial(txn, zone), UINT64_MAX);
	if (lookup_node(txn, zone, &zone->apex, &node) && node_find(&node, DNS_TYPE_SOA, &soa))
		zonedata_write_rrset(export, &zone->apex, &soa);
	zonedata_write_notes(export, zone);
	walk_from(&walk, txn, zone, &zone->apex);
	while (!export->is_gone && walk_next(&walk, &name, &node))
		zonedata_write_node(export, &name, &node);
	walk_end(&walk);
	send_text(export, 0);
}

static uint32_t serial_of(const struct node_rrset *soa)
{
	struct bytes_in in = bytes_in_of(soa->records.data, soa->records.len);
	struct node_record record;
	return node_next_record(&in, &record) ? dns_soa_serial(record.rdata) : 0;
}

/* The zone as it was; the apex comes first. Returns the serial of then. */
static uint32_t write_zone_at(struct export *export, const struct zone *zone, uint64_t seq)
{
	struct zone_at *at = zone_at_open(export->call->snapshot.txn, zone, seq);
	struct dns_name name;
	struct node node;
	struct node_rrset soa;
	uint32_t serial = 0;
	while (!export->is_gone && zone_at_next(at, &name, &node)) {
		if (dns_name_equal(&name, &zone->apex) && node_find(&node, DNS_TYPE_SOA, &soa)) {
			serial = serial_of(&soa);
			write_export_line(export, zone, serial, seq);
			zonedata_write_rrset(export, &name, &soa);
		}
		zonedata_write_node(export, &name, &node);
	}
	zone_at_close(at);
	send_text(export, 0);
	return serial;
}

static enum call_code zonedata_zone_export(struct call *call)
{
	struct zone zone;
	struct command_at at;
	uint32_t serial;
	enum call_code code = command_at_of(call, &at);
	if (!code)
		code = at.is_given ? command_zone_then(call, &at, &zone)
				   : command_zone_of(call, &zone);
	if (code)
		return code;
	struct export export = {.call = call};
	export.file = open_memstream(&export.text, &export.len);
	if (!export.file)
		return call_fail(call, CALL_FAILED, "no memory for the export");
	if (at.is_given) {
		serial = write_zone_at(&export, &zone, at.seq);
	} else {
		write_zone(&export, &zone);
		serial = zone_serial(call->snapshot.txn, &zone);
	}
	fclose(export.file);
	free(export.text);
	if (export.is_gone)
		return call_fail(call, CALL_FAILED, "the export was cut off");
	command_result(call, "zone", command_name(&zone.apex));
	command_result(call, "records", json_integer((json_int_t) export.records));
	command_result(call, "serial", json_integer(serial));
	return command_read_ended(call);
}

/* --- zone check: what a stored zone should not hold, and what a file would bring */

struct check {
	struct call *call;
	const struct zone *zone;
	uint64_t warnings;
};

static void warn_about(struct check *check, const struct dns_name *name, const char *text)
{
	json_t *row = json_object();
	json_object_set_new(row, "level", json_string("warning"));
	json_object_set_new(row, "name", command_name(name));
	json_object_set_new(row, "text", command_string(text));
	check->warnings++;
	command_row(check->call, row);
}

/* Whether a host of ours has an address; hosts elsewhere are not ours to judge. */
static bool lacks_address(struct check *check, const struct dns_name *host)
{
	struct call *call = check->call;
	const struct zone *zone = zoneset_find(call->snapshot.zones, host);
	struct node node;
	struct node_rrset rrset;
	struct lookup found;
	if (!zone || !scope_holds(call, &zone->apex))
		return false;
	if (lookup_node(call->snapshot.txn, zone, host, &node) &&
	    (node_find(&node, DNS_TYPE_A, &rrset) || node_find(&node, DNS_TYPE_AAAA, &rrset)))
		return false;
	lookup(call->snapshot.txn, zone, host, DNS_TYPE_A, &found);
	if (found.kind == LOOKUP_DELEGATION)
		return dns_name_under(host, &found.at) && zone->id == check->zone->id;
	if (found.kind == LOOKUP_NODATA)
		lookup(call->snapshot.txn, zone, host, DNS_TYPE_AAAA, &found);
	return found.kind == LOOKUP_NODATA || found.kind == LOOKUP_NXDOMAIN;
}

static bool leads_nowhere(struct check *check, const struct dns_name *target)
{
	const struct zone *zone = zoneset_find(check->call->snapshot.zones, target);
	struct lookup found;
	if (!zone || !scope_holds(check->call, &zone->apex))
		return false;
	lookup(check->call->snapshot.txn, zone, target, DNS_TYPE_ANY, &found);
	return found.kind == LOOKUP_NXDOMAIN;
}

/* The SOA's first name, where a final dot seems to be missing. */
static void zonedata_check_soa(struct check *check, const struct dns_name *name, struct bytes rdata)
{
	char text[DNS_NAME_TEXT_MAX + 64], shown[DNS_NAME_TEXT_MAX];
	struct dns_soa soa;
	if (!dns_soa_unpack(rdata, &soa) || !dns_name_lacks_dot(&soa.mname, &check->zone->apex) ||
	    !lacks_address(check, &soa.mname))
		return;
	snprintf(text, sizeof(text), "SOA: %s has no address: is a final dot missing?",
		 dns_name_show(&soa.mname, shown));
	warn_about(check, name, text);
}

static void zonedata_check_name(struct check *check, const struct dns_name *name)
{
	char text[80];
	const char *odd = dns_name_odd(name);
	if (!odd)
		return;
	snprintf(text, sizeof(text), "the name %s: no resolver asks for it", odd);
	warn_about(check, name, text);
}

static void zonedata_check_record(struct check *check, const struct dns_name *name, uint16_t type,
				  struct bytes rdata)
{
	char text[DNS_NAME_TEXT_MAX + 64], shown[DNS_NAME_TEXT_MAX];
	struct dns_name target;
	if (type == DNS_TYPE_SOA) {
		zonedata_check_soa(check, name, rdata);
		return;
	}
	if (type == DNS_TYPE_CNAME) {
		if (!dns_rdata_name(type, rdata, &target) || !leads_nowhere(check, &target))
			return;
		snprintf(text, sizeof(text), "CNAME to %s, which does not exist",
			 dns_name_show(&target, shown));
	} else {
		if (!dns_rdata_target(type, rdata, &target) || target.labels == 0 ||
		    !lacks_address(check, &target))
			return;
		bool is_cut = type == DNS_TYPE_NS && !dns_name_equal(name, &check->zone->apex);
		snprintf(text, sizeof(text), "%s %s has no address",
			 is_cut && dns_name_under(&target, name) ? "delegation without glue:"
			 : type == DNS_TYPE_NS                   ? "name server"
								 : "target",
			 dns_name_show(&target, shown));
	}
	warn_about(check, name, text);
}

static void zonedata_check_server(struct check *check, const struct dns_name *name,
				  struct bytes rdata)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name host;
	if (!dns_rdata_name(DNS_TYPE_NS, rdata, &host))
		return;
	const char *owner = command_server_owner(check->call, &host);
	if (!owner && command_server_is_free(check->call, &host))
		warn_about(check, name,
			   arena_print(&check->call->row_arena,
				       "the name of the name server %s is free, and who claims it "
				       "chooses where it leads (`owner reserve`)",
				       dns_name_show(&host, shown)));
	if (owner)
		warn_about(check, name,
			   arena_print(&check->call->row_arena,
				       "the address of the name server %s is owned by %s, who can "
				       "change where it leads",
				       dns_name_show(&host, shown), owner));
}

static void zonedata_check_child(void *context, const struct dns_name *child, const char *text)
{
	warn_about(context, child, text);
}

static void zonedata_check_speaking(struct check *check, const struct dns_name *name,
				    const struct node *node)
{
	const char *owner = command_speaking_owner(check->call, check->zone, name, node);
	if (owner)
		warn_about(check, name,
			   arena_print(&check->call->row_arena,
				       "records of %s, who has nothing at the host that the name "
				       "speaks for",
				       owner));
}

static void check_node(struct check *check, const struct dns_name *name, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	zonedata_check_name(check, name);
	zonedata_check_speaking(check, name, node);
	while (node_walk_next(&walk, &record)) {
		zonedata_check_record(check, name, walk.rrset.type, record.rdata);
		if (walk.rrset.type == DNS_TYPE_NS)
			zonedata_check_server(check, name, record.rdata);
	}
}

static enum call_code zonedata_check_stored(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone;
	struct walk walk;
	struct dns_name name;
	struct node node;
	enum call_code code = command_zone_of(call, &zone);
	if (code)
		return code;
	struct check check = {.call = call, .zone = &zone};
	walk_from(&walk, call->snapshot.txn, &zone, &zone.apex);
	while (walk_next(&walk, &name, &node))
		check_node(&check, &name, &node);
	walk_end(&walk);
	command_check_children(call, &zone, zonedata_check_child, &check);
	command_check_named(call, &zone, zonedata_check_child, &check);
	uint64_t advice = command_advise(call, &zone);
	command_result(call, "warnings", json_integer((json_int_t)check.warnings));
	command_result(call, "advice", json_integer((json_int_t)advice));
	command_say(call, "zone %s: %llu warning%s%s", dns_name_show(&zone.apex, shown),
		    (unsigned long long)check.warnings, check.warnings == 1 ? "" : "s",
		    advice ? ", and advice about aging" : "");
	return command_read_ended(call);
}

/* The records of a file, which go nowhere. */
static enum call_code check_sent(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name apex = dns_name_root();
	enum call_code code = command_name_of(call, "zone", &apex);
	if (code)
		return code;
	struct load *load = load_open(&apex);
	code = command_load_receive(call, load);
	if (!code)
		code = command_load_check(call, load);
	if (!code) {
		command_result(call, "records", json_integer((json_int_t)load_count(load)));
		command_say(call, "zone %s: %s can be imported", dns_name_show(&apex, shown),
			    command_count(call, load_count(load), "record"));
	}
	load_free(load);
	return code;
}

static enum call_code zonedata_zone_check(struct call *call)
{
	return command_flag(call, "has-records") ? check_sent(call) : zonedata_check_stored(call);
}

const struct command command_zonedata_table[] = {
	{"zone import", zonedata_zone_import,
	 "zone=s owner=s? plan=b? yes=b? merge=b? replace=b? export-serial=i? export-seq=i?"},
	{"zone export", zonedata_zone_export, "zone=s at=s?"},
	{"zone check", zonedata_zone_check, "zone=s owner=s? has-records=b?"},
	{0},
};
