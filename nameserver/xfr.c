/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/container.h"
#include "dns/rdata.h"
#include "nameserver/xfr_parts.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define LINES_PER_SECOND 20

static struct xfr *xfr_of(struct pending *pending)
{
	return container_of(pending, struct xfr, pending);
}

static const char *style_word(const struct xfr *x)
{
	static const char *const words[] = {
		[XFR_AXFR] = "AXFR",
		[XFR_IXFR] = "IXFR",
		[XFR_CONDENSED] = "IXFR,condensed",
		[XFR_CURRENT] = "current",
	};
	return words[x->style];
}

/* --- the request */

/* RFC 1995 3: the client's SOA, and nothing else that counts, in AUTHORITY. */
static bool client_serial(const struct dns_msg *msg, struct arena *arena, uint32_t *serial)
{
	struct dns_msg_walk walk = dns_msg_walk(msg, DNS_AUTHORITY);
	struct dns_msg_rr rr;
	struct bytes_out soa = bytes_out_of(arena_alloc(arena, DNS_MESSAGE_MAX), DNS_MESSAGE_MAX);
	if (msg->count[DNS_AUTHORITY] != 1 || !dns_msg_next(&walk, &rr) ||
	    rr.type != DNS_TYPE_SOA || rr.class != DNS_CLASS_IN ||
	    !dns_name_equal(&rr.owner, &msg->qname) || !dns_msg_rdata(msg, &rr, &soa))
		return false;
	*serial = dns_soa_serial(bytes_of(soa.start, bytes_out_len(&soa)));
	return true;
}

static bool is_allowed(const struct request *asked, const struct zone *zone)
{
	struct policy_asker asker = request_asker(asked);
	struct policy_zone policy = update_policy(zone, &asked->by->snapshot);
	struct verdict verdict = update_transfer(zone, &policy, &asker);
	if (verdict.is_allowed)
		return true;
	stats_add(&asked->core->stats, STATS_TRANSFERS_REFUSED);
	update_refusal_transfer(asked, zone, &verdict);
	return false;
}

/* 0: it may go on. */
static enum dns_rcode xfr_judge(const struct request *asked, const struct zone *zone,
				uint32_t *serial)
{
	const struct dns_msg *msg = asked->msg;
	if (!zone)
		return DNS_NOTAUTH; /* RFC 5936 2.2.1 */
	if (!is_allowed(asked, zone))
		return DNS_REFUSED;
	if (msg->qtype == DNS_TYPE_IXFR)
		return client_serial(msg, &asked->by->arena, serial) ? DNS_NOERROR : DNS_FORMERR;
	/* RFC 5936 4.2: not defined. */
	return asked->transport == ENTRY_UDP ? DNS_FORMERR : DNS_NOERROR;
}

static bool take_place(struct transfers *all, const struct addr *source)
{
	enum connection_limits_outcome outcome =
		connection_limits_enter(all->connection_limits, source);
	if (outcome == CONNECTION_LIMITS_IN)
		return true;
	stats_add(&all->core->stats, STATS_TRANSFERS_BUSY);
	if (log_rate(&all->busy, 1)) {
		char text[ADDR_TEXT_MAX];
		addr_print(source, text);
		log_warning("transfer put off: too many are under way", "source=%s limit=%s", text,
			    outcome == CONNECTION_LIMITS_FULL ? "transfers.parallel"
							      : "transfers.parallel-per-address");
	}
	return false;
}

/* --- its way through the other thread */

static bool nameserver_xfr_post(struct pending *pending)
{
	return xfr_post(xfr_of(pending));
}

static void xfr_answer(struct pending *pending, struct dispatcher *dispatcher,
		       struct bytes_out *out)
{
	struct xfr *x = xfr_of(pending);
	if (x->rcode == DNS_NOERROR && x->part_len > 0) {
		/* By UDP: the one message, signed, behind its length. */
		struct bytes_in part = bytes_in_of(x->part, x->part_len);
		size_t len = bytes_in_u16(&part);
		bytes_out_put(out, bytes_in_take(&part, len), len);
		assert(!part.bad && !out->full);
		x->is_sent = true;
		return;
	}
	struct request request = request_again(&x->request, dispatcher);
	struct answer said;
	answer_start(&said, &request, out);
	said.rcode = x->rcode == DNS_NOERROR ? DNS_SERVFAIL : x->rcode;
	answer_finish(&said, dispatcher->snapshot.keys, request.now);
}

static bool xfr_part(struct pending *pending, struct pending_part *given)
{
	struct xfr *x = xfr_of(pending);
	if (x->rcode != DNS_NOERROR)
		return false;
	*given = (struct pending_part){
		.framed = bytes_of(x->part, x->part_len),
		.is_last = x->is_last,
		.is_broken = x->is_broken,
	};
	x->is_sent = x->is_last && !x->is_broken;
	return true;
}

