/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/trouble.h"
#include "base/clock.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A line of the log about a trouble that stays, so often at most. */
#define REPEAT_US 60000000ull

/* Between two tries to write. */
#define PROBE_US 1000000

/*
 * A trial takes pages beside those of the rows, for the trees that a change writes anew; no more
 * than so many bytes, since LMDB has them in memory; and so small a part of the time, since a list
 * of free pages may be long.
 */
#define TRIAL_PAGES 32
#define TRIAL_MAX   ((size_t)4 << 20)
#define TRIAL_PART  50

static const struct {
	const char *word, *sentence;
} troubles[] = {
#define X(code, word, sentence) {word, sentence},
	STORE_TROUBLES(X)
#undef X
};

const char *store_trouble_word(enum store_trouble trouble)
{
	return troubles[trouble].word;
}

const char *store_trouble_text(enum store_trouble trouble)
{
	return troubles[trouble].sentence;
}

static enum store_trouble trouble_of(const struct store *s, enum store_error error)
{
	if (s->is_failed)
		return STORE_TROUBLE_CLOSED;
	if (s->is_kept_protected)
		return STORE_TROUBLE_DAMAGED;
	switch (error) {
	case STORE_FULL:
		return STORE_TROUBLE_MAP;
	case STORE_DISK_FULL:
		return STORE_TROUBLE_DISK;
	case STORE_READ_ONLY:
		return STORE_TROUBLE_READ_ONLY;
	case STORE_NO_MEMORY:
		return STORE_TROUBLE_MEMORY;
	case STORE_BROKEN:
		return STORE_TROUBLE_DEVICE;
	case STORE_OK:
	case STORE_CORRUPT:
	case STORE_NEWER:
		break;
	}
	return STORE_TROUBLE_NONE;
}

static void trouble_set(struct store *s, enum store_trouble now)
{
	uint64_t now_us = clock_monotonic_us();
	pthread_mutex_lock(&s->trouble_lock);
	if (s->trouble.now && s->trouble.now != now) {
		s->trouble.last = s->trouble.now;
		s->trouble.last_us = now_us - s->trouble_began_us;
		s->trouble_ended_us = now_us;
	}
	s->trouble.now = now;
	s->trouble_began_us = now_us;
	s->failed_bytes = s->failed_row = 0;
	pthread_mutex_unlock(&s->trouble_lock);
}

void trouble_note(struct store *s, enum store_error error, const char *what, int code)
{
	enum store_trouble now = trouble_of(s, error);
	uint64_t now_us = clock_monotonic_us();
	if (!now)
		return;
	if (s->trouble.now != now)
		trouble_set(s, now);
	if (s->trouble_told == now && now_us < s->trouble_told_us + REPEAT_US)
		return;
	s->trouble_told = now;
	s->trouble_told_us = now_us;
	s->is_trouble_told = true;
	log_error(troubles[now].word, "path=%s while=%s reason=\"%s\" what=\"%s\"", s->path, what,
		  mdb_strerror(code), troubles[now].sentence);
}

static size_t trial_size(size_t a, size_t b)
{
	size_t larger = a > b ? a : b;
	return larger < TRIAL_MAX ? larger : TRIAL_MAX;
}

void trouble_note_txn(const struct store_txn *txn, enum store_error error, const char *what,
		      int code)
{
	struct store *s = txn->store;
	trouble_note(s, error, what, code);
	s->failed_bytes = trial_size(s->failed_bytes, txn->bytes);
	s->failed_row = trial_size(s->failed_row, txn->last);
	s->trial_code = code;
}

static void trouble_end(struct store *s)
{
	enum store_trouble was = s->trouble.now;
	uint64_t took_us = clock_monotonic_us() - s->trouble_began_us;
	trouble_set(s, STORE_TROUBLE_NONE);
	if (!s->is_trouble_told)
		return;
	s->is_trouble_told = false;
	log_info("the store is written again", "path=%s was=\"%s\" for=%" PRIu64 "s", s->path,
		 troubles[was].word, took_us / 1000000);
}

