/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Negotiations of security contexts (RFC 3645): one thread, because the library serialises them
 * anyway and may wait for a file, which no reader may. It owns the keytab and the negotiations that
 * are not at their end, and fills the table of contexts.
 *
 *      reader: gss_thread_make -> pending_post -> [the thread: accept, gss_context_put] -> answered
 * -> reader: the TKEY answer, signed by the new context
 *
 * At most GSS_THREAD_WAITING wait, of one source GSS_THREAD_PER_SOURCE (of a hash of it, which no
 * flood gets past); more are dropped, and their clients try again.
 */
#include "acl/gss.h"
#include "nameserver/tkey.h"

#define GSS_THREAD_WAITING    1024
#define GSS_THREAD_PER_SOURCE 128
#define GSS_THREAD_MARGIN     5    /* seconds before its ticket's end in which a context ends */
#define GSS_THREAD_LIFETIME   3600 /* seconds of a context, if its ticket lives as long */

struct gss_thread;

struct gss_thread_options {
	const char *keytab;
	struct gss_context_limits limits;
};

/* Reads the keytab, and begins; a keytab that cannot be used is logged, and looked at again. */
struct gss_thread *gss_thread_start(struct core *, const struct gss_thread_options *);
/* Answers what waits. When no reader asks any more. */
void gss_thread_stop(struct gss_thread *);

/* NULL when there are no handshakes. */
struct gss_context_table *gss_thread_contexts(struct gss_thread *);
struct gss_keytab *gss_thread_keytab(struct gss_thread *);
/* The difference to the clock of the client whose negotiation failed last: ours less his, seconds,
 * as far as his request says the time. */
int64_t gss_thread_skew(const struct gss_thread *);

struct gss_thread_request {
	struct core *core;
	const struct dns_msg *msg;
	const struct identity *identity;
	struct addr source;
	enum entry_transport transport;
};
/* With a copy of all of it. */
struct pending *gss_thread_make(const struct gss_thread_request *);
