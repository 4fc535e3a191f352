/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempstore.h"
#include "zonedb/zone.h"
#include "zonedb/zone_setting.h"
#include "zonedb/principal.h"
#include "store/settings.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;

static void begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
}

static void end(void)
{
	arena_free(&arena);
	store_abort(&txn);
	tempstore_free(&temp);
}

TestSuite(zone, .init = begin, .fini = end);

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text));
	return name;
}

static struct zone make(const char *apex)
{
	struct dns_name name = name_of(apex);
	struct zone zone = zone_default(&name);
	rows_zone_create(&txn, &zone);
	return zone;
}

Test(zone, settings_are_parsed_and_printed_by_one_table)
{
	static const struct {
		const char *name, *value, *printed, *error;
	} rows[] = {
		{"update", "secure", "secure", NULL},
		{"update", "secur", NULL,
		 "update: 'secur' is not one of none, nonsecure, secure, report"},
		{"update", "", NULL, "update: '' is not one of none, nonsecure, secure, report"},
		{"policy", "closed", "closed", NULL},
		{"aging", "on", "on", NULL},
		{"aging", "yes", NULL, "aging: 'yes' is not one of off, on"},
		{"no-refresh", "1d12h", "36h", NULL},
		{"no-refresh", "soon", NULL,
		 "no-refresh: 'soon' is not a duration (7d, 168h, 90m, 30s)"},
		{"refresh", "0s", "0s", NULL},
		{"protect-static", "off", "off", NULL},
		{"foreign-delete", "skip", "skip", NULL},
		{"probe-refreshes", "off", "off", NULL},
		{"keep-types", "TXT,srv,TYPE65280", "TXT,SRV,TYPE65280", NULL},
		{"keep-types", "TXT,NONSENSE", NULL, "keep-types: 'NONSENSE' is not a record type"},
		{"keep-types", "ANY", NULL, "keep-types: 'ANY' is not a record type"},
		{"keep-types", "none", "none", NULL},
		{"max-share", "35%", "35%", NULL},
		{"max-share", "100", "100%", NULL},
		{"max-share", "none", "none", NULL},
		{"max-share", "101", NULL,
		 "max-share: '101' is not a percentage from 1% to 100%, or none"},
		{"max-share", "0", NULL,
		 "max-share: '0' is not a percentage from 1% to 100%, or none"},
		{"max-share", "%", NULL,
		 "max-share: '%' is not a percentage from 1% to 100%, or none"},
		{"max-share", "5%%", NULL,
		 "max-share: '5%%' is not a percentage from 1% to 100%, or none"},
		{"max-count", "500", "500", NULL},
		{"max-count", "none", "none", NULL},
		{"transfer", "10.0.0.0/8,192.0.2.7,2001:db8::/32,::1",
		 "10.0.0.0/8,192.0.2.7,2001:db8::/32,::1", NULL},
		{"transfer", "192.0.2.7/32", "192.0.2.7", NULL},
		{"transfer", "0.0.0.0/0,::/0", "0.0.0.0/0,::/0", NULL},
		{"transfer", "10.0.0.1/8", NULL,
		 "transfer: '10.0.0.1/8': the address has bits set behind the prefix length"},
		{"transfer", "ns2.corp.example", NULL,
		 "transfer: 'ns2.corp.example': not an IP address"},
		{"transfer", "::1,", NULL, "transfer: '': an address stands alone or with /BITS"},
		{"transfer",
		 "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,"
		 "1.1.1.9,1.1.1.10,1.1.1.11,1.1.1.12,1.1.1.13,1.1.1.14,1.1.1.15,"
		 "1.1.1.16,1.1.1.17",
		 NULL, "transfer: more than 16 prefixes"},
		{"transfer", "none", "none", NULL},
		{"notify", "192.0.2.7 key k,ns", "192.0.2.7@53 key k,ns@53", NULL},
		{"notify", "ns;", NULL,
		 "notify: 'ns;' is not none, ns or an address, with [@PORT][ key NAME] behind it"},
		{"notify", "none", "none", NULL},
		{"color", "red", NULL, "'color' is not a setting of a zone"},
	};
	struct dns_name apex = name_of("corp.example");
	struct zone zone = zone_default(&apex);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *error = zone_setting_parse(&zone, rows[i].name, rows[i].value, &arena);
		if (rows[i].error) {
			cr_assert(error, "%s", rows[i].value);
			cr_expect_str_eq(error, rows[i].error, "%s", error);
			continue;
		}
		cr_assert_null(error, "%s", error);
		const char *printed = zone_setting_print(&zone, rows[i].name, &arena);
		cr_expect_str_eq(printed, rows[i].printed, "%s: %s", rows[i].name, printed);
	}
	for (const struct zone_setting *s = zone_settings(); s->name; s++)
		cr_expect(zone_setting_print(&zone, s->name, &arena));
}

