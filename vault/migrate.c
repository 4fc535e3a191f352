/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/migrate.h"
#include "store/inspect.h"
#include "vault/check.h"
#include "vault/commits.h"
#include "vault/migrate_row.h"
#include "vault/rebuild.h"
#include "vault/restate.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define PATH_LEN 4200
/* Of the bytes that the old store uses: the new one, and the same once more while it is compacted,
 * each an eighth larger than the old. */
#define ROOM_QUARTERS 9

struct migration {
	struct commits batch;
	struct arena arena; /* of the row */
	struct migrate_server server;
	const struct migrate_from *of;
	struct report *report;
	enum store_table table;
	bool is_bad;
};

static bool migration_fail(struct migration *m, const struct migrate_row *row, const char *why)
{
	char name[MIGRATE_NAME_MAX];
	m->is_bad = true;
	return report_fail(m->report,
			   "%.160s: table %s, %.120s: %.120s; tenure 0.1.0 reads it still: remove "
			   "it or set it anew there, or restore a backup",
			   m->of->called, store_table_name(m->table), migrate_row_name(row, name),
			   why);
}

static bool migration_take_row(void *context, const struct store_row *stored)
{
	struct migration *m = context;
	struct migrate_row row = {.txn = &m->batch.txn,
				  .arena = &m->arena,
				  .server = &m->server,
				  .store_key = m->of->store_key,
				  .table = m->table,
				  .key = stored->key,
				  .value = stored->value};
	if (!stored->is_whole)
		migration_fail(m, &row, "the row's checksum is wrong");
	else if (!migrate_row(&row) && row.why)
		migration_fail(m, &row, row.why);
	arena_reset(&m->arena);
	return !m->is_bad && commits_step(&m->batch);
}

static bool migration_copy(struct migration *m, struct store_txn *from, struct store *to)
{
	commits_begin(&m->batch, to);
	for (size_t i = 0; i < MIGRATE_TABLES && !m->is_bad; i++) {
		m->table = migrate_tables[i];
		store_scan(from, m->table, migration_take_row, m);
	}
	migrate_server_settle(&m->batch.txn, &m->server, &m->arena);
	enum store_error error = commits_end(&m->batch);
	if (m->is_bad)
		return false;
	if (!error)
		error = from->error;
	return !error || report_fail(m->report, "%.300s: its rows cannot be migrated: %s",
				     m->of->called, store_error_text(error));
}

static bool migration_run(struct store *from, struct store *to, const struct migrate_from *of,
			  struct report *report)
{
	struct migration *m = calloc(1, sizeof(*m));
	struct store_txn txn;
	assert(m);
	m->report = report;
	m->of = of;
	store_read_begin(from, &txn);
	bool is_well = migration_copy(m, &txn, to);
	store_read_end(&txn);
	arena_free(&m->arena);
	free(m);
	return is_well;
}

/* Each page is looked at first, however long it takes: LMDB follows what a page says. */
static struct store *open_old(const struct migrate_from *of, struct report *report)
{
	struct store_inspection found = {0};
	struct store_options options = {.path = of->file,
					.is_read_only = true,
					.is_file = true,
					.is_looked_at = true,
					.schema = STORE_SCHEMA_0_1_0};
	if (!store_inspect(of->file, &found, report->error))
		return NULL;
	if (!found.is_broken)
		return store_open(&options, report->error);
	report_fail(report, "%.300s is damaged: %.200s", of->called, found.first);
	return NULL;
}

static bool migrate_has_room(const struct place *place, struct store *from, struct report *report)
{
	struct statvfs disk;
	struct store_usage usage;
	store_usage(from, &usage);
	uint64_t wanted = usage.used / 4 * ROOM_QUARTERS + (1 << 20);
	if (statvfs(place->folder, &disk) != 0)
		return report_fail(report, "%.300s: %s", place->folder, strerror(errno));
	uint64_t free = (uint64_t)disk.f_bavail * disk.f_frsize;
	return free >= wanted || report_fail(report,
					     "%.300s: migrating the store needs %" PRIu64
					     " MiB of free disk, and there are %" PRIu64 " MiB",
					     place->data, (wanted >> 20) + 1, free >> 20);
}

struct first_finding {
	char text[200];
};

static void keep_first_finding(void *context, const struct finding *f)
{
	struct first_finding *first = context;
	if (!first->text[0])
		snprintf(first->text, sizeof(first->text), "%s%s%s%s%s", f->table ? f->table : "",
			 f->table && f->name ? ", " : "", f->name ? f->name : "",
			 f->table || f->name ? ": " : "", f->what);
}

/* The store that was made: a finding is the old store's fault, or ours. */
static bool check_made(struct store *store, const struct migrate_from *of, struct report *report)
{
	struct first_finding first = {""};
	struct report checked = {.found = keep_first_finding, .context = &first};
	struct check_counts counts;
	if (!check_store(store, &checked, &counts))
		return report_fail(report, "%.200s: %.280s", of->called, checked.error);
	return !checked.findings ||
	       report_fail(report,
			   "%.160s: the store that was made of it is not whole (%s): tenurectl "
			   "check of tenure 0.1.0 says whether the old one is",
			   of->called, first.text);
}

bool migrate_into(struct place *place, const struct migrate_from *of, struct report *report)
{
	if (!store_key_count(of->store_key) && !store_key_add(of->store_key, 0))
		return report_fail(report, "there is no store key to seal with");
	struct store *from = open_old(of, report);
	bool is_well = from && migrate_has_room(place, from, report) &&
		       place_open_store(place, of->map_size, report) &&
		       migration_run(from, place->store, of, report) &&
		       rebuild_indexes(place->store, report) &&
		       (of->states_later || restate_rows(place->store, of->now, report)) &&
		       check_made(place->store, of, report);
	store_close(from);
	return is_well && place_compact(place, of->map_size, report);
}

static void print_data_file(const char *data, char file[PATH_LEN])
{
	snprintf(file, PATH_LEN, "%.4000s/data.mdb", data);
}

bool migrate_is_needed(const char *data)
{
	char file[PATH_LEN];
	print_data_file(data, file);
	return store_inspect_schema(file) == STORE_SCHEMA_0_1_0;
}

/* The store key is on the disk before the store that needs it takes its place. */
static bool migrate_in_place(struct place *place, const struct migrate_options *options,
			     struct report *report)
{
	char file[PATH_LEN];
	bool is_absent = false;
	struct store_key *keys = store_key_new();
	struct migrate_from of = {.file = file,
				  .called = options->data,
				  .map_size = options->map_size,
				  .now = options->now,
				  .store_key = keys};
	print_data_file(options->data, file);
	bool is_well =
		(store_key_read(keys, options->data, &is_absent, report->error) || is_absent) &&
		migrate_into(place, &of, report) &&
		store_key_write(keys, options->data, report->error) &&
		place_commit(place, options->keeps_old ? MIGRATE_KEPT_AS : NULL, report);
	store_key_free(keys);
	return is_well;
}

bool migrate_store(const struct migrate_options *options, struct report *report)
{
	struct place *place = calloc(1, sizeof(*place));
	assert(place);
	bool is_well =
		place_begin(place, options->data, report) &&
		(!migrate_is_needed(options->data) || migrate_in_place(place, options, report));
	place_end(place);
	free(place);
	return is_well;
}
