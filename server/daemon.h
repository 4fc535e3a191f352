/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The daemon: the core, its readers and its control socket, from start to stop. Main thread.
 */
#include "server/settings.h"

struct daemon;

/* Long enough for the sentence of any part. */
#define DAEMON_ERROR_MAX 1024

struct daemon_options {
	const struct settings *settings;
	uint64_t hand_clock_us; /* not 0: time stands still */
};

/*
 * Binds, drops privileges, opens the store, begins to answer, and tells the service manager. NULL:
 * `error` is a sentence for the operator.
 */
struct daemon *daemon_start(const struct daemon_options *, char error[DAEMON_ERROR_MAX]);

/* Runs until SIGTERM, SIGINT, or `tenurectl stop`; then stops and frees. */
void daemon_run(struct daemon *);
