/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/checkpoints.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/file.h"
#include "base/log.h"
#include "base/timeword.h"
#include "journal/put_back.h"
#include "store/writer.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEQ_LEN 8

struct checkpoints {
	struct store *store;
	struct writer *writer;
	struct clock *clock;
	struct checkpoint_key *key;
	char path[PATH_MAX];
	char public[CHECKPOINT_PEM_MAX];
	uint64_t seconds, entries;
	pthread_mutex_t lock;   /* what follows */
	struct checkpoint last; /* in the store; seq 0: none */
	bool has_trouble;
	char trouble[CHECKPOINT_ERROR_MAX]; /* written at the start alone */
};

struct signing {
	struct writer_job job;
	const struct checkpoints *checkpoints;
	struct checkpoint made;
	char line[CHECKPOINT_LINE_MAX];
	size_t len;
};

static void run_signing(struct writer_job *job, struct store_txn *txn)
{
	struct signing *signing = container_of(job, struct signing, job);
	uint8_t key[SEQ_LEN];
	signing->made =
		(struct checkpoint){.version = 2, .time = clock_now(signing->checkpoints->clock)};
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		struct journal_link head = journal_log_head(txn, (enum journal_log)log);
		signing->made.heads[log].seq = head.seq;
		memcpy(signing->made.heads[log].digest, head.digest, DIGEST_LEN);
	}
	checkpoint_sign(signing->checkpoints->key, &signing->made);
	signing->len = checkpoint_print(&signing->made, signing->line);
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u64(&out, signing->made.heads[JOURNAL_CHANGES].seq);
	store_put(txn, STORE_CHECKPOINTS, bytes_of(key, sizeof key),
		  bytes_of(signing->line, signing->len));
}

/* Behind what is there, on disk before this returns. */
static bool append_line(const char *path, const char *line, size_t len, char error[FILE_ERROR_MAX])
{
	char whole[CHECKPOINT_LINE_MAX + 1];
	int fd = file_open_append(path, 0600, error);
	if (fd < 0)
		return false;
	memcpy(whole, line, len);
	whole[len] = '\n';
	/* No half line may stay, to which the next would be glued. */
	bool is_written = file_append(fd, whole, len + 1);
	if (!is_written)
		snprintf(error, FILE_ERROR_MAX, "%s", strerror(errno));
	close(fd);
	return is_written;
}

/* With the lock. False: `error` says what failed. */
static bool checkpoints_sign(struct checkpoints *checkpoints, char failed[STORE_ERROR_MAX])
{
	char quoted[LOG_QUOTED_MAX], wrong[FILE_ERROR_MAX];
	struct signing signing = {.job = {.run = run_signing}, .checkpoints = checkpoints};
	enum store_error error = writer_call(checkpoints->writer, &signing.job, WRITER_URGENT);
	if (error) {
		log_warning("the log's head could not be signed", "error=\"%s\"",
			    store_error_text(error));
		snprintf(failed, STORE_ERROR_MAX, "the log's head could not be signed: %s",
			 store_error_text(error));
		return false;
	}
	checkpoints->last = signing.made;
	bool is_outside = append_line(checkpoints->path, signing.line, signing.len, wrong);
	if (!is_outside) {
		log_error("a checkpoint could not be written outside of the store",
			  "path=%s reason=\"%s\"", log_quote(checkpoints->path, quoted), wrong);
		snprintf(failed, STORE_ERROR_MAX,
			 "the checkpoint is in the store, but not in %.300s: %.100s",
			 checkpoints->path, wrong);
	}
	log_info("checkpoint", "line=%s", log_quote(signing.line, quoted));
	return is_outside;
}

/* How many entries were logged since the last one; all of them where a log is shorter than it was.
 */
static uint64_t checkpoints_lag(const struct checkpoints *checkpoints,
				const struct journal_seqs *heads)
{
	uint64_t lag = 0;
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		uint64_t was = checkpoints->last.heads[log].seq;
		if (heads->of[log] < was)
			return UINT64_MAX;
		lag += heads->of[log] - was;
	}
	return lag;
}

/* With the lock: how many entries wait for a checkpoint. */
static uint64_t checkpoints_waiting(const struct checkpoints *checkpoints)
{
	struct store_txn txn;
	store_read_begin(checkpoints->store, &txn);
	struct journal_seqs heads = journal_log_heads(&txn);
	bool is_whole = !txn.error;
	store_read_end(&txn);
	return is_whole && heads.of[JOURNAL_CHANGES] ? checkpoints_lag(checkpoints, &heads) : 0;
}

