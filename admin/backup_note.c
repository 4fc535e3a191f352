/* SPDX-License-Identifier: BSD-2-Clause */
/* backup note: what became of a backup, told by who made its file; and status, which tells it on.
 */
#include "admin/backup_note.h"
#include "admin/command.h"
#include "base/timeword.h"
#include "journal/journal.h"
#include "vault/backup_state.h"

static enum call_code backup_note_store(struct call *call, struct store_txn *txn, void *context)
{
	struct backup_state state;
	uint64_t now = clock_now(&call->core->clock);
	const char *problem = command_text(call, "problem");
	(void)context;
	backup_state_read(txn, &state, &call->arena);
	if (problem) {
		state.failed_at = now;
		state.problem = problem;
	} else {
		state = (struct backup_state){
			.good_at = now,
			.file = command_text(call, "file"),
			.size = command_number(call, "size", 0),
			.is_verified = command_flag(call, "verified"),
		};
	}
	store_use_half_of_reserve(txn); /* it hardly grows, and a full store is backed up first */
	backup_state_write(txn, &state);
	return CALL_OK;
}

static enum call_code backup_note(struct call *call)
{
	char file[LOG_QUOTED_MAX], why[LOG_QUOTED_MAX];
	const char *problem = command_text(call, "problem"), *path = command_text(call, "file");
	if (!path && !problem)
		return call_fail(call, CALL_USAGE, "a file, or a problem");
	if (problem)
		log_error("a backup failed", "by=%s file=%s why=%s", call->principal,
			  log_quote(path ? path : "", file), log_quote(problem, why));
	else
		log_info("a backup was made", "by=%s file=%s", call->principal,
			 log_quote(path, file));
	return command_write(call, backup_note_store, NULL);
}

void backup_note_status(struct call *call, json_t *row)
{
	struct backup_state state;
	backup_state_read(call->snapshot.txn, &state, &call->arena);
	json_object_set_new(row, "backup_last_at", command_seconds(state.good_at));
	json_object_set_new(row, "backup_file", command_string(state.file));
	json_object_set_new(row, "backup_verified",
			    state.file ? json_boolean(state.is_verified) : json_null());
	json_object_set_new(row, "backup_problem", command_string(state.problem));
}

/* Since when there is something to back up: the log's first entry; 0: there is none. */
static uint64_t backup_note_begin(struct call *call)
{
	struct entry oldest;
	uint64_t first, last;
	struct store_txn *txn = call->snapshot.txn;
	journal_log_range(txn, JOURNAL_CHANGES, &first, &last);
	if (!last || !journal_log_read(txn, JOURNAL_CHANGES, first, &oldest, &call->arena))
		return 0;
	return oldest.time_us / 1000000;
}

const char *backup_note_old(struct call *call, uint64_t now)
{
	struct backup_state state;
	char age[TIMEWORD_TEXT_MAX];
	backup_state_read(call->snapshot.txn, &state, &call->arena);
	uint64_t since = state.good_at ? state.good_at : backup_note_begin(call);
	uint64_t limit = call->core->backup_age, old = now > since ? now - since : 0;
	if (!limit || !since || old <= limit)
		return NULL;
	duration_print((uint32_t)(old < UINT32_MAX ? old - old % 3600 : UINT32_MAX), age);
	if (!state.good_at)
		return arena_print(&call->arena,
				   "there is no backup, and the log is %s old: `tenurectl backup "
				   "FILE` makes one, tenure-backup.timer one each day (backup-age, "
				   "tenured.yaml(5))",
				   age);
	return arena_print(&call->arena,
			   "the last good backup is %s old (%s): see that `tenurectl backup` runs "
			   "each day, as tenure-backup.timer does it (backup-age, tenured.yaml(5))",
			   age, state.file ? state.file : "?");
}

const char *backup_note_failed(struct call *call)
{
	struct backup_state state;
	char at[TIMEWORD_TEXT_MAX];
	backup_state_read(call->snapshot.txn, &state, &call->arena);
	if (!state.problem)
		return NULL;
	time_print(state.failed_at, at);
	return arena_print(&call->arena, "the backup of %s failed: %s", at, state.problem);
}

void backup_note_warn(struct call *call, uint64_t now)
{
	const char *failed = backup_note_failed(call), *old = backup_note_old(call, now);
	if (failed)
		command_warn(call, 0, failed);
	if (old)
		command_warn(call, 0, old);
}

const struct command command_backup_note_table[] = {
	{"backup note", backup_note, "file=s? size=i? verified=b? problem=s?"},
	{0},
};
