/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Signs checkpoints (acl/checkpoint.h): the heads of the logs' chains, after a number of entries,
 * and after a time if anything was logged. A checkpoint goes into the store, as a line to the end
 * of a file outside of it, and into the operator's log, which may be on another machine. The thread
 * of vault/log_maintenance.h; checkpoints_public: any thread.
 */
#include "acl/checkpoint.h"
#include "store/store.h"

struct checkpoints;
struct clock;
struct writer;

struct checkpoints_options {
	const char *key;  /* the private key's file; NULL: nothing is signed */
	const char *file; /* for the lines; NULL: the key's path with ".checkpoints" behind it */
	uint64_t seconds, entries; /* 0: the defaults */
	/* These must outlive the checkpoints. */
	struct store *store;
	struct writer *writer;
	struct clock *clock;
};
#define CHECKPOINTS_SECONDS 3600
#define CHECKPOINTS_ENTRIES 10000

/* Reads the key and the file. Logs an error if a log is not the one of the file's last checkpoint,
 * or a warning if the store was put back from a backup since (journal/put_back.h). NULL: the
 * options name no key, or `error` says what is wrong. */
struct checkpoints *checkpoints_open(const struct checkpoints_options *,
				     char error[STORE_ERROR_MAX]);
void checkpoints_close(struct checkpoints *);

/* Signs a checkpoint if it is due; with `is_last` if anything was logged since the last. NULL is
 * allowed. */
void checkpoints_look(struct checkpoints *, bool is_last);

/* What came of checkpoints_now. */
enum checkpoints_outcome {
	CHECKPOINTS_SIGNED,
	CHECKPOINTS_NOTHING, /* nothing was logged since the last one */
	CHECKPOINTS_FAILED,  /* `error` says why; if there is a line, it is in the store */
};
/* Signs a checkpoint now if anything was logged since the last one, and copies the last one. Any
 * thread but the writer's. */
enum checkpoints_outcome checkpoints_now(struct checkpoints *, struct checkpoint *last,
					 char error[STORE_ERROR_MAX]);

/* Signs another statement than a checkpoint (acl/checkpoint.h checkpoint_sign_text). Any thread. */
void checkpoints_state(struct checkpoints *, const char *text, char out[CHECKPOINT_LINE_MAX]);
/* The last checkpoint as a line, ended by NUL. False: none was signed yet. Any thread. */
bool checkpoints_last(struct checkpoints *, char out[CHECKPOINT_LINE_MAX]);

/* What was wrong at the start with the log that the file's last checkpoint signed: a sentence,
 * valid as long as the checkpoints; NULL: nothing, or a checkpoint was asked for since. */
const char *checkpoints_trouble(struct checkpoints *);

/* Where the lines stand outside of the store. */
const char *checkpoints_path(const struct checkpoints *);

/* The public key as PEM, valid as long as the checkpoints; NULL if they are NULL. */
const char *checkpoints_public(const struct checkpoints *);
