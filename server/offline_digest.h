/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* digest, and check --replay, of a store that no daemon has open. */
#include "admin/call.h"
#include "vault/report.h"

#define OFFLINE_DIGEST "digest"

/* `tenured digest --data DIR [--at seq:N] [--lines] [--json]`; the words behind `tenured`. */
int offline_digest(int argc, char **argv);

/*
 * Whether the log of the store in `data` makes its state (vault/replay_check.h). `from` is the
 * backup's name and `fd` the backup, or NULL and -1. Prints what it found; what could not be done
 * is in `report->error`.
 */
enum call_code offline_replay(const char *data, const char *from, int fd, bool is_json,
			      struct report *);
