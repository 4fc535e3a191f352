/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The file of store keys (acl/store_key.h) of a running server: read when it starts, made when a
 * store without TSIG keys has none, and what is said where keys cannot be unsealed. A server that
 * misses it starts all the same, and serves; what those keys sign is refused.
 */
#include "acl/keyring.h"

struct core;

#define STORE_KEY_FILE_TEXT_MAX (STORE_KEY_ERROR_MAX + 256)

/* Never NULL. `problem` is "", or says why the file could not be read or made; then nothing can be
 * sealed. A file that cannot be read, or that keys need, is never made anew. */
struct store_key *store_key_file_open(struct store *, const char *folder,
				      char problem[STORE_KEY_ERROR_MAX]);

/* What is wrong, for people. False: nothing. */
bool store_key_file_problem(const struct core *, const struct keyring *,
			    char out[STORE_KEY_FILE_TEXT_MAX]);
/* The same as a line of the server's log, when it starts. */
void store_key_file_warn(struct core *);
