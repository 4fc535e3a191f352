/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Counts TCP connections, in all and of each client address, and enforces their limits. The readers
 * share one value, so the limits hold for all of them together. An IPv6 address counts as its /64,
 * all of which one client may have. Any thread.
 */
#include "base/addr.h"
#include <stdbool.h>

struct connection_limits;

enum connection_limits_outcome {
	CONNECTION_LIMITS_IN,           /* counted */
	CONNECTION_LIMITS_FULL,         /* as many as there may be in all */
	CONNECTION_LIMITS_ADDRESS_FULL, /* as many as one address may have */
};

struct connection_limits *connection_limits_new(size_t limit, size_t limit_per_address);
void connection_limits_free(struct connection_limits *);

/* Whether the two count as one address. */
bool connection_limits_is_same(const struct addr *, const struct addr *);

/* Counts a connection from this address, whose port is ignored, if the limits allow it. */
enum connection_limits_outcome connection_limits_enter(struct connection_limits *,
						       const struct addr *);
/* Removes a connection that was counted. */
void connection_limits_leave(struct connection_limits *, const struct addr *);
size_t connection_limits_count(struct connection_limits *);
