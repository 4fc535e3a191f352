/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/restore.h"
#include "base/file.h"
#include "journal/entry_time.h"
#include "journal/local.h"
#include "store/inspect.h"
#include "vault/backup_key.h"
#include "vault/keyless.h"
#include "vault/migrate.h"
#include "vault/portable.h"
#include "vault/restate.h"
#include "vault/restore_ids.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_MAX (1u << 20)

/* The first `len` bytes of the file, which may have become shorter. */
static bool copy_pieces(int from, off_t len, int to)
{
	uint8_t *piece = malloc(PIECE_MAX);
	bool is_well = piece != NULL;
	ssize_t n = 0;
	for (off_t at = 0; is_well && at < len; at += n) {
		size_t wanted = len - at < (off_t)PIECE_MAX ? (size_t)(len - at) : PIECE_MAX;
		n = pread(from, piece, wanted, at);
		if (n <= 0)
			break;
		is_well = file_write(to, piece, (size_t)n);
	}
	free(piece);
	return is_well && n >= 0;
}

static bool copy_file(const struct restore_options *options, const char *to,
		      struct store_key *store_key, struct report *report)
{
	char why[STORE_KEY_ERROR_MAX];
	off_t len;
	if (!backup_key_read(options->fd, store_key, &len, why))
		return report_fail(report, "%.300s: %.200s", options->file, why);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool is_well = out >= 0 && copy_pieces(options->fd, len, out);
	if (!is_well)
		report_fail(report, "%.300s: cannot be copied: %s", options->file, strerror(errno));
	if (out >= 0)
		close(out);
	return is_well;
}

/* What is said of the copy is said of the backup. */
static void name_backup(const char *file, const char *copy, struct report *report)
{
	char said[STORE_ERROR_MAX];
	const char *at = strstr(report->error, copy);
	if (!at)
		return;
	snprintf(said, sizeof said, "%.*s%.200s%s", (int)(at - report->error), report->error, file,
		 at + strlen(copy));
	report_fail(report, "%s", said);
}

/* A copy of a store: looked at before anything is made of it. */
static bool check_copy(const struct restore_options *of, const char *copy, struct report *report,
		       struct check_counts *counts)
{
	struct store_options options = {.path = copy, .is_read_only = true, .is_file = true};
	struct store *store = store_open(&options, report->error);
	bool is_well = store && check_store(store, report, counts);
	store_close(store);
	if (is_well && report->findings)
		return report_fail(report, "%.300s is damaged: nothing was restored", of->file);
	if (!is_well)
		name_backup(of->file, copy, report);
	return is_well;
}

/* What seals the secrets of a backup of 0.1.0: the key of the other store, whose entries follow, or
 * of the data folder. */
static bool take_store_keys(struct store_key *keys, const struct restore_options *options,
			    struct report *report)
{
	char error[STORE_KEY_ERROR_MAX];
	bool is_absent = false;
	if (options->log_of && store_key_read(keys, options->log_of, &is_absent, error))
		return true;
	if (!store_key_read(keys, options->data, &is_absent, error) && !is_absent)
		return report_fail(report, "%.400s", error);
	return store_key_count(keys) || store_key_add(keys, 0);
}

/* A copy that 0.1.0 made. With the log of another store its rows are stated when that was done
 * again, unless a statement is part of it. */
static bool from_older(struct place *place, const struct restore_options *options,
		       struct store_key *store_key, struct report *report,
		       struct restore_result *result)
{
	char path[sizeof place->folder + sizeof "/" PLACE_OLDER];
	snprintf(path, sizeof path, "%s/" PLACE_OLDER, place->folder);
	struct migrate_from from = {.file = path,
				    .called = options->file,
				    .map_size = options->map_size,
				    .now = options->now,
				    .store_key = store_key,
				    .states_later = options->log_of != NULL};
	result->needs_statement = from.states_later;
	return take_store_keys(store_key, options, report) && migrate_into(place, &from, report) &&
	       check_store(place->store, report, &result->counts);
}

static bool from_copy(struct place *place, const struct restore_options *options,
		      struct store_key *store_key, struct report *report,
		      struct restore_result *result)
{
	char path[sizeof place->folder + sizeof "/data.mdb"];
	char older[sizeof place->folder + sizeof "/" PLACE_OLDER];
	snprintf(path, sizeof path, "%s/data.mdb", place->folder);
	snprintf(older, sizeof older, "%s/" PLACE_OLDER, place->folder);
	if (!copy_file(options, path, store_key, report))
		return false;
	if (store_inspect_schema(path) != STORE_SCHEMA_0_1_0)
		return check_copy(options, path, report, &result->counts) &&
		       place_open_store(place, options->map_size, report);
	return (rename(path, older) == 0 ||
		report_fail(report, "%.300s: %s", path, strerror(errno))) &&
	       from_older(place, options, store_key, report, result);
}

