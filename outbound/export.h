/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The live export: the log's events on their way to others, in order, each at least once. Each sink
 * (outbound/sink.h) has a thread that reads the log behind everybody's back: nothing waits for it,
 * it holds a snapshot only while it reads, and what is not yet sent stands in the log, not in
 * memory.
 *
 * A sink's cursor is the seq up to which everything was taken. It is stored, so that a restart goes
 * on from there; what was sent and not known to be taken is sent again.
 */
#include "nameserver/core.h"

#define EXPORTS_MAX       3
#define EXPORT_TARGET_MAX 256
#define EXPORT_ERROR_MAX  512

struct exports;

/* Where events go; NULL or empty: not there. Copied. */
struct exports_options {
	const char *file, *socket;          /* paths */
	const char *syslog;                 /* a URL that sink_parse_url takes */
	const char *ca, *certificate, *key; /* of TLS, as struct sink_options has them */
};

/* Begins what the options ask for; none: nothing. */
struct exports *exports_start(struct core *, const struct exports_options *);
/* Ends the threads and stores the cursors. While the writer runs. */
void exports_stop(struct exports *);

/* How a sink stands. Any thread. */
struct export_status {
	const char *name;               /* file, socket, syslog: the cursor's */
	char target[EXPORT_TARGET_MAX]; /* as the settings say it */
	bool is_open;
	uint64_t sent, taken;            /* seq up to which */
	uint64_t events, failures, lost; /* lost: entries that were pruned, or damaged, unsent */
	char error[EXPORT_ERROR_MAX];    /* of the last failure; empty: there was none */
};
size_t exports_count(const struct exports *);
void exports_status(struct exports *, size_t index, struct export_status *);