void checkpoints_look(struct checkpoints *checkpoints, bool is_last)
{
	char error[STORE_ERROR_MAX];
	if (!checkpoints)
		return;
	pthread_mutex_lock(&checkpoints->lock);
	uint64_t now = clock_now(checkpoints->clock), lag = checkpoints_waiting(checkpoints);
	if (lag && (is_last || lag >= checkpoints->entries || now < checkpoints->last.time ||
		    now >= checkpoints->last.time + checkpoints->seconds))
		checkpoints_sign(checkpoints, error);
	pthread_mutex_unlock(&checkpoints->lock);
}

enum checkpoints_outcome checkpoints_now(struct checkpoints *checkpoints, struct checkpoint *last,
					 char error[STORE_ERROR_MAX])
{
	enum checkpoints_outcome outcome = CHECKPOINTS_NOTHING;
	pthread_mutex_lock(&checkpoints->lock);
	if (checkpoints_waiting(checkpoints))
		outcome = checkpoints_sign(checkpoints, error) ? CHECKPOINTS_SIGNED
							       : CHECKPOINTS_FAILED;
	if (outcome != CHECKPOINTS_FAILED)
		checkpoints->has_trouble = false;
	*last = checkpoints->last;
	pthread_mutex_unlock(&checkpoints->lock);
	return outcome;
}

void checkpoints_state(struct checkpoints *checkpoints, const char *text,
		       char out[CHECKPOINT_LINE_MAX])
{
	checkpoint_sign_text(checkpoints->key, text, out);
}

bool checkpoints_last(struct checkpoints *checkpoints, char out[CHECKPOINT_LINE_MAX])
{
	pthread_mutex_lock(&checkpoints->lock);
	struct checkpoint last = checkpoints->last;
	pthread_mutex_unlock(&checkpoints->lock);
	if (!last.version)
		return false;
	out[checkpoint_print(&last, out)] = '\0';
	return true;
}

const char *checkpoints_trouble(struct checkpoints *checkpoints)
{
	if (!checkpoints)
		return NULL;
	pthread_mutex_lock(&checkpoints->lock);
	bool has_trouble = checkpoints->has_trouble;
	pthread_mutex_unlock(&checkpoints->lock);
	return has_trouble ? checkpoints->trouble : NULL;
}

const char *checkpoints_path(const struct checkpoints *checkpoints)
{
	return checkpoints->path;
}

/* The last whole line of the file; false: there is none. */
static bool last_line(const char *path, struct checkpoint *last)
{
	char tail[2 * CHECKPOINT_LINE_MAX];
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	long at = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
	long from = at > (long)sizeof tail ? at - (long)sizeof tail : 0;
	size_t len = fseek(file, from, SEEK_SET) == 0 ? fread(tail, 1, sizeof tail, file) : 0;
	fclose(file);
	while (len && tail[len - 1] != '\n')
		len--;
	if (!len)
		return false;
	size_t start = --len;
	while (start && tail[start - 1] != '\n')
		start--;
	return !checkpoint_parse(last, tail + start, len - start);
}

/* Whether the log holds what was signed; what is pruned cannot be told. */
static bool checkpoints_agree(struct store_txn *txn, enum journal_log log,
			      const struct checkpoint_head *head)
{
	struct entry e;
	struct arena arena = {0};
	struct journal_link base = journal_log_base(txn, log);
	if (head->seq == 0 || head->seq < base.seq)
		return true;
	const uint8_t *digest = base.digest;
	bool is_there = head->seq == base.seq;
	if (!is_there) {
		is_there = journal_log_read(txn, log, head->seq, &e, &arena);
		digest = e.digest;
	}
	bool is_same = is_there && memcmp(digest, head->digest, DIGEST_LEN) == 0;
	arena_free(&arena);
	return is_same;
}

