/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Names that updates brought near a limit of their zone (max-records, max-types, max-name-bytes):
 * at 80 % or more. `status` names them, with who did it, before a message is refused. What is near
 * max-names is read from the store (zonedb/owned_names.h), and is not here.
 *
 * A fixed table in memory, empty after a start; where it is full the oldest gives way. What it says
 * was so when the update was made; whoever shows it looks at the name as it is now. The writer's
 * thread adds, once an update is committed; any thread reads.
 */
#include "acl/policy.h"
#include "journal/entry.h"
#include "zonedb/zone.h"

#define NEAR_LIMITS         64
#define NEAR_LIMITS_PERCENT 80

struct near_limit {
	enum policy_reason which; /* POLICY_MANY_RECORDS, _TYPES or _BYTES; 0: none */
	uint32_t zone_id;
	uint16_t type; /* of MANY_RECORDS */
	struct dns_name name;
	char principal[ENTRY_PRINCIPAL_MAX]; /* who made it grow last */
};

/* Whether so many are near a limit; 0 is no limit. */
static inline bool near_limits_is_near(uint64_t value, uint64_t limit)
{
	return limit && value * 100 >= limit * NEAR_LIMITS_PERCENT;
}

struct near_limits;
struct near_limits *near_limits_new(void);
void near_limits_free(struct near_limits *);
void near_limits_add(struct near_limits *, const struct near_limit *);
/* Copies them, the newest first; returns how many. */
size_t near_limits_list(struct near_limits *, struct near_limit out[NEAR_LIMITS]);
