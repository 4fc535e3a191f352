/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The audit trail: entries as events, one an RR change, with the ids that Windows administrators
 * know (log.md "Audit events") and our own names. Streams; never holds more than one entry.
 */
#include "journal/journal.h"
#include <jansson.h>

struct audit_filter {
	bool has_zone, has_name, has_under;
	struct dns_name zone, name, under;
	const char *principal;       /* NULL: any; may hold `*` patterns */
	const char *event;           /* "record-register", "519", "update-denied"; NULL: any */
	uint64_t since_us, until_us; /* 0: open; both ends are within */
	uint64_t after_seq;          /* only entries above it: to resume, to follow */
	bool denied_only;
	uint64_t limit; /* the newest so many events; 0: all */
};

/* One event, in the words that the CLI prints and programs read. json_incref it to keep it. */
typedef void audit_emit(void *context, json_t *event);

/*
 * Oldest first. `name` and `under` match a change's name, and the name that a setting or a denial
 * is about. The beginning and the end of a span of time are found by search, not by reading all: a
 * clock that was wrong by more than an hour can hide entries of that time from a search by time.
 * The transaction's error says whether the walk was whole.
 */
void audit_walk(struct store_txn *, const struct audit_filter *, audit_emit *, void *context);

/* All event names, for help, "did you mean" and tests; ends with a NULL name. */
struct audit_event {
	const char *name;
	unsigned windows_id; /* 0: ours alone */
};
const struct audit_event *audit_events(void);
