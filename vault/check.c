/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/check_parts.h"
#include "zonedb/due.h"
#include "acl/group.h"
#include "acl/keyring.h"
#include "acl/rulebook.h"
#include "journal/run.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HEX_MAX 24

bool check_is_index(enum store_table table)
{
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		struct journal_log_tables tables = journal_log_tables((enum journal_log)log);
		if (table == tables.zone || table == tables.name)
			return true;
	}
	return table == STORE_CUTS || table == STORE_DUE || table == STORE_ADDRESSES ||
	       table == STORE_LOG_SERIAL || table == STORE_TOMBSTONES || table == STORE_LOG_RUN ||
	       table == STORE_ZONE_OWNERS;
}

enum check_got check_get(struct check *check, enum store_table table, struct bytes key,
			 struct bytes *value)
{
	struct store_txn *txn = &check->txn;
	if (store_get(txn, table, key, value))
		return CHECK_THERE;
	enum check_got got = txn->error == STORE_CORRUPT ? CHECK_DAMAGED : CHECK_ABSENT;
	if (txn->error == STORE_CORRUPT)
		txn->error = STORE_OK;
	return got;
}

struct check_zone *check_zone_by_id(struct check *check, uint32_t id)
{
	if (check->zone_last < check->zone_count && check->zones[check->zone_last].zone.id == id)
		return &check->zones[check->zone_last];
	size_t low = 0, high = check->zone_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (check->zones[middle].zone.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	check->zone_last = low;
	return low < check->zone_count && check->zones[low].zone.id == id ? &check->zones[low]
									  : NULL;
}

static struct check_zone *check_place_of(struct check *check, struct bytes key, size_t skip,
					 struct dns_name *name)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	struct check_zone *zone = check_zone_by_id(check, bytes_in_u32(&in));
	bytes_in_take(&in, skip);
	if (in.bad || !zone ||
	    !dns_name_from_key(name, bytes_of(in.at, bytes_in_left(&in)), &zone->zone.apex))
		return NULL;
	return zone;
}

struct check_zone *check_place(struct check *check, struct bytes key, struct dns_name *name)
{
	return check_place_of(check, key, 0, name);
}

static bool has_names(enum store_table table)
{
	return table == STORE_NODES || table == STORE_CUTS || table == STORE_TOMBSTONES ||
	       table == STORE_DUE;
}

/* A key as people can read it: seq, word, or its first bytes. */
static const char *check_print_key(struct check *check, enum store_table table, struct bytes key)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	char text[2 * HEX_MAX + 1];
	struct bytes_out out = bytes_out_of(text, sizeof text - 1);
	for (unsigned log = 0; log < JOURNAL_LOGS && key.len == 8; log++) {
		char seq[JOURNAL_LOG_SEQ_TEXT_MAX];
		if (table == journal_log_tables((enum journal_log)log).entries)
			return arena_print(&check->arena, "seq %s",
					   journal_log_print_seq((enum journal_log)log,
								 bytes_in_u64(&in), seq));
	}
	if (table == STORE_LOG_SERIAL && key.len == 8) {
		uint32_t id = bytes_in_u32(&in);
		return arena_print(&check->arena, "zone id %u, serial %u", id, bytes_in_u32(&in));
	}
	bool is_text = key.len > 0;
	for (size_t i = 0; i < key.len; i++)
		is_text = is_text && key.data[i] > 0x20 && key.data[i] < 0x7f;
	if (is_text)
		return arena_text(&check->arena, (const char *)key.data, key.len);
	size_t len = key.len < HEX_MAX ? key.len : HEX_MAX;
	for (size_t i = 0; i < len; i++) {
		char two[3];
		snprintf(two, sizeof two, "%02x", bytes_in_u8(&in));
		bytes_out_put(&out, two, 2);
	}
	return arena_print(&check->arena, "key %.*s%s", (int)bytes_out_len(&out), text,
			   len < key.len ? "..." : "");
}

