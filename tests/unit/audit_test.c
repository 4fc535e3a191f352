/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/tempstore.h"
#include "dns/type.h"
#include "outbound/audit.h"
#include "outbound/event.h"
#include "journal/entry_time.h"
#include "outbound/event_rows.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define DAY_US 86400000000ull
/* 2026-01-05T09:00:00Z */
#define START_US 1767603600000000ull

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;
static char seen[4096]; /* "seq:event " for each event */
static json_t *last_event;

static struct dns_name name(const char *text)
{
	struct dns_name n;
	cr_assert_null(dns_name_parse_text(&n, text));
	return n;
}

static struct bytes tombstone_key(const struct entry *e, const struct dns_name *at)
{
	static uint8_t key[4 + DNS_NAME_KEY_MAX];
	struct bytes_out out = bytes_out_of(key, 4);
	bytes_out_u32(&out, e->zone_id);
	return bytes_of(key, 4 + dns_name_key(key + 4, at, &e->zone));
}

/* Names have chains that begin at their tombstones, as an edit would leave them. */
static void chain_names(struct entry *e)
{
	struct change *changes = arena_alloc(&arena, (e->change_count + 1) * sizeof *changes);
	uint8_t tombstone[8];
	struct bytes value;
	for (size_t i = 0; i < e->change_count; i++) {
		changes[i] = e->changes[i];
		if (store_get(&txn, STORE_TOMBSTONES, tombstone_key(e, &changes[i].name), &value)) {
			struct bytes_in in = bytes_in_of(value.data, value.len);
			changes[i].previous = bytes_in_u64(&in);
		}
	}
	e->changes = changes;
	struct bytes_out out = bytes_out_of(tombstone, sizeof tombstone);
	bytes_out_u64(&out, journal_next_seq(&txn));
	for (size_t i = 0; i < e->change_count; i++)
		store_put(&txn, STORE_TOMBSTONES, tombstone_key(e, &changes[i].name),
			  bytes_of(tombstone, 8));
}

static void append(struct entry *e, uint64_t day)
{
	chain_names(e);
	e->time_us = START_US + day * DAY_US;
	cr_assert_gt(journal_append(&txn, e, &arena), 0);
}

static struct entry in_zone(enum entry_kind kind, const char *zone, const char *principal)
{
	return (struct entry){.kind = kind,
			      .has_zone = true,
			      .zone_id = strcmp(zone, "corp.example") == 0 ? 1 : 2,
			      .zone = name(zone),
			      .serial_before = 1,
			      .serial_after = 1,
			      .principal = principal};
}

static struct change change_of(enum change_what what, const char *at, uint16_t type)
{
	struct record_state was = {
		.ttl = 1200, .stamp = 1767603600, .class = RECORD_DYNAMIC, .owner = "key:host1"};
	struct record_state is = {
		.ttl = 300, .stamp = 1767690000, .class = RECORD_DYNAMIC, .owner = "key:host1"};
	struct change c = {.what = what,
			   .name = name(at),
			   .type = type,
			   .rdata = bytes_of("\x0a\0\0\7", 4),
			   .was = was,
			   .is = is};
	if (type == 2)
		c.rdata = bytes_of("\2ns\4test", 9);
	return c;
}