Test(zone, everything_comes_back_from_the_store)
{
	struct zone zone = make("corp.example");
	const char *const set[][2] = {
		{"update", "secure"},      {"aging", "on"},
		{"no-refresh", "1h"},      {"refresh", "2h"},
		{"protect-static", "off"}, {"foreign-delete", "skip"},
		{"keep-types", "SRV,TXT"}, {"probe-refreshes", "off"},
		{"policy", "closed"},      {"max-share", "7"},
		{"max-count", "9"},        {"transfer", "10.0.0.0/8,::1,0.0.0.0/0"}};
	for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
		cr_assert_null(zone_setting_parse(&zone, set[i][0], set[i][1], &arena));
	zone.available_at = 5000000000;
	zone.created_at = 77;
	zone.is_frozen = true;
	rows_zone_put(&txn, &zone);
	struct zone read;
	cr_assert(zone_get_by_id(&txn, zone.id, &read));
	cr_expect(dns_name_equal(&read.apex, &zone.apex));
	for (const struct zone_setting *s = zone_settings(); s->name; s++)
		cr_expect_str_eq(zone_setting_print(&read, s->name, &arena),
				 zone_setting_print(&zone, s->name, &arena), "%s", s->name);
	cr_expect_eq(read.available_at, 5000000000);
	cr_expect_eq(read.created_at, 77);
	cr_expect(read.is_frozen);
	struct dns_name other = name_of("other.example");
	cr_expect_not(zone_get(&txn, &other, &read));
	cr_expect_not(zone_get_by_id(&txn, zone.id + 1, &read));
}

Test(zone, fields_of_a_later_version_are_passed_over_and_damage_is_found)
{
	struct zone zone = make("corp.example"), read;
	struct store_walk walk;
	struct bytes key, row;
	uint8_t rows[2][1024];
	store_walk_from(&walk, &txn, STORE_ZONES, bytes_of("a", 1), 1);
	cr_assert(store_walk_next(&walk, &key, &row));
	uint8_t at[STORE_ROW_KEY_MAX];
	size_t key_len = key.len, len = row.len;
	memcpy(at, key.data, key_len);
	memcpy(rows[0], row.data, len);
	store_walk_end(&walk);
	/* A word that nobody knows, with a value of three bytes. */
	memcpy(rows[1], "\x02qq\x03xyz", 7);
	memcpy(rows[1] + 7, rows[0], len);
	store_put(&txn, STORE_ZONES, bytes_of(at, key_len), bytes_of(rows[1], len + 7));
	cr_assert(zone_get(&txn, &zone.apex, &read));
	cr_expect_eq(read.id, zone.id);
	store_put(&txn, STORE_ZONES, bytes_of(at, key_len), bytes_of(rows[0], len - 1));
	cr_expect_not(zone_get(&txn, &zone.apex, &read));
	cr_expect_eq(txn.error, STORE_CORRUPT);
}

