/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A sink: the connection of the live export to one target, which is a file or a Unix socket that
 * takes lines of JSON, or a syslog server (RFC 5424) by UDP, TCP or TLS. A sink is opened, takes
 * batches, and reports whether they arrived. After a failure it is closed and opened again. Its
 * functions block for at most SINK_PATIENCE_US without progress.
 *
 * A sink belongs to one thread, that of outbound/export.h.
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
	const char *ca; /* TLS: a file of trusted certificates; NULL: those of the system */
	const char *certificate, *key; /* TLS: ours; NULL: none */
};

/* Reads "udp://HOST[:PORT]", "tcp://..." or "tls://..." into the options. Returns NULL, or what is
 * wrong, a constant phrase. */
const char *sink_parse_url(struct sink_options *, const char *url);

/* Messages in one piece of memory. Zero-initialised is empty. */
struct batch {
	uint8_t *bytes;
	size_t len, room;
	size_t *ends; /* where each message ends */
	size_t count, end_room;
};
void batch_add(struct batch *, const void *bytes, size_t len); /* adds to the last message */
void batch_end(struct batch *);                                /* ends the last message */
void batch_empty(struct batch *);                              /* removes all, keeps the memory */
void batch_free(struct batch *);

struct sink;

/* A closed sink. The options are copied, but their pointers must remain valid. Waiting ends when
 * `*stop` becomes true. */
struct sink *sink_new(const struct sink_options *, const _Atomic bool *stop);
void sink_free(struct sink *);

/* Connects, or opens the file. False: sink_error says why. */
bool sink_open(struct sink *);
void sink_close(struct sink *);

/* Adds an event to the batch as one message, in the sink's format. Lines of JSON are chained. */
struct line_chain;
void sink_format(const struct sink *, json_t *event, struct line_chain *, struct batch *);
/* Whether its messages are lines of JSON. */
bool sink_has_lines(const struct sink *);

/* Sends the batch. False: the connection is lost; what was sent before may be lost with it.
 * sink_error says why. */
bool sink_send(struct sink *, const struct batch *);

/*
 * Whether all that was sent has arrived. A file has it when it is written, a Unix socket when the
 * peer has read it. Of TCP only the peer's kernel acknowledges; the peer's program counts as having
 * read it when the connection has lasted for SINK_SETTLE_US more. A datagram counts as arrived.
 */
enum sink_state { SINK_TAKEN, SINK_IN_DOUBT, SINK_LOST };
enum sink_state sink_look(struct sink *);
/* For how many microseconds after SINK_TAKEN a message still counts as in doubt. */
uint64_t sink_settles_in(const struct sink *);

/* The last error, valid until the next call; empty: there was none. */
const char *sink_error(const struct sink *);
