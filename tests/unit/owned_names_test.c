/* SPDX-License-Identifier: BSD-2-Clause */
/* How many names each owner has: after each road that writes names as a walk would count them. */
#include <criterion/criterion.h>
#include "dns/type.h"
#include "journal/journal.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include "zonedb/edit_state.h"
#include "zonedb/lookup.h"
#include "zonedb/owned_names.h"
#include "zonedb/principal.h"
#include "zonedb/replay.h"
#include "zonedb/walk.h"
#include "zonedb/zone_owner.h"

static struct tempzone z;

static void set_up(void)
{
	tempzone_open_logged(&z, "corp.example");
}

static void tear_down(void)
{
	tempzone_free(&z);
}

TestSuite(owned_names, .init = set_up, .fini = tear_down);

static uint32_t names_of(const char *who)
{
	struct names_owner owner = names_owner_of(principal_expect(&z.txn, who));
	return owned_names_of(&z.txn, z.zone.id, &owner).names;
}

static struct addr source_of(const char *text)
{
	struct addr addr;
	cr_assert_null(addr_parse(text, 53, &addr));
	return addr;
}

static uint32_t names_at(const char *address)
{
	struct addr addr = source_of(address);
	struct names_owner owner = names_owner_of_addr(&addr);
	return owned_names_of(&z.txn, z.zone.id, &owner).names;
}

/* An update without a signature, of one record; `has_client`: by a version that notes whose it is.
 */
static void unsigned_update_by(const char *address, const char *name, bool is_added,
			       bool has_client)
{
	struct addr source = source_of(address);
	struct edit_author author = {.owner = PRINCIPAL_ANONYMOUS,
				     .owner_text = "anonymous",
				     .source = has_client ? &source : NULL,
				     .now = 5000,
				     .class = RECORD_DYNAMIC};
	struct edit *edit = edit_open(&z.txn, &z.zone, &author, &z.arena);
	struct dns_name at = tempzone_name(&z, name);
	struct entry entry = {.kind = ENTRY_UPDATE,
			      .principal = "anonymous",
			      .source = source,
			      .time_us = 5000000000};
	if (is_added)
		cr_assert(edit_add(edit, &at, DNS_TYPE_A, 60, bytes_of("abcd", 4)));
	else
		cr_assert(edit_remove_name(edit, &at));
	cr_assert(edit_commit(edit, &entry));
}

static void unsigned_update(const char *address, const char *name, bool is_added)
{
	unsigned_update_by(address, name, is_added, true);
}

/* Whose the name is, by its node. */
static const char *client_at(const char *name)
{
	static char text[ADDR_TEXT_MAX];
	struct dns_name at = tempzone_name(&z, name);
	struct names_owner owner;
	struct node node;
	if (!lookup_node(&z.txn, &z.zone, &at, &node) ||
	    !owned_names_claimant(&node.client, &owner))
		return "nobody's";
	names_owner_print(&owner, text);
	return text;
}

static void expect_walked(void)
{
	struct names_tally tally = {0};
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct owned_names_walk counts;
	struct names_owner owner;
	struct owned_names count;
	size_t total = 0;
	walk_from(&walk, &z.txn, &z.zone, &z.zone.apex);
	while (walk_next(&walk, &name, &node))
		names_tally_add(&tally, z.zone.id, &node);
	walk_end(&walk);
	owned_names_walk_from(&counts, &z.txn, z.zone.id);
	while (owned_names_walk_next(&counts, &owner, &count)) {
		if (owner.prefix_len)
			continue;
		cr_expect_eq(count.names, names_tally_of(&tally, z.zone.id, owner.id), "id %u: %u",
			     owner.id, count.names);
		total += count.names > 0;
	}
	owned_names_walk_end(&counts);
	cr_expect_eq(total, tally.counts.count);
	names_tally_free(&tally);
}

Test(owned_names, are_counted_as_names_are_written)
{
	static const struct {
		const char *who, *script;
		unsigned a, b;
	} steps[] = {
		{"key:a", "add pc1 60 A 10.0.0.1", 1, 0},
		{"key:a", "add pc1 60 AAAA ::1", 1, 0},
		{"key:a", "add pc2 60 A 10.0.0.2; add pc3 60 A 10.0.0.3", 3, 0},
		{"key:b", "add pc1 60 TXT b", 3, 1},
		{"key:b", "add pc4 60 A 10.0.0.4; del pc2", 2, 2},
		{"key:a", "del pc1", 1, 1},
		{"key:a", "del pc3; add pc5 60 A 10.0.0.5", 1, 1},
		{"key:a", "del pc5 A 10.0.0.5; add pc5 60 A 10.0.0.6", 1, 1},
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		tempzone_run(&z, steps[i].who, 1000 + i, steps[i].script);
		cr_expect_eq(names_of("key:a"), steps[i].a, "%s: %u", steps[i].script,
			     names_of("key:a"));
		cr_expect_eq(names_of("key:b"), steps[i].b, "%s: %u", steps[i].script,
			     names_of("key:b"));
		expect_walked();
	}
}

