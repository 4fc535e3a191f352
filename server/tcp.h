/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * DNS over TCP (RFC 7766). A connection may carry many requests; each is answered when it is ready,
 * so an update that waits for the disk does not delay the queries behind it.
 *
 * Bounds:
 *   - connections in all and of one address: a new one closes the one that is idle for longest,
 *     whichever thread has it (server/idle_connections.h);
 *   - a connection that completes no request within the idle timeout is closed, even if bytes
 *     arrive, and so is one that does not take its answers;
 *   - a connection is not read from while too many of its answers or updates wait;
 *   - a peer that takes less than one part of a transfer in `part_us` is disconnected.
 * A client that has closed its sending side still gets its answers.
 *
 * The thread of a reader. The connection limits are shared by all readers.
 */
#include "nameserver/connection_limits.h"
#include "server/idle_connections.h"
#include "server/listener.h"
#include "server/reader_queue.h"

#define TCP_WAITING_MAX   32          /* updates of one connection that wait for the writer */
#define TCP_BACKED_UP     (256 << 10) /* bytes of answers not taken, when reading stops */
#define TCP_LISTENERS_MAX 64
/* Answers of many parts (nameserver/pending.h): the next part is asked for when so few bytes wait.
 */
#define TCP_PART_LOW (64 << 10)

struct tcp_listener {
	ev_io io;
	int fd;
	struct tcp *tcp;
};

struct tcp; /* a reader's connections */

struct tcp_limits {
	struct connection_limits *counts; /* shared by all readers, as is the next */
	struct idle_connections *idle;
	size_t connections;
	uint64_t idle_us, part_us;
};
struct tcp *tcp_new(struct reader_queue *, const struct tcp_limits *);
/* Closes all connections and frees. */
void tcp_free(struct tcp *);

/* Begins to accept connections. Fills `listener`, which must remain valid. */
void tcp_start(struct tcp *, struct tcp_listener *, const struct listener *);
/* Stops accepting connections and reading requests; requests that wait are still answered. */
void tcp_stop(struct tcp *);
bool tcp_is_empty(const struct tcp *);

/* Signs and sends the answer of a parked request, unless its connection is closed; frees the
 * request after its last part. Between dispatcher_begin and dispatcher_end. */
void tcp_answer(struct tcp *, struct parked_request *);
