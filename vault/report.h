/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What the vault finds and says, while it works on a store that nobody else has open. */
#include "base/arena.h"
#include "store/store.h"

/* One thing that is wrong. What does not apply is NULL. */
struct finding {
	const char *table, *zone, *name, *what;
	bool is_repairable; /* --repair-indexes makes it good */
};

struct report {
	void (*found)(void *context, const struct finding *); /* may be NULL */
	void *context;
	uint64_t findings, repairable;
	/* Why something could not be done at all, as a sentence. */
	char error[STORE_ERROR_MAX];
};

/* Counts and tells a finding. */
void report_find(struct report *, const struct finding *);

/* Puts the sentence into `error`; returns false. */
bool report_fail(struct report *, const char *format, ...) __attribute__((format(printf, 2, 3)));
