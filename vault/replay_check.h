/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Checks that a store's log makes its state: replays the log into an empty store, or if it was
 * pruned onto a backup, and compares the digests of state (zonedb/state_digest.h). No other process
 * may have the store open; it is only read. The replayed store is made in a folder in $TMPDIR or
 * /tmp, and removed. One thread.
 */
#include "base/digest.h"
#include "vault/report.h"

struct replay_check_options {
	const char *data; /* the data folder */
	int fd;           /* of the backup, which the caller opened; -1: none */
	const char *file; /* its name; NULL: none */
};

struct replay_check_result {
	/* The log begins later than the backup, or the empty store, ends; or with entries of
	 * format 1. */
	bool is_pruned;
	bool is_same;
	uint64_t seq, replayed; /* the last entry; how many were replayed */
	uint8_t digest[DIGEST_LEN], replayed_digest[DIGEST_LEN];
	/* The first lines that differ, which the caller frees; NULL: one has no more lines. */
	char *line, *replayed_line;
};

/* Makes the check. False: it could not be made, and `report->error` says why; `is_pruned` may be
 * set. */
bool replay_check(const struct replay_check_options *, struct report *,
		  struct replay_check_result *);
