/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The daemon: starts and stops the core, its readers, its control socket, the live export and
 * NOTIFY. One daemon in a process; the thread that starts it blocks its signals.
 */
#include "server/reload.h"

struct daemon;

/* Long enough for the error of any part. */
#define DAEMON_ERROR_MAX 1024

struct daemon_options {
	const struct settings *settings;
	uint64_t hand_clock_us; /* not 0: a clock that stands at this time (--clock) */
	bool keeps_old_store;   /* when it is migrated (--keep-old-store) */
	reload_gather *gather;  /* reads the settings again (server/reload.h); NULL: nobody does */
	void *context;          /* of it */
};

/*
 * Binds the sockets, gives up the rights of root, opens the store and starts all threads. The
 * settings must remain valid. NULL: `error` is a sentence for the operator, and nothing is left.
 */
struct daemon *daemon_start(const struct daemon_options *, char error[DAEMON_ERROR_MAX]);

/* Notifies the service manager and waits for SIGTERM, SIGINT or `tenurectl stop`; then ends all
 * threads and frees the daemon. At SIGHUP it reads the configuration again. */
void daemon_run(struct daemon *);