Test(owned_names, of_unsigned_clients_count_for_their_address)
{
	unsigned_update("192.0.2.1@5000", "w1", true);
	unsigned_update("192.0.2.1@5001", "w2", true);
	unsigned_update("192.0.2.2@5000", "w3", true);
	unsigned_update("2001:db8:0:1::1@1", "v1", true);
	unsigned_update("2001:db8:0:2::9@1", "v2", true);
	cr_expect_eq(names_at("192.0.2.1"), 2);
	cr_expect_eq(names_at("192.0.2.2"), 1);
	cr_expect_eq(names_at("2001:db8:0:ff::"), 2, "one /56");
	cr_expect_eq(names_at("2001:db8:0:100::"), 0);
	cr_expect_str_eq(client_at("w1"), "192.0.2.1");
	cr_expect_str_eq(client_at("v2"), "2001:db8::/56");
	/* Another's record beside it, a hint, and the other's removal leave it whose it is. */
	tempzone_run(&z, "key:a", 5500, "add w1 60 TXT a");
	cr_expect_str_eq(client_at("w1"), "192.0.2.1");
	cr_expect_eq(names_of("key:a"), 1);
	struct dns_name w1 = tempzone_name(&z, "w1");
	struct edit *edit = tempzone_edit(&z, "key:b", 5501, "add w9 60 A 10.0.0.1");
	edit_see(edit, &w1)->hint = (struct node_hint){.by = 5, .at = 5501};
	edit_write_hint(edit, edit_see(edit, &w1));
	cr_expect_str_eq(client_at("w1"), "192.0.2.1");
	tempzone_run(&z, "key:a", 5502, "del w1 TXT");
	cr_expect_str_eq(client_at("w1"), "192.0.2.1");
	cr_expect_eq(names_of("key:a"), 0);
	/* Whoever removes it, it is no longer the one's who made it. */
	unsigned_update("192.0.2.2@5000", "w1", false);
	tempzone_run(&z, "local:root", 6000, "del w2");
	cr_expect_eq(names_at("192.0.2.1"), 0);
	cr_expect_eq(names_at("192.0.2.2"), 1);
	cr_expect_eq(names_of("anonymous"), 0, "nobody's share of it");
	/* A name that an administrator gave to nobody is no client's. */
	tempzone_run(&z, "local:root", 6001, "static w4 60 A 10.0.0.4");
	cr_expect_str_eq(client_at("w4"), "nobody's");
}

/* A store of before the counts gets them once, and who owns something then may own twice as many.
 */
Test(owned_names, of_a_store_of_before_are_counted_once)
{
	struct names_owner a, first;
	struct addr source = source_of("192.0.2.1");
	tempzone_run(&z, "key:a", 1000, "add pc1 60 A 10.0.0.1; add pc2 60 A 10.0.0.2");
	unsigned_update_by("192.0.2.1@5000", "w1", true, false);
	cr_expect_str_eq(client_at("w1"), "nobody's");
	a = names_owner_of(principal_expect(&z.txn, "key:a"));
	first = names_owner_of_addr(&source);
	owned_names_fill(&z.txn);
	cr_expect(owned_names_are_kept(&z.txn));
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &a).names, 2);
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &a).base, 2);
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &first).names, 1, "as the log says");
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &first).base, 1);
	cr_expect_str_eq(client_at("w1"), "192.0.2.1", "its node has it from then on");
	tempzone_run(&z, "key:a", 1001, "add pc3 60 A 10.0.0.3");
	owned_names_fill(&z.txn);
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &a).names, 3);
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &a).base, 2, "it counts once");
	owned_names_forget(&z.txn);
	cr_expect_not(owned_names_are_kept(&z.txn));
	owned_names_fill(&z.txn);
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &a).names, 3);
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &a).base, 3);
	cr_expect_eq(owned_names_of(&z.txn, z.zone.id, &first).names, 1, "as the node says");
	expect_walked();
}

Test(owned_names, go_with_their_zone)
{
	tempzone_run(&z, "key:a", 1000, "add pc1 60 A 10.0.0.1");
	unsigned_update("192.0.2.1@5000", "w1", true);
	rows_zone_delete(&z.txn, &z.zone);
	cr_expect_eq(names_of("key:a"), 0);
	cr_expect_eq(names_at("192.0.2.1"), 0);
}
