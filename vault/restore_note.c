/* SPDX-License-Identifier: BSD-2-Clause */
/* What the log says of a restore: which backup it was, where its log ends, and to what it is turned
 * back. */
#include "base/timeword.h"
#include "journal/local.h"
#include "journal/put_back.h"
#include "vault/portable.h"
#include "vault/restore.h"
#include <inttypes.h>
#include <sys/stat.h>

/* When the backup was made: a portable one says it, a copy has the time of its file alone. */
static const char *restore_note_made(const struct restore_options *options, struct arena *arena)
{
	struct stat st;
	char text[TIMEWORD_TEXT_MAX];
	if (portable_is(options->fd)) {
		const char *made = portable_made(options->fd, arena);
		return made ? arena_print(arena, " made at %s", made) : "";
	}
	if (fstat(options->fd, &st) != 0 || st.st_mtim.tv_sec <= 0)
		return "";
	time_print((uint64_t)st.st_mtim.tv_sec, text);
	return arena_print(arena, " whose file is of %s", text);
}

static const char *restore_note_turned(const struct restore_options *options, struct arena *arena)
{
	char text[TIMEWORD_TEXT_MAX];
	if (options->to_seq)
		return arena_print(arena,
				   ", and it is turned back to what was after entry %" PRIu64,
				   options->to_seq);
	if (!options->to)
		return "";
	time_print(options->to, text);
	return arena_print(arena, ", and it is turned back to %s", text);
}

static const char *restore_note_reason(const struct restore_options *options, uint64_t end_us,
				       const struct journal_seqs *ends, struct arena *arena)
{
	char end[TIMEWORD_TEXT_MAX], seqs[JOURNAL_LOG_SEQS_TEXT_MAX];
	time_print(end_us / 1000000, end);
	return arena_print(
		arena, "put back from a backup%s%s%s: its log ends at %s, entries to %s%s",
		restore_note_made(options, arena), options->log_of ? ", with the log of " : "",
		options->log_of ? options->log_of : "", end, journal_log_print_seqs(ends, seqs),
		restore_note_turned(options, arena));
}

bool restore_note(struct store *store, const struct restore_options *options, struct report *report,
		  struct restore_result *result)
{
	struct store_txn txn;
	struct arena arena = {0};
	store_write_begin(store, &txn);
	store_use_reserve(&txn);
	struct entry_heads heads = put_back_heads(&txn, &arena);
	struct journal_seqs ends = journal_log_heads(&txn);
	struct entry entry = {
		.time_us = options->now * 1000000,
		.kind = ENTRY_RESTORE,
		.principal = "local:restore",
		.event = EVENT_RESTORE,
		.subject = "backup",
		.transport = ENTRY_LOCAL,
		.heads = &heads,
	};
	entry.reason = restore_note_reason(options, heads.time_us, &ends, &arena);
	/* status says it until somebody has seen it; what the backup knew of an earlier one is
	 * over. */
	uint64_t seq = ends.of[JOURNAL_CHANGES] ? journal_append(&txn, &entry, &arena) : 0;
	local_set_number(&txn, LOCAL_PUT_BACK, seq);
	restore_move_serials(&txn, options, report, result);
	enum store_error error = store_commit(&txn);
	arena_free(&arena);
	return !error ||
	       report_fail(report, "the restore cannot be logged: %s", store_error_text(error));
}
