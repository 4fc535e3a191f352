/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The live export: sends the events of the log to files and servers, in order, each at least once.
 * Each target has a sink (outbound/sink.h) and a thread that reads the log. No other thread waits
 * for it. It holds a snapshot only while it reads, and keeps in memory only the batch that it
 * sends.
 *
 * The cursor of a target is three seqs: of each log the last entry of which it has taken all
 * events. It is stored once a second at most. After a restart or a loss, the export begins behind
 * the cursor, so events may be sent twice. Each log is sent in its own order.
 */
#include "nameserver/core.h"

#define EXPORTS_MAX       3
#define EXPORT_TARGET_MAX 256
#define EXPORT_ERROR_MAX  512

struct exports;

/* The targets; NULL or empty: none. The texts are copied, but those of TLS must remain valid. */
struct exports_options {
	const char *file, *socket;          /* paths */
	const char *syslog;                 /* a URL that sink_parse_url takes */
	const char *ca, *certificate, *key; /* of TLS, as struct sink_options has them */
};

/* Starts a thread for each target. The caller frees by exports_stop. */
struct exports *exports_start(struct core *, const struct exports_options *);
/* Ends the threads and starts those of these targets; what a target had is sent on from its cursor.
 * The texts of the options before are not read any more. Any thread; waits for the threads' ends.
 */
void exports_change(struct exports *, const struct exports_options *);
/* Ends the threads, stores the cursors and frees. The writer's thread must still run. */
void exports_stop(struct exports *);

/* The state of a target. Any thread may ask for it. */
struct export_status {
	const char *name;               /* file, socket, syslog: the cursor's */
	char target[EXPORT_TARGET_MAX]; /* as the settings say it */
	bool is_open;
	struct journal_seqs sent, taken; /* the last entry of each log */
	uint64_t events, failures, lost; /* lost: entries that were pruned, or damaged, unsent */
	char error[EXPORT_ERROR_MAX];    /* of the last failure; empty: there was none */
};
/* Entries of the logs, whose heads are given, that it has yet to take. */
uint64_t export_status_behind(const struct export_status *, const struct journal_seqs *heads);
/* The files of TLS, in the arena; NULL: not set. False: nothing is sent by TLS. Any thread. */
bool exports_tls(struct exports *, struct arena *, const char **ca, const char **certificate);
size_t exports_count(struct exports *);
/* False: there are not so many any more. */
bool exports_status(struct exports *, size_t index, struct export_status *);
