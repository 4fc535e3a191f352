/* SPDX-License-Identifier: BSD-2-Clause */
/* Unsigned refusals wait for a signed update of their name; memory is bounded. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "nameserver/refusal_hold.h"

#define NOW    1000000000ull
#define SECOND 1000000ull

static struct refusal_holds *holds;

static void begin(void)
{
	holds = refusal_holds_new();
}

static void end(void)
{
	refusal_holds_free(holds);
}

TestSuite(refusal_hold, .init = begin, .fini = end);

/* Whatever it asks, by its subject: one type is one request here. */
static uint64_t asks_of(const char *subject)
{
	uint64_t asks = 0;
	for (const char *at = strchr(subject, ' '); at && *at; at++)
		asks = asks * 31 + (uint8_t)*at;
	return asks;
}

static struct refusal unsigned_at(const char *subject, const char *source)
{
	struct refusal refusal = {.asks = subject ? asks_of(subject) : 0,
				  .principal = "anonymous",
				  .subject = subject,
				  .reason = "unsigned in a secure zone",
				  .code = REFUSAL_POLICY_UNSIGNED,
				  .rcode = 5,
				  .message_id = 77,
				  .transport = ENTRY_TCP,
				  .has_zone = true,
				  .zone_id = 9};
	dns_name_parse_text(&refusal.zone, "corp.example");
	addr_parse(source, 0, &refusal.source);
	return refusal;
}

static bool take(const char *subject, const char *source, uint64_t now_us)
{
	struct refusal refusal = unsigned_at(subject, source);
	return refusal_holds_take(holds, &refusal, now_us);
}

static unsigned forget_type(const char *name, const char *type, const char *source, uint64_t now_us)
{
	struct dns_name parsed;
	struct addr from;
	dns_name_parse_text(&parsed, name);
	addr_parse(source, 0, &from);
	return refusal_holds_forget(holds, &parsed, asks_of(type), &from, now_us);
}

static unsigned forget(const char *name, const char *source, uint64_t now_us)
{
	return forget_type(name, " A", source, now_us);
}

static unsigned drop(struct refusal_note *notes)
{
	unsigned count = 0;
	for (struct refusal_note *next; notes; notes = next, count++) {
		next = notes->next;
		refusal_note_free(notes);
	}
	return count;
}

Test(refusal_hold, a_signed_update_from_there_forgets_it)
{
	cr_assert(take("pc1.corp.example A", "192.0.2.1@1000", NOW));
	cr_assert(take("pc1.corp.example AAAA", "192.0.2.1@1001", NOW));
	cr_assert(take("pc2.corp.example A", "192.0.2.1@1002", NOW));
	cr_expect_eq(forget("pc1.corp.example", "192.0.2.2@1", NOW), 0, "another address");
	cr_expect_eq(forget("pc3.corp.example", "192.0.2.1@1", NOW), 0, "another name");
	cr_expect_eq(forget("PC1.corp.example", "192.0.2.1@2000", NOW + 60 * SECOND), 1);
	cr_expect_eq(forget_type("pc1.corp.example", " TXT", "192.0.2.1@2000", NOW), 0,
		     "what asks something else");
	cr_expect_eq(refusal_holds_count(holds), 2);
	cr_expect_eq(drop(refusal_holds_due(holds, NOW + 61 * SECOND, 10)), 2);
}

Test(refusal_hold, after_a_minute_it_goes_the_way_of_all)
{
	cr_assert(take("pc1.corp.example A", "2001:db8::1@1000", NOW));
	cr_assert(take("pc2.corp.example A", "192.0.2.1@1000", NOW + SECOND));
	cr_expect_null(refusal_holds_due(holds, NOW + REFUSAL_HOLD_US, 10));
	cr_expect_eq(forget("pc1.corp.example", "2001:db8::1@1", NOW + REFUSAL_HOLD_US + 1), 0,
		     "too late");
	struct refusal_note *note = refusal_holds_due(holds, NOW + REFUSAL_HOLD_US + 1, 10);
	cr_assert_not_null(note);
	cr_expect_null(note->next);
	struct refusal first = unsigned_at("pc1.corp.example A", "2001:db8::1@1000");
	cr_expect_str_eq(note->refusal.subject, first.subject);
	cr_expect_str_eq(note->refusal.reason, first.reason);
	cr_expect_eq(note->refusal.code, first.code);
	cr_expect_str_eq(note->refusal.principal, "anonymous");
	cr_expect(addr_equal(&note->refusal.source, &first.source));
	cr_expect(dns_name_equal(&note->refusal.zone, &first.zone));
	cr_expect_eq(note->refusal.zone_id, 9);
	cr_expect_eq(note->refusal.message_id, 77);
	cr_expect_eq(note->refusal.rcode, 5);
	cr_expect_eq(note->refusal.transport, ENTRY_TCP);
	cr_expect_eq(note->when.now_us, NOW, "with the time at which it was");
	drop(note);
	cr_expect_eq(refusal_holds_count(holds), 1);
}

