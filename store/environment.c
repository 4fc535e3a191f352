/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "store/environment.h"
#include "store/settings.h"
#include "base/file.h"
#include "store/inspect.h"
#include "store/trouble.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The reader table has room for control connections and transfers beside the readers' threads. */
#define MORE_READERS 64

/* How long the writer waits for readers to let go of their snapshots. */
#define PARK_MS 2000
/* And for a larger map, which can wait. */
#define RESIZE_MS 50

/* So much must fit on the disk for an error in writing to be something else than a full disk. */
#define ROOM_PROBE (1 << 20)

/* The longest that a start waits for the file to be looked at. */
#define INSPECT_SECONDS 20

#define RESERVE_SHARE     16
#define RESERVE_PAGES_MAX 16384

static const char *const table_names[STORE_TABLES] = {
	[STORE_META] = "meta",
	[STORE_ZONES] = "zones",
	[STORE_NODES] = "nodes",
	[STORE_CUTS] = "cuts",
	[STORE_TOMBSTONES] = "tombs",
	[STORE_DUE] = "due",
	[STORE_ADDRESSES] = "addresses",
	[STORE_PRINCIPALS] = "principals",
	[STORE_LOG] = "log",
	[STORE_LOG_SERIAL] = "log_serial",
	[STORE_KEYS] = "keys",
	[STORE_GROUPS] = "groups",
	[STORE_RULES] = "rules",
	[STORE_RUNS] = "runs",
	[STORE_ZONE_OWNERS] = "stakes",
	[STORE_RESERVED] = "reserved",
	[STORE_LOG_ZONE] = "log_zone",
	[STORE_LOG_NAME] = "log_name",
	[STORE_LOG_RUN] = "log_run",
	[STORE_CHECKPOINTS] = "checkpoints",
	[STORE_SERVER] = "server",
	[STORE_NOTES] = "notes",
	[STORE_LOCAL] = "local",
	[STORE_SIGNED] = "refusals_signed",
	[STORE_SIGNED_ZONE] = "refusals_signed_zone",
	[STORE_SIGNED_NAME] = "refusals_signed_name",
	[STORE_UNSIGNED] = "refusals_unsigned",
	[STORE_UNSIGNED_ZONE] = "refusals_unsigned_zone",
	[STORE_UNSIGNED_NAME] = "refusals_unsigned_name",
};

__attribute__((format(printf, 2, 3))) static bool environment_fail(char *error, const char *format,
								   ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error, STORE_ERROR_MAX, format, args);
	va_end(args);
	return false;
}

static void print_path(const struct store *s, const char *file, size_t cap, char *out)
{
	int n = s->options.is_file ? snprintf(out, cap, "%s", s->path)
				   : snprintf(out, cap, "%s/%s", s->path, file);
	assert(n > 0 && (size_t)n < cap);
}

const char *store_table_name(enum store_table table)
{
	return table_names[table];
}

