/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of decided state against the log, which check_log walks: settings, rules, keys and the like.
 */
#include "vault/check_parts.h"

/* Numbers of zones are looked at by check_zones. */
static void check_state_found(void *context, const struct state_verify_fault *fault)
{
	struct check *check = context;
	if (fault->is_derived && fault->table == STATE_ZONE)
		return;
	report_find(check->report,
		    &(struct finding){.table = store_table_name(state_stored_in(fault->table)),
				      .what = fault->text,
				      .is_repairable = fault->is_derived});
}

void check_state_begin(struct check *check)
{
	check->state = (struct state_verify){.found = check_state_found, .context = check};
}

/* A row whose checksum is wrong, or that makes no sense, was told before. */
static bool check_state_row(void *context, const struct store_row *row)
{
	struct check *check = context;
	enum state_table table;
	struct bytes key;
	if (!state_of_stored(check->table, row->key, &table, &key))
		return true;
	bool is_whole = row->is_whole && state_row_is_whole(row->value);
	state_verify_stored(&check->state, &check->txn, table, key, is_whole ? &row->value : NULL);
	if (row->is_whole && !is_whole)
		check_find(check, check->table, row->key, "its fields cannot be read");
	return true;
}

void check_state(struct check *check)
{
	static const enum store_table tables[] = {STORE_ZONES,  STORE_RULES, STORE_RESERVED,
						  STORE_GROUPS, STORE_KEYS,  STORE_RUNS,
						  STORE_SERVER, STORE_NOTES};
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		check->table = tables[i];
		store_scan(&check->txn, tables[i], check_state_row, check);
	}
	state_verify_missing(&check->state, &check->txn);
	if (check->txn.error == STORE_CORRUPT)
		check->txn.error = STORE_OK;
	check->counts->untold = check->state.untold;
	state_verify_end(&check->state);
}
