/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Owners that have never refreshed a record (zonedb/zone_owner.h), though records of theirs are
 * older than no-refresh and a day (or refresh, if that is less): automation such as certbot, lego,
 * external-dns and Terraform registers once and does not come again. Where a zone ages, what they
 * registered goes.
 */
#include "admin/command.h"
#include "scavenger/plan.h"

#define IDLE_OWNERS_MAX 32

struct idle_owners {
	size_t count;
	struct {
		uint32_t id;
		uint64_t records;
	} owner[IDLE_OWNERS_MAX];
	uint64_t others; /* records of more owners than these */
};

/* Counts a record of a plan at `now`, if its owner is one. */
void idle_owners_add(struct idle_owners *, struct store_txn *, const struct zone *,
		     const struct plan_item *, uint64_t now);
/* Warns of each. */
void idle_owners_warn(struct call *, const struct zone *, const struct idle_owners *);

/* Why the zone may not be aged without a question: such owners hold records in it. A text in the
 * call's arena; NULL: there are none. */
const char *idle_owners_problem(struct call *, const struct zone *);
/* Whether the zone may be aged without a question: CALL_FAILED if such owners hold records in it,
 * and the argument `yes` is not set. */
enum call_code idle_owners_ask(struct call *, const struct zone *);
