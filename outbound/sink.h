/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Where the live export goes: a file or a Unix socket that take JSON lines, or a syslog server
 * (RFC 5424) by UDP, TCP or TLS. A sink is opened, takes batches, and says what became of them;
 * when it is lost it is closed and opened again. It blocks its thread alone, and never for longer
 * than SINK_PATIENCE_US without the peer taking something.
 *
 * One thread: the exporter's (outbound/export.h).
 */
#include "base/bytes.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define SINK_ERROR_MAX    512
#define SINK_TARGET_MAX   256
#define SINK_PATIENCE_US  (30ull * 1000000)
#define SINK_SETTLE_US    (5ull * 1000000)
#define SINK_DATAGRAM_MAX 2048 /* RFC 5426 3.2: what receivers should be able to take */
#define SINK_MESSAGE_MAX  8192 /* what syslog servers take of a stream unless they are told */

enum sink_kind { SINK_FILE, SINK_SOCKET, SINK_UDP, SINK_TCP, SINK_TLS };

struct sink_options {
	enum sink_kind kind;
	char target[SINK_TARGET_MAX]; /* a path, or a host */
	char port[8];                 /* of a host */
	const char *ca; /* TLS: who may have signed the server's certificate; NULL: whom the
			   system trusts */
	const char *certificate, *key; /* TLS: ours; NULL: none */
};

/* "udp://HOST[:PORT]", "tcp://...", "tls://...": NULL, or what is wrong with it. */
const char *sink_parse_url(struct sink_options *, const char *url);

/* Messages on their way. */
struct batch {
	uint8_t *bytes;
	size_t len, room;
	size_t *ends; /* where each message ends */
	size_t count, end_room;
};
void batch_add(struct batch *, const void *bytes, size_t len); /* to the message being made */
void batch_end(struct batch *);                                /* the message is whole */
void batch_empty(struct batch *);
void batch_free(struct batch *);

struct sink;

/* `stop`: becomes true when waiting is to end. */
struct sink *sink_new(const struct sink_options *, const _Atomic bool *stop);
void sink_free(struct sink *);

/* False: sink_error() says why. */
bool sink_open(struct sink *);
void sink_close(struct sink *);

/* An audit event as the sink's next message. */
void sink_format(const struct sink *, json_t *event, struct batch *);

/* False: it is lost, and with it perhaps some of what was sent before; sink_error() says why. */
bool sink_send(struct sink *, const struct batch *);

/*
 * What became of all that was sent. A file has it when it was written, a Unix socket when the peer
 * has read it. Of a TCP connection only the peer's kernel is known to have it: its program has read
 * it, as far as anybody can know, when the connection goes on for SINK_SETTLE_US. A datagram is
 * gone.
 */
enum sink_state { SINK_TAKEN, SINK_IN_DOUBT, SINK_LOST };
enum sink_state sink_look(struct sink *);
/* How long what was taken stays in doubt. */
uint64_t sink_settles_in(const struct sink *);

const char *sink_error(const struct sink *);
