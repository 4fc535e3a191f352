/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/audit.h"
#include "base/glob.h"
#include "outbound/event.h"
#include "outbound/event_rows.h"
#include "journal/log_merge.h"
#include "outbound/log_scan.h"
#include "journal/refusal_span.h"
#include "journal/run.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct walk {
	/* `skip` of a lane: events of its first entry that are beyond the limit. */
	struct log_merge merge;
	const struct audit_filter *filter;
};

static bool audit_is_by(const struct entry *e, const char *pattern)
{
	return (e->principal && glob_matches(pattern, e->principal)) ||
	       (e->acting && glob_matches(pattern, e->acting));
}

/* A text without `*` may stand anywhere. */
static bool audit_has_text(const char *text, const char *wanted)
{
	return strchr(wanted, '*') ? glob_matches(wanted, text) : strstr(text, wanted) != NULL;
}

/* What the change is at, or the name that the subject begins with; false: there is none. */
static bool audit_name_of(const struct entry *e, const struct change *c, struct dns_name *name)
{
	if (!c)
		return index_name_of(e, name);
	*name = c->name;
	return true;
}

static bool is_at_name(const struct dns_name *name, const struct audit_filter *f)
{
	return (!f->has_name || dns_name_equal(name, &f->name)) &&
	       (!f->has_under || dns_name_under(name, &f->under));
}

static bool is_at(const struct entry *e, const struct change *c, const struct audit_filter *f)
{
	struct dns_name name;
	if (!f->has_name && !f->has_under)
		return true;
	for (const char *at = NULL; !c && e->names && index_name_next(e, &at, &name);)
		if (is_at_name(&name, f))
			return true;
	for (size_t row = 0; !c && index_row_next(e, &row, &name);)
		if (is_at_name(&name, f))
			return true;
	bool is_named = audit_name_of(e, c, &name);
	if (f->has_name && (!is_named || !dns_name_equal(&name, &f->name)))
		return false;
	if (!f->has_under || (is_named && dns_name_under(&name, &f->under)))
		return true;
	return !c && e->has_zone && dns_name_under(&e->zone, &f->under);
}

static bool is_event(const struct entry *e, const struct change *c, const char *wanted)
{
	char *end;
	unsigned long number = strtoul(wanted, &end, 10);
	if (*wanted && !*end)
		return number && number == event_kind_windows_id(event_of(e, c));
	return strcmp(wanted, event_word(e, c)) == 0;
}

/* What can be said of the whole entry. */
static bool is_entry_wanted(const struct entry *e, const struct audit_filter *f)
{
	if (f->denied_only && (e->kind != ENTRY_DENIED || e->rcode == 0))
		return false;
	if (f->has_zone && (!e->has_zone || !dns_name_equal(&e->zone, &f->zone)))
		return false;
	if (f->principal && !audit_is_by(e, f->principal))
		return false;
	if (f->person && !(e->person && glob_matches(f->person, e->person)))
		return false;
	if (f->comment && !(e->comment && audit_has_text(e->comment, f->comment)))
		return false;
	if (f->may_see && !f->may_see(f->context, e))
		return false;
	if (f->run && e->run != f->run)
		return false;
	if (f->has_source && (!e->source.len || !prefix_holds(&f->source, &e->source)))
		return false;
	return e->time_us >= f->since_us && (!f->until_us || e->time_us <= f->until_us);
}

static bool audit_is_wanted(const struct entry *e, const struct change *c,
			    const struct audit_filter *f)
{
	return is_at(e, c, f) && (!f->event || is_event(e, c, f->event));
}

static bool has_enough(const struct walk *walk)
{
	return walk->filter->has_enough && *walk->filter->has_enough;
}

static size_t event_count(const struct entry *e)
{
	return e->change_count ? e->change_count : 1;
}

static const struct change *change_at(const struct entry *e, size_t i)
{
	return e->change_count ? &e->changes[i] : NULL;
}

