/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A request that another thread answers: an update waits for the writer, a TKEY for the handshake's
 * thread, a transfer for one of its own. A reader treats all alike:
 *
 *      dispatch() makes one -> pending_post -> [the other thread] -> answered(), in that thread ->
 *      the reader is woken -> pending_answer -> send -> pending_free
 *                          -> pending_part -> send -> pending_post, for the next part
 *
 * It has its own copy of all that the request is. Its kind embeds it.
 */
#include "nameserver/dispatch.h"

struct pending;

/* Some of an answer of many messages, as they go over TCP, each behind its length; valid until the
 * request is posted again or freed. */
struct pending_part {
	struct bytes framed;
	bool is_last;
	bool is_broken; /* it cannot be gone on with: nothing but the end of the connection says so
			 */
};

struct pending_kind {
	bool (*post)(struct pending *);
	void (*answer)(struct pending *, struct dispatcher *, struct bytes_out *);
	void (*free)(struct pending *);
	/* By TCP, instead of `answer`: a part; false: it is one message, `answer` gives it. When it
	 * was not the last it is posted again, once the peer has taken it. NULL: always one. */
	bool (*part)(struct pending *, struct pending_part *);
};

struct pending {
	const struct pending_kind *kind;
	void (*answered)(struct pending *, void *context);
	void *context;
	size_t bytes; /* of memory that it holds: what waits is bounded by it
			 (server/reader_queue.h) */
};

/*
 * Posts it. `answered` is called once, in the other thread, when the answer is known (and an
 * update durable); it should hand it back to its reader. False: too many wait; free it and stay
 * silent (clients retry a timeout, and give up on an error).
 */
static inline bool pending_post(struct pending *pending,
				void (*answered)(struct pending *, void *context), void *context)
{
	pending->answered = answered;
	pending->context = context;
	return pending->kind->post(pending);
}

/* The signed answer, in the reader's thread. */
static inline void pending_answer(struct pending *pending, struct dispatcher *dispatcher,
				  struct bytes_out *answer)
{
	pending->kind->answer(pending, dispatcher, answer);
}

static inline bool pending_part(struct pending *pending, struct pending_part *part)
{
	return pending->kind->part && pending->kind->part(pending, part);
}

static inline void pending_free(struct pending *pending)
{
	pending->kind->free(pending);
}
