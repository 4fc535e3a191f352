/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The deletion of a zone by a command: in one transaction, or where it is large out of service at
 * once and then in parts (zonedb/removal_parts.h).
 */
#include "admin/at.h"

struct zone_deletion {
	struct dns_name apex;
	uint64_t run; /* 0: it is done in one transaction */
	struct command_zone_count counts;
	bool is_gone;
};

/* What the zone holds. Any thread, with its own transaction. */
struct command_zone_count zone_del_count(struct store_txn *, const struct zone *);

/* Deletes the zone, or takes it out of service; then `run` is set, and zone_del_rest does the rest.
 * Writer's thread. */
void zone_del_in(struct call *, struct store_txn *, struct zone *, struct zone_deletion *);

/* Deletes the records of a zone that is out of service. CALL_FAILED: that goes on later. The thread
 * of the call. */
enum call_code zone_del_rest(struct call *, struct zone_deletion *);
