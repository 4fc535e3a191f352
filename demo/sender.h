/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* A client that sends signed updates, as nsupdate does, by the clock of the story. One thread. */
#include <stdbool.h>
#include <stdint.h>

#define SENDER_ERROR_MAX 1024

struct sender {
	uint16_t port;        /* of the server at 127.0.0.1 */
	uint64_t now;         /* seconds since 1970 */
	const char *key_path; /* a file of `key generate` */
};

/* Sends the updates of the text (dns/nsupdate.h) to the zone corp.example, signed. `*rcode` is that
 * of the last answer, whose signature was verified. False: `error` says what went wrong. */
bool sender_send(const struct sender *, const char *text, unsigned *rcode,
		 char error[SENDER_ERROR_MAX]);
