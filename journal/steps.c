/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/steps.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "journal/index.h"
#include <assert.h>
#include <stdlib.h>

/* The zone's entries, one after the other. */
struct reader {
	struct store_txn *txn;
	struct index_piece piece;
	size_t at;
	uint64_t from; /* the least seq that was not given yet */
	struct arena *scratch;
};

static void reader_start(struct reader *r, struct store_txn *txn, uint32_t zone_id, uint64_t from,
			 struct arena *scratch)
{
	r->txn = txn;
	r->piece.zone_id = zone_id;
	r->piece.count = r->at = 0;
	r->from = from;
	r->scratch = scratch;
}

/* False: no more, or an error of the transaction. */
static bool reader_next(struct reader *r, struct entry *entry)
{
	if (r->at == r->piece.count) {
		if (!index_piece_from(r->txn, r->piece.zone_id, r->from, &r->piece))
			return false;
		r->at = 0;
	}
	while (r->at < r->piece.count && r->piece.seqs[r->at] < r->from)
		r->at++;
	if (r->at == r->piece.count)
		return false;
	uint64_t seq = r->piece.seqs[r->at++];
	r->from = seq + 1;
	arena_reset(r->scratch);
	return journal_read(r->txn, seq, entry, r->scratch);
}

static struct step *step_add(struct steps *steps, const struct entry *entry)
{
	if (steps->count == steps->room) {
		steps->room = steps->room ? steps->room * 2 : 64;
		steps->step = realloc(steps->step, steps->room * sizeof(*steps->step));
		assert(steps->step);
	}
	struct step *step = &steps->step[steps->count++];
	*step = (struct step){
		.before = entry->serial_before, .after = entry->serial_after, .first = entry->seq};
	return step;
}

/* The SOA stands around the changes, not among them. */
static void note_soa(struct steps *steps, struct step *step, const struct change *change)
{
	if (change->what == CHANGE_ADDED) {
		step->is_start = step->soa.len == 0;
		return;
	}
	step->is_start = false;
	if (step->soa.len > 0 || change->what == CHANGE_REFRESHED)
		return;
	const struct bytes soa = change->rdata;
	step->soa = bytes_of(arena_copy(&steps->arena, soa.data, soa.len), soa.len);
	step->soa_ttl = change->was.ttl;
}

static bool has_data(const struct entry *entry)
{
	for (size_t i = 0; i < entry->change_count; i++) {
		if (diff_is_data(&entry->changes[i]))
			return true;
	}
	return false;
}

/* False: the chain of serials is broken here. */
static bool take(struct steps *steps, const struct entry *entry, uint32_t serial, struct diff *diff)
{
	bool moves = entry->serial_before != entry->serial_after;
	if (!moves && !has_data(entry))
		return true;
	if (entry->serial_before != serial || (!moves && steps->count == 0))
		return false;
	struct step *step = moves ? step_add(steps, entry) : &steps->step[steps->count - 1];
	step->last = entry->seq;
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		if (change->type == DNS_TYPE_SOA) {
			note_soa(steps, step, change);
			continue;
		}
		diff_add(diff, change);
		if (diff_is_data(change))
			steps->size += diff_record_size(change->name.len, change->rdata.len) *
				       (change->what == CHANGE_ALTERED ? 2 : 1);
	}
	return true;
}

static bool has_start(const struct steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		if (steps->step[i].is_start)
			return true;
	}
	return false;
}

enum steps_outcome steps_find(struct steps *steps, struct store_txn *txn,
			      const struct steps_wanted *wanted, struct diff *diff)
{
	struct reader reader;
	struct entry entry;
	struct arena scratch = {0};
	uint64_t seq;
	uint32_t serial = wanted->from;
	enum steps_outcome outcome = STEPS_FOUND;
	*steps = (struct steps){0};
	if (!journal_at_serial(txn, wanted->zone_id, wanted->from, &seq))
		return STEPS_UNKNOWN;
	reader_start(&reader, txn, wanted->zone_id, seq, &scratch);
	for (size_t read = 0; outcome == STEPS_FOUND && reader_next(&reader, &entry); read++) {
		if (read == wanted->most)
			outcome = STEPS_MANY;
		else if (!take(steps, &entry, serial, diff))
			outcome = STEPS_UNKNOWN;
		else
			serial = steps->count ? steps->step[steps->count - 1].after : serial;
	}
	arena_free(&scratch);
	if (outcome != STEPS_FOUND)
		return outcome;
	bool is_whole = steps->count > 0 && steps->step[0].first == seq && serial == wanted->to &&
			!has_start(steps);
	return is_whole && !txn->error ? STEPS_FOUND : STEPS_UNKNOWN;
}

void steps_free(struct steps *steps)
{
	arena_free(&steps->arena);
	free(steps->step);
	*steps = (struct steps){0};
}

struct bytes steps_soa_before(const struct steps *steps, size_t step, struct bytes present,
			      uint32_t *ttl, struct arena *arena)
{
	struct bytes soa = present;
	for (size_t i = step; i < steps->count; i++) {
		if (steps->step[i].soa.len == 0)
			continue;
		soa = steps->step[i].soa;
		*ttl = steps->step[i].soa_ttl;
		break;
	}
	uint8_t *copy = arena_copy(arena, soa.data, soa.len);
	dns_soa_set_serial(copy, soa.len, steps->step[step].before);
	return bytes_of(copy, soa.len);
}

bool steps_changes(struct store_txn *txn, uint32_t zone_id, const struct step *step,
		   bool (*each)(void *context, const struct change *), void *context,
		   struct arena *scratch)
{
	struct reader reader;
	struct entry entry;
	reader_start(&reader, txn, zone_id, step->first, scratch);
	while (reader.from <= step->last && reader_next(&reader, &entry)) {
		for (size_t i = 0; i < entry.change_count; i++) {
			const struct change *change = &entry.changes[i];
			if (change->type != DNS_TYPE_SOA && diff_is_data(change) &&
			    !each(context, change))
				return false;
		}
	}
	return true;
}
