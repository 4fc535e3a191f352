/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A packet's way: opened, identified, sent to its opcode. This is where I/O ends and DNS begins: it
 * knows no socket, and is called by UDP, TCP and the scenarios alike.
 *
 *      packet -> dns_msg -> identify -> query            -> answer
 *                                    -> update, waiting   -> (the writer) -> answer
 *                                    -> TKEY, waiting     -> (the handshakes) -> answer
 *                                    -> AXFR, IXFR        -> (the transfers) -> answers
 */
#include "base/arena.h"
#include "nameserver/core.h"
#include "nameserver/snapshot.h"

/* One thread's state for answering. */
struct dispatcher {
	struct core *core;
	struct snapshot snapshot;
	struct arena arena; /* the request's; reset for each packet */
};

void dispatcher_open(struct dispatcher *, struct core *);
void dispatcher_close(struct dispatcher *);
/* Around each batch of packets: a fresh snapshot, and letting go of it. */
void dispatcher_begin(struct dispatcher *);
void dispatcher_end(struct dispatcher *);

struct packet {
	struct bytes bytes;
	struct addr source;
	enum entry_transport transport;
	/*
	 * Who a layer below has proved the sender to be; NULL: the packet's own TSIG says. The
	 * daemon passes NULL always; the scenarios use it for principals whose proof is not theirs
	 * to test (a Kerberos ticket).
	 */
	const struct who *proved;
};

struct pending; /* nameserver/pending.h: a request that another thread answers */

enum dispatch_outcome {
	DISPATCH_DROP,   /* no answer: not a request, or nonsense */
	DISPATCH_ANSWER, /* the answer stands in `answer` */
	DISPATCH_WAITS,  /* `*pending` was made: post it */
};

/*
 * Answers one packet into `answer` (room for DNS_MESSAGE_MAX for TCP, at least udp_size for UDP;
 * empty when called), or makes a pending request of it, which has its own copy of the packet.
 */
enum dispatch_outcome dispatch(struct dispatcher *, const struct packet *, struct bytes_out *answer,
			       struct pending **pending);
