/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/bin.h"
#include <assert.h>

#define BIN_WORD "bin-seconds"

uint64_t bin_keeps(struct store_txn *txn)
{
	uint64_t seconds = store_number(txn, BIN_WORD);
	return seconds ? seconds : BIN_DEFAULT_SECONDS;
}

void bin_set_keeps(struct store_txn *txn, uint64_t seconds)
{
	assert(seconds >= BIN_LEAST_SECONDS && seconds <= BIN_MOST_SECONDS);
	store_set_number(txn, BIN_WORD, seconds);
}
