/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/desk.h"
#include <assert.h>
#include <stdlib.h>

/* In the thread that has answered. */
static void wake(void *context)
{
	struct desk *desk = context;
	ev_async_send(desk->loop, &desk->wake);
}

/* In the same thread: back to the reader that owns the socket. */
static void answered(struct pending *pending, void *context)
{
	struct waiting *w = context;
	(void)pending;
	bool is_put = queue_put(&w->desk->answered, &w->link);
	assert(is_put); /* the queue has room for all waitings, and is never closed */
}

static struct waiting *waiting_of_link(struct queue_link *link)
{
	return (struct waiting *)((char *)link - offsetof(struct waiting, link));
}

void desk_open(struct desk *desk, struct core *core,
	       void (*on_answered)(struct ev_loop *, ev_async *, int), void *data)
{
	*desk = (struct desk){.core = core};
	desk->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	/* The kernel gives the pages only as they are used. */
	desk->waitings = calloc(DESK_WAITING_MAX, sizeof *desk->waitings);
	assert(desk->loop && desk->waitings);
	queue_init(&desk->answered, DESK_WAITING_MAX, wake, desk);
	ev_async_init(&desk->wake, on_answered);
	desk->wake.data = data;
	ev_async_start(desk->loop, &desk->wake);
}

void desk_begin(struct desk *desk)
{
	dispatcher_open(&desk->dispatcher, desk->core);
}

void desk_end(struct desk *desk)
{
	dispatcher_close(&desk->dispatcher);
}

void desk_close(struct desk *desk)
{
	for (struct waiting *w; (w = desk_next(desk));)
		desk_done(w);
	assert(desk->waiting_count == 0);
	queue_free(&desk->answered);
	ev_async_stop(desk->loop, &desk->wake);
	ev_loop_destroy(desk->loop);
	free(desk->waitings);
}

struct waiting *desk_take(struct desk *desk, struct pending *pending)
{
	struct waiting *w = desk->free;
	if (desk->waiting_bytes + pending->bytes > DESK_BYTES_MAX)
		return NULL;
	if (w)
		desk->free = w->next;
	else if (desk->used < DESK_WAITING_MAX)
		w = &desk->waitings[desk->used++];
	else
		return NULL;
	*w = (struct waiting){.desk = desk, .pending = pending, .udp = -1};
	desk->waiting_count++;
	desk->waiting_bytes += pending->bytes;
	return w;
}

bool desk_post(struct waiting *w)
{
	if (pending_post(w->pending, answered, w))
		return true;
	desk_done(w);
	return false;
}

bool desk_repost(struct waiting *w)
{
	return pending_post(w->pending, answered, w);
}

struct waiting *desk_next(struct desk *desk)
{
	if (!desk->taken)
		desk->taken = queue_take(&desk->answered, DESK_WAITING_MAX);
	if (!desk->taken)
		return NULL;
	struct waiting *w = waiting_of_link(desk->taken);
	desk->taken = desk->taken->next;
	return w;
}

void desk_done(struct waiting *w)
{
	struct desk *desk = w->desk;
	desk->waiting_bytes -= w->pending->bytes;
	pending_free(w->pending);
	w->pending = NULL;
	w->next = desk->free;
	desk->free = w;
	desk->waiting_count--;
}