/* Puts rows that nobody will see: the largest, the rest of the bytes, and the pages of trees. */
static int trial_put(struct store *s, MDB_txn *txn, size_t page)
{
	size_t sizes[TRIAL_PAGES + 2] = {s->failed_row, s->failed_bytes - s->failed_row};
	int code = 0;
	for (unsigned i = 0; i < TRIAL_PAGES; i++)
		sizes[i + 2] = page / 2; /* LMDB gives a row of this size a page */
	for (unsigned i = 0; i < TRIAL_PAGES + 2 && !code; i++) {
		char key[16];
		int n = snprintf(key, sizeof key, "trial%u", i);
		MDB_val k = {.mv_size = (size_t)n, .mv_data = key}, v = {.mv_size = sizes[i]};
		code = mdb_put(txn, s->tables[STORE_META], &k, &v, MDB_RESERVE);
	}
	return code;
}

/* Whether a write of the size that failed finds memory, and pages in the map beside the reserve
 * that no snapshot needs. 0, or LMDB's error. */
static int trial_make(struct store *s)
{
	MDB_txn *txn;
	MDB_stat stat;
	uint64_t began_us = clock_monotonic_us();
	if (began_us < s->trial_us)
		return s->trial_code;
	int code = s->env ? mdb_env_stat(s->env, &stat) : MDB_PANIC;
	if (!code)
		code = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (!code) {
		code = trial_put(s, txn, stat.ms_psize);
		if (!code && environment_pages(s, txn) + s->reserve_pages > s->map_pages)
			code = MDB_MAP_FULL;
		mdb_txn_abort(txn);
	}
	uint64_t ended_us = clock_monotonic_us();
	s->trial_us = ended_us + (ended_us - began_us) * TRIAL_PART;
	s->trial_code = code;
	return code;
}

/* What was committed may have found room in the reserve, or in pages that were free. */
static bool trouble_is_over(struct store *s)
{
	switch (s->trouble.now) {
	case STORE_TROUBLE_MAP:
		return trial_make(s) == 0;
	case STORE_TROUBLE_MEMORY:
		return trial_make(s) != ENOMEM;
	case STORE_TROUBLE_DISK:
		return !environment_is_disk_full(s, s->failed_bytes);
	case STORE_TROUBLE_CLOSED:
		return !s->is_failed;
	case STORE_TROUBLE_READ_ONLY:
		return !s->is_protected;
	default:
		return true;
	}
}

void trouble_written(struct store *s)
{
	if (s->trouble.now && trouble_is_over(s))
		trouble_end(s);
}

/* A row is written as it is. */
static bool write_nothing(struct store *s)
{
	struct store_txn txn;
	store_write_begin(s, &txn);
	if (!txn.error) {
		txn.may_use_reserve = STORE_RESERVE_WHOLE;
		store_set_number(&txn, "schema", store_number(&txn, "schema"));
	}
	return store_commit(&txn) == STORE_OK;
}

static bool may_be_written(const struct store *s)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/data.mdb", s->path);
	return n > 0 && (size_t)n < sizeof path && access(path, W_OK) == 0 &&
	       access(s->path, W_OK) == 0;
}

bool trouble_probe(struct store *s)
{
	if (s->is_failed && !environment_reopen(s))
		return false;
	if (s->is_kept_protected)
		return true; /* nothing but a restore or a repair ends it */
	if (s->is_protected && (!may_be_written(s) || !environment_reopen(s) || s->is_protected))
		return false;
	if (!s->trouble.now)
		return true;
	if (s->trouble.now == STORE_TROUBLE_MAP) {
		trouble_written(s);
		return !s->trouble.now;
	}
	uint64_t now_us = clock_monotonic_us();
	if (now_us < s->probed_us + PROBE_US || !trouble_is_over(s))
		return false;
	s->probed_us = now_us;
	return write_nothing(s);
}

void store_health(struct store *s, struct store_health *health)
{
	uint64_t now_us = clock_monotonic_us();
	pthread_mutex_lock(&s->trouble_lock);
	*health = s->trouble;
	health->now_us = health->now ? now_us - s->trouble_began_us : 0;
	health->ended_us = health->last ? now_us - s->trouble_ended_us : 0;
	pthread_mutex_unlock(&s->trouble_lock);
}
