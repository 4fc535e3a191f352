/* SPDX-License-Identifier: BSD-2-Clause */
/* history, record show: what a name was. */
#include "admin/meant.h"
#include "admin/at.h"
#include "admin/history_rows.h"
#include "admin/scope.h"
#include "base/timeword.h"
#include "outbound/event.h"
#include "journal/history.h"
#include "journal/log_time.h"
#include "zonedb/lookup.h"
#include "zonedb/name_history.h"
#include "zonedb/note.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

/* --- moments */

static const char *history_time_of(struct call *call, uint64_t seq)
{
	char text[TIMEWORD_TEXT_MAX];
	struct entry entry;
	if (!journal_read(call->snapshot.txn, seq, &entry, &call->arena))
		return "?";
	time_print(entry.time_us / 1000000, text);
	return arena_text(&call->arena, text, strlen(text));
}

enum call_code command_log_reaches(struct call *call, uint64_t seq)
{
	uint64_t first, last;
	journal_range(call->snapshot.txn, &first, &last);
	if (seq >= first)
		return CALL_OK;
	return call_fail(call, CALL_FAILED,
			 "the log begins with entry %llu (%s): what was before it has been pruned",
			 (unsigned long long)first, history_time_of(call, first));
}

const char *command_log_extent(struct call *call)
{
	uint64_t first, last;
	journal_range(call->snapshot.txn, &first, &last);
	if (first <= 1)
		return "";
	return arena_print(&call->arena,
			   ", as far as the log goes back: it begins with entry %llu (%s)",
			   (unsigned long long)first, history_time_of(call, first));
}

static enum call_code zone_at_of_seq(struct call *call, const char *text, uint64_t *seq)
{
	uint64_t first, last;
	char *end;
	journal_range(call->snapshot.txn, &first, &last);
	*seq = strtoull(text, &end, 10);
	if (!*text || *end)
		return call_fail(call, CALL_USAGE, "at: 'seq:%s' is not the number of an entry",
				 text);
	if (*seq > last)
		return call_fail(call, CALL_NOT_FOUND, "at: the log ends with entry %llu",
				 (unsigned long long)last);
	struct entry entry;
	if (journal_read(call->snapshot.txn, *seq, &entry, &call->arena))
		call->then = entry.time_us / 1000000;
	return command_log_reaches(call, *seq + 1);
}

void command_say_time(struct call *call, const struct log_moment *moment)
{
	const char *text = log_time_say(moment, &call->arena);
	if (text)
		command_warn(call, 0, text);
}

enum call_code command_at_of(struct call *call, struct command_at *at)
{
	const char *text = command_text(call, "at");
	uint64_t when = 0, first, last;
	*at = (struct command_at){.is_given = text != NULL};
	if (text && strncmp(text, "seq:", 4) == 0)
		return zone_at_of_seq(call, text + 4, &at->seq);
	enum call_code code = command_time_of(call, "at", &when);
	if (code || !text)
		return code;
	struct log_moment moment;
	uint64_t now_us = command_time_us(call, call->snapshot.txn);
	bool is_to_come = when > now_us / 1000000;
	log_time_at(call->snapshot.txn, when * 1000000 + 999999, now_us, &moment);
	if (is_to_come && !moment.is_held)
		return call_fail(call, CALL_USAGE, "at: '%s' is still to come", text);
	if (is_to_come)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "'%s' is still to come: a clock that was ahead wrote it "
					 "into entries %" PRIu64 " to %" PRIu64,
					 text, moment.taken.first, moment.taken.last));
	at->seq = moment.seq;
	call->then = when;
	command_say_time(call, &moment);
	if (moment.is_known)
		return command_read_ended(call);
	journal_range(call->snapshot.txn, &first, &last);
	return command_log_reaches(call, first - 1);
}

enum call_code command_zone_then(struct call *call, const struct command_at *at, struct zone *zone)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name apex = dns_name_root();
	struct name_history_zone any = {0};
	enum call_code code = command_name_of(call, "zone", &apex);
	if (code || name_history_zone_at(call->snapshot.txn, &apex, at->seq, zone))
		return code;
	if (!name_history_next(call->snapshot.txn, &apex, &any) && !*command_log_extent(call))
		return command_zone_of(call, zone);
	return call_fail(call, CALL_NOT_FOUND, "there was no zone '%s' then%s",
			 dns_name_show(&apex, shown), command_log_extent(call));
}

/* --- record show */

struct shown {
	struct call *call;
	const struct zone *zone;
	const struct dns_name *name;
	uint16_t type; /* 0: all */
	uint64_t count;
};

