/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/changesets.h"
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

static void changesets_reader_start(struct reader *r, struct store_txn *txn, uint32_t zone_id,
				    uint64_t from, struct arena *scratch)
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
		if (!index_piece_from(r->txn, JOURNAL_CHANGES, r->piece.zone_id, r->from,
				      &r->piece))
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

static struct changeset *step_add(struct changesets *changesets, const struct entry *entry)
{
	if (changesets->count == changesets->room) {
		changesets->room = changesets->room ? changesets->room * 2 : 64;
		changesets->step =
			realloc(changesets->step, changesets->room * sizeof(*changesets->step));
		assert(changesets->step);
	}
	struct changeset *step = &changesets->step[changesets->count++];
	*step = (struct changeset){
		.before = entry->serial_before, .after = entry->serial_after, .first = entry->seq};
	return step;
}

/* The SOA stands around the changes, not among them. */
static void note_soa(struct changesets *changesets, struct changeset *step,
		     const struct change *change)
{
	if (change->what == CHANGE_ADDED) {
		step->is_start = step->soa.len == 0;
		return;
	}
	step->is_start = false;
	if (step->soa.len > 0 || change->what == CHANGE_REFRESHED)
		return;
	const struct bytes soa = change->rdata;
	step->soa = bytes_of(arena_copy(&changesets->arena, soa.data, soa.len), soa.len);
	step->soa_ttl = change->was.ttl;
}

static bool changesets_has_data(const struct entry *entry)
{
	for (size_t i = 0; i < entry->change_count; i++) {
		if (diff_is_data(&entry->changes[i]))
			return true;
	}
	return false;
}

/* False: the chain of serials is broken here. */
static bool changesets_take(struct changesets *changesets, const struct entry *entry,
			    uint32_t serial, struct diff *diff)
{
	bool moves = entry->serial_before != entry->serial_after;
	if (!moves && !changesets_has_data(entry))
		return true;
	if (entry->serial_before != serial || (!moves && changesets->count == 0))
		return false;
	struct changeset *step =
		moves ? step_add(changesets, entry) : &changesets->step[changesets->count - 1];
	step->last = entry->seq;
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		if (change->type == DNS_TYPE_SOA) {
			note_soa(changesets, step, change);
			continue;
		}
		diff_add(diff, change);
		if (diff_is_data(change))
			changesets->size += diff_record_size(change->name.len, change->rdata.len) *
					    (change->what == CHANGE_ALTERED ? 2 : 1);
	}
	return true;
}

static bool has_start(const struct changesets *changesets)
{
	for (size_t i = 0; i < changesets->count; i++) {
		if (changesets->step[i].is_start)
			return true;
	}
	return false;
}

enum changesets_outcome changesets_find(struct changesets *changesets, struct store_txn *txn,
					const struct changesets_wanted *wanted, struct diff *diff)
{
	struct reader reader;
	struct entry entry;
	struct arena scratch = {0};
	uint64_t seq;
	uint32_t serial = wanted->from;
	enum changesets_outcome outcome = CHANGESETS_FOUND;
	*changesets = (struct changesets){0};
	if (!journal_at_serial(txn, wanted->zone_id, wanted->from, &seq))
		return CHANGESETS_UNKNOWN;
	changesets_reader_start(&reader, txn, wanted->zone_id, seq, &scratch);
	for (size_t read = 0; outcome == CHANGESETS_FOUND && reader_next(&reader, &entry); read++) {
		if (read == wanted->most)
			outcome = CHANGESETS_MANY;
		else if (!changesets_take(changesets, &entry, serial, diff))
			outcome = CHANGESETS_UNKNOWN;
		else
			serial = changesets->count ? changesets->step[changesets->count - 1].after
						   : serial;
	}
	arena_free(&scratch);
	if (outcome != CHANGESETS_FOUND)
		return outcome;
	bool is_whole = changesets->count > 0 && changesets->step[0].first == seq &&
			serial == wanted->to && !has_start(changesets);
	return is_whole && !txn->error ? CHANGESETS_FOUND : CHANGESETS_UNKNOWN;
}

void changesets_free(struct changesets *changesets)
{
	arena_free(&changesets->arena);
	free(changesets->step);
	*changesets = (struct changesets){0};
}

struct bytes changesets_soa_before(const struct changesets *changesets, size_t step,
				   struct bytes present, uint32_t *ttl, struct arena *arena)
{
	struct bytes soa = present;
	for (size_t i = step; i < changesets->count; i++) {
		if (changesets->step[i].soa.len == 0)
			continue;
		soa = changesets->step[i].soa;
		*ttl = changesets->step[i].soa_ttl;
		break;
	}
	uint8_t *copy = arena_copy(arena, soa.data, soa.len);
	dns_soa_set_serial(copy, soa.len, changesets->step[step].before);
	return bytes_of(copy, soa.len);
}

bool changesets_changes(struct store_txn *txn, uint32_t zone_id, const struct changeset *step,
			bool (*each)(void *context, const struct change *), void *context,
			struct arena *scratch)
{
	struct reader reader;
	struct entry entry;
	changesets_reader_start(&reader, txn, zone_id, step->first, scratch);
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
