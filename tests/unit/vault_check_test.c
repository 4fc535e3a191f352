/* SPDX-License-Identifier: BSD-2-Clause */
/* check finds what is wrong with an index, repair makes it good, and names come through. */
#include "config.h"
#include "dns/type.h"
#include "journal/dynamic.h"
#include "journal/journal.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include "vault/check.h"
#include "vault/rebuild.h"
#include "zonedb/due.h"
#include "zonedb/owned_names.h"
#include "zonedb/dynamic_count.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/zone_owner.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct tempzone t;
static char kept_as[REPAIR_KEPT_MAX];

static void begin(void)
{
	tempzone_open_logged(&t, "corp.example");
	tempzone_run(&t, "key:a", 1000, "add www 60 A 10.0.0.1; add www 60 A 10.0.0.2");
	tempzone_run(&t, "key:b", 2000, "add host 60 A 10.0.0.3; add gone 60 A 10.0.0.4");
	tempzone_run(&t, "key:a", 3000, "static sub 60 NS ns.elsewhere.; static d 60 DNAME x.");
	tempzone_run(&t, "key:b", 4000, "del gone");
	tempzone_run(&t, "key:b", 5000, "add back 60 A 10.0.0.5");
	tempzone_run(&t, "key:b", 6000, "del back");
	tempzone_run(&t, "key:b", 7000, "add back 60 A 10.0.0.6");
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(vault_check, .init = begin, .fini = end);

/* What was written so far is in the store; another transaction goes on. */
static void commit(void)
{
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
	store_write_begin(t.temp.store, &t.txn);
}

struct told {
	char text[4096];
	unsigned count;
};

static void tell(void *context, const struct finding *f)
{
	struct told *told = context;
	size_t at = strlen(told->text);
	told->count++;
	snprintf(told->text + at, sizeof told->text - at, "%s %s %s: %s%s\n", f->table,
		 f->zone ? f->zone : "-", f->name ? f->name : "-", f->what,
		 f->is_repairable ? " (r)" : "");
}

static unsigned check(struct told *told, struct report *report)
{
	struct check_counts counts;
	*told = (struct told){0};
	*report = (struct report){.found = tell, .context = told};
	cr_assert(check_store(t.temp.store, report, &counts), "%s", report->error);
	return told->count;
}

static void repair(void)
{
	struct report report = {0};
	store_abort(&t.txn);
	tempstore_close(&t.temp);
	cr_assert(repair_store(t.temp.path, 64 << 20, kept_as, &report), "%s", report.error);
	tempstore_restart(&t.temp);
	store_write_begin(t.temp.store, &t.txn);
}

static struct bytes key_of(const char *name, uint8_t out[ZONE_KEY_MAX])
{
	struct dns_name n = tempzone_name(&t, name);
	return bytes_of(out, zone_key(out, &t.zone, &n));
}

/* --- each index, damaged in each way that a row can be */

struct table_rows {
	unsigned count;
	struct {
		uint8_t key[STORE_ROW_KEY_MAX], value[1024];
		size_t key_len, value_len;
	} rows[64];
};

static bool take(void *context, const struct store_row *row)
{
	struct table_rows *all = context;
	cr_assert(all->count < 64 && row->value.len <= 1024);
	memcpy(all->rows[all->count].key, row->key.data, row->key.len);
	if (row->value.len)
		memcpy(all->rows[all->count].value, row->value.data, row->value.len);
	all->rows[all->count].key_len = row->key.len;
	all->rows[all->count++].value_len = row->value.len;
	return true;
}

static const enum store_table indexes[] = {STORE_CUTS,       STORE_DUE,      STORE_TOMBSTONES,
					   STORE_LOG_SERIAL, STORE_LOG_ZONE, STORE_LOG_NAME,
					   STORE_LOG_RUN};
#define INDEXES (sizeof indexes / sizeof indexes[0])

static void rows_of(enum store_table table, struct table_rows *all)
{
	all->count = 0;
	store_scan(&t.txn, table, take, all);
}

static void same_rows(const struct table_rows *a, const struct table_rows *b, const char *what)
{
	cr_assert_eq(a->count, b->count, "%s: %u rows, %u", what, a->count, b->count);
	for (unsigned i = 0; i < a->count; i++) {
		cr_assert(bytes_equal(bytes_of(a->rows[i].key, a->rows[i].key_len),
				      bytes_of(b->rows[i].key, b->rows[i].key_len)),
			  "%s: key %u", what, i);
		cr_assert(bytes_equal(bytes_of(a->rows[i].value, a->rows[i].value_len),
				      bytes_of(b->rows[i].value, b->rows[i].value_len)),
			  "%s: value %u", what, i);
	}
}

enum { LOSE, BREAK, INVENT, ALL_LOST, WAYS };

static void damage(enum store_table table, unsigned way, const struct table_rows *was)
{
	struct bytes key =
		bytes_of(was->rows[was->count / 2].key, was->rows[was->count / 2].key_len);
	uint8_t other[STORE_ROW_KEY_MAX];
	struct store_row row = {.key = key, .value = bytes_of("123456789", 9)};
	switch (way) {
	case LOSE:
		cr_assert(store_del(&t.txn, table, key));
		break;
	case BREAK:
		store_put_row(&t.txn, table, &row);
		break;
	case INVENT:
		memcpy(other, key.data, key.len);
		other[key.len - 1] ^= 1;
		store_put(&t.txn, table, bytes_of(other, key.len),
			  bytes_of(was->rows[was->count / 2].value,
				   was->rows[was->count / 2].value_len));
		break;
	default:
		for (unsigned i = 0; i < was->count; i++)
			store_del(&t.txn, table, bytes_of(was->rows[i].key, was->rows[i].key_len));
	}
	commit();
}

static void append_runs(void)
{
	for (unsigned i = 0; i < 3; i++) {
		struct state_edit rows = state_edit_of(&t.txn, &t.arena);
		struct entry entry = {.kind = ENTRY_IMPORT, .principal = "key:a"}, more = entry;
		run_begin(&rows, RUN_IMPORT, RUN_DONE, &entry);
		journal_append(&t.txn, &entry, &t.arena);
		more.run = entry.run;
		journal_append(&t.txn, &more, &t.arena);
	}
}

Test(vault_check, finds_each_damage_of_each_index_and_repairs_it, .timeout = 120)
{
	static struct table_rows before, after, was;
	struct told told;
	struct report report;
	struct entry mention = {.kind = ENTRY_SETTING,
				.event = EVENT_UNKNOWN,
				.unknown_event = "x",
				.subject = "www.corp.example"};
	journal_append(&t.txn, &mention, &t.arena);
	append_runs();
	commit();
	cr_assert_eq(check(&told, &report), 0, "%s", told.text);
	for (size_t i = 0; i < INDEXES; i++) {
		for (unsigned way = 0; way < WAYS; way++) {
			char what[64];
			snprintf(what, sizeof what, "table %s, way %u",
				 store_table_name(indexes[i]), way);
			rows_of(indexes[i], &was);
			cr_assert_gt(was.count, 0, "%s", what);
			before = was;
			/* A tombstone that is lost, or leads to another change, is not seen by
			 * check: the log says it anew. */
			damage(indexes[i], way, &was);
			if (indexes[i] != STORE_TOMBSTONES || way == BREAK || way == INVENT) {
				cr_expect_gt(check(&told, &report), 0, "%s", what);
				cr_expect_eq(report.repairable, report.findings, "%s: %s", what,
					     told.text);
			}
			repair();
			cr_expect_eq(check(&told, &report), 0, "%s: %s", what, told.text);
			rows_of(indexes[i], &after);
			same_rows(&before, &after, what);
		}
	}
	tempzone_run(&t, "key:a", 8000, "add later 60 A 10.0.0.9; del www");
	commit();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
}

Test(vault_check, numbers_of_zones_are_checked_and_made_good)
{
	struct told told;
	struct report report;
	struct zone zone;
	cr_assert(zone_get(&t.txn, &t.zone.apex, &zone));
	state_set_cuts(&t.txn, zone.id, 0);
	store_set_number(&t.txn, "zone-last", 0);
	store_set_number(&t.txn, "principal-last", 1);
	commit();
	check(&told, &report);
	cr_expect_not_null(strstr(told.text, "its number of delegations is wrong (r)"), "%s",
			   told.text);
	cr_expect_not_null(strstr(told.text, "its id will be given to another zone (r)"));
	cr_expect_not_null(strstr(told.text, "its id will be given to another principal (r)"));
	repair();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
	cr_assert(zone_get(&t.txn, &t.zone.apex, &zone));
	cr_expect_eq(zone.cut_count, 2);
}

Test(vault_check, the_number_of_dynamic_records_is_checked_and_made_good)
{
	static const uint64_t wrong[] = {0, 3, 5, UINT64_MAX};
	struct told told;
	struct report report;
	uint64_t count, right = dynamic_count_zone(&t.txn, &t.zone);
	cr_assert(dynamic_count(&t.txn, t.zone.id, &count));
	cr_assert_eq(count, right);
	cr_assert_eq(right, 4);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		dynamic_set(&t.txn, t.zone.id, wrong[i]);
		commit();
		cr_expect_eq(check(&told, &report), 1, "%s", told.text);
		cr_expect_not_null(strstr(told.text, "zones corp.example -: its number of dynamic "
						     "records is wrong (r)"),
				   "%s", told.text);
		repair();
		cr_expect_eq(check(&told, &report), 0, "%s", told.text);
		cr_assert(dynamic_count(&t.txn, t.zone.id, &count));
		cr_expect_eq(count, right);
	}
	/* A store of before the number has none, which is not wrong. */
	dynamic_forget(&t.txn, t.zone.id);
	commit();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
	/* And it goes on from what was made good. */
	repair();
	tempzone_run(&t, "key:b", 8000, "add more 60 A 10.0.0.7; del www A 10.0.0.1");
	cr_assert(dynamic_count(&t.txn, t.zone.id, &count));
	cr_expect_eq(count, dynamic_count_zone(&t.txn, &t.zone));
}