/* Rows of a version without limits by default say `none` of what nobody had set. */
Test(zone, a_row_of_a_version_without_limits_has_those_by_default)
{
	static const struct {
		const char *records, *types; /* NULL: the row does not have it */
		const char *read_records, *read_types;
	} rows[] = {
		{"none", NULL, "100", "100"},
		{"7", NULL, "7", "100"},
		{"none", "none", "none", "none"},
		{"7", "8", "7", "8"},
	};
	struct dns_name apex = name_of("corp.example");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct state_row_writer row = {.arena = &arena};
		struct zone read = zone_default(&apex);
		state_row_put_text(&row, "update", "secure");
		state_row_put_text(&row, "max-records", rows[i].records);
		if (rows[i].types)
			state_row_put_text(&row, "max-types", rows[i].types);
		state_row_put_number(&row, "id", 1);
		cr_assert(zone_unpack(&read, state_row_end(&row)));
		cr_expect_str_eq(zone_setting_print(&read, "max-records", &arena),
				 rows[i].read_records, "%zu", i);
		cr_expect_str_eq(zone_setting_print(&read, "max-types", &arena), rows[i].read_types,
				 "%zu", i);
	}
}

Test(zone, is_armed_when_aging_or_updates_go_on)
{
	struct dns_name apex = name_of("corp.example");
	struct zone off = zone_default(&apex), on = off;
	off.update = ZONE_UPDATE_SECURE;
	on.update = ZONE_UPDATE_SECURE;
	on.is_aging = true;
	on.refresh = 100;
	zone_arm(&off, &on, 1000, 0);
	cr_expect_eq(on.available_at, 1100);
	struct zone same = on;
	zone_arm(&on, &same, 2000, 0);
	cr_expect_eq(same.available_at, 1100);
	struct zone no_updates = on, again = on;
	no_updates.update = ZONE_UPDATE_NONE;
	zone_arm(&no_updates, &again, 3000, 0);
	cr_expect_eq(again.available_at, 3100);
	/* Records of a window class have longer to come. */
	zone_arm(&no_updates, &again, 4000, 250);
	cr_expect_eq(again.available_at, 4250);
}

Test(zone, the_closest_zone_of_a_name_is_found)
{
	make("corp.example");
	make("sub.corp.example");
	make("example");
	make("10.in-addr.arpa");
	struct zoneset *set = zoneset_load(&txn);
	static const struct {
		const char *name, *zone, *above;
	} rows[] = {
		{"corp.example", "corp.example", "example"},
		{"a.corp.example", "corp.example", "corp.example"},
		{"sub.corp.example", "sub.corp.example", "corp.example"},
		{"x.y.sub.corp.example", "sub.corp.example", "sub.corp.example"},
		{"xcorp.example", "example", "example"},
		{"example", "example", NULL},
		{"org", NULL, NULL},
		{".", NULL, NULL},
		{"1.0.10.in-addr.arpa", "10.in-addr.arpa", "10.in-addr.arpa"},
		{"in-addr.arpa", NULL, NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dns_name name = name_of(rows[i].name);
		const struct zone *found = zoneset_find(set, &name);
		const struct zone *above = zoneset_find_above(set, &name);
		cr_expect_eq(found == NULL, rows[i].zone == NULL, "%s", rows[i].name);
		cr_expect_eq(above == NULL, rows[i].above == NULL, "%s", rows[i].name);
		struct dns_name wanted;
		if (found && rows[i].zone) {
			wanted = name_of(rows[i].zone);
			cr_expect(dns_name_equal(&found->apex, &wanted), "%s", rows[i].name);
			cr_expect_eq(zoneset_exact(set, &wanted), found);
		}
		if (above && rows[i].above) {
			wanted = name_of(rows[i].above);
			cr_expect(dns_name_equal(&above->apex, &wanted), "%s", rows[i].name);
		}
	}
	cr_assert_eq(zoneset_count(set), 4);
	for (size_t i = 1; i < 4; i++)
		cr_expect_lt(
			dns_name_compare(&zoneset_at(set, i - 1)->apex, &zoneset_at(set, i)->apex),
			0);

	zoneset_free(set);

	make(".");
	set = zoneset_load(&txn);
	struct dns_name name = name_of("org");
	cr_assert(zoneset_find(set, &name));
	cr_expect_eq(zoneset_find(set, &name)->apex.labels, 0);
	name = name_of("example");
	cr_expect_eq(zoneset_find_above(set, &name)->apex.labels, 0);
	zoneset_free(set);
}

Test(zone, ten_thousand_zones_are_found_each)
{
	char text[32];
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(text, sizeof text, "z%u.example", i);
		make(text);
	}
	struct zoneset *set = zoneset_load(&txn);
	cr_assert_eq(zoneset_count(set), 10000);
	for (unsigned i = 0; i < 10000; i++) {
		snprintf(text, sizeof text, "www.z%u.example", i);
		struct dns_name name = name_of(text);
		const struct zone *zone = zoneset_find(set, &name);
		cr_assert(zone);
		cr_assert(dns_name_under(&name, &zone->apex));
		cr_assert_eq(zone->apex.labels, 2);
	}
	zoneset_free(set);
}

