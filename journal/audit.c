/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/audit.h"
#include "base/glob.h"
#include "journal/event.h"
#include "journal/event_rows.h"
#include "journal/log_scan.h"
#include "journal/run.h"
#include <stdlib.h>
#include <string.h>

struct walk {
	struct store_txn *txn;
	const struct audit_filter *filter;
	struct arena arena; /* one entry's */
	struct seq_set seqs;
	uint64_t first, last;
	uint64_t skip; /* events of the first entry that are beyond the limit */
};

static bool audit_is_by(const struct entry *e, const char *pattern)
{
	return (e->principal && glob_matches(pattern, e->principal)) ||
	       (e->acting && glob_matches(pattern, e->acting));
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
	const struct audit_event *event = event_of(e, c);
	char *end;
	unsigned long number = strtoul(wanted, &end, 10);
	if (*wanted && !*end)
		return number && number == event->windows_id;
	return strcmp(wanted, e->event ? e->event : event->name) == 0;
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

static bool read_entry(struct walk *walk, uint64_t seq, struct entry *e)
{
	arena_reset(&walk->arena);
	if (journal_read(walk->txn, seq, e, &walk->arena))
		return true;
	store_fail(walk->txn, STORE_CORRUPT); /* a hole */
	return false;
}

/* Narrows the walk to what the filter's times and seq can mean. */
static void audit_narrow(struct walk *walk)
{
	const struct audit_filter *f = walk->filter;
	if (walk->first <= f->after_seq)
		walk->first = f->after_seq + 1;
	struct run run;
	if (f->run && run_get(walk->txn, f->run, &run) && run.last_seq) {
		walk->first = run.first_seq > walk->first ? run.first_seq : walk->first;
		walk->last = run.last_seq < walk->last ? run.last_seq : walk->last;
	}
	if (!f->since_us && !f->until_us)
		return;
	struct log_span span;
	if (f->span)
		span = *f->span;
	else
		log_time_span(walk->txn, f->since_us, f->until_us, &span);
	walk->first = span.first > walk->first ? span.first : walk->first;
	walk->last = span.last < walk->last ? span.last : walk->last;
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
	struct entry e;
	for (uint64_t seq = walk->last; seq_set_to(&walk->seqs, seq, &seq) && seq >= walk->first;
	     seq--) {
		if (!read_entry(walk, seq, &e))
			return;
		count += count_wanted(&e, walk->filter);
		if (count < walk->filter->limit)
			continue;
		walk->first = seq;
		walk->skip = count - walk->filter->limit;
		return;
	}
}

static void emit_entry(struct walk *walk, const struct entry *e, audit_emit *emit, void *context)
{
	bool has_rows = false;
	if (!is_entry_wanted(e, walk->filter))
		return;
	for (size_t i = 0; i < event_count(e) && !has_enough(walk); i++) {
		const struct change *c = change_at(e, i);
		if (!audit_is_wanted(e, c, walk->filter))
			continue;
		if (walk->skip) {
			walk->skip--;
			continue;
		}
		json_t *event = event_json(e, c, &walk->arena);
		if (!has_rows)
			event_rows(event, e, EVENT_ROWS_LINE, &walk->arena);
		has_rows = true;
		emit(context, event);
		json_decref(event);
	}
}

void audit_walk(struct store_txn *txn, const struct audit_filter *filter, audit_emit *emit,
		void *context)
{
	struct walk walk = {.txn = txn, .filter = filter};
	struct entry e;
	journal_range(txn, &walk.first, &walk.last);
	if (!walk.last || txn->error)
		return;
	audit_narrow(&walk);
	walk.seqs = log_scan_of(txn, filter, walk.first, walk.last);
	if (filter->limit)
		audit_limit(&walk);
	for (uint64_t seq = walk.first;
	     !has_enough(&walk) && seq_set_from(&walk.seqs, seq, &seq) && seq <= walk.last; seq++) {
		if (!read_entry(&walk, seq, &e))
			break;
		emit_entry(&walk, &e, emit, context);
	}
	seq_set_end(&walk.seqs);
	arena_free(&walk.arena);
}

static void emit_whole(struct walk *walk, const struct entry *e, audit_emit *emit, void *context)
{
	json_t *object = entry_json(e, &walk->arena);
	emit(context, object);
	json_decref(object);
}

bool audit_export(struct store_txn *txn, const struct audit_filter *filter, uint64_t *seq,
		  uint64_t most, audit_emit *emit, void *context)
{
	struct walk walk = {.txn = txn, .filter = filter};
	struct entry e;
	bool is_next;
	journal_range(txn, &walk.first, &walk.last);
	if (!walk.last || txn->error)
		return false;
	audit_narrow(&walk);
	if (*seq < walk.first)
		*seq = walk.first;
	walk.seqs = log_scan_of(txn, filter, *seq, walk.last);
	while ((is_next = seq_set_from(&walk.seqs, *seq, seq) && *seq <= walk.last) && most-- > 0 &&
	       !has_enough(&walk) && read_entry(&walk, *seq, &e)) {
		if (count_wanted(&e, filter) > 0)
			emit_whole(&walk, &e, emit, context);
		++*seq;
	}
	seq_set_end(&walk.seqs);
	arena_free(&walk.arena);
	return is_next && !has_enough(&walk) && !txn->error;
}

/* The digest that an entry was chained to; all zero: it is the first of all. */
static void digest_before(struct store_txn *txn, uint64_t seq, uint8_t digest[DIGEST_LEN],
			  struct arena *arena)
{
	struct entry before;
	struct journal_link base = journal_base(txn);
	memset(digest, 0, DIGEST_LEN);
	if (seq == base.seq + 1)
		memcpy(digest, base.digest, DIGEST_LEN);
	else if (journal_read(txn, seq - 1, &before, arena))
		memcpy(digest, before.digest, DIGEST_LEN);
}

json_t *audit_entry(struct store_txn *txn, uint64_t seq)
{
	struct arena arena = {0};
	struct entry e;
	uint8_t digest[DIGEST_LEN];
	char hex[2 * DIGEST_LEN + 1];
	json_t *object = NULL;
	if (journal_read(txn, seq, &e, &arena)) {
		object = entry_json(&e, &arena);
		digest_before(txn, seq, digest, &arena);
		json_object_set_new(object, "previous_digest", json_string(event_hex(digest, hex)));
	}
	arena_free(&arena);
	return object;
}
