/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/restore.h"
#include "journal/journal.h"
#include "vault/place.h"
#include "vault/portable.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_MAX (1u << 20)

static bool copy_pieces(int from, int to)
{
	uint8_t *piece = malloc(PIECE_MAX);
	ssize_t n = piece ? 1 : -1;
	while (n > 0 && (n = read(from, piece, PIECE_MAX)) > 0) {
		for (ssize_t done = 0; done < n;) {
			ssize_t w = write(to, piece + done, (size_t)(n - done));
			if (w < 0) {
				n = -1;
				break;
			}
			done += w;
		}
	}
	free(piece);
	return n == 0;
}

static bool copy_file(const char *from, const char *to, struct report *report)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	bool is_well = out >= 0 && copy_pieces(in, out);
	if (!is_well)
		report_fail(report, "%.300s: cannot be copied: %s", from, strerror(errno));
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return is_well;
}

/* A copy of a store: looked at before anything is made of it. */
static bool check_copy(const char *file, struct report *report, struct check_counts *counts)
{
	struct store_options options = {.path = file, .is_read_only = true, .is_file = true};
	struct store *store = store_open(&options, report->error);
	bool is_well = store && check_store(store, report, counts);
	store_close(store);
	if (is_well && report->findings)
		return report_fail(report, "%.300s is damaged: nothing was restored", file);
	return is_well;
}

static bool from_copy(struct place *place, const struct restore_options *options,
		      struct report *report, struct restore_result *result)
{
	char path[sizeof place->folder + sizeof "/data.mdb"];
	snprintf(path, sizeof path, "%s/data.mdb", place->folder);
	return check_copy(options->file, report, &result->counts) &&
	       copy_file(options->file, path, report) &&
	       place_open_store(place, options->map_size, report);
}

static bool from_portable(struct place *place, const struct restore_options *options,
			  struct report *report, struct restore_result *result)
{
	struct check_counts counts;
	int fd = open(options->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return report_fail(report, "%.300s: %s", options->file, strerror(errno));
	bool is_well = place_open_store(place, options->map_size, report);
	if (is_well && !portable_read(fd, place->store, report, &result->counts)) {
		char why[STORE_ERROR_MAX];
		snprintf(why, sizeof why, "%s", report->error);
		is_well = report_fail(report, "%.200s: %.250s", options->file, why);
	}
	close(fd);
	is_well = is_well && check_store(place->store, report, &counts);
	if (is_well && report->findings)
		return report_fail(report, "%.300s makes no whole store: nothing was restored",
				   options->file);
	return is_well;
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

static bool fill(struct place *place, const struct restore_options *options, struct report *report,
		 struct restore_result *result)
{
	struct stat st;
	if (stat(options->file, &st) != 0)
		return report_fail(report, "%.300s: %s", options->file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return report_fail(report, "%.300s: is not a file", options->file);
	bool is_text = portable_is(options->file);
	if (!(is_text ? from_portable : from_copy)(place, options, report, result))
		return false;
	if (options->log_of && !restore_replay(place->store, options, report, result))
		return false;
	note_end(place->store, result);
	return !options->to || restore_rewind(place->store, options, report, result);
}

bool restore_store(const struct restore_options *options, struct report *report,
		   struct restore_result *result)
{
	struct place *place = calloc(1, sizeof *place);
	assert(place);
	*result = (struct restore_result){0};
	bool is_well = place_begin(place, options->data, report) && place_is_free(place, report) &&
		       fill(place, options, report, result) && place_commit(place, NULL, report);
	place_end(place);
	free(place);
	return is_well;
}
