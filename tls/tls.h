/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The client's side of a TLS connection to a syslog server (RFC 5425), over a connected socket that
 * does not block. The server's certificate must be signed by a trusted CA and be valid for the
 * host. TLS 1.2 or later. A connection belongs to one thread. The process must ignore SIGPIPE.
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

/* Makes a connection over the socket, which remains the caller's. NULL: a file cannot be used;
 * `error` says why. */
struct tls *tls_new(int fd, const struct tls_options *, char error[TLS_ERROR_MAX]);
/* Says the end to the server if the handshake is complete, and frees. */
void tls_end(struct tls *);

/* Goes on with the handshake. TLS_WANTS_READ, TLS_WANTS_WRITE: to be called again when the socket
 * is ready for that. TLS_FAILED: `error` says why, also if the certificate is not trusted. */
enum tls_said tls_handshake(struct tls *, char error[TLS_ERROR_MAX]);
/* Sends; `*taken` is how many bytes were taken. If that is 0, the next call must give the same
 * bytes again. */
enum tls_said tls_write(struct tls *, struct bytes, size_t *taken, char error[TLS_ERROR_MAX]);
/* Reads and discards what the server sent. True: it ended the connection, or the connection broke;
 * `error` says which. */
bool tls_is_ended(struct tls *, char error[TLS_ERROR_MAX]);
