/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/restore_ids.h"
#include "base/progress.h"
#include "journal/journal.h"
#include "vault/commits.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"

static void restore_ids_of_state(struct store_txn *txn, const struct record_state *state)
{
	if (state->owner)
		principal_intern(txn, state->owner);
	record_window_intern(txn, &state->windows);
}

static void restore_ids_of_entry(struct store_txn *txn, const struct entry *entry)
{
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		if (change->what != CHANGE_ADDED)
			restore_ids_of_state(txn, &change->was);
		if (change->what != CHANGE_REMOVED)
			restore_ids_of_state(txn, &change->is);
	}
}

bool restore_ids(struct store *store, struct report *report)
{
	struct commits commits;
	struct entry entry;
	struct arena arena = {0};
	uint64_t seq, last;
	commits_begin(&commits, store);
	journal_range(&commits.txn, &seq, &last);
	for (bool is_well = last != 0; is_well && seq <= last; seq++) {
		arena_reset(&arena);
		if (seq % PROGRESS_ROWS == 0)
			progress_set(seq, last, "entries of the log");
		if (journal_read(&commits.txn, seq, &entry, &arena))
			restore_ids_of_entry(&commits.txn, &entry);
		is_well = commits_step(&commits);
	}
	enum store_error error = commits_end(&commits);
	arena_free(&arena);
	return !error || report_fail(report, "the log's owners cannot be written: %s",
				     store_error_text(error));
}