static bool environment_make_folder(const struct store *s, char *error)
{
	struct stat st;
	if (stat(s->path, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			return environment_fail(error, "store %s: is a file, not a folder",
						s->path);
		return true;
	}
	if (errno == ENOENT && !s->options.is_read_only && mkdir(s->path, 0700) == 0)
		return true;
	return environment_fail(error, "store %s: %s: %s", s->path,
				s->options.is_read_only ? "cannot be read"
							: "cannot make the folder",
				strerror(errno));
}

/* A file that was made, and its folder, are there after a crash, too. */
static bool sync_names(const struct store *s, char *error)
{
	char around[PATH_MAX + 4];
	snprintf(around, sizeof around, "%s/..", s->path);
	return (file_sync_folder(AT_FDCWD, s->path) && file_sync_folder(AT_FDCWD, around)) ||
	       environment_fail(error, "store %s: its folder cannot be brought to the disk: %s",
				s->path, strerror(errno));
}

static bool explain_open(const struct store *s, int code, char *error)
{
	char path[PATH_MAX];
	print_path(s, "data.mdb", sizeof path, path);
	switch (code) {
	case MDB_INVALID:
		return environment_fail(
			error, "store %s: not an LMDB file, so not a store of tenure", path);
	case MDB_VERSION_MISMATCH:
		return environment_fail(error,
					"store %s: made by a version of LMDB that %s cannot read",
					path, mdb_version(NULL, NULL, NULL));
	default:
		return environment_fail(error, "store %s: cannot be opened: %s", path,
					mdb_strerror(code));
	}
}

static bool environment_is_for_reading(const struct store *s)
{
	return s->options.is_read_only || s->is_protected;
}

static bool open_env(struct store *s, char *error)
{
	unsigned flags = MDB_NOTLS |
			 (environment_is_for_reading(s) ? MDB_RDONLY | MDB_NOLOCK : 0u) |
			 (s->options.is_file ? MDB_NOSUBDIR : 0u);
	int code = mdb_env_create(&s->env);
	if (code)
		return explain_open(s, code, error);
	if (!code)
		code = mdb_env_set_mapsize(s->env, s->options.map_size);
	if (!code)
		code = mdb_env_set_maxdbs(s->env, STORE_TABLES);
	if (!code)
		code = mdb_env_set_maxreaders(s->env, s->options.readers + MORE_READERS);
	if (!code)
		code = mdb_env_set_assert(s->env, fault_assert);
	if (!code)
		code = mdb_env_open(s->env, s->path, flags, 0600);
	if (!code)
		return true;
	mdb_env_close(s->env);
	s->env = NULL;
	s->open_error = code;
	return explain_open(s, code, error);
}

/* A whole environment of somebody else has tables, or keys, but no schema of ours. */
static bool is_ours(struct store *s, MDB_txn *txn, bool *is_new, char *error)
{
	MDB_dbi main, meta;
	MDB_stat stat;
	int code = mdb_dbi_open(txn, NULL, 0, &main);
	if (!code)
		code = mdb_stat(txn, main, &stat);
	if (code)
		return explain_open(s, code, error);
	*is_new = stat.ms_entries == 0;
	if (*is_new && !environment_is_for_reading(s))
		return true;
	MDB_val value, key = {.mv_size = strlen("schema"), .mv_data = (char *)"schema"};
	code = mdb_dbi_open(txn, table_names[STORE_META], 0, &meta);
	if (!code)
		code = mdb_get(txn, meta, &key, &value);
	if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE)
		return environment_fail(
			error,
			"store %s: an LMDB environment of another program (it has no schema "
			"version of tenure)",
			s->path);
	return code ? explain_open(s, code, error) : true;
}

static bool open_tables(struct store *s, MDB_txn *txn, char *error)
{
	unsigned flags = environment_is_for_reading(s) ? 0 : MDB_CREATE;
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		int code = mdb_dbi_open(txn, table_names[t], flags, &s->tables[t]);
		/* Made before the table was thought of: it is empty. */
		s->is_absent[t] = code == MDB_NOTFOUND && environment_is_for_reading(s);
		if (code && !s->is_absent[t])
			return environment_fail(error, "store %s: table %s cannot be opened: %s",
						s->path, table_names[t], mdb_strerror(code));
	}
	return true;
}

static bool explain_schema(const struct store *s, enum store_error failed, uint64_t version,
			   char *error)
{
	if (failed)
		return environment_fail(error, "store %s: its schema version cannot be read: %s",
					s->path, store_error_text(failed));
	if (version == STORE_SCHEMA_0_1_0)
		return environment_fail(
			error,
			"store %s: was made by tenure 0.1.0 (schema version %d); "
			"tenured migrates it when it starts, and tenurectl restore a "
			"backup of it",
			s->path, STORE_SCHEMA_0_1_0);
	return environment_fail(error,
				"store %s: has schema version %" PRIu64
				"; this tenured knows version %d only",
				s->path, version, STORE_SCHEMA_VERSION);
}

/* LMDB wants the tables' handles from one transaction, before any other begins. */
static bool open_checked(struct store *s, char *error)
{
	MDB_txn *txn;
	bool is_new = false;
	int code =
		mdb_txn_begin(s->env, NULL, environment_is_for_reading(s) ? MDB_RDONLY : 0, &txn);
	if (code) {
		s->open_error = code;
		return explain_open(s, code, error);
	}
	if (!is_ours(s, txn, &is_new, error) || !open_tables(s, txn, error)) {
		mdb_txn_abort(txn);
		return false;
	}
	struct store_txn ours = {
		.store = s,
		.handle = txn,
		.is_write = true,
		.may_use_reserve = STORE_RESERVE_WHOLE,
	};
	if (is_new)
		store_set_number(&ours, "schema", STORE_SCHEMA_VERSION);
	uint64_t version = store_number(&ours, "schema");
	unsigned wanted = s->options.schema ? s->options.schema : STORE_SCHEMA_VERSION;
	if (ours.error || version != wanted) {
		mdb_txn_abort(txn);
		return explain_schema(s, ours.error, version, error);
	}
	code = mdb_txn_commit(txn);
	if (code)
		s->open_error = code;
	return code ? explain_open(s, code, error) : true;
}

