/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot that read only the rows that changed is as one that read all; and how many it read is
 * counted, so that what a client causes does not grow with the number of zones and keys.
 */
#include "config.h"
#include "nameserver/snapshot_pool.h"
#include "nameserver/writer_side.h"
#include "store/settings.h"
#include "tests/unit/keys.h"
#include "zonedb/zone_setting.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define NAMES 40

static struct keys_store keys;
static struct snapshot snapshot;
static uint64_t seed = 0x2545f4914f6cdd1dull;

static unsigned snapshot_dice(unsigned sides)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % sides;
}

static void begin(void)
{
	tempstore_open(&keys.temp, 256 << 20);
	keys.store = keys.temp.store;
	store_read_begin(keys.store, &keys.read);
	keys.store_key = store_key_new();
	store_key_add(keys.store_key, 0);
	store_read_reset(&keys.read);
	snapshot_open(&snapshot, keys.store, keys.store_key);
}

static void end(void)
{
	snapshot_close(&snapshot);
	store_read_renew(&keys.read);
	keys_close(&keys);
}

TestSuite(snapshot, .init = begin, .fini = end);

static struct dns_name numbered(const char *kind, unsigned number)
{
	char text[64];
	snprintf(text, sizeof text, "%s%u.%sexample", kind, number, number % 3 ? "" : "deep.");
	return keys_name(text);
}

static void change_zone(struct store_txn *txn, unsigned number)
{
	struct dns_name apex = numbered("z", number);
	struct zone zone;
	if (!zone_get(txn, &apex, &zone)) {
		zone = zone_default(&apex);
		rows_zone_create(txn, &zone);
	} else if (snapshot_dice(3) == 0) {
		rows_zone_delete(txn, &zone);
	} else if (snapshot_dice(2) == 0) {
		zone.max_names = 1 + snapshot_dice(100);
		rows_zone_put(txn, &zone);
	} else {
		state_set_cuts(txn, zone.id, snapshot_dice(3));
	}
}

static void change_key(struct store_txn *txn, unsigned number)
{
	char text[64];
	snprintf(text, sizeof text, "k%u.example", number);
	struct keyring_key key = keys_key(text, HMAC_SHA256, bytes_of("0123456789abcdef", 16));
	key.is_disabled = snapshot_dice(2);
	if (snapshot_dice(3) == 0)
		(void)rows_key_del(txn, &key.name);
	else
		rows_key_put(txn, keys.store_key, &key);
}

static void change_group(struct store_txn *txn, unsigned number)
{
	const char *members[] = {"key:a", "key:b", "key:c"};
	struct acl_group group = {
		.is_acting = snapshot_dice(2), .count = 1 + snapshot_dice(3), .members = members};
	snprintf(group.name, sizeof group.name, "@g%u", number);
	if (snapshot_dice(3) == 0)
		(void)rows_group_del(txn, group.name);
	else
		rows_group_put(txn, &group);
}

static void change_rules(struct store_txn *txn, unsigned number)
{
	static const char *const texts[] = {"", "allow key:a claim\n",
					    "deny key:b write\nallow key:c claim under lab\n"};
	struct dns_name apex = numbered("z", number);
	rows_rules_put(txn, number + 1, &apex, texts[snapshot_dice(3)]);
}

static void change_any(struct store_txn *txn)
{
	unsigned number = snapshot_dice(NAMES);
	switch (snapshot_dice(4)) {
	case 0:
		change_zone(txn, number);
		break;
	case 1:
		change_key(txn, number);
		break;
	case 2:
		change_group(txn, number);
		break;
	default:
		change_rules(txn, number);
	}
}

static void change(void (*what)(struct store_txn *), bool is_committed)
{
	struct store_txn txn;
	snapshot_rest(&snapshot);
	store_write_begin(keys.store, &txn);
	what(&txn);
	if (!is_committed)
		store_abort(&txn);
	else
		cr_assert_eq(store_commit(&txn), STORE_OK);
}

