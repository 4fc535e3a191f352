/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/reader_queue.h"
#include "base/container.h"
#include <assert.h>
#include <stdlib.h>

/* In the thread that has answered. */
static void reader_queue_wake(void *context)
{
	struct reader_queue *queue = context;
	ev_async_send(queue->loop, &queue->wake);
}

/* In the same thread: back to the reader that owns the socket. */
static void reader_queue_answered(struct pending *pending, void *context)
{
	struct parked_request *w = context;
	(void)pending;
	bool is_put = queue_put(&w->queue->answered, &w->link);
	assert(is_put); /* the queue has room for all waitings, and is never closed */
}

static struct parked_request *parked_of_link(struct queue_link *link)
{
	return container_of(link, struct parked_request, link);
}

void reader_queue_open(struct reader_queue *queue, struct core *core,
		       void (*on_answered)(struct ev_loop *, ev_async *, int), void *data)
{
	*queue = (struct reader_queue){.core = core};
	queue->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	/* The kernel gives the pages only as they are used. */
	queue->requests = calloc(READER_QUEUE_WAITING_MAX, sizeof *queue->requests);
	assert(queue->loop && queue->requests);
	queue_init(&queue->answered, READER_QUEUE_WAITING_MAX, reader_queue_wake, queue);
	ev_async_init(&queue->wake, on_answered);
	queue->wake.data = data;
	ev_async_start(queue->loop, &queue->wake);
}

void reader_queue_begin(struct reader_queue *queue)
{
	dispatcher_open(&queue->dispatcher, queue->core);
}

void reader_queue_end(struct reader_queue *queue)
{
	dispatcher_close(&queue->dispatcher);
}

void reader_queue_close(struct reader_queue *queue)
{
	for (struct parked_request *w; (w = reader_queue_next(queue));)
		reader_queue_done(w);
	assert(queue->parked_count == 0);
	queue_free(&queue->answered);
	ev_async_stop(queue->loop, &queue->wake);
	ev_loop_destroy(queue->loop);
	free(queue->requests);
}

struct parked_request *reader_queue_take(struct reader_queue *queue, struct pending *pending)
{
	struct parked_request *w = queue->free;
	if (queue->parked_bytes + pending->bytes > READER_QUEUE_BYTES_MAX)
		return NULL;
	if (pending->is_forgeable &&
	    (queue->forgeable_count >= READER_QUEUE_WAITING_MAX / 2 ||
	     queue->forgeable_bytes + pending->bytes > READER_QUEUE_BYTES_MAX / 2))
		return NULL;
	if (w)
		queue->free = w->next;
	else if (queue->used < READER_QUEUE_WAITING_MAX)
		w = &queue->requests[queue->used++];
	else
		return NULL;
	*w = (struct parked_request){.queue = queue, .pending = pending, .udp = -1};
	queue->parked_count++;
	queue->parked_bytes += pending->bytes;
	queue->forgeable_count += pending->is_forgeable;
	queue->forgeable_bytes += pending->is_forgeable ? pending->bytes : 0;
	return w;
}

bool reader_queue_post(struct parked_request *w)
{
	if (pending_post(w->pending, reader_queue_answered, w))
		return true;
	reader_queue_done(w);
	return false;
}

bool reader_queue_repost(struct parked_request *w)
{
	return pending_post(w->pending, reader_queue_answered, w);
}

struct parked_request *reader_queue_next(struct reader_queue *queue)
{
	if (!queue->taken)
		queue->taken = queue_take(&queue->answered, READER_QUEUE_WAITING_MAX);
	if (!queue->taken)
		return NULL;
	struct parked_request *w = parked_of_link(queue->taken);
	queue->taken = queue->taken->next;
	return w;
}

void reader_queue_done(struct parked_request *w)
{
	struct reader_queue *queue = w->queue;
	queue->parked_bytes -= w->pending->bytes;
	queue->forgeable_count -= w->pending->is_forgeable;
	queue->forgeable_bytes -= w->pending->is_forgeable ? w->pending->bytes : 0;
	pending_free(w->pending);
	w->pending = NULL;
	w->next = queue->free;
	queue->free = w;
	queue->parked_count--;
}
