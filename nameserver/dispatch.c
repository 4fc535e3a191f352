/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/dispatch.h"
#include "base/memory.h"
#include "nameserver/answer.h"
#include "nameserver/client_skew.h"
#include "nameserver/gss_thread.h"
#include "nameserver/key_uses.h"
#include "nameserver/query.h"
#include "nameserver/refusal.h"
#include "nameserver/tap.h"
#include "nameserver/trace_row.h"
#include "nameserver/update_parts.h"
#include "nameserver/xfr.h"

/* A packet that came, and what the request borrows of it. */
struct received {
	struct bytes packet;
	struct dns_msg msg;
	struct identity identity;
	struct request request;
};

/* An answer that is nothing but its code. */
static enum dispatch_outcome dispatch_say(const struct request *request, unsigned rcode,
					  struct bytes_out *out)
{
	struct answer answer;
	answer_start(&answer, request, out);
	answer.rcode = rcode;
	if (rcode == DNS_REFUSED && request->msg->opcode == DNS_OPCODE_UPDATE)
		answer_prohibit(&answer, ANSWER_NOT_AUTHORIZED);
	answer_finish(&answer, request->by->snapshot.keys, request->now);
	return DISPATCH_ANSWER;
}

/* A zone to a secondary (nameserver/xfr.h). */
static bool dispatch_is_transfer(const struct dns_msg *msg)
{
	return msg->opcode == DNS_OPCODE_QUERY &&
	       (msg->qtype == DNS_TYPE_AXFR || msg->qtype == DNS_TYPE_IXFR) &&
	       msg->qclass == DNS_CLASS_IN;
}

/* A TSIG that does not verify: in the operator's log and in the audit trail. Many clients ask a
 * signed question before their update, and stop there. */
static void signature_note(const struct request *request)
{
	struct core *core = request->core;
	const struct identity *identity = request->identity;
	char key[DNS_NAME_TEXT_MAX], quoted[LOG_QUOTED_MAX], source[ADDR_TEXT_MAX];
	stats_add(&core->stats, STATS_TSIG_FAILED);
	dns_name_show(&identity->key, key);
	if (log_rate(&core->bad_signatures, 5)) {
		addr_print(request->source, source);
		log_warning("request refused: bad signature",
			    "error=%s key=%s source=%s skew=%lld reason=\"%s\"",
			    dns_tsig_error_name(identity->error), log_quote(key, quoted), source,
			    (long long)identity->skew, identity->problem ? identity->problem : "");
	}
	if (request->msg->has_question &&
	    (request->msg->opcode == DNS_OPCODE_UPDATE || request->msg->opcode == DNS_OPCODE_QUERY))
		update_refusal_signature(request);
}

static void request_count(const struct request *request)
{
	struct stats *stats = &request->core->stats;
	if (request->msg->opcode == DNS_OPCODE_UPDATE)
		stats_add(stats, STATS_UPDATES);
	else if (request->transport == ENTRY_UDP)
		stats_add(stats, STATS_UDP_QUERIES);
	else
		stats_add(stats, STATS_TCP_QUERIES);
}

/* The MAC was right, so that the time is the client's own. */
static void skew_note(const struct request *request)
{
	struct core *core = request->core;
	const struct identity *identity = request->identity;
	bool is_refused = identity->error == DNS_BADTIME;
	struct who who;
	if (is_refused)
		stats_add(&core->stats, STATS_TSIG_BADTIME);
	tally_skew(request->by->tally, identity->skew);
	if (!client_skews_matter(core->client_skews, -identity->skew))
		return;
	if (identity->context)
		who = gss_context_who(identity->context);
	else if (!who_of_key(&who, &identity->key))
		return;
	client_skews_note(core->client_skews, who.text, -identity->skew, is_refused, request->now);
}

/* Who sent it: nobody, as it was begun, unless it is signed. 0: go on. */
static enum dns_rcode request_identify(struct received *received)
{
	struct request *request = &received->request;
	if (!request->msg->has_tsig)
		return DNS_NOERROR;
	struct core *core = request->core;
	struct identity *identity = &received->identity;
	struct identity_policy policy = {
		.allows_md5 = core->allows_md5,
		.contexts = gss_thread_contexts(core->gss_thread),
	};
	tsig_server_identify(request->by->snapshot.keys, &policy, request->msg, request->now,
			     identity);
	if (identity->outcome == IDENTITY_VERIFIED)
		stats_add(&core->stats, STATS_TSIG_VERIFIED);
	if (identity->outcome == IDENTITY_VERIFIED || identity->error == DNS_BADTIME)
		skew_note(request);
	if (identity->outcome == IDENTITY_VERIFIED && !identity->context)
		key_uses_note(core->key_uses, &identity->key, request->now, request->source);
	if (identity->outcome == IDENTITY_FAILED)
		signature_note(request);
	return identity_rcode(identity);
}

