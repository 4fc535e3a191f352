/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How many TCP connections there are, in all and of each client address: shared by the readers,
 * so that the limits hold whichever thread the kernel gives a connection to. Any thread.
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

/* Whether ports are the same does not matter. */
enum connection_limits_outcome connection_limits_enter(struct connection_limits *,
						       const struct addr *);
/* One that was counted is gone. */
void connection_limits_leave(struct connection_limits *, const struct addr *);
size_t connection_limits_count(struct connection_limits *);
