/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/tempzone.h"
#include "journal/chain.h"
#include "journal/prune.h"
#include "zonedb/verify.h"
#include "zonedb/record_window.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct tempzone z;
static struct verify verify;

static bool look(struct journal_chain *chain, struct store_txn *txn, const struct entry *e)
{
	if (verify_entry(chain->context, txn, e))
		return true;
	chain->why = NULL;
	return false;
}

/* Both looks, in small steps: 0, or the first bad seq; the sentence is in verify.fault. */
static uint64_t verified(void)
{
	struct journal_chain chain = {.each = look, .context = &verify};
	enum journal_chain_step step;
	enum verify_step zones;
	verify_start(&verify, &z.txn);
	while ((step = journal_chain_step(&chain, &z.txn, 2)) == JOURNAL_CHAIN_ON)
		continue;
	uint64_t bad = step == JOURNAL_CHAIN_WHOLE ? 0 : chain.bad;
	if (bad && chain.why)
		snprintf(verify.fault.text, sizeof verify.fault.text, "entry %s", chain.why);
	while (!bad && (zones = verify_zones(&verify, &z.txn, 1)) != VERIFY_WHOLE) {
		bad = zones == VERIFY_WRONG ? verify.fault.seq + (verify.fault.seq == 0) : 0;
		cr_assert_eq(z.txn.error, STORE_OK);
	}
	verify_end(&verify);
	return bad;
}

#define EXPECT_BAD(seq, words)                                                                     \
	do {                                                                                       \
		cr_expect_eq(verified(), seq, "%s", verify.fault.text);                            \
		cr_expect(strstr(verify.fault.text, words), "%s", verify.fault.text);              \
	} while (0)

static void begin(void)
{
	tempzone_open(&z, "corp.example");
	tempzone_run(&z, "key:host1", 1000, "add pc1 60 A 10.0.0.1; add pc1 60 A 10.0.0.2");
	tempzone_run(&z, "key:host2", 2000, "add pc2 60 A 10.0.0.3; add pc2 60 TXT \"x\"");
	tempzone_run(&z, "key:host1", 3000, "del pc1 A 10.0.0.1; add pc1 90 A 10.0.0.4");
	tempzone_run(&z, "key:host2", 900000, "add pc2 60 A 10.0.0.3");
	tempzone_run(&z, "local:root", 900001, "del pc2; static srv 60 TXT \"a\"");
	tempzone_run(&z, "key:host2", 900002, "add pc2 60 A 10.0.0.3");
}

static void end(void)
{
	tempzone_free(&z);
}

TestSuite(verify, .init = begin, .fini = end);

static struct bytes node_key(const char *name)
{
	static uint8_t bytes[ZONE_KEY_MAX];
	struct dns_name n = tempzone_name(&z, name);
	return bytes_of(bytes, zone_key(bytes, &z.zone, &n));
}

/* The node's bytes, to be spoilt. */
static uint8_t *node_of(const char *name, size_t *len)
{
	struct bytes value;
	cr_assert(store_get(&z.txn, STORE_NODES, node_key(name), &value));
	*len = value.len;
	return arena_copy(&z.arena, value.data, value.len);
}

/* A byte of the node of a name is another. */
static void spoil(const char *name, size_t at, uint8_t with)
{
	size_t len;
	uint8_t *node = node_of(name, &len);
	cr_assert_lt(at, len);
	node[at] ^= with;
	store_put(&z.txn, STORE_NODES, node_key(name), bytes_of(node, len));
}

static struct bytes seq_key(uint64_t seq)
{
	static uint8_t keys[4][8];
	static unsigned next;
	struct bytes_out out = bytes_out_of(keys[next++ % 4], 8);
	bytes_out_u64(&out, seq);
	return bytes_of(out.start, 8);
}

static const struct entry pruner = {.time_us = 1, .principal = "system:retention"};

Test(verify, what_was_logged_is_what_is_there)
{
	cr_expect_eq(verified(), 0, "%s", verify.fault.text);
	cr_expect_eq(verify.untold, 0);
	cr_expect_eq(verify.names, 4, "the apex, pc1, pc2, srv");
}

/* 8 seq 1 flags; RRset: 2 type 4 TTL 2 count 4 length; record: 4 owner 5 stamp 1 marks 2 windows 2
 * length n data */
#define TTL_AT     (9 + 2 + 3)
#define OWNER_AT   (9 + 12 + 3)
#define STAMP_AT   (9 + 12 + 4 + 4)
#define MARKS_AT   (9 + 12 + 9)
#define WINDOWS_AT (9 + 12 + 10 + 1)
#define DATA_AT    (9 + 12 + 14 + 3)

