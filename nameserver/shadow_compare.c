/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/shadow_compare.h"
#include "dns/rdata.h"
#include <stdio.h>
#include <stdlib.h>

static int shadow_record_order(const void *left, const void *right)
{
	const struct shadow_record *a = left, *b = right;
	int order = dns_name_compare(&a->owner, &b->owner);
	if (order)
		return order;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return dns_rdata_compare(a->type, a->rdata, b->rdata);
}

/* One record into the arena. False: its data is none of its type. */
static bool shadow_record_take(const struct dns_msg *msg, const struct dns_msg_rr *rr,
			       struct arena *arena, struct shadow_record *record)
{
	/* Names in it may be compressed, and are longer then. */
	size_t room = (size_t)rr->rdata_len + 2 * DNS_NAME_MAX;
	uint8_t *data = arena_alloc(arena, room);
	struct bytes_out out = bytes_out_of(data, room);
	if (!dns_msg_rdata(msg, rr, &out))
		return false;
	*record = (struct shadow_record){.owner = rr->owner,
					 .type = rr->type,
					 .ttl = rr->ttl,
					 .rdata = bytes_of(data, bytes_out_len(&out))};
	if (rr->type == DNS_TYPE_SOA)
		dns_soa_set_serial(data, record->rdata.len, 0);
	return true;
}

/* The records of a section, of one type or of all (0). */
static bool shadow_answer_take(struct shadow_answer *answer, const struct dns_msg *msg,
			       enum dns_section section, uint16_t type, struct arena *arena)
{
	struct dns_msg_walk walk = dns_msg_walk(msg, section);
	struct dns_msg_rr rr;
	while (dns_msg_next(&walk, &rr)) {
		if (rr.class != DNS_CLASS_IN || (type && rr.type != type))
			continue;
		if (answer->count == SHADOW_RECORDS_MAX ||
		    !shadow_record_take(msg, &rr, arena, &answer->records[answer->count]))
			return false;
		answer->count++;
	}
	return true;
}

bool shadow_answer_read(struct shadow_answer *answer, struct bytes message,
			const struct dns_name *name, uint16_t type, struct arena *arena)
{
	struct dns_msg msg;
	if (dns_msg_open(&msg, message) || !(msg.flags & DNS_FLAG_QR) ||
	    msg.opcode != DNS_OPCODE_QUERY || !msg.has_question || msg.qtype != type ||
	    msg.qclass != DNS_CLASS_IN || !dns_name_equal(&msg.qname, name))
		return false;
	struct shadow_answer read = {.rcode = msg.flags & 15u};
	size_t room = msg.count[DNS_ANSWER] + (size_t)msg.count[DNS_AUTHORITY];
	if (room > SHADOW_RECORDS_MAX)
		room = SHADOW_RECORDS_MAX;
	read.records = arena_alloc(arena, (room + 1) * sizeof read.records[0]);
	if (msg.count[DNS_ANSWER] > SHADOW_RECORDS_MAX ||
	    !shadow_answer_take(&read, &msg, DNS_ANSWER, 0, arena))
		return false;
	if (read.count == 0 && read.rcode == DNS_NOERROR && !(msg.flags & DNS_FLAG_AA)) {
		if (!shadow_answer_take(&read, &msg, DNS_AUTHORITY, DNS_TYPE_NS, arena))
			return false;
		read.is_referral = read.count > 0;
	}
	if (read.count > 1)
		qsort(read.records, read.count, sizeof read.records[0], shadow_record_order);
	*answer = read;
	return true;
}

enum shadow_verdict shadow_compare(const struct shadow_answer *a, const struct shadow_answer *b)
{
	enum shadow_verdict verdict = SHADOW_SAME;
	if (a->rcode != b->rcode)
		return SHADOW_RCODE;
	if (a->count != b->count || a->is_referral != b->is_referral)
		return SHADOW_ANSWER;
	for (size_t i = 0; i < a->count; i++) {
		if (shadow_record_order(&a->records[i], &b->records[i]) != 0)
			return SHADOW_ANSWER;
		if (a->records[i].ttl != b->records[i].ttl)
			verdict = SHADOW_TTL;
	}
	return verdict;
}

char *shadow_answer_print(const struct shadow_answer *answer, char out[SHADOW_TEXT_MAX])
{
	int at = snprintf(out, SHADOW_TEXT_MAX, "%s%s", dns_rcode_name(answer->rcode),
			  answer->is_referral ? " (referral)" : "");
	for (size_t i = 0; i < answer->count; i++) {
		const struct shadow_record *r = &answer->records[i];
		char type[DNS_TYPE_TEXT_MAX], data[SHADOW_TEXT_MAX], one[2 * SHADOW_TEXT_MAX];
		dns_rdata_print(r->type, r->rdata, data, sizeof data);
		int len = snprintf(one, sizeof one, "%s %s %s (%u)", i ? "," : ":",
				   dns_type_print(r->type, type), data, r->ttl);
		if (at + len + 5 > SHADOW_TEXT_MAX) {
			snprintf(out + at, (size_t)(SHADOW_TEXT_MAX - at), " ...");
			break;
		}
		at += snprintf(out + at, (size_t)(SHADOW_TEXT_MAX - at), "%s", one);
	}
	return out;
}
