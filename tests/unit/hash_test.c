/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash_table.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

struct item {
	unsigned number;
	struct hash_link link;
};

static bool item_is(const struct hash_link *link, const void *key)
{
	const unsigned *number = key;
	return container_of((struct hash_link *)link, struct item, link)->number == *number;
}

static struct item *item_find(const struct hash_table *table, unsigned number, uint64_t hash)
{
	struct hash_link *link = hash_table_find(table, hash, item_is, &number);
	return link ? container_of(link, struct item, link) : NULL;
}

static uint64_t number_hash(unsigned number)
{
	return hash_bytes(bytes_of(&number, sizeof number));
}

Test(hash_table, is_empty_when_it_is_zero)
{
	struct hash_table table = {0};
	cr_assert_null(item_find(&table, 1, number_hash(1)));
	cr_assert_null(hash_table_first(&table));
	hash_table_free(&table);
	cr_assert_eq(table.count, 0);
}

static void many_are_found_and_removed(struct hash_table *table)
{
	enum { MANY = 1000 };
	static struct item items[MANY];
	static bool is_seen[MANY];
	memset(is_seen, 0, sizeof is_seen);
	for (unsigned i = 0; i < MANY; i++) {
		items[i].number = i;
		hash_table_put(table, &items[i].link, number_hash(i));
	}
	cr_assert_eq(table->count, MANY);
	cr_assert_geq(table->room, MANY);
	for (unsigned i = 0; i < MANY; i += 2)
		hash_table_remove(table, &items[i].link);
	for (unsigned i = 0; i < MANY; i++)
		cr_assert_eq(item_find(table, i, number_hash(i)), i % 2 ? &items[i] : NULL);
	cr_assert_null(item_find(table, MANY, number_hash(MANY)));
	for (struct hash_link *l = hash_table_first(table); l; l = hash_table_next(table, l)) {
		unsigned number = container_of(l, struct item, link)->number;
		cr_assert(number % 2 && !is_seen[number]);
		is_seen[number] = true;
	}
	for (unsigned i = 1; i < MANY; i += 2)
		cr_assert(is_seen[i]);
	cr_assert_eq(table->count, MANY / 2);
	hash_table_free(table);
	cr_assert_null(item_find(table, 1, number_hash(1)));
}

Test(hash_table, finds_what_was_put_and_not_removed)
{
	struct hash_table table = {0};
	many_are_found_and_removed(&table);
}

Test(hash_table, takes_its_buckets_from_an_arena)
{
	struct arena arena = {0};
	struct hash_table table = {.arena = &arena};
	many_are_found_and_removed(&table);
	cr_assert_gt(arena.used, 0);
	arena_free(&arena);
}

Test(hash_table, tells_items_of_one_hash_apart)
{
	struct hash_table table = {0};
	static struct item items[200];
	for (unsigned i = 0; i < 200; i++) {
		items[i].number = i;
		hash_table_put(&table, &items[i].link, 42);
	}
	for (unsigned i = 0; i < 200; i++)
		cr_assert_eq(item_find(&table, i, 42), &items[i]);
	cr_assert_null(item_find(&table, 7, 43));
	hash_table_free(&table);
}

Test(hash_table, finds_the_last_of_two_with_one_key_also_when_it_grows)
{
	struct hash_table table = {0};
	struct item twins[2] = {{.number = 7}, {.number = 7}}, others[100];
	hash_table_put(&table, &twins[0].link, number_hash(7));
	hash_table_put(&table, &twins[1].link, number_hash(7));
	for (unsigned i = 0; i < 100; i++) {
		cr_assert_eq(item_find(&table, 7, number_hash(7)), &twins[1]);
		others[i].number = 100 + i;
		hash_table_put(&table, &others[i].link, number_hash(100 + i));
	}
	hash_table_remove(&table, &twins[1].link);
	cr_assert_eq(item_find(&table, 7, number_hash(7)), &twins[0]);
	hash_table_free(&table);
}

/* Appendix A of the paper, and others of the authors' list: key 00 01 .. 0f, message 00 01 .. */
struct sip_case {
	size_t len;
	uint64_t hash;
};

ParameterizedTestParameters(hash, keyed_is_siphash)
{
	static struct sip_case cases[] = {
		{0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
		{8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5},
	};
	return cr_make_param_array(struct sip_case, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct sip_case *c, hash, keyed_is_siphash)
{
	struct hash_key key = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
	uint8_t message[16];
	for (uint8_t i = 0; i < sizeof message; i++)
		message[i] = i;
	cr_assert_eq(hash_keyed(&key, bytes_of(message, c->len)), c->hash);
}

Test(hash, keyed_differs_with_the_key)
{
	struct hash_key a = hash_key_random(), b = hash_key_random();
	cr_assert_neq(hash_keyed(&a, bytes_of("x", 1)), hash_keyed(&b, bytes_of("x", 1)));
}

Test(hash, of_pieces_is_that_of_the_whole)
{
	uint64_t whole = hash_bytes(bytes_of("ab", 2));
	cr_assert_eq(whole, hash_end(hash_add(hash_add(HASH_START, "a", 1), "b", 1)));
	/* The authors' value of "a" (Fowler, Noll, Vo: FNV-1a, 64 bits). */
	cr_assert_eq(hash_add(HASH_START, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
}

/* Of names that collide without the secret, few do with it; equal bytes are equal. */
Test(hash, nobody_chooses_what_collides_with_a_secret)
{
	enum { COUNT = 512, BUCKETS = 64 };
	unsigned count = 0, in_bucket[BUCKETS] = {0}, most = 0;
	for (uint64_t number = 0; count < COUNT; number++) {
		if (hash_bytes(bytes_of(&number, sizeof number)) % BUCKETS != 7)
			continue;
		uint64_t hash = hash_secret(bytes_of(&number, sizeof number)), again = number;
		cr_assert_eq(hash, hash_secret(bytes_of(&again, sizeof again)));
		unsigned now = ++in_bucket[hash % BUCKETS];
		most = now > most ? now : most;
		count++;
	}
	cr_expect_lt(most, 40, "8 of 512 are expected, and %u are in one bucket", most);
	/* Each byte of a text of any length counts, and so does where it ends. */
	uint8_t text[40] = {0};
	for (size_t len = 0; len < sizeof text; len++) {
		uint64_t of_zeros = hash_secret(bytes_of(text, len));
		cr_expect_neq(of_zeros, hash_secret(bytes_of(text, len + 1)), "%zu", len);
		for (size_t i = 0; i < len; i++) {
			text[i] = 1;
			cr_expect_neq(of_zeros, hash_secret(bytes_of(text, len)), "%zu of %zu", i,
				      len);
			text[i] = 0;
		}
	}
	cr_expect_neq(hash_secret(bytes_of("a", 1)), hash_secret(bytes_of("a\0", 2)));
	cr_expect_neq(hash_secret(bytes_of("", 0)), hash_secret(bytes_of("\0", 1)));
}
