/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/udp.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A socket gives way to the others after so many batches. */
#define BATCHES_IN_A_ROW 8
#define CONTROL_MAX      CMSG_SPACE(sizeof(struct in6_pktinfo))

/* A packet's way. */
struct slot {
	struct addr peer;
	struct iovec iov;
	_Alignas(struct cmsghdr) uint8_t control[CONTROL_MAX];
};

/* One that came. The kernel writes as much of `data` as the packet has: the pages behind it are
 * touched by long packets alone. What stands before the data keeps those of a batch from beginning
 * at one place of a page, and so in one place of the processor's cache. */
struct slot_in {
	struct slot way;
	uint8_t data[UDP_RECEIVED_MAX];
};

struct slot_out {
	struct slot way;
	uint8_t data[UDP_SENT_MAX];
};

struct udp {
	struct reader_queue *queue;
	int fd; /* where the answers of the batch go */
	unsigned answers;
	struct mmsghdr in_headers[UDP_BATCH], out_headers[UDP_BATCH];
	struct slot_in in[UDP_BATCH];
	struct slot_out out[UDP_BATCH];
};

static void prepare_in(struct udp *udp, unsigned i)
{
	struct slot *slot = &udp->in[i].way;
	struct msghdr *header = &udp->in_headers[i].msg_hdr;
	slot->iov = (struct iovec){.iov_base = udp->in[i].data, .iov_len = UDP_RECEIVED_MAX};
	*header = (struct msghdr){
		.msg_name = &slot->peer,
		.msg_namelen = sizeof(struct sockaddr_in6),
		.msg_iov = &slot->iov,
		.msg_iovlen = 1,
		.msg_control = slot->control,
		.msg_controllen = sizeof slot->control,
	};
}

/* To which of our addresses the packet came, if the kernel was asked to tell. */
static void read_local(struct msghdr *header, struct udp_way *way)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			way->local_family = AF_INET;
			way->local_v4 = info.ipi_spec_dst;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			way->local_family = AF_INET6;
			memcpy(&way->local_v6, CMSG_DATA(c), sizeof way->local_v6);
		}
	}
}

static void read_way(struct udp *udp, unsigned i, struct udp_way *way)
{
	struct msghdr *header = &udp->in_headers[i].msg_hdr;
	way->peer = udp->in[i].way.peer;
	way->peer.len = header->msg_namelen;
	way->local_family = AF_UNSPEC;
	read_local(header, way);
}

static void put_control(struct msghdr *header, struct slot *slot, int level, int type,
			struct bytes info)
{
	header->msg_control = slot->control;
	header->msg_controllen = CMSG_SPACE(info.len);
	memset(slot->control, 0, sizeof slot->control);
	struct cmsghdr *c = CMSG_FIRSTHDR(header);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(info.len);
	memcpy(CMSG_DATA(c), info.data, info.len);
}

/* The source address of an answer. */
static void write_local(struct msghdr *header, struct slot *slot, const struct udp_way *way)
{
	if (way->local_family == AF_INET) {
		struct in_pktinfo info = {.ipi_spec_dst = way->local_v4};
		put_control(header, slot, IPPROTO_IP, IP_PKTINFO, bytes_of(&info, sizeof info));
	} else if (way->local_family == AF_INET6) {
		struct in6_pktinfo info = way->local_v6;
		/* Routing chooses, except where an address means nothing without its interface. */
		if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
			info.ipi6_ifindex = 0;
		put_control(header, slot, IPPROTO_IPV6, IPV6_PKTINFO, bytes_of(&info, sizeof info));
	}
}

/* Where the next answer may be written. */
static struct bytes_out next_room(struct udp *udp)
{
	return bytes_out_of(udp->out[udp->answers].data, UDP_SENT_MAX);
}

/* What was written there is to be sent. */
static void udp_add_answer(struct udp *udp, const struct bytes_out *answer,
			   const struct udp_way *way)
{
	struct slot *slot = &udp->out[udp->answers].way;
	struct msghdr *header = &udp->out_headers[udp->answers].msg_hdr;
	slot->peer = way->peer;
	slot->iov = (struct iovec){.iov_base = answer->start, .iov_len = bytes_out_len(answer)};
	*header = (struct msghdr){
		.msg_name = &slot->peer,
		.msg_namelen = way->peer.len,
		.msg_iov = &slot->iov,
		.msg_iovlen = 1,
	};
	write_local(header, slot, way);
	udp->answers++;
}