static void close_env(struct store *s)
{
	if (s->env)
		mdb_env_close(s->env);
	s->env = NULL;
}

static bool environment_open_once(struct store *s, char *error)
{
	s->open_error = 0;
	if (!open_env(s, error))
		return false;
	MDB_envinfo info;
	MDB_stat stat;
	mdb_env_info(s->env, &info);
	mdb_env_stat(s->env, &stat);
	s->map_pages = info.me_mapsize / stat.ms_psize;
	s->reserve_pages = s->map_pages / RESERVE_SHARE;
	if (s->reserve_pages > RESERVE_PAGES_MAX)
		s->reserve_pages = RESERVE_PAGES_MAX;
	if (open_checked(s, error))
		return true;
	close_env(s);
	return false;
}

/* What a disk says of an attempt to write; a user who may not write is somebody's mistake. */
static bool is_of_disk(int code)
{
	return code == EROFS || code == EIO || code == ENOSPC || code == EDQUOT || code == EFBIG;
}

/* Where the disk does not let it be written, for reading alone: queries can be answered. */
static bool open_all(struct store *s, char *error)
{
	if (s->is_kept_protected) {
		s->protected_by = MDB_CORRUPTED;
		s->is_protected = true;
		bool is_open = environment_open_once(s, error);
		if (is_open)
			trouble_note(s, STORE_CORRUPT, "open", MDB_CORRUPTED);
		return is_open;
	}
	s->is_protected = false;
	if (environment_open_once(s, error))
		return true;
	if (environment_is_for_reading(s) || !is_of_disk(s->open_error))
		return false;
	s->protected_by = s->open_error;
	s->is_protected = true;
	if (!environment_open_once(s, error)) {
		s->is_protected = false;
		return false;
	}
	trouble_note(s, environment_error(s, s->protected_by), "open", s->protected_by);
	return true;
}

static bool wait_for_readers(struct store *s, unsigned most_ms)
{
	for (unsigned waited = 0;; waited++) {
		bool is_any = false;
		for (struct store_txn *txn = s->readers; txn; txn = txn->next)
			is_any |= txn->is_active;
		if (!is_any)
			return true;
		if (waited == most_ms)
			return false;
		usleep(1000);
	}
}

static void end_reader(struct store_txn *txn)
{
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		if (txn->cursors[t].handle)
			mdb_cursor_close(txn->cursors[t].handle);
		txn->cursors[t] = (struct store_cursor){0};
	}
	if (txn->handle)
		mdb_txn_abort(txn->handle);
	txn->handle = NULL;
}

bool environment_is_dead(struct store *s)
{
	MDB_txn *txn;
	if (!s->env)
		return true;
	int code = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	if (!code)
		mdb_txn_abort(txn);
	return code == MDB_PANIC;
}

/* Closes the environment while no reader holds a snapshot. False: one does. With the lock. */
static bool environment_park(struct store *s, unsigned most_ms)
{
	s->is_parking = true;
	if (!wait_for_readers(s, most_ms))
		return false;
	for (struct store_txn *txn = s->readers; txn; txn = txn->next)
		end_reader(txn);
	close_env(s);
	return true;
}

bool environment_reopen(struct store *s)
{
	char error[STORE_ERROR_MAX] = "readers keep their snapshots";
	bool was_protected = s->is_protected;
	int failed = pthread_mutex_lock(&s->lock);
	assert(!failed);
	s->is_reopening = true;
	environment_end_copies(s);
	bool is_open = environment_park(s, PARK_MS) && open_all(s, error);
	s->is_failed = !is_open;
	s->is_parking = false;
	s->is_reopening = false;
	pthread_mutex_unlock(&s->lock);
	if (is_open && !s->is_protected && !was_protected)
		log_warning("opened the store anew after its head could not be written", "path=%s",
			    s->path);
	if (is_open)
		return true;
	trouble_note(s, STORE_BROKEN, "open", EIO);
	if (log_rate(&s->complaints, 1))
		log_error("the store cannot be opened anew", "path=%s reason=\"%s\"", s->path,
			  error);
	return false;
}