Test(verify, a_record_changed_behind_the_log_is_named_with_what_differs)
{
	size_t last;
	uint64_t seq = journal_head(&z.txn).seq;
	spoil("pc2", DATA_AT, 1);
	EXPECT_BAD(seq, "pc2.corp.example A 10.0.0.3: is not in the zone");
	spoil("pc2", DATA_AT, 1);
	spoil("pc2", TTL_AT, 1);
	EXPECT_BAD(seq, "pc2.corp.example A 10.0.0.3: its TTL is 61, and 60 in the log");
	spoil("pc2", TTL_AT, 1);
	spoil("pc2", STAMP_AT, 1);
	EXPECT_BAD(seq, "its stamp is 900003, and 900002 in the log");
	spoil("pc2", STAMP_AT, 1);
	spoil("pc2", MARKS_AT, 3);
	EXPECT_BAD(seq, "its class is pinned, and dynamic in the log");
	spoil("pc2", MARKS_AT, 3);
	spoil("pc2", MARKS_AT, 16);
	EXPECT_BAD(seq, "it is a guest, and not in the log");
	spoil("pc2", MARKS_AT, 16);
	record_window_intern(&z.txn, &(struct record_windows){30, 40});
	spoil("pc2", WINDOWS_AT, 1);
	EXPECT_BAD(seq, "its windows are 30/40 s, and 0/0 s in the log");
	spoil("pc2", WINDOWS_AT, 1);
	spoil("pc2", OWNER_AT, 3);
	EXPECT_BAD(seq, "its owner is");
	spoil("pc2", OWNER_AT, 3);
	cr_expect_eq(verified(), 0, "%s", verify.fault.text);
	node_of("pc2", &last);
}

Test(verify, a_name_that_is_gone_or_never_was_logged_is_found)
{
	size_t len;
	uint8_t *node = node_of("srv", &len);
	store_del(&z.txn, STORE_NODES, node_key("srv"));
	EXPECT_BAD(journal_head(&z.txn).seq - 1, "srv.corp.example: was changed, and neither");
	store_put(&z.txn, STORE_NODES, node_key("srv"), bytes_of(node, len));
	cr_expect_eq(verified(), 0, "%s", verify.fault.text);
	store_put(&z.txn, STORE_NODES, node_key("evil"), bytes_of(node, len));
	EXPECT_BAD(journal_head(&z.txn).seq - 1, "evil.corp.example: the entry that changed it");
	memset(node, 0, 8);
	store_put(&z.txn, STORE_NODES, node_key("evil"), bytes_of(node, len));
	EXPECT_BAD(1, "evil.corp.example: its last change is not in the log");
}

Test(verify, a_zone_put_back_to_what_it_was_is_found)
{
	size_t len;
	uint8_t *node = node_of("pc1", &len);
	uint64_t seq = tempzone_run(&z, "key:host1", 950000, "add pc1 60 A 10.0.0.9") != NULL;
	cr_assert(seq);
	store_put(&z.txn, STORE_NODES, node_key("pc1"), bytes_of(node, len));
	EXPECT_BAD(journal_head(&z.txn).seq,
		   "pc1.corp.example: was changed, and the zone has it as");
}

Test(verify, a_tail_cut_with_its_head_is_found_by_the_zones)
{
	struct journal_link before;
	struct bytes value;
	uint64_t last = journal_head(&z.txn).seq;
	cr_assert(store_get(&z.txn, STORE_META, bytes_of("log", 3), &value));
	uint8_t *head = arena_copy(&z.arena, value.data, value.len);
	cr_assert(store_get(&z.txn, STORE_LOG, seq_key(last - 1), &value));
	memcpy(head + 16, value.data + value.len - DIGEST_LEN, DIGEST_LEN);
	head[7]--;
	store_del(&z.txn, STORE_LOG, seq_key(last));
	EXPECT_BAD(last, "is missing: the log is cut off there");
	store_put(&z.txn, STORE_META, bytes_of("log", 3), bytes_of(head, 48));
	before = journal_head(&z.txn);
	cr_expect_eq(before.seq, last - 1);
	EXPECT_BAD(last, "corp.example: its last change is not in the log");
}

Test(verify, an_altered_entry_is_found_before_the_zones_are_looked_at)
{
	struct bytes value;
	cr_assert(store_get(&z.txn, STORE_LOG, seq_key(3), &value));
	uint8_t *entry = arena_copy(&z.arena, value.data, value.len);
	entry[value.len / 2] ^= 1;
	store_put(&z.txn, STORE_LOG, seq_key(3), bytes_of(entry, value.len));
	EXPECT_BAD(3, "entry is not what its digest");
}

Test(verify, the_serial_is_the_logs)
{
	size_t len;
	uint8_t *node = node_of("@", &len);
	/* The NS RRset is the first, the SOA's data ends the node: its serial is 20 bytes before.
	 */
	node[len - 17] ^= 1;
	store_put(&z.txn, STORE_NODES, node_key("@"), bytes_of(node, len));
	EXPECT_BAD(journal_head(&z.txn).seq, "corp.example: its serial is");
}

Test(verify, what_is_older_than_the_log_is_counted)
{
	struct prune_result result = {0};
	struct prune_rule rule = {.before_us = UINT64_MAX, .keep_us = UINT64_MAX};
	uint64_t last = journal_head(&z.txn).seq;
	journal_prune(&z.txn, &rule, last - 2, &pruner, &result);
	cr_expect_eq(verified(), 0, "%s", verify.fault.text);
	cr_expect_gt(verify.untold, 0);
	spoil("pc2", TTL_AT, 1);
	EXPECT_BAD(last, "its TTL is 61, and 60 in the log");
}
