/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/addr.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/crc32c.h"
#include "base/decimal.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/timeword.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <criterion/redirect.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

Test(arena, gives_aligned_cleared_memory)
{
	struct arena a = {0};
	for (size_t n = 0; n < 700; n++) {
		char *p = arena_zero(&a, n);
		cr_assert_eq((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0);
		memset(p, 0xee, n);
	}
	arena_free(&a);
	cr_assert_null(a.first);
}

Test(arena, takes_pieces_larger_than_a_chunk)
{
	struct arena a = {0};
	memset(arena_alloc(&a, 10), 1, 10);
	memset(arena_alloc(&a, 1 << 20), 2, 1 << 20);
	memset(arena_alloc(&a, 10), 3, 10);
	cr_assert_geq(a.used, (1u << 20) + 20);
	arena_reset(&a);
	cr_assert_eq(a.used, 0);
	cr_assert_not_null(a.first);
	arena_free(&a);
}

Test(arena, reset_gives_the_same_memory_again)
{
	struct arena a = {0};
	void *first = arena_alloc(&a, 100);
	arena_reset(&a);
	cr_assert_eq(arena_alloc(&a, 100), first);
	arena_free(&a);
}

Test(arena, copies_texts_and_prints)
{
	struct arena a = {0};
	cr_assert_str_eq(arena_text(&a, "hostname", 4), "host");
	cr_assert_str_eq(arena_print(&a, "%s=%d", "x", 7), "x=7");
	cr_assert_eq(memcmp(arena_copy(&a, "abc", 3), "abc", 3), 0);
	arena_free(&a);
}

Test(clock, by_hand_stands_until_moved)
{
	struct clock c;
	clock_by_hand(&c, 5000000);
	cr_assert_eq(clock_now(&c), 5);
	clock_move_to(&c, 7500000);
	cr_assert_eq(clock_now_us(&c), 7500000);
	clock_system(&c);
	cr_assert_gt(clock_now(&c), 1700000000);
}

Test(timeword, durations_are_read)
{
	static const struct {
		const char *text;
		uint32_t seconds;
	} rows[] = {{"7d", 604800},  {"168h", 604800},           {"90m", 5400}, {"30s", 30},
		    {"2w", 1209600}, {"1d12h", 129600},          {"0", 0},      {"0s", 0},
		    {"1D", 86400},   {"4294967295s", UINT32_MAX}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t seconds = 1;
		cr_expect(duration_parse(rows[i].text, &seconds), "%s", rows[i].text);
		cr_expect_eq(seconds, rows[i].seconds, "%s", rows[i].text);
	}
	static const char *const bad[] = {
		"",   "d",           "1x", "7",   "3600",      "1h30", "1d ",
		"-1", "4294967296s", "00", "1d0", "99999999w", "1.5h", "99999999999999999999s"};
	for (size_t i = 0; i < ROWS(bad); i++) {
		uint32_t seconds;
		cr_expect_not(duration_parse(bad[i], &seconds), "%s", bad[i]);
	}
}

Test(timeword, a_ttl_needs_no_unit)
{
	static const struct {
		const char *text;
		uint32_t seconds;
	} rows[] = {{"3600", 3600},
		    {"1h30", 3630},
		    {"1d", 86400},
		    {"0", 0},
		    {"4294967295", UINT32_MAX}};
	static const char *const bad[] = {"", "d", "-5", "4294967296", "1x"};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t seconds = 1;
		cr_expect(duration_parse_ttl(rows[i].text, &seconds), "%s", rows[i].text);
		cr_expect_eq(seconds, rows[i].seconds, "%s", rows[i].text);
	}
	for (size_t i = 0; i < ROWS(bad); i++) {
		uint32_t seconds;
		cr_expect_not(duration_parse_ttl(bad[i], &seconds), "%s", bad[i]);
	}
}

Test(timeword, durations_are_printed_in_their_largest_exact_unit)
{
	char text[TIMEWORD_TEXT_MAX];
	static const struct {
		uint32_t seconds;
		const char *text;
	} rows[] = {{604800, "7d"},
		    {5400, "90m"},
		    {0, "0s"},
		    {3600, "1h"},
		    {61, "61s"},
		    {129600, "36h"},
		    {UINT32_MAX, "4294967295s"}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		duration_print(rows[i].seconds, text);
		cr_expect_str_eq(text, rows[i].text);
	}
}