/* key:a owns records, key:b did, key:c has a name kept for it, anonymous owns a record. */
Test(vault_check, stakes_come_through_a_repair_and_are_made_again)
{
	struct told told;
	struct report report;
	uint32_t a, b, c;
	tempzone_run(&t, "key:b", 8000, "del host; del back");
	struct edit_author nobody = {.owner = PRINCIPAL_ANONYMOUS, .class = RECORD_DYNAMIC};
	struct edit *edit = edit_open(&t.txn, &t.zone, &nobody, &t.arena);
	struct dns_name open = tempzone_name(&t, "open"), kept = tempzone_name(&t, "kept");
	struct entry entry = {.kind = ENTRY_UPDATE, .principal = "anonymous"};
	edit_add(edit, &open, DNS_TYPE_A, 60, bytes_of("abcd", 4));
	edit_commit(edit, &entry);
	c = principal_intern(&t.txn, "key:c");
	cr_assert(principal_find(&t.txn, "key:a", &a) && principal_find(&t.txn, "key:b", &b));
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	reservation_put(&rows, &t.zone, &kept, "key:c");
	tempzone_put_rows(&t, &rows, 8000);
	zone_owner_put(&t.txn, t.zone.id, c);
	zone_owner_put(&t.txn, t.zone.id, 77); /* of what the log no longer has */
	store_set_number(&t.txn, "stakes-filled", 1);
	commit();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
	for (unsigned round = 0; round < 2; round++) {
		static struct table_rows was;
		rows_of(STORE_ZONE_OWNERS, &was);
		if (round == 1)
			damage(STORE_ZONE_OWNERS, BREAK, &was);
		repair();
		cr_expect_eq(check(&told, &report), 0, "%s", told.text);
		cr_expect(zone_owner_has(&t.txn, t.zone.id, a));
		cr_expect(zone_owner_has(&t.txn, t.zone.id, b));
		cr_expect(zone_owner_has(&t.txn, t.zone.id, c));
		cr_expect_eq(zone_owner_has(&t.txn, t.zone.id, 77), round == 0);
	}
}

