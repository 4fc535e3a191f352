/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Searching the log by time. Where a clock was set back the same time stands at two places of the
 * log, so it is looked at as stretches in which time does not go back: an era, or two where a step
 * forward in it was taken back (journal/era.h). Entries of versions without eras are read one by
 * one, and each step back of more than 30 s begins a stretch; that costs as many reads as there are
 * such entries, until they are pruned.
 *
 * What time a search took is said: who answers an administrator passes the sentence on. Any thread;
 * errors stick to the transaction.
 */
#include "journal/journal.h"

/* Its entries, and the times between which it was written; microseconds. */
struct log_stretch {
	uint64_t first, last;
	uint64_t first_us, last_us;
	uint32_t era; /* 0: of a version without eras */
};

/* How the log stood at a time. */
struct log_moment {
	uint64_t seq;             /* the last entry by then; 0: none was */
	bool is_known;            /* false: what was there then has been pruned */
	bool is_held;             /* a stretch was being written at that time */
	struct log_stretch taken; /* where `seq` lies */
	struct log_stretch other; /* the next later one of those that hold the time too */
	size_t others;            /* how many do */
};

/*
 * The last entry that was written at `time_us` or before. Of several stretches that hold that time,
 * the last one is taken. `now_us` is the end of the stretch that is being written.
 */
void log_time_at(struct store_txn *, uint64_t time_us, uint64_t now_us, struct log_moment *);

/* What is to be said of it, in the arena; NULL: nothing, since no other stretch holds the time. */
const char *log_time_say(const struct log_moment *, struct arena *);

/* Which entries can have a time of a span. */
struct log_span {
	uint64_t first, last; /* first > last: none can */
	size_t backs;         /* how often the clock was set back between them */
	uint64_t back_seq;    /* the first entry after the last time that it was; 0: it never was */
	uint32_t era;         /* of that entry */
};
/* Both ends are within; 0: open. Between the first and the last there may be entries of other times
 * too: the caller looks. */
void log_time_span(struct store_txn *, uint64_t since_us, uint64_t until_us, struct log_span *);
/* The same sentence for a span. */
const char *log_time_span_say(const struct log_span *, struct arena *);
