/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * DNS over UDP: packets are taken and answered in batches, one system call for many. Knows sockets,
 * and no DNS but the dispatcher's outcome. A packet is answered from the address that it was sent
 * to, also when the socket is bound to every address.
 *
 * Nothing waits and nothing is kept: what the kernel does not take at once is dropped, and so are
 * updates when too many wait. One thread.
 */
#include "server/listener.h"
#include "server/reader_queue.h"

#define UDP_BATCH      32
#define UDP_PACKET_MAX 4096 /* received or sent; longer ones come by TCP */

struct udp_socket {
	ev_io io;
	int fd;
	struct udp *udp;
};

struct udp; /* a reader's buffers */

struct udp *udp_new(struct reader_queue *);
void udp_free(struct udp *);

/* Begins to answer what comes to the listener. `socket` is filled, and must stay. */
void udp_start(struct udp *, struct udp_socket *, const struct listener *);
void udp_stop(struct udp *, struct udp_socket *);

/* The answer to an update: signed, and sent with the batch. Between dispatcher_begin and _end. */
void udp_answer(struct udp *, struct parked_request *);
/* Sends what udp_answer collected. */
void udp_flush(struct udp *);
