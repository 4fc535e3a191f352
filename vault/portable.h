/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The portable format: everything that a store holds as lines of JSON, version 2, specified in
 * doc/portable-format.md, for other versions, machines and programs. Version 1, of tenure 0.1.0, is
 * read too (vault/portable_first.h).
 *
 * The reader takes bytes from outside: it bounds each line and checks what it reads. It writes into
 * a store that no other process has open. One thread.
 */
#include "acl/store_key.h"
#include "vault/check.h"

#define PORTABLE_LINE_MAX (32u << 20)
#define PORTABLE_FIRST    1 /* the version that 0.1.0 wrote */

struct portable_options {
	bool leaves_keys_out;              /* TSIG keys, whose secrets are sealed */
	bool leaves_local_out;             /* refusals, and other local state */
	const struct store_key *store_key; /* to go into the file; NULL: none */
	uint64_t now;                      /* seconds: when it is made */
};

/* Writes one snapshot of the store, from the descriptor's position on. False: `report->error` says
 * why. */
bool portable_write(struct store *, int fd, const struct portable_options *, struct report *);

/*
 * Reads a file from the descriptor's position on into `store`, which must be empty, and makes the
 * indexes; with NULL it only checks the file. Store keys of the file are added to `store_key`, or
 * with NULL only checked. Secrets of a file of version 1 are sealed by `store_key`, which needs a
 * key then, and the caller states the rows (vault/restate.h). False: `report->error` names the
 * line.
 */
bool portable_read(int fd, struct store *, struct store_key *, struct report *,
		   struct check_counts *);

/* Whether an open file begins as a portable backup. Its position does not change. */
bool portable_is(int fd);

/* When such a file was made, as it says; NULL: it does not, or no time is there. The arena's. Its
 * position does not change. */
const char *portable_made(int fd, struct arena *);
/* Whether such a file was made without TSIG keys. Its position does not change. */
bool portable_lacks_keys(int fd);

/* Whether it is of version 1. Its position does not change. */
bool portable_is_first(int fd);
