/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Until when the certificates of a file in PEM are good. Any thread.
 */
#include <stdbool.h>
#include <stdint.h>

#define CERTIFICATES_MAX 1024 /* that are looked at; files of the system have some 150 */

/*
 * When the first of the file's certificates ends, seconds since 1970. Those that have ended by
 * `now` do not count beside others that have not: files of trusted certificates keep old ones.
 * False: the file cannot be read, or holds none.
 */
bool certificate_end(const char *path, uint64_t now, uint64_t *end);
