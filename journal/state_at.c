/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/state_at.h"
#include "journal/journal.h"
#include "journal/seq_set.h"
#include <assert.h>
#include <stdlib.h>

/* Rows that are gathered before they are sorted. */
#define GATHERED_LEAST 256

/* A row that a later entry changed, and what it was before the first of them. */
struct changed_row {
	enum state_table table;
	struct bytes key, old;
	bool has_old;
	uint64_t seq;
};

struct state_at {
	struct store_txn *txn;
	struct arena arena;
	struct changed_row *rows;
	/* The first `sorted` are in order, each key once; the rest is as it came. */
	size_t count, sorted, room;
	uint64_t unknown;
};

static int state_at_compare_places(const struct changed_row *a, const struct changed_row *b)
{
	int order = (a->table > b->table) - (a->table < b->table);
	return order ? order : bytes_compare(a->key, b->key);
}

static int compare_rows(const void *left, const void *right)
{
	const struct changed_row *a = left, *b = right;
	int order = state_at_compare_places(a, b);
	return order ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

/* The first of the sorted rows that is not below the place. */
static size_t find_row(const struct state_at *state_at, const struct changed_row *place)
{
	size_t low = 0, high = state_at->sorted;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (state_at_compare_places(&state_at->rows[middle], place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of several changes of a row the oldest stays. */
static void sort_rows(struct state_at *state_at)
{
	size_t kept = 0;
	if (state_at->count == 0)
		return;
	qsort(state_at->rows, state_at->count, sizeof(*state_at->rows), compare_rows);
	for (size_t i = 0; i < state_at->count; i++) {
		if (kept == 0 ||
		    state_at_compare_places(&state_at->rows[kept - 1], &state_at->rows[i]) != 0)
			state_at->rows[kept++] = state_at->rows[i];
	}
	state_at->count = state_at->sorted = kept;
}

static struct bytes keep_bytes(struct state_at *state_at, struct bytes from)
{
	return bytes_of(from.len ? arena_copy(&state_at->arena, from.data, from.len) : NULL,
			from.len);
}

static void note_row(struct state_at *state_at, const struct state_change *change, uint64_t seq)
{
	struct changed_row row = {.table = change->table, .key = change->key, .seq = seq};
	size_t at = find_row(state_at, &row);
	if (at < state_at->sorted && state_at_compare_places(&state_at->rows[at], &row) == 0)
		return;
	if (state_at->count - state_at->sorted >= GATHERED_LEAST + state_at->sorted)
		sort_rows(state_at);
	if (state_at->count == state_at->room) {
		state_at->room = state_at->room ? 2 * state_at->room : GATHERED_LEAST;
		state_at->rows = realloc(state_at->rows, state_at->room * sizeof(*state_at->rows));
		assert(state_at->rows);
	}
	row.key = keep_bytes(state_at, change->key);
	row.has_old = change->has_old;
	row.old = keep_bytes(state_at, change->old);
	state_at->rows[state_at->count++] = row;
}

static void state_at_read_entries(struct state_at *state_at, uint64_t seq)
{
	struct arena arena = {0};
	struct entry entry;
	uint64_t last = journal_head(state_at->txn).seq;
	for (seq++; seq <= last && !state_at->txn->error; seq++) {
		if (!journal_read(state_at->txn, seq, &entry, &arena)) {
			store_fail(state_at->txn, STORE_CORRUPT); /* a hole, or pruned */
			break;
		}
		if (entry_is_words(&entry))
			state_at->unknown = seq;
		for (size_t i = 0; i < entry.row_count; i++) {
			if (!entry.rows[i].is_stated)
				note_row(state_at, &entry.rows[i], seq);
		}
		arena_reset(&arena);
	}
	arena_free(&arena);
}

struct state_at *state_at_open(struct store_txn *txn, uint64_t seq)
{
	struct state_at *state_at = calloc(1, sizeof(*state_at));
	assert(state_at);
	state_at->txn = txn;
	state_at_read_entries(state_at, seq);
	sort_rows(state_at);
	return state_at;
}

void state_at_close(struct state_at *state_at)
{
	arena_free(&state_at->arena);
	free(state_at->rows);
	free(state_at);
}

uint64_t state_at_unknown(const struct state_at *state_at)
{
	return state_at->unknown;
}

bool state_at_get(const struct state_at *state_at, enum state_table table, struct bytes key,
		  struct bytes *row)
{
	struct changed_row place = {.table = table, .key = key};
	size_t at = find_row(state_at, &place);
	if (at == state_at->sorted || state_at_compare_places(&state_at->rows[at], &place) != 0)
		return state_get(state_at->txn, table, key, row);
	*row = state_at->rows[at].old;
	return state_at->rows[at].has_old;
}

static void step_stored(struct state_at_walk *walk)
{
	walk->has_stored = state_walk_next(&walk->stored, &walk->key, &walk->row);
}

void state_at_walk_from(struct state_at_walk *walk, struct state_at *state_at,
			enum state_table table, struct bytes prefix)
{
	assert(prefix.len <= sizeof(walk->prefix));
	walk->state_at = state_at;
	walk->table = table;
	walk->prefix_len = prefix.len;
	if (prefix.len)
		memcpy(walk->prefix, prefix.data, prefix.len);
	walk->next = find_row(state_at, &(struct changed_row){.table = table, .key = prefix});
	state_walk_from(&walk->stored, state_at->txn, table, prefix);
	step_stored(walk);
}

/* The changed row that comes next; NULL: there is none below the prefix. */
static const struct changed_row *next_changed(const struct state_at_walk *walk)
{
	const struct state_at *state_at = walk->state_at;
	if (walk->next >= state_at->count)
		return NULL;
	const struct changed_row *row = &state_at->rows[walk->next];
	bool is_in = row->table == walk->table && row->key.len >= walk->prefix_len &&
		     memcmp(row->key.data, walk->prefix, walk->prefix_len) == 0;
	return is_in ? row : NULL;
}

bool state_at_walk_next(struct state_at_walk *walk, struct bytes *key, struct bytes *row)
{
	const struct changed_row *changed;
	while (((changed = next_changed(walk)) || walk->has_stored) &&
	       !walk->state_at->txn->error) {
		/* Below zero: only stored; above: only changed; else both. */
		int order = !changed            ? -1
			    : !walk->has_stored ? 1
						: bytes_compare(walk->key, changed->key);
		*key = order < 0 ? walk->key : changed->key;
		*row = order < 0 ? walk->row : changed->old;
		bool was_there = order < 0 || changed->has_old;
		if (order <= 0)
			step_stored(walk);
		if (order >= 0)
			walk->next++;
		if (was_there)
			return true;
	}
	return false;
}

void state_at_walk_end(struct state_at_walk *walk)
{
	state_walk_end(&walk->stored);
}

/* --- one row */

/* The entry's first change of the row; NULL: it has none. */
static const struct state_change *change_of_row(const struct entry *entry, enum state_table table,
						struct bytes key)
{
	for (size_t i = 0; i < entry->row_count; i++) {
		if (entry->rows[i].table == table && bytes_equal(entry->rows[i].key, key))
			return &entry->rows[i];
	}
	return NULL;
}

/* Of the entry that changed it next; false: the row is another one's. */
static bool take_old_row(const struct entry *entry, enum state_table table, struct bytes key,
			 struct arena *arena, struct state_at_row *found)
{
	const struct state_change *change = change_of_row(entry, table, key);
	if (entry_is_words(entry))
		found->unknown = entry->seq;
	if (!change || change->is_stated || found->unknown)
		return found->unknown != 0;
	found->until = entry->seq;
	found->was_there = change->has_old;
	found->row =
		bytes_of(arena_copy(arena, change->old.data, change->old.len), change->old.len);
	return true;
}

static void take_stored_row(struct store_txn *txn, enum state_table table, struct bytes key,
			    struct arena *arena, struct state_at_row *found)
{
	struct bytes row;
	found->was_there = state_get(txn, table, key, &row);
	if (found->was_there)
		found->row = bytes_of(arena_copy(arena, row.data, row.len), row.len);
}

bool state_at_find(struct store_txn *txn, uint64_t seq, uint32_t zone_id, enum state_table table,
		   struct bytes key, struct arena *arena, struct state_at_row *found)
{
	struct arena entries = {0};
	struct entry entry;
	bool is_found = false;
	uint64_t last = journal_head(txn).seq;
	struct seq_set seqs = zone_id ? seq_set_of_zones(txn, &zone_id, 1) : seq_set_all(txn);
	*found = (struct state_at_row){0};
	if (seq < journal_base(txn).seq)
		store_fail(txn, STORE_CORRUPT);
	/* The set of all does not end. */
	while (!is_found && !txn->error && seq_set_from(&seqs, seq + 1, &seq) && seq <= last) {
		if (journal_read(txn, seq, &entry, &entries))
			is_found = take_old_row(&entry, table, key, arena, found);
		else
			store_fail(txn, STORE_CORRUPT); /* a hole */
		arena_reset(&entries);
	}
	seq_set_end(&seqs);
	arena_free(&entries);
	if (!is_found && !txn->error)
		take_stored_row(txn, table, key, arena, found);
	return !txn->error;
}
