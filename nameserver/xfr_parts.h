/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The internals of a transfer, for xfr*.c alone. */
#include "base/hash.h"
#include "base/queue.h"
#include "nameserver/connection_limits.h"
#include "nameserver/pack.h"
#include "nameserver/xfr.h"
#include <pthread.h>

#define XFR_DIFF_MAX (64u << 20) /* bytes of memory for a condensed difference */

/* The kind of answer. */
enum xfr_style { XFR_AXFR, XFR_IXFR, XFR_CONDENSED, XFR_CURRENT };

struct xfr {
	struct queue_link link;
	struct pending pending;
	struct request_kept request;
	struct xfr_thread *thread; /* the thread that serves it */
	uint32_t zone_id;
	struct dns_name apex;
	bool is_incremental;
	uint32_t client_serial; /* of an IXFR */
	bool is_counted;        /* among those under way */
	/* The thread's. */
	bool is_filled, is_broken, is_last, is_sent;
	enum dns_rcode rcode; /* not NOERROR: the answer */
	enum xfr_style style;
	uint32_t serial;
	uint64_t started_us, records, messages, bytes;
	struct spool spool;
	struct identity_stream stream;
	bool has_stream;
	uint8_t *part; /* XFR_PART_MAX bytes */
	size_t part_len;
	uint8_t packet[];
};

struct xfr_thread {
	struct transfers *all;
	pthread_t thread;
	struct queue queue;
	struct store_txn txn;
	struct arena arena;
	struct pack pack;
	struct hash_key hash_key; /* of the condensed difference */
};

struct transfers {
	struct core *core;
	char *folder;
	struct spool_room room;
	size_t diff_max; /* XFR_DIFF_MAX; less in tests */
	struct connection_limits *connection_limits;
	atomic_uint by_udp;
	atomic_bool is_stopping;
	atomic_uint next;
	struct log_limit busy, failures, ends;
	struct xfr_thread threads[XFR_THREADS];
};

/* xfr_run.c: gives it to a thread. False: that takes no more. */
bool xfr_post(struct xfr *);

/* The transfer and its zone while the spool is filled. */
struct xfr_source {
	struct xfr *xfr;
	struct xfr_thread *thread;
	struct zone zone;
	struct bytes soa; /* in the map */
	uint32_t soa_ttl;
};
bool xfr_put_soa(const struct xfr_source *, struct bytes soa, uint32_t ttl);

/* xfr_ixfr.c: the difference, the SOA alone, or false: the whole zone it must be. By UDP false: it
 * does not fit. */
bool xfr_put_difference(const struct xfr_source *);

/* xfr_fill.c: all messages into the spool, from the transaction. NOERROR, or the answer. */
enum dns_rcode xfr_fill(struct xfr *, struct xfr_thread *);
