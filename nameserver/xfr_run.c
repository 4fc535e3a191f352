/* SPDX-License-Identifier: BSD-2-Clause */
/* The threads of transfers: first the spool is filled, then parts of it are signed. */
#include "nameserver/xfr_parts.h"
#include "base/container.h"
#include <assert.h>
#include <stdlib.h>

#define LENGTH_LEN 2
#define QUEUE_MAX                                                                                  \
	65536 /* more than there can be: the table of connections and XFR_UDP_MAX bound them */

static struct xfr *xfr_of_link(struct queue_link *link)
{
	return container_of(link, struct xfr, link);
}

/* The store or the spool failed: the operator is told, the peer gets SERVFAIL. */
static void xfr_run_fail(struct xfr *x, const char *why)
{
	char zone[DNS_NAME_TEXT_MAX], source[ADDR_TEXT_MAX];
	x->rcode = DNS_SERVFAIL;
	stats_add(&x->request.core->stats, STATS_TRANSFERS_FAILED);
	if (!log_rate(&x->request.core->transfers->failures, 1))
		return;
	addr_print(&x->request.source, source);
	log_error("transfer failed", "zone=%s to=%s why=\"%s\"", dns_name_show(&x->apex, zone),
		  source, why);
}

/* From one short snapshot. */
static void xfr_run_fill(struct xfr *x, struct xfr_thread *thread)
{
	store_read_renew(&thread->txn);
	x->rcode = xfr_fill(x, thread);
	if (thread->txn.error)
		xfr_run_fail(x, store_error_text(thread->txn.error));
	else if (x->spool.problem)
		xfr_run_fail(x, x->spool.problem);
	else if (x->rcode == DNS_SERVFAIL)
		xfr_run_fail(x, "a record is too long for any message");
	store_read_reset(&thread->txn);
	arena_reset(&thread->arena);
	x->is_filled = true;
	if (x->rcode != DNS_NOERROR) {
		spool_close(&x->spool);
		return;
	}
	stats_add_rcode(&x->request.core->stats, DNS_NOERROR);
	identity_stream_open(&x->stream, &x->request.identity);
	x->has_stream = true;
	x->part = malloc(XFR_PART_MAX);
	assert(x->part);
}

/* The next message behind what the part holds. False: it does not fit any more, or is the last. */
static bool sign_one(struct xfr *x)
{
	uint8_t length[LENGTH_LEN];
	struct bytes_out out = bytes_out_of(x->part, XFR_PART_MAX);
	bytes_out_room(&out, x->part_len);
	if (bytes_out_left(&out) < LENGTH_LEN + DNS_MESSAGE_MAX || spool_left(&x->spool) == 0)
		return false;
	if (!spool_take(&x->spool, length, sizeof length)) {
		x->is_broken = true;
		return false;
	}
	struct bytes_in in = bytes_in_of(length, sizeof length);
	size_t len = bytes_in_u16(&in), at = bytes_out_len(&out);
	bytes_out_u16(&out, 0);
	uint8_t *message = out.at;
	size_t whole = 0;
	if (spool_take(&x->spool, message, len))
		whole = identity_stream_sign(&x->stream, message, len, DNS_MESSAGE_MAX,
					     clock_now(&x->request.core->clock));
	if (whole == 0) {
		x->is_broken = true;
		return false;
	}
	bytes_out_room(&out, whole);
	bytes_out_patch_u16(&out, at, (uint16_t)whole);
	x->part_len = bytes_out_len(&out);
	return true;
}

static void sign_part(struct xfr *x)
{
	x->part_len = 0;
	while (sign_one(x))
		;
	if (x->is_broken)
		x->part_len = 0;
	x->is_last = spool_left(&x->spool) == 0;
	x->bytes += x->part_len;
	stats_add_many(&x->request.core->stats, STATS_TRANSFER_BYTES, x->part_len);
}

static void xfr_run_serve(struct xfr *x, struct xfr_thread *thread)
{
	if (thread->all->is_stopping) {
		x->rcode = x->is_filled ? x->rcode : DNS_SERVFAIL;
		x->is_broken = true;
		x->part_len = 0;
	} else {
		if (!x->is_filled)
			xfr_run_fill(x, thread);
		if (x->rcode == DNS_NOERROR)
			sign_part(x);
	}
	x->pending.answered(&x->pending, x->pending.context);
}

static void *xfr_run_run(void *argument)
{
	struct xfr_thread *thread = argument;
	while (queue_wait(&thread->queue, UINT64_MAX)) {
		struct queue_link *link = queue_take(&thread->queue, 1);
		if (link)
			xfr_run_serve(xfr_of_link(link), thread);
	}
	return NULL;
}

bool xfr_post(struct xfr *x)
{
	struct transfers *all = x->request.core->transfers;
	if (x->request.transport == ENTRY_UDP && atomic_load(&all->by_udp) > XFR_UDP_MAX) {
		stats_add(&x->request.core->stats, STATS_TRANSFERS_BUSY);
		return false;
	}
	return queue_put(&x->thread->queue, &x->link);
}

struct transfers *transfers_start(struct core *core, const struct transfers_options *options)
{
	struct transfers *all = calloc(1, sizeof *all);
	assert(all);
	all->core = core;
	all->folder = strdup(options->folder);
	assert(all->folder);
	all->room.folder = all->folder;
	all->room.limit = options->spool;
	all->diff_max = XFR_DIFF_MAX;
	all->connection_limits = connection_limits_new(options->parallel, options->per_address);
	for (size_t i = 0; i < XFR_THREADS; i++) {
		struct xfr_thread *thread = &all->threads[i];
		thread->all = all;
		thread->hash_key = hash_key_random();
		queue_init(&thread->queue, QUEUE_MAX, NULL, NULL);
		store_read_begin(core->store, &thread->txn);
		store_read_reset(&thread->txn);
		int failed = pthread_create(&thread->thread, NULL, xfr_run_run, thread);
		assert(!failed);
	}
	return all;
}

void transfers_stop(struct transfers *all)
{
	all->is_stopping = true;
	for (size_t i = 0; i < XFR_THREADS; i++) {
		struct xfr_thread *thread = &all->threads[i];
		queue_close(&thread->queue);
		pthread_join(thread->thread, NULL);
		store_read_end(&thread->txn);
		arena_free(&thread->arena);
		queue_free(&thread->queue);
	}
}

void transfers_free(struct transfers *all)
{
	assert(connection_limits_count(all->connection_limits) == 0);
	connection_limits_free(all->connection_limits);
	free(all->folder);
	free(all);
}

size_t transfers_count(struct transfers *all)
{
	return connection_limits_count(all->connection_limits);
}
