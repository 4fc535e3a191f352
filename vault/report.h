/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A report of the work on a store: findings, which are counted and given to a function, or an
 * error. One thread.
 */
#include "base/arena.h"
#include "store/store.h"

/* Something that is wrong in a store. A text that does not apply is NULL. */
struct finding {
	const char *table, *zone, *name, *what;
	bool is_repairable; /* `check --repair-indexes` repairs it */
};

struct report {
	void (*found)(void *context, const struct finding *); /* may be NULL */
	void *context;
	uint64_t findings, repairable;
	/* Why the work could not be done, a sentence. */
	char error[STORE_ERROR_MAX];
};

/* Counts a finding and calls `found` with it. */
void report_find(struct report *, const struct finding *);

/* Sets `error`. Returns false. */
bool report_fail(struct report *, const char *format, ...) __attribute__((format(printf, 2, 3)));
