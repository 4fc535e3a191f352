/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How full the store is: its map, and the disk that it lies on. A warning from STORE_FILL_WARNS on,
 * or when the disk will be full before the map.
 */
#include "store/store.h"

#define STORE_FILL_WARNS    80 /* percent of the map */
#define STORE_FILL_TEXT_MAX 256

struct store_fill {
	unsigned percent;     /* of the map that is in use */
	uint64_t used, size;  /* bytes */
	uint64_t disk_free;   /* bytes that the daemon's user may still take */
	bool is_map, is_disk; /* a warning is due about it */
};

void store_fill_get(struct store *, struct store_fill *);

/* The warning as a sentence. False: there is none. */
bool store_fill_text(const struct store_fill *, char out[STORE_FILL_TEXT_MAX]);

/* Writes the warning into the operator's log when it becomes due: once, until it is over. To be
 * called from time to time, by one thread; `was` is what the last call left there, at first zero.
 */
void store_fill_look(struct store *, struct store_fill *was);
