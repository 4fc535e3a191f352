/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Negotiations of security contexts (RFC 3645): one thread, because the library serialises them
 * anyway and may wait for a file, which no reader may. It owns the keytab and the negotiations that
 * are not at their end, and fills the table of contexts.
 *
 *      reader: handshake_make -> pending_post -> [the thread: accept, context_put] -> answered ->
 *      reader: the TKEY answer, signed by the new context
 *
 * At most HANDSHAKES_WAITING wait, of one source HANDSHAKES_PER_SOURCE (of a hash of it, which no
 * flood gets past); more are dropped, and their clients try again.
 */
#include "acl/gss.h"
#include "nameserver/tkey.h"

#define HANDSHAKES_WAITING    1024
#define HANDSHAKES_PER_SOURCE 128
#define HANDSHAKE_MARGIN      5    /* seconds before its ticket's end in which a context ends */
#define HANDSHAKE_LIFETIME    3600 /* seconds of a context, if its ticket lives as long */

struct handshakes;

struct handshakes_options {
	const char *keytab;
	struct context_limits limits;
};

/* Reads the keytab, and begins; a keytab that cannot be used is logged, and looked at again. */
struct handshakes *handshakes_start(struct core *, const struct handshakes_options *);
/* Answers what waits. When no reader asks any more. */
void handshakes_stop(struct handshakes *);

/* NULL when there are no handshakes. */
struct context_table *handshakes_contexts(struct handshakes *);
struct gss_keytab *handshakes_keytab(struct handshakes *);
/* The difference to the clock of the client whose negotiation failed last: ours less his, seconds,
 * as far as his request says the time. */
int64_t handshakes_skew(const struct handshakes *);

struct handshake_request {
	struct core *core;
	const struct dns_msg *msg;
	const struct identity *identity;
	struct addr source;
	enum entry_transport transport;
};
/* With a copy of all of it. */
struct pending *handshake_make(const struct handshake_request *);