Test(timeword, times_are_read)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} rows[] = {{"2026-01-05T09:00:00Z", 1767603600},
		    {"2026-01-05 09:00", 1767603600},
		    {"2026-01-05", 1767571200},
		    {"2026-01-05T09:00:00.123456Z", 1767603600},
		    {"1970-01-01", 0},
		    {"2024-02-29", 1709164800},
		    {"2026-01-05T10:00:00+01:00", 1767603600},
		    {"2026-01-05T03:30:00.5-05:30", 1767603600},
		    {"1970-01-01T01:00:00+01:00", 0},
		    {"today", 2000000000 - 2000000000 % 86400},
		    {"Yesterday", 2000000000 - 2000000000 % 86400 - 86400},
		    {"now", 2000000000},
		    {"1d", 2000000000 - 86400},
		    {"1d ago", 2000000000 - 86400},
		    {"2h  Ago", 2000000000 - 7200},
		    {"in 2h", 2000000000 + 7200},
		    {"In  1w", 2000000000 + 7 * 86400},
		    {"03:00", 2000000000 - 2000000000 % 86400 + 3 * 3600},
		    {"03:00:01Z", 2000000000 - 2000000000 % 86400 + 3 * 3600 + 1},
		    {"00:30+01:00", 2000000000 - 2000000000 % 86400 - 1800},
		    {"today 03:00", 2000000000 - 2000000000 % 86400 + 3 * 3600},
		    {"yesterday 14:00", 2000000000 - 2000000000 % 86400 - 10 * 3600}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint64_t seconds = 1;
		cr_expect(time_parse(rows[i].text, 2000000000, &seconds), "%s", rows[i].text);
		cr_expect_eq(seconds, rows[i].seconds, "%s", rows[i].text);
	}
	static const char *const bad[] = {"",
					  "2026-02-30",
					  "2026-13-01",
					  "1969-12-31",
					  "2026-1-5",
					  "2026-01-05 24:00",
					  "2026-01-05 09:00 ",
					  "2026-01-05T",
					  "2026-01-05 09:00:00.",
					  "2026-01-05 09:00+1:00",
					  "2026-01-05 09:00+24:00",
					  "2026-01-05 09:00Z+01:00",
					  "1970-01-01T00:00:00+01:00",
					  "tomorrow",
					  "2h later",
					  "in",
					  "in 2",
					  "in2h",
					  "in 2h ago",
					  "ago",
					  "2 h ago",
					  "25:00",
					  "3:00",
					  "03:00 ago",
					  "yesterday 25:00",
					  "yesterday 14:00 x",
					  "todayx",
					  "now ago"};
	for (size_t i = 0; i < ROWS(bad); i++) {
		uint64_t seconds;
		cr_expect_not(time_parse(bad[i], 2000000000, &seconds), "%s", bad[i]);
	}
	uint64_t seconds;
	cr_expect_not(time_parse("1w", 1000, &seconds), "before 1970");
}

Test(timeword, times_are_printed)
{
	char text[TIMEWORD_TEXT_MAX];
	time_print(1767603600, text);
	cr_assert_str_eq(text, "2026-01-05T09:00:00Z");
	time_print_us(1767603600000001, text);
	cr_assert_str_eq(text, "2026-01-05T09:00:00.000001Z");
	time_print(UINT64_MAX, text);
	cr_assert_str_eq(text, "9999-12-31T23:59:59Z");
}

Test(crc32c, knows_the_vectors_of_rfc_3720)
{
	uint8_t zeros[32] = {0}, ones[32], rising[32];
	memset(ones, 0xff, sizeof ones);
	for (size_t i = 0; i < 32; i++)
		rising[i] = (uint8_t)i;
	cr_assert_eq(crc32c(0, zeros, 32), 0x8a9136aa);
	cr_assert_eq(crc32c(0, ones, 32), 0x62a8ab43);
	cr_assert_eq(crc32c(0, rising, 32), 0x46dd794e);
	cr_assert_eq(crc32c(0, "123456789", 9), 0xe3069283);
	cr_assert_eq(crc32c(0, "", 0), 0);
}

