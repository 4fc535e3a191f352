/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/log_time.h"
#include "base/timeword.h"
#include "journal/entry_time.h"
#include "journal/era.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define SECOND_US 1000000

struct stretches {
	struct store_txn *txn;
	struct arena arena;
	struct log_stretch *list; /* the oldest first */
	size_t count, room;
};

static struct entry stretch_entry(struct stretches *all, uint64_t seq)
{
	struct entry entry = {0};
	arena_reset(&all->arena);
	if (!all->txn->error && !journal_read(all->txn, seq, &entry, &all->arena))
		store_fail(all->txn, STORE_CORRUPT); /* a hole */
	return entry;
}

static struct entry_time stretch_read(struct stretches *all, uint64_t seq)
{
	struct entry entry = stretch_entry(all, seq);
	return (struct entry_time){entry.time_us, entry.era};
}

static struct log_stretch *stretch_add(struct stretches *all, uint64_t first, uint64_t last)
{
	struct entry_time from = stretch_read(all, first);
	if (all->count == all->room) {
		all->room = all->room ? 2 * all->room : 8;
		all->list = realloc(all->list, all->room * sizeof(*all->list));
		assert(all->list);
	}
	struct log_stretch *stretch = &all->list[all->count++];
	*stretch = (struct log_stretch){.first = first,
					.last = last,
					.first_us = from.us,
					.last_us = from.us,
					.era = from.era};
	return stretch;
}

