/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of schema 1: what is taken, and what stops a migration, with which sentence. */
#include "config.h"
#include "acl/group.h"
#include "acl/keyring.h"
#include "acl/rulebook.h"
#include "dns/type.h"
#include "journal/bin.h"
#include "journal/local.h"
#include "journal/retention.h"
#include "journal/run.h"
#include "scavenger/scavenge_settings.h"
#include "tests/unit/old_store.h"
#include "tests/unit/tempstore.h"
#include "vault/migrate_row.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/node.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;
static struct migrate_server server;
static struct store_key *store_key;

static void begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
	store_key = store_key_new();
	store_key_add(store_key, 0);
	server = (struct migrate_server){0};
}

static void end(void)
{
	cr_expect_eq(txn.error, STORE_OK, "a row never breaks the store");
	store_abort(&txn);
	store_key_free(store_key);
	arena_free(&arena);
	tempstore_free(&temp);
}

TestSuite(migrate_row, .init = begin, .fini = end);

/* --- taking */

static bool take(enum store_table table, struct bytes key, struct bytes value, const char **why)
{
	struct migrate_row row = {.txn = &txn,
				  .arena = &arena,
				  .server = &server,
				  .store_key = store_key,
				  .table = table,
				  .key = key,
				  .value = value};
	bool is = migrate_row(&row);
	*why = row.why;
	cr_expect(is == !row.why, "a sentence, or it is taken");
	return is;
}

static void takes(enum store_table table, const struct old *key, const struct old *value)
{
	const char *why;
	cr_expect(take(table, old_bytes(key), old_bytes(value), &why), "%s", why);
}

static void refuses(enum store_table table, const struct old *key, const struct old *value,
		    const char *sentence)
{
	const char *why;
	cr_expect_not(take(table, old_bytes(key), old_bytes(value), &why));
	cr_expect_str_eq(why, sentence);
}

static void take_corp(void)
{
	struct old key = old_apex_key('a', "corp.example"), value = old_zone(7);
	takes(STORE_ZONES, &key, &value);
}

/* --- zones */

Test(migrate_row, takes_a_zone)
{
	static const uint8_t types[] = {0, 33, 0, 16}, prefixes[] = {4, 24, 192, 0, 2, 0};
	struct old key = old_apex_key('a', "corp.example"), value = old_zone(7);
	struct dns_name apex = old_name("corp.example");
	struct zone zone;
	old_field(&value, 24, types, sizeof(types));
	old_number_field(&value, 31, 2);
	old_number_field(&value, 32, 1);
	old_field(&value, 40, prefixes, sizeof(prefixes));
	old_field(&value, 45, "", 0);
	old_number_field(&value, 4, 3);
	takes(STORE_ZONES, &key, &value);
	cr_assert(zone_get(&txn, &apex, &zone));
	cr_expect(zone.id == 7 && zone.update == ZONE_UPDATE_SECURE && zone.is_aging);
	cr_expect(zone.no_refresh == 3600 && zone.refresh == 7200 && zone.max_count == 2);
	cr_expect(zone.is_frozen && zone.keep_types[0] == 33 && zone.keep_types[1] == 16);
	cr_expect(zone.transfer[0].bits == 24 && !zone.transfer[1].family_len);
	struct old id = {{'i'}, 1}, wire = {0};
	old_number(&id, 7, 4);
	takes(STORE_ZONES, &id, &wire);
}

Test(migrate_row, stops_at_a_zone_that_makes_no_sense)
{
	struct old key = old_apex_key('a', "corp.example"), value = old_zone(7);
	old_number_field(&value, 99, 1);
	refuses(STORE_ZONES, &key, &value, "field 99 is none that 0.1.0 knows");
	value = old_zone(7);
	old_number_field(&value, 18, 0);
	refuses(STORE_ZONES, &key, &value, "field 18 stands there twice");
	value = old_zone(7);
	value.len--;
	refuses(STORE_ZONES, &key, &value, "it ends within a field");
	value = old_zone(7);
	value.data[11] = 9; /* update */
	refuses(STORE_ZONES, &key, &value, "the value of field 16 makes no sense");
	value = old_zone(0);
	refuses(STORE_ZONES, &key, &value, "it has no number");
	value = old_zone(7);
	old_number_field(&value, 30, 200);
	refuses(STORE_ZONES, &key, &value, "one of its settings has a value that it may not have");
	value = old_zone(7);
	old_field(&value, 45, "no address", 10);
	refuses(STORE_ZONES, &key, &value, "one of its settings has a value that it may not have");
	value = old_zone(7);
	key.data[0] = 'x';
	refuses(STORE_ZONES, &key, &value, "its key is not a zone's");
	key.len = 1;
	key.data[0] = 'd';
	refuses(STORE_ZONES, &key, &value, "its key is not a zone's");
}

