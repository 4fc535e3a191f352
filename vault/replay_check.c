/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "vault/replay_check.h"
#include "journal/journal.h"
#include "vault/restore.h"
#include "zonedb/state_digest.h"
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_LEN 4200

/* A store, and its lines in a file without a name. */
struct side {
	struct store *store;
	struct store_txn txn;
	FILE *lines;
	char *line;
	size_t room;
};

static bool replay_check_write_line(void *context, struct bytes line)
{
	FILE *out = context;
	return fwrite(line.data, 1, line.len, out) == line.len && fputc('\n', out) != EOF;
}

static bool open_side(struct side *side, const char *folder, struct report *report)
{
	char file[PATH_LEN];
	snprintf(file, sizeof file, "%.4000s/data.mdb", folder);
	struct store_options how = {.path = file, .is_read_only = true, .is_file = true};
	side->store = store_open(&how, report->error);
	if (!side->store)
		return false;
	store_read_begin(side->store, &side->txn);
	return true;
}

static void close_side(struct side *side)
{
	if (side->store) {
		store_read_end(&side->txn);
		store_close(side->store);
	}
	if (side->lines)
		fclose(side->lines);
	free(side->line);
}

static bool take_digest(struct side *side, uint64_t seq, uint8_t digest[DIGEST_LEN],
			struct report *report)
{
	struct state_digest_result result;
	struct state_digest_options options = {.at = seq, .line = replay_check_write_line};
	side->lines = tmpfile();
	if (!side->lines)
		return report_fail(report, "a file for the lines: %s", strerror(errno));
	options.context = side->lines;
	if (!state_digest(&side->txn, &options, &result))
		return report_fail(report, "the state cannot be read: %s",
				   side->txn.error ? store_error_text(side->txn.error)
						   : strerror(errno));
	memcpy(digest, result.digest, DIGEST_LEN);
	rewind(side->lines);
	return true;
}

/* False: it has no more. */
static bool next_line(struct side *side)
{
	ssize_t len = getline(&side->line, &side->room, side->lines);
	if (len > 0 && side->line[len - 1] == '\n')
		side->line[len - 1] = '\0';
	return len > 0;
}

static void find_difference(struct side *here, struct side *replayed,
			    struct replay_check_result *result)
{
	for (;;) {
		bool is_here = next_line(here), is_there = next_line(replayed);
		if (is_here && is_there && strcmp(here->line, replayed->line) == 0)
			continue;
		result->line = is_here ? strdup(here->line) : NULL;
		result->replayed_line = is_there ? strdup(replayed->line) : NULL;
		return;
	}
}

static bool replay_check_compare(const char *data, const char *folder, struct report *report,
				 struct replay_check_result *result)
{
	struct side here = {0}, replayed = {0};
	bool is_well = open_side(&here, data, report) && open_side(&replayed, folder, report);
	if (is_well) {
		result->seq = journal_head(&here.txn).seq;
		is_well = take_digest(&here, result->seq, result->digest, report) &&
			  take_digest(&replayed, journal_head(&replayed.txn).seq,
				      result->replayed_digest, report);
	}
	if (is_well) {
		result->is_same = memcmp(result->digest, result->replayed_digest, DIGEST_LEN) == 0;
		if (!result->is_same)
			find_difference(&here, &replayed, result);
	}
	close_side(&here);
	close_side(&replayed);
	return is_well;
}

/* What a version wrote that logged settings as words cannot be done again. */
static bool begins_with_words(struct store_txn *txn)
{
	struct arena arena = {0};
	struct entry first;
	bool is = journal_read(txn, 1, &first, &arena) && first.format == 1;
	arena_free(&arena);
	return is;
}

/* Whether the log, whole, goes on from nothing. */
static bool replay_check_is_whole(const char *data, struct report *report,
				  struct replay_check_result *result)
{
	struct side here = {0};
	if (!open_side(&here, data, report))
		return false;
	uint64_t base = journal_base(&here.txn).seq;
	bool is_words = base == 0 && begins_with_words(&here.txn);
	close_side(&here);
	result->is_pruned = base > 0 || is_words;
	if (is_words)
		return report_fail(report,
				   "its first entries were written by tenure 0.1.0, which "
				   "logged settings as words: a backup that was made after "
				   "the upgrade, or as the last before it, has what they did "
				   "(--from FILE)");
	return base == 0 ||
	       report_fail(report,
			   "its log begins with entry %llu: a backup that was made behind it has "
			   "what was before (--from FILE)",
			   (unsigned long long)base + 1);
}

static bool replay_whole(const struct restore_options *options, struct report *report,
			 struct restore_result *made)
{
	struct store_options how = {.path = options->data};
	struct store *store = store_open(&how, report->error);
	bool is_well = store && restore_replay(store, options, report, made);
	store_close(store);
	return is_well;
}

static int replay_check_remove_one(const char *path, const struct stat *st, int type,
				   struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

bool replay_check(const struct replay_check_options *options, struct report *report,
		  struct replay_check_result *result)
{
	char folder[PATH_LEN];
	const char *temp = getenv("TMPDIR");
	struct restore_result made = {0};
	*result = (struct replay_check_result){0};
	if (options->fd < 0 && !replay_check_is_whole(options->data, report, result))
		return false;
	snprintf(folder, sizeof folder, "%.4000s/tenure-replay-XXXXXX",
		 temp && *temp ? temp : "/tmp");
	if (!mkdtemp(folder))
		return report_fail(report, "%.300s: %s", folder, strerror(errno));
	struct restore_options restore = {.fd = options->fd,
					  .file = options->file,
					  .data = folder,
					  .log_of = options->data,
					  .now = (uint64_t)time(NULL),
					  .is_to_compare = true};
	bool is_well = options->fd < 0 ? replay_whole(&restore, report, &made)
				       : restore_store(&restore, report, &made);
	result->replayed = made.replayed;
	is_well = is_well && replay_check_compare(options->data, folder, report, result);
	nftw(folder, replay_check_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return is_well;
}