void check_find(struct check *check, enum store_table table, struct bytes key, const char *what)
{
	char zone_text[DNS_NAME_TEXT_MAX], name_text[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	struct finding finding = {.table = store_table_name(table),
				  .what = what,
				  .is_repairable = check_is_index(table)};
	struct check_zone *zone =
		has_names(table) ? check_place_of(check, key,
						  table == STORE_DUE ? DUE_NAME_AT - 4 : 0, &name)
				 : NULL;
	if (zone) {
		finding.zone = dns_name_show(&zone->zone.apex, zone_text);
		finding.name = dns_name_show(&name, name_text);
	} else {
		finding.name = check_print_key(check, table, key);
	}
	report_find(check->report, &finding);
	arena_reset(&check->arena);
}

static bool check_take_row(void *context, const struct store_row *row)
{
	struct check *check = context;
	check->counts->rows++;
	if (!row->is_whole)
		check_find(check, check->table, row->key, "its checksum is wrong");
	return true;
}

void check_rows(struct check *check)
{
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		check->table = (enum store_table)t;
		store_scan(&check->txn, check->table, check_take_row, check);
	}
}

static bool check_take_run(void *context, const struct store_row *row)
{
	if (row->is_whole && !run_is_row(row->value))
		check_find(context, STORE_RUNS, row->key, "the row makes no sense");
	return true;
}

/* What the other rooms read whole: they say no more than that something does not make sense. */
static void check_others(struct check *check)
{
	struct store_txn *txn = &check->txn;
	static const enum store_table tables[] = {STORE_KEYS, STORE_GROUPS, STORE_RULES};
	uint64_t before = check->report->findings;
	for (unsigned i = 0; i < 3; i++) {
		if (i == 0)
			keyring_free(keyring_load(txn, NULL));
		else if (i == 1)
			groups_free(groups_load(txn));
		else
			rulebook_free(rulebook_load(txn));
		if (txn->error == STORE_CORRUPT && check->report->findings == before)
			check_find(check, tables[i], bytes_of(NULL, 0), "a row makes no sense");
		if (txn->error == STORE_CORRUPT)
			txn->error = STORE_OK;
	}
	store_scan(txn, STORE_RUNS, check_take_run, check);
}

bool check_store(struct store *store, struct report *report, struct check_counts *counts)
{
	struct check *check = calloc(1, sizeof *check);
	assert(check);
	*counts = (struct check_counts){0};
	check->report = report;
	check->counts = counts;
	store_read_begin(store, &check->txn);
	journal_range(&check->txn, &check->first_seq, &check->last_seq);
	if (check->txn.error == STORE_CORRUPT)
		check->txn.error = STORE_OK;
	check_zones(check);
	check_rows(check);
	check_principals(check);
	check_others(check);
	check_nodes(check);
	check_owners(check);
	check_indexes(check);
	check_state_begin(check);
	check_log(check);
	check_state(check);
	bool is_read = !check->txn.error;
	if (!is_read)
		report_fail(report, "%s", store_error_text(check->txn.error));
	store_read_end(&check->txn);
	arena_free(&check->arena);
	arena_free(&check->entry_arena);
	arena_free(&check->ptr_arena);
	free(check->zones);
	free(check->has_principal);
	free(check);
	return is_read;
}

static uint64_t check_count_records(struct bytes value)
{
	struct node node;
	struct node_rrset rrset;
	uint64_t count = 0;
	if (!node_open(&node, value))
		return 0;
	struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
	while (node_next_rrset(&in, &rrset))
		count += rrset.count;
	return count;
}

void check_count_row(struct check_counts *counts, enum store_table table, struct bytes key,
		     struct bytes value)
{
	counts->rows++;
	counts->zones += table == STORE_ZONES && key.len > 0 && key.data[0] == 'a';
	counts->names += table == STORE_NODES;
	counts->entries += table == STORE_LOG;
	if (table == STORE_NODES)
		counts->records += check_count_records(value);
}
