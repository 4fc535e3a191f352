/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/random_history.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "tests/unit/rows.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/load.h"
#include "zonedb/principal.h"
#include "zonedb/removal.h"
#include <criterion/criterion.h>
#include <stdio.h>

static uint64_t seed = 88172645463325252ull;

unsigned random_pick(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % below);
}

void random_start(uint64_t number)
{
	/* Neighbouring numbers begin far from each other (Knuth); 0 would stay 0. */
	seed = (number + 1) * 6364136223846793005ull | 1;
	for (unsigned i = 0; i < 16; i++)
		random_pick(2);
}

static void write_command(char *out, size_t cap)
{
	static const char *const names[] = {"a", "b.a", "c.b.a", "d", "*.d", "@", "e.d"};
	static const char *const data[] = {"A 10.0.0.1", "A 10.0.0.2",       "TXT x",
					   "TXT y",      "NS ns.elsewhere.", "DNAME x.elsewhere.",
					   "MX 1 m.x.",  "MX 1 M.X.",        "DHCID AAEB"};
	static const char *const classes[] = {"static", "pinned", "guest", "windowed"};
	const char *name = names[random_pick(7)], *what = data[random_pick(9)];
	unsigned ttl = random_pick(4) ? 60 : 90;
	switch (random_pick(10)) {
	case 0:
		snprintf(out, cap, "del %s %s;", strcmp(name, "@") ? name : "a",
			 random_pick(2) ? "A" : "NS");
		break;
	case 1:
		snprintf(out, cap, "del %s;", strcmp(name, "@") ? name : "d");
		break;
	case 2:
		snprintf(out, cap, "del %s %s;", name, what);
		break;
	case 3:
		snprintf(out, cap, "touch %s %s;", name, random_pick(2) ? "A" : "DHCID");
		break;
	case 4:
		snprintf(out, cap, "%s %s %u %s;", classes[random_pick(4)], name, ttl, what);
		break;
	case 5:
		snprintf(out, cap, "add @ %u SOA ns%u.elsewhere. a.b. %u 1 1 1 60;", ttl,
			 random_pick(3), random_pick(2) ? 1 : random_pick(100000));
		break;
	default:
		snprintf(out, cap, "add %s %u %s;", name, ttl, what);
	}
}

static void run_update(struct tempzone *t, uint64_t now)
{
	static const char *const who[] = {"key:a", "key:b", "anonymous"};
	char script[1024] = "", command[128];
	for (unsigned i = random_pick(5) + 1; i > 0; i--) {
		write_command(command, sizeof command);
		strcat(script, command);
	}
	tempzone_run(t, who[random_pick(3)], now, script);
}

/* A zone file's content: what is left out goes. */
static void run_import(struct tempzone *t, uint64_t now)
{
	struct load *load = load_open(&t->zone.apex);
	struct edit_author author = {.owner = principal_intern(&t->txn, "local:root"),
				     .owner_text = "local:root",
				     .now = now,
				     .class = RECORD_STATIC};
	struct entry entry = {.time_us = now * 1000000, .principal = "local:root"};
	struct load_result result;
	unsigned line;
	struct dns_name host = tempzone_name(t, "ns"), name;
	uint8_t soa[600];
	struct bytes_out out = bytes_out_of(soa, sizeof soa);
	bytes_out_put(&out, host.wire, host.len);
	bytes_out_put(&out, host.wire, host.len);
	for (unsigned i = 0; i < 5; i++)
		bytes_out_u32(&out, i ? 60 : random_pick(2) ? 1 : random_pick(1000000));
	cr_assert_null(load_add(load, &t->zone.apex, DNS_TYPE_SOA, 60,
				bytes_of(soa, bytes_out_len(&out)), 0));
	cr_assert_null(
		load_add(load, &t->zone.apex, DNS_TYPE_NS, 60, bytes_of(host.wire, host.len), 0));
	for (unsigned i = random_pick(3); i < 4000; i += random_pick(3) + 1) {
		char text[32];
		uint8_t address[4] = {10, 0, (uint8_t)random_pick(2), (uint8_t)i};
		snprintf(text, sizeof text, "h%u", i);
		name = tempzone_name(t, text);
		cr_assert_null(load_add(load, &name, DNS_TYPE_A, 60, bytes_of(address, 4), 0));
	}
	cr_assert_null(load_check(load, &line, NULL, NULL));
	load_apply(load, &t->txn, &t->zone, &author, &entry, &result);
	cr_assert_gt(result.added + result.removed, 0);
	load_free(load);
}

static void log_event(struct tempzone *t, enum event_kind event, struct state_edit *rows,
		      uint64_t now)
{
	struct entry entry = {.time_us = now * 1000000,
			      .kind = ENTRY_ADMIN,
			      .has_zone = true,
			      .zone_id = t->zone.id,
			      .zone = t->zone.apex,
			      .principal = "local:root",
			      .event = event};
	entry.rows = state_edit_changes(rows, &entry.row_count);
	journal_append(&t->txn, &entry, &t->arena);
}

/* Deleted, and made anew, or brought back empty under the same id. */
static void run_deletion(struct tempzone *t, uint64_t now)
{
	struct deleted_zone deleted_zone;
	struct entry entry = {.time_us = now * 1000000,
			      .kind = ENTRY_ADMIN,
			      .has_zone = true,
			      .zone_id = t->zone.id,
			      .zone = t->zone.apex,
			      .principal = "local:root"};
	entry.serial_before = entry.serial_after = zone_serial(&t->txn, &t->zone);
	struct state_edit begun = state_edit_of(&t->txn, &t->arena);
	run_begin(&begun, RUN_ZONE_DELETE, RUN_DONE, &entry);
	cr_assert_gt(removal_records(&t->txn, &t->zone, &entry), 0);
	entry.event = EVENT_ZONE_DELETE;
	removal_end(&t->txn, &t->zone, &entry);
	cr_assert(deleted_zone_last(&t->txn, &t->zone.apex, &deleted_zone));
	cr_assert_eq(deleted_zone.zone.id, t->zone.id);
	cr_assert_eq(deleted_zone.zone.no_refresh, t->zone.no_refresh);
	struct state_edit rows = state_edit_of(&t->txn, &t->arena);
	if (random_pick(2)) {
		deleted_zone_restore(&rows, &deleted_zone, &t->zone);
	} else {
		t->zone = zone_default(&t->zone.apex);
		zone_create(&rows, &t->zone);
	}
	zone_setting_parse(&t->zone, "no-refresh", random_pick(2) ? "1h" : "2d", &t->arena);
	zone_put(&rows, &t->zone);
	log_event(t, EVENT_ZONE_CREATE, &rows, now);
	t->class = RECORD_STATIC;
	tempzone_run(t, "local:root", now,
		     "add @ 3600 SOA ns.elsewhere. admin.elsewhere. 7 1 1 1 60;"
		     "add @ 3600 NS ns.elsewhere.");
	t->class = RECORD_DYNAMIC;
}

void random_step(struct tempzone *t, unsigned i)
{
	uint64_t now = 1000000 + (uint64_t)i * 40000;
	if (i % 500 == 499)
		run_deletion(t, now);
	else if (i % 300 == 299)
		run_import(t, now);
	else
		run_update(t, now);
	cr_assert_eq(t->txn.error, STORE_OK);
}
