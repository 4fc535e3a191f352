/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * DNS over UDP: packets are received and answered in batches, many with one system call. An answer
 * comes from the address to which the request was sent, also on a socket of all addresses.
 *
 * An answer that the kernel does not take at once is dropped and counted, and so is a request for
 * which reader_queue.h has no room. The thread of a reader.
 */
#include "server/listener.h"
#include "server/reader_queue.h"

#define UDP_BATCH        32
#define UDP_RECEIVED_MAX 65535 /* all that UDP carries */
#define UDP_SENT_MAX     4096  /* the setting udp-size is at most this; more comes by TCP */

struct udp_socket {
	ev_io io;
	int fd;
	struct udp *udp;
};

struct udp; /* a reader's buffers */

struct udp *udp_new(struct reader_queue *);
void udp_free(struct udp *);

/* Begins to answer packets of the listener. Fills `socket`, which must remain valid. */
void udp_start(struct udp *, struct udp_socket *, const struct listener *);
void udp_stop(struct udp *, struct udp_socket *);

/* Signs the answer of a parked request, adds it to the batch and frees the request. Between
 * dispatcher_begin and dispatcher_end. */
void udp_answer(struct udp *, struct parked_request *);
/* Sends the batch. */
void udp_flush(struct udp *);