Test(crc32c, instruction_and_table_agree_in_pieces)
{
	uint8_t data[257];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 31);
	uint32_t whole = crc32c_by_table(0, data, sizeof data);
	for (size_t cut = 0; cut <= sizeof data; cut++) {
		uint32_t crc = crc32c(0, data, cut);
		cr_assert_eq(crc32c(crc, data + cut, sizeof data - cut), whole);
	}
}

Test(digest, of_pieces_is_the_digest_of_the_whole)
{
	uint8_t one[DIGEST_LEN], two[DIGEST_LEN];
	struct bytes whole = bytes_of("abc", 3);
	struct bytes pieces[] = {bytes_of("a", 1), bytes_of("", 0), bytes_of("bc", 2)};
	digest_sha256(&whole, 1, one);
	digest_sha256(pieces, 3, two);
	cr_assert_eq(memcmp(one, two, DIGEST_LEN), 0);
	static const uint8_t begins[] = {0xba, 0x78, 0x16, 0xbf}; /* FIPS 180-2 B.1 */
	cr_assert_eq(memcmp(one, begins, sizeof begins), 0);
}

Test(addr, reads_and_prints_what_people_write)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {{"127.0.0.1@5353", "127.0.0.1@5353"},
		    {"10.0.0.1", "10.0.0.1@53"},
		    {"::1@0", "::1@0"},
		    {"2001:DB8::0:1", "2001:db8::1@53"}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct addr a;
		char text[ADDR_TEXT_MAX];
		cr_expect_null(addr_parse(rows[i].text, 53, &a), "%s", rows[i].text);
		addr_print(&a, text);
		cr_expect_str_eq(text, rows[i].printed);
	}
	static const char *const bad[] = {
		"",       "localhost",   "10.0.0.1@", "10.0.0.1@65536", "10.0.0.1@x",
		"10.0.0", "10.0.0.1@5 ", "@53",       "::1::"};
	for (size_t i = 0; i < ROWS(bad); i++) {
		struct addr a;
		cr_expect_not_null(addr_parse(bad[i], 53, &a), "%s", bad[i]);
	}
}

Test(addr, every_octet_is_printed_as_inet_ntop_does)
{
	for (unsigned i = 0; i < 256; i++) {
		struct addr a = {.v4.sin_family = AF_INET, .len = sizeof a.v4};
		uint8_t bytes[4] = {(uint8_t)i, (uint8_t)(i * 7), (uint8_t)~i, 0};
		char text[ADDR_TEXT_MAX], expected[INET_ADDRSTRLEN];
		memcpy(&a.v4.sin_addr, bytes, sizeof bytes);
		addr_print_host(&a, text);
		cr_expect_str_eq(text, inet_ntop(AF_INET, bytes, expected, sizeof expected));
	}
	struct addr none = {.any.sa_family = AF_UNSPEC};
	char text[ADDR_TEXT_MAX];
	addr_print_host(&none, text);
	cr_expect_str_eq(text, "");
}

Test(decimal, digits_are_those_that_printf_prints)
{
	static const uint64_t numbers[] = {0,   1,          9,          10,
					   99,  100,        65535,      UINT32_MAX,
					   123, 1000000000, UINT64_MAX, UINT64_MAX / 10};
	for (size_t i = 0; i < ROWS(numbers); i++) {
		char text[DECIMAL_MAX + 1], expected[DECIMAL_MAX + 1];
		char *end = decimal_put(text, numbers[i]);
		snprintf(expected, sizeof expected, "%" PRIu64, numbers[i]);
		*end = '\0';
		cr_expect_str_eq(text, expected);
	}
}

Test(addr, equal_means_address_and_port)
{
	struct addr a, b, c, d;
	addr_parse("10.0.0.1@53", 0, &a);
	addr_parse("10.0.0.1", 53, &b);
	addr_parse("10.0.0.1@54", 0, &c);
	addr_parse("::ffff:10.0.0.1@53", 0, &d);
	cr_assert(addr_equal(&a, &b));
	cr_assert_not(addr_equal(&a, &c));
	cr_assert_not(addr_equal(&a, &d));
	char host[ADDR_TEXT_MAX];
	addr_print_host(&c, host);
	cr_assert_str_eq(host, "10.0.0.1");
}

