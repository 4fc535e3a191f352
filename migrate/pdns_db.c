/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PowerDNS' tables in a database of SQLite.
 *
 * The file is only read. Where it is in WAL mode and has a log beside it, SQLite would make a file
 * there to read it; then database and log are copied first, twice if they change meanwhile.
 * Otherwise it is read under a lock that keeps writers out for as long as its pages take to be
 * copied into memory.
 */
#include <config.h>
#include "migrate/pdns_rows.h"
#include "base/file.h"
#include "base/textfile.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PDNS_TRIES     5
#define PDNS_BUSY_MS   10000
#define PDNS_CONF_MAX  (4u << 20)
#define PDNS_SQLITE    "SQLite format 3"
#define PDNS_TEMPORARY "/tmp/tenure-migrate-XXXXXX"

struct pdns_db {
	struct pdns_rows rows;
	sqlite3 *db;
	const char *file;
};

static const char *const pdns_db_queries[] = {
	[PDNS_DOMAINS] = "SELECT id, name, type, master, account FROM domains ORDER BY id",
	[PDNS_RECORDS] = "SELECT id, name, type, content, ttl, prio, disabled, ordername "
			 "FROM records WHERE domain_id = ?1 ORDER BY id",
	[PDNS_METADATA] =
		"SELECT kind, content FROM domainmetadata WHERE domain_id = ?1 ORDER BY id",
	[PDNS_COMMENTS] = "SELECT name, type, modified_at, account, comment FROM comments "
			  "WHERE domain_id = ?1 ORDER BY id",
	[PDNS_CRYPTOKEYS] = "SELECT id, active FROM cryptokeys WHERE domain_id = ?1 ORDER BY id",
	[PDNS_TSIGKEYS] = "SELECT name, algorithm, secret FROM tsigkeys ORDER BY id",
};

static bool pdns_db_fail(const struct pdns_db *db, char error[SITE_ERROR_MAX])
{
	snprintf(error, SITE_ERROR_MAX, "%s: %s", db->file, sqlite3_errmsg(db->db));
	return false;
}

static bool pdns_db_select(struct pdns_rows *rows, enum pdns_table table, const char *domain,
			   pdns_row *row, void *context, char error[SITE_ERROR_MAX])
{
	struct pdns_db *db = (struct pdns_db *)rows;
	sqlite3_stmt *statement;
	int found;
	if (sqlite3_prepare_v2(db->db, pdns_db_queries[table], -1, &statement, NULL) != SQLITE_OK)
		return pdns_db_fail(db, error);
	if (domain)
		sqlite3_bind_int64(statement, 1, strtoll(domain, NULL, 10));
	while ((found = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *column[PDNS_COLUMNS_MAX] = {NULL};
		int count = sqlite3_column_count(statement);
		for (int i = 0; i < count && i < PDNS_COLUMNS_MAX; i++)
			column[i] = (const char *)sqlite3_column_text(statement, i);
		row(context, column);
	}
	bool is_ok = found == SQLITE_DONE || pdns_db_fail(db, error);
	sqlite3_finalize(statement);
	return is_ok;
}

/* --- opening */

static bool pdns_db_copy_pages(struct pdns_db *db, const char *path, int flags,
			       char error[SITE_ERROR_MAX])
{
	sqlite3 *from = NULL;
	bool is_ok = sqlite3_open_v2(path, &from, flags, NULL) == SQLITE_OK;
	sqlite3_busy_timeout(from, PDNS_BUSY_MS);
	sqlite3_backup *backup = is_ok ? sqlite3_backup_init(db->db, "main", from, "main") : NULL;
	if (!backup) {
		snprintf(error, SITE_ERROR_MAX, "%s: %s", db->file, sqlite3_errmsg(from));
	} else {
		int step = sqlite3_backup_step(backup, -1);
		sqlite3_backup_finish(backup);
		is_ok = step == SQLITE_DONE;
		if (!is_ok)
			snprintf(error, SITE_ERROR_MAX, "%s: %s", db->file, sqlite3_errstr(step));
	}
	sqlite3_close(from);
	return backup && is_ok;
}

static bool pdns_db_copy_file(const char *from, const char *to)
{
	char piece[65536];
	ssize_t n = -1;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	while (out >= 0 && (n = read(in, piece, sizeof piece)) > 0 &&
	       file_write(out, piece, (size_t)n))
		;
	if (in >= 0)
		close(in);
	return out >= 0 && close(out) == 0 && n == 0;
}

static bool pdns_db_is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ino == b->st_ino;
}

