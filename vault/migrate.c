/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/migrate.h"
#include "journal/journal.h"
#include "vault/check.h"
#include "vault/commits.h"
#include "vault/rebuild.h"
#include "vault/restate.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define KEPT_AS  "data.mdb.schema-1"
#define PATH_LEN 4200

struct migration {
	struct commits batch;
	struct arena arena; /* of the row */
	struct migrate_server server;
	const struct store_key *store_key;
	struct report *report;
	enum store_table table;
	bool is_bad;
};

/* In this order: rows lead to zones and principals that came before. Indexes are made anew. */
static const enum store_table tables[] = {
	STORE_META,        STORE_PRINCIPALS, STORE_LOG,         STORE_RUNS,  STORE_TOMBSTONES,
	STORE_ZONE_OWNERS, STORE_KEYS,       STORE_CHECKPOINTS, STORE_ZONES, STORE_RULES,
	STORE_GROUPS,      STORE_RESERVED,   STORE_NODES};

static bool take_row(void *context, const struct store_row *row)
{
	struct migration *m = context;
	struct migrate_row one = {.txn = &m->batch.txn,
				  .arena = &m->arena,
				  .server = &m->server,
				  .store_key = m->store_key,
				  .table = m->table,
				  .key = row->key,
				  .value = row->value};
	m->is_bad = !row->is_whole || (!migrate_row(&one) && !m->batch.txn.error);
	arena_reset(&m->arena);
	return !m->is_bad && commits_step(&m->batch);
}

static bool copy_rows(struct migration *m, struct store_txn *from, struct store *to)
{
	commits_begin(&m->batch, to);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		m->table = tables[i];
		if (!m->is_bad)
			store_scan(from, m->table, take_row, m);
		if (m->is_bad && !m->report->error[0])
			report_fail(m->report,
				    "a row of table %s is damaged: mend the store with the version "
				    "that made it (check --repair-indexes, or a backup) first",
				    store_table_name(m->table));
	}
	migrate_server_settle(&m->batch.txn, &m->server, &m->arena);
	enum store_error error = commits_end(&m->batch);
	if (m->is_bad)
		return false;
	if (!error)
		error = from->error;
	return !error ||
	       report_fail(m->report, "its rows cannot be migrated: %s", store_error_text(error));
}

static struct store *open_older(const char *file, char error[STORE_ERROR_MAX])
{
	struct store_options options = {.path = file,
					.is_read_only = true,
					.is_file = true,
					.older_schema = STORE_SCHEMA_0_1_0};
	return store_open(&options, error);
}

static uint64_t schema_of(struct store *store)
{
	struct store_txn txn;
	store_read_begin(store, &txn);
	uint64_t schema = store_number(&txn, "schema");
	store_read_end(&txn);
	return schema;
}

bool migrate_is_older(const char *file)
{
	char error[STORE_ERROR_MAX];
	struct store_options options = {.path = file,
					.is_read_only = true,
					.is_file = true,
					.is_looked_at = true,
					.older_schema = STORE_SCHEMA_0_1_0};
	struct stat st;
	if (stat(file, &st) != 0 || st.st_size == 0)
		return false;
	struct store *store = store_open(&options, error);
	bool is = store && schema_of(store) == STORE_SCHEMA_0_1_0;
	store_close(store);
	return is;
}

/* The new store, and the same once more while it is compacted. */
static bool has_room(const struct place *place, struct store *from, struct report *report)
{
	struct statvfs disk;
	struct store_usage usage;
	store_usage(from, &usage);
	uint64_t wanted = usage.used / 4 * 9 + (1 << 20);
	if (statvfs(place->folder, &disk) != 0)
		return report_fail(report, "%.300s: %s", place->folder, strerror(errno));
	uint64_t free = (uint64_t)disk.f_bavail * disk.f_frsize;
	return free >= wanted || report_fail(report,
					     "%.300s: migrating the store needs %" PRIu64
					     " MiB of free disk, and there are %" PRIu64 " MiB",
					     place->data, (wanted >> 20) + 1, free >> 20);
}

static bool copy_store(struct store *from, struct store *to, const struct store_key *store_key,
		       struct report *report)
{
	struct migration *m = calloc(1, sizeof *m);
	struct store_txn txn;
	if (!m)
		return report_fail(report, "there is no memory");
	m->report = report;
	m->store_key = store_key;
	store_read_begin(from, &txn);
	bool is_well = copy_rows(m, &txn, to);
	store_read_end(&txn);
	arena_free(&m->arena);
	free(m);
	return is_well;
}

static bool check_made(struct store *store, struct report *report)
{
	struct check_counts counts;
	return check_store(store, report, &counts) &&
	       (!report->findings ||
		report_fail(report, "the migrated store is not whole: check the old one with the "
				    "version that made it"));
}

bool migrate_into(struct place *place, const struct migrate_from *of, struct report *report)
{
	if (!store_key_count(of->store_key) && !store_key_add(of->store_key, 0))
		return report_fail(report, "there is no store key to seal with");
	struct store *from = open_older(of->file, report->error);
	bool is_well = from && has_room(place, from, report) &&
		       place_open_store(place, of->map_size, report) &&
		       copy_store(from, place->store, of->store_key, report) &&
		       rebuild_indexes(place->store, report) &&
		       restate_rows(place->store, of->now, report) &&
		       check_made(place->store, report);
	store_close(from);
	return is_well && place_compact(place, of->map_size, report);
}

bool migrate_store(const struct migrate_options *options, bool *did, struct report *report)
{
	char file[PATH_LEN];
	struct place *place = calloc(1, sizeof *place);
	snprintf(file, sizeof file, "%.4000s/data.mdb", options->data);
	*did = migrate_is_older(file);
	if (!*did || !place) {
		free(place);
		return true;
	}
	bool is_absent;
	struct store_key *keys = store_key_new();
	struct migrate_from of = {file, options->map_size, options->now, keys};
	/* The store key is on the disk before the store that needs it takes its place. */
	bool is_well =
		place_begin(place, options->data, report) &&
		(store_key_read(keys, options->data, &is_absent, report->error) || is_absent) &&
		migrate_into(place, &of, report) &&
		store_key_write(keys, options->data, report->error) &&
		place_commit(place, options->keeps_old ? KEPT_AS : NULL, report);
	place_end(place);
	store_key_free(keys);
	free(place);
	return is_well;
}
