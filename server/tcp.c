/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/tcp.h"
#include "base/clock.h"
#include "base/container.h"
#include "base/log.h"
#include "base/memory.h"
#include "dns/msg.h"
#include "server/stream.h"
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LENGTH_LEN 2
/* Answers that are sent with one system call; room for two of the longest. */
#define BURST_MAX   (2 * (LENGTH_LEN + DNS_MESSAGE_MAX))
#define ACCEPTS_MAX 64   /* in a row */
#define TICK        0.25 /* seconds between looks at the idle ones */

/* A client's connection. In a list by the time of its last request or answer. */
struct connection {
	ev_io io;
	struct tcp *tcp;
	int fd;
	struct addr source;
	size_t slot;
	uint64_t number;
	struct connection *older, *newer;
	uint64_t active_us;
	struct idle_place idle; /* among the connections of all readers */
	struct stream_in in;
	struct stream_out out;
	size_t parked;                /* requests at other threads, and those in `parts` */
	struct parked_request *parts; /* of answers whose last part is not all taken */
	uint64_t part_us;             /* when one of them came */
	bool is_ended;                /* the peer sends no more */
	bool is_broken;               /* nothing can be sent any more */
};

struct tcp {
	struct reader_queue *queue;
	struct connection_limits *connection_limits;
	struct idle_connections *idle;
	struct idle_owner owner;
	ev_async give_up;
	struct connection **slots;
	size_t *free_slots;
	size_t slot_count, free_count;
	uint64_t next_number, idle_us, part_us;
	struct connection *oldest, *newest;
	struct tcp_listener *listeners[TCP_LISTENERS_MAX];
	size_t listener_count;
	ev_timer tick;
	bool is_stopping;
	struct bytes_out burst;
	uint8_t burst_bytes[BURST_MAX];
};

static void tcp_unlist(struct connection *c)
{
	struct tcp *tcp = c->tcp;
	*(c->older ? &c->older->newer : &tcp->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &tcp->newest) = c->older;
	c->older = c->newer = NULL;
}

static void tcp_enlist(struct connection *c)
{
	struct tcp *tcp = c->tcp;
	c->active_us = clock_monotonic_us();
	c->older = tcp->newest;
	*(tcp->newest ? &tcp->newest->newer : &tcp->oldest) = c;
	tcp->newest = c;
}

/* Notes activity: a request was complete, or an answer was sent. */
static void tcp_touch(struct connection *c)
{
	tcp_unlist(c);
	tcp_enlist(c);
	idle_connections_touch(c->tcp->idle, &c->idle, c->active_us);
}

static void close_connection(struct connection *c)
{
	struct tcp *tcp = c->tcp;
	ev_io_stop(tcp->queue->loop, &c->io);
	close(c->fd);
	tcp_unlist(c);
	if (!idle_connections_leave(tcp->idle, &c->idle))
		connection_limits_leave(tcp->connection_limits, &c->source);
	for (struct parked_request *w = c->parts, *next; w; w = next) {
		next = w->next;
		reader_queue_done(w);
	}
	tcp->slots[c->slot] = NULL;
	tcp->free_slots[tcp->free_count++] = c->slot;
	stream_in_free(&c->in);
	stream_out_free(&c->out);
	free(c);
}

