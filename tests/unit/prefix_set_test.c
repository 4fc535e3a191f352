/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of prefixes, against the addresses of a /24 one by one. */
#include "migrate/prefix_set.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct prefix part(unsigned first, unsigned bits)
{
	struct prefix prefix = {.bytes = {192, 0, 2}, .family_len = 4, .bits = (uint8_t)bits};
	prefix.bytes[3] = (uint8_t)(first & (0xffu << (32 - bits)));
	return prefix;
}

static bool has(const struct prefix_set *set, unsigned last)
{
	struct prefix one = part(last, 32);
	return prefix_set_holds(set, &one);
}

Test(prefix_set, adds_and_removes_as_a_list_of_addresses)
{
	srand(7);
	for (int round = 0; round < 200; round++) {
		struct arena arena = {0};
		struct prefix_set set = prefix_set_none(&arena), other = prefix_set_none(&arena);
		bool there[256] = {false}, theirs[256] = {false};
		for (int step = 0; step < 12; step++) {
			unsigned bits = 24 + (unsigned)rand() % 9, first = (unsigned)rand() % 256;
			struct prefix prefix = part(first, bits);
			bool adds = rand() % 3 != 0, is_other = rand() % 2;
			struct prefix_set *to = is_other ? &other : &set;
			if (adds)
				prefix_set_add(to, &prefix);
			else
				prefix_set_remove(to, &prefix);
			for (unsigned i = 0; i < 1u << (32 - bits); i++)
				(is_other ? theirs : there)[prefix.bytes[3] + i] = adds;
		}
		struct prefix_set both = prefix_set_both(&set, &other);
		for (unsigned i = 0; i < 256; i++) {
			cr_assert_eq(has(&set, i), there[i]);
			cr_assert_eq(has(&both, i), there[i] && theirs[i]);
		}
		arena_free(&arena);
	}
}

Test(prefix_set, all_but_one_address)
{
	struct arena arena = {0};
	struct prefix_set set = prefix_set_all(&arena), none = prefix_set_none(&arena);
	struct prefix one = part(1, 32);
	cr_expect(prefix_set_is_all(&set));
	cr_expect_str_eq(prefix_set_text(&set, 0, 2), "0.0.0.0/0,::/0");
	prefix_set_remove(&set, &one);
	cr_expect_not(prefix_set_is_all(&set));
	cr_expect_eq(set.count, 33);
	prefix_set_add(&set, &one);
	cr_expect(prefix_set_is_all(&set));
	cr_expect_eq(set.count, 2); /* halves became wholes */
	cr_expect_not(prefix_set_equal(&set, &none));
	cr_expect(prefix_set_equal(&none, &none));
	arena_free(&arena);
}
