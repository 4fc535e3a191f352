/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/*
 * Reverts in random histories: the deed does what its plan said and nothing else, each record that
 * was not in conflict is what it was before, and the log played again still makes the same zones.
 */
#include "dns/rdata.h"
#include "journal/dynamic.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "tests/unit/dump.h"
#include "tests/unit/random_history.h"
#include "zonedb/dynamic_count.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "zonedb/replay.h"
#include "zonedb/revert.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct tempzone t;

/* What a walk told, as lines. */
struct told {
	FILE *out;
	char *text;
	size_t len, conflicts;
};

static void told_open(struct told *told)
{
	*told = (struct told){0};
	told->out = open_memstream(&told->text, &told->len);
}

static void told_free(struct told *told)
{
	fclose(told->out);
	free(told->text);
}

static void tell_record(FILE *out, const struct dns_name *name, uint16_t type, struct bytes rdata)
{
	char shown[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX], data[70000];
	dns_rdata_print(type, rdata, data, sizeof data);
	fprintf(out, "%s %s %s", dns_name_show(name, shown), dns_type_print(type, word), data);
}

static void tell_change(void *context, const struct zone *zone, const struct change *c)
{
	struct told *told = context;
	const struct record_state *s = c->what == CHANGE_REMOVED ? &c->was : &c->is;
	fprintf(told->out, "%u %d ", zone->id, c->what);
	tell_record(told->out, &c->name, c->type, c->rdata);
	fprintf(told->out, " %u %s %llu %d\n", s->ttl, s->owner, (unsigned long long)s->stamp,
		s->class);
}

static void tell_conflict(void *context, const struct revert_conflict *c)
{
	struct told *told = context;
	told->conflicts += c->records;
	fprintf(told->out, "%u conflict ", c->zone->id);
	if (c->type)
		tell_record(told->out, c->name, c->type, c->rdata);
	fprintf(told->out, " %llu %llu %s %s\n", (unsigned long long)c->undoes,
		(unsigned long long)c->seq, c->by ? c->by : "-", c->text);
}

/* "conflict", or "1" for what came back. */
static bool is_told(const struct told *told, const char *what, const struct change *c)
{
	char *line, *found;
	size_t len;
	FILE *out = open_memstream(&line, &len);
	fprintf(out, " %s ", what);
	tell_record(out, &c->name, c->type, c->rdata);
	fclose(out);
	found = strstr(told->text, line);
	free(line);
	return found != NULL;
}

static uint64_t last_seq(void)
{
	uint64_t first, last;
	journal_range(&t.txn, &first, &last);
	return last;
}

/* Takes some of the log's entries: one, a run, or a principal's in a span. Returns how many. */
static size_t take_some(struct revert *revert, uint64_t *only)
{
	static const char *const who[] = {"key:a", "key:b", "local:root"};
	struct entry e;
	uint64_t last = last_seq(), span = 1 + random_pick(40);
	uint64_t from = last > span ? last - span : 1, to = last, run = 0;
	const char *principal = random_pick(2) ? "test" : NULL;
	const char *owner = random_pick(3) ? NULL : who[random_pick(3)];
	size_t count = 0;
	*only = 0;
	if (random_pick(2)) {
		*only = from = to = last - random_pick(last > 60 ? 60 : 1);
		principal = owner = NULL;
		cr_assert(journal_read(&t.txn, from, &e, &t.arena));
		run = e.run;
	}
	if (run) {
		struct run row;
		cr_assert(run_get(&t.txn, run, &row));
		from = row.first_seq;
		to = row.last_seq;
		*only = 0;
	}
	for (uint64_t seq = from; seq <= to; seq++) {
		cr_assert(journal_read(&t.txn, seq, &e, &t.arena));
		if (!e.has_zone || (run && e.run != run) ||
		    (principal && strcmp(e.principal, principal) != 0))
			continue;
		for (size_t i = 0; i < e.change_count; i++) {
			const struct change *c = &e.changes[i];
			const char *of = c->what == CHANGE_REMOVED ? c->was.owner : c->is.owner;
			if (owner && strcmp(of, owner) != 0)
				continue;
			cr_assert(revert_take(revert, &e, c));
			count++;
		}
	}
	if (owner)
		revert_take_parts(revert);
	return count;
}

static struct entry as_restore(uint64_t now)
{
	return (struct entry){.time_us = now * 1000000,
			      .kind = ENTRY_RESTORE,
			      .principal = "local:root",
			      .reason = "undoes something"};
}

static bool state_of(const struct change *c, struct node_rrset *rrset, struct node_record *record)
{
	struct node node;
	if (!lookup_node(&t.txn, &t.zone, &c->name, &node) || !node_find(&node, c->type, rrset))
		return false;
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	while (node_next_record(&in, record)) {
		if (dns_rdata_compare(c->type, record->rdata, c->rdata) == 0)
			return true;
	}
	return false;
}