/* A week in which each day has an entry; what it is stands behind it. */
static void write_week(void)
{
	struct entry e = in_zone(ENTRY_SETTING, "corp.example", "local:root");
	e.reason = "update: none -> secure";
	e.subject = "update";
	append(&e, 0); /* 1 zone-setting */

	struct change pair[] = {change_of(CHANGE_REMOVED, "pc1.corp.example", 1),
				change_of(CHANGE_ADDED, "pc1.corp.example", 1)};
	e = in_zone(ENTRY_UPDATE, "corp.example", "key:host1");
	e.key = "host1";
	e.serial_after = 2;
	e.transport = ENTRY_UDP;
	e.message_id = 4711;
	cr_assert_null(addr_parse("192.0.2.1@5353", 53, &e.source));
	e.changes = pair;
	e.change_count = 2;
	append(&e, 1); /* 2 record-unregister, record-register */

	struct change refreshed = change_of(CHANGE_REFRESHED, "pc2.corp.example", 1);
	e = in_zone(ENTRY_REFRESH, "corp.example", "key:host2");
	e.acting = "@dhcp";
	e.changes = &refreshed;
	e.change_count = 1;
	append(&e, 2); /* 3 record-refresh */

	e = in_zone(ENTRY_DENIED, "corp.example", "key:host2");
	e.rcode = 5;
	e.reason = "owned by key:host1";
	e.subject = "pc1.corp.example A";
	e.folded = 3;
	append(&e, 3); /* 4 update-denied */

	struct change scavenged = change_of(CHANGE_REMOVED, "a.sub.corp.example", 1);
	e = in_zone(ENTRY_SCAVENGE, "corp.example", "system:scavenger");
	e.run = 9;
	e.changes = &scavenged;
	e.change_count = 1;
	append(&e, 4); /* 5 record-scavenge */

	struct change admin[] = {change_of(CHANGE_ADDED, "www.other.test", 1),
				 change_of(CHANGE_ADDED, "sub.other.test", 2),
				 change_of(CHANGE_ALTERED, "www.other.test", 1)};
	e = in_zone(ENTRY_ADMIN, "other.test", "local:root");
	e.changes = admin;
	e.change_count = 3;
	append(&e, 5); /* 6 record-create, delegation, record-change */

	e = (struct entry){.kind = ENTRY_ADMIN,
			   .event = EVENT_KEY_CREATE,
			   .subject = "host3",
			   .principal = "local:alice"};
	append(&e, 6); /* 7 key-create */
}

static void begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
	write_week();
}

static void end(void)
{
	store_abort(&txn);
	tempstore_free(&temp);
	arena_free(&arena);
	json_decref(last_event);
}

TestSuite(audit, .init = begin, .fini = end);

static void note(void *context, json_t *event)
{
	size_t len = strlen(seen);
	(void)context;
	snprintf(seen + len, sizeof seen - len, "%d:%s ",
		 (int)json_integer_value(json_object_get(event, "seq")),
		 json_string_value(json_object_get(event, "event")));
	json_decref(last_event);
	last_event = json_incref(event);
}

static const char *walked(const struct audit_filter *filter)
{
	seen[0] = '\0';
	audit_walk(&txn, filter, note, NULL);
	cr_expect_eq(txn.error, STORE_OK);
	return seen;
}

#define WALKED(...) walked(&(struct audit_filter){__VA_ARGS__})
#define ALL                                                                                        \
	"1:zone-setting 2:record-unregister 2:record-register 3:record-refresh 4:update-denied "   \
	"5:record-scavenge 6:record-create 6:delegation 6:record-change 7:key-create "

Test(audit, shows_everything_oldest_first)
{
	cr_expect_str_eq(WALKED(.limit = 0), ALL);
}

Test(audit, filters_by_zone)
{
	cr_expect_str_eq(WALKED(.has_zone = true, .zone = name("other.test")),
			 "6:record-create 6:delegation 6:record-change ");
	cr_expect_str_eq(WALKED(.has_zone = true, .zone = name("test")), "");
}

Test(audit, filters_by_name_and_by_what_a_denial_is_about)
{
	cr_expect_str_eq(WALKED(.has_name = true, .name = name("pc1.corp.example")),
			 "2:record-unregister 2:record-register 4:update-denied ");
	cr_expect_str_eq(WALKED(.has_name = true, .name = name("host3")), "7:key-create ");
	cr_expect_str_eq(WALKED(.has_name = true, .name = name("corp.example")), "");
}

