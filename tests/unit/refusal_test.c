/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals are folded, bounded by two budgets, and counted. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "journal/journal.h"
#include "nameserver/refusal_fold.h"
#include "tests/unit/tempstore.h"

static struct refusal refusal_by(const char *source, const char *principal)
{
	struct refusal refusal = {.principal = principal};
	addr_parse(source, 0, &refusal.source);
	return refusal;
}

#define NOW    1000000000ull
#define SECOND 1000000ull

static void notes_free(struct refusal_note *note)
{
	for (struct refusal_note *next; note; note = next) {
		next = note->next;
		refusal_note_free(note);
	}
}

static struct refusal about(const char *name, const char *source, const char *principal,
			    bool is_signed)
{
	struct refusal refusal = refusal_by(source, principal);
	refusal.subject = name;
	refusal.is_signed = is_signed;
	refusal.has_zone = true;
	dns_name_parse_text(&refusal.zone, "corp.example");
	return refusal;
}

Test(refusal, one_a_second_is_written_and_the_others_are_folded_with_their_names)
{
	struct refusal_folds *folds = refusal_folds_new();
	struct refusal first = about("a.corp.example A", "192.0.2.1@1", "anonymous", false);
	struct refusal second = about("b.corp.example A", "192.0.2.1@2", "anonymous", false);
	struct refusal third = about("c.corp.example A", "192.0.2.1@3", "anonymous", false);
	cr_expect(refusal_folds_take(folds, &first, NOW));
	cr_expect_not(refusal_folds_take(folds, &second, NOW + 1));
	cr_expect_not(refusal_folds_take(folds, &third, NOW + 2));
	cr_expect_not(refusal_folds_take(folds, &third, NOW + 3));
	cr_expect_null(refusal_folds_due(folds, NOW + 4, false), "its second is not over");
	struct refusal_note *note = refusal_folds_due(folds, NOW + SECOND, false);
	cr_assert_not_null(note);
	cr_expect_null(note->next);
	cr_expect_str_eq(note->refusal.subject, "b.corp.example A");
	cr_expect_eq(note->when.folded, 2);
	cr_expect_eq(note->when.nameless, 0);
	cr_expect_eq(note->when.first_us, NOW + 1);
	cr_expect_eq(note->when.last_us, NOW + 3);
	cr_expect_str_eq(note->when.names, "c.corp.example");
	cr_expect(refusal_folds_take(folds, &first, NOW + SECOND));
	cr_expect_not(refusal_folds_take(folds, &first, NOW + SECOND), "one was written in it");
	notes_free(note);
	notes_free(refusal_folds_due(folds, NOW + 2 * SECOND, false));
	notes_free(refusal_folds_due(folds, NOW + 4 * SECOND, false));
	cr_expect_eq(refusal_folds_count(folds), 0);
	cr_expect(refusal_folds_take(folds, &first, NOW + 5 * SECOND));
	refusal_folds_free(folds);
}

Test(refusal, what_differs_in_source_principal_key_reason_or_zone_is_not_folded)
{
	struct refusal_folds *folds = refusal_folds_new();
	struct refusal one = about("a.corp.example A", "192.0.2.1@1", "anonymous", false);
	struct refusal host = one, principal = one, key = one, code = one, zone = one, event = one;
	addr_parse("192.0.2.2@1", 0, &host.source);
	principal.principal = "key:a";
	key.key = "k";
	code.code = REFUSAL_POLICY_FOREIGN;
	event.event = REFUSAL_QUERY_DENIED;
	dns_name_parse_text(&zone.zone, "other.example");
	struct refusal *all[] = {&one, &host, &principal, &key, &code, &zone, &event};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		cr_expect(refusal_folds_take(folds, all[i], NOW), "%zu", i);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		cr_expect_not(refusal_folds_take(folds, all[i], NOW), "%zu", i);
	refusal_folds_free(folds);
}

/* Unsigned ones of `count` addresses; how many were written at once. */
static unsigned flood(struct refusal_folds *folds, unsigned count, uint64_t now_us)
{
	char source[64], name[64];
	unsigned written = 0;
	for (unsigned i = 0; i < count; i++) {
		snprintf(source, sizeof source, "10.%u.%u.%u@1", i >> 16, i >> 8 & 255, i & 255);
		snprintf(name, sizeof name, "n%u.corp.example A", i);
		struct refusal refusal = about(name, source, "anonymous", false);
		written += refusal_folds_take(folds, &refusal, now_us);
	}
	return written;
}

