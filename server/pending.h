/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A request that another thread answers: an update waits for the writer, a TKEY for the handshake's
 * thread. A reader treats both alike:
 *
 *      dispatch() makes one -> pending_post -> [the other thread] -> answered(), in that thread ->
 *      the reader is woken -> pending_answer -> send -> pending_free
 *
 * It has its own copy of all that the request is. Its kind embeds it.
 */
#include "server/dispatch.h"

struct pending;

struct pending_kind {
	bool (*post)(struct pending *);
	void (*answer)(struct pending *, struct dispatcher *, struct bytes_out *);
	void (*free)(struct pending *);
};

struct pending {
	const struct pending_kind *kind;
	void (*answered)(struct pending *, void *context);
	void *context;
	size_t bytes; /* of memory that it holds: what waits is bounded by it (server/desk.h) */
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

static inline void pending_free(struct pending *pending)
{
	pending->kind->free(pending);
}
