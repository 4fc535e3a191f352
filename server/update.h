/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An update request on its way through the writer (RFC 2136 3): made by a reader, run by the
 * writer, answered by the reader after the commit.
 *
 *      update_make (reader) -> update_post -> [writer: run, commit] -> answered() in the writer's
 *      thread -> the reader is woken -> update_answer (signs) -> send -> update_free
 */
#include "server/dispatch.h"

struct update;

/*
 * Posts it. `answered` is called once, in the writer's thread, when the outcome is known and
 * durable; it should hand the update back to its reader. False: too many wait; free it and stay
 * silent (clients retry a timeout, and give up on an error).
 */
bool update_post(struct update *, void (*answered)(struct update *, void *context), void *context);

/* The signed answer, in the reader's thread. False: nothing is to be sent. */
bool update_answer(struct update *, struct dispatcher *, struct bytes_out *answer);

void update_free(struct update *);

/* A link for the owner's queue, free to use between `answered` and update_free. */
struct queue_link *update_link(struct update *);
struct update *update_of_link(struct queue_link *);
