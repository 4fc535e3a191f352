/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The settings of retention, an age and a size for the change log and the same for each log of
 * refusals, how much of it a client may write in a day (nameserver/log_share.h), and the rule for
 * pruning that follows from them and, for the change log, from the bin (journal/bin.h).
 * vault/log_maintenance.h prunes by it.
 */
#include "journal/prune.h"
#include "journal/state.h"

#define RETENTION_AGE  (400ull * 86400)
#define RETENTION_SIZE (10ull << 30)
#define RETENTION_NONE UINT64_MAX

#define RETENTION_PRINCIPAL_SIZE (1ull << 30)

#define RETENTION_REFUSAL_AGE  (30ull * 86400)
#define RETENTION_REFUSAL_SIZE (256ull << 20)

struct retention {
	uint64_t age;  /* seconds; RETENTION_NONE: any */
	uint64_t size; /* bytes; RETENTION_NONE: any */
	/* The same of each log of refusals. */
	uint64_t refusal_age, refusal_size;
	uint64_t principal_size; /* bytes a day of a client's updates; RETENTION_NONE: any */
};

struct retention retention_get(struct store_txn *);
/* Sets the settings, for an entry of the log. Writer's thread. */
void retention_put(struct state_edit *, const struct retention *);

/* How many bytes the log may take in a map of this size, whatever the setting: the zones need room
 * too, and refusals are written only while a quarter is free (store_is_filling). */
uint64_t retention_share(enum journal_log, uint64_t map_size);

/* The entries of the log that are to be pruned now, judged by the time that can be trusted
 * (journal/clock_state.h). */
struct prune_rule retention_rule(struct store_txn *, enum journal_log, uint64_t now_us,
				 uint64_t map_size);