static void expect_same_zones(const struct zoneset *a, const struct zoneset *b)
{
	cr_assert_eq(zoneset_count(a), zoneset_count(b));
	for (size_t i = 0; i < zoneset_count(b); i++) {
		const struct zone *x = zoneset_at(a, i), *y = zoneset_at(b, i);
		cr_assert(dns_name_equal(&x->apex, &y->apex));
		cr_assert_eq(x->id, y->id);
		cr_assert_eq(x->max_names, y->max_names);
		cr_assert_eq(!x->cut_count, !y->cut_count);
	}
	for (unsigned i = 0; i < NAMES; i++) {
		struct dns_name apex = numbered("z", i);
		const struct zone *x = zoneset_exact(a, &apex), *y = zoneset_exact(b, &apex);
		cr_assert_eq(!x, !y);
		cr_assert(!x || x->id == y->id);
		x = zoneset_find(a, &apex);
		y = zoneset_find(b, &apex);
		cr_assert_eq(!x, !y);
	}
}

static void expect_same_keys(const struct keyring *a, const struct keyring *b)
{
	struct store_key_id needs;
	cr_assert_eq(keyring_count(a), keyring_count(b));
	cr_assert_eq(keyring_sealed_count(a, &needs), keyring_sealed_count(b, &needs));
	for (unsigned i = 0; i < NAMES; i++) {
		char text[64];
		snprintf(text, sizeof text, "k%u.example", i);
		struct dns_name name = keys_name(text);
		struct keyring_entry *x = keyring_find(a, &name), *y = keyring_find(b, &name);
		cr_assert_eq(!x, !y);
		cr_assert(!x || x->is_disabled == y->is_disabled);
		cr_assert(!x || keyring_hmac(x));
	}
}

static void expect_same_groups(const struct groups *a, const struct groups *b)
{
	cr_assert_eq(groups_count(a), groups_count(b));
	for (size_t i = 0; i < groups_count(b); i++) {
		const struct acl_group *x = groups_at(a, i), *y = groups_at(b, i);
		cr_assert_str_eq(x->name, y->name);
		cr_assert_eq(x->is_acting, y->is_acting);
		cr_assert_eq(x->count, y->count);
		for (size_t m = 0; m < x->count; m++)
			cr_assert_str_eq(x->members[m], y->members[m]);
	}
}

static void expect_true(struct snapshot *is)
{
	struct snapshot fresh;
	cr_assert(snapshot_renew(is));
	snapshot_open(&fresh, keys.store, keys.store_key);
	cr_assert(snapshot_renew(&fresh));
	expect_same_zones(is->zones, fresh.zones);
	expect_same_keys(is->keys, fresh.keys);
	expect_same_groups(is->groups, fresh.groups);
	for (unsigned id = 1; id <= NAMES; id++) {
		const struct rules *x = rulebook_find(is->rules, id),
				   *y = rulebook_find(fresh.rules, id);
		cr_assert_eq(!x, !y);
		cr_assert(!x || x->count == y->count);
	}
	snapshot_close(&fresh);
}

Test(snapshot, what_it_read_again_is_as_if_all_were_read)
{
	expect_true(&snapshot);
	for (unsigned i = 0; i < 1500; i++) {
		change(change_any, snapshot_dice(8) != 0);
		if (snapshot_dice(3) == 0)
			expect_true(&snapshot);
	}
	expect_true(&snapshot);
	cr_expect_eq(snapshot.loads, 1);
}

static void make_many(struct store_txn *txn)
{
	for (unsigned i = 0; i < 2000; i++)
		change_zone(txn, i);
	for (unsigned i = 0; i < 500; i++)
		change_key(txn, i);
}

static void make_one(struct store_txn *txn)
{
	struct dns_name apex = keys_name("one.example");
	struct zone zone = zone_default(&apex);
	rows_zone_create(txn, &zone);
}

