/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/history.h"
#include <assert.h>
#include <stdlib.h>

/* Entries between two marks. */
#define STRIDE 1024

void history_start(struct history *history, struct store_txn *txn, const struct dns_name *name,
		   uint64_t head)
{
	*history = (struct history){.txn = txn, .name = *name, .next = head};
}

/* The entry before this one in the chain; false: the entry does not hold the name. */
static bool previous_of(const struct history *history, uint64_t *previous)
{
	const struct entry *entry = &history->entry;
	for (size_t i = 0; i < entry->change_count; i++) {
		if (!dns_name_equal(&entry->changes[i].name, &history->name))
			continue;
		*previous = entry->changes[i].previous;
		return true;
	}
	return false;
}

static bool is_pruned(struct store_txn *txn, uint64_t seq)
{
	uint64_t first, last;
	journal_range(txn, &first, &last);
	return seq < first || first == 0;
}

bool history_back(struct history *history)
{
	uint64_t seq = history->next, previous;
	if (seq == 0 || history->txn->error)
		return false;
	arena_reset(&history->arena);
	history->next = 0;
	if (!journal_read(history->txn, seq, &history->entry, &history->arena)) {
		if (is_pruned(history->txn, seq))
			history->pruned = seq;
		else
			store_fail(history->txn, STORE_CORRUPT);
		return false;
	}
	/* A chain leads back, or it would never end. */
	if (!previous_of(history, &previous) || previous >= seq) {
		store_fail(history->txn, STORE_CORRUPT);
		return false;
	}
	history->next = previous;
	return true;
}

void history_end(struct history *history)
{
	arena_free(&history->arena);
}

struct marks {
	uint64_t *seqs; /* each STRIDE entries older than the one before it */
	size_t count, room;
};

static void add_mark(struct marks *marks, uint64_t seq)
{
	if (marks->count == marks->room) {
		marks->room = marks->room ? marks->room * 2 : 16;
		marks->seqs = realloc(marks->seqs, marks->room * sizeof(*marks->seqs));
		assert(marks->seqs);
	}
	marks->seqs[marks->count++] = seq;
}

/* Where a clock was set back, entries of other times lie between those of the span. */
static bool is_within(const struct entry *entry, const struct history_span *span)
{
	return entry->time_us >= span->since_us &&
	       (!span->until_us || entry->time_us <= span->until_us);
}

/* Marks from the newest entry of the span to the oldest. */
static uint64_t set_marks(struct history *history, const struct history_span *span,
			  struct marks *marks)
{
	size_t count = 0;
	while (history_back(history)) {
		if (history->entry.seq < span->first)
			return 0;
		if (is_within(&history->entry, span) && count++ % STRIDE == 0)
			add_mark(marks, history->entry.seq);
	}
	return history->pruned;
}

/* The entries from a mark back to the next one, given oldest first. */
static bool walk_stride(struct history *history, uint64_t mark, const struct history_span *span,
			history_each *each, void *context)
{
	uint64_t seqs[STRIDE];
	size_t count = 0;
	struct history back;
	bool goes_on = true;
	history_start(&back, history->txn, &history->name, mark);
	while (count < STRIDE && history_back(&back) && back.entry.seq >= span->first) {
		if (is_within(&back.entry, span))
			seqs[count++] = back.entry.seq;
	}
	while (goes_on && count-- > 0) {
		arena_reset(&back.arena);
		goes_on = journal_read(history->txn, seqs[count], &back.entry, &back.arena) &&
			  each(context, &back.entry);
	}
	history_end(&back);
	return goes_on;
}

uint64_t history_walk(struct store_txn *txn, const struct dns_name *name, uint64_t head,
		      const struct history_span *span, history_each *each, void *context)
{
	struct history history;
	struct marks marks = {0};
	history_start(&history, txn, name, head);
	uint64_t pruned = set_marks(&history, span, &marks);
	bool goes_on = true;
	while (goes_on && marks.count > 0)
		goes_on = walk_stride(&history, marks.seqs[--marks.count], span, each, context);
	free(marks.seqs);
	history_end(&history);
	return pruned;
}
