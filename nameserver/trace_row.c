/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/trace_row.h"
#include "nameserver/dispatch.h"
#include "nameserver/refusal_code.h"
#include "nameserver/trace.h"
#include <string.h>

static enum trace_kind trace_kind_of(const struct dns_msg *msg)
{
	if (msg->opcode == DNS_OPCODE_UPDATE)
		return TRACE_UPDATE;
	return msg->opcode == DNS_OPCODE_QUERY ? TRACE_QUERY : TRACE_OTHER;
}

/* The zone that answers, as queries find it; of an update that of its zone section alone. */
static const struct zone *trace_zone(const struct request *request)
{
	const struct dns_msg *msg = request->msg;
	const struct zoneset *zones = request->by->snapshot.zones;
	if (!msg->has_question || !snapshot_is_whole(&request->by->snapshot))
		return NULL;
	const struct zone *exact = zoneset_exact(zones, &msg->qname);
	if (msg->opcode == DNS_OPCODE_UPDATE)
		return exact;
	if (exact && msg->qtype == DNS_TYPE_DS) {
		const struct zone *above = zoneset_find_above(zones, &msg->qname);
		return above ? above : exact;
	}
	return exact ? exact : zoneset_find(zones, &msg->qname);
}

/* Of an update: its first change. False: it has none that can be read. */
static bool trace_first_change(const struct dns_msg *msg, struct dns_msg_rr *first)
{
	struct dns_msg_walk walk = dns_msg_walk(msg, DNS_UPDATE);
	return msg->count[DNS_UPDATE] > 0 && dns_msg_next(&walk, first);
}

/* Whether the sections of an update can be walked: of a message with a fault they cannot. */
static bool trace_can_read(const struct dns_msg *msg)
{
	struct dns_msg again;
	return msg->opcode == DNS_OPCODE_UPDATE && dns_msg_open(&again, msg->packet) == DNS_NOERROR;
}

/* What stands in the message; one that could not be opened has no sections. */
static void trace_read(const struct request *request, bool is_open, struct trace_row *row)
{
	const struct dns_msg *msg = request->msg;
	struct dns_msg_rr first;
	const struct zone *zone = trace_zone(request);
	row->has_question = msg->has_question;
	if (!msg->has_question)
		return;
	row->name = msg->qname;
	row->class = msg->qclass;
	row->type = msg->qtype;
	row->has_zone = zone && (msg->qclass == DNS_CLASS_IN || msg->qclass == DNS_CLASS_ANY);
	if (row->has_zone)
		row->zone = zone->apex;
	if (row->kind != TRACE_UPDATE || !is_open)
		return;
	row->changes = msg->count[DNS_UPDATE];
	if (trace_first_change(msg, &first)) {
		row->name = first.owner;
		row->type = first.type;
	}
}

/* The code that its client sees. The bits of BADVERS are in an OPT. */
static void trace_answer(const struct dns_msg *msg, const struct bytes_out *answer,
			 struct trace_row *row)
{
	row->has_rcode = answer && bytes_out_len(answer) >= DNS_HEADER_LEN;
	if (!row->has_rcode)
		return;
	row->rcode = answer->start[3] & 15;
	if (row->rcode == DNS_NOERROR && msg->edns.is_present && msg->edns.version > 0)
		row->rcode = DNS_BADVERS;
}

struct trace_types {
	const struct dns_msg *msg;
	const struct trace_row *row;
	bool is_open;
};

/* A question is of one type; an update of all that it changes. */
static bool trace_has_type(const void *context, uint16_t type)
{
	const struct trace_types *types = context;
	struct dns_msg_walk walk = {.left = 0};
	struct dns_msg_rr rr;
	if (types->row->has_question && types->row->type == type)
		return true;
	if (types->row->kind == TRACE_UPDATE && types->is_open)
		walk = dns_msg_walk(types->msg, DNS_UPDATE);
	while (dns_msg_next(&walk, &rr))
		if (rr.type == type)
			return true;
	return false;
}

static void trace_send(const struct request *request, struct trace_row *row,
		       const struct bytes_out *answer)
{
	const struct dns_msg *msg = request->msg;
	struct traces *traces = request->core->traces;
	bool is_open = trace_can_read(msg);
	row->at_us = clock_now_us(&request->core->clock);
	row->source = *request->source;
	row->is_tcp = request->transport == ENTRY_TCP;
	row->tsig_error = request->identity->error;
	memcpy(row->principal, request->who->text, strlen(request->who->text) + 1);
	trace_read(request, is_open, row);
	trace_answer(msg, answer, row);
	struct trace_types types = {msg, row, is_open};
	traces_put(traces, row, trace_has_type, &types);
}

void trace_row_request(const struct request *request, const struct bytes_out *answer)
{
	struct trace_row row = {.kind = trace_kind_of(request->msg)};
	if (traces_want(request->core->traces, row.kind, request->source))
		trace_send(request, &row, answer);
}

void trace_row_update(const struct update *update, const struct request *request,
		      const struct bytes_out *answer)
{
	struct trace_row row = {
		.kind = TRACE_UPDATE,
		.has_outcome = true,
		.outcome = update->outcome,
		.us = clock_monotonic_us() - update->began_us,
	};
	if (!traces_want(request->core->traces, row.kind, request->source))
		return;
	if (update->outcome == UPDATE_DENIED)
		row.code = refusal_word(update->refused);
	trace_send(request, &row, answer);
}