static void history_show_node(struct shown *show, const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		struct command_record row = {show->zone, show->name, rrset.type,
					     rrset.ttl,  {0},        node};
		if (show->type && show->type != rrset.type)
			continue;
		while (node_next_record(&records, &row.record)) {
			command_row(show->call, command_record(show->call, &row));
			show->count++;
		}
	}
}

/* Of a name without records: what is noted of it. */
static void history_show_note(struct shown *show)
{
	struct call *call = show->call;
	const char *text = note_of_record(call->snapshot.txn, show->zone, show->name, show->type,
					  &call->row_arena);
	if (!text)
		return;
	json_t *row = json_object();
	json_object_set_new(row, "zone", command_name(&show->zone->apex));
	json_object_set_new(row, "name", command_name(show->name));
	json_object_set_new(row, "note", command_string(text));
	command_row(call, row);
	show->count++;
}

static enum call_code place_then(struct call *call, const struct command_at *at, struct zone *zone,
				 struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (command_text(call, "zone")) {
		enum call_code code = command_zone_then(call, at, zone);
		return code ? code : command_name_in(call, command_text(call, "name"), zone, name);
	}
	enum call_code code = command_name_of(call, "name", name);
	if (code || name_history_place_at(call->snapshot.txn, name, at->seq, zone))
		return code;
	return call_fail(call, CALL_NOT_FOUND, "'%s' was in no zone of this server then%s",
			 dns_name_show(name, shown), command_log_extent(call));
}

static enum call_code history_record_show(struct call *call)
{
	char text[DNS_NAME_TEXT_MAX];
	struct command_at at;
	struct zone zone;
	struct dns_name name = dns_name_root();
	struct node node;
	struct shown show = {.call = call, .zone = &zone, .name = &name};
	enum call_code code = command_at_of(call, &at);
	if (!code)
		code = at.is_given ? place_then(call, &at, &zone, &name)
				   : command_place_of(call, &zone, &name);
	if (!code)
		code = command_type_of(call, "type", &show.type);
	if (code)
		return code;
	bool is_there = at.is_given ? zone_at_node(call->snapshot.txn, &zone, &name, at.seq,
						   &call->arena, &node)
				    : lookup_node(call->snapshot.txn, &zone, &name, &node);
	if (is_there)
		history_show_node(&show, &node);
	else if (!at.is_given)
		history_show_note(&show);
	code = command_read_ended(call);
	if (!code && show.count == 0)
		code = call_fail(call, CALL_NOT_FOUND, "no such record %s at %s",
				 at.is_given ? "stood" : "stands", dns_name_show(&name, text));
	return code;
}

/* --- history */

struct story {
	struct call *call;
	struct dns_name name;
	bool is_gone; /* the peer */
	uint64_t events;
	struct history_span span;
	uint64_t pruned;
	struct history_rows rows;
	uint64_t *seqs; /* of zones whose times are mixed */
	size_t seq_count, seq_room;
};

static bool history_tell(void *context, const struct entry *entry)
{
	struct story *story = context;
	struct arena *arena = &story->call->row_arena;
	story->is_gone = !history_rows_tell(&story->rows, entry->seq);
	for (size_t i = 0; i < entry->change_count && !story->is_gone; i++) {
		if (!dns_name_equal(&entry->changes[i].name, &story->name))
			continue;
		json_t *event = event_json(entry, &entry->changes[i], arena);
		story->is_gone = !command_row(story->call, event);
		story->events++;
	}
	return !story->is_gone;
}

/* Seqs of several chains, to be told in one order. */
static bool history_gather(void *context, const struct entry *entry)
{
	struct story *story = context;
	if (story->seq_count == story->seq_room) {
		story->seq_room = story->seq_room ? 2 * story->seq_room : 64;
		story->seqs = realloc(story->seqs, story->seq_room * sizeof(*story->seqs));
		assert(story->seqs);
	}
	story->seqs[story->seq_count++] = entry->seq;
	return true;
}