Test(migrate_row, stops_at_two_zones_of_one_number)
{
	struct old key = old_apex_key('a', "lab.example"), value = old_zone(7);
	take_corp();
	refuses(STORE_ZONES, &key, &value, "its number, 7, is another zone's");
	key = old_apex_key('a', "corp.example");
	value = old_zone(8);
	refuses(STORE_ZONES, &key, &value, "the zone is there twice");
}

static struct old deleted_value(uint32_t id)
{
	struct old value = {0}, settings = old_zone(id);
	old_number(&value, 10, 8);
	old_number(&value, 12, 8);
	old_number(&value, 5000, 8);
	old_number(&value, settings.len, 2);
	old_put(&value, settings.data, settings.len);
	return value;
}

static struct old deleted_key(uint32_t id)
{
	struct old key = old_apex_key('d', "gone.example");
	old_number(&key, 0, 1);
	old_number(&key, id, 4);
	return key;
}

Test(migrate_row, takes_a_deleted_zone_with_its_rules)
{
	struct old key = deleted_key(3), value = deleted_value(3);
	struct dns_name apex = old_name("gone.example");
	struct deleted_zone deleted;
	uint8_t state_key[STATE_KEY_MAX];
	struct bytes row, rules;
	old_rules(&value, "gone.example", "allow key:a claim\n");
	takes(STORE_ZONES, &key, &value);
	cr_assert(deleted_zone_last(&txn, &apex, &deleted));
	cr_expect(deleted.zone.id == 3 && deleted.first_seq == 10 && deleted.last_seq == 12 &&
		  deleted.when == 5000);
	cr_assert(
		state_get(&txn, STATE_DELETED_ZONE, state_key_deleted(&apex, 3, state_key), &row));
	cr_assert(state_row_find(row, "rules", &rules));
	cr_expect(bytes_equal(rules, bytes_of("allow key:a claim\n", 18)));
	cr_expect_not(state_get(&txn, STATE_RULES, state_key_id(3, state_key), &row));
	/* It cannot, while keys are keys; the same once more is no harm. */
	takes(STORE_ZONES, &key, &value);
	value.data[7]++;
	refuses(STORE_ZONES, &key, &value, "it is there twice");
}

Test(migrate_row, stops_at_a_deleted_zone_that_makes_no_sense)
{
	struct old key = deleted_key(3), value = deleted_value(4);
	refuses(STORE_ZONES, &key, &value, "its number is not that of its key");
	value = deleted_value(3);
	value.len = 25;
	refuses(STORE_ZONES, &key, &value, "it ends too early");
	value = deleted_value(3);
	old_rules(&value, "other.example", "");
	refuses(STORE_ZONES, &key, &value, "its rules make no sense");
}

/* --- rules, groups, reservations */

Test(migrate_row, takes_rules)
{
	struct old key = old_id(7, 4), value = {0};
	take_corp();
	old_rules(&value, "corp.example", "allow @dhcp claim\n");
	takes(STORE_RULES, &key, &value);
	cr_expect_str_eq(rulebook_get(&txn, 7, &arena), "allow @dhcp claim\n");
}

Test(migrate_row, stops_at_rules_that_make_no_sense)
{
	struct old key = old_id(7, 4), value = {0};
	old_rules(&value, "corp.example", "");
	refuses(STORE_RULES, &key, &value, "there is no such zone");
	take_corp();
	value.data[0] = 2;
	refuses(STORE_RULES, &key, &value, "its rules make no sense");
	value.data[0] = 1;
	value.len = 5;
	refuses(STORE_RULES, &key, &value, "its rules make no sense");
	key.len = 3;
	refuses(STORE_RULES, &key, &value, "there is no such zone");
}