Test(vault_check, names_of_unsigned_clients_hold_records_of_theirs)
{
	static const struct node_client client = {4, {192, 0, 2, 1}};
	static struct told told;
	struct report report;
	uint8_t key[ZONE_KEY_MAX], bytes[512];
	struct bytes of_name = key_of("www", key), value;
	struct bytes_out out = bytes_out_of(bytes, sizeof bytes);
	struct node node;
	owned_names_fill(&t.txn);
	zone_owners_fill(&t.txn);
	commit();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
	cr_assert(store_get(&t.txn, STORE_NODES, of_name, &value) && node_open(&node, value));
	node_write_start(&out, node.seq, &node.hint, &client);
	bytes_out_put(&out, node.rrsets.data, node.rrsets.len);
	store_put(&t.txn, STORE_NODES, of_name, bytes_of(bytes, bytes_out_len(&out)));
	commit();
	check(&told, &report);
	cr_expect_not_null(strstr(told.text, "www.corp.example: it is an unsigned client's, and "
					     "holds no record of one\n"),
			   "%s", told.text);
}

Test(vault_check, a_damaged_name_is_named_and_stays_damaged)
{
	uint8_t key[ZONE_KEY_MAX];
	struct told told;
	struct report report;
	struct bytes value;
	struct store_row row = {.key = key_of("www", key), .value = bytes_of("123456789", 9)};
	store_put_row(&t.txn, STORE_NODES, &row);
	commit();
	check(&told, &report);
	cr_expect_not_null(
		strstr(told.text, "nodes corp.example www.corp.example: its checksum is wrong\n"),
		"%s", told.text);
	/* Its entry in the index is right, for all that anybody knows. */
	repair();
	check(&told, &report);
	cr_expect_not_null(strstr(told.text, "www.corp.example: its checksum is wrong"));
	/* Never a lie: neither the name nor any that is not there. */
	cr_expect_not(store_get(&t.txn, STORE_NODES, key_of("www", key), &value));
	cr_expect_eq(t.txn.error, STORE_CORRUPT);
	t.txn.error = STORE_OK;
	cr_expect_not(store_get(&t.txn, STORE_NODES, key_of("nobody", key), &value));
	cr_expect_eq(t.txn.error, STORE_CORRUPT);
	t.txn.error = STORE_OK;
}

