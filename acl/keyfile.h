/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads and writes BIND's key files, which `tsig-keygen` and `ddns-confgen` write and `nsupdate -k`
 * reads:
 *
 *      key "kea-ddns" {
 *              algorithm hmac-sha256;
 *              secret "R3HI8P6BKw9ZwXwN3VZKuQ==";
 *      };
 *
 * White space and comments (#, //, C) may stand anywhere. Other statements of named.conf are
 * ignored. Pure; any thread.
 */
#include "acl/keyring.h"

#define KEYFILE_TEXT_MAX  4096 /* what keyfile_print may need */
#define KEYFILE_ERROR_MAX 256

/*
 * Reads a text with at least one and at most `cap` keys into `keys`, with `created` 0; `*count` is
 * how many. False: `error` is as "line 3, column 12: secret is not base64", and `keys` holds no
 * secret. An error never quotes a secret.
 */
bool keyfile_parse(const char *text, size_t len, struct keyring_key *keys, size_t cap,
		   size_t *count, char error[KEYFILE_ERROR_MAX]);

/* Writes a key as the text of a file, ended by NUL. Returns its length. The caller wipes it. */
size_t keyfile_print(const struct keyring_key *, char out[KEYFILE_TEXT_MAX]);
