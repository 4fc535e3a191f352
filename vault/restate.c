/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/restate.h"
#include "journal/clock_state.h"
#include "journal/journal.h"
#include "journal/run.h"

#define PRINCIPAL   "system:server"
#define ENTRY_BYTES (192u << 10)
#define SECOND      1000000ull

struct restate {
	struct store_txn read; /* what is stored when it begins */
	struct store_txn write;
	struct arena arena; /* of the entry */
	struct entry as;
	struct state_change *rows;
	size_t count, room, bytes;
};

static void restate_append(struct restate *r)
{
	struct entry entry = r->as;
	entry.rows = r->rows;
	entry.row_count = r->count;
	journal_append(&r->write, &entry, &r->arena);
	arena_reset(&r->arena);
	r->rows = NULL;
	r->count = r->room = r->bytes = 0;
}

static struct bytes restate_copy(struct restate *r, struct bytes from)
{
	return bytes_of(from.len ? arena_copy(&r->arena, from.data, from.len) : NULL, from.len);
}

static void restate_row(struct restate *r, enum state_table table, struct bytes key,
			struct bytes row)
{
	if (r->count == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct state_change *more = arena_alloc(&r->arena, room * sizeof(*more));
		if (r->count)
			memcpy(more, r->rows, r->count * sizeof(*more));
		r->rows = more;
		r->room = room;
	}
	r->rows[r->count++] = (struct state_change){.table = table,
						    .key = restate_copy(r, key),
						    .has_new = true,
						    .new = restate_copy(r, row),
						    .is_stated = true};
	r->bytes += key.len + row.len;
	if (r->bytes > ENTRY_BYTES)
		restate_append(r);
}

static void restate_tables(struct restate *r)
{
	for (unsigned t = 1; t < STATE_TABLES; t++) {
		struct state_walk walk;
		struct bytes key, row;
		state_walk_from(&walk, &r->read, (enum state_table)t, bytes_of(NULL, 0));
		while (!r->write.error && state_walk_next(&walk, &key, &row))
			restate_row(r, (enum state_table)t, key, row);
		state_walk_end(&walk);
	}
	if (r->count)
		restate_append(r);
}

static uint64_t restate_last_time(struct store_txn *txn)
{
	struct arena arena = {0};
	struct entry entry;
	bool is_there = journal_read(txn, journal_head(txn).seq, &entry, &arena);
	uint64_t time_us = is_there ? entry.time_us : 0;
	arena_free(&arena);
	return time_us;
}

/* The run's own row is a change. */
static void restate_begin_run(struct restate *r)
{
	struct state_edit rows = state_edit_of(&r->write, &r->arena);
	struct entry entry = r->as;
	run_begin(&rows, RUN_OTHER, RUN_DONE, &entry);
	r->as.run = entry.run;
	journal_append(&r->write, &entry, &r->arena);
	arena_reset(&r->arena);
}

bool restate_rows(struct store *store, uint64_t now, struct report *report)
{
	struct restate r = {.as = {.kind = ENTRY_ADMIN,
				   .principal = PRINCIPAL,
				   .event = RESTATE_EVENT,
				   .reason = "rows as they are: entries before this run tell "
					     "settings in words"}};
	store_read_begin(store, &r.read);
	store_write_begin(store, &r.write);
	store_use_reserve(&r.write);
	uint64_t last = restate_last_time(&r.read);
	uint64_t believed = clock_state_believed_us(&r.read, now * SECOND);
	r.as.time_us = believed > last ? believed : last;
	restate_begin_run(&r);
	restate_tables(&r);
	if (r.read.error)
		store_fail(&r.write, r.read.error);
	enum store_error error = store_commit(&r.write);
	store_read_end(&r.read);
	arena_free(&r.arena);
	return !error || report_fail(report, "the rows cannot be stated in the log: %s",
				     store_error_text(error));
}