static struct bytes group_row(const char *member)
{
	struct state_row_writer row = {.arena = &t.arena};
	state_row_put_text(&row, "acting", "on");
	state_row_put_text(&row, "member", member);
	return state_row_end(&row);
}

Test(vault_check, rows_of_decided_state_are_held_against_the_log)
{
	struct told told;
	struct report report;
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	struct bytes key = state_key_word("dhcp");
	state_put(&rows, STATE_GROUP, key, group_row("key:kea"));
	tempzone_put_rows(&t, &rows, 8000);
	commit();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
	state_settle(&t.txn, STATE_GROUP, key, group_row("key:evil"));
	commit();
	cr_expect_eq(check(&told, &report), 1, "%s", told.text);
	cr_expect_not_null(strstr(told.text, "groups - -: group @dhcp: its member is \"key:evil\", "
					     "and \"key:kea\" in the log\n"),
			   "%s", told.text);
	/* A row that cannot be read is said once, and is not missing. */
	struct store_row damaged = {.key = key, .value = bytes_of("123456789", 9)};
	store_put_row(&t.txn, STORE_GROUPS, &damaged);
	commit();
	check(&told, &report);
	cr_expect_not_null(strstr(told.text, "its checksum is wrong"), "%s", told.text);
	cr_expect_null(strstr(told.text, "is not there"), "%s", told.text);
	cr_assert(store_del(&t.txn, STORE_GROUPS, key));
	commit();
	cr_expect_eq(check(&told, &report), 1, "%s", told.text);
	cr_expect_not_null(strstr(told.text, "group @dhcp: is not there, and entry "), "%s",
			   told.text);
	cr_expect_eq(report.repairable, 0, "nothing but a backup holds it");
}

#define CHECKERS     4
#define CHECKS_EACH  100
#define ENTRIES_MORE 200

static void *check_often(void *argument)
{
	uint64_t *findings = argument;
	for (unsigned i = 0; i < CHECKS_EACH; i++) {
		struct report report = {0};
		struct check_counts counts;
		check_store(t.temp.store, &report, &counts);
		*findings += report.findings;
	}
	return NULL;
}

/* As two backups that are read back at one time. */
Test(vault_check, several_checks_at_once_find_nothing_wrong, .timeout = 120)
{
	pthread_t threads[CHECKERS];
	uint64_t findings[CHECKERS] = {0};
	for (unsigned i = 0; i < ENTRIES_MORE; i++)
		tempzone_run(&t, "key:b", 8000 + i, i % 2 ? "del new" : "add new 60 A 10.0.0.7");
	commit();
	for (unsigned i = 0; i < CHECKERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, check_often, &findings[i]), 0);
	for (unsigned i = 0; i < CHECKERS; i++) {
		pthread_join(threads[i], NULL);
		cr_expect_eq(findings[i], 0, "thread %u: %llu findings", i,
			     (unsigned long long)findings[i]);
	}
}

