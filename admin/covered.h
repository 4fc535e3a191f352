/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Names of a zone that a zone below it covers when it is made or comes back: they are answered no
 * more. They are shown, and left or moved, as the arguments `yes` and `move-names` say. What
 * belongs to the zone above stays there: NS and DS at the lower zone's name, and the addresses of
 * the name servers that the NS name. So does what lies in a third zone of this server.
 */
#include "admin/command.h"

/* Looks whether a zone above holds such names. CALL_USAGE: it does, and neither argument was given;
 * then they are warned of, each with its owner and who sent it last, when the call's own snapshot
 * is asked. Reads only. */
enum call_code command_covered_ask(struct call *, struct store_txn *, const struct dns_name *apex);

/* CALL_FAILED: a zone below `zone`, which is here too, answers for the name, so that a record there
 * would be written and never found; clients get NOTZONE. The delegation and its glue are of `zone`.
 * Writer's thread, or a plan's. */
enum call_code command_covered_refuse(struct call *, struct store_txn *, const struct zone *,
				      const struct dns_name *, uint16_t type);

/* Warns of records of the zone at `apex` that zones below it, which are here too, answer for: an
 * import writes all of a file. Looks at the store as it is now. */
void command_covered_warn(struct call *, const struct dns_name *apex);

/* How many records the zone above holds that the zone at `apex` covers, in the call's snapshot. */
uint64_t command_covered_count(struct call *, const struct dns_name *apex);

/* Lists the records that the zone above holds and the zone at `apex` would cover, as rows that
 * `what` says are moved, or covered. Returns how many would be moved; where the argument
 * `move-names` is not set, it warns of them. */
uint64_t command_covered_plan(struct call *, const struct dns_name *apex);

struct covered_result {
	uint64_t moved, left; /* records; those left could not stand beside what the zone holds */
};

/*
 * Moves them into the zone, with owner, stamp, class, windows and TTL, and reservations with them,
 * where the argument `move-names` was given. The entries are of the run of `as`, which begins one
 * if it has none. Of a record that the zone has already the zone's stays. Writer's thread.
 */
void command_covered_move(struct call *, struct store_txn *, const struct zone *, struct entry *as,
			  struct covered_result *);

/* Says what was moved, behind what the call says. */
void command_covered_tell(struct call *, const struct covered_result *);
