/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * BIND's key files, as `tsig-keygen` and `ddns-confgen` write them and `nsupdate -k` reads them:
 *
 *      key "kea-ddns" {
 *              algorithm hmac-sha256;
 *              secret "R3HI8P6BKw9ZwXwN3VZKuQ==";
 *      };
 *
 * White space and comments (#, //, C) may stand anywhere; other statements of named.conf are passed
 * over. Pure; any thread.
 */
#include "acl/keyring.h"

#define KEYFILE_TEXT_MAX  4096 /* what keyfile_print may need */
#define KEYFILE_ERROR_MAX 256

/*
 * Reads text that holds at least one and at most `cap` keys; `*count` keys are in `keys`, with
 * `created` = 0. True; or false with `error` = "line 3, column 12: secret is not base64", and no
 * key left in `keys`. The error never quotes a secret.
 */
bool keyfile_parse(const char *text, size_t len, struct keyring_key *keys, size_t cap,
		   size_t *count, char error[KEYFILE_ERROR_MAX]);

/* The key as a file's text, NUL-ended; returns its length. The caller wipes it. */
size_t keyfile_print(const struct keyring_key *, char out[KEYFILE_TEXT_MAX]);