Test(migrate_row, takes_a_group)
{
	struct old key = old_word("dhcp"), value = old_group(1, 2);
	struct acl_group group;
	old_member(&value, "key:a");
	old_member(&value, "key:b");
	takes(STORE_GROUPS, &key, &value);
	cr_assert(group_get(&txn, "@dhcp", &arena, &group));
	cr_expect(group.is_acting && group.count == 2 && group_has(&group, "key:b"));
	key = old_word("@dhcp");
	value = old_group(0, 0);
	refuses(STORE_GROUPS, &key, &value, "it is there twice");
}

Test(migrate_row, stops_at_a_group_that_makes_no_sense)
{
	struct old key = old_word("dhcp"), value = old_group(1, 2);
	old_member(&value, "key:a");
	refuses(STORE_GROUPS, &key, &value, "member 2 makes no sense");
	old_member(&value, "key:a");
	refuses(STORE_GROUPS, &key, &value, "member 2 stands there twice");
	value = old_group(1, 0);
	old_member(&value, "key:a");
	refuses(STORE_GROUPS, &key, &value, "it goes on behind its members");
	value = old_group(4, 0);
	refuses(STORE_GROUPS, &key, &value, "it is not a group");
	value = old_group(1, 0);
	key = old_word("DHCP servers");
	refuses(STORE_GROUPS, &key, &value, "its name is not a group's");
}

Test(migrate_row, takes_a_reservation)
{
	struct old key = old_name_key(7, "boss"), value = {0};
	struct dns_name name = old_name("boss.corp.example"), apex = old_name("corp.example");
	struct zone zone;
	const char *owner;
	take_corp();
	principal_put(&txn, 5, "key:boss");
	old_number(&value, 5, 4);
	takes(STORE_RESERVED, &key, &value);
	cr_assert(zone_get(&txn, &apex, &zone));
	cr_assert(reservation_find(&txn, &zone, &name, &arena, &owner));
	cr_expect_str_eq(owner, "key:boss");
}

Test(migrate_row, stops_at_a_reservation_that_makes_no_sense)
{
	struct old key = old_name_key(7, "boss"), value = {0};
	old_number(&value, 5, 4);
	refuses(STORE_RESERVED, &key, &value, "there is no such zone");
	take_corp();
	refuses(STORE_RESERVED, &key, &value, "it names no principal that is there");
	principal_put(&txn, 5, "key:boss");
	old_number(&value, 0, 1);
	refuses(STORE_RESERVED, &key, &value, "it names no principal that is there");
	value.len = 4;
	key.len--;
	refuses(STORE_RESERVED, &key, &value, "its key is not a name's");
}

/* --- keys */

Test(migrate_row, seals_the_secrets_of_a_key)
{
	struct old key = old_tsig_key(), value = old_tsig(2);
	struct dns_name name = old_name("kea");
	struct keyring_key found;
	takes(STORE_KEYS, &key, &value);
	cr_assert(keyring_get(&txn, &name, &found));
	cr_expect(found.is_disabled && !found.has_md5_leave && found.created == 1000);
	cr_expect(found.secret_len == 0 && found.previous_until == 9000);
	cr_expect_null(keyring_key_unseal(&found, store_key));
	cr_expect(bytes_equal(bytes_of(found.secret, found.secret_len), bytes_of("secret", 6)));
	cr_expect(bytes_equal(bytes_of(found.previous, found.previous_len), bytes_of("older", 5)));
	keyring_key_wipe(&found);
}

