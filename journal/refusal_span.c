/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/refusal_span.h"
#include "journal/entry_time.h"

struct span_search {
	struct store_txn *txn;
	enum journal_log log;
	struct arena arena;
};

static struct entry_time span_read(struct span_search *search, uint64_t seq)
{
	struct entry entry = {0};
	arena_reset(&search->arena);
	if (!search->txn->error &&
	    !journal_log_read(search->txn, search->log, seq, &entry, &search->arena))
		store_fail(search->txn, STORE_CORRUPT); /* a hole */
	return (struct entry_time){entry.time_us, entry.era};
}

/* The last entry, from `first` to `last`, that is of the first one's era. */
static uint64_t span_era_end(struct span_search *search, uint64_t first, uint64_t last)
{
	uint32_t era = span_read(search, first).era;
	while (first < last && !search->txn->error) {
		uint64_t middle = first + (last - first + 1) / 2;
		if (span_read(search, middle).era == era)
			first = middle;
		else
			last = middle - 1;
	}
	return first;
}

/* Of one era: the first entry at or after the time, as far as they are in order; last + 1: none. */
static uint64_t span_first_at(struct span_search *search, uint64_t first, uint64_t last,
			      uint64_t time_us)
{
	uint64_t end = last + 1;
	while (first < end && !search->txn->error) {
		uint64_t middle = first + (end - first) / 2;
		if (span_read(search, middle).us < time_us)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

void refusal_span(struct store_txn *txn, enum journal_log log, uint64_t since_us, uint64_t until_us,
		  struct log_span *span)
{
	struct span_search search = {.txn = txn, .log = log};
	uint64_t first, last;
	uint64_t since = since_us > REFUSAL_LATE_US ? since_us - REFUSAL_LATE_US : 0;
	bool is_open = !until_us || until_us >= UINT64_MAX - REFUSAL_LATE_US;
	journal_log_range(txn, log, &first, &last);
	*span = (struct log_span){.first = 1};
	for (uint64_t seq = first; last && seq <= last && !txn->error;) {
		uint64_t end = span_era_end(&search, seq, last);
		uint64_t from = since ? span_first_at(&search, seq, end, since) : seq;
		uint64_t behind =
			is_open ? end + 1
				: span_first_at(&search, seq, end, until_us + REFUSAL_LATE_US + 1);
		if (from < behind) {
			span->first = span->last ? span->first : from;
			span->last = behind - 1;
		}
		seq = end + 1;
	}
	arena_free(&search.arena);
}
