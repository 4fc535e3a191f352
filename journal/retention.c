/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/retention.h"
#include "journal/bin.h"
#include "journal/clock_state.h"
#include "journal/state_server.h"

#define SUBJECT   "retention"
#define AGE       "age"
#define SIZE      "size"
#define SECOND_US 1000000ull

struct retention retention_get(struct store_txn *txn)
{
	struct retention retention = {.age = RETENTION_AGE, .size = RETENTION_SIZE};
	server_number(txn, SUBJECT, AGE, &retention.age);
	server_number(txn, SUBJECT, SIZE, &retention.size);
	return retention;
}

/* What was never set, and is not now, stays absent: an entry changes what it says. */
static void put_field(struct state_edit *rows, struct state_row_writer *row, const char *word,
		      uint64_t was, uint64_t is)
{
	uint64_t stored;
	if (was != is || server_number(rows->txn, SUBJECT, word, &stored))
		state_row_put_number(row, word, is);
}

void retention_put(struct state_edit *rows, const struct retention *retention)
{
	struct state_row_writer row = {.arena = rows->arena};
	struct retention old = retention_get(rows->txn);
	put_field(rows, &row, AGE, old.age, retention->age);
	put_field(rows, &row, SIZE, old.size, retention->size);
	server_put(rows, SUBJECT, &row);
}

uint64_t retention_share(uint64_t map_size)
{
	return map_size / 8 * 5;
}

static uint64_t retention_before(uint64_t now_us, uint64_t seconds)
{
	if (seconds > now_us / SECOND_US)
		return 0;
	return now_us - seconds * SECOND_US;
}

struct prune_rule retention_rule(struct store_txn *txn, uint64_t now_us, uint64_t map_size)
{
	struct retention retention = retention_get(txn);
	uint64_t share = retention_share(map_size);
	now_us = clock_state_believed_us(txn, now_us);
	return (struct prune_rule){
		.before_us = retention_before(now_us, retention.age),
		.bytes = retention.size < share ? retention.size : share,
		.keep_us = retention_before(now_us, bin_keeps(txn)),
	};
}
