/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The portable format: everything that a store holds as lines of JSON, version 1, specified in
 * doc/portable-format.md. For another version of LMDB, another machine, another program, or years.
 *
 * The reader takes bytes from outside: it bounds every line, checks what it reads, and writes into
 * a store that nobody else has open.
 */
#include "acl/store_key.h"
#include "vault/check.h"

#define PORTABLE_LINE_MAX (32u << 20)

struct portable_options {
	bool leaves_keys_out;              /* TSIG keys, whose secrets are sealed */
	const struct store_key *store_key; /* to go into the file; NULL: none */
	uint64_t now;                      /* seconds: when it is made */
};

/* One snapshot of the store, written from the descriptor's place on. False: `report->error`. */
bool portable_write(struct store *, int fd, const struct portable_options *, struct report *);

/*
 * Reads a file from the descriptor's place on into `store`, which must be empty; NULL only checks
 * it. Indexes are made at its end. Store keys of the file are added to `store_key` (NULL: they are
 * only checked). False: `report->error` names the line.
 */
bool portable_read(int fd, struct store *, struct store_key *, struct report *,
		   struct check_counts *);

/* Whether an open file begins as one of these; its place stays. */
bool portable_is(int fd);

/* Whether such a file says that it was made without TSIG keys; its place stays. */
bool portable_lacks_keys(int fd);
