/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/bin.h"
#include "journal/state_server.h"
#include <assert.h>

#define SUBJECT "bin"
#define KEEPS   "keeps"

uint64_t bin_keeps(struct store_txn *txn)
{
	uint64_t seconds = BIN_DEFAULT_SECONDS;
	server_number(txn, SUBJECT, KEEPS, &seconds);
	return seconds;
}

void bin_put_keeps(struct state_edit *rows, uint64_t seconds)
{
	struct state_row_writer row = {.arena = rows->arena};
	assert(seconds >= BIN_LEAST_SECONDS && seconds <= BIN_MOST_SECONDS);
	state_row_put_number(&row, KEEPS, seconds);
	server_put(rows, SUBJECT, &row);
}