Test(prefix, holds_its_addresses_and_no_other)
{
	static const struct {
		const char *prefix, *address;
		bool holds;
	} rows[] = {{"10.1.0.0/16", "10.1.255.255", true},
		    {"10.1.0.0/16", "10.2.0.0", false},
		    {"0.0.0.0/0", "8.8.8.8", true},
		    {"10.0.0.7/32", "10.0.0.7", true},
		    {"10.0.0.7/32", "10.0.0.6", false},
		    {"10.0.0.128/25", "10.0.0.127", false},
		    {"10.0.0.7", "10.0.0.7", true},
		    {"10.0.0.7", "10.0.0.6", false},
		    {"2001:db8::7", "2001:db8::7", true},
		    {"2001:db8::7", "2001:db8::6", false},
		    {"2001:db8::/33", "2001:db8:7fff::1", true},
		    {"2001:db8::/33", "2001:db8:8000::", false},
		    {"0.0.0.0/0", "::1", false}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct prefix p;
		struct addr a;
		cr_assert_null(prefix_parse(rows[i].prefix, &p));
		cr_assert_null(addr_parse(rows[i].address, 53, &a));
		cr_expect_eq(prefix_holds(&p, &a), rows[i].holds, "%s in %s", rows[i].address,
			     rows[i].prefix);
	}
	static const char *const bad[] = {"10.1.0", "10.1.0.1/16", "10.1.0.0/33",   "10.1.0.0/",
					  "::/129", "x/8",         "10.0.0.0/8@53", ""};
	for (size_t i = 0; i < ROWS(bad); i++) {
		struct prefix p;
		cr_expect_not_null(prefix_parse(bad[i], &p), "%s", bad[i]);
	}
}

Test(log, quotes_what_could_forge_a_line)
{
	char out[LOG_QUOTED_MAX];
	cr_assert_str_eq(log_quote("a \"b\"\n\\", out), "\"a \\\"b\\\"\\x0a\\\\\"");
	char text[3000];
	memset(text, '\n', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_quote(text, out);
	cr_assert_lt(strlen(out), LOG_QUOTED_MAX);
	cr_assert_eq(out[strlen(out) - 1], '"');
}

Test(log, a_line_stays_one_line, .init = cr_redirect_stderr)
{
	log_open(LOG_TO_STDERR, LOG_LEVEL_INFO);
	log_debug("not shown", "x=%d", 1);
	log_info("zone added", "zone=%s", "a\nerror forged");
	log_error("plain", NULL);
	fflush(stderr);
	cr_assert_stderr_eq_str("info zone added zone=a?error forged\nerror plain\n");
}

Test(log, on_the_journal_a_line_begins_with_its_priority, .init = cr_redirect_stderr)
{
	char stream[64];
	struct stat at;
	cr_assert_eq(fstat(STDERR_FILENO, &at), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)at.st_dev,
		 (unsigned long long)at.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_TO_STDERR, LOG_LEVEL_DEBUG);
	log_error("disk", NULL);
	log_warning("full", "x=%s", "\n<0>forged");
	log_debug("seen", NULL);
	cr_expect_str_eq(log_priority(LOG_LEVEL_ERROR), "<3>");
	cr_expect_str_eq(log_priority(LOG_LEVEL_WARNING), "<4>");
	/* Another descriptor's journal is not ours. */
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_open(LOG_TO_STDERR, LOG_LEVEL_INFO);
	log_info("plain", NULL);
	cr_expect_str_eq(log_priority(LOG_LEVEL_ERROR), "");
	fflush(stderr);
	cr_assert_stderr_eq_str(
		"<3>error disk\n<4>warning full x=?<0>forged\n<7>debug seen\ninfo plain\n");
}

Test(log, knows_its_levels)
{
	enum log_level level;
	cr_assert(log_level_parse("warning", &level));
	cr_assert_eq(level, LOG_LEVEL_WARNING);
	cr_assert_not(log_level_parse("loud", &level));
}

Test(log, rate_holds_a_flood_back)
{
	struct log_limit limit = {0};
	unsigned written = 0;
	for (unsigned i = 0; i < 1000; i++)
		written += log_rate(&limit, 5);
	cr_assert_geq(written, 5);
	cr_assert_leq(written, 10, "a second may turn once during the test");
}
