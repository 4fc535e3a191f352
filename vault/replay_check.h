/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whether a store's state is what its log makes: the log is replayed, into an empty store if it is
 * whole, else onto a backup from which it goes on, and the digests of state are compared
 * (zonedb/state_digest.h). For a store that nobody has open; it is not written to. The store that
 * is made lies in a folder of its own in $TMPDIR or /tmp, and goes.
 */
#include "base/digest.h"
#include "vault/report.h"

struct replay_check_options {
	const char *data; /* the data folder */
	int fd;           /* of the backup, opened by who may read it; -1: none */
	const char *file; /* its name; NULL: none */
};

struct replay_check_result {
	bool is_pruned; /* the log begins later than the backup, or the empty store, ends */
	bool is_same;
	uint64_t seq, replayed; /* the last entry; how many were replayed */
	uint8_t digest[DIGEST_LEN], replayed_digest[DIGEST_LEN];
	/* The first lines that differ, on the heap; NULL: the one has no more. */
	char *line, *replayed_line;
};

/* False: `report->error`, also where `is_pruned`. */
bool replay_check(const struct replay_check_options *, struct report *,
		  struct replay_check_result *);
