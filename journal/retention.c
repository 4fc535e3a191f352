/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/retention.h"
#include "journal/bin.h"
#include "journal/clock_state.h"
#include "journal/state_server.h"

#define SUBJECT   "retention"
#define AGE       "age"
#define SIZE      "size"
#define SECOND_US 1000000ull

#define REFUSAL_AGE  "refusal-age"
#define REFUSAL_SIZE "refusal-size"

#define PRINCIPAL_SIZE "principal-size"

struct retention retention_get(struct store_txn *txn)
{
	struct retention retention = {.age = RETENTION_AGE,
				      .size = RETENTION_SIZE,
				      .refusal_age = RETENTION_REFUSAL_AGE,
				      .refusal_size = RETENTION_REFUSAL_SIZE,
				      .principal_size = RETENTION_PRINCIPAL_SIZE};
	server_number(txn, SUBJECT, AGE, &retention.age);
	server_number(txn, SUBJECT, SIZE, &retention.size);
	server_number(txn, SUBJECT, REFUSAL_AGE, &retention.refusal_age);
	server_number(txn, SUBJECT, REFUSAL_SIZE, &retention.refusal_size);
	server_number(txn, SUBJECT, PRINCIPAL_SIZE, &retention.principal_size);
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
	put_field(rows, &row, REFUSAL_AGE, old.refusal_age, retention->refusal_age);
	put_field(rows, &row, REFUSAL_SIZE, old.refusal_size, retention->refusal_size);
	put_field(rows, &row, PRINCIPAL_SIZE, old.principal_size, retention->principal_size);
	server_put(rows, SUBJECT, &row);
}

uint64_t retention_share(enum journal_log log, uint64_t map_size)
{
	return log == JOURNAL_CHANGES ? map_size / 8 * 5 : map_size / 32;
}

static uint64_t retention_before(uint64_t now_us, uint64_t seconds)
{
	if (seconds > now_us / SECOND_US)
		return 0;
	return now_us - seconds * SECOND_US;
}

struct prune_rule retention_rule(struct store_txn *txn, enum journal_log log, uint64_t now_us,
				 uint64_t map_size)
{
	struct retention retention = retention_get(txn);
	uint64_t share = retention_share(log, map_size);
	bool is_changes = log == JOURNAL_CHANGES;
	uint64_t age = is_changes ? retention.age : retention.refusal_age;
	uint64_t size = is_changes ? retention.size : retention.refusal_size;
	now_us = clock_state_believed_us(txn, now_us);
	return (struct prune_rule){
		.log = log,
		.before_us = retention_before(now_us, age),
		.bytes = size < share ? size : share,
		.keep_us = is_changes ? retention_before(now_us, bin_keeps(txn)) : UINT64_MAX,
	};
}