static void count_end(const struct xfr *x)
{
	static const enum stats_counter styles[] = {
		[XFR_AXFR] = STATS_TRANSFERS_AXFR,
		[XFR_IXFR] = STATS_TRANSFERS_IXFR,
		[XFR_CONDENSED] = STATS_TRANSFERS_IXFR,
		[XFR_CURRENT] = STATS_TRANSFERS_CURRENT,
	};
	struct stats *stats = &x->request.core->stats;
	if (x->is_sent) {
		stats_add(stats, STATS_TRANSFERS);
		stats_add(stats, styles[x->style]);
		if (x->style == XFR_CONDENSED)
			stats_add(stats, STATS_TRANSFERS_CONDENSED);
	} else if (x->is_filled && x->rcode == DNS_NOERROR) {
		stats_add(stats, STATS_TRANSFERS_CUT);
	}
}

/* A line for each that sent data: it is rare, and what an operator looks for. */
static void log_end(const struct xfr *x)
{
	char zone[DNS_NAME_TEXT_MAX], source[ADDR_TEXT_MAX], who[LOG_QUOTED_MAX];
	if (!x->is_filled || x->rcode != DNS_NOERROR ||
	    !log_rate(&x->request.core->transfers->ends, LINES_PER_SECOND))
		return;
	bool is_cut = !x->is_sent;
	enum log_level level = is_cut                    ? LOG_LEVEL_WARNING
			       : x->style == XFR_CURRENT ? LOG_LEVEL_DEBUG
							 : LOG_LEVEL_INFO;
	addr_print(&x->request.source, source);
	log_line(level, is_cut ? "transfer cut off" : "transfer sent",
		 "zone=%s to=%s principal=%s style=%s serial=%" PRIu32 " records=%" PRIu64
		 " messages=%" PRIu64 " bytes=%" PRIu64 " ms=%" PRIu64,
		 dns_name_show(&x->apex, zone), source, log_quote(x->request.who.text, who),
		 style_word(x), x->serial, x->records, x->messages, x->bytes,
		 (clock_monotonic_us() - x->started_us) / 1000);
}

static void xfr_free(struct pending *pending)
{
	struct xfr *x = xfr_of(pending);
	struct transfers *all = x->request.core->transfers;
	count_end(x);
	log_end(x);
	if (x->is_counted)
		connection_limits_leave(all->connection_limits, &x->request.source);
	else
		atomic_fetch_sub(&all->by_udp, 1);
	if (x->has_stream)
		identity_stream_close(&x->stream);
	spool_close(&x->spool);
	request_kept_end(&x->request);
	free(x->part);
	free(x);
}

static const struct pending_kind xfr_kind = {
	.post = nameserver_xfr_post,
	.answer = xfr_answer,
	.free = xfr_free,
	.part = xfr_part,
};

static struct xfr *xfr_new(const struct request *asked, const struct zone *zone)
{
	struct transfers *all = asked->core->transfers;
	size_t len = asked->msg->packet.len;
	struct xfr *x = calloc(1, sizeof *x + len);
	assert(x);
	request_keep(&x->request, asked, x->packet);
	x->pending.kind = &xfr_kind;
	x->pending.bytes = sizeof *x + len + XFR_PART_MAX;
	x->zone_id = zone->id;
	x->apex = zone->apex;
	x->thread = &all->threads[atomic_fetch_add(&all->next, 1) % XFR_THREADS];
	x->started_us = clock_monotonic_us();
	spool_open(&x->spool, &all->room);
	return x;
}

enum dns_rcode xfr_make(const struct request *asked, struct pending **pending)
{
	struct transfers *all = asked->core->transfers;
	const struct zone *zone = zoneset_exact(asked->by->snapshot.zones, &asked->msg->qname);
	bool is_udp = asked->transport == ENTRY_UDP;
	uint32_t serial = 0;
	enum dns_rcode rcode = xfr_judge(asked, zone, &serial);
	if (rcode != DNS_NOERROR)
		return rcode;
	/* Not REFUSED, which would say that it may not: it is to come again. */
	if (!is_udp && !take_place(all, asked->source))
		return DNS_SERVFAIL;
	if (is_udp)
		atomic_fetch_add(&all->by_udp, 1);
	struct xfr *x = xfr_new(asked, zone);
	x->is_counted = !is_udp;
	x->is_incremental = asked->msg->qtype == DNS_TYPE_IXFR;
	x->client_serial = serial;
	*pending = &x->pending;
	return DNS_NOERROR;
}
