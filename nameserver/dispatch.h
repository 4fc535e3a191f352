/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Dispatches packets: opens the message, identifies the sender, and calls the function of the
 * opcode. It uses no sockets; UDP, TCP and the scenarios of the tests call it.
 *
 *      packet -> dns_msg -> identify -> query            -> answer
 *                                    -> update, waiting   -> (the writer) -> answer
 *                                    -> TKEY, waiting     -> (GSS thread) -> answer
 *                                    -> AXFR, IXFR        -> (the transfers) -> answers
 */
#include "base/arena.h"
#include "nameserver/core.h"
#include "nameserver/snapshot.h"
#include "nameserver/tally.h"

/* The state of one thread that answers. */
struct dispatcher {
	struct core *core;
	struct snapshot snapshot;
	struct arena arena;  /* the request's; reset for each packet */
	struct tally *tally; /* the thread's */
};

void dispatcher_open(struct dispatcher *, struct core *);
void dispatcher_close(struct dispatcher *);
/* To be called before and after each batch of packets: take a new snapshot, and release it. */
void dispatcher_begin(struct dispatcher *);
void dispatcher_end(struct dispatcher *);

struct packet {
	struct bytes bytes;
	struct addr source;
	enum entry_transport transport;
	/*
	 * The principal of the sender; NULL: the packet's TSIG decides. The daemon always passes
	 * NULL; the tests use it for principals of Kerberos.
	 */
	const struct who *proved;
};

struct pending; /* nameserver/pending.h: a request that another thread answers */

enum dispatch_outcome {
	DISPATCH_DROP,   /* no answer: it is no request, or has no header */
	DISPATCH_ANSWER, /* the answer is in `answer` */
	DISPATCH_WAITS,  /* `*pending` was made, and is to be posted */
};

/*
 * Answers one packet into `answer` (room for DNS_MESSAGE_MAX for TCP, at least udp_size for UDP;
 * empty when called), or makes a pending request of it, which has its own copy of the packet.
 */
enum dispatch_outcome dispatch(struct dispatcher *, const struct packet *, struct bytes_out *answer,
			       struct pending **pending);
