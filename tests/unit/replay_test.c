/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Random histories: the log played again into an empty store makes the same zones, and an entry
 * that does not fit is found. */
#include "tests/unit/dump.h"
#include "tests/unit/tempzone.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include "zonedb/grave.h"
#include "zonedb/load.h"
#include "zonedb/principal.h"
#include "zonedb/removal.h"
#include "zonedb/replay.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct tempzone t;
static uint64_t seed = 88172645463325252ull;

static unsigned pick(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % below);
}

static void write_command(char *out, size_t cap)
{
	static const char *const names[] = {"a", "b.a", "c.b.a", "d", "*.d", "@", "e.d"};
	static const char *const data[] = {"A 10.0.0.1", "A 10.0.0.2",       "TXT x",
					   "TXT y",      "NS ns.elsewhere.", "DNAME x.elsewhere.",
					   "MX 1 m.x.",  "MX 1 M.X."};
	const char *name = names[pick(7)], *what = data[pick(8)];
	unsigned ttl = pick(4) ? 60 : 90;
	switch (pick(10)) {
	case 0:
		snprintf(out, cap, "del %s %s;", strcmp(name, "@") ? name : "a",
			 pick(2) ? "A" : "NS");
		break;
	case 1:
		snprintf(out, cap, "del %s;", strcmp(name, "@") ? name : "d");
		break;
	case 2:
		snprintf(out, cap, "del %s %s;", name, what);
		break;
	case 3:
		snprintf(out, cap, "touch %s %s;", name, what);
		break;
	case 4:
		snprintf(out, cap, "%s %s %u %s;", pick(2) ? "static" : "pinned", name, ttl, what);
		break;
	case 5:
		snprintf(out, cap, "add @ %u SOA ns%u.elsewhere. a.b. %u 1 1 1 60;", ttl, pick(3),
			 pick(2) ? 1 : pick(100000));
		break;
	default:
		snprintf(out, cap, "add %s %u %s;", name, ttl, what);
	}
}

static void run_update(uint64_t now)
{
	static const char *const who[] = {"key:a", "key:b", "anonymous"};
	char script[1024] = "", command[128];
	for (unsigned i = pick(5) + 1; i > 0; i--) {
		write_command(command, sizeof command);
		strcat(script, command);
	}
	tempzone_run(&t, who[pick(3)], now, script);
}

/* A zone file's content: what is left out goes. */
static void run_import(uint64_t now)
{
	struct load *load = load_open(&t.zone.apex);
	struct edit_author author = {.owner = principal_intern(&t.txn, "local:root"),
				     .owner_text = "local:root",
				     .now = now,
				     .class = RECORD_STATIC};
	struct entry entry = {.time_us = now * 1000000, .principal = "local:root"};
	struct load_result result;
	unsigned line;
	struct dns_name host = tempzone_name(&t, "ns"), name;
	uint8_t soa[600];
	struct bytes_out out = bytes_out_of(soa, sizeof soa);
	bytes_out_put(&out, host.wire, host.len);
	bytes_out_put(&out, host.wire, host.len);
	for (unsigned i = 0; i < 5; i++)
		bytes_out_u32(&out, i ? 60 : pick(2) ? 1 : pick(1000000));
	cr_assert_null(load_add(load, &t.zone.apex, DNS_TYPE_SOA, 60,
				bytes_of(soa, bytes_out_len(&out)), 0));
	cr_assert_null(
		load_add(load, &t.zone.apex, DNS_TYPE_NS, 60, bytes_of(host.wire, host.len), 0));
	for (unsigned i = pick(3); i < 4000; i += pick(3) + 1) {
		char text[32];
		uint8_t address[4] = {10, 0, (uint8_t)pick(2), (uint8_t)i};
		snprintf(text, sizeof text, "h%u", i);
		name = tempzone_name(&t, text);
		cr_assert_null(load_add(load, &name, DNS_TYPE_A, 60, bytes_of(address, 4), 0));
	}
	cr_assert_null(load_check(load, &line, NULL, NULL));
	load_apply(load, &t.txn, &t.zone, &author, &entry, &result);
	cr_assert_gt(result.added + result.removed, 0);
	load_free(load);
}

static void log_event(const char *event, const char *reason, uint64_t now)
{
	struct entry entry = {.time_us = now * 1000000,
			      .kind = ENTRY_ADMIN,
			      .has_zone = true,
			      .zone_id = t.zone.id,
			      .zone = t.zone.apex,
			      .principal = "local:root",
			      .event = event,
			      .reason = reason};
	journal_append(&t.txn, &entry, &t.arena);
}

