/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals are folded by source and principal, and all together bounded. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "journal/journal.h"
#include "nameserver/refusal.h"
#include "tests/unit/tempstore.h"

static struct refusal refusal_by(const char *source, const char *principal)
{
	struct refusal refusal = {.principal = principal};
	addr_parse(source, 0, &refusal.source);
	return refusal;
}

Test(refusal, one_a_second_is_written_and_says_how_many_were_not)
{
	struct refusals *refusals = refusals_new();
	struct refusal refusal = refusal_by("192.0.2.1@1", "anonymous");
	uint32_t folded = 99;
	cr_expect(refusal_is_due(refusals, &refusal, 1000, &folded));
	cr_expect(folded == 0);
	for (int i = 0; i < 7; i++)
		cr_expect(!refusal_is_due(refusals, &refusal, 1000, &folded));
	cr_expect(refusal_is_due(refusals, &refusal, 1001, &folded));
	cr_expect(folded == 7);
	cr_expect(refusal_is_due(refusals, &refusal, 1002, &folded));
	cr_expect(folded == 0);
	refusals_free(refusals);
}

Test(refusal, ports_are_folded_hosts_and_principals_are_not)
{
	struct refusals *refusals = refusals_new();
	struct refusal first = refusal_by("192.0.2.1@1", "anonymous");
	struct refusal port = refusal_by("192.0.2.1@2", "anonymous");
	struct refusal host = refusal_by("192.0.2.2@1", "anonymous");
	struct refusal principal = refusal_by("192.0.2.1@1", "key:a");
	uint32_t folded;
	cr_expect(refusal_is_due(refusals, &first, 1000, &folded));
	cr_expect(!refusal_is_due(refusals, &port, 1000, &folded));
	cr_expect(refusal_is_due(refusals, &host, 1000, &folded));
	cr_expect(refusal_is_due(refusals, &principal, 1000, &folded));
	refusals_free(refusals);
}

Test(refusal, all_sources_together_write_so_many_a_second)
{
	struct refusals *refusals = refusals_new();
	char source[64];
	unsigned written = 0;
	uint32_t folded;
	for (unsigned i = 0; i < 3 * REFUSALS_PER_SECOND; i++) {
		snprintf(source, sizeof source, "10.0.%u.%u@1", i >> 8, i & 255);
		struct refusal refusal = refusal_by(source, "anonymous");
		written += refusal_is_due(refusals, &refusal, 1000, &folded);
	}
	cr_expect(written == REFUSALS_PER_SECOND);
	struct refusal late = refusal_by("10.9.9.9@1", "anonymous");
	cr_expect(refusal_is_due(refusals, &late, 1001, &folded));
	refusals_free(refusals);
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
	journal_range(&txn, &first, &last);
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
