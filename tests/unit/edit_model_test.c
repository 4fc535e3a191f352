/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/*
 * Random edits against a model: a plain list of records that follows each difference. After
 * each edit the store must hold what the model holds, and cuts, tombstones and the due index must
 * be what one would compute anew from the nodes.
 */
#include "tests/unit/tempzone.h"
#include "zonedb/due.h"
#include "zonedb/walk.h"
#include "dns/rdata.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define EDITS       3000
#define RECORDS_MAX 512

struct model_record {
	struct dns_name name;
	uint16_t type;
	uint8_t rdata[64];
	size_t len;
	uint32_t ttl, owner;
	uint64_t stamp;
	enum record_class class;
};

static struct tempzone t;
static struct model_record model[RECORDS_MAX];
static size_t model_count;
static uint64_t seed = 88172645463325252ull;

static unsigned pick(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % below);
}

static const char *any_of(const char *const *words, unsigned count)
{
	return words[pick(count)];
}

/* One command; names are such that ancestors, cuts and siblings meet. */
static void write_command(char *out, size_t cap)
{
	static const char *const names[] = {"a", "b.a", "c.b.a", "d", "*.d", "@", "e.d"};
	static const char *const data[] = {"A 10.0.0.1", "A 10.0.0.2",       "TXT x",
					   "TXT y",      "NS ns.elsewhere.", "DNAME x.elsewhere.",
					   "MX 1 m.x.",  "MX 1 M.X.",        "DHCID AAEB"};
	static const char *const types[] = {"A", "TXT", "NS", "DNAME", "MX", "DHCID"};
	static const char *const ttls[] = {"60", "60", "60", "90"};
	const char *name = any_of(names, 7), *what = any_of(data, 9);
	switch (pick(10)) {
	case 0:
		snprintf(out, cap, "del %s %s;", strcmp(name, "@") ? name : "a", any_of(types, 6));
		break;
	case 1:
		snprintf(out, cap, "del %s;", strcmp(name, "@") ? name : "d");
		break;
	case 2:
		snprintf(out, cap, "del %s %s;", name, what);
		break;
	case 3:
		snprintf(out, cap, "touch %s %s;", name, any_of(types, 6));
		break;
	case 4:
		snprintf(out, cap, "%s %s %s %s;", pick(2) ? "static" : "pinned", name,
			 any_of(ttls, 4), what);
		break;
	default:
		snprintf(out, cap, "add %s %s %s;", name, any_of(ttls, 4), what);
	}
}

static struct model_record *find_in_model(const struct change *change)
{
	for (size_t i = 0; i < model_count; i++) {
		struct model_record *r = &model[i];
		if (r->type == change->type && dns_name_equal(&r->name, &change->name) &&
		    dns_rdata_compare(r->type, bytes_of(r->rdata, r->len), change->rdata) == 0)
			return r;
	}
	return NULL;
}

static void follow(const struct edit_change *change)
{
	struct model_record *r = find_in_model(&change->change);
	cr_assert_eq(r == NULL, change->change.what == CHANGE_ADDED);
	if (change->change.what == CHANGE_REMOVED) {
		*r = model[--model_count];
		return;
	}
	if (!r) {
		cr_assert_lt(model_count, RECORDS_MAX);
		r = &model[model_count++];
		r->name = change->change.name;
		r->type = change->change.type;
		r->len = change->change.rdata.len;
		cr_assert_leq(r->len, sizeof r->rdata);
		memcpy(r->rdata, change->change.rdata.data, r->len);
	} else {
		cr_assert_eq(r->ttl, change->change.was.ttl);
		cr_assert_eq(r->stamp, change->change.was.stamp);
		cr_assert_eq(r->owner, change->was_owner);
		cr_assert_eq(r->class, change->change.was.class);
	}
	r->ttl = change->change.is.ttl;
	r->owner = change->is_owner;
	r->stamp = change->change.is.stamp;
	r->class = change->change.is.class;
}

static void expect_record(const struct dns_name *name, const struct node_rrset *rrset,
			  const struct node_record *record)
{
	struct change like = {.name = *name, .type = rrset->type, .rdata = record->rdata};
	if (rrset->type == DNS_TYPE_SOA) /* its serial moves */
		return;
	struct model_record *r = find_in_model(&like);
	cr_assert(r);
	cr_assert(bytes_equal(bytes_of(r->rdata, r->len), record->rdata));
	cr_assert_eq(r->ttl, rrset->ttl);
	cr_assert_eq(r->owner, record->owner);
	cr_assert_eq(r->stamp, record->stamp);
	cr_assert_eq(r->class, record->class);
}

