/* SPDX-License-Identifier: BSD-2-Clause */
/* Who owns something in a zone, and for whom names of it are kept: rows that go with the zone. */
#include <criterion/criterion.h>
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include "zonedb/principal.h"
#include "zonedb/reservation.h"
#include "zonedb/zone_owner.h"

static struct tempzone z;
static uint32_t a, b;

static void set_up(void)
{
	tempzone_open(&z, "corp.example");
	a = principal_intern(&z.txn, "key:a");
	b = principal_intern(&z.txn, "key:b");
	tempzone_run(&z, "key:a", 1000, "add pc1 60 A 10.0.0.1");
}

static void tear_down(void)
{
	tempzone_free(&z);
}

TestSuite(zone_owner, .init = set_up, .fini = tear_down);

Test(zone_owner, comes_with_the_first_record_and_stays)
{
	cr_expect(zone_owner_has(&z.txn, z.zone.id, a));
	cr_expect_not(zone_owner_has(&z.txn, z.zone.id, b));
	cr_expect_not(zone_owner_has(&z.txn, z.zone.id + 1, a));
	tempzone_run(&z, "key:a", 1001, "del pc1");
	cr_expect(zone_owner_has(&z.txn, z.zone.id, a));
	zone_owner_put(&z.txn, z.zone.id, PRINCIPAL_ANONYMOUS);
	cr_expect_not(zone_owner_has(&z.txn, z.zone.id, PRINCIPAL_ANONYMOUS));
}

Test(zone_owner, a_store_of_before_is_filled_once)
{
	uint8_t key[8];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u32(&out, z.zone.id);
	bytes_out_u32(&out, a);
	cr_assert(store_del(&z.txn, STORE_ZONE_OWNERS, bytes_of(key, sizeof key)));
	cr_assert_not(zone_owner_has(&z.txn, z.zone.id, a));
	zone_owners_fill(&z.txn);
	cr_expect(zone_owner_has(&z.txn, z.zone.id, a));
	store_del(&z.txn, STORE_ZONE_OWNERS, bytes_of(key, sizeof key));
	zone_owners_fill(&z.txn);
	cr_expect_not(zone_owner_has(&z.txn, z.zone.id, a), "it looks once");
}

Test(zone_owner, goes_with_its_zone_and_so_do_names_that_are_kept)
{
	const char *owner = NULL;
	struct dns_name web = tempzone_name(&z, "web"), found;
	struct reservation_walk walk;
	rows_reservation_put(&z.txn, &z.zone, &web, "key:b");
	cr_expect(reservation_find(&z.txn, &z.zone, &web, &z.arena, &owner));
	cr_expect_str_eq(owner, "key:b");
	reservation_walk_from(&walk, &z.txn, &z.zone);
	cr_assert(reservation_next(&walk, &found, &z.arena, &owner));
	cr_expect(dns_name_equal(&found, &web));
	cr_expect_not(reservation_next(&walk, &found, &z.arena, &owner));
	reservation_walk_end(&walk);
	rows_zone_delete(&z.txn, &z.zone);
	cr_expect_not(zone_owner_has(&z.txn, z.zone.id, a));
	cr_expect_not(reservation_find(&z.txn, &z.zone, &web, &z.arena, &owner));
	cr_expect_not(rows_reservation_drop(&z.txn, &z.zone, &web));
}