/* Of one entry that was taken whole: what was not in conflict is as it was before the entry. */
static void expect_undone(uint64_t seq, const struct told *told)
{
	struct entry e;
	struct node_rrset rrset;
	struct node_record record;
	cr_assert(journal_read(&t.txn, seq, &e, &t.arena));
	if (e.zone_id != t.zone.id)
		return;
	for (size_t i = 0; i < e.change_count; i++) {
		const struct change *c = &e.changes[i];
		if (c->type == DNS_TYPE_SOA || is_told(told, "conflict", c))
			continue;
		bool is_there = state_of(c, &rrset, &record);
		cr_assert_eq(is_there, c->what != CHANGE_ADDED, "%llu", (unsigned long long)seq);
		if (!is_there)
			continue;
		cr_assert_eq(record.class, c->was.class);
		cr_assert_str_eq(principal_text(&t.txn, record.owner, &t.arena), c->was.owner);
		/* What had come back by itself is as it was but for its stamp. */
		if (c->what == CHANGE_REFRESHED || is_told(told, "1", c))
			cr_assert_eq(record.stamp, c->was.stamp);
	}
}

static bool has_server(void)
{
	struct node node;
	struct node_rrset rrset;
	return lookup_node(&t.txn, &t.zone, &t.zone.apex, &node) &&
	       node_find(&node, DNS_TYPE_NS, &rrset);
}

static void expect_whole(bool had_server)
{
	struct node node;
	struct node_rrset rrset;
	uint64_t dynamic = 0;
	cr_assert(zone_get(&t.txn, &t.zone.apex, &t.zone));
	cr_assert(lookup_node(&t.txn, &t.zone, &t.zone.apex, &node));
	cr_assert(node_find(&node, DNS_TYPE_SOA, &rrset) && rrset.count == 1);
	cr_assert(has_server() || !had_server, "the last name server stays");
	cr_assert(dynamic_count(&t.txn, t.zone.id, &dynamic));
	cr_assert_eq(dynamic, dynamic_count_zone(&t.txn, &t.zone));
	cr_assert_eq(t.txn.error, STORE_OK);
}

static void expect_same_result(const struct revert_result *plan, const struct revert_result *deed)
{
	cr_assert_eq(plan->added, deed->added);
	cr_assert_eq(plan->removed, deed->removed);
	cr_assert_eq(plan->altered, deed->altered);
	cr_assert_eq(plan->refreshed, deed->refreshed);
	cr_assert_eq(plan->conflicts, deed->conflicts);
	cr_assert_eq(plan->standing, deed->standing);
}

/* The deed, held against its plan. Returns its run. */
static uint64_t revert_some(struct revert *revert, uint64_t now, struct told *deed)
{
	struct told plan;
	struct revert_result planned, done;
	struct revert_listener listener = {tell_change, tell_conflict, &plan};
	struct entry as = as_restore(now);
	told_open(&plan);
	told_open(deed);
	uint64_t before = last_seq();
	uint32_t serial = zone_serial(&t.txn, &t.zone);
	char *was = dump_store(&t.txn);
	revert_plan(revert, &t.txn, &listener, &planned);
	char *is = dump_store(&t.txn);
	cr_assert_str_eq(was, is, "a plan writes nothing");
	cr_assert_eq(last_seq(), before);
	listener.context = deed;
	if (random_pick(2))
		revert_look(revert, &t.txn, random_pick(3), random_pick(20));
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	run_begin(&rows, RUN_REVERT, RUN_DONE, &as);
	revert_apply(revert, &t.txn, &as, &listener, &done);
	fflush(plan.out);
	fflush(deed->out);
	cr_assert_str_eq(plan.text, deed->text);
	expect_same_result(&planned, &done);
	uint64_t changes = done.added + done.removed + done.altered + done.refreshed;
	cr_assert_eq(changes > 0, last_seq() > before);
	cr_assert_eq(changes > 0, done.run != 0);
	cr_assert_leq(zone_serial(&t.txn, &t.zone) - serial, 1, "one step of the serial");
	cr_assert(done.added + done.removed == 0 || zone_serial(&t.txn, &t.zone) != serial);
	free(was);
	free(is);
	told_free(&plan);
	return done.run;
}

static void take_run(struct revert *revert, uint64_t run)
{
	struct run row;
	struct entry e;
	cr_assert(run_get(&t.txn, run, &row));
	cr_assert_eq(row.kind, RUN_REVERT);
	for (uint64_t seq = row.first_seq; seq <= row.last_seq; seq++) {
		cr_assert(journal_read(&t.txn, seq, &e, &t.arena));
		for (size_t i = 0; i < e.change_count; i++)
			cr_assert(revert_take(revert, &e, &e.changes[i]));
	}
}

/* Without the SOA, whose serial goes on. */
static char *dump_records(void)
{
	char *text = dump_zone(&t.txn, &t.zone), *out = malloc(strlen(text) + 1), *end = out;
	for (char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n") + 1;
		char *soa = strstr(line, " SOA ");
		if (soa && soa < next)
			continue;
		memcpy(end, line, (size_t)(next - line));
		end += next - line;
	}
	*end = 0;
	free(text);
	return out;
}

