/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How long the log is kept: by age, by size, and never less than the bin keeps (journal/bin.h).
 * Settings of the server, in STORE_META; who asks and who prunes is vault/log_maintenance.h.
 */
#include "journal/prune.h"
#include "journal/state.h"

#define RETENTION_AGE  (400ull * 86400)
#define RETENTION_SIZE (10ull << 30)
#define RETENTION_NONE UINT64_MAX

struct retention {
	uint64_t age;  /* seconds; RETENTION_NONE: any */
	uint64_t size; /* bytes; RETENTION_NONE: any */
};

struct retention retention_get(struct store_txn *);
/* For an entry of the log. */
void retention_put(struct state_edit *, const struct retention *);

/* So much of a map of that size the log may take, whatever the setting: the zones must fit beside
 * it, and refusals are written only while a quarter is free (store_is_filling). */
uint64_t retention_share(uint64_t map_size);

/* What must go now, by the time that may be believed (journal/clock_state.h). */
struct prune_rule retention_rule(struct store_txn *, uint64_t now_us, uint64_t map_size);
