/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/retention.h"
#include "journal/bin.h"

#define AGE_WORD  "retention-age"
#define SIZE_WORD "retention-size"
#define SECOND_US 1000000ull

struct retention retention_get(struct store_txn *txn)
{
	struct retention retention = {.age = store_number(txn, AGE_WORD),
				      .size = store_number(txn, SIZE_WORD)};
	if (!retention.age)
		retention.age = RETENTION_AGE;
	if (!retention.size)
		retention.size = RETENTION_SIZE;
	return retention;
}

void retention_set(struct store_txn *txn, const struct retention *retention)
{
	store_set_number(txn, AGE_WORD, retention->age);
	store_set_number(txn, SIZE_WORD, retention->size);
}

uint64_t retention_share(uint64_t map_size)
{
	return map_size / 8 * 5;
}

static uint64_t before(uint64_t now_us, uint64_t seconds)
{
	if (seconds > now_us / SECOND_US)
		return 0;
	return now_us - seconds * SECOND_US;
}

struct prune_rule retention_rule(struct store_txn *txn, uint64_t now_us, uint64_t map_size)
{
	struct retention retention = retention_get(txn);
	uint64_t share = retention_share(map_size);
	return (struct prune_rule){
		.before_us = before(now_us, retention.age),
		.bytes = retention.size < share ? retention.size : share,
		.keep_us = before(now_us, bin_keeps(txn)),
	};
}