bool environment_resize(struct store *s, uint64_t size, char error[STORE_ERROR_MAX])
{
	uint64_t was = s->options.map_size;
	int failed = pthread_mutex_lock(&s->lock);
	assert(!failed);
	bool is_parked = environment_park(s, RESIZE_MS), is_resized = false;
	if (is_parked) {
		s->options.map_size = size;
		is_resized = open_all(s, error);
	}
	if (is_parked && !is_resized) {
		char again[STORE_ERROR_MAX];
		s->options.map_size = was;
		s->is_failed = !open_all(s, again);
	}
	s->is_parking = false;
	pthread_mutex_unlock(&s->lock);
	if (!is_parked)
		environment_fail(error, "a listing, a transfer or a copy holds a snapshot of the "
					"store: try again when it has ended");
	return is_resized;
}

bool store_is_reopening(const struct store *s)
{
	return s->is_reopening;
}

bool store_is_protected(const struct store *s)
{
	return s->is_protected;
}

bool environment_is_disk_full(struct store *s, size_t bytes)
{
	int fd;
	off_t room = (off_t)bytes + ROOM_PROBE;
	struct stat st;
	struct rlimit limit;
	if (!s->env || mdb_env_get_fd(s->env, &fd) || fstat(fd, &st))
		return false;
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && (rlim_t)(st.st_size + room) > limit.rlim_cur)
		return true;
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, st.st_size, room) != 0)
		return errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
	int undone = fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, st.st_size, room);
	(void)undone; /* LMDB grows into what stays */
	return false;
}

enum store_error environment_error(struct store *s, int code)
{
	switch (code) {
	case MDB_MAP_FULL:
		return STORE_FULL;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return STORE_DISK_FULL;
	case EIO:
		/* A write cut short by a full disk is EIO to LMDB: ask the disk. */
		return environment_is_disk_full(s, 0) ? STORE_DISK_FULL : STORE_BROKEN;
	case EROFS:
		return STORE_READ_ONLY;
	case ENOMEM:
		return STORE_NO_MEMORY;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return STORE_CORRUPT;
	default:
		return STORE_BROKEN;
	}
}

void environment_fail_txn(struct store_txn *txn, const char *what, int code)
{
	struct store *s = txn->store;
	enum store_error error = environment_error(s, code);
	if (!txn->error)
		txn->error = error;
	if (txn->is_write)
		trouble_note_txn(txn, error, what, code);
	else if (log_rate(&s->complaints, 1))
		log_error(store_error_text(error), "path=%s while=%s reason=\"%s\"", s->path, what,
			  mdb_strerror(code));
}

bool environment_refuse(struct store_txn *txn, const char *what)
{
	environment_fail_txn(txn, what, MDB_CORRUPTED);
	return false;
}

uint64_t environment_pages(struct store *s, MDB_txn *txn)
{
	/* LMDB's own: its list of free pages and its table of tables; and two head pages. */
	enum { FREE_DBI, MAIN_DBI, HEADS = 2 };
	MDB_stat stat;
	uint64_t pages = HEADS;
	for (unsigned t = 0; t < STORE_TABLES + 2; t++) {
		if (t < STORE_TABLES && s->is_absent[t])
			continue;
		MDB_dbi dbi = t < STORE_TABLES    ? s->tables[t]
			      : t == STORE_TABLES ? (MDB_dbi)FREE_DBI
						  : (MDB_dbi)MAIN_DBI;
		if (mdb_stat(txn, dbi, &stat) == 0)
			pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
	}
	return pages;
}

static void tell_damage(void *context, const struct store_damage *damage)
{
	const struct store *s = context;
	log_error("the store is damaged", "path=%s table=%s page=%" PRIu64 " %s=\"%s\"", s->path,
		  damage->table[0] ? damage->table : "none", damage->page,
		  damage->is_row ? "row" : "structure", damage->what);
}

/* Whether all that is needed to answer is whole: what is damaged is the log, an index, or the list
 * of free pages. */
static bool can_serve(const struct store_inspection *found)
{
	static const enum store_table needed[] = {
		STORE_META, STORE_ZONES,  STORE_NODES, STORE_CUTS,     STORE_PRINCIPALS,
		STORE_KEYS, STORE_GROUPS, STORE_RULES, STORE_RESERVED, STORE_SERVER,
	};
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (found->is_table_broken[needed[i]])
			return false;
	return !found->is_elsewhere_broken;
}