static bool audit_looks_at(const struct audit_filter *f, enum journal_log log)
{
	/* Runs change something. */
	return (!f->logs || (f->logs & AUDIT_LOG(log))) && (!f->run || log == JOURNAL_CHANGES);
}

/* Narrows a lane to what the filter's times and seq can mean. */
static void audit_narrow(struct walk *walk, struct log_merge_lane *lane)
{
	const struct audit_filter *f = walk->filter;
	if (lane->first <= f->after[lane->log])
		lane->first = f->after[lane->log] + 1;
	if (f->has_ends && lane->last > f->ends[lane->log])
		lane->last = f->ends[lane->log];
	struct run run;
	if (f->run && run_get(walk->merge.txn, f->run, &run) && run.last_seq) {
		lane->first = run.first_seq > lane->first ? run.first_seq : lane->first;
		lane->last = run.last_seq < lane->last ? run.last_seq : lane->last;
	}
	if (!f->since_us && !f->until_us)
		return;
	struct log_span span;
	if (lane->log != JOURNAL_CHANGES)
		refusal_span(walk->merge.txn, lane->log, f->since_us, f->until_us, &span);
	else if (f->span)
		span = *f->span;
	else
		log_time_span(walk->merge.txn, f->since_us, f->until_us, &span);
	lane->first = span.first > lane->first ? span.first : lane->first;
	lane->last = span.last < lane->last ? span.last : lane->last;
}

/* False: there is nothing to walk. */
static bool audit_open(struct walk *walk, struct store_txn *txn, const struct audit_filter *filter)
{
	*walk = (struct walk){.merge.txn = txn, .filter = filter};
	bool is_any = false;
	for (unsigned i = 0; i < JOURNAL_LOGS; i++) {
		struct log_merge_lane *lane = &walk->merge.lanes[i];
		lane->log = (enum journal_log)i;
		lane->seqs = seq_set_all(txn);
		if (audit_looks_at(filter, lane->log))
			journal_log_range(txn, lane->log, &lane->first, &lane->last);
		if (lane->last == 0) {
			lane->first = 1;
			continue;
		}
		audit_narrow(walk, lane);
		lane->seqs = log_scan_of(txn, filter, lane->log, lane->first, lane->last);
		is_any = true;
	}
	return is_any && !txn->error;
}

static void audit_close(struct walk *walk)
{
	log_merge_end(&walk->merge);
}

static uint64_t count_wanted(const struct entry *e, const struct audit_filter *f)
{
	uint64_t count = 0;
	if (!is_entry_wanted(e, f))
		return 0;
	for (size_t i = 0; i < event_count(e); i++)
		count += audit_is_wanted(e, change_at(e, i), f);
	return count;
}

/* Walks back until the limit is reached: the newest so many events begin there. */
static void audit_limit(struct walk *walk)
{
	uint64_t count = 0;
	struct log_merge_lane *lane = NULL;
	log_merge_begin(&walk->merge, LOG_MERGE_BACK);
	while (count < walk->filter->limit && (lane = log_merge_next(&walk->merge))) {
		count += count_wanted(&lane->entry, walk->filter);
		if (count < walk->filter->limit)
			log_merge_step(&walk->merge, lane);
	}
	if (!lane)
		return;
	/* What no lane came to is older than all that is shown. */
	lane->skip = count - walk->filter->limit;
	for (unsigned i = 0; i < JOURNAL_LOGS; i++) {
		struct log_merge_lane *one = &walk->merge.lanes[i];
		if (one == lane)
			one->first = one->entry.seq;
		else if (one->has_entry)
			one->first = one->entry.seq + 1;
	}
}

