/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The state of the server's clock: whether it may be ahead of the right time, and the time that can
 * be trusted. It is the row "clock" of decided state (journal/state_server.h), times in seconds:
 *
 *      jumped-at        when it was set forward by more than outage-grace: scavenging waits
 *      ahead            by how much it may be ahead of the right time
 *      ahead-until      from then on it is taken as right
 *      before-at        the time before it went ahead
 *      since-at         the first time that it can have shown since
 *      left-seq         the first entry that can have been written by it
 *      stands           the log's time, in microseconds, when the clock was found to be behind it
 *      step-from-at     what the clock showed before the last step
 *      step-to-at       and after it
 *
 * A clock may be ahead when it was set forward, or when it shows at a start that the server was
 * down for long: nothing tells an outage from a clock that is wrong. What an age decides that
 * cannot be taken back, the pruning of the log and the end of what the bin keeps, is judged by the
 * time without that, until an administrator approves or the clock went on for a refresh window. If
 * it is set back before that, a new era begins (journal/entry_time.h).
 */
#include "journal/state.h"

struct clock_state {
	uint64_t jumped_at;          /* 0: it was not, or that was approved */
	uint64_t ahead, ahead_until; /* 0: it is right */
	uint64_t before_at, since_at, left_seq;
	uint64_t stands; /* microseconds; 0: it never was behind */
	uint64_t step_from_at, step_to_at;
};

struct clock_state clock_state_get(struct store_txn *);
/* For an entry of the log. */
void clock_state_put(struct state_edit *, const struct clock_state *);

/* It shows `now`, `seconds` more (or less) than it should: taken as right after `window`. */
void clock_state_step(struct clock_state *, uint64_t now, int64_t seconds, uint64_t window);
/* By how much it may be ahead now. */
uint64_t clock_state_ahead(const struct clock_state *, uint64_t now);
/* The time before the step forward that nobody approved yet; 0: there is none. */
uint64_t clock_state_before(const struct clock_state *, uint64_t now);
/* It is right, whatever was before. */
void clock_state_settle(struct clock_state *);

/*
 * The time that may be believed when the clock shows `now_us`: without what it may be ahead. A
 * clock that is far from the time when the server was last seen alive (journal/local.h) was not
 * looked at yet, and is not believed: then it is that time.
 */
uint64_t clock_state_believed_us(struct store_txn *, uint64_t now_us);