static bool from_portable(struct place *place, const struct restore_options *options,
			  struct store_key *store_key, struct report *report,
			  struct restore_result *result)
{
	struct check_counts counts;
	bool is_well = place_open_store(place, options->map_size, report);
	result->needs_statement = portable_is_first(options->fd);
	if (is_well && result->needs_statement)
		is_well = take_store_keys(store_key, options, report);
	if (is_well &&
	    !portable_read(options->fd, place->store, store_key, report, &result->counts)) {
		char why[STORE_ERROR_MAX];
		snprintf(why, sizeof why, "%s", report->error);
		is_well = report_fail(report, "%.200s: %.250s", options->file, why);
	}
	if (is_well && portable_lacks_keys(options->fd))
		is_well = keyless_bring_keys(place->store, report);
	is_well = is_well && restore_ids(place->store, report) &&
		  check_store(place->store, report, &counts);
	if (is_well && report->findings)
		return report_fail(report, "%.300s makes no whole store: nothing was restored",
				   options->file);
	return is_well;
}

void restore_say_time(const struct log_moment *moment, struct restore_result *result)
{
	struct arena arena = {0};
	const char *text = log_time_say(moment, &arena);
	snprintf(result->time_said, sizeof result->time_said, "%s", text ? text : "");
	arena_free(&arena);
}

static void note_end(struct store *store, struct restore_result *result)
{
	struct store_txn txn;
	struct arena arena = {0};
	struct entry entry;
	uint64_t first;
	store_read_begin(store, &txn);
	journal_range(&txn, &first, &result->last_seq);
	if (result->last_seq && journal_read(&txn, result->last_seq, &entry, &arena))
		result->last_us = entry.time_us;
	store_read_end(&txn);
	arena_free(&arena);
}

struct restore_counting {
	struct check_counts *counts;
	enum store_table table;
};

static bool restore_count_row(void *context, const struct store_row *row)
{
	struct restore_counting *counting = context;
	check_count_row(counting->counts, counting->table, row->key, row->value);
	return true;
}

/* What is there when all is done. */
static bool restore_count(struct store *store, struct check_counts *counts, struct report *report)
{
	static const enum store_table tables[] = {STORE_ZONES, STORE_NODES, STORE_LOG};
	struct store_txn txn;
	store_read_begin(store, &txn);
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		struct restore_counting counting = {counts, tables[i]};
		store_scan(&txn, tables[i], restore_count_row, &counting);
	}
	enum store_error error = txn.error;
	store_read_end(&txn);
	return !error || report_fail(report, "%s", store_error_text(error));
}

/* A store that does not know when it was alive was alive when its log ended: what follows is
 * written now, and would hide how long ago that was. */
static bool restore_alive(struct store *store, struct report *report)
{
	struct store_txn txn;
	store_write_begin(store, &txn);
	uint64_t last_us = entry_time_last(&txn).us;
	if (!local_number(&txn, LOCAL_ALIVE_AT) && last_us)
		local_set_number(&txn, LOCAL_ALIVE_AT, last_us / 1000000);
	enum store_error error = store_commit(&txn);
	return !error || report_fail(report, "%s", store_error_text(error));
}

static bool restore_fill(struct place *place, const struct restore_options *options,
			 struct store_key *store_key, struct report *report,
			 struct restore_result *result)
{
	struct stat st;
	if (fstat(options->fd, &st) != 0)
		return report_fail(report, "%.300s: %s", options->file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return report_fail(report, "%.300s: is not a file", options->file);
	bool is_text = portable_is(options->fd);
	if (!(is_text ? from_portable : from_copy)(place, options, store_key, report, result))
		return false;
	if (options->log_of && !restore_replay(place->store, options, report, result))
		return false;
	if (!options->is_to_compare && !restore_alive(place->store, report))
		return false;
	if (result->needs_statement && !result->has_statement &&
	    !restate_rows(place->store, options->now, report))
		return false;
	note_end(place->store, result);
	result->serial_step = restore_serial_step(options, result->last_us);
	if (!options->is_to_compare && !restore_note(place->store, options, report, result))
		return false;
	if (is_text && portable_lacks_keys(options->fd) &&
	    !keyless_take_keys(place->store, options->now, &result->lacked_keys, report))
		return false;
	if ((options->to || options->to_seq) &&
	    !restore_rewind(place->store, options, report, result))
		return false;
	return restore_count(place->store, &result->is_there, report) &&
	       restore_store_key(place->store, options, store_key, report, result);
}

bool restore_store(const struct restore_options *options, struct report *report,
		   struct restore_result *result)
{
	struct place *place = calloc(1, sizeof *place);
	struct store_key *store_key = store_key_new();
	assert(place);
	*result = (struct restore_result){0};
	bool is_well = place_begin(place, options->data, report) && place_is_free(place, report) &&
		       restore_fill(place, options, store_key, report, result) &&
		       place_commit(place, NULL, report);
	place_end(place);
	store_key_free(store_key);
	free(place);
	return is_well;
}
