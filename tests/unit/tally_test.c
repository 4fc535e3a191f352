/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/tally.h"
#include "dns/type.h"
#include <criterion/criterion.h>
#include <stdio.h>

static const struct tally_zone *zone_in(const struct tally_sum *sum, uint32_t id)
{
	for (size_t i = 0; i < sum->zone_count; i++)
		if (sum->zones[i].id == id)
			return &sum->zones[i];
	return NULL;
}

static void update(struct tally *tally, const char *principal, enum update_outcome outcome)
{
	tally_update(tally, &(struct tally_of_update){7, outcome, principal, 1000});
}

Test(tally, what_threads_counted_is_summed_up_also_of_those_that_have_ended)
{
	struct arena arena = {0};
	struct tally_sum sum;
	struct tallies *all = tallies_new();
	struct tally *first = tally_begin(all), *second = tally_begin(all);
	tally_query(first, DNS_TYPE_A, 7, DNS_NOERROR);
	tally_query(first, DNS_TYPE_A, 7, DNS_NXDOMAIN);
	tally_query(second, DNS_TYPE_A, 8, DNS_NOERROR);
	tally_query(second, 65280, 0, DNS_REFUSED);
	tally_query_time(first, 40, 2);
	tally_end(all, second);
	tallies_sum(all, &arena, &sum);
	cr_expect_eq(sum.types[DNS_TYPE_A], 3);
	cr_expect_eq(sum.types[TALLY_TYPES], 1);
	cr_expect_eq(zone_in(&sum, 7)->queries[TALLY_NXDOMAIN], 1);
	cr_expect_eq(zone_in(&sum, 8)->queries[TALLY_NOERROR], 1);
	cr_expect_eq(histogram_sum(&sum.queries), 80);
	tally_end(all, first);
	tallies_free(all);
	arena_free(&arena);
}

Test(tally, those_who_send_most_come_first_and_are_never_pushed_out_by_many_others)
{
	struct arena arena = {0};
	struct tally_sum sum;
	struct tallies *all = tallies_new();
	struct tally *tally = tally_begin(all);
	for (unsigned i = 0; i < 10; i++)
		update(tally, "key:dhcp", UPDATE_CHANGED);
	update(tally, "key:dhcp", UPDATE_DENIED);
	for (unsigned i = 0; i < 10 * TALLY_PRINCIPALS; i++) {
		char text[32];
		snprintf(text, sizeof text, "gss:PC%u$@R", i);
		update(tally, text, UPDATE_REFRESHED);
	}
	tallies_sum(all, &arena, &sum);
	cr_expect_eq(sum.principal_count, TALLY_PRINCIPALS);
	cr_expect_str_eq(sum.principals[0].text, "key:dhcp");
	cr_expect_eq(sum.principals[0].updates[UPDATE_CHANGED], 10);
	cr_expect_eq(sum.principals[0].updates[UPDATE_DENIED], 1);
	tally_end(all, tally);
	tallies_free(all);
	arena_free(&arena);
}

/* Also one whose text begins as another's, or that comes again after others. */
Test(tally, each_principal_has_its_own_counts_in_whatever_order_they_send)
{
	struct arena arena = {0};
	struct tally_sum sum;
	struct tallies *all = tallies_new();
	struct tally *tally = tally_begin(all);
	unsigned seen = 0;
	char text[32];
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < TALLY_PRINCIPALS; i++) {
			snprintf(text, sizeof text, "key:%u", i * 7 % TALLY_PRINCIPALS);
			for (unsigned times = 0; times <= i % 3; times++)
				update(tally, text, UPDATE_CHANGED);
		}
	}
	tallies_sum(all, &arena, &sum);
	cr_expect_eq(sum.principal_count, TALLY_PRINCIPALS);
	for (size_t i = 0; i < sum.principal_count; i++) {
		for (unsigned k = 0; k < TALLY_PRINCIPALS; k++) {
			snprintf(text, sizeof text, "key:%u", k * 7 % TALLY_PRINCIPALS);
			if (strcmp(text, sum.principals[i].text) != 0)
				continue;
			seen++;
			cr_expect_eq(sum.principals[i].updates[UPDATE_CHANGED], 3 * (k % 3 + 1),
				     "%s", text);
		}
	}
	cr_expect_eq(seen, TALLY_PRINCIPALS);
	tally_end(all, tally);
	tallies_free(all);
	arena_free(&arena);
}

Test(tally, zones_without_a_place_are_counted_together)
{
	struct arena arena = {0};
	struct tally_sum sum;
	struct tallies *all = tallies_new();
	struct tally *tally = tally_begin(all);
	for (uint32_t id = 1; id <= TALLY_ZONES + 100; id++)
		tally_query(tally, DNS_TYPE_A, id, DNS_NOERROR);
	tallies_sum(all, &arena, &sum);
	cr_expect_eq(sum.zone_count, TALLY_ZONES + 1);
	cr_expect_eq(zone_in(&sum, 0)->queries[TALLY_NOERROR], 100);
	tally_end(all, tally);
	tallies_free(all);
	arena_free(&arena);
}

Test(tally, a_long_name_of_a_principal_is_cut)
{
	struct arena arena = {0};
	struct tally_sum sum;
	struct tallies *all = tallies_new();
	struct tally *tally = tally_begin(all);
	char text[1000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	update(tally, text, UPDATE_CHANGED);
	update(tally, text, UPDATE_CHANGED);
	tallies_sum(all, &arena, &sum);
	cr_expect_eq(sum.principal_count, 1);
	cr_expect_eq(strlen(sum.principals[0].text), TALLY_TEXT_MAX - 1);
	cr_expect_eq(sum.principals[0].updates[UPDATE_CHANGED], 2);
	tally_end(all, tally);
	tallies_free(all);
	arena_free(&arena);
}

Test(histogram, a_value_counts_for_its_bound_and_all_above)
{
	struct histogram histogram = {.bounds = histogram_numbers},
			 other = {.bounds = histogram_numbers};
	histogram_add(&histogram, 1, 1);
	histogram_add(&histogram, 3, 2);
	histogram_add(&other, 1000, 1);
	histogram_join(&histogram, &other);
	cr_expect_eq(histogram_up_to(&histogram, 0), 1);
	cr_expect_eq(histogram_up_to(&histogram, 1), 1);
	cr_expect_eq(histogram_up_to(&histogram, 2), 3);
	cr_expect_eq(histogram_up_to(&histogram, 8), 3, "not above the last bound");
	cr_expect_eq(histogram_up_to(&histogram, 9), 4, "all");
	cr_expect_eq(histogram_sum(&histogram), 1007);
}
