/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Eras of the log. A new one begins when a clock that was ahead is set back: times go on from
 * there, and what the era before wrote by the clock that was ahead lies in the future, or among
 * times of the new one. Each era but the first is a row of decided state, put by the entry of the
 * step that begins it ("era-2" of STATE_SERVER):
 *
 *      began-at    when it began: the time of that entry; seconds
 *      seq         that entry
 *      left-seq    the first entry that the era before leaves behind: the step forward
 *      left-from   the times that it leaves behind; seconds
 *      left-to
 *
 * The last ERAS_MAX are kept. What an era that is older left behind is taken as it stands, which
 * keeps a record longer and not shorter.
 */
#include "journal/entry.h"

#define ERAS_MAX 32

struct era {
	uint32_t number; /* of the era that begins */
	uint64_t at, seq;
	uint64_t left_seq, left_from, left_to;
};

/* The newest first. */
struct eras {
	size_t count;
	struct era items[ERAS_MAX];
};

/* Any thread. */
void eras_read(struct store_txn *, struct eras *);
/* The same in the arena, for callers that need them often. Any thread. */
const struct eras *eras_load(struct store_txn *, struct arena *);

/* As the entry that began it says, whatever the row is now. False: the entry began none. Pure. */
bool era_of_entry(const struct entry *, struct era *);

/* For the entry that begins the era. The row of the oldest goes if there are too many. */
void era_put(struct state_edit *, const struct era *);

/*
 * What a time that entry `seq` left counts as: an era's end bounds the times of all entries before
 * it. For the entry's own time, and for what it stored (stamps): the one rule. Seconds, or
 * microseconds.
 */
uint64_t eras_count(const struct eras *, uint64_t seq, uint64_t seconds);
uint64_t eras_count_us(const struct eras *, uint64_t seq, uint64_t us);

/* Of the stamps from `*stamp` on, the first that an era may have left behind and that counts as
 * older than `before` then. False: there is none. */
bool eras_next_left(const struct eras *, uint64_t before, uint64_t *stamp);
