/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/timeword.h"
#include "nameserver/refusal.h"
#include "dns/rdata.h"
#include "outbound/audit.h"
#include "journal/log_merge.h"
#include "journal/run.h"
#include "scavenger/plan.h"
#include "tests/scenarios/scenario.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include <inttypes.h>

static void append(char *out, size_t cap, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *out, size_t cap, const char *format, ...)
{
	va_list arguments;
	size_t len = strlen(out);
	va_start(arguments, format);
	vsnprintf(out + len, cap - len, format, arguments);
	va_end(arguments);
}

static void append_rdata(uint16_t type, struct bytes rdata, char *out, size_t cap)
{
	size_t len = strlen(out);
	dns_rdata_print(type, rdata, out + len, cap - len);
}

static struct store_txn *look_begin(struct scenario *scenario)
{
	dispatcher_begin(&scenario->dispatcher);
	return scenario->dispatcher.snapshot.txn;
}

static void look_end(struct scenario *scenario)
{
	dispatcher_end(&scenario->dispatcher);
}

static void append_record(struct scenario *scenario, const struct node_rrset *rrset,
			  const struct node_record *record, char *out, size_t cap)
{
	char type[DNS_TYPE_TEXT_MAX], time[TIMEWORD_TEXT_MAX];
	time_print(record->stamp, time);
	append(out, cap, "%s%s %u ", *out ? "; " : "", dns_type_print(rrset->type, type),
	       rrset->ttl);
	append_rdata(rrset->type, record->rdata, out, cap);
	append(out, cap, " %s %s %s%s",
	       principal_text(scenario->dispatcher.snapshot.txn, record->owner, &scenario->arena),
	       time, record_class_name(record->class), record->is_guest ? " guest" : "");
	if (record->window) {
		struct record_windows windows =
			record_window_get(scenario->dispatcher.snapshot.txn, record->window);
		struct window window = {true, windows.no_refresh, windows.refresh};
		char text[WINDOW_TEXT_MAX];
		append(out, cap, " %s", window_print(&window, text));
	}
}

/* records NAME [TYPE]: each record with TTL, data, owner, stamp, class, whether it is a guest, and
 * its window class. */
void look_records(struct scenario *scenario, char *words, char *out, size_t cap)
{
	struct dns_name name = word_name(scenario, word_next(&words));
	char *type = word_next(&words);
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	*out = 0;
	if (lookup_node(look_begin(scenario), &zone, &name, &node)) {
		struct bytes_in rrsets = bytes_in_of(node.rrsets.data, node.rrsets.len);
		while (node_next_rrset(&rrsets, &rrset)) {
			if (*type && word_type(scenario, type) != rrset.type)
				continue;
			struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
			while (node_next_record(&in, &record))
				append_record(scenario, &rrset, &record, out, cap);
		}
	}
	look_end(scenario);
	if (!*out)
		append(out, cap, "nothing");
}

void look_serial(struct scenario *scenario, char *words, char *out, size_t cap)
{
	char *text = word_next(&words);
	struct dns_name apex = *text ? word_name(scenario, text) : *scenario_zone(scenario);
	struct zone zone = setup_zone_now(scenario, &apex);
	snprintf(out, cap, "%u", zone_serial(look_begin(scenario), &zone));
	look_end(scenario);
}

/* The last scavenging run of the last zone: how it stands, and its counts. */
void look_run(struct scenario *scenario, char *words, char *out, size_t cap)
{
	(void)words;
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	struct store_txn *txn = look_begin(scenario);
	struct run run;
	out[0] = 0;
	if (!run_get(txn, run_last(txn, zone.id), &run))
		append(out, cap, "none");
	else
		append(out, cap, "%s %" PRIu64 " stale %" PRIu64 " removed %" PRIu64 " skipped",
		       run_state_name(run.state), run.stale, run.removed, run.skipped);
	look_end(scenario);
}

/* Why the last zone would not be scavenged: every condition that fails. */
void look_holds(struct scenario *scenario, char *words, char *out, size_t cap)
{
	(void)words;
	struct zone zone = setup_zone_now(scenario, scenario_zone(scenario));
	unsigned holds = plan_holds(look_begin(scenario), &zone, scenario->now);
	out[0] = 0;
	for (unsigned hold = 1; hold < PLAN_HOLDS; hold++) {
		if (holds & PLAN_BIT(hold))
			append(out, cap, "%s%s", out[0] ? " " : "", plan_hold_word(hold));
	}
	if (!holds)
		append(out, cap, "none");
	look_end(scenario);
}

static void wait_for_notes(struct scenario *scenario)
{
	refusals_wait(scenario->core);
}

/* The newest entry, or the newest of a kind, of the three logs. */
static bool entry_find(struct scenario *scenario, const char *kind, struct entry *entry)
{
	struct log_merge merge = {.txn = look_begin(scenario)};
	struct log_merge_lane *lane;
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		lane = &merge.lanes[log];
		lane->log = (enum journal_log)log;
		lane->seqs = seq_set_all(merge.txn);
		journal_log_range(merge.txn, lane->log, &lane->first, &lane->last);
	}
	log_merge_begin(&merge, LOG_MERGE_BACK);
	while ((lane = log_merge_next(&merge)) && kind &&
	       strcmp(entry_kind_name(lane->entry.kind), kind) != 0)
		log_merge_step(&merge, lane);
	bool is_found = lane && journal_log_read(merge.txn, lane->log, lane->entry.seq, entry,
						 &scenario->arena);
	log_merge_end(&merge);
	return is_found;
}