static size_t tcp_send_bytes(struct connection *c, struct bytes bytes)
{
	ssize_t n = c->is_broken ? 0 : send(c->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		c->is_broken = true;
	return n < 0 ? 0 : (size_t)n;
}

/* Sends bytes; keeps those that the peer does not take. */
static void send_or_queue(struct connection *c, struct bytes bytes)
{
	size_t sent = 0;
	if (bytes.len > 0 && stream_waiting(&c->out).len == 0)
		sent = tcp_send_bytes(c, bytes);
	if (!c->is_broken)
		stream_queue(&c->out, bytes_of(bytes.data + sent, bytes.len - sent));
}

static void flush_burst(struct connection *c)
{
	struct bytes_out *burst = &c->tcp->burst;
	send_or_queue(c, bytes_of(burst->start, bytes_out_len(burst)));
	*burst = bytes_out_of(c->tcp->burst_bytes, BURST_MAX);
}

/* Room for an answer, behind two bytes for its length. */
static struct bytes_out answer_room(struct connection *c)
{
	if (bytes_out_left(&c->tcp->burst) < LENGTH_LEN + DNS_MESSAGE_MAX)
		flush_burst(c);
	return bytes_out_of(c->tcp->burst.at + LENGTH_LEN, DNS_MESSAGE_MAX);
}

static void tcp_add_answer(struct connection *c, const struct bytes_out *answer)
{
	struct bytes_out *burst = &c->tcp->burst;
	bytes_out_u16(burst, (uint16_t)bytes_out_len(answer));
	bytes_out_room(burst, bytes_out_len(answer));
	tcp_touch(c);
}

/* Posts a request, or drops it without an answer if too many wait. */
static void tcp_post(struct connection *c, struct pending *pending)
{
	struct parked_request *w = reader_queue_take(c->tcp->queue, pending);
	if (!w) {
		stats_add(&c->tcp->queue->core->stats, STATS_UPDATES_DROPPED);
		pending_free(pending);
		return;
	}
	w->slot = c->slot;
	w->number = c->number;
	if (reader_queue_post(w)) {
		c->parked++;
		tcp_touch(c);
	}
}

static void tcp_serve(struct connection *c, struct bytes message)
{
	struct packet packet = {.bytes = message, .source = c->source, .transport = ENTRY_TCP};
	struct bytes_out answer = answer_room(c);
	struct pending *pending = NULL;
	struct dispatcher *dispatcher = &c->tcp->queue->dispatcher;
	uint64_t began_us = clock_monotonic_us();
	switch (dispatch(dispatcher, &packet, &answer, &pending)) {
	case DISPATCH_DROP:
		break;
	case DISPATCH_ANSWER:
		tcp_add_answer(c, &answer);
		tally_query_time(dispatcher->tally, clock_monotonic_us() - began_us, 1);
		break;
	case DISPATCH_WAITS:
		tcp_post(c, pending);
		break;
	}
}

/* Whether nothing more is to be read until answers were given or taken. */
static bool tcp_is_held(const struct connection *c)
{
	return c->parked >= TCP_WAITING_MAX || stream_waiting(&c->out).len >= TCP_BACKED_UP;
}

/* The events that the connection waits for now. */
static int events_wanted(const struct connection *c)
{
	int events = 0;
	if (!c->is_ended && !tcp_is_held(c))
		events |= EV_READ;
	if (stream_waiting(&c->out).len > 0)
		events |= EV_WRITE;
	return events;
}

static bool is_finished(const struct connection *c)
{
	if (c->is_broken)
		return true;
	return c->is_ended && c->parked == 0 && stream_waiting(&c->out).len == 0;
}

/* Asks for the next parts of answers, if the peer has taken nearly all bytes. */
static void ask_for_parts(struct connection *c)
{
	while (c->parts && stream_waiting(&c->out).len < TCP_PART_LOW) {
		struct parked_request *w = c->parts;
		c->parts = w->next;
		if (reader_queue_repost(w))
			continue;
		c->is_broken = true;
		c->parked--;
		reader_queue_done(w);
	}
}

/* Serves the messages that have arrived, and sets the events to wait for; or closes. */
static void tcp_step(struct connection *c)
{
	struct ev_loop *loop = c->tcp->queue->loop;
	struct bytes message;
	while (!c->is_broken && !c->tcp->is_stopping && !tcp_is_held(c) &&
	       stream_next(&c->in, &message))
		tcp_serve(c, message);
	flush_burst(c);
	ask_for_parts(c);
	c->idle.is_busy = c->parked > 0;
	/* An answer that went out at once may have let go of what was held. */
	if (is_finished(c)) {
		close_connection(c);
		return;
	}
	stream_rest(&c->in);
	int events = events_wanted(c);
	if (events == (c->io.events & (EV_READ | EV_WRITE)) && ev_is_active(&c->io))
		return;
	ev_io_stop(loop, &c->io);
	ev_io_set(&c->io, c->fd, events);
	if (events)
		ev_io_start(loop, &c->io);
}

static void tcp_receive(struct connection *c)
{
	size_t room;
	uint8_t *to = stream_room(&c->in, &room);
	ssize_t n = recv(c->fd, to, room, 0);
	if (n > 0)
		stream_arrived(&c->in, (size_t)n);
	else if (n == 0)
		c->is_ended = true;
	else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		c->is_broken = true;
}

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
	struct connection *c = io->data;
	struct dispatcher *dispatcher = &c->tcp->queue->dispatcher;
	(void)loop;
	if (events & EV_WRITE)
		stream_sent(&c->out, tcp_send_bytes(c, stream_waiting(&c->out)));
	if (events & EV_READ)
		tcp_receive(c);
	/* Only now: the snapshot must hold whatever the client knew when it asked. */
	dispatcher_begin(dispatcher);
	tcp_step(c);
	dispatcher_end(dispatcher);
}

