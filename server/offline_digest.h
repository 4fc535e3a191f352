/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The commands `digest` and `check --replay` for a store that no daemon has open. The main thread.
 */
#include "admin/call.h"
#include "vault/report.h"

#define OFFLINE_DIGEST "digest"

/* Runs `digest --data DIR [--at seq:N] [--lines] [--json]`. Returns the exit code. */
int offline_digest(int argc, char **argv);

/*
 * Checks that the log of the store in `data` makes its state (vault/replay_check.h), and prints the
 * result. `fd` is the backup onto which the log is replayed and `from` its name, or they are -1 and
 * NULL. Returns the exit code; if the check could not be made, `report->error` says why.
 */
enum call_code offline_replay(const char *data, const char *from, int fd, bool is_json,
			      struct report *);
