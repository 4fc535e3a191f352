/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * TLS towards a syslog server (RFC 5425), over a connected socket that does not block. The server's
 * certificate must be signed by someone who is trusted, and be for the host. TLS 1.2 at least.
 */
#include "base/bytes.h"
#include <stdbool.h>

#define TLS_ERROR_MAX 512

struct tls_options {
	const char *host;              /* a name, or an address */
	const char *ca;                /* a file of certificates; NULL: those of the system */
	const char *certificate, *key; /* ours, PEM files; NULL: none */
};

enum tls_said { TLS_DONE, TLS_WANTS_READ, TLS_WANTS_WRITE, TLS_FAILED };

struct tls;

/* The socket stays the caller's. NULL: `error` says why. */
struct tls *tls_new(int fd, const struct tls_options *, char error[TLS_ERROR_MAX]);
void tls_end(struct tls *);

enum tls_said tls_handshake(struct tls *, char error[TLS_ERROR_MAX]);
/* `*taken` bytes were taken; the same bytes must be given again if it was none. */
enum tls_said tls_write(struct tls *, struct bytes, size_t *taken, char error[TLS_ERROR_MAX]);
/* Reads and forgets what the peer says. True: it ended the connection, or broke it. */
bool tls_is_ended(struct tls *, char error[TLS_ERROR_MAX]);