Test(refusal_hold, only_what_a_signature_would_have_changed_is_held)
{
	struct refusal other = unsigned_at("pc1.corp.example A", "192.0.2.1@1");
	other.is_signed = true;
	cr_expect_not(refusal_holds_take(holds, &other, NOW));
	other = unsigned_at("pc1.corp.example A", "192.0.2.1@1");
	other.code = REFUSAL_POLICY_NO_RULE;
	cr_expect_not(refusal_holds_take(holds, &other, NOW));
	other = unsigned_at("pc1.corp.example A", "192.0.2.1@1");
	other.event = REFUSAL_QUERY_DENIED;
	cr_expect_not(refusal_holds_take(holds, &other, NOW));
	other = unsigned_at(NULL, "192.0.2.1@1");
	cr_expect_not(refusal_holds_take(holds, &other, NOW));
	cr_expect_eq(refusal_holds_count(holds), 0);
}

Test(refusal_hold, asked_by_name_it_is_given_at_once)
{
	struct dns_name name;
	dns_name_parse_text(&name, "pc1.corp.example");
	cr_assert(take("pc1.corp.example A", "192.0.2.1@1", NOW));
	cr_assert(take("pc2.corp.example A", "192.0.2.1@1", NOW));
	cr_assert(take("pc1.corp.example A", "192.0.2.9@1", NOW));
	cr_expect_eq(drop(refusal_holds_named(holds, &name)), 2);
	cr_expect_eq(refusal_holds_count(holds), 1);
}

Test(refusal_hold, a_source_cannot_fill_it)
{
	char subject[40];
	for (unsigned i = 0; i < REFUSAL_HOLD_PREFIX_MAX; i++) {
		snprintf(subject, sizeof subject, "n%u.corp.example A", i);
		cr_assert(take(subject, i % 2 ? "192.0.2.1@1" : "192.0.2.77@1", NOW));
	}
	cr_expect_not(take("one.corp.example A", "192.0.2.5@1", NOW), "of the same /24");
	cr_expect(take("one.corp.example A", "198.51.100.1@1", NOW));
	cr_expect_eq(forget("n3.corp.example", "192.0.2.1@1", NOW), 1);
	cr_expect(take("one.corp.example A", "192.0.2.5@1", NOW), "there is room again");
}

Test(refusal_hold, all_together_are_bounded)
{
	char subject[40], source[40];
	unsigned taken = 0;
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(subject, sizeof subject, "n%u.corp.example A", i);
		snprintf(source, sizeof source, "10.%u.%u.1@1", i % 250, i / 250 % 250);
		taken += take(subject, source, NOW);
	}
	cr_expect_eq(taken, REFUSAL_HOLD_MAX);
	cr_expect_eq(refusal_holds_count(holds), REFUSAL_HOLD_MAX);
	cr_expect_eq(drop(refusal_holds_due(holds, NOW + 2 * REFUSAL_HOLD_US, 1000)), 1000);
	cr_expect(take("one.corp.example A", "10.0.0.1@1", NOW));
}

Test(refusal_hold, a_clock_that_goes_back_holds_nothing_for_long)
{
	cr_assert(take("pc1.corp.example A", "192.0.2.1@1", NOW));
	cr_expect_null(refusal_holds_due(holds, NOW - SECOND, 10));
	cr_expect_eq(drop(refusal_holds_due(holds, NOW - 2 * REFUSAL_HOLD_US, 10)), 1);
}