static void tcp_wake(struct idle_owner *owner)
{
	struct tcp *tcp = container_of(owner, struct tcp, owner);
	ev_async_send(tcp->queue->loop, &tcp->give_up);
}

/* Closes the connections whose places others have. */
static void tcp_give_up(struct tcp *tcp)
{
	struct idle_place *place;
	while ((place = idle_connections_given_up(tcp->idle, &tcp->owner)))
		close_connection(container_of(place, struct connection, idle));
}

static void on_give_up(struct ev_loop *loop, ev_async *give_up, int events)
{
	(void)loop;
	(void)events;
	tcp_give_up(give_up->data);
}

/* A place for a connection from `source`, if need be that of the longest idle one. */
static bool tcp_make_room(struct tcp *tcp, const struct addr *source)
{
	struct addr of;
	enum connection_limits_outcome outcome =
		connection_limits_enter(tcp->connection_limits, source);
	if (outcome == CONNECTION_LIMITS_IN)
		return true;
	stats_add(&tcp->queue->core->stats, STATS_TCP_REFUSED);
	if (!idle_connections_give_up(
		    tcp->idle, outcome == CONNECTION_LIMITS_ADDRESS_FULL ? source : NULL, &of))
		return false;
	connection_limits_leave(tcp->connection_limits, &of);
	tcp_give_up(tcp);
	return connection_limits_enter(tcp->connection_limits, source) == CONNECTION_LIMITS_IN;
}

static void open_connection(struct tcp *tcp, int fd, const struct addr *source)
{
	int yes = 1;
	struct connection *c = calloc(1, sizeof *c);
	assert(c && tcp->free_count > 0);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	c->tcp = tcp;
	c->fd = fd;
	c->source = *source;
	c->slot = tcp->free_slots[--tcp->free_count];
	c->number = tcp->next_number++;
	tcp->slots[c->slot] = c;
	tcp_enlist(c);
	c->idle = (struct idle_place){.owner = &tcp->owner, .source = *source};
	idle_connections_enter(tcp->idle, &c->idle);
	ev_io_init(&c->io, on_ready, fd, EV_READ);
	c->io.data = c;
	ev_io_start(tcp->queue->loop, &c->io);
	stats_add(&tcp->queue->core->stats, STATS_TCP_CONNECTIONS);
}

/* Without free descriptors: lets the longest idle connection be closed, and accepts no more until
 * the next tick, since another thread may have to close it. */
static void tcp_relieve(struct tcp *tcp, ev_io *io)
{
	static struct log_limit limit;
	struct addr of;
	if (log_rate(&limit, 1))
		log_error("no descriptors left for TCP connections",
			  "do=\"raise the limit of open files, or lower tcp.connections\"");
	if (idle_connections_give_up(tcp->idle, NULL, &of))
		connection_limits_leave(tcp->connection_limits, &of);
	tcp_give_up(tcp);
	ev_io_stop(tcp->queue->loop, io);
}

static void on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	struct tcp_listener *listener = io->data;
	struct tcp *tcp = listener->tcp;
	(void)loop;
	(void)events;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct addr source = {.len = sizeof(struct sockaddr_in6)};
		int fd = accept4(listener->fd, &source.any, &source.len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE)
				tcp_relieve(tcp, io);
			return;
		}
		/* Places of its own that others have are free before it is asked for more. */
		tcp_give_up(tcp);
		if (!memory_is_short() && tcp_make_room(tcp, &source))
			open_connection(tcp, fd, &source);
		else
			close(fd);
	}
}

/* Whether the connection waits for another thread, or its peer still takes parts. */
static bool is_excused(const struct connection *c, uint64_t now)
{
	return c->parked > 0 && (!c->parts || c->part_us + c->tcp->part_us > now);
}