Test(audit, filters_by_what_is_at_or_below_a_name)
{
	cr_expect_str_eq(WALKED(.has_under = true, .under = name("sub.corp.example")),
			 "5:record-scavenge ");
	cr_expect_str_eq(WALKED(.has_under = true, .under = name("pc1.corp.example")),
			 "2:record-unregister 2:record-register 4:update-denied ");
	cr_expect_str_eq(WALKED(.has_under = true, .under = name("other.test")),
			 "6:record-create 6:delegation 6:record-change ");
	cr_expect_str_eq(WALKED(.has_under = true, .under = name("example")),
			 "1:zone-setting 2:record-unregister 2:record-register 3:record-refresh "
			 "4:update-denied 5:record-scavenge ");
}

Test(audit, filters_by_principal_with_patterns)
{
	static const struct {
		const char *pattern, *events;
	} rows[] = {
		{"key:host2", "3:record-refresh 4:update-denied "},
		{"key:*",
		 "2:record-unregister 2:record-register 3:record-refresh 4:update-denied "},
		{"*", ALL},
		{"*host1", "2:record-unregister 2:record-register "},
		{"l*:a*e", "7:key-create "},
		{"local:alic", ""},
		{"@dhcp", "3:record-refresh "},
		{"system:*r", "5:record-scavenge "},
		{"[k]ey:host2", ""},
		{"", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cr_expect_str_eq(WALKED(.principal = rows[i].pattern), rows[i].events, "%s",
				 rows[i].pattern);
	}
}

Test(audit, filters_by_event_name_and_number)
{
	cr_expect_str_eq(WALKED(.event = "record-register"), "2:record-register ");
	cr_expect_str_eq(WALKED(.event = "519"), "2:record-register ");
	cr_expect_str_eq(WALKED(.event = "573"), "6:delegation ");
	cr_expect_str_eq(WALKED(.event = "key-create"), "7:key-create ");
	cr_expect_str_eq(WALKED(.event = "0"), "");
	cr_expect_str_eq(WALKED(.event = "record"), "");
}

Test(audit, filters_by_time_with_both_ends_within)
{
	cr_expect_str_eq(WALKED(.since_us = START_US + 5 * DAY_US),
			 "6:record-create 6:delegation 6:record-change 7:key-create ");
	cr_expect_str_eq(WALKED(.until_us = START_US), "1:zone-setting ");
	cr_expect_str_eq(
		WALKED(.since_us = START_US + 2 * DAY_US, .until_us = START_US + 3 * DAY_US),
		"3:record-refresh 4:update-denied ");
	cr_expect_str_eq(WALKED(.since_us = START_US + 7 * DAY_US), "");
	cr_expect_str_eq(WALKED(.until_us = START_US - 1), "");
	cr_expect_str_eq(WALKED(.since_us = 1), ALL);
	cr_expect_str_eq(WALKED(.until_us = UINT64_MAX), ALL);
}

Test(audit, a_clock_that_went_back_hides_nothing)
{
	struct entry e = in_zone(ENTRY_DENIED, "corp.example", "anonymous");
	e.time_us = START_US + 2 * DAY_US + 1800ull * 1000000;
	e.rcode = DNS_REFUSED;
	entry_time_begin(&txn, e.time_us);
	cr_assert_gt(journal_append(&txn, &e, &arena), 0);
	cr_expect_str_eq(
		WALKED(.since_us = START_US + 2 * DAY_US, .until_us = START_US + 3 * DAY_US),
		"3:record-refresh 4:update-denied 8:update-denied ");
	cr_expect_str_eq(WALKED(.since_us = START_US + 5 * DAY_US),
			 "6:record-create 6:delegation 6:record-change 7:key-create ");
	cr_expect_str_eq(WALKED(.until_us = START_US), "1:zone-setting ");
}

Test(audit, filters_denials)
{
	cr_expect_str_eq(WALKED(.denied_only = true), "4:update-denied ");
}

Test(audit, what_a_silent_rule_left_out_was_not_denied)
{
	struct entry e = in_zone(ENTRY_DENIED, "corp.example", "anonymous");
	e.time_us = START_US + 30 * DAY_US;
	cr_assert_gt(journal_append(&txn, &e, &arena), 0);
	cr_expect_str_eq(WALKED(.limit = 1), "8:update-ignored ");
	cr_expect_str_eq(WALKED(.denied_only = true), "4:update-denied ");
}

static void expect_member(json_t *o, const char *key, const char *wanted)
{
	json_t *value = json_object_get(o, key);
	char text[64] = "absent";
	if (json_is_integer(value))
		snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
	else if (json_is_null(value))
		snprintf(text, sizeof text, "null");
	else if (value)
		snprintf(text, sizeof text, "%s", json_string_value(value));
	cr_expect_str_eq(text, wanted, "%s is %s, not %s", key, text, wanted);
}

/* Its entry has the code of an answer, which nobody got. */
Test(audit, what_was_dropped_was_not_answered)
{
	struct entry e = in_zone(ENTRY_DENIED, "corp.example", "anonymous");
	e.time_us = START_US + 30 * DAY_US;
	e.rcode = DNS_REFUSED;
	e.event = EVENT_UPDATE_DROPPED;
	cr_assert_gt(journal_append(&txn, &e, &arena), 0);
	cr_expect_str_eq(WALKED(.limit = 1), "8:update-dropped ");
	expect_member(last_event, "rcode", "null");
	json_t *whole = entry_json(&e, &arena);
	expect_member(whole, "rcode", "null");
	json_decref(whole);
	cr_expect_str_eq(WALKED(.denied_only = true), "4:update-denied 8:update-dropped ");
}

Test(audit, the_limit_keeps_the_newest)
{
	cr_expect_str_eq(WALKED(.limit = 1), "7:key-create ");
	cr_expect_str_eq(WALKED(.limit = 2), "6:record-change 7:key-create ");
	cr_expect_str_eq(WALKED(.limit = 1000), ALL);
	cr_expect_str_eq(WALKED(.limit = 1, .principal = "key:host1"), "2:record-register ");
	cr_expect_str_eq(WALKED(.limit = 1, .has_zone = true, .zone = name("no.such")), "");
	cr_expect_str_eq(WALKED(.limit = 1, .until_us = START_US + DAY_US), "2:record-register ");
}

Test(audit, resumes_above_a_seq)
{
	cr_expect_str_eq(WALKED(.after[JOURNAL_CHANGES] = 6), "7:key-create ");
	cr_expect_str_eq(WALKED(.after[JOURNAL_CHANGES] = 7), "");
	cr_expect_str_eq(WALKED(.after[JOURNAL_CHANGES] = 99), "");
	cr_expect_str_eq(WALKED(.after[JOURNAL_CHANGES] = 5, .until_us = START_US), "");
}

Test(audit, filters_are_joined_by_and)
{
	cr_expect_str_eq(WALKED(.principal = "key:*", .has_name = true,
				.name = name("pc1.corp.example"), .denied_only = true),
			 "4:update-denied ");
}

Test(audit, an_event_says_all_that_is_known)
{
	static const char *const members[][2] = {
		{"seq", "2"},
		{"time", "2026-01-06T09:00:00.000000Z"},
		{"event", "record-register"},
		{"windows_id", "519"},
		{"kind", "update"},
		{"zone", "corp.example"},
		{"name", "pc1.corp.example"},
		{"type", "A"},
		{"ttl", "300"},
		{"data", "10.0.0.7"},
		{"principal", "key:host1"},
		{"acting", "absent"},
		{"key", "host1"},
		{"source", "192.0.2.1@5353"},
		{"transport", "udp"},
		{"message_id", "4711"},
		{"rcode", "absent"},
		{"reason", "absent"},
		{"folded", "absent"},
		{"run", "absent"},
		{"serial_before", "1"},
		{"serial_after", "2"},
		{"old", "absent"},
		{"previous", "absent"},
	};
	WALKED(.event = "record-register");
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		expect_member(last_event, members[i][0], members[i][1]);
	json_t *is = json_object_get(last_event, "new");
	expect_member(is, "ttl", "300");
	expect_member(is, "owner", "key:host1");
	expect_member(is, "stamp", "2026-01-06T09:00:00Z");
	expect_member(is, "class", "dynamic");
}

Test(audit, a_denial_says_why)
{
	WALKED(.denied_only = true);
	expect_member(last_event, "rcode", "REFUSED");
	expect_member(last_event, "reason", "owned by key:host1");
	expect_member(last_event, "subject", "pc1.corp.example A");
	expect_member(last_event, "folded", "3");
	expect_member(last_event, "windows_id", "absent");
}

Test(audit, a_change_shows_old_and_new)
{
	WALKED(.event = "record-change");
	expect_member(json_object_get(last_event, "old"), "ttl", "1200");
	expect_member(json_object_get(last_event, "new"), "ttl", "300");
	WALKED(.event = "record-scavenge");
	expect_member(last_event, "ttl", "1200");
	expect_member(last_event, "run", "9");
	expect_member(json_object_get(last_event, "old"), "owner", "key:host1");
	cr_expect_null(json_object_get(last_event, "new"));
}

Test(audit, a_text_that_is_not_utf8_is_escaped)
{
	struct entry e = {.kind = ENTRY_ADMIN, .principal = "gss:J\xf6rg"};
	append(&e, 7);
	WALKED(.after[JOURNAL_CHANGES] = 7);
	expect_member(last_event, "principal", "gss:J\\246rg");
}

Test(audit, data_that_does_not_fit_its_type_is_shown_as_bytes)
{
	struct change c = change_of(CHANGE_ADDED, "x.corp.example", 1);
	c.rdata = bytes_of("abc", 3);
	struct entry e = in_zone(ENTRY_UPDATE, "corp.example", "key:x");
	e.changes = &c;
	e.change_count = 1;
	append(&e, 7);
	WALKED(.after[JOURNAL_CHANGES] = 7);
	expect_member(last_event, "data", "\\# 3 616263");
}

static struct bytes row_of(const char *const *words)
{
	struct state_row_writer row = {.arena = &arena};
	for (; *words; words += 2)
		state_row_put_text(&row, words[0], words[1]);
	return state_row_end(&row);
}
#define ROW(...) row_of((const char *const[]){__VA_ARGS__, NULL})

Test(audit, rows_stand_in_the_first_event_of_their_entry)
{
	struct change c[2] = {change_of(CHANGE_ADDED, "x.corp.example", 1),
			      change_of(CHANGE_ADDED, "y.corp.example", 1)};
	struct state_change row = {.table = STATE_GROUP,
				   .key = state_key_word("dhcp"),
				   .has_new = true,
				   .new = ROW("acting", "on", "member", "key:a")};
	struct entry e = in_zone(ENTRY_RESTORE, "corp.example", "local:root");
	e.changes = c;
	e.change_count = 2;
	e.rows = &row;
	e.row_count = 1;
	append(&e, 7);
	WALKED(.after[JOURNAL_CHANGES] = 7, .event = "restore");
	cr_expect_null(json_object_get(last_event, "rows"), "the second has none");
	struct audit_filter filter = {.after[JOURNAL_CHANGES] = 7, .has_name = true};
	filter.name = name("y.corp.example");
	audit_walk(&txn, &filter, note, NULL);
	json_t *shown = json_array_get(json_object_get(last_event, "rows"), 0);
	expect_member(shown, "table", "group");
	expect_member(shown, "key", "@dhcp");
	cr_expect(json_is_null(json_object_get(shown, "old")));
	cr_expect(json_is_array(json_object_get(json_object_get(shown, "new"), "member")));
}

Test(audit, rows_that_are_too_long_for_a_line_are_counted)
{
	char *text = arena_zero(&arena, EVENT_ROWS_LINE + 1);
	memset(text, 'x', EVENT_ROWS_LINE);
	struct state_change rows[2] = {
		{.table = STATE_RULES, .key = bytes_of("\0\0\0\1", 4), .has_new = true},
		{.table = STATE_SERVER, .key = state_key_word("bin"), .has_new = true}};
	rows[0].new = ROW("zone", "corp.example", "text", text);
	rows[1].new = ROW("keeps", "60");
	struct entry e = in_zone(ENTRY_SETTING, "corp.example", "local:root");
	e.rows = rows;
	e.row_count = 2;
	append(&e, 7);
	WALKED(.after[JOURNAL_CHANGES] = 7);
	expect_member(last_event, "rows_cut", "1");
	cr_expect_eq(json_array_size(json_object_get(last_event, "rows")), 1);
	json_t *whole = audit_entry(&txn, (struct journal_place){.seq = e.seq});
	cr_expect_eq(json_array_size(json_object_get(whole, "rows")), 2);
	cr_expect_null(json_object_get(whole, "rows_cut"));
	json_decref(whole);
}

Test(audit, what_is_sealed_is_not_shown)
{
	struct bytes row = ROW("algorithm", "hmac-sha256", "secret", "0011", "next",
			       "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
			       "created-at", "1767603600", "disabled-at", "0");
	json_t *o = event_row(STATE_KEY, row, &arena);
	expect_member(o, "algorithm", "hmac-sha256");
	expect_member(o, "secret", "sealed");
	expect_member(o, "next", "sealed");
	expect_member(o, "created-at", "2026-01-05T09:00:00Z");
	expect_member(o, "disabled-at", "absent");
	json_decref(o);
}

Test(audit, an_entry_says_who_and_why_and_after_what)
{
	struct entry e = {.kind = ENTRY_ADMIN,
			  .principal = "local:root",
			  .person = "alice",
			  .comment = "ticket 17",
			  .node = "ns1",
			  .cause = 3,
			  .request = bytes_of("\x0a\xff", 2)};
	entry_time_begin(&txn, START_US);
	append(&e, 7);
	WALKED(.after[JOURNAL_CHANGES] = 7);
	expect_member(last_event, "person", "alice");
	expect_member(last_event, "comment", "ticket 17");
	expect_member(last_event, "node", "ns1");
	expect_member(last_event, "cause", "3");
	expect_member(last_event, "era", "2");
	expect_member(last_event, "request", "0AFF");
}

Test(audit, a_hole_in_the_log_is_an_error)
{
	store_del(&txn, STORE_LOG, bytes_of("\0\0\0\0\0\0\0\3", 8));
	struct audit_filter filter = {0};
	seen[0] = '\0';
	audit_walk(&txn, &filter, note, NULL);
	cr_expect_str_eq(seen, "1:zone-setting 2:record-unregister 2:record-register ");
	cr_expect_eq(txn.error, STORE_CORRUPT);
}

Test(audit, event_names_and_numbers_are_unique)
{
	for (unsigned i = EVENT_NONE + 1; i < EVENT_UNKNOWN; i++) {
		enum event_kind a = (enum event_kind)i;
		unsigned number = event_kind_windows_id(a);
		cr_expect_eq(event_kind_of(event_kind_word(a)), a);
		for (unsigned j = EVENT_NONE + 1; j < i; j++)
			cr_expect(!number || number != event_kind_windows_id((enum event_kind)j));
	}
	cr_expect_eq(event_kind_of(NULL), EVENT_NONE);
	cr_expect_eq(event_kind_of("zone-explode"), EVENT_UNKNOWN);
	cr_expect_null(event_kind_word(EVENT_UNKNOWN));
}
