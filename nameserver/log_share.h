/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How much of the change log the updates of each client wrote within a day, against the setting
 * `principal-size` (journal/retention.h): the log is pruned by its size, so without a bound whoever
 * has one key ends the history of all others in minutes. A client is a principal, its acting group,
 * or the address or /56 of unsigned updates.
 *
 * What was written becomes less evenly, by the bound in a day. A fixed table in memory, empty after
 * a start; where it is full, who wrote least gives way. The writer's thread adds; any thread reads.
 */
#include "journal/retention.h"
#include "zonedb/owned_names.h"

struct log_shares;
struct log_shares *log_shares_new(void);
void log_shares_free(struct log_shares *);

/* The bound in bytes a day as the settings say, for a store whose log takes at most so many bytes:
 * at most a tenth of these, but not less than 64 MiB. `is_host`: of a host or an unsigned client
 * that no rule names (acl/policy_limit.h), a sixteenth, but not less than 64 MiB. RETENTION_NONE:
 * there is none. Pure. */
uint64_t log_share_day(const struct retention *, uint64_t log_most, bool is_host);

/* "12 MiB", or "900 KiB"; in the arena. */
const char *log_share_text(struct arena *, uint64_t bytes);

struct log_share_of {
	struct names_owner client;
	uint64_t day; /* log_share_day; not RETENTION_NONE */
	uint64_t now_us;
};
/* The bytes that count now. */
uint64_t log_shares_spent(struct log_shares *, const struct log_share_of *);
/* Adds what an entry took. */
void log_shares_add(struct log_shares *, const struct log_share_of *, uint64_t bytes);

/* Calls `each` for each client of which bytes count, with these and its bound. */
void log_shares_each(struct log_shares *, uint64_t now_us,
		     void (*each)(void *context, const struct log_share_of *, uint64_t bytes),
		     void *context);