static void emit_entry(struct walk *walk, struct log_merge_lane *lane, audit_emit *emit,
		       void *context)
{
	bool has_rows = false;
	char digest[2 * DIGEST_LEN + 1];
	const struct entry *e = &lane->entry;
	if (!is_entry_wanted(e, walk->filter))
		return;
	for (size_t i = 0; i < event_count(e) && !has_enough(walk); i++) {
		const struct change *c = change_at(e, i);
		if (!audit_is_wanted(e, c, walk->filter))
			continue;
		if (lane->skip) {
			lane->skip--;
			continue;
		}
		json_t *event = event_json(e, c, &lane->arena);
		if (!has_rows)
			event_rows(event, e, EVENT_ROWS_LINE, &lane->arena);
		has_rows = true;
		if (walk->filter->has_digests)
			json_object_set_new(event, "digest",
					    json_string(event_hex(e->digest, digest)));
		emit(context, event);
		json_decref(event);
	}
}

void audit_walk(struct store_txn *txn, const struct audit_filter *filter, audit_emit *emit,
		void *context)
{
	struct walk walk;
	struct log_merge_lane *lane;
	if (audit_open(&walk, txn, filter)) {
		if (filter->limit)
			audit_limit(&walk);
		log_merge_begin(&walk.merge, LOG_MERGE_FORWARD);
		while (!has_enough(&walk) && (lane = log_merge_next(&walk.merge))) {
			emit_entry(&walk, lane, emit, context);
			log_merge_step(&walk.merge, lane);
		}
	}
	audit_close(&walk);
}

static void emit_whole(struct log_merge_lane *lane, audit_emit *emit, void *context)
{
	json_t *object = entry_json(&lane->entry, &lane->arena);
	emit(context, object);
	json_decref(object);
}

bool audit_export(struct store_txn *txn, struct audit_filter *filter, uint64_t most,
		  audit_emit *emit, void *context)
{
	struct walk walk;
	struct log_merge_lane *lane = NULL;
	if (audit_open(&walk, txn, filter)) {
		log_merge_begin(&walk.merge, LOG_MERGE_FORWARD);
		while (!has_enough(&walk) && (lane = log_merge_next(&walk.merge)) && most-- > 0) {
			if (count_wanted(&lane->entry, filter) > 0)
				emit_whole(lane, emit, context);
			filter->after[lane->log] = lane->entry.seq;
			log_merge_step(&walk.merge, lane);
		}
	}
	bool goes_on = lane && !has_enough(&walk) && !txn->error;
	audit_close(&walk);
	return goes_on;
}

/* The digest that an entry was chained to; all zero: it is the first of all. */
static void digest_before(struct store_txn *txn, struct journal_place at,
			  uint8_t digest[DIGEST_LEN], struct arena *arena)
{
	struct entry before;
	struct journal_link base = journal_log_base(txn, at.log);
	memset(digest, 0, DIGEST_LEN);
	if (at.seq == base.seq + 1)
		memcpy(digest, base.digest, DIGEST_LEN);
	else if (journal_log_read(txn, at.log, at.seq - 1, &before, arena))
		memcpy(digest, before.digest, DIGEST_LEN);
}

json_t *audit_entry(struct store_txn *txn, struct journal_place at)
{
	struct arena arena = {0};
	struct entry e;
	uint8_t digest[DIGEST_LEN];
	char hex[2 * DIGEST_LEN + 1];
	json_t *object = NULL;
	if (journal_log_read(txn, at.log, at.seq, &e, &arena)) {
		object = entry_json(&e, &arena);
		digest_before(txn, at, digest, &arena);
		json_object_set_new(object, "previous_digest", json_string(event_hex(digest, hex)));
	}
	arena_free(&arena);
	return object;
}

struct journal_place audit_place(const json_t *event)
{
	struct journal_place at = {
		.seq = (uint64_t)json_integer_value(json_object_get(event, "seq"))};
	const char *word = json_string_value(json_object_get(event, "log"));
	bool is_known = word && journal_log_parse(word, &at.log);
	assert(is_known);
	return at;
}
