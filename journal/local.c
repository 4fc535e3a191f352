/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/local.h"
#include "journal/journal_log.h"

bool local_is_table(enum store_table table)
{
	for (unsigned log = JOURNAL_SIGNED; log < JOURNAL_LOGS; log++) {
		struct journal_log_tables of = journal_log_tables((enum journal_log)log);
		if (table == of.entries || table == of.zone || table == of.name)
			return true;
	}
	return table == STORE_LOCAL || table == STORE_CHECKPOINTS;
}

uint64_t local_number(struct store_txn *txn, const char *word)
{
	struct bytes value;
	if (!store_get(txn, STORE_LOCAL, bytes_of(word, strlen(word)), &value))
		return 0;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t number = bytes_in_u64(&in);
	if (!in.bad && bytes_in_left(&in) == 0)
		return number;
	store_fail(txn, STORE_CORRUPT);
	return 0;
}

void local_set_number(struct store_txn *txn, const char *word, uint64_t number)
{
	uint8_t value[8];
	struct bytes_out out = bytes_out_of(value, sizeof(value));
	bytes_out_u64(&out, number);
	store_put(txn, STORE_LOCAL, bytes_of(word, strlen(word)), bytes_of(value, sizeof(value)));
}