static uint64_t count_of(const struct refusal_note *note)
{
	uint64_t count = 0;
	for (; note; note = note->next)
		count += 1 + note->when.folded;
	return count;
}

Test(refusal, a_flood_of_unsigned_ones_is_bounded_counted_and_hides_no_signed_one)
{
	struct refusal_folds *folds = refusal_folds_new();
	const unsigned all = 100000;
	unsigned written = flood(folds, all, NOW);
	cr_expect_gt(written, 100);
	cr_expect_lt(written * 160, REFUSAL_BURST + 160);
	cr_expect_leq(refusal_folds_count(folds), 2 * REFUSAL_FOLDS_MAX);
	struct refusal real = about("pc1.corp.example A", "192.0.2.1@1", "key:a", true);
	cr_expect(refusal_folds_take(folds, &real, NOW));
	struct refusal_nameless nameless = {0};
	refusal_folds_nameless(folds, &real.zone, &nameless);
	cr_expect_gt(nameless.count, 0);
	cr_expect_eq(nameless.first_us, NOW);
	struct refusal_note *notes = refusal_folds_due(folds, NOW + SECOND, true);
	cr_expect_eq(written + count_of(notes), all, "none is lost: %u and %llu", written,
		     (unsigned long long)count_of(notes));
	notes_free(notes);
	refusal_folds_free(folds);
}

Test(refusal, under_pressure_they_are_folded_by_the_prefix_of_the_source)
{
	struct refusal_folds *folds = refusal_folds_new();
	char host[ADDR_TEXT_MAX];
	unsigned count = 0;
	flood(folds, 20000, NOW);
	notes_free(refusal_folds_due(folds, NOW, true));
	notes_free(refusal_folds_due(folds, NOW, true));
	uint64_t at_once = flood(folds, 600, NOW + 1);
	struct refusal_note *few = refusal_folds_due(folds, NOW + SECOND, false);
	struct refusal_note *wide = refusal_folds_due(folds, NOW + SECOND, true);
	for (struct refusal_note *note = wide; note; note = note->next, count++) {
		cr_assert(note->refusal.source.len);
		addr_print_host(&note->refusal.source, host);
		cr_expect_str_eq(strrchr(host, '.'), ".0");
		cr_expect_not_null(strstr(note->refusal.reason, "/24"));
		cr_expect_gt(note->when.nameless, 0);
	}
	cr_expect_eq(count, 3, "10.0.0, 10.0.1 and 10.0.2");
	cr_expect_eq(at_once + count_of(few) + count_of(wide), 600);
	notes_free(few);
	notes_free(wide);
	refusal_folds_free(folds);
}

Test(refusal, the_budget_fills_again_with_time)
{
	struct refusal_folds *folds = refusal_folds_new();
	flood(folds, 20000, NOW);
	notes_free(refusal_folds_due(folds, NOW, true));
	notes_free(refusal_folds_due(folds, NOW, true));
	struct refusal refusal = about("x.corp.example A", "192.0.2.9@1", "anonymous", false);
	cr_expect_lt(flood(folds, 100, NOW + 1), 3, "it is spent");
	uint64_t later = NOW + 4 * (REFUSAL_BURST / REFUSAL_UNSIGNED_RATE) * SECOND;
	notes_free(refusal_folds_due(folds, later, false));
	cr_expect(refusal_folds_take(folds, &refusal, later + SECOND));
	refusal_folds_free(folds);
}

Test(refusal, one_principal_has_a_quarter_of_the_signed_budget)
{
	struct refusal_folds *folds = refusal_folds_new();
	char source[64];
	unsigned written = 0;
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(source, sizeof source, "10.0.%u.%u@1", i >> 8, i & 255);
		struct refusal refusal = about("a.corp.example A", source, "key:mallory", true);
		written += refusal_folds_take(folds, &refusal, NOW);
	}
	cr_expect_gt(written, 100);
	cr_expect_lt(written * 160, REFUSAL_BURST / REFUSAL_PRINCIPAL_PART + 160);
	struct refusal other = about("a.corp.example A", "192.0.2.1@1", "key:alice", true);
	/* Folds of its kind may be wide by now, and then it waits for its second: it is paid for.
	 */
	refusal_folds_take(folds, &other, NOW);
	bool is_found = false;
	struct refusal_note *notes = refusal_folds_due(folds, NOW + SECOND, false);
	for (struct refusal_note *note = notes; note; note = note->next)
		is_found |= note->refusal.principal &&
			    strcmp(note->refusal.principal, "key:alice") == 0;
	cr_expect(is_found);
	notes_free(notes);
	refusal_folds_free(folds);
}

