/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * DNS over TCP (RFC 7766): many queries on one connection, answered as they become ready, so that
 * an update that waits for the disk holds up no query behind it.
 *
 * Bounds, so that no peer can hold what others need:
 *   - connections in all and of one address: the new one closes the longest idle of this thread;
 *   - a connection that completes no request for the idle timeout is closed, however many bytes
 *     trickle in, and so is one that does not take its answers;
 *   - what is read stays in the kernel while answers or updates of the connection pile up.
 *   - a peer that takes less than a part of a transfer in `part_us` is cut off.
 * A client that closes its sending side still gets its answers.
 *
 * One thread; the table of connections is shared.
 */
#include "nameserver/connection_limits.h"
#include "server/listener.h"
#include "server/reader_queue.h"

#define TCP_WAITING_MAX   256         /* updates of one connection that wait for the writer */
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
	size_t connections;
	uint64_t idle_us, part_us;
};
struct tcp *tcp_new(struct reader_queue *, struct connection_limits *, const struct tcp_limits *);
/* Closes what is still open. */
void tcp_free(struct tcp *);

/* Begins to accept. `listener` is filled, and must stay. */
void tcp_start(struct tcp *, struct tcp_listener *, const struct listener *);
/* No new connections, and no more requests on those there are; what waits is still answered. */
void tcp_stop(struct tcp *);
bool tcp_is_empty(const struct tcp *);

/* The answer to an update: signed and sent, if its connection is still there. Between
 * dispatcher_begin and _end. */
void tcp_answer(struct tcp *, struct parked_request *);