/* Closes those that were idle for too long; accepts again after tcp_relieve(). */
static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct tcp *tcp = timer->data;
	uint64_t now = clock_monotonic_us();
	(void)events;
	while (tcp->oldest && tcp->oldest->active_us + tcp->idle_us < now) {
		if (is_excused(tcp->oldest, now))
			tcp_touch(tcp->oldest);
		else
			close_connection(tcp->oldest);
	}
	for (size_t i = 0; i < tcp->listener_count && !tcp->is_stopping; i++)
		ev_io_start(loop, &tcp->listeners[i]->io);
}

struct tcp *tcp_new(struct reader_queue *queue, const struct tcp_limits *limits)
{
	struct tcp *tcp = calloc(1, sizeof *tcp);
	assert(tcp);
	tcp->queue = queue;
	tcp->connection_limits = limits->counts;
	tcp->idle = limits->idle;
	tcp->owner.wake = tcp_wake;
	size_t connections = limits->connections;
	tcp->idle_us = limits->idle_us;
	tcp->part_us = limits->part_us;
	tcp->slot_count = tcp->free_count = connections;
	tcp->slots = calloc(connections, sizeof *tcp->slots);
	tcp->free_slots = calloc(connections, sizeof *tcp->free_slots);
	assert(tcp->slots && tcp->free_slots);
	for (size_t i = 0; i < connections; i++)
		tcp->free_slots[i] = connections - 1 - i;
	tcp->burst = bytes_out_of(tcp->burst_bytes, BURST_MAX);
	ev_timer_init(&tcp->tick, on_tick, TICK, TICK);
	tcp->tick.data = tcp;
	ev_timer_start(queue->loop, &tcp->tick);
	ev_async_init(&tcp->give_up, on_give_up);
	tcp->give_up.data = tcp;
	ev_async_start(queue->loop, &tcp->give_up);
	return tcp;
}

void tcp_free(struct tcp *tcp)
{
	while (tcp->oldest)
		close_connection(tcp->oldest);
	tcp_stop(tcp);
	ev_timer_stop(tcp->queue->loop, &tcp->tick);
	ev_async_stop(tcp->queue->loop, &tcp->give_up);
	free(tcp->slots);
	free(tcp->free_slots);
	free(tcp);
}

void tcp_start(struct tcp *tcp, struct tcp_listener *listener, const struct listener *from)
{
	assert(tcp->listener_count < sizeof tcp->listeners / sizeof *tcp->listeners);
	tcp->listeners[tcp->listener_count++] = listener;
	listener->tcp = tcp;
	listener->fd = from->tcp;
	ev_io_init(&listener->io, on_connection, from->tcp, EV_READ);
	listener->io.data = listener;
	ev_io_start(tcp->queue->loop, &listener->io);
}

void tcp_stop(struct tcp *tcp)
{
	struct connection *newer;
	tcp->is_stopping = true;
	for (size_t i = 0; i < tcp->listener_count; i++)
		ev_io_stop(tcp->queue->loop, &tcp->listeners[i]->io);
	for (struct connection *c = tcp->oldest; c; c = newer) {
		newer = c->newer;
		c->is_ended = true;
		tcp_step(c);
	}
}

bool tcp_is_empty(const struct tcp *tcp)
{
	return tcp->oldest == NULL;
}

/* Sends it. The waiting is gone, or listed for its next part. */
static void take_part(struct connection *c, struct parked_request *w,
		      const struct pending_part *part)
{
	flush_burst(c);
	if (part->is_broken)
		c->is_broken = true;
	send_or_queue(c, part->framed);
	c->part_us = clock_monotonic_us();
	tcp_touch(c);
	if (part->is_last || c->is_broken) {
		c->parked--;
		reader_queue_done(w);
	} else {
		w->next = c->parts;
		c->parts = w;
	}
}

static void tcp_take_answer(struct connection *c, struct parked_request *w)
{
	struct bytes_out answer = answer_room(c);
	c->parked--;
	pending_answer(w->pending, &c->tcp->queue->dispatcher, &answer);
	if (bytes_out_len(&answer) > 0) /* else it was dropped */
		tcp_add_answer(c, &answer);
	reader_queue_done(w);
}

void tcp_answer(struct tcp *tcp, struct parked_request *w)
{
	struct connection *c = tcp->slots[w->slot];
	struct pending_part part;
	if (!c || c->number != w->number) {
		reader_queue_done(w);
		return;
	}
	if (pending_part(w->pending, &part))
		take_part(c, w, &part);
	else
		tcp_take_answer(c, w);
	tcp_step(c);
}
