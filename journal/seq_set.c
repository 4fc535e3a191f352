/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/seq_set.h"
#include <assert.h>
#include <stdlib.h>

struct seq_set seq_set_all(struct store_txn *txn)
{
	return (struct seq_set){.txn = txn};
}

struct seq_set seq_set_of_zones(struct store_txn *txn, const uint32_t *ids, size_t count)
{
	assert(count <= SEQ_SET_ZONES_MAX);
	struct seq_set seqs = {.txn = txn, .is_zones = true, .lane_count = count};
	seqs.lanes = calloc(count + 1, sizeof *seqs.lanes);
	assert(seqs.lanes);
	for (size_t i = 0; i < count; i++)
		seqs.lanes[i].zone_id = ids[i];
	return seqs;
}

static int seq_set_compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

struct seq_set seq_set_of_list(struct store_txn *txn, uint64_t *list, size_t count)
{
	struct seq_set seqs = {.txn = txn, .is_list = true, .list = list};
	if (count)
		qsort(list, count, sizeof *list, seq_set_compare);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || list[i] != list[i - 1])
			list[seqs.list_count++] = list[i];
	}
	return seqs;
}

void seq_set_end(struct seq_set *seqs)
{
	free(seqs->lanes);
	free(seqs->list);
	*seqs = (struct seq_set){0};
}

/* How many of an ascending list are below `at`. */
static size_t count_below(const uint64_t *list, size_t count, uint64_t at)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool list_from(const uint64_t *list, size_t count, uint64_t at, uint64_t *seq)
{
	size_t i = count_below(list, count, at);
	if (i == count)
		return false;
	*seq = list[i];
	return true;
}

static bool list_to(const uint64_t *list, size_t count, uint64_t at, uint64_t *seq)
{
	size_t i = count_below(list, count, at);
	if (i < count && list[i] == at)
		i++;
	if (i == 0)
		return false;
	*seq = list[i - 1];
	return true;
}

/* Whether the piece at hand answers for `at`. */
static bool is_in(const struct index_piece *piece, uint64_t at)
{
	return piece->count && piece->seqs[0] <= at && at <= piece->seqs[piece->count - 1];
}

bool seq_set_from(struct seq_set *seqs, uint64_t at, uint64_t *seq)
{
	bool is_any = false;
	if (seqs->is_list)
		return list_from(seqs->list, seqs->list_count, at, seq);
	if (!seqs->is_zones) {
		*seq = at;
		return true;
	}
	for (size_t i = 0; i < seqs->lane_count; i++) {
		struct index_piece *piece = &seqs->lanes[i];
		uint64_t found;
		if (!is_in(piece, at) &&
		    !index_piece_from(seqs->txn, seqs->log, piece->zone_id, at, piece))
			continue;
		if (!list_from(piece->seqs, piece->count, at, &found))
			continue;
		if (!is_any || found < *seq)
			*seq = found;
		is_any = true;
	}
	return is_any;
}

bool seq_set_to(struct seq_set *seqs, uint64_t at, uint64_t *seq)
{
	bool is_any = false;
	if (seqs->is_list)
		return list_to(seqs->list, seqs->list_count, at, seq);
	if (!seqs->is_zones) {
		*seq = at;
		return at > 0;
	}
	for (size_t i = 0; i < seqs->lane_count; i++) {
		struct index_piece *piece = &seqs->lanes[i];
		uint64_t found;
		if (!is_in(piece, at) &&
		    !index_piece_to(seqs->txn, seqs->log, piece->zone_id, at, piece))
			continue;
		if (!list_to(piece->seqs, piece->count, at, &found))
			continue;
		if (!is_any || found > *seq)
			*seq = found;
		is_any = true;
	}
	return is_any;
}
