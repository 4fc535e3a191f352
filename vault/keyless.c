/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/keyless.h"
#include "acl/keyring.h"
#include "journal/journal.h"

#define PRINCIPAL "local:restore"
#define REASON    "the backup was made without keys: import them, or generate new ones"

/* Each change of a key that the log holds, in its order: the last one counts. */
static void keyless_take_entry(struct store_txn *txn, const struct entry *entry)
{
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		struct state_change gone = {
			.table = row->table, .key = row->key, .has_old = true, .old = row->old};
		if (row->table != STATE_KEY)
			continue;
		if (row->has_new)
			state_settle(txn, STATE_KEY, row->key, row->new);
		else
			state_write(txn, &gone, 1, true);
	}
}

bool keyless_bring_keys(struct store *store, struct report *report)
{
	struct store_txn read, write;
	struct arena arena = {0};
	struct entry entry;
	uint64_t first, last;
	store_read_begin(store, &read);
	store_write_begin(store, &write);
	store_use_reserve(&write);
	journal_range(&read, &first, &last);
	for (uint64_t seq = first; first && seq <= last && !read.error; seq++) {
		if (journal_read(&read, seq, &entry, &arena))
			keyless_take_entry(&write, &entry);
		arena_reset(&arena);
	}
	if (read.error)
		store_fail(&write, read.error);
	enum store_error error = store_commit(&write);
	store_read_end(&read);
	arena_free(&arena);
	return !error || report_fail(report, "%s", store_error_text(error));
}

static bool keyless_forget(void *context, const struct keyring_key *key)
{
	keyring_del(context, &key->name);
	return true;
}

static void keyless_append(struct state_edit *rows, uint64_t now)
{
	struct entry entry = {.time_us = now * 1000000,
			      .kind = ENTRY_RESTORE,
			      .principal = PRINCIPAL,
			      .event = EVENT_RESTORE,
			      .reason = REASON,
			      .transport = ENTRY_LOCAL};
	struct arena arena = {0};
	struct entry last;
	if (journal_read(rows->txn, journal_head(rows->txn).seq, &last, &arena) &&
	    last.time_us > entry.time_us)
		entry.time_us = last.time_us;
	entry.rows = state_edit_changes(rows, &entry.row_count);
	if (entry.row_count)
		journal_append(rows->txn, &entry, rows->arena);
	arena_free(&arena);
}

bool keyless_take_keys(struct store *store, uint64_t now, uint64_t *taken, struct report *report)
{
	struct store_txn txn;
	struct arena arena = {0};
	size_t count;
	store_write_begin(store, &txn);
	store_use_reserve(&txn);
	struct state_edit rows = state_edit_of(&txn, &arena);
	keyring_walk(&txn, keyless_forget, &rows);
	state_edit_changes(&rows, &count);
	keyless_append(&rows, now);
	*taken = count;
	enum store_error error = store_commit(&txn);
	arena_free(&arena);
	return !error || report_fail(report, "%s", store_error_text(error));
}