/* Deleted, and made anew, or brought back empty under the same id. */
static void run_deletion(uint64_t now)
{
	struct grave grave;
	log_event("zone-delete", NULL, now);
	struct entry entry = {.time_us = now * 1000000,
			      .kind = ENTRY_ADMIN,
			      .has_zone = true,
			      .zone_id = t.zone.id,
			      .zone = t.zone.apex,
			      .principal = "local:root"};
	entry.serial_before = entry.serial_after = zone_serial(&t.txn, &t.zone);
	cr_assert_gt(removal_log(&t.txn, &t.zone, &entry), 0);
	zone_delete(&t.txn, &t.zone);
	cr_assert(grave_last(&t.txn, &t.zone.apex, &grave));
	cr_assert_eq(grave.zone.id, t.zone.id);
	cr_assert_eq(grave.zone.no_refresh, t.zone.no_refresh);
	if (pick(2)) {
		grave_open(&t.txn, &grave, &t.zone);
	} else {
		t.zone = zone_default(&t.zone.apex);
		zone_create(&t.txn, &t.zone);
	}
	zone_setting_parse(&t.zone, "no-refresh", pick(2) ? "1h" : "2d", &t.arena);
	zone_put(&t.txn, &t.zone);
	log_event("zone-create",
		  arena_print(&t.arena, "no-refresh=%s",
			      zone_setting_print(&t.zone, "no-refresh", &t.arena)),
		  now);
	t.class = RECORD_STATIC;
	tempzone_run(&t, "local:root", now,
		     "add @ 3600 SOA ns.elsewhere. admin.elsewhere. 7 1 1 1 60;"
		     "add @ 3600 NS ns.elsewhere.");
	t.class = RECORD_DYNAMIC;
}

static void replay_all(struct store_txn *to)
{
	struct replay replay;
	struct replay_fault fault;
	struct arena arena = {0};
	struct entry entry;
	uint64_t first, last;
	journal_range(&t.txn, &first, &last);
	replay_start(&replay, to);
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &arena));
		bool is_well = replay_next(&replay, &entry, &fault);
		cr_assert(is_well, "seq %llu: %s", (unsigned long long)seq, fault.text);
		arena_reset(&arena);
	}
	replay_end(&replay);
	arena_free(&arena);
}

Test(replay, the_log_of_a_random_history_makes_the_same_zones)
{
	struct tempstore other;
	struct store_txn txn;
	struct zone replayed;
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t now = 1000000 + (uint64_t)i * 40000;
		if (i % 500 == 499)
			run_deletion(now);
		else if (i % 300 == 299)
			run_import(now);
		else
			run_update(now);
		cr_assert_eq(t.txn.error, STORE_OK);
	}
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	replay_all(&txn);
	char *original = dump_store(&t.txn), *copy = dump_store(&txn);
	cr_assert_str_eq(original, copy);
	cr_assert(zone_get(&txn, &t.zone.apex, &replayed));
	cr_expect_eq(replayed.id, t.zone.id);
	cr_expect_eq(replayed.cut_count, t.zone.cut_count);
	cr_expect_eq(replayed.no_refresh, t.zone.no_refresh);
	free(original);
	free(copy);
	store_abort(&txn);
	tempstore_free(&other);
	tempzone_free(&t);
}

static const char *mismatch(const char *first, const char *second, void (*spoil)(struct entry *))
{
	static struct replay_fault fault;
	struct tempstore other;
	struct store_txn txn;
	struct replay replay;
	struct entry entry;
	tempzone_open(&t, "corp.example");
	tempzone_run(&t, "key:a", 1000, first);
	tempzone_run(&t, "key:a", 9000000, second);
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	replay_start(&replay, &txn);
	for (uint64_t seq = 1; seq <= 3; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &t.arena));
		char *before = dump_store(&txn);
		if (seq == 3)
			spoil(&entry);
		bool is_well = replay_next(&replay, &entry, &fault);
		char *after = dump_store(&txn);
		cr_expect_eq(is_well, seq < 3);
		cr_expect(seq < 3 || strcmp(before, after) == 0, "nothing is written");
		free(before);
		free(after);
	}
	cr_expect_eq(fault.seq, 3);
	replay_end(&replay);
	store_abort(&txn);
	tempstore_free(&other);
	tempzone_free(&t);
	return fault.text;
}

static struct change *first_change(struct entry *entry)
{
	return (struct change *)(uintptr_t)&entry->changes[0];
}

static void spoil_stamp(struct entry *entry)
{
	first_change(entry)->was.stamp++;
}
static void spoil_ttl(struct entry *entry)
{
	first_change(entry)->was.ttl++;
}
static void spoil_owner(struct entry *entry)
{
	first_change(entry)->was.owner = "key:b";
}
static void spoil_class(struct entry *entry)
{
	first_change(entry)->was.class = RECORD_PINNED;
}
static void spoil_previous(struct entry *entry)
{
	first_change(entry)->previous = 1;
}
static void spoil_data(struct entry *entry)
{
	first_change(entry)->rdata = bytes_of("\x0a\x00\x00\x09", 4);
}
static void spoil_what(struct entry *entry)
{
	first_change(entry)->what = CHANGE_ADDED;
}

Test(replay, the_first_change_that_does_not_fit_is_named_and_nothing_is_written)
{
	static const struct {
		void (*spoil)(struct entry *);
		const char *text;
	} rows[] = {
		{spoil_stamp, "www.corp.example A: has another stamp than the entry says"},
		{spoil_ttl, "www.corp.example A: has another TTL than the entry says"},
		{spoil_owner, "www.corp.example A: has another owner than the entry says"},
		{spoil_class, "www.corp.example A: has another class than the entry says"},
		{spoil_previous, "www.corp.example A: was changed last by another entry than the "
				 "one named"},
		{spoil_data, "www.corp.example A: is not there, and should be"},
		{spoil_what, "www.corp.example A: is there already"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_str_eq(mismatch("add www 60 A 10.0.0.1", "del www A", rows[i].spoil),
				 rows[i].text);
}