static size_t count_rows(enum store_table table)
{
	uint8_t prefix[ZONE_KEY_MAX];
	size_t len = zone_key(prefix, &t.zone, &t.zone.apex), count = 0;
	struct store_walk walk;
	struct bytes key, value;
	store_walk_from(&walk, &t.txn, table, bytes_of(prefix, len), len);
	while (store_walk_next(&walk, &key, &value))
		count++;
	store_walk_end(&walk);
	return count;
}

static bool has_row(enum store_table table, const struct dns_name *name)
{
	uint8_t key[ZONE_KEY_MAX];
	size_t len = zone_key(key, &t.zone, name);
	struct bytes value;
	return store_get(&t.txn, table, bytes_of(key, len), &value);
}

static bool is_due(const struct dns_name *name, uint64_t stamp)
{
	struct due_walk walk;
	struct due_place at;
	bool is_there = false;
	due_walk_from(&walk, &t.txn, &t.zone, &(struct due_moment){.when = stamp + 1});
	while (due_walk_next(&walk, &at))
		is_there |= at.entry.stamp == stamp && dns_name_equal(&at.name, name);
	due_walk_end(&walk);
	return is_there;
}

/* Records in canonical order, types ascending; returns how many. */
static size_t expect_node(const struct dns_name *name, const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	unsigned last_type = 0;
	size_t records = 0;
	while (node_next_rrset(&in, &rrset)) {
		cr_assert_gt(rrset.type, last_type);
		last_type = rrset.type;
		struct bytes_in inner = bytes_in_of(rrset.records.data, rrset.records.len);
		struct node_record record, before = {.stamp = 0};
		unsigned count = 0;
		for (; node_next_record(&inner, &record); before = record, count++) {
			cr_assert(count == 0 ||
				  dns_rdata_compare(rrset.type, before.rdata, record.rdata) < 0);
			expect_record(name, &rrset, &record);
		}
		cr_assert(!inner.bad);
		cr_assert_eq(count, rrset.count);
		records += count;
	}
	cr_assert(!in.bad);
	return records;
}

static void expect_store(void)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	size_t records = 0, cuts = 0, due = 0;
	walk_from(&walk, &t.txn, &t.zone, &t.zone.apex);
	while (walk_next(&walk, &name, &node)) {
		bool is_apex = dns_name_equal(&name, &t.zone.apex);
		bool is_cut = node_find(&node, DNS_TYPE_DNAME, &rrset) ||
			      (!is_apex && node_find(&node, DNS_TYPE_NS, &rrset));
		struct due_entry entry;
		records += expect_node(&name, &node);
		cr_assert_eq(has_row(STORE_CUTS, &name), is_cut);
		cr_assert(!has_row(STORE_TOMBSTONES, &name));
		cuts += is_cut;
		if (due_next(&node, DUE_FIRST, &entry)) {
			cr_assert(is_due(&name, entry.stamp));
			due++;
		}
	}
	walk_end(&walk);
	cr_assert_eq(records, model_count);
	cr_assert_eq(cuts, count_rows(STORE_CUTS));
	cr_assert_eq(cuts, t.zone.cut_count);
	cr_assert_eq(due, count_rows(STORE_DUE));
	cr_assert_eq(t.txn.error, STORE_OK);
}

static void run_one(uint64_t now)
{
	static const char *const who[] = {"key:a", "key:b", "anonymous"};
	char script[1024] = "";
	for (unsigned i = pick(5) + 1; i > 0; i--) {
		char command[128];
		write_command(command, sizeof command);
		strcat(script, command);
	}
	tempzone_edit(&t, any_of(who, 3), now, script);
	size_t count;
	const struct edit_change *changes = edit_diff(t.edit, &count);
	for (size_t i = 0; i < count; i++)
		follow(&changes[i]);
	uint32_t before = zone_serial(&t.txn, &t.zone);
	tempzone_commit(&t, NULL);
	uint32_t moved = zone_serial(&t.txn, &t.zone) - before;
	cr_assert_leq(moved, 1);
}

Test(edit_model, the_store_follows_random_edits)
{
	tempzone_open(&t, "corp.example");
	/* The model begins with what tempzone_open put there. */
	tempzone_edit(&t, "local:root", 1, "del @");
	size_t count;
	const struct edit_change *changes = edit_diff(t.edit, &count);
	for (size_t i = 0; i < count; i++) {
		struct edit_change added = changes[i];
		added.change.what = CHANGE_ADDED;
		added.change.is = added.change.was;
		added.is_owner = added.was_owner;
		follow(&added);
	}
	for (unsigned i = 0; i < EDITS; i++) {
		run_one(1000000 + (uint64_t)i * 40000);
		if (i % 10 == 0)
			expect_store();
		arena_reset(&t.arena);
	}
	expect_store();
	tempzone_free(&t);
}