static void append_change(const struct change *change, char *out, size_t cap)
{
	static const char marks[] = {
		[CHANGE_ADDED] = '+',
		[CHANGE_REMOVED] = '-',
		[CHANGE_ALTERED] = '~',
		[CHANGE_REFRESHED] = '^',
	};
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	const struct record_state *state =
		change->what == CHANGE_REMOVED ? &change->was : &change->is;
	append(out, cap, " %c%s %u %s ", marks[change->what], dns_name_show(&change->name, name),
	       state->ttl, dns_type_print(change->type, type));
	append_rdata(change->type, change->rdata, out, cap);
}

/* log last [KIND]: "update by key:x 1->2 +pc1.corp.example 300 A 10.0.0.1" */
void look_log(struct scenario *scenario, char *words, char *out, size_t cap)
{
	struct entry entry;
	wait_for_notes(scenario);
	char *which = word_next(&words), *kind = word_next(&words);
	if (strcmp(which, "last") != 0)
		scenario_fail(scenario, "log last [KIND]");
	if (!entry_find(scenario, *kind ? kind : NULL, &entry)) {
		snprintf(out, cap, "nothing");
	} else {
		snprintf(out, cap, "%s by %s %u->%u", entry_kind_name(entry.kind), entry.principal,
			 entry.serial_before, entry.serial_after);
		for (size_t i = 0; i < entry.change_count; i++)
			append_change(&entry.changes[i], out, cap);
		if (entry.reason)
			append(out, cap, " (%s)", entry.reason);
		if (entry.folded)
			append(out, cap, " folded=%u", entry.folded);
	}
	look_end(scenario);
}

/* How many prerequisites are packed there. */
static unsigned prerequisites_count(struct scenario *scenario, struct bytes packed)
{
	unsigned count = 0;
	struct bytes_in in = bytes_in_of(packed.data, packed.len);
	for (; bytes_in_left(&in) > 0; count++) {
		for (uint8_t label; (label = bytes_in_u8(&in)) > 0 && !in.bad;)
			bytes_in_take(&in, label);
		bytes_in_take(&in, 2 + 2); /* type, class */
		bytes_in_take(&in, bytes_in_u16(&in));
		if (in.bad)
			scenario_fail(scenario, "broken prerequisites in the log");
	}
	return count;
}

/* decision last [KIND]: "foreign owner=key:a rule=line 1: deny ... prerequisites=1" */
void look_decision(struct scenario *scenario, char *words, char *out, size_t cap)
{
	struct entry entry;
	wait_for_notes(scenario);
	char *which = word_next(&words), *kind = word_next(&words);
	if (strcmp(which, "last") != 0)
		scenario_fail(scenario, "decision last [KIND]");
	*out = 0;
	if (!entry_find(scenario, *kind ? kind : NULL, &entry)) {
		append(out, cap, "nothing");
	} else {
		append(out, cap, "%s", entry.code ? entry.code : "none");
		if (entry.owner)
			append(out, cap, " owner=%s", entry.owner);
		if (entry.rule)
			append(out, cap, " rule=%s", entry.rule);
		if (entry.prerequisites.len > 0)
			append(out, cap, " prerequisites=%u",
			       prerequisites_count(scenario, entry.prerequisites));
	}
	look_end(scenario);
}

/* The last event is kept: events come oldest first. */
static void keep(void *context, json_t *event)
{
	json_t **last = context;
	json_decref(*last);
	*last = json_incref(event);
}

static const char *text_of(const json_t *event, const char *member)
{
	const char *text = json_string_value(json_object_get(event, member));
	return text ? text : "";
}

static void append_event(const json_t *event, char *out, size_t cap)
{
	const char *name = text_of(event, "name"), *subject = text_of(event, "subject");
	int len = (int)(*name ? strlen(name) : strcspn(subject, " "));
	append(out, cap, "%s %.*s by %s", text_of(event, "event"), len, *name ? name : subject,
	       text_of(event, "principal"));
	if (*text_of(event, "reason"))
		append(out, cap, ": %s", text_of(event, "reason"));
	json_int_t folded = json_integer_value(json_object_get(event, "folded"));
	if (folded)
		append(out, cap, " (and %lld more)", (long long)folded);
}

/* audit last: "update-denied pc1.corp.example by key:x: owned by key:y", the newest event. */
void look_audit(struct scenario *scenario, char *words, char *out, size_t cap)
{
	struct audit_filter filter = {.limit = 1};
	json_t *last = NULL;
	wait_for_notes(scenario);
	if (strcmp(word_next(&words), "last") != 0)
		scenario_fail(scenario, "audit last");
	audit_walk(look_begin(scenario), &filter, keep, &last);
	look_end(scenario);
	*out = 0;
	if (last)
		append_event(last, out, cap);
	else
		append(out, cap, "nothing");
	json_decref(last);
}

void look_stat(struct scenario *scenario, char *words, char *out, size_t cap)
{
	char *name = word_next(&words);
	for (int i = 0; i < STATS_COUNT; i++) {
		if (strcmp(stats_name((enum stats_counter)i), name) != 0)
			continue;
		snprintf(out, cap, "%llu",
			 (unsigned long long)stats_get(&scenario->core->stats,
						       (enum stats_counter)i));
		return;
	}
	scenario_fail(scenario, "no counter '%s'", name);
}

/* How often something was written to disk since the core started. */
void look_commits(struct scenario *scenario, char *words, char *out, size_t cap)
{
	(void)words;
	struct writer_stats stats;
	writer_stats(scenario->core->writer, &stats);
	snprintf(out, cap, "%llu", (unsigned long long)stats.commits);
}
