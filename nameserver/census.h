/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How many TCP connections there are, in all and of each client address: shared by the readers,
 * so that the limits hold whichever thread the kernel gives a connection to. Any thread.
 */
#include "base/addr.h"
#include <stdbool.h>

struct census;

enum census_outcome {
	CENSUS_IN,           /* counted */
	CENSUS_FULL,         /* as many as there may be in all */
	CENSUS_ADDRESS_FULL, /* as many as one address may have */
};

struct census *census_new(size_t limit, size_t limit_per_address);
void census_free(struct census *);

/* Whether ports are the same does not matter. */
enum census_outcome census_enter(struct census *, const struct addr *);
/* One that was counted is gone. */
void census_leave(struct census *, const struct addr *);
size_t census_count(struct census *);
