/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/inspect.h"
#include "vault/commits.h"
#include "vault/check_parts.h"
#include "vault/place.h"
#include "vault/rebuild.h"
#include <stdio.h>

#define KEPT_AS "data.mdb.before-repair"

struct copy {
	struct commits batch;
	enum store_table table;
};

/* Rows that rebuild_indexes writes are left out, and so is one that would stop everything: a zone
 * or a principal that cannot be read is lost alone. */
static bool is_left_out(enum store_table table, const struct store_row *row)
{
	if (table == STORE_ZONES && row->key.len && row->key.data[0] == 'i')
		return true;
	return !row->is_whole && (table == STORE_ZONES || table == STORE_PRINCIPALS);
}

static bool repair_put_row(void *context, const struct store_row *row)
{
	struct copy *copy = context;
	if (is_left_out(copy->table, row))
		return true;
	store_put_row(&copy->batch.txn, copy->table, row);
	return commits_step(&copy->batch);
}

/* The log of refusals of which the table is the entries; JOURNAL_CHANGES: of none. */
static enum journal_log refusals_of_table(enum store_table table)
{
	for (unsigned log = JOURNAL_SIGNED; log < JOURNAL_LOGS; log++)
		if (journal_log_tables((enum journal_log)log).entries == table)
			return (enum journal_log)log;
	return JOURNAL_CHANGES;
}

/* Tombstones, zone owners and spans of runs are copied: those of changes that the log no longer has
 * stand nowhere else.
 */
static bool is_copied(enum store_table table, const struct store_inspection *found)
{
	bool is_older =
		table == STORE_TOMBSTONES || table == STORE_ZONE_OWNERS || table == STORE_LOG_RUN;
	if (refusals_of_table(table) != JOURNAL_CHANGES)
		return !found->is_table_broken[table];
	return !check_is_index(table) ||
	       (is_older && !found->is_table_broken[table] && !found->damaged_rows[table]);
}

static bool copy_rows(struct store *from, struct store *to, const struct store_inspection *found,
		      struct report *report)
{
	struct copy copy;
	struct store_txn txn;
	store_read_begin(from, &txn);
	commits_begin(&copy.batch, to);
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		copy.table = (enum store_table)t;
		if (is_copied(copy.table, found))
			store_scan(&txn, copy.table, repair_put_row, &copy);
	}
	enum store_error error = txn.error, written = commits_end(&copy.batch);
	store_read_end(&txn);
	if (!error)
		error = written;
	return !error ||
	       report_fail(report, "the rows cannot be copied: %s", store_error_text(error));
}

/* One that is broken begins anew: what was refused decides nothing. */
static bool empty_broken_refusals(struct store *to, const struct store_inspection *found,
				  struct report *report)
{
	struct store_txn txn;
	store_write_begin(to, &txn);
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		enum journal_log log = refusals_of_table((enum store_table)t);
		if (log != JOURNAL_CHANGES && found->is_table_broken[t])
			journal_log_empty(&txn, log);
	}
	enum store_error error = store_commit(&txn);
	return !error || report_fail(report, "the logs of refusals cannot be emptied: %s",
				     store_error_text(error));
}

/* What cannot be made again from anything else must be readable. */
static bool can_be_repaired(const struct store_inspection *found, struct report *report)
{
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		enum store_table table = (enum store_table)t;
		if (found->is_table_broken[t] && !check_is_index(table) &&
		    refusals_of_table(table) == JOURNAL_CHANGES)
			return report_fail(report,
					   "table %s is damaged, and nothing else holds what it "
					   "held (%.200s): restore a backup (tenurectl restore)",
					   store_table_name((enum store_table)t), found->first);
	}
	return !found->is_elsewhere_broken ||
	       report_fail(report,
			   "it cannot be read (%.300s): restore a backup (tenurectl restore)",
			   found->first);
}

static bool repair_into(struct place *place, const char *file, uint64_t map_size,
			struct report *report)
{
	struct store_inspection found = {0};
	if (!store_inspect(file, &found, report->error) || !can_be_repaired(&found, report) ||
	    !place_open_store(place, map_size, report))
		return false;
	struct store_options options = {
		.path = file, .is_read_only = true, .is_file = true, .is_looked_at = true};
	struct store *from = store_open(&options, report->error);
	bool is_well = from && copy_rows(from, place->store, &found, report) &&
		       empty_broken_refusals(place->store, &found, report) &&
		       rebuild_indexes(place->store, report);
	store_close(from);
	return is_well;
}

bool repair_store(const char *data, uint64_t map_size, char kept[REPAIR_KEPT_MAX],
		  struct report *report)
{
	struct place place;
	char file[sizeof place.data + sizeof "/data.mdb"];
	bool is_well = place_begin(&place, data, report);
	snprintf(file, sizeof file, "%.4000s/data.mdb", data);
	is_well = is_well && repair_into(&place, file, map_size, report) &&
		  place_commit(&place, KEPT_AS, report);
	snprintf(kept, REPAIR_KEPT_MAX, "%s", place.kept);
	place_end(&place);
	return is_well;
}