Test(vault_check, the_log_is_held_against_its_chain_and_its_head)
{
	struct told told;
	struct report report;
	uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, 3};
	struct bytes value;
	cr_assert(store_get(&t.txn, STORE_LOG, bytes_of(key, 8), &value));
	uint8_t *copy = arena_copy(&t.arena, value.data, value.len);
	copy[value.len - 1] ^= 1;
	store_put(&t.txn, STORE_LOG, bytes_of(key, 8), bytes_of(copy, value.len));
	commit();
	check(&told, &report);
	cr_expect_not_null(strstr(told.text, "log - seq 3: the chain of digests breaks here"), "%s",
			   told.text);
	cr_expect_eq(report.repairable, 0);
}

Test(vault_check, a_head_that_is_lost_is_found_in_the_log)
{
	struct told told;
	struct report report;
	uint64_t next = journal_next_seq(&t.txn);
	store_del(&t.txn, STORE_META, bytes_of("log", 3));
	commit();
	cr_expect_gt(check(&told, &report), 0);
	repair();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
	cr_expect_eq(journal_next_seq(&t.txn), next);
}

Test(vault_check, a_broken_page_of_an_index_is_repaired_and_of_names_is_not)
{
	struct told told;
	struct report report = {0};
	char file[200], kept[200], error[STORE_ERROR_MAX];
	static uint8_t page[4096];
	uint8_t key[ZONE_KEY_MAX], due[STORE_ROW_KEY_MAX];
	struct dns_name host = tempzone_name(&t, "host");
	size_t len = due_key(due, &t.zone, &(struct due_entry){0, 2000}, &host);
	struct bytes name = key_of("host", key);
	commit();
	store_abort(&t.txn);
	tempstore_close(&t.temp);
	snprintf(file, sizeof file, "%s/data.mdb", t.temp.path);
	for (unsigned round = 0; round < 2; round++) {
		struct bytes wanted = round == 0 ? bytes_of(due, len) : name;
		int fd = open(file, O_RDWR);
		for (off_t at = 8192; pread(fd, page, 4096, at) == 4096; at += 4096) {
			if (!memmem(page, 4096, wanted.data, wanted.len) || page[0] == 0xff)
				continue;
			page[0] ^= 0xff;
			cr_assert_eq(pwrite(fd, page, 4096, at), 4096);
		}
		close(fd);
		struct store_options options = {.path = t.temp.path};
		cr_assert_null(store_open(&options, error));
		cr_expect_not_null(strstr(error, "is damaged: table "), "%s", error);
		bool is_repaired = repair_store(t.temp.path, 64 << 20, kept_as, &report);
		cr_assert_eq(is_repaired, round == 0, "%s", report.error);
	}
	cr_expect_not_null(
		strstr(report.error, "table nodes is damaged, and nothing else holds what it held"),
		"%s", report.error);
	/* What is damaged beyond repair was left as it was. */
	cr_expect_eq(access(file, F_OK), 0);
	snprintf(kept, sizeof kept, "%s/data.mdb.before-repair", t.temp.path);
	cr_assert_eq(rename(kept, file), 0);
	cr_assert(repair_store(t.temp.path, 64 << 20, kept_as, &report), "%s", report.error);
	tempstore_restart(&t.temp);
	store_write_begin(t.temp.store, &t.txn);
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
}

Test(vault_check, a_name_that_is_due_by_another_stamp_is_found_and_repaired)
{
	struct told told;
	struct report report;
	uint8_t now[STORE_ROW_KEY_MAX], older[STORE_ROW_KEY_MAX];
	struct dns_name name = tempzone_name(&t, "pc1");
	tempzone_run(&t, "key:a", 8000, "add pc1 60 DHCID AAEB");
	tempzone_run(&t, "key:a", 9000, "add pc1 60 A 10.0.0.7");
	struct due_entry by_address = {0, 9000}, by_ticket = {0, 8000};
	struct bytes is = bytes_of(now, due_key(now, &t.zone, &by_address, &name));
	struct bytes was = bytes_of(older, due_key(older, &t.zone, &by_ticket, &name));
	commit();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
	store_put(&t.txn, STORE_DUE, was, bytes_of("", 0));
	commit();
	cr_expect_eq(check(&told, &report), 1, "%s", told.text);
	store_del(&t.txn, STORE_DUE, is);
	commit();
	cr_expect_eq(check(&told, &report), 2, "%s", told.text);
	repair();
	cr_expect_eq(check(&told, &report), 0, "%s", told.text);
	cr_expect(store_get(&t.txn, STORE_DUE, is, &(struct bytes){0}));
}
