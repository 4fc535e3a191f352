/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/msg.h"
#include "dns/rdata.h"
#include "dns/wire.h"
#include <assert.h>

bool dns_msg_is_request(struct bytes packet)
{
	return packet.len >= DNS_HEADER_LEN && (packet.data[2] & DNS_FLAG_QR >> 8) == 0;
}

static void read_header(struct dns_msg *msg, struct bytes_in *in)
{
	msg->id = bytes_in_u16(in);
	msg->flags = bytes_in_u16(in);
	msg->opcode = msg->flags >> 11 & 0xf;
	for (size_t i = 0; i < 4; i++) {
		msg->count[i] = bytes_in_u16(in);
		msg->section_at[i] = DNS_HEADER_LEN;
	}
	msg->question_end = DNS_HEADER_LEN;
}

static bool read_question(struct dns_msg *msg, struct bytes_in *in)
{
	if (msg->count[DNS_QUESTION] != 1)
		return false;
	dns_wire_name(in, &msg->qname);
	msg->qtype = bytes_in_u16(in);
	msg->qclass = bytes_in_u16(in);
	/* Before the question there are no names: a pointer there could only point at the header,
	 * which is another one in the answer that echoes the question. */
	if (in->bad || bytes_in_offset(in) != DNS_HEADER_LEN + msg->qname.len + 4u)
		return false;
	msg->has_question = true;
	msg->question_end = bytes_in_offset(in);
	return true;
}

/* The reader stands behind the fixed fields; `owner_len` is 1 for the root. */
static bool read_opt(struct dns_msg *msg, struct bytes_in *in, const struct dns_msg_rr *rr,
		     size_t owner_len)
{
	const uint8_t *options = bytes_in_take(in, rr->rdata_len);
	if (!options || owner_len != 1 || msg->edns.is_present)
		return false;
	return dns_edns_read(&msg->edns, rr->class, rr->ttl, bytes_of(options, rr->rdata_len));
}

static bool read_tsig(struct dns_msg *msg, struct bytes_in *in, const struct dns_msg_rr *rr,
		      size_t at)
{
	if (rr->class != DNS_CLASS_ANY || rr->ttl != 0)
		return false;
	if (!dns_tsig_read(&msg->tsig, in, rr->rdata_len))
		return false;
	struct bytes_in owner = bytes_in_of(msg->packet.data, msg->packet.len);
	bytes_in_take(&owner, at);
	dns_wire_name(&owner, &msg->tsig.key);
	msg->has_tsig = true;
	msg->tsig_at = at;
	return true;
}

/* `left` records of the section come behind this one. */
static bool msg_read_record(struct dns_msg *msg, struct bytes_in *in, enum dns_section section,
			    unsigned left)
{
	uint8_t owner[DNS_NAME_MAX], owner_len = 1;
	size_t at = bytes_in_offset(in);
	dns_wire_name_raw(in, owner, &owner_len);
	struct dns_msg_rr rr = {.type = bytes_in_u16(in), .class = bytes_in_u16(in)};
	rr.ttl = bytes_in_u32(in);
	rr.rdata_len = bytes_in_u16(in);
	if (in->bad)
		return false;
	if (rr.type == DNS_TYPE_OPT)
		return section == DNS_ADDITIONAL && read_opt(msg, in, &rr, owner_len);
	if (rr.type == DNS_TYPE_TSIG)
		return section == DNS_ADDITIONAL && left == 0 && read_tsig(msg, in, &rr, at);
	return bytes_in_take(in, rr.rdata_len) != NULL;
}

static bool read_section(struct dns_msg *msg, struct bytes_in *in, enum dns_section section)
{
	msg->section_at[section] = bytes_in_offset(in);
	for (unsigned left = msg->count[section]; left > 0; left--) {
		if (!msg_read_record(msg, in, section, left - 1))
			return false;
	}
	return true;
}

enum dns_rcode dns_msg_open(struct dns_msg *msg, struct bytes packet)
{
	struct bytes_in in = bytes_in_of(packet.data, packet.len);
	msg->packet = packet;
	msg->has_question = msg->has_tsig = false;
	dns_name_set_root(&msg->qname);
	msg->qtype = msg->qclass = 0;
	msg->edns = (struct dns_edns){0};
	read_header(msg, &in);
	if (in.bad || !read_question(msg, &in))
		return DNS_FORMERR;
	if (!read_section(msg, &in, DNS_ANSWER) || !read_section(msg, &in, DNS_AUTHORITY) ||
	    !read_section(msg, &in, DNS_ADDITIONAL) || bytes_in_left(&in) != 0)
		return DNS_FORMERR;
	return DNS_NOERROR;
}

struct dns_msg_walk dns_msg_walk(const struct dns_msg *msg, enum dns_section section)
{
	assert(section != DNS_QUESTION);
	struct dns_msg_walk walk = {
		.in = bytes_in_of(msg->packet.data, msg->packet.len),
		.left = msg->count[section],
	};
	bytes_in_take(&walk.in, msg->section_at[section]);
	return walk;
}

bool dns_msg_next(struct dns_msg_walk *walk, struct dns_msg_rr *rr)
{
	if (walk->left == 0)
		return false;
	walk->left--;
	dns_wire_name(&walk->in, &rr->owner);
	rr->type = bytes_in_u16(&walk->in);
	rr->class = bytes_in_u16(&walk->in);
	rr->ttl = bytes_in_u32(&walk->in);
	rr->rdata_len = bytes_in_u16(&walk->in);
	rr->rdata_at = bytes_in_offset(&walk->in);
	bytes_in_take(&walk->in, rr->rdata_len);
	assert(!walk->in.bad);
	return true;
}

bool dns_msg_rdata(const struct dns_msg *msg, const struct dns_msg_rr *rr, struct bytes_out *out)
{
	struct bytes_in in = bytes_in_of(msg->packet.data, msg->packet.len);
	struct bytes_out before = *out;
	bytes_in_take(&in, rr->rdata_at);
	if (dns_rdata_read(&in, rr->type, rr->rdata_len, out) && !out->full)
		return true;
	*out = before;
	return false;
}
