/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A store in a folder of its own under $TMPDIR, gone when the test frees it. Asserts what fails.
 */
#include "store/store.h"

struct tempstore {
	char path[128];
	struct store *store;
	uint64_t map_size;
};

/* `map_size` 0: 64 MiB, which is enough for most tests. */
void tempstore_open(struct tempstore *, uint64_t map_size);

/* Closes and opens it again, as a restart does. */
void tempstore_restart(struct tempstore *);

void tempstore_close(struct tempstore *);

/* Closes it if it is open, and removes the folder. */
void tempstore_free(struct tempstore *);