static int history_compare_seqs(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

static void tell_gathered(struct story *story)
{
	struct arena arena = {0};
	struct entry entry;
	if (story->seq_count)
		qsort(story->seqs, story->seq_count, sizeof(*story->seqs), history_compare_seqs);
	for (size_t i = 0; i < story->seq_count && !story->is_gone; i++) {
		if (journal_read(story->call->snapshot.txn, story->seqs[i], &entry, &arena))
			history_tell(story, &entry);
		arena_reset(&arena);
	}
	arena_free(&arena);
	free(story->seqs);
}

/* Zones of a name follow each other by their numbers, but for one that came back after another. */
static bool is_in_turn(struct store_txn *txn, const struct dns_name *apex)
{
	struct name_history_zone at = {0};
	uint32_t last = 0;
	bool is = true;
	for (; name_history_next(txn, apex, &at); last = at.zone.id)
		is &= at.zone.id > last;
	return is;
}

/* Zones of that name, one after the other. */
static void tell_zones(struct story *story, const struct dns_name *apex)
{
	struct store_txn *txn = story->call->snapshot.txn;
	struct name_history_zone at = {0};
	history_each *each = is_in_turn(txn, apex) ? history_tell : history_gather;
	while (!story->is_gone && name_history_next(txn, apex, &at)) {
		uint64_t head = name_history_head(txn, &at.zone, &story->name);
		uint64_t pruned = history_walk(txn, &story->name, head, &story->span, each, story);
		if (pruned)
			story->pruned = pruned;
	}
	tell_gathered(story);
	if (!story->is_gone)
		story->is_gone = !history_rows_tell(&story->rows, UINT64_MAX);
	story->events += story->rows.events;
}

static bool has_past(struct call *call, const struct dns_name *apex, const struct dns_name *name)
{
	struct name_history_zone at = {0};
	while (name_history_next(call->snapshot.txn, apex, &at)) {
		if (name_history_head(call->snapshot.txn, &at.zone, name))
			return true;
	}
	return false;
}

/* Rows about the name; it may have been reserved and never have held a record. */
static void find_rows(struct story *story)
{
	story->rows = (struct history_rows){
		.call = story->call, .name = story->name, .span = &story->span};
	history_rows_find(&story->rows);
}

/* The closest zone, of now or of once, in which something was at the name. */
static enum call_code history_apex_of(struct call *call, struct story *story, struct dns_name *apex)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct name_history_zone any = {0};
	struct zone zone;
	*apex = dns_name_root();
	if (command_text(call, "zone")) {
		enum call_code code = command_name_of(call, "zone", apex);
		if (code)
			return code;
		if (!name_history_next(call->snapshot.txn, apex, &any))
			return command_zone_of(call, &zone);
		code = command_name_in(call, command_text(call, "name"), &any.zone, &story->name);
		if (!code)
			find_rows(story);
		return code;
	}
	enum call_code code = command_name_of(call, "name", &story->name);
	if (code)
		return code;
	find_rows(story);
	for (*apex = story->name;; *apex = dns_name_strip(apex, 1)) {
		if (scope_holds(call, apex) && has_past(call, apex, &story->name))
			return CALL_OK;
		if (apex->labels == 0)
			break;
	}
	*apex = story->rows.zone;
	code = command_read_ended(call);
	if (!code && !story->rows.has_zone && !zoneset_find(call->snapshot.zones, &story->name))
		return meant_no_zone_of(call, &story->name);
	return code || story->rows.has_zone
		       ? code
		       : call_fail(call, CALL_NOT_FOUND, "nothing was ever at %s%s",
				   dns_name_show(&story->name, shown), command_log_extent(call));
}

static enum call_code history_span_of(struct call *call, struct history_span *span)
{
	uint64_t since = 0, until = 0;
	enum call_code code = command_time_of(call, "since", &since);
	if (!code)
		code = command_time_of(call, "until", &until);
	span->since_us = since * 1000000;
	span->until_us = until ? until * 1000000 + 999999 : 0;
	if (code || (!since && !until))
		return code;
	struct log_span in_log;
	log_time_span(call->snapshot.txn, span->since_us, span->until_us, &in_log);
	span->first = in_log.first;
	const char *text = log_time_span_say(&in_log, &call->arena);
	if (text)
		command_warn(call, 0, text);
	return code;
}

static enum call_code admin_history(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name apex;
	struct story story = {.call = call};
	enum call_code code = history_span_of(call, &story.span);
	if (!code)
		code = history_apex_of(call, &story, &apex);
	if (!code) {
		history_rows_find_rules(&story.rows, &apex);
		tell_zones(&story, &apex);
		code = command_read_ended(call);
	}
	history_rows_end(&story.rows);
	if (code)
		return code;
	command_result(call, "events", json_integer((json_int_t)story.events));
	command_result(call, "pruned",
		       story.pruned ? json_integer((json_int_t)story.pruned) : json_null());
	if (story.pruned)
		command_say(call,
			    "what was before has been pruned from the log: the change before these "
			    "was entry %llu",
			    (unsigned long long)story.pruned);
	else if (story.events == 0 && !command_text(call, "since") && !command_text(call, "until"))
		return call_fail(call, CALL_NOT_FOUND, "nothing was ever at %s%s",
				 dns_name_show(&story.name, shown), command_log_extent(call));
	else if (story.events == 0)
		command_say(call, "nothing happened to %s in that time",
			    dns_name_show(&story.name, shown));
	return CALL_OK;
}

const struct command command_history_table[] = {
	{"history", admin_history, "name=s zone=s? since=s? until=s?"},
	{"record show", history_record_show, "name=s zone=s? type=s? at=s? ages=b?"},
	{0},
};