/* Posts it; silently drops it when too many wait. */
static void udp_post(struct udp *udp, int fd, const struct udp_way *way, struct pending *pending)
{
	struct parked_request *w = reader_queue_take(udp->queue, pending);
	if (!w) {
		stats_add(&udp->queue->core->stats, STATS_UPDATES_DROPPED);
		pending_free(pending);
		return;
	}
	w->udp = fd;
	w->way = *way;
	(void)reader_queue_post(w);
}

static void udp_serve(struct udp *udp, int fd, unsigned i)
{
	struct mmsghdr *header = &udp->in_headers[i];
	struct udp_way way;
	/* More than UDP carries: it cannot be. */
	if (header->msg_hdr.msg_flags & MSG_TRUNC) {
		stats_add(&udp->queue->core->stats, STATS_DROPPED);
		return;
	}
	read_way(udp, i, &way);
	struct packet packet = {
		.bytes = bytes_of(udp->in[i].data, header->msg_len),
		.source = way.peer,
		.transport = ENTRY_UDP,
	};
	struct bytes_out answer = next_room(udp);
	struct pending *pending = NULL;
	switch (dispatch(&udp->queue->dispatcher, &packet, &answer, &pending)) {
	case DISPATCH_DROP:
		break;
	case DISPATCH_ANSWER:
		udp_add_answer(udp, &answer, &way);
		break;
	case DISPATCH_WAITS:
		udp_post(udp, fd, &way, pending);
		break;
	}
}

/* One batch. True: there may be more. */
static bool serve_batch(struct udp *udp, int fd)
{
	for (unsigned i = 0; i < UDP_BATCH; i++)
		prepare_in(udp, i);
	int n = recvmmsg(fd, udp->in_headers, UDP_BATCH, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return false;
	/* Only now: the snapshot must hold whatever a client knew when it asked. */
	uint64_t began_us = clock_monotonic_us();
	dispatcher_begin(&udp->queue->dispatcher);
	udp->fd = fd;
	for (unsigned i = 0; i < (unsigned)n; i++)
		udp_serve(udp, fd, i);
	unsigned answers = udp->answers;
	udp_flush(udp);
	dispatcher_end(&udp->queue->dispatcher);
	if (answers)
		tally_query_time(udp->queue->dispatcher.tally, clock_monotonic_us() - began_us,
				 answers);
	return n == UDP_BATCH;
}

static void udp_on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct udp_socket *socket = io->data;
	(void)loop;
	(void)events;
	for (int i = 0; i < BATCHES_IN_A_ROW; i++) {
		if (!serve_batch(socket->udp, socket->fd))
			break;
	}
}

struct udp *udp_new(struct reader_queue *queue)
{
	struct udp *udp = calloc(1, sizeof *udp);
	assert(udp);
	udp->queue = queue;
	return udp;
}

void udp_free(struct udp *udp)
{
	free(udp);
}

void udp_start(struct udp *udp, struct udp_socket *socket, const struct listener *listener)
{
	socket->udp = udp;
	socket->fd = listener->udp;
	ev_io_init(&socket->io, udp_on_readable, listener->udp, EV_READ);
	socket->io.data = socket;
	ev_io_start(udp->queue->loop, &socket->io);
}

void udp_stop(struct udp *udp, struct udp_socket *socket)
{
	ev_io_stop(udp->queue->loop, &socket->io);
}

void udp_answer(struct udp *udp, struct parked_request *w)
{
	if (udp->answers > 0 && (udp->answers == UDP_BATCH || udp->fd != w->udp))
		udp_flush(udp);
	udp->fd = w->udp;
	struct bytes_out answer = next_room(udp);
	pending_answer(w->pending, &udp->queue->dispatcher, &answer);
	if (bytes_out_len(&answer) > 0) /* else it was dropped */
		udp_add_answer(udp, &answer, &w->way);
	reader_queue_done(w);
}

void udp_flush(struct udp *udp)
{
	unsigned at = 0, unsent = 0;
	while (at < udp->answers) {
		int n = sendmmsg(udp->fd, udp->out_headers + at, udp->answers - at, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			/* The kernel is full: clients ask again. */
			unsent += udp->answers - at;
			break;
		}
		unsent += n <= 0;
		at += n > 0 ? (unsigned)n : 1; /* what cannot be sent must not stop the rest */
	}
	if (unsent)
		stats_add_many(&udp->queue->core->stats, STATS_UNSENT, unsent);
	udp->answers = 0;
}
