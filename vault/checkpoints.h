/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Has the head of the log's chain signed (acl/checkpoint.h), every so many entries and at least
 * every so long while anything is logged: into the store, and as a line behind a file outside of
 * it, and into the operator's log, which may be on another machine. Its thread.
 */
#include "acl/checkpoint.h"
#include "store/store.h"

struct checkpoints;
struct clock;
struct writer;

struct checkpoints_options {
	const char *key;  /* the private key's file; NULL: nothing is signed */
	const char *file; /* lines go there; NULL: the key's path with ".checkpoints" behind it */
	uint64_t seconds, entries; /* 0: the defaults */
	/* Outlive the checkpoints. */
	struct store *store;
	struct writer *writer;
	struct clock *clock;
};
#define CHECKPOINTS_SECONDS 3600
#define CHECKPOINTS_ENTRIES 10000

/* NULL without a key, or with `error`. A log that is not the one whose head stands in the file is
 * said to the operator. */
struct checkpoints *checkpoints_open(const struct checkpoints_options *,
				     char error[STORE_ERROR_MAX]);
void checkpoints_close(struct checkpoints *);

/* Signs, if it is time; `is_last`: if anything was logged since. NULL: nothing to do. */
void checkpoints_look(struct checkpoints *, bool is_last);

/* The public key, as PEM; NULL: nothing is signed. */
const char *checkpoints_public(const struct checkpoints *);