/* Both files, unchanged while they were copied. */
static bool pdns_db_copy_both(const char *path, const char *log, const char *to, const char *to_log)
{
	struct stat before[2], after[2];
	for (int i = 0; i < PDNS_TRIES; i++) {
		if (stat(path, &before[0]) != 0 || stat(log, &before[1]) != 0 ||
		    !pdns_db_copy_file(log, to_log) || !pdns_db_copy_file(path, to) ||
		    stat(path, &after[0]) != 0 || stat(log, &after[1]) != 0)
			return false;
		if (pdns_db_is_same(&before[0], &after[0]) &&
		    pdns_db_is_same(&before[1], &after[1]))
			return true;
	}
	errno = EBUSY;
	return false;
}

static bool pdns_db_open_with_log(struct pdns_db *db, const char *log, char error[SITE_ERROR_MAX])
{
	char folder[] = PDNS_TEMPORARY, to[64], to_log[64], to_index[64];
	if (!mkdtemp(folder)) {
		snprintf(error, SITE_ERROR_MAX, "%s: %s", folder, strerror(errno));
		return false;
	}
	snprintf(to, sizeof to, "%s/db", folder);
	snprintf(to_log, sizeof to_log, "%s/db-wal", folder);
	snprintf(to_index, sizeof to_index, "%s/db-shm", folder);
	bool is_ok = pdns_db_copy_both(db->file, log, to, to_log);
	if (!is_ok)
		snprintf(error, SITE_ERROR_MAX,
			 "%s: %s; copy it: sqlite3 %s \".backup COPY\", and read the copy",
			 db->file, errno == EBUSY ? "it changes while it is read" : strerror(errno),
			 db->file);
	else
		is_ok = pdns_db_copy_pages(db, to, SQLITE_OPEN_READWRITE, error);
	unlink(to);
	unlink(to_log);
	unlink(to_index);
	rmdir(folder);
	return is_ok;
}

static bool pdns_db_is_sqlite(const char *path, char error[SITE_ERROR_MAX])
{
	char head[sizeof PDNS_SQLITE] = "";
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_ok = fd >= 0 && fstat(fd, &st) == 0;
	if (!is_ok)
		snprintf(error, SITE_ERROR_MAX, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || read(fd, head, sizeof head) != sizeof head ||
		 memcmp(head, PDNS_SQLITE, sizeof head) != 0) {
		snprintf(
			error, SITE_ERROR_MAX,
			"%s: no database of SQLite; other databases have the same tables: put them "
			"into one",
			path);
		is_ok = false;
	}
	if (fd >= 0)
		close(fd);
	return is_ok;
}

static bool pdns_db_open(struct pdns_db *db, char error[SITE_ERROR_MAX])
{
	char log[4096];
	if (!pdns_db_is_sqlite(db->file, error))
		return false;
	if (sqlite3_open(":memory:", &db->db) != SQLITE_OK)
		return pdns_db_fail(db, error);
	snprintf(log, sizeof log, "%s-wal", db->file);
	if (access(log, F_OK) == 0)
		return pdns_db_open_with_log(db, log, error);
	return pdns_db_copy_pages(db, db->file, SQLITE_OPEN_READONLY, error);
}

bool pdns_read(struct site *site, const struct source *source, char error[SITE_ERROR_MAX])
{
	struct pdns_db db = {.rows = {.select = pdns_db_select}, .file = source->word[0]};
	struct textfile config = {0};
	bool is_ok = true;
	if (source->config && !textfile_open(&config, source->config)) {
		snprintf(error, SITE_ERROR_MAX, "%s: %s", source->config, strerror(errno));
		return false;
	}
	if (config.len > PDNS_CONF_MAX) {
		snprintf(error, SITE_ERROR_MAX, "%s: larger than 4 MiB", source->config);
		is_ok = false;
	}
	is_ok = is_ok && pdns_db_open(&db, error) &&
		pdns_take(site, &db.rows, source->word[0], source->config,
			  bytes_of(config.data, config.len), error);
	sqlite3_close(db.db);
	textfile_close(&config);
	return is_ok;
}
