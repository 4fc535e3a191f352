/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The time that an entry of the log gets, and its era. Within an era time never goes back.
 *
 *      the wall clock shows                      the entry's time
 *      the last entry's, or later                what it shows
 *      up to 30 s before the last entry's        the last entry's
 *      still earlier, and an unapproved step
 *        forward is taken back by that           what it shows, in a new era
 *      still earlier otherwise                   the last entry's, until the clock passes it, or
 *                                                an administrator says that the clock is right
 *
 * The first two are journal_append's doing. The last two are steps of the clock, which are entries
 * of their own (scavenger/clock_watch.h): journal_append itself never begins an era, it lets time
 * stand. The first entry of a log is of era 1; 0 stands in entries of versions without eras, whose
 * times may go back (journal/log_time.h).
 *
 * What an entry stores besides its own time (a stamp, say) must be of that time: jobs of the writer
 * ask entry_time_now for theirs.
 */
#include "journal/entry.h"
#include "store/store.h"

/* So far back a clock may go without that being a step: it is being put right. */
#define ENTRY_TIME_SLACK_US 30000000ull

/* What is known when an entry is to be written; microseconds. */
struct entry_time {
	uint64_t us;
	uint32_t era;
};

enum entry_time_step {
	ENTRY_TIME_GOES,   /* no step back */
	ENTRY_TIME_STANDS, /* the clock is behind, and is not believed */
	ENTRY_TIME_BEGINS, /* a new era begins */
};

/*
 * The rule. `last` is the last entry's, `before_us` the log's time before a step forward that
 * nobody approved (0: there was none); `is_approved` if somebody says that the wall clock is right.
 * Pure.
 */
enum entry_time_step entry_time_next(const struct entry_time *last, uint64_t before_us,
				     uint64_t wall_us, bool is_approved, struct entry_time *next);

/* The last entry's; 0 and era 1: there is none. Any thread. */
struct entry_time entry_time_last(struct store_txn *);

/* The time of an entry that is written when the wall clock shows so much, if no step is noted
 * before. */
uint64_t entry_time_now(struct store_txn *, uint64_t wall_us);

/* For journal_append: gives the entry, which has its seq, its time and era, from `time_us` as the
 * wall clock's. */
void entry_time_set(struct store_txn *, struct entry *);
/* The same for an entry of a log of refusals. It may be written some time after it happened, and
 * keeps its time, unless that is so much earlier than the last of the change log or of its own
 * (REFUSAL_LATE_US) that the clock is behind, or went forward meanwhile: then it gets that one. */
void entry_time_set_late(struct store_txn *, struct entry *);
/* The next entry is the first of a new era, and no earlier than this. For the entry of the step.
 * Writer's thread. */
void entry_time_begin(struct store_txn *, uint64_t us);
