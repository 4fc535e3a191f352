/* SPDX-License-Identifier: BSD-2-Clause */
/* What another store's log says was done after the backup, done again: entry by entry, under the
 * same numbers, digests and times, so that the chain goes on. */
#include "journal/chain.h"
#include "base/progress.h"
#include "journal/index.h"
#include "journal/log_time.h"
#include "journal/run.h"
#include "store/inspect.h"
#include "vault/restore.h"
#include "zonedb/owned_names.h"
#include "zonedb/replay.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_OF_COMMIT 2000

struct again {
	struct store *store;
	struct store_txn from, to;
	const struct restore_options *options;
	struct report *report;
	struct restore_result *result;
	struct journal_link head;
	struct arena arena;
	bool is_well;
};

static bool replaylog_commit(struct again *a)
{
	journal_set_head(&a->to, &a->head);
	enum store_error error = store_commit(&a->to);
	if (error)
		return report_fail(a->report, "the log cannot be followed: %s",
				   store_error_text(error));
	return true;
}

static void replaylog_begin(struct again *a)
{
	store_write_begin(a->store, &a->to);
	store_use_reserve(&a->to);
}

/* Beside the log stands what journal_append writes beside it. */
static void replaylog_put_entry(struct again *a, const struct entry *entry, struct bytes key,
				struct bytes value)
{
	store_append(&a->to, STORE_LOG, key, value);
	if (entry->has_zone && entry->serial_before != entry->serial_after) {
		uint8_t serial[8];
		struct bytes_out out = bytes_out_of(serial, sizeof serial);
		bytes_out_u32(&out, entry->zone_id);
		bytes_out_u32(&out, entry->serial_before);
		store_put(&a->to, STORE_LOG_SERIAL, bytes_of(serial, sizeof serial), key);
	}
	index_add(&a->to, entry);
}

static bool replaylog_follow(struct again *a, struct bytes value, const struct entry *entry)
{
	struct bytes packed;
	const uint8_t *digest;
	uint8_t sum[DIGEST_LEN];
	if (!journal_split(value, &packed, &digest))
		return false;
	journal_link_digest(a->head.digest, packed, sum);
	if (memcmp(sum, digest, DIGEST_LEN) != 0)
		return false;
	a->head.seq = entry->seq;
	a->head.bytes += journal_weight(value.len);
	memcpy(a->head.digest, sum, DIGEST_LEN);
	return true;
}

static bool replaylog_take_entry(struct again *a, uint64_t seq)
{
	struct replay_fault fault;
	struct entry entry;
	struct bytes value;
	uint8_t key[8];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u64(&out, seq);
	arena_reset(&a->arena);
	bool is_read = journal_read(&a->from, seq, &entry, &a->arena);
	if (a->from.error == STORE_NEWER)
		return report_fail(
			a->report,
			"entry %" PRIu64
			" of the log of %.200s was written by a later version of tenure: "
			"install that version to follow it",
			seq, a->options->log_of);
	if (!is_read || !store_get(&a->from, STORE_LOG, bytes_of(key, sizeof key), &value) ||
	    !replaylog_follow(a, value, &entry))
		return report_fail(a->report,
				   "the log of %.200s cannot be followed from entry %" PRIu64
				   " on: it is damaged, or does not go on from the backup; --to a "
				   "time before it restores up to there",
				   a->options->log_of, seq);
	replaylog_put_entry(a, &entry, bytes_of(key, sizeof key), value);
	if (!replay_next(&a->to, &entry, &fault))
		return report_fail(a->report, "entry %" PRIu64 " does not follow: %.400s",
				   fault.seq, fault.text);
	run_note(&a->to, &entry);
	a->result->replayed++;
	a->result->has_statement |= entry_is_statement(&entry);
	return !a->to.error || report_fail(a->report, "%s", store_error_text(a->to.error));
}

/* The last entry that is wanted. Of a log that is damaged: up to the first that is too late, or
 * cannot be read. */
static uint64_t replaylog_end(struct again *a, uint64_t seq, uint64_t last)
{
	struct log_moment moment;
	struct entry entry;
	if (a->options->to_seq)
		return a->options->to_seq < last ? a->options->to_seq : last;
	if (!a->options->to)
		return last;
	log_time_at(&a->from, a->options->to * 1000000 + 999999, a->options->now * 1000000,
		    &moment);
	if (!a->from.error) {
		restore_say_time(&moment, a->result);
		return moment.seq;
	}
	a->from.error = STORE_OK;
	for (; seq <= last; seq++) {
		arena_reset(&a->arena);
		if (!journal_read(&a->from, seq, &entry, &a->arena) ||
		    entry.time_us / 1000000 > a->options->to)
			break;
	}
	a->from.error = STORE_OK;
	return seq - 1;
}

/* Entries behind the backup's last; with a time, up to it. */
static bool replaylog_take_all(struct again *a)
{
	uint64_t first, last, seq = a->head.seq + 1;
	journal_range(&a->from, &first, &last);
	if (a->from.error || last < a->head.seq || (first > seq && last >= seq))
		return report_fail(a->report,
				   "the log of %.200s, entries %" PRIu64 " to %" PRIu64
				   ", does not go on from the backup's last, %" PRIu64,
				   a->options->log_of, first, last, a->head.seq);
	last = replaylog_end(a, seq, last);
	for (; seq <= last; seq++) {
		arena_reset(&a->arena);
		if (seq % PROGRESS_ROWS == 0)
			progress_set(seq, last, "entries of the log");
		if (!replaylog_take_entry(a, seq))
			return false;
		if (a->result->replayed % ENTRIES_OF_COMMIT != 0)
			continue;
		if (!replaylog_commit(a))
			return false;
		replaylog_begin(a);
	}
	return true;
}

/* The other store may be damaged anywhere but in its log. */
static struct store *open_other(const struct restore_options *options,
				struct store_inspection *found, struct report *report)
{
	char file[4200];
	snprintf(file, sizeof file, "%.4000s/data.mdb", options->log_of);
	if (!store_inspect(file, found, report->error))
		return NULL;
	if (found->is_elsewhere_broken || found->is_table_broken[STORE_LOG] ||
	    found->is_table_broken[STORE_META]) {
		report_fail(report, "the log of %.200s cannot be read: %.200s", options->log_of,
			    found->first);
		return NULL;
	}
	struct store_options how = {
		.path = file, .is_read_only = true, .is_file = true, .is_looked_at = true};
	return store_open(&how, report->error);
}

bool restore_replay(struct store *store, const struct restore_options *options,
		    struct report *report, struct restore_result *result)
{
	struct store_inspection found = {0};
	struct store *other = open_other(options, &found, report);
	if (!other)
		return false;
	struct again *a = calloc(1, sizeof *a);
	bool is_well = a != NULL;
	if (is_well) {
		a->store = store;
		a->options = options;
		a->report = report;
		a->result = result;
		store_read_begin(other, &a->from);
		replaylog_begin(a);
		/* Replay writes no zone owners: the server fills them when it starts. */
		store_del(&a->to, STORE_META, bytes_of("stakes-filled", strlen("stakes-filled")));
		owned_names_forget(&a->to);
		a->head = journal_head(&a->to);
		is_well = replaylog_take_all(a);
		if (is_well) {
			is_well = replaylog_commit(a);
		} else {
			store_abort(&a->to);
		}
		if (is_well && !options->is_to_compare)
			is_well = restore_refusals(store, &a->from, &found, report, result);
		store_read_end(&a->from);
		arena_free(&a->arena);
		free(a);
	}
	store_close(other);
	return is_well;
}