static enum dispatch_outcome query_dispatch(const struct request *request, struct bytes_out *out)
{
	struct answer answer;
	answer_start(&answer, request, out);
	struct query_refusal refused;
	query_answer(request->by, &answer, &refused);
	if (refused.zone)
		update_refusal_query(request, &refused);
	tally_query(request->by->tally, request->msg->qtype, answer.zone_id, answer.rcode);
	answer_finish(&answer, request->by->snapshot.keys, request->now);
	return DISPATCH_ANSWER;
}

static enum dispatch_outcome update_dispatch(const struct request *request, struct bytes_out *out,
					     struct pending **pending)
{
	enum dns_rcode rcode = update_make(request, pending);
	if (rcode != DNS_NOERROR)
		return dispatch_say(request, rcode, out);
	return *pending ? DISPATCH_WAITS : DISPATCH_DROP;
}

static enum dispatch_outcome transfer_dispatch(const struct request *request, struct bytes_out *out,
					       struct pending **pending)
{
	enum dns_rcode rcode = xfr_make(request, pending);
	if (rcode != DNS_NOERROR)
		return dispatch_say(request, rcode, out);
	return DISPATCH_WAITS;
}

static enum dispatch_outcome tkey_dispatch(const struct request *request, struct bytes_out *out,
					   struct pending **pending)
{
	struct tkey tkey;
	enum dns_rcode rcode = tkey_serve(request, &tkey, pending);
	if (rcode != DNS_NOERROR)
		return dispatch_say(request, rcode, out);
	if (*pending)
		return DISPATCH_WAITS;
	struct answer answer;
	answer_start(&answer, request, out);
	(void)tkey_put(&answer, &tkey, &request->by->arena);
	answer_finish(&answer, request->by->snapshot.keys, request->now);
	return DISPATCH_ANSWER;
}

/*
 * RFC 1996 makes a primary of us for all our zones: there is nobody whose word would move one. Of a
 * zone that is not here we say what BIND and Knot do, NOTAUTH; the rest is refused.
 */
static enum dispatch_outcome notify_dispatch(const struct request *request, struct bytes_out *out)
{
	struct core *core = request->core;
	const struct dns_msg *msg = request->msg;
	char zone[DNS_NAME_TEXT_MAX], quoted[LOG_QUOTED_MAX], source[ADDR_TEXT_MAX];
	stats_add(&core->stats, STATS_NOTIFIES_RECEIVED);
	if (msg->qtype != DNS_TYPE_SOA)
		return dispatch_say(request, DNS_FORMERR, out);
	bool is_ours = msg->qclass == DNS_CLASS_IN &&
		       zoneset_exact(request->by->snapshot.zones, &msg->qname) != NULL;
	if (log_rate(&core->notifies_received, 1)) {
		addr_print(request->source, source);
		log_warning("notify refused", "zone=%s source=%s why=\"%s\"",
			    log_quote(dns_name_show(&msg->qname, zone), quoted), source,
			    is_ours ? "this server is the zone's primary" : "the zone is not here");
	}
	return dispatch_say(request, is_ours ? DNS_REFUSED : DNS_NOTAUTH, out);
}

static enum dispatch_outcome request_answer(struct received *received, struct bytes_out *out,
					    struct pending **pending)
{
	const struct request *request = &received->request;
	struct dns_msg *msg = &received->msg;
	enum dns_rcode rcode = dns_msg_open(msg, received->packet);
	bool is_known = msg->opcode == DNS_OPCODE_QUERY || msg->opcode == DNS_OPCODE_UPDATE ||
			msg->opcode == DNS_OPCODE_NOTIFY;
	identity_anonymous(&received->identity);
	request_count(request);
	if (rcode != DNS_NOERROR) {
		msg->edns = (struct dns_edns){0};
		/* What a message of an unknown opcode looks like is not ours to judge. */
		return dispatch_say(request, is_known ? rcode : DNS_NOTIMP, out);
	}
	if (!snapshot_is_whole(&request->by->snapshot))
		return dispatch_say(request, DNS_SERVFAIL, out);
	bool is_update = msg->opcode == DNS_OPCODE_UPDATE, is_tkey = tkey_is_asked(msg);
	bool is_transfer = dispatch_is_transfer(msg);
	/* Without memory only what ends at once is begun. */
	if ((is_update || is_tkey || is_transfer) && memory_is_short())
		return dispatch_say(request, DNS_SERVFAIL, out);
	rcode = request_identify(received);
	if (rcode != DNS_NOERROR)
		return dispatch_say(request, rcode, out);
	if (msg->edns.is_present && msg->edns.version > 0)
		return dispatch_say(request, DNS_BADVERS, out);
	if (!is_known)
		return dispatch_say(request, DNS_NOTIMP, out);
	if (msg->opcode == DNS_OPCODE_NOTIFY)
		return notify_dispatch(request, out);
	if (is_update)
		return update_dispatch(request, out, pending);
	if (is_tkey)
		return tkey_dispatch(request, out, pending);
	if (is_transfer)
		return transfer_dispatch(request, out, pending);
	return query_dispatch(request, out);
}