/* A revert of the revert leaves the zone as it was. */
static void revert_back(uint64_t run, uint64_t now, const char *before)
{
	struct told told;
	struct revert *revert = revert_open();
	take_run(revert, run);
	revert_some(revert, now, &told);
	char *after = dump_records();
	cr_assert_eq(told.conflicts, 0, "%s", told.text);
	cr_assert_str_eq(after, before);
	free(after);
	told_free(&told);
	revert_free(revert);
}

static void step_back(unsigned i)
{
	struct told told;
	uint64_t only, now = 1000000 + (uint64_t)i * 40000 + 1;
	struct revert *revert = revert_open();
	bool had_server = has_server();
	char *before = dump_records();
	if (take_some(revert, &only) > 0) {
		uint64_t run = revert_some(revert, now, &told);
		expect_whole(had_server);
		if (only)
			expect_undone(only, &told);
		/* A name server that came back would be the last. */
		if (run && had_server && random_pick(3) == 0)
			revert_back(run, now, before);
		told_free(&told);
	}
	free(before);
	revert_free(revert);
}

static void replay_all(void)
{
	struct tempstore other;
	struct store_txn txn;
	struct replay_fault fault;
	struct entry e;
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	tempzone_settle(&txn, "corp.example");
	for (uint64_t seq = 1; seq <= last_seq(); seq++) {
		cr_assert(journal_read(&t.txn, seq, &e, &t.arena));
		bool is_well = replay_next(&txn, &e, &fault);
		cr_assert(is_well, "seq %llu: %s", (unsigned long long)seq, fault.text);
		if (seq % 64 == 0)
			arena_reset(&t.arena);
	}
	char *original = dump_store(&t.txn), *copy = dump_store(&txn);
	cr_assert_str_eq(original, copy);
	free(original);
	free(copy);
	store_abort(&txn);
	tempstore_free(&other);
}

Test(revert, random_histories_are_taken_back_as_planned)
{
	const char *wanted = getenv("TENURE_STEPS");
	unsigned steps = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 700;
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < steps; i++) {
		random_step(&t, i);
		if (i > 3 && random_pick(3) == 0)
			step_back(i);
		arena_reset(&t.arena);
	}
	expect_whole(false);
	replay_all();
	tempzone_free(&t);
}

/* www's A was added first; then key:b added its text and removed it, again and again. */
static void toggle(unsigned times)
{
	static unsigned now = 2000;
	for (unsigned i = 0; i < times; i++, now++) {
		char script[100];
		snprintf(script, sizeof script, "%s TXT x%u", now % 2 ? "del www" : "add www 60",
			 now / 2 % 7);
		tempzone_run(&t, "key:b", now, script);
		arena_reset(&t.arena);
	}
}

static struct revert_result plan_told(struct revert *revert, struct told *told)
{
	struct revert_result planned;
	struct revert_listener listener = {tell_change, tell_conflict, told};
	told_open(told);
	revert_plan(revert, &t.txn, &listener, &planned);
	fflush(told->out);
	return planned;
}

Test(revert, a_long_history_is_read_once_and_not_in_the_writers_turn)
{
	struct entry e;
	struct told told, before;
	tempzone_open(&t, "corp.example");
	tempzone_run(&t, "key:a", 1000, "add www 60 A 10.0.0.1; add www 60 TXT x3");
	uint64_t first = last_seq();
	toggle(3000);
	struct revert *revert = revert_open();
	cr_assert(journal_read(&t.txn, first, &e, &t.arena));
	for (size_t i = 0; i < e.change_count; i++)
		cr_assert(revert_take(revert, &e, &e.changes[i]));
	revert_take_parts(revert);
	struct revert_result all = plan_told(revert, &before);
	cr_expect_geq(all.looked, 2500, "%llu", (unsigned long long)all.looked);
	revert_look(revert, &t.txn, 0, 100);
	struct revert_result known = plan_told(revert, &told);
	cr_expect_eq(known.looked, 0);
	cr_expect_str_eq(told.text, before.text, "it finds the same");
	told_free(&told);
	told_free(&before);
	toggle(7);
	known = plan_told(revert, &told);
	cr_expect_eq(known.looked, 7, "what came since");
	toggle(100);
	revert_look(revert, &t.txn, 0, 100);
	struct told later;
	known = plan_told(revert, &later);
	cr_expect_eq(known.looked, 0);
	told_free(&told);
	struct revert *other = revert_open();
	cr_assert(journal_read(&t.txn, first, &e, &t.arena));
	for (size_t i = 0; i < e.change_count; i++)
		cr_assert(revert_take(other, &e, &e.changes[i]));
	revert_take_parts(other);
	plan_told(other, &told);
	cr_expect_str_eq(told.text, later.text, "as if all had been read at once");
	told_free(&told);
	told_free(&later);
	revert_free(other);
	revert_free(revert);
	tempzone_free(&t);
}
