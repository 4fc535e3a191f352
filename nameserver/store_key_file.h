/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The file of store keys (acl/store_key.h) of a running server: reads it at the start, makes it if
 * there is none and the store has no TSIG keys, and reports keys that cannot be unsealed. A server
 * without the file starts and serves, but refuses what those keys sign.
 */
#include "acl/keyring.h"

struct core;

#define STORE_KEY_FILE_TEXT_MAX (STORE_KEY_ERROR_MAX + 256)

/* Reads or makes the file. Never NULL. `problem` is "", or says why the file could not be read or
 * made; then nothing can be sealed. A file that exists, or that keys need, is never made again. */
struct store_key *store_key_file_open(struct store *, const char *folder,
				      char problem[STORE_KEY_ERROR_MAX]);

/* Writes what is wrong, a sentence. False: nothing is. */
bool store_key_file_problem(const struct core *, const struct keyring *,
			    char out[STORE_KEY_FILE_TEXT_MAX]);
/* Logs what is wrong, at the start of the server. */
void store_key_file_warn(struct core *);
