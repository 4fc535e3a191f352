/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/log_merge.h"

/* The lane's next entry at or behind `seq`, in the way that the walk goes. */
static void lane_load(struct log_merge *merge, struct log_merge_lane *lane, uint64_t seq)
{
	bool is_forward = merge->way == LOG_MERGE_FORWARD;
	lane->has_entry = false;
	if (merge->txn->error || seq < lane->first || seq > lane->last)
		return;
	if (!(is_forward ? seq_set_from(&lane->seqs, seq, &seq)
			 : seq_set_to(&lane->seqs, seq, &seq)) ||
	    seq < lane->first || seq > lane->last)
		return;
	arena_reset(&lane->arena);
	lane->has_entry = journal_log_read(merge->txn, lane->log, seq, &lane->entry, &lane->arena);
	if (!lane->has_entry)
		store_fail(merge->txn, STORE_CORRUPT); /* a hole */
}

/* Where an entry stands beside the change log. */
static uint64_t lane_position(const struct log_merge_lane *lane)
{
	return lane->log == JOURNAL_CHANGES ? lane->entry.seq : lane->entry.changes_seq;
}

static bool lane_is_before(const struct log_merge_lane *a, const struct log_merge_lane *b)
{
	if (a->entry.era != b->entry.era)
		return a->entry.era < b->entry.era;
	if (a->entry.time_us != b->entry.time_us)
		return a->entry.time_us < b->entry.time_us;
	if (lane_position(a) != lane_position(b))
		return lane_position(a) < lane_position(b);
	return a->log < b->log;
}

void log_merge_begin(struct log_merge *merge, enum log_merge_way way)
{
	merge->way = way;
	for (unsigned i = 0; i < JOURNAL_LOGS; i++) {
		struct log_merge_lane *lane = &merge->lanes[i];
		lane_load(merge, lane, way == LOG_MERGE_FORWARD ? lane->first : lane->last);
	}
}

struct log_merge_lane *log_merge_next(struct log_merge *merge)
{
	struct log_merge_lane *next = NULL;
	for (unsigned i = 0; i < JOURNAL_LOGS && !merge->txn->error; i++) {
		struct log_merge_lane *lane = &merge->lanes[i];
		if (!lane->has_entry)
			continue;
		bool is_before = next && lane_is_before(lane, next);
		if (!next || is_before == (merge->way == LOG_MERGE_FORWARD))
			next = lane;
	}
	return merge->txn->error ? NULL : next;
}

void log_merge_step(struct log_merge *merge, struct log_merge_lane *lane)
{
	uint64_t seq = lane->entry.seq;
	lane->has_entry = false;
	if (merge->way == LOG_MERGE_FORWARD)
		lane_load(merge, lane, seq + 1);
	else if (seq > 0)
		lane_load(merge, lane, seq - 1);
}

void log_merge_end(struct log_merge *merge)
{
	for (unsigned i = 0; i < JOURNAL_LOGS; i++) {
		seq_set_end(&merge->lanes[i].seqs);
		arena_free(&merge->lanes[i].arena);
	}
}
