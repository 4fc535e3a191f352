/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A pending request: one that another thread answers, an update the writer, a TKEY the GSS thread,
 * a transfer one of the transfer threads. A reader treats all in the same way:
 *
 *      dispatch() makes one -> pending_post -> [the other thread] -> answered(), in that thread ->
 *      the reader is woken -> pending_answer -> send -> pending_free
 *                          -> pending_part -> send -> pending_post, for the next part
 *
 * A pending request has copies of everything that it needs. It is a member of the struct of its
 * kind.
 */
#include "nameserver/dispatch.h"

struct pending;

/* A part of an answer of many messages, each behind its length, for TCP; valid until the request is
 * posted again or freed. */
struct pending_part {
	struct bytes framed;
	bool is_last;
	bool is_broken; /* the answer cannot be finished; the connection is to be closed */
};

struct pending_kind {
	bool (*post)(struct pending *);
	void (*answer)(struct pending *, struct dispatcher *, struct bytes_out *);
	void (*free)(struct pending *);
	/* By TCP, gives a part instead of `answer`. False: the answer is one message, which
	 * `answer` gives. A part that is not the last is posted again when the peer has taken it.
	 * NULL: the answer is always one message. */
	bool (*part)(struct pending *, struct pending_part *);
};

struct pending {
	const struct pending_kind *kind;
	void (*answered)(struct pending *, void *context);
	void *context;
	size_t bytes;      /* of memory; server/reader_queue.h bounds their sum */
	bool is_forgeable; /* anybody can have sent it: such requests get half of the room */
};

/*
 * Gives the request to its thread. `answered` is called once, in that thread, when the answer is
 * known, and an update is on disk; it must give the request back to its reader. False: too many
 * wait. The caller frees the request without an answer, since clients try again after a timeout,
 * but not after an error.
 */
static inline bool pending_post(struct pending *pending,
				void (*answered)(struct pending *, void *context), void *context)
{
	pending->answered = answered;
	pending->context = context;
	return pending->kind->post(pending);
}

/* Writes the signed answer. The reader's thread, as the next two. */
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
