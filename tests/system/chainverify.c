/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chainverify FOLDER: verifies the logs' digest chains of a store that no daemon holds, and reads
 * every value of every table, so that every checksum is looked at. Prints how many entries there
 * are; exits 1 with what is wrong.
 */
#include "journal/chain.h"
#include <stdio.h>

/* All three logs. */
static bool verify_log(struct store_txn *txn)
{
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		struct journal_chain chain = {.log = (enum journal_log)log};
		const char *word = journal_log_word(chain.log);
		if (journal_chain_step(&chain, txn, UINT64_MAX) == JOURNAL_CHAIN_WHOLE) {
			printf("%s: %llu entries, the chain is whole\n", word,
			       (unsigned long long)chain.checked);
			continue;
		}
		printf("%s: the chain is broken at seq %llu\n", word,
		       (unsigned long long)chain.bad);
		return false;
	}
	return true;
}

static void read_all(struct store_txn *txn)
{
	for (int table = 0; table < STORE_TABLES; table++) {
		struct store_walk walk;
		struct bytes key, value;
		store_walk_from(&walk, txn, (enum store_table)table, (struct bytes){0}, 0);
		while (store_walk_next(&walk, &key, &value))
			;
		store_walk_end(&walk);
	}
}

int main(int argc, char **argv)
{
	char error[STORE_ERROR_MAX];
	struct store_txn txn;
	if (argc != 2) {
		fprintf(stderr, "usage: chainverify FOLDER\n");
		return 2;
	}
	struct store *store = store_open(
		&(struct store_options){.path = argv[1], .readers = 1, .is_read_only = true},
		error);
	if (!store) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	store_read_begin(store, &txn);
	bool is_whole = verify_log(&txn);
	read_all(&txn);
	if (txn.error) {
		printf("%s\n", store_error_text(txn.error));
		is_whole = false;
	}
	store_read_end(&txn);
	store_close(store);
	return is_whole ? 0 : 1;
}
