/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* What is noted of a zone's clients, and what it says. */
#include "journal/local.h"
#include "nameserver/report.h"
#include "tests/unit/tempzone.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempzone t;

static void begin(void)
{
	tempzone_open(&t, "corp.example");
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(report, .init = begin, .fini = end);

Test(report, an_unsigned_client_will_sign_is_unknown_or_is_refused)
{
	static const struct {
		struct report_row row;
		bool has_self;
		uint64_t now;
		int kind; /* -1: there is none */
	} rows[] = {
		{{0}, true, 100, -1},
		{{.unsigned_at = 50}, false, 100, REPORT_UNKNOWN},
		{{.unsigned_at = 50}, true, 100, REPORT_WILL_SIGN},
		{{.unsigned_at = 50, .passed_at = 20, .has_own = true},
		 false,
		 100,
		 REPORT_WILL_SIGN},
		{{.unsigned_at = 50, .refused_at = 20, .has_own = true},
		 false,
		 100,
		 REPORT_WILL_SIGN},
		/* Others signed. */
		{{.unsigned_at = 50, .passed_at = 20, .refused_at = 20},
		 false,
		 100,
		 REPORT_UNKNOWN},
		{{.unsigned_at = 50, .probed_at = 50, .passed_at = 52}, false, 500, REPORT_REFUSED},
		{{.unsigned_at = 50, .is_open = true}, false, 100, REPORT_PASS},
		/* It was refused at 50, and may still come signed. */
		{{.unsigned_at = 50, .probed_at = 50}, false, 110, REPORT_UNKNOWN},
		{{.unsigned_at = 50, .probed_at = 50}, false, 111, REPORT_REFUSED},
		{{.unsigned_at = 51, .probed_at = 50}, false, 60, REPORT_REFUSED},
		{{.unsigned_at = 51,
		  .probed_at = 50,
		  .passed_at = 52,
		  .has_signed_probe = true,
		  .has_own = true},
		 false,
		 500,
		 REPORT_WILL_SIGN},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum report_kind kind;
		bool is = report_unsigned_kind(&rows[i].row, rows[i].has_self, rows[i].now, &kind);
		cr_expect_eq(is ? (int)kind : -1, rows[i].kind, "row %zu", i);
	}
}

Test(report, a_row_is_read_as_it_was_written)
{
	struct report_row row = {.is_open = true,
				 .has_signed_probe = true,
				 .has_own = true,
				 .passed_at = 1,
				 .refused_at = 0xffffffffff,
				 .unsigned_at = 3,
				 .probed_at = 4},
			  read;
	struct dns_name name = tempzone_name(&t, "pc1"), other = tempzone_name(&t, "pc2");
	snprintf(row.passed, sizeof row.passed, "key:a");
	memset(row.refused, 'x', sizeof row.refused - 1);
	snprintf(row.reason, sizeof row.reason, "owned by key:a");
	cr_assert(report_put(&t.txn, &t.zone, &name, &row));
	cr_assert(report_get(&t.txn, &t.zone, &name, &read));
	cr_expect_eq(memcmp(&row, &read, sizeof row), 0);
	cr_expect_not(report_get(&t.txn, &t.zone, &other, &read));
	cr_expect_eq(read.passed_at, 0);
}

static bool report_count_row(void *context, const struct dns_name *name,
			     const struct report_row *row)
{
	(void)name, (void)row;
	++*(unsigned *)context;
	return true;
}

/* Returns how many parts it took. */
static unsigned tidy_all(uint64_t steps)
{
	unsigned parts = 0;
	for (uint32_t id = 0; (id = report_zone_after(&t.txn, id)) != 0;) {
		struct writer_part time;
		do {
			time = writer_part_begin(steps);
			parts++;
		} while (!report_tidy(&t.txn, id, &time));
	}
	return parts;
}

Test(report, many_names_go_in_parts)
{
	struct report_row row = {.unsigned_at = 1};
	char text[32];
	struct zone other = t.zone;
	other.id = 77;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "pc%u", i);
		struct dns_name name = tempzone_name(&t, text);
		cr_assert(report_put(&t.txn, &other, &name, &row));
	}
	cr_expect_geq(tidy_all(1), 1000 / 64);
	cr_expect_eq(local_number(&t.txn, "report-names"), 0);
	cr_expect_eq(report_zone_after(&t.txn, 0), 0);
}

Test(report, names_are_bounded_and_go_with_the_mode)
{
	struct report_row row = {.unsigned_at = 1};
	char text[32];
	unsigned count = 0;
	struct zone other = t.zone;
	other.id = 77; /* a zone that was deleted */
	t.zone.update = ZONE_UPDATE_REPORT;
	zone_settle(&t.txn, &t.zone);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(text, sizeof text, "pc%u", i);
		struct dns_name name = tempzone_name(&t, text);
		cr_expect(report_put(&t.txn, i < 3 ? &t.zone : &other, &name, &row));
	}
	local_set_number(&t.txn, "report-names", REPORT_NAMES_MAX);
	struct dns_name more = tempzone_name(&t, "more"), there = tempzone_name(&t, "pc0");
	cr_expect_not(report_put(&t.txn, &t.zone, &more, &row));
	cr_expect(report_put(&t.txn, &t.zone, &there, &row), "a name that has a row keeps it");
	cr_expect_eq(report_lost(&t.txn), 1);

	local_set_number(&t.txn, "report-names", 5);
	tidy_all(0);
	cr_expect_eq(local_number(&t.txn, "report-names"), 3,
		     "those of the zone that is gone went");
	report_walk(&t.txn, &t.zone, report_count_row, &count);
	report_walk(&t.txn, &other, report_count_row, &count);
	cr_expect_eq(count, 3);
	cr_expect(report_put(&t.txn, &t.zone, &more, &row));

	t.zone.update = ZONE_UPDATE_SECURE;
	zone_settle(&t.txn, &t.zone);
	tidy_all(0);
	cr_expect_eq(local_number(&t.txn, "report-names"), 0);
	cr_expect_eq(report_lost(&t.txn), 0);
}
