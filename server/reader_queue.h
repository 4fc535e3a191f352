/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A reader's desk: what its sockets answer with. The event loop, the dispatcher, and the requests
 * that went to another thread (the writer, the handshakes) and are not back yet, each with the way
 * its answer must take.
 *
 *      waiting = reader_queue_take()  ->  the way is written down  ->  reader_queue_post()
 *      ... it is answered; the loop wakes ...  reader_queue_next()  ->  sent  ->
 * reader_queue_done()
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
#define READER_QUEUE_WAITING_MAX 8192
/* And so many bytes of them: requests by TCP can be 64 KiB each. */
#define READER_QUEUE_BYTES_MAX (64u << 20)

/* The way back of a UDP answer: to the peer, from the address that was asked. */
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
		*next; /* free ones, or those of a connection whose part is being sent */
};

struct reader_queue {
	struct core *core;
	struct ev_loop *loop;
	struct dispatcher dispatcher;
	struct parked_request *requests, *free;
	size_t used, parked_count, parked_bytes;
	struct queue answered;
	struct queue_link *taken; /* of `answered`, not looked at yet */
	ev_async wake;
};

/* `on_answered` is called in the loop when reader_queue_next has something to give; `data` is the
 * watcher's. */
void reader_queue_open(struct reader_queue *, struct core *,
		       void (*on_answered)(struct ev_loop *, ev_async *, int), void *data);
/* In the thread that answers, around its loop. */
void reader_queue_begin(struct reader_queue *);
void reader_queue_end(struct reader_queue *);
/* When the other threads are gone: frees what they answered since reader_queue_end. */
void reader_queue_close(struct reader_queue *);

/* A place for the request. NULL: too many wait, or too large ones; the request stays the caller's.
 */
struct parked_request *reader_queue_take(struct reader_queue *, struct pending *);
/* False: the other thread takes no more, and counted that; the waiting and its request are freed.
 */
bool reader_queue_post(struct parked_request *);
/* One whose part was sent goes to its thread again. False: it takes no more; the waiting is still
 * the caller's. */
bool reader_queue_repost(struct parked_request *);
/* One that is answered; NULL: none. */
struct parked_request *reader_queue_next(struct reader_queue *);
/* Frees it, and its request. */
void reader_queue_done(struct parked_request *);
