/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A reader's desk: what its sockets answer with. The event loop, the dispatcher, and the requests
 * that went to another thread (the writer, the handshakes) and are not back yet, each with the way
 * its answer must take.
 *
 *      waiting = desk_take()  ->  the way is written down  ->  desk_post()
 *      ... it is answered; the loop wakes ...  desk_next()  ->  sent  ->  desk_done()
 *
 * Nothing here points to a connection: it may be gone when the answer comes, so it is known by its
 * place and number.
 *
 * One thread, except that the others put what they have answered into the queue.
 */
#include "base/queue.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include <ev.h>
#include <netinet/in.h>

/* So many requests of one reader may wait; more are dropped, and their clients try again. */
#define DESK_WAITING_MAX 8192
/* And so many bytes of them: requests by TCP can be 64 KiB each. */
#define DESK_BYTES_MAX (64u << 20)

/* The way back of a UDP answer: to the peer, from the address that was asked. */
struct udp_way {
	struct addr peer;
	sa_family_t local_family; /* AF_UNSPEC: the socket's own address */
	union {
		struct in_addr local_v4;
		struct in6_pktinfo local_v6;
	};
};

struct waiting {
	struct queue_link link;
	struct desk *desk;
	struct pending *pending;
	int udp; /* the socket; -1: it came by TCP */
	struct udp_way way;
	size_t slot; /* the TCP connection's place and number */
	uint64_t number;
	struct waiting *next; /* free ones, or those of a connection whose part is being sent */
};

struct desk {
	struct core *core;
	struct ev_loop *loop;
	struct dispatcher dispatcher;
	struct waiting *waitings, *free;
	size_t used, waiting_count, waiting_bytes;
	struct queue answered;
	struct queue_link *taken; /* of `answered`, not looked at yet */
	ev_async wake;
};

/* `on_answered` is called in the loop when desk_next has something to give; `data` is the
 * watcher's. */
void desk_open(struct desk *, struct core *, void (*on_answered)(struct ev_loop *, ev_async *, int),
	       void *data);
/* In the thread that answers, around its loop. */
void desk_begin(struct desk *);
void desk_end(struct desk *);
/* When the other threads are gone: frees what they answered since desk_end. */
void desk_close(struct desk *);

/* A place for the request. NULL: too many wait, or too large ones; the request stays the caller's.
 */
struct waiting *desk_take(struct desk *, struct pending *);
/* False: the other thread takes no more, and counted that; the waiting and its request are freed.
 */
bool desk_post(struct waiting *);
/* One whose part was sent goes to its thread again. False: it takes no more; the waiting is still
 * the caller's. */
bool desk_repost(struct waiting *);
/* One that is answered; NULL: none. */
struct waiting *desk_next(struct desk *);
/* Frees it, and its request. */
void desk_done(struct waiting *);
