/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The GSS thread, which negotiates security contexts (RFC 3645). It is one thread because the
 * library serialises negotiations anyway, and may wait for a file, which a reader must not. It owns
 * the keytab and the unfinished negotiations, and fills the table of contexts.
 *
 *      reader: gss_thread_make -> pending_post -> [the thread: accept, gss_context_put] -> answered
 * -> reader: the TKEY answer, signed by the new context
 *
 * At most GSS_THREAD_WAITING requests wait, and GSS_THREAD_PER_SOURCE of one source, by a hash of
 * it. More are dropped, and their clients send again.
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

/* Reads the keytab and starts the thread. A keytab that cannot be used is logged, and read again
 * when it changes. */
struct gss_thread *gss_thread_start(struct core *, const struct gss_thread_options *);
/* Answers the requests that wait, ends the thread and frees. The readers must have ended. */
void gss_thread_stop(struct gss_thread *);

/* The table of contexts, and the keytab; NULL if the thread is NULL, since there is no keytab. */
struct gss_context_table *gss_thread_contexts(struct gss_thread *);
struct gss_keytab *gss_thread_keytab(struct gss_thread *);
/* By how many seconds the server's clock was ahead of that of the client whose negotiation failed
 * last, if its request had a time. */
int64_t gss_thread_skew(const struct gss_thread *);

/* When a client came last with a ticket for a version of our key that the keytab lacks, seconds; 0:
 * none did. */
uint64_t gss_thread_version_failed(const struct gss_thread *);

/* Makes a pending request with a copy of all of this. */
struct pending *gss_thread_make(const struct request *);
