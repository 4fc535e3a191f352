/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/reader.h"
#include "server/tcp.h"
#include "server/udp.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* How long a stop waits for the writer and for peers. */
#define STOP_SECONDS 4.0

struct reader {
	struct reader_options options;
	pthread_t thread;
	struct reader_queue queue;
	struct udp *udp;
	struct tcp *tcp;
	struct udp_socket *udp_sockets;
	struct tcp_listener *tcp_listeners;
	ev_async stop;
	ev_prepare round;
	ev_timer deadline;
	bool is_stopping;
};

static void on_answered(struct ev_loop *loop, ev_async *wake, int events)
{
	struct reader *r = wake->data;
	struct parked_request *w;
	(void)loop;
	(void)events;
	dispatcher_begin(&r->queue.dispatcher);
	while ((w = reader_queue_next(&r->queue))) {
		if (w->udp >= 0)
			udp_answer(r->udp, w);
		else
			tcp_answer(r->tcp, w);
	}
	udp_flush(r->udp);
	dispatcher_end(&r->queue.dispatcher);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* Before each wait of the loop while it stops: whether all is answered. */
static void on_round(struct ev_loop *loop, ev_prepare *round, int events)
{
	struct reader *r = round->data;
	(void)events;
	if (r->queue.parked_count == 0 && tcp_is_empty(r->tcp))
		ev_break(loop, EVBREAK_ALL);
}

static void reader_on_stop(struct ev_loop *loop, ev_async *stop, int events)
{
	struct reader *r = stop->data;
	(void)events;
	if (r->is_stopping)
		return;
	r->is_stopping = true;
	for (size_t i = 0; i < r->options.listener_count; i++)
		udp_stop(r->udp, &r->udp_sockets[i]);
	tcp_stop(r->tcp);
	ev_prepare_start(loop, &r->round);
	ev_timer_set(&r->deadline, STOP_SECONDS, 0.0);
	ev_timer_start(loop, &r->deadline);
}

static void *reader_run(void *argument)
{
	struct reader *r = argument;
	reader_queue_begin(&r->queue);
	ev_run(r->queue.loop, 0);
	reader_queue_end(&r->queue);
	return NULL;
}

static void open_watchers(struct reader *r)
{
	const struct reader_options *o = &r->options;
	reader_queue_open(&r->queue, o->core, on_answered, r);
	r->udp = udp_new(&r->queue);
	struct tcp_limits limits = {
		.counts = o->connection_limits,
		.idle = o->idle_connections,
		.connections = o->tcp_connections,
		.idle_us = o->tcp_idle_us,
		.part_us = o->tcp_part_us,
	};
	r->tcp = tcp_new(&r->queue, &limits);
	for (size_t i = 0; i < o->listener_count; i++) {
		udp_start(r->udp, &r->udp_sockets[i], &o->listeners[i]);
		tcp_start(r->tcp, &r->tcp_listeners[i], &o->listeners[i]);
	}
	ev_async_init(&r->stop, reader_on_stop);
	ev_prepare_init(&r->round, on_round);
	ev_timer_init(&r->deadline, on_deadline, STOP_SECONDS, 0.0);
	r->stop.data = r->round.data = r->deadline.data = r;
	ev_async_start(r->queue.loop, &r->stop);
}

struct reader *reader_start(const struct reader_options *options)
{
	struct reader *r = calloc(1, sizeof *r);
	assert(r && options->listener_count > 0);
	r->options = *options;
	r->udp_sockets = calloc(options->listener_count, sizeof *r->udp_sockets);
	r->tcp_listeners = calloc(options->listener_count, sizeof *r->tcp_listeners);
	assert(r->udp_sockets && r->tcp_listeners);
	open_watchers(r);
	if (pthread_create(&r->thread, NULL, reader_run, r) == 0)
		return r;
	reader_free(r);
	return NULL;
}

void reader_stop(struct reader *r)
{
	ev_async_send(r->queue.loop, &r->stop);
}

void reader_join(struct reader *r)
{
	pthread_join(r->thread, NULL);
}

void reader_free(struct reader *r)
{
	for (size_t i = 0; i < r->options.listener_count; i++)
		udp_stop(r->udp, &r->udp_sockets[i]);
	tcp_free(r->tcp);
	udp_free(r->udp);
	reader_queue_close(&r->queue);
	free(r->udp_sockets);
	free(r->tcp_listeners);
	free(r);
}