Test(refusal, what_waits_is_found_by_its_name)
{
	struct refusal_folds *folds = refusal_folds_new();
	struct dns_name name;
	struct refusal first = about("a.corp.example A", "192.0.2.1@1", "anonymous", false);
	struct refusal second = about("b.corp.example A", "192.0.2.1@1", "anonymous", false);
	refusal_folds_take(folds, &first, NOW);
	refusal_folds_take(folds, &second, NOW);
	dns_name_parse_text(&name, "c.corp.example");
	cr_expect_null(refusal_folds_named(folds, &name, NOW));
	dns_name_parse_text(&name, "b.corp.example");
	struct refusal_note *note = refusal_folds_named(folds, &name, NOW);
	cr_assert_not_null(note);
	cr_expect_str_eq(note->refusal.subject, "b.corp.example A");
	cr_expect_null(refusal_folds_named(folds, &name, NOW), "it was taken");
	notes_free(note);
	refusal_folds_free(folds);
}

/* Writes one, and says how many stand in the log. */
static uint64_t log_one(struct store *store)
{
	struct store_txn txn;
	struct arena arena = {0};
	struct refusal_when when = {.now_us = 1};
	struct refusal refusal = refusal_by("192.0.2.1@1", "anonymous");
	uint64_t first, last;
	store_write_begin(store, &txn);
	refusal_append(&txn, &refusal, &when, &arena);
	journal_log_range(&txn, JOURNAL_UNSIGNED, &first, &last);
	cr_expect(store_commit(&txn) == STORE_OK);
	arena_free(&arena);
	return last;
}

Test(refusal, a_store_that_is_nearly_full_keeps_its_room_for_changes)
{
	static uint8_t value[3 << 18];
	struct tempstore temp;
	struct store_txn txn;
	tempstore_open(&temp, 1 << 20);
	uint64_t before = log_one(temp.store);
	cr_expect(log_one(temp.store) == before + 1);
	store_write_begin(temp.store, &txn);
	store_put(&txn, STORE_NODES, bytes_of("x", 1), bytes_of(value, sizeof value));
	cr_expect(store_commit(&txn) == STORE_OK);
	cr_expect(log_one(temp.store) == before + 1);
	store_write_begin(temp.store, &txn);
	store_del(&txn, STORE_NODES, bytes_of("x", 1));
	cr_expect(store_commit(&txn) == STORE_OK);
	cr_expect(log_one(temp.store) == before + 2);
	tempstore_free(&temp);
}

Test(refusal, one_that_waited_keeps_its_time_and_is_paid_for_now)
{
	struct refusal_folds *folds = refusal_folds_new();
	struct refusal first = about("a.corp.example A", "192.0.2.1@1", "anonymous", false);
	struct refusal second = about("b.corp.example A", "192.0.2.1@1", "anonymous", false);
	struct refusal third = about("c.corp.example A", "192.0.2.1@1", "anonymous", false);
	uint64_t now = NOW + 60 * SECOND;
	cr_expect(refusal_folds_take_late(folds, &first, NOW, now));
	cr_expect_not(refusal_folds_take_late(folds, &third, NOW + 2, now), "one in a second");
	cr_expect_not(refusal_folds_take_late(folds, &second, NOW + 1, now));
	struct refusal_note *note = refusal_folds_due(folds, now + SECOND, false);
	cr_assert_not_null(note);
	cr_expect_eq(note->when.folded, 1);
	cr_expect_eq(note->when.first_us, NOW + 1);
	cr_expect_eq(note->when.last_us, NOW + 2);
	notes_free(note);
	refusal_folds_free(folds);
}

Test(refusal, what_is_due_comes_in_the_order_in_which_it_happened)
{
	char name[32];
	uint64_t last = 0;
	struct refusal_folds *folds = refusal_folds_new();
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "n%u.corp.example A", i);
		struct refusal one = about(name, "192.0.2.1@1", "key:a", i % 2);
		one.code = (enum refusal_code)(1 + i % 20);
		refusal_folds_take(folds, &one, NOW + i);
		refusal_folds_take(folds, &one, NOW + 40 + i);
	}
	struct refusal_note *notes = refusal_folds_due(folds, NOW + SECOND, false);
	unsigned count = 0;
	for (const struct refusal_note *note = notes; note; note = note->next, count++) {
		uint64_t at = note->when.last_us ? note->when.last_us : note->when.now_us;
		cr_expect_geq(at, last);
		last = at;
	}
	cr_expect_gt(count, 10);
	notes_free(notes);
	refusal_folds_free(folds);
}