static void toggle_cut(struct store_txn *txn)
{
	state_set_cuts(txn, 7, !state_cuts(txn, 7));
}

static void add_cut(struct store_txn *txn)
{
	state_set_cuts(txn, 7, state_cuts(txn, 7) + 2);
}

Test(snapshot, one_row_is_read_for_a_change_among_thousands)
{
	change(make_many, true);
	cr_assert(snapshot_renew(&snapshot));
	cr_expect_eq(snapshot.loads, 1);
	cr_expect_eq(snapshot.rows_read, 0);
	change(make_one, true);
	cr_assert(snapshot_renew(&snapshot));
	cr_expect_eq(snapshot.rows_read, 1);
	for (unsigned i = 0; i < 100; i++) {
		change(toggle_cut, true);
		cr_assert(snapshot_renew(&snapshot));
	}
	cr_expect_eq(snapshot.rows_read, 101, "an NS that comes and goes reads its zone alone");
	change(add_cut, true);
	change(add_cut, true);
	cr_assert(snapshot_renew(&snapshot));
	cr_expect_leq(snapshot.rows_read, 102, "more of them are no change");
	cr_expect_eq(snapshot.loads, 1);
}

Test(snapshot, what_is_not_remembered_any_more_is_read_whole)
{
	change(make_one, true);
	cr_assert(snapshot_renew(&snapshot));
	change(make_many, true);
	expect_true(&snapshot);
	cr_expect_eq(snapshot.loads, 2);
}

/* A command goes on with what the last one has read. */
Test(snapshot, commands_share_what_they_have_read)
{
	struct snapshot_pool *pool = snapshot_pool_new();
	struct snapshot commands[2 * SNAPSHOT_POOL_MAX];
	uint64_t loads = 0;
	change(make_many, true);
	for (unsigned round = 0; round < 10; round++) {
		struct snapshot command;
		snapshot_open(&command, keys.store, keys.store_key);
		snapshot_pool_take(pool, &command);
		change(change_any, true);
		expect_true(&command);
		loads += command.loads;
		snapshot_pool_keep(pool, &command);
		snapshot_close(&command);
	}
	cr_expect_eq(loads, 1);
	for (size_t i = 0; i < 2 * SNAPSHOT_POOL_MAX; i++) {
		snapshot_open(&commands[i], keys.store, keys.store_key);
		snapshot_pool_take(pool, &commands[i]);
		cr_assert(snapshot_renew(&commands[i]));
	}
	for (size_t i = 0; i < 2 * SNAPSHOT_POOL_MAX; i++) {
		snapshot_pool_keep(pool, &commands[i]);
		snapshot_close(&commands[i]);
	}
	snapshot_pool_free(pool);
}

/* The writer's own snapshot, in transactions that are thrown away. */
Test(snapshot, the_writer_forgets_only_settings_that_were_thrown_away)
{
	struct writer_side *side = writer_side_new(keys.store, keys.store_key);
	struct dns_name one = keys_name("one.example");
	struct store_txn txn;
	change(make_many, true);
	for (unsigned i = 0; i < 20; i++) {
		bool has_settings = i % 4 == 3;
		store_write_begin(keys.store, &txn);
		cr_assert(snapshot_use(&side->snapshot, &txn));
		if (has_settings) {
			make_one(&txn);
			cr_assert(snapshot_use(&side->snapshot, &txn));
			cr_expect(zoneset_exact(side->snapshot.zones, &one));
		}
		store_put(&txn, STORE_META, bytes_of("x", 1), bytes_of("y", 1));
		store_abort(&txn);
		writer_side_forget(side);
	}
	store_write_begin(keys.store, &txn);
	cr_assert(snapshot_use(&side->snapshot, &txn));
	cr_expect_null(zoneset_exact(side->snapshot.zones, &one));
	store_abort(&txn);
	cr_expect_eq(side->snapshot.loads, 6);
	writer_side_free(side);
}
