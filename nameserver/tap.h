/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * dnstap: copies of requests and their answers to a Unix socket, for whoever reads there
 * (fstrm_capture, dnscollector). A thread of libfstrm writes; it connects again from time to time,
 * and throws away what comes while nobody reads.
 * Answers never wait for it: what does not fit into TAP_BYTES_MAX, or into memory, is not copied,
 * and counted.
 *
 * Any thread, but for the beginning and the end.
 */
#include "base/addr.h"
#include "base/bytes.h"

#define TAP_BYTES_MAX (4u << 20) /* that wait for the reader */
#define TAP_QUEUE     4096       /* messages that do; a power of two */

struct tap;

struct tap_options {
	const char *socket;
	uint64_t sample; /* one request in so many */
	const char *identity, *version;
};

/* NULL: it cannot be, and `*problem` says why, a constant sentence. */
struct tap *tap_start(const struct tap_options *, const char **problem);
/* Writes what waits, and frees. NULL is allowed. No other thread uses it any more. */
void tap_stop(struct tap *);

/* A request and its answer, as they were on the wire. */
struct tap_exchange {
	struct bytes query, response; /* empty: there is no answer */
	const struct addr *peer;
	bool is_tcp, is_update;
	uint64_t query_us, response_us;
};
/* Copies it, if it is its turn (sample). */
void tap_copy(struct tap *, const struct tap_exchange *);

/* Messages that were copied, and those for which there was no room. */
void tap_counts(const struct tap *, uint64_t *copied, uint64_t *dropped);