Test(migrate_row, stops_at_a_key_that_makes_no_sense)
{
	struct old key = old_tsig_key(), value = old_tsig(1);
	value.data[0] = 3;
	refuses(STORE_KEYS, &key, &value, "it is not a key");
	value = old_tsig(1);
	value.len--;
	refuses(STORE_KEYS, &key, &value, "it is not a key");
	value = old_tsig(1);
	old_number(&value, 0, 1);
	refuses(STORE_KEYS, &key, &value, "it is not a key");
	value = old_tsig(2);
	value.data[value.len - 10] = 60; /* the address is longer than the row */
	refuses(STORE_KEYS, &key, &value, "it is not a key");
	value = old_tsig(1);
	value.data[1] = 77;
	refuses(STORE_KEYS, &key, &value, "it is not a key");
	store_key_free(store_key);
	store_key = store_key_new();
	value = old_tsig(1);
	refuses(STORE_KEYS, &key, &value, "there is no store key to seal its secret");
}

/* --- runs */

static struct old run_value(void)
{
	struct old value = {0};
	struct dns_name zone = old_name("corp.example");
	old_number_field(&value, 16, RUN_SCAVENGE);
	old_number_field(&value, 17, RUN_HELD);
	old_number_field(&value, 18, 7);
	old_number_field(&value, 21, 30);
	old_number_field(&value, 22, 33);
	old_field(&value, 1, zone.wire, zone.len);
	old_field(&value, 2, "local:root", 10);
	old_field(&value, 3, "too many", 8);
	return value;
}

Test(migrate_row, takes_a_run)
{
	struct old key = old_id(4, 8), value = run_value();
	struct run run;
	takes(STORE_RUNS, &key, &value);
	cr_assert(run_get(&txn, 4, &run));
	cr_expect(run.kind == RUN_SCAVENGE && run.state == RUN_HELD && run.zone_id == 7);
	cr_expect(run.first_seq == 30 && run.last_seq == 33);
	cr_expect_str_eq(run.note, "too many");
	cr_expect_eq(run_held(&txn, 7), 4);
	old_number_field(&value, 23, 8);
	refuses(STORE_RUNS, &key, &value, "it is there twice");
}

Test(migrate_row, stops_at_a_run_that_makes_no_sense)
{
	struct old key = old_id(4, 8), value = run_value();
	old_number_field(&value, 40, 1);
	refuses(STORE_RUNS, &key, &value, "field 40 is none that 0.1.0 knows");
	value = run_value();
	old_number_field(&value, 16, 1);
	refuses(STORE_RUNS, &key, &value, "field 16 stands there twice");
	value = run_value();
	value.len--;
	refuses(STORE_RUNS, &key, &value, "it ends within a field");
	value = run_value();
	value.data[11] = 77;
	refuses(STORE_RUNS, &key, &value, "the value of field 16 makes no sense");
	value = run_value();
	key.len = 7;
	refuses(STORE_RUNS, &key, &value, "its key is not a run's");
}

/* --- names */

static struct old node_value(void)
{
	struct old value = {0};
	old_number(&value, 12, 8);
	old_number(&value, DNS_TYPE_A, 2);
	old_number(&value, 300, 4);
	old_number(&value, 1, 2);
	old_number(&value, 16, 4);
	old_number(&value, 5, 4);
	old_number(&value, 1000, 5);
	old_number(&value, RECORD_DYNAMIC, 1);
	old_number(&value, 4, 2);
	old_put(&value, "\x0a\0\0\1", 4);
	return value;
}

Test(migrate_row, takes_a_name)
{
	struct old key = old_name_key(7, "pc"), value = node_value();
	struct bytes stored;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	takes(STORE_NODES, &key, &value);
	cr_assert(store_get(&txn, STORE_NODES, old_bytes(&key), &stored));
	cr_assert(node_open(&node, stored) && node_find(&node, DNS_TYPE_A, &rrset));
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	cr_assert(node_next_record(&in, &record));
	cr_expect(node.seq == 12 && rrset.ttl == 300 && record.owner == 5);
	cr_expect(record.stamp == 1000 && record.class == RECORD_DYNAMIC && !record.window);
}

Test(migrate_row, stops_at_a_name_that_makes_no_sense)
{
	struct old key = old_name_key(7, "pc"), value = node_value();
	value.len--;
	refuses(STORE_NODES, &key, &value, "its records make no sense");
	value = node_value();
	value.data[15]++; /* one more record than there are */
	refuses(STORE_NODES, &key, &value, "its records make no sense");
	value = node_value();
	value.data[29] = 9; /* class */
	refuses(STORE_NODES, &key, &value, "its records make no sense");
	value.len = 5;
	refuses(STORE_NODES, &key, &value, "its records make no sense");
}

