/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Sends transfers of zones: AXFR (RFC 5936) and IXFR (RFC 1995).
 *
 *      reader     xfr.c        who may (xfr_make), and how many at one time
 *      transfers  xfr_run.c    a few threads: one short snapshot fills a spool with unsigned
 *                              messages; then parts of it are signed, as the peer takes them
 *                 xfr_fill.c   what goes into it
 *                 xfr_ixfr.c   the difference since a serial, from the log
 *                 pack.c       records into messages
 *                 spool.c      memory, then a file without a name
 *      reader     tcp.c        sends a part, and posts the transfer again when the peer has taken
 *                              it: other queries of the connection go on
 *
 * So no reader waits, a slow peer holds no snapshot, and a transfer is one version of the zone.
 * After an error of the store the answer is SERVFAIL, or, if a part was sent, the connection is
 * closed.
 */
#include "nameserver/update_parts.h"

#define XFR_THREADS  2
#define XFR_UDP_MAX  256 /* IXFR by UDP that wait; more are dropped, and their clients try again */
#define XFR_PART_MAX (2 * (2 + DNS_MESSAGE_MAX)) /* bytes that go to the peer at one time */

struct transfers;

struct transfers_options {
	const char *folder; /* for spools; copied */
	size_t parallel, per_address;
	uint64_t spool; /* bytes of all spools together */
};
struct transfers *transfers_start(struct core *, const struct transfers_options *);
/* Gives unfinished transfers back to their readers and ends the threads. The readers must have
 * ended. */
void transfers_stop(struct transfers *);
/* Frees, after all transfers were freed. */
void transfers_free(struct transfers *);
/* How many transfers are in progress. */
size_t transfers_count(struct transfers *);

/* Makes a transfer from a query of AXFR or IXFR in class IN. NOERROR: `*pending` is the transfer,
 * and the caller's. Otherwise the rcode of the answer; a refusal was logged. */
enum dns_rcode xfr_make(const struct request *, struct pending **pending);