/* The last entry, from `first` to `last`, that is of the first one's era. */
static uint64_t era_ends(struct stretches *all, uint64_t first, uint64_t last)
{
	uint32_t era = stretch_read(all, first).era;
	uint64_t low = first, high = last;
	while (low < high && !all->txn->error) {
		uint64_t middle = low + (high - low + 1) / 2;
		if (stretch_read(all, middle).era == era)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* A version without eras wrote refusals of one kind together, with the time of the first, which may
 * be far back where the clock was set forward meanwhile. */
static bool is_late_refusal(const struct entry *entry)
{
	return entry->era == 0 && entry->kind == ENTRY_DENIED;
}

/* Entries without eras. */
static void stretches_scan(struct stretches *all, uint64_t first, uint64_t last)
{
	struct log_stretch *stretch = stretch_add(all, first, last);
	for (uint64_t seq = first + 1; seq <= last && !all->txn->error; seq++) {
		struct entry entry = stretch_entry(all, seq);
		uint64_t us = entry.time_us;
		if (is_late_refusal(&entry))
			continue;
		if (us + ENTRY_TIME_SLACK_US < stretch->last_us) {
			stretch->last = seq - 1;
			stretch = stretch_add(all, seq, last);
		}
		if (us > stretch->last_us)
			stretch->last_us = us;
		if (us < stretch->first_us)
			stretch->first_us = us;
	}
}

/* `ends`: another era follows. The entry that begins that one says what was left behind. */
static void stretch_add_era(struct stretches *all, uint64_t first, uint64_t last, bool ends)
{
	struct era next = {0};
	if (ends) {
		struct entry step = stretch_entry(all, last + 1);
		era_of_entry(&step, &next);
	}
	if (next.left_seq > first && next.left_seq <= last) {
		uint64_t us = stretch_read(all, next.left_seq - 1).us;
		stretch_add(all, first, next.left_seq - 1)->last_us = us;
		first = next.left_seq;
	}
	uint64_t us = stretch_read(all, last).us;
	stretch_add(all, first, last)->last_us = us;
}

static void stretches_open(struct stretches *all, struct store_txn *txn)
{
	uint64_t first, last;
	*all = (struct stretches){.txn = txn};
	journal_range(txn, &first, &last);
	for (uint64_t seq = first; last && seq <= last && !txn->error;) {
		uint64_t end = era_ends(all, seq, last);
		if (stretch_read(all, seq).era)
			stretch_add_era(all, seq, end, end < last);
		else
			stretches_scan(all, seq, end);
		seq = end + 1;
	}
}

static void stretches_close(struct stretches *all)
{
	free(all->list);
	arena_free(&all->arena);
}

/* When the entry was written, as far as is known: its time, or that of the last one before it whose
 * time is not an earlier one's. */
static uint64_t stretch_written_us(struct stretches *all, const struct log_stretch *stretch,
				   uint64_t seq)
{
	struct entry entry = stretch_entry(all, seq);
	while (is_late_refusal(&entry) && seq > stretch->first)
		entry = stretch_entry(all, --seq);
	return entry.time_us;
}

/* Of a stretch: the first entry that is later; its last + 1: none is. */
static uint64_t stretch_behind(struct stretches *all, const struct log_stretch *stretch,
			       uint64_t time_us)
{
	uint64_t low = stretch->first, high = stretch->last + 1;
	while (low < high && !all->txn->error) {
		uint64_t middle = low + (high - low) / 2;
		if (stretch_written_us(all, stretch, middle) <= time_us)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void log_time_at(struct store_txn *txn, uint64_t time_us, uint64_t now_us, struct log_moment *at)
{
	struct stretches all;
	const struct log_stretch *latest = NULL;
	/* Times are asked for by the second: the present one is the last stretch's, to its end. */
	uint64_t present_us = now_us - now_us % SECOND_US + SECOND_US - 1;
	stretches_open(&all, txn);
	if (all.count && all.list[all.count - 1].last_us < present_us)
		all.list[all.count - 1].last_us = present_us;
	*at = (struct log_moment){.is_known = !all.count || all.list[0].first == 1};
	for (size_t i = all.count; i-- > 0;) {
		const struct log_stretch *stretch = &all.list[i];
		if (stretch->first_us > time_us)
			continue;
		if (!latest)
			latest = stretch;
		if (stretch->last_us < time_us)
			continue;
		if (!at->is_held)
			at->taken = *stretch;
		else if (at->others++ == 0)
			at->other = *stretch;
		at->is_held = true;
	}
	if (latest && !at->is_held)
		at->taken = *latest;
	if (latest) {
		at->is_known = true;
		at->seq = stretch_behind(&all, &at->taken, time_us) - 1;
	}
	stretches_close(&all);
}

static const char *stretch_era(const struct log_stretch *stretch, struct arena *arena)
{
	return stretch->era ? arena_print(arena, ", of era %" PRIu32 ",", stretch->era) : "";
}

const char *log_time_say(const struct log_moment *at, struct arena *arena)
{
	char from[TIMEWORD_TEXT_MAX], to[TIMEWORD_TEXT_MAX];
	if (!at->others)
		return NULL;
	time_print(at->other.first_us / 1000000, from);
	time_print(at->other.last_us / 1000000, to);
	return arena_print(arena,
			   "the clock was set back, so the log holds that time twice: the later is "
			   "taken, in the entries from %" PRIu64 " on%s and not in entries %" PRIu64
			   " to %" PRIu64 "%s written from %s to %s (seq:N names an entry)",
			   at->taken.first, stretch_era(&at->taken, arena), at->other.first,
			   at->other.last, stretch_era(&at->other, arena), from, to);
}

/* From the first of the stretch's entries that are of these times to behind the last. Without an
 * era each is looked at: a refusal is looked for by its own time, wherever it was written. */
static void stretch_span(struct stretches *all, const struct log_stretch *stretch,
			 const uint64_t span_us[2], uint64_t *from, uint64_t *behind)
{
	if (stretch->era) {
		*from = span_us[0] ? stretch_behind(all, stretch, span_us[0] - 1) : stretch->first;
		*behind = stretch_behind(all, stretch, span_us[1]);
		return;
	}
	*from = *behind = 0;
	for (uint64_t seq = stretch->first; seq <= stretch->last && !all->txn->error; seq++) {
		uint64_t us = stretch_read(all, seq).us;
		if (us < span_us[0] || us > span_us[1])
			continue;
		*from = *from ? *from : seq;
		*behind = seq + 1;
	}
}

void log_time_span(struct store_txn *txn, uint64_t since_us, uint64_t until_us,
		   struct log_span *span)
{
	struct stretches all;
	const struct log_stretch *before = NULL;
	const uint64_t span_us[2] = {since_us, until_us ? until_us : UINT64_MAX};
	stretches_open(&all, txn);
	*span = (struct log_span){.first = 1};
	for (size_t i = 0; i < all.count; i++) {
		const struct log_stretch *stretch = &all.list[i];
		uint64_t from, behind;
		stretch_span(&all, stretch, span_us, &from, &behind);
		if (from >= behind)
			continue;
		if (!span->last)
			span->first = from;
		span->last = behind - 1;
		if (before && before->last_us > stretch->first_us) {
			span->backs++;
			span->back_seq = stretch->first;
			span->era = stretch->era;
		}
		before = stretch;
	}
	stretches_close(&all);
}

const char *log_time_span_say(const struct log_span *span, struct arena *arena)
{
	if (!span->backs)
		return NULL;
	if (span->backs > 1)
		return arena_print(
			arena,
			"the clock was set back %zu times in these entries, the last time "
			"at entry %" PRIu64 ": each has the time that the clock showed",
			span->backs, span->back_seq);
	return arena_print(arena,
			   "the clock was set back at entry %" PRIu64
			   ": each entry has the time that the clock showed",
			   span->back_seq);
}
