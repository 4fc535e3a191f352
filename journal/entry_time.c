/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/entry_time.h"
#include "journal/journal.h"
#include "journal/refusal_span.h"

/*
 * Under "log-time" in STORE_META: seq (8), time (8) and era (4) of the last entry, so that it need
 * not be read for each that follows. Of another seq, as after a log was followed from another
 * store, or absent: the entry itself is read.
 */
#define TIME_WORD "log-time"
#define TIME_LEN  20

enum entry_time_step entry_time_next(const struct entry_time *last, uint64_t before_us,
				     uint64_t wall_us, bool is_approved, struct entry_time *next)
{
	*next = (struct entry_time){last->us, last->era};
	if (wall_us >= last->us)
		next->us = wall_us;
	if (wall_us >= last->us || (last->us - wall_us <= ENTRY_TIME_SLACK_US && !is_approved))
		return ENTRY_TIME_GOES;
	if (!is_approved && (!before_us || wall_us + ENTRY_TIME_SLACK_US < before_us))
		return ENTRY_TIME_STANDS;
	/* The entries before the step forward are none of those that it leaves behind. */
	next->us = is_approved || wall_us > before_us ? wall_us : before_us;
	next->era++;
	return ENTRY_TIME_BEGINS;
}

static struct bytes entry_time_word(void)
{
	return bytes_of(TIME_WORD, strlen(TIME_WORD));
}

static void entry_time_note(struct store_txn *txn, uint64_t seq, const struct entry_time *time)
{
	uint8_t value[TIME_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof(value));
	bytes_out_u64(&out, seq);
	bytes_out_u64(&out, time->us);
	bytes_out_u32(&out, time->era);
	store_put(txn, STORE_META, entry_time_word(), bytes_of(value, sizeof(value)));
}

static struct entry_time entry_time_read(struct store_txn *txn, uint64_t seq)
{
	struct entry_time time = {.era = 1};
	struct arena arena = {0};
	struct entry entry;
	if (seq && journal_read(txn, seq, &entry, &arena)) {
		time.us = entry.time_us;
		time.era = entry.era ? entry.era : 1;
	}
	arena_free(&arena);
	return time;
}

struct entry_time entry_time_last(struct store_txn *txn)
{
	struct bytes value;
	uint64_t head = journal_head(txn).seq;
	if (!store_get(txn, STORE_META, entry_time_word(), &value))
		return entry_time_read(txn, head);
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t seq = bytes_in_u64(&in);
	struct entry_time time = {.us = bytes_in_u64(&in)};
	time.era = bytes_in_u32(&in);
	if (in.bad || bytes_in_left(&in)) {
		store_fail(txn, STORE_CORRUPT);
		return (struct entry_time){.era = 1};
	}
	return seq == head ? time : entry_time_read(txn, head);
}

uint64_t entry_time_now(struct store_txn *txn, uint64_t wall_us)
{
	struct entry_time last = entry_time_last(txn);
	return wall_us > last.us ? wall_us : last.us;
}

void entry_time_set(struct store_txn *txn, struct entry *entry)
{
	struct entry_time time = entry_time_last(txn);
	if (entry->time_us > time.us)
		time.us = entry->time_us;
	entry->time_us = time.us;
	entry->era = time.era;
	entry_time_note(txn, entry->seq, &time);
}

/* The time of the entry before it in its log, when that is of the same era. */
static uint64_t refusal_before_us(struct store_txn *txn, const struct entry *entry, uint32_t era)
{
	struct entry before;
	struct arena arena = {0};
	uint64_t us = 0;
	if (entry->seq > 1 && journal_log_read(txn, entry->log, entry->seq - 1, &before, &arena) &&
	    before.era == era)
		us = before.time_us;
	arena_free(&arena);
	return us;
}

void entry_time_set_late(struct store_txn *txn, struct entry *entry)
{
	struct entry_time last = entry_time_last(txn);
	/* Of its own log as well: a search by time relies on it. */
	uint64_t before_us = refusal_before_us(txn, entry, last.era);
	uint64_t latest_us = before_us > last.us ? before_us : last.us;
	if (latest_us > REFUSAL_LATE_US && entry->time_us < latest_us - REFUSAL_LATE_US)
		entry->time_us = latest_us;
	entry->era = last.era;
}

void entry_time_begin(struct store_txn *txn, uint64_t us)
{
	struct entry_time time = entry_time_last(txn);
	time.us = us;
	time.era++;
	entry_time_note(txn, journal_head(txn).seq, &time);
}