Test(zone, deleting_removes_all_its_rows_and_nothing_else)
{
	static const enum store_table tables[] = {STORE_NODES, STORE_CUTS, STORE_DUE,
						  STORE_LOG_SERIAL, STORE_ZONE_OWNERS};
	struct zone kept = make("a.example"), gone = make("b.example"), after = make("c.example");
	struct zone zones[] = {kept, gone, after};
	uint64_t version = store_settings_version(&txn);
	for (size_t z = 0; z < 3; z++) {
		for (uint32_t row = 0; row < 1500; row++) {
			uint8_t key[8];
			struct bytes_out out = bytes_out_of(key, sizeof key);
			bytes_out_u32(&out, zones[z].id);
			bytes_out_u32(&out, row);
			for (size_t i = 0; i < 5; i++)
				store_put(&txn, tables[i], bytes_of(key, 8), bytes_of("x", 1));
		}
	}
	rows_zone_delete(&txn, &gone);
	cr_expect_gt(store_settings_version(&txn), version);
	for (size_t i = 0; i < 5; i++) {
		size_t left[3] = {0};
		for (size_t z = 0; z < 3; z++) {
			uint8_t prefix[ZONE_KEY_MAX];
			struct store_walk walk;
			struct bytes key, value;
			zone_key(prefix, &zones[z], &zones[z].apex);
			store_walk_from(&walk, &txn, tables[i], bytes_of(prefix, 4), 4);
			while (store_walk_next(&walk, &key, &value))
				left[z]++;
			store_walk_end(&walk);
		}
		cr_expect_eq(left[0], 1500);
		cr_expect_eq(left[1], 0);
		cr_expect_eq(left[2], 1500);
	}
	struct zone read;
	cr_expect_not(zone_get(&txn, &gone.apex, &read));
	cr_expect_not(zone_get_by_id(&txn, gone.id, &read));
	cr_expect(zone_get(&txn, &kept.apex, &read));
	/* The apex may be made anew, and is another zone then. */
	struct zone again = make("b.example");
	cr_expect_gt(again.id, after.id);
}

Test(principal, ids_are_given_once_and_texts_come_back)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
	char longest[600], other[600];
	memset(longest, 'x', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	memcpy(other, longest, sizeof other);
	other[sizeof other - 2] = 'y';
	const char *const texts[] = {"key:kea-ddns", "gss:PC1$@CORP.EXAMPLE", longest, other};
	uint32_t id;
	cr_expect(principal_find(&txn, "anonymous", &id));
	cr_expect_eq(id, PRINCIPAL_ANONYMOUS);
	cr_expect_str_eq(principal_text(&txn, 0, &arena), "anonymous");
	for (uint32_t i = 0; i < 4; i++) {
		cr_expect_not(principal_find(&txn, texts[i], &id));
		cr_expect_eq(principal_intern(&txn, texts[i]), i + 1);
		cr_expect_eq(principal_intern(&txn, texts[i]), i + 1);
		cr_expect(principal_find(&txn, texts[i], &id));
		cr_expect_eq(id, i + 1);
	}
	for (uint32_t i = 0; i < 4; i++)
		cr_expect_str_eq(principal_text(&txn, i + 1, &arena), texts[i]);
	cr_expect_eq(txn.error, STORE_OK);
	cr_expect_str_eq(principal_text(&txn, 99, &arena), "unknown:99");
	cr_expect_eq(txn.error, STORE_CORRUPT);
	end();
}