/* Inspects the file before LMDB opens it. Damaged rows are found when they are read. */
static bool is_sound(struct store *s, char *error)
{
	struct stat st;
	char path[PATH_MAX];
	struct store_inspection found = {
		.seconds = INSPECT_SECONDS, .found = tell_damage, .context = s};
	print_path(s, "data.mdb", sizeof path, path);
	if (s->options.is_looked_at)
		return true;
	if (stat(path, &st) != 0)
		return !s->options.is_file ||
		       environment_fail(error, "store %.300s: cannot be read: %s", path,
					strerror(errno));
	if (st.st_size == 0)
		return environment_fail(
			error,
			"store %.300s: is empty, as after a disk that was full or failed; "
			"restore a "
			"backup (tenurectl restore), or remove the file to begin anew",
			path);
	if (!store_inspect(path, &found, error))
		return false;
	if (found.is_broken && (!s->options.serves_damaged || !can_serve(&found)))
		return environment_fail(
			error,
			"store %.200s: is damaged: %.200s; `tenurectl check` says what is lost "
			"and what can be done",
			s->path, found.first);
	if (!found.is_whole)
		log_warning("the store is too large to be looked at whole while starting",
			    "path=%s pages=%" PRIu64 " seen=%" PRIu64
			    " do=\"tenurectl check, some day\"",
			    s->path, found.pages, found.looked_at);
	s->is_kept_protected = found.is_broken;
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		s->is_broken[t] = found.is_table_broken[t];
		s->damaged_rows += found.damaged_rows[t];
		s->is_damaged[t] = found.damaged_rows[t] && !s->options.is_read_only;
	}
	return true;
}

/* Opens it, and makes it if it is not there. */
static bool open_or_make(struct store *s, char *error)
{
	char path[PATH_MAX];
	print_path(s, "data.mdb", sizeof path, path);
	bool is_there = s->options.is_read_only || access(path, F_OK) == 0;
	return open_all(s, error) && (is_there || sync_names(s, error));
}

/* A file: a copy of a store. */
static bool environment_prepare(struct store *s, char *error)
{
	if (s->options.is_file) {
		assert(s->options.is_read_only);
		return is_sound(s, error);
	}
	if (!environment_make_folder(s, error))
		return false;
	s->lock_fd = store_lock(s->path, s->options.is_read_only, error);
	return s->lock_fd >= 0 && is_sound(s, error);
}

struct store *store_open(const struct store_options *options, char error[STORE_ERROR_MAX])
{
	struct store *s = calloc(1, sizeof *s);
	assert(s);
	s->options = *options;
	s->settings = settings_new();
	s->late = late_new();
	s->lock_fd = -1;
	if (!s->options.map_size)
		s->options.map_size = STORE_MAP_DEFAULT;
	s->path = strdup(options->path);
	assert(s->path);
	s->options.path = s->path;
	int failed =
		pthread_mutex_init(&s->lock, NULL) || pthread_mutex_init(&s->trouble_lock, NULL);
	assert(!failed);
	if (strlen(s->path) + sizeof "/data.mdb" > PATH_MAX)
		environment_fail(error, "store: its path is too long");
	else if (environment_prepare(s, error) && open_or_make(s, error))
		return s;
	store_close(s);
	return NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	assert(!s->readers);
	close_env(s);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->trouble_lock);
	free(s->path);
	settings_free(s->settings);
	late_free(s->late);
	free(s);
}

const char *store_path(const struct store *s)
{
	return s->path;
}

void store_check_readers(struct store *s)
{
	int dead = 0, failed = pthread_mutex_lock(&s->lock);
	assert(!failed);
	if (s->env)
		mdb_reader_check(s->env, &dead);
	pthread_mutex_unlock(&s->lock);
}

void store_usage(struct store *s, struct store_usage *usage)
{
	struct store_txn txn;
	*usage = (struct store_usage){.commits = s->commits};
	store_read_begin(s, &txn);
	MDB_stat stat = {0};
	for (unsigned t = 0; !txn.error && t < STORE_TABLES; t++) {
		if (s->is_absent[t])
			continue;
		mdb_stat(txn.handle, s->tables[t], &stat);
		usage->entries[t] = stat.ms_entries;
	}
	if (!txn.error) {
		usage->used = environment_pages(s, txn.handle) * stat.ms_psize;
		usage->size = s->map_pages * stat.ms_psize;
		usage->damaged_rows = s->damaged_rows;
	}
	store_read_end(&txn);
}
