/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Searching a log of refusals by time. A refusal may be written some time after it happened, so
 * within an era (journal/era.h) times are in order but for that; where the clock was set back the
 * next era begins, and each is searched. Any thread; errors stick to the transaction.
 */
#include "journal/log_time.h"

/* So much later than it happened a refusal is written at most; one whose time is earlier than that
 * was noted by a clock that is behind (journal/entry_time.h). */
#define REFUSAL_LATE_US 3600000000ull

/* The entries that can have a time of the span; both ends are within, 0: open. Between the first
 * and the last there may be others: the caller looks. Only `first` and `last` of the result are
 * set. */
void refusal_span(struct store_txn *, enum journal_log, uint64_t since_us, uint64_t until_us,
		  struct log_span *);
