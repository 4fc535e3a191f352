/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/pack.h"

void pack_start(struct pack *p, const struct pack_how *how, struct spool *spool)
{
	p->how = *how;
	p->spool = spool;
	p->is_open = p->is_failed = false;
	p->messages = p->records = 0;
}

static void open_message(struct pack *p, size_t limit)
{
	struct dns_msg later = {
		.packet = p->how.request->packet,
		.id = p->how.request->id,
		.flags = p->how.request->flags,
		.opcode = p->how.request->opcode,
		.question_end = DNS_HEADER_LEN,
	};
	bool is_first = p->messages == 0, has_opt = is_first && p->how.request->edns.is_present;
	size_t reserve = p->how.signature + (has_opt ? dns_reply_opt_size(&p->how.opt) : 0);
	dns_reply_start(&p->reply, is_first ? p->how.request : &later,
			bytes_out_of(p->buffer, sizeof p->buffer), limit, reserve);
	dns_reply_set_flags(&p->reply, DNS_FLAG_AA);
	p->is_open = true;
}

static bool close_message(struct pack *p)
{
	uint8_t length[2];
	struct bytes_out out = bytes_out_of(length, sizeof length);
	if (p->messages == 0 && p->how.request->edns.is_present)
		dns_reply_opt(&p->reply, &p->how.opt);
	struct bytes message = dns_reply_finish(&p->reply);
	bytes_out_u16(&out, (uint16_t)message.len);
	p->is_open = false;
	p->messages++;
	if (!spool_put(p->spool, bytes_of(length, sizeof length)) || !spool_put(p->spool, message))
		p->is_failed = true;
	return !p->is_failed;
}

struct record {
	const struct dns_name *owner;
	uint16_t type;
	uint32_t ttl;
	struct bytes rdata;
};

static bool pack_put(struct pack *p, const struct record *r)
{
	return dns_reply_rr(&p->reply, DNS_ANSWER, r->owner, r->type, DNS_CLASS_IN, r->ttl,
			    r->rdata);
}

/* Into the open message; else into a new one; else into one as long as messages can be. */
static bool pack_place(struct pack *p, const struct record *r)
{
	if (p->is_open) {
		if (pack_put(p, r))
			return true;
		if (p->how.is_single)
			return false;
		if (!close_message(p))
			return false;
	}
	open_message(p, p->how.limit);
	if (pack_put(p, r))
		return true;
	if (p->how.is_single)
		return false;
	open_message(p, DNS_MESSAGE_MAX);
	return pack_put(p, r);
}

bool pack_record(struct pack *p, const struct dns_name *owner, uint16_t type, uint32_t ttl,
		 struct bytes rdata)
{
	struct record record = {owner, type, ttl, rdata};
	if (p->is_failed || !pack_place(p, &record)) {
		p->is_failed = true;
		return false;
	}
	p->records++;
	return true;
}

bool pack_end(struct pack *p)
{
	if (p->is_open && !p->is_failed)
		return close_message(p);
	return !p->is_failed;
}