void dispatcher_open(struct dispatcher *dispatcher, struct core *core)
{
	*dispatcher = (struct dispatcher){.core = core, .tally = tally_begin(core->tallies)};
	snapshot_open(&dispatcher->snapshot, core->store, core->store_key);
}

void dispatcher_close(struct dispatcher *dispatcher)
{
	snapshot_close(&dispatcher->snapshot);
	arena_free(&dispatcher->arena);
	tally_end(dispatcher->core->tallies, dispatcher->tally);
}

void dispatcher_begin(struct dispatcher *dispatcher)
{
	if (!snapshot_renew(&dispatcher->snapshot) &&
	    log_rate(&dispatcher->core->store_failures, 1))
		log_error("store cannot be read", "error=\"%s\"",
			  store_error_text(dispatcher->snapshot.txn->error));
}

void dispatcher_end(struct dispatcher *dispatcher)
{
	snapshot_rest(&dispatcher->snapshot);
}

static void dispatch_tap(struct core *core, const struct packet *packet,
			 const struct bytes_out *answer, unsigned opcode)
{
	uint64_t now_us = clock_now_us(&core->clock);
	struct tap_exchange exchange = {
		.query = packet->bytes,
		.response = bytes_of(answer->start, bytes_out_len(answer)),
		.peer = &packet->source,
		.is_tcp = packet->transport == ENTRY_TCP,
		.is_update = opcode == DNS_OPCODE_UPDATE,
		.query_us = now_us,
		.response_us = now_us,
	};
	tap_copy(core->tap, &exchange);
}

static void dispatch_shadow(const struct received *received, const struct bytes_out *answer)
{
	const struct request *request = &received->request;
	const struct snapshot *snapshot = &request->by->snapshot;
	const struct zone *zone = NULL;
	if (received->msg.has_question && snapshot_is_whole(snapshot))
		zone = zoneset_find(snapshot->zones, &received->msg.qname);
	if (zone)
		shadow_put(request->core->shadow, &received->msg, &zone->apex,
			   bytes_of(answer->start, bytes_out_len(answer)));
}

/* To who looks: an update that waits is shown when it is answered. No answer: it waits. */
static void dispatch_show(const struct received *received, const struct packet *packet,
			  const struct bytes_out *answer)
{
	struct core *core = received->request.core;
	unsigned opcode = received->msg.opcode;
	if (core->tap && answer)
		dispatch_tap(core, packet, answer, opcode);
	if (shadow_is_on(core->shadow) && answer)
		dispatch_shadow(received, answer);
	if (trace_is_on(core) && (answer || opcode != DNS_OPCODE_UPDATE))
		trace_row_request(&received->request, answer);
}

enum dispatch_outcome dispatch(struct dispatcher *dispatcher, const struct packet *packet,
			       struct bytes_out *answer, struct pending **pending)
{
	if (!dns_msg_is_request(packet->bytes)) {
		stats_add(&dispatcher->core->stats, STATS_DROPPED);
		return DISPATCH_DROP;
	}
	struct received received; /* not cleared: some kilobytes, most of them never used */
	received.packet = packet->bytes;
	received.request = (struct request){
		.core = dispatcher->core,
		.by = dispatcher,
		.msg = &received.msg,
		.identity = &received.identity,
		.who = packet->proved ? packet->proved : &received.identity.who,
		.source = &packet->source,
		.transport = packet->transport,
		.now = clock_now(&dispatcher->core->clock),
	};
	/* An error sticks to the snapshot: a request that met a damaged row must not spoil those
	 * behind it in the batch. */
	if (!snapshot_is_whole(&dispatcher->snapshot))
		dispatcher_begin(dispatcher);
	arena_reset(&dispatcher->arena);
	enum dispatch_outcome outcome = request_answer(&received, answer, pending);
	if (dispatcher->core->watchers)
		dispatch_show(&received, packet, outcome == DISPATCH_WAITS ? NULL : answer);
	identity_wipe(&received.identity);
	/* What could not be signed is not sent: its client takes nothing unsigned. */
	if (outcome == DISPATCH_ANSWER && bytes_out_len(answer) == 0) {
		stats_add(&dispatcher->core->stats, STATS_DROPPED);
		return DISPATCH_DROP;
	}
	return outcome;
}