/* --- words of the server */

static void takes_number(const char *text, uint64_t value)
{
	struct old key = old_word(text), bytes = {0};
	old_number(&bytes, value, 8);
	takes(STORE_META, &key, &bytes);
}

Test(migrate_row, takes_the_servers_settings)
{
	struct scavenge_settings settings;
	struct old key = old_word("scavenge-calendar"), calendar = {{1, 3, 30, 1}, 4};
	takes_number("retention-age", 90 * 86400);
	takes_number("retention-size", 1 << 30);
	takes_number("bin-seconds", 30 * 86400);
	takes_number("outage-grace", 401);
	takes_number("default-no-refresh", 301);
	takes_number("default-aging", 1);
	takes_number("scavenge-next", 777);
	takes_number("alive-at", 555);
	takes_number("export-siem", 44);
	takes_number("zone-last", 9);
	takes_number("schema", 1);
	takes(STORE_META, &key, &calendar);
	migrate_server_settle(&txn, &server, &arena);
	struct retention retention = retention_get(&txn);
	cr_expect(retention.age == 90 * 86400 && retention.size == 1 << 30);
	cr_expect_eq(bin_keeps(&txn), 30 * 86400);
	scavenge_settings_read(&txn, &settings);
	cr_expect(settings.grace == 400 && settings.new_no_refresh == 300 && settings.new_is_aging);
	cr_expect_eq(settings.new_refresh, ZONE_AGING_DEFAULT);
	cr_expect(settings.calendar.days == 1 && settings.calendar.hour == 3 &&
		  settings.calendar.minute == 30 && settings.calendar.is_utc);
	cr_expect_eq(scavenge_settings_due(&txn), 777);
	cr_expect_eq(local_number(&txn, "alive-at"), 555);
	cr_expect_eq(local_number(&txn, "export-siem"), 44);
	cr_expect_eq(store_number(&txn, "zone-last"), 9);
	cr_expect_eq(store_number(&txn, "schema"), STORE_SCHEMA_VERSION);
}

Test(migrate_row, stops_at_a_word_that_makes_no_sense)
{
	struct old key = old_word("retention-colour"), value = {0};
	old_number(&value, 7, 8);
	refuses(STORE_META, &key, &value, "0.1.0 knows no such setting");
	key = old_word("retention-age");
	value.len--;
	refuses(STORE_META, &key, &value, "it is not a number");
	key = old_word("scavenge-calendar");
	refuses(STORE_META, &key, &value, "it is not a calendar");
	value.len = 4;
	value.data[1] = 24;
	refuses(STORE_META, &key, &value, "it is not a calendar");
}

/* --- what they are called */

static void is_called(enum store_table table, const struct old *key, const char *name)
{
	char text[MIGRATE_NAME_MAX];
	struct migrate_row row = {.txn = &txn, .table = table, .key = old_bytes(key)};
	cr_expect_str_eq(migrate_row_name(&row, text), name);
}

Test(migrate_row, is_called_what_people_know_it_by)
{
	struct old key = old_apex_key('a', "corp.example"), empty = {0};
	is_called(STORE_ZONES, &key, "corp.example");
	key = deleted_key(3);
	is_called(STORE_ZONES, &key, "gone.example");
	is_called(STORE_ZONES, &empty, "(no name)");
	key = old_tsig_key();
	is_called(STORE_KEYS, &key, "kea");
	key = old_id(7, 4);
	is_called(STORE_RULES, &key, "of zone number 7");
	key = old_id(12, 8);
	is_called(STORE_RUNS, &key, "run 12");
	is_called(STORE_LOG, &key, "number 12");
	key = old_name_key(7, "pc");
	is_called(STORE_NODES, &key, "of zone number 7");
	take_corp();
	is_called(STORE_NODES, &key, "pc.corp.example");
	key = old_word("scavenge next\n");
	is_called(STORE_META, &key, "scavengenext");
}