/* What the store's owner cannot undo: somebody put another log in the place of the signed one. */
static void checkpoints_tell(struct checkpoints *checkpoints, struct store_txn *txn,
			     struct journal_place at, uint64_t time)
{
	char quoted[LOG_QUOTED_MAX], signed_seq[JOURNAL_LOG_SEQ_TEXT_MAX];
	char last[JOURNAL_LOG_SEQ_TEXT_MAX], backup[TIMEWORD_TEXT_MAX];
	struct put_back put_back;
	uint64_t head = journal_log_head(txn, at.log).seq;
	log_quote(checkpoints->path, quoted);
	journal_log_print_seq(at.log, at.seq, signed_seq);
	journal_log_print_seq(at.log, head, last);
	checkpoints->has_trouble = true;
	snprintf(checkpoints->trouble, sizeof checkpoints->trouble,
		 "the log is not the one of the last checkpoint outside of the store: entry %s was "
		 "signed, and the log %s; see tenurectl audit verify --checkpoints, then "
		 "tenurectl audit checkpoint",
		 signed_seq, at.seq > head ? "is shorter" : "holds another");
	if (put_back_explains(txn, at, time * 1000000, &put_back)) {
		time_print(put_back.backup_us / 1000000, backup);
		snprintf(checkpoints->trouble, sizeof checkpoints->trouble,
			 "the store was put back from a backup whose log ends at %s (entry "
			 "%" PRIu64
			 "): what was signed behind that is given up; tenurectl audit checkpoint "
			 "says that this is known",
			 backup, put_back.seq);
		log_warning("the store was put back from a backup",
			    "backup=%s entry=%" PRIu64 " checkpoints=%s signed=%s", backup,
			    put_back.seq, quoted, signed_seq);
	} else if (at.seq > head) {
		log_error("the log is shorter than the one that was signed",
			  "checkpoints=%s signed=%s last=%s"
			  " do=\"tenurectl audit verify --checkpoints\"",
			  quoted, signed_seq, last);
	} else {
		log_error("the log is not the one that was signed",
			  "checkpoints=%s signed=%s"
			  " do=\"tenurectl audit verify --checkpoints\"",
			  quoted, signed_seq);
	}
}

/* Says the first that is wrong. */
static void compare_outside(struct checkpoints *checkpoints, struct store_txn *txn)
{
	struct checkpoint last;
	if (!last_line(checkpoints->path, &last))
		return;
	for (unsigned i = 0; i < checkpoint_heads(&last); i++) {
		enum journal_log log = (enum journal_log)i;
		if (checkpoints_agree(txn, log, &last.heads[i]))
			continue;
		checkpoints_tell(checkpoints, txn, (struct journal_place){log, last.heads[i].seq},
				 last.time);
		return;
	}
}

static void read_last(struct checkpoints *checkpoints)
{
	struct store_txn txn;
	struct bytes key, value;
	store_read_begin(checkpoints->store, &txn);
	if (store_last(&txn, STORE_CHECKPOINTS, bytes_of(NULL, 0), &key, &value) &&
	    checkpoint_parse(&checkpoints->last, (const char *)value.data, value.len))
		checkpoints->last = (struct checkpoint){0};
	compare_outside(checkpoints, &txn);
	store_read_end(&txn);
}

struct checkpoints *checkpoints_open(const struct checkpoints_options *options,
				     char error[STORE_ERROR_MAX])
{
	if (!options->key)
		return NULL;
	struct checkpoints *checkpoints = calloc(1, sizeof *checkpoints);
	assert(checkpoints);
	checkpoints->store = options->store;
	checkpoints->writer = options->writer;
	checkpoints->clock = options->clock;
	pthread_mutex_init(&checkpoints->lock, NULL);
	checkpoints->seconds = options->seconds ? options->seconds : CHECKPOINTS_SECONDS;
	checkpoints->entries = options->entries ? options->entries : CHECKPOINTS_ENTRIES;
	int len = options->file
			  ? snprintf(checkpoints->path, PATH_MAX, "%s", options->file)
			  : snprintf(checkpoints->path, PATH_MAX, "%s.checkpoints", options->key);
	_Static_assert(CHECKPOINT_ERROR_MAX <= STORE_ERROR_MAX, "one sentence fits the other");
	if (len >= PATH_MAX)
		snprintf(error, STORE_ERROR_MAX, "checkpoint file: its path is too long");
	else
		checkpoints->key = checkpoint_key_read(options->key, error);
	if (!checkpoints->key) {
		pthread_mutex_destroy(&checkpoints->lock);
		free(checkpoints);
		return NULL;
	}
	checkpoint_key_public(checkpoints->key, checkpoints->public);
	read_last(checkpoints);
	return checkpoints;
}

void checkpoints_close(struct checkpoints *checkpoints)
{
	if (!checkpoints)
		return;
	checkpoint_key_free(checkpoints->key);
	pthread_mutex_destroy(&checkpoints->lock);
	free(checkpoints);
}

const char *checkpoints_public(const struct checkpoints *checkpoints)
{
	return checkpoints ? checkpoints->public : NULL;
}
