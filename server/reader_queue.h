/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The parked requests of a reader: requests that another thread answers (the writer, GSS,
 * transfers, update delay), each with the socket and address to which the answer goes. Also the
 * reader's event loop and dispatcher, which its UDP and TCP sockets share.
 *
 *      reader_queue_take, then the caller sets the way back, then reader_queue_post;
 *      the other thread answers, and the loop wakes;
 *      reader_queue_next, then the caller sends the answer, then reader_queue_done.
 *
 * A request refers to its TCP connection by slot and number, since the connection may be closed
 * when the answer comes.
 *
 * The reader's thread. Other threads only put answered requests into the queue.
 */
#include "base/queue.h"
#include "nameserver/dispatch.h"
#include "nameserver/pending.h"
#include <ev.h>
#include <netinet/in.h>

/* How many requests of one reader may wait. More are dropped, and their clients send again. */
#define READER_QUEUE_WAITING_MAX 8192
/* How many bytes these requests may have: one by TCP can have 64 KiB. */
#define READER_QUEUE_BYTES_MAX (64u << 20)
/* Those that anybody can have sent (nameserver/pending.h) have half of both. */

/* Where a UDP answer goes, and the address from which it is sent. */
struct udp_way {
	struct addr peer;
	sa_family_t local_family; /* AF_UNSPEC: the socket's own address */
	union {
		struct in_addr local_v4;
		struct in6_pktinfo local_v6;
	};
};

struct parked_request {
	struct queue_link link;
	struct reader_queue *queue;
	struct pending *pending;
	int udp; /* the socket; -1: it came by TCP */
	struct udp_way way;
	size_t slot; /* the TCP connection's place and number */
	uint64_t number;
	struct parked_request
		*next; /* in the list of free ones, or of a connection's parts being sent */
};

struct reader_queue {
	struct core *core;
	struct ev_loop *loop;
	struct dispatcher dispatcher;
	struct parked_request *requests, *free;
	size_t used, parked_count, parked_bytes, forgeable_count, forgeable_bytes;
	struct queue answered;
	struct queue_link *taken; /* of `answered`, not looked at yet */
	ev_async wake;
};

/* Initialises the queue and its loop. `on_answered` is called in the loop when reader_queue_next
 * has a request; `data` is that of its watcher. */
void reader_queue_open(struct reader_queue *, struct core *,
		       void (*on_answered)(struct ev_loop *, ev_async *, int), void *data);
/* To be called by the reader's thread before and after its loop. */
void reader_queue_begin(struct reader_queue *);
void reader_queue_end(struct reader_queue *);
/* Frees the queue, with the requests that were answered since reader_queue_end. The other threads
 * must have ended. */
void reader_queue_close(struct reader_queue *);

/* Parks the request. NULL: too many requests or bytes wait, and the request remains the caller's.
 */
struct parked_request *reader_queue_take(struct reader_queue *, struct pending *);
/* Gives the request to its thread. False: that takes no more and has counted it; the request is
 * freed. */
bool reader_queue_post(struct parked_request *);
/* Gives a request to its thread again, for the next part of its answer. False: that takes no more,
 * and the request remains the caller's. */
bool reader_queue_repost(struct parked_request *);
/* The next request that is answered; NULL: there is none. */
struct parked_request *reader_queue_next(struct reader_queue *);
/* Frees the parked request, and the request. */
void reader_queue_done(struct parked_request *);
