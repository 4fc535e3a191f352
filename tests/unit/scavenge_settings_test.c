/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/timeword.h"
#include "scavenger/scavenge_settings.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static uint64_t at(const char *text)
{
	uint64_t seconds;
	cr_assert(time_parse(text, 0, &seconds), "%s", text);
	return seconds;
}

Test(calendar, reads_what_it_prints)
{
	static const struct {
		const char *text, *printed, *error;
	} rows[] = {
		{"Sun 03:00", "Sun 03:00", NULL},
		{"sunday 03:00 utc", "Sun 03:00 UTC", NULL},
		{"Wed,mon,FRI  02:30", "Mon,Wed,Fri 02:30", NULL},
		{"daily 23:59 UTC", "daily 23:59 UTC", NULL},
		{"Sun,Mon,Tue,Wed,Thu,Fri,Sat 00:00", "daily 00:00", NULL},
		{"", NULL, "it begins with days"},
		{"03:00", NULL, "it begins with days"},
		{"Sun,", NULL, "it begins with days"},
		{"Sun,,Mon 03:00", NULL, "it begins with days"},
		{"Su 03:00", NULL, "it begins with days"},
		{"Sun", NULL, "stands a time"},
		{"Sun 3:00", NULL, "stands a time"},
		{"Sun 24:00", NULL, "stands a time"},
		{"Sun 03:60", NULL, "stands a time"},
		{"Sun 03:0", NULL, "stands a time"},
		{"Sun 03:00 CET", NULL, "and nothing else"},
		{"Sun 03:001", NULL, "and nothing else"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct calendar calendar;
		char printed[CALENDAR_TEXT_MAX];
		const char *error = calendar_parse(rows[i].text, &calendar);
		if (rows[i].error) {
			cr_assert(error, "%s", rows[i].text);
			cr_expect(strstr(error, rows[i].error), "%s: %s", rows[i].text, error);
			continue;
		}
		cr_assert_null(error, "%s: %s", rows[i].text, error);
		calendar_print(&calendar, printed);
		cr_expect_str_eq(printed, rows[i].printed, "%s", printed);
	}
}

static void expect_next(const char *zone, const char *text, const char *now, const char *wanted)
{
	struct calendar calendar;
	char got[TIMEWORD_TEXT_MAX];
	setenv("TZ", zone, 1);
	tzset();
	cr_assert_null(calendar_parse(text, &calendar));
	time_print(calendar_next(&calendar, at(now)), got);
	cr_expect_str_eq(got, wanted, "%s after %s in %s: %s", text, now, zone, got);
}

/* Central Europe, without a need for the machine's files: forward on 29 March 2026 at 01:00 UTC,
 * back on 25 October 2026 at 01:00 UTC. */
#define CET "CET-1CEST,M3.5.0,M10.5.0/3"

Test(calendar, finds_the_next_time_in_every_night)
{
	static const struct {
		const char *zone, *text, *now, *wanted;
	} rows[] = {
		{"UTC", "Sun 03:00", "2026-01-05T09:00:00Z", "2026-01-11T03:00:00Z"},
		{"UTC", "Mon 09:00", "2026-01-05T09:00:00Z", "2026-01-12T09:00:00Z"},
		{"UTC", "Mon 09:01", "2026-01-05T09:00:00Z", "2026-01-05T09:01:00Z"},
		{"UTC", "daily 00:00", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"},
		{"UTC", "Mon,Thu 02:00", "2026-01-05T09:00:00Z", "2026-01-08T02:00:00Z"},
		{CET, "Sun 03:00", "2026-01-05T09:00:00Z", "2026-01-11T02:00:00Z"},
		{CET, "Sun 03:00 UTC", "2026-01-05T09:00:00Z", "2026-01-11T03:00:00Z"},
		/* Local Monday begins on Sunday in UTC. */
		{CET, "Mon 00:30", "2026-01-05T09:00:00Z", "2026-01-11T23:30:00Z"},
		{CET, "daily 03:30", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"},
		/* 02:30 does not exist that night. */
		{CET, "daily 02:30", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"},
		{CET, "daily 02:30", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"},
		/* 02:30 comes twice: at 00:30 and 01:30 UTC. */
		{CET, "daily 02:30", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{CET, "daily 02:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		{CET, "Sun 02:30", "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"},
		{CET, "Sun 02:30", "2026-10-25T01:45:00Z", "2026-11-01T01:30:00Z"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_next(rows[i].zone, rows[i].text, rows[i].now, rows[i].wanted);
}

Test(calendar, each_next_is_later_through_years)
{
	static const char *const zones[] = {"UTC", CET, "EST5EDT,M3.2.0,M11.1.0",
					    "LHST-10:30LHDT-11,M10.1.0,M4.1.0"};
	static const char *const texts[] = {"daily 02:30", "Sun 02:00", "Sat 00:00", "daily 01:45"};
	for (size_t i = 0; i < 4; i++) {
		struct calendar calendar;
		setenv("TZ", zones[i], 1);
		tzset();
		cr_assert_null(calendar_parse(texts[i], &calendar));
		uint64_t now = at("2026-01-01T00:00:00Z"), days = calendar.days == 0x7f ? 1 : 7;
		for (unsigned k = 0; k < 800; k++) {
			uint64_t next = calendar_next(&calendar, now);
			cr_assert(next > now);
			cr_assert(k == 0 || next - now >= days * 86400 - 7200, "%s %s: %llu",
				  zones[i], texts[i], (unsigned long long)(next - now));
			cr_assert(next - now <= days * 86400 + 7200);
			now = next;
		}
	}
}

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
	store_abort(&txn);
	tempstore_free(&temp);
	arena_free(&arena);
}

TestSuite(settings, .init = begin, .fini = end);

static void expect_value(const char *name, const char *wanted)
{
	struct scavenge_settings settings;
	char text[SCAVENGE_SETTINGS_TEXT_MAX];
	scavenge_settings_read(&txn, &settings);
	scavenge_settings_print(&settings, scavenge_setting_of(name), text);
	cr_expect_str_eq(text, wanted, "%s: %s", name, text);
}

static void set(const char *name, const char *value)
{
	struct scavenge_settings settings;
	scavenge_settings_read(&txn, &settings);
	const char *problem =
		scavenge_settings_parse(&settings, scavenge_setting_of(name), value, &arena);
	cr_assert_null(problem, "%s", problem);
	ROWS_WRITE(&txn, scavenge_settings_put(rows, &settings, 1000000));
}

Test(settings, begins_with_nothing_to_do)
{
	expect_value("period", "off");
	expect_value("schedule", "off");
	expect_value("outage-grace", "1h");
	expect_value("default-aging", "off");
	expect_value("default-no-refresh", "7d");
	expect_value("default-refresh", "7d");
	cr_expect_eq(scavenge_settings_due(&txn), 0);
}

Test(settings, keeps_each_setting)
{
	set("outage-grace", "0s");
	set("default-aging", "on");
	set("default-no-refresh", "1d");
	set("default-refresh", "0s");
	set("period", "2d");
	expect_value("outage-grace", "0s");
	expect_value("default-aging", "on");
	expect_value("default-no-refresh", "1d");
	expect_value("default-refresh", "0s");
	expect_value("period", "2d");
	cr_expect_eq(scavenge_settings_due(&txn), 1000000 + 172800);
	struct scavenge_settings settings;
	struct dns_name apex = dns_name_root();
	struct zone zone = zone_default(&apex);
	scavenge_settings_read(&txn, &settings);
	scavenge_settings_new_zone(&settings, &zone);
	cr_expect(zone.is_aging);
	cr_expect_eq(zone.no_refresh, 86400);
	cr_expect_eq(zone.refresh, 0);
}

Test(settings, a_period_ends_a_calendar_and_the_other_way_round)
{
	setenv("TZ", "UTC", 1);
	set("period", "2d");
	set("schedule", "Sun 03:00");
	expect_value("period", "off");
	expect_value("schedule", "Sun 03:00");
	/* 1970-01-12, a Monday. */
	cr_expect_eq(scavenge_settings_due(&txn), at("1970-01-18T03:00:00Z"));
	set("outage-grace", "2h");
	cr_expect_eq(scavenge_settings_due(&txn), at("1970-01-18T03:00:00Z"),
		     "moved by nothing else");
	set("period", "1h");
	expect_value("schedule", "off");
	cr_expect_eq(scavenge_settings_due(&txn), 1003600);
	set("period", "off");
	cr_expect_eq(scavenge_settings_due(&txn), 0);
}

Test(settings, says_what_is_wrong)
{
	static const char *const wrong[][2] = {{"period", "soon"},       {"period", "59s"},
					       {"outage-grace", "off"},  {"default-aging", "1"},
					       {"default-refresh", "x"}, {"schedule", "Sun"},
					       {"schedule", "period"}};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct scavenge_settings settings = {0};
		const char *problem = scavenge_settings_parse(
			&settings, scavenge_setting_of(wrong[i][0]), wrong[i][1], &arena);
		cr_assert(problem, "%s=%s", wrong[i][0], wrong[i][1]);
		cr_expect(strstr(problem, wrong[i][0]) == problem, "%s", problem);
		cr_expect(strstr(problem, wrong[i][1]), "%s", problem);
	}
}
