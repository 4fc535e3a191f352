/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/update_parts.h"

#define TTL_TOP_BIT 0x80000000u

/* A class of update and prerequisite records without data (RFC 2136 2.4, 2.5). */
static bool is_empty_form(const struct dns_msg_rr *rr)
{
	return rr->ttl == 0 && rr->rdata_len == 0;
}

static bool is_data_type(uint16_t type)
{
	return !dns_type_is_meta(type);
}

/* Stored form may be longer than the wire's: two compressed names at most. */
static bool rdata_read(const struct dns_msg *msg, const struct dns_msg_rr *rr, struct arena *arena,
		       struct bytes *rdata)
{
	size_t cap = rr->rdata_len + 2 * DNS_NAME_MAX;
	uint8_t *room = arena_alloc(arena, cap);
	struct bytes_out out = bytes_out_of(room, cap);
	if (!dns_msg_rdata(msg, rr, &out))
		return false;
	*rdata = bytes_of(room, bytes_out_len(&out));
	return true;
}

/* RFC 2136 3.2 */
static enum dns_rcode scan_prerequisite(const struct dns_msg *msg, const struct dns_msg_rr *rr,
					struct arena *arena)
{
	struct bytes rdata;
	if (rr->ttl != 0)
		return DNS_FORMERR;
	if (!dns_name_under(&rr->owner, &msg->qname))
		return DNS_NOTZONE;
	switch (rr->class) {
	case DNS_CLASS_ANY:
	case DNS_CLASS_NONE:
		/* Any type may be asked about; that one can be data is only a change's rule. */
		return is_empty_form(rr) ? DNS_NOERROR : DNS_FORMERR;
	case DNS_CLASS_IN:
		return is_data_type(rr->type) && rdata_read(msg, rr, arena, &rdata) ? DNS_NOERROR
										    : DNS_FORMERR;
	default:
		return DNS_FORMERR;
	}
}

/* RFC 2136 3.4.1.2 */
static enum dns_rcode scan_change(const struct dns_msg *msg, const struct dns_msg_rr *rr,
				  struct arena *arena)
{
	struct bytes rdata;
	if (!dns_name_under(&rr->owner, &msg->qname))
		return DNS_NOTZONE;
	bool has_type = is_data_type(rr->type);
	switch (rr->class) {
	case DNS_CLASS_IN:
		return has_type && rdata_read(msg, rr, arena, &rdata) ? DNS_NOERROR : DNS_FORMERR;
	case DNS_CLASS_ANY:
		if (!is_empty_form(rr) || (!has_type && rr->type != DNS_TYPE_ANY))
			return DNS_FORMERR;
		return DNS_NOERROR;
	case DNS_CLASS_NONE:
		if (rr->ttl != 0 || !has_type || !rdata_read(msg, rr, arena, &rdata))
			return DNS_FORMERR;
		return DNS_NOERROR;
	default:
		return DNS_FORMERR;
	}
}

enum dns_rcode update_prescan(const struct dns_msg *msg, struct arena *arena)
{
	struct dns_msg_rr rr;
	struct dns_msg_walk walk = dns_msg_walk(msg, DNS_PREREQUISITE);
	while (dns_msg_next(&walk, &rr)) {
		enum dns_rcode rcode = scan_prerequisite(msg, &rr, arena);
		if (rcode != DNS_NOERROR)
			return rcode;
	}
	walk = dns_msg_walk(msg, DNS_UPDATE);
	while (dns_msg_next(&walk, &rr)) {
		enum dns_rcode rcode = scan_change(msg, &rr, arena);
		if (rcode != DNS_NOERROR)
			return rcode;
	}
	return DNS_NOERROR;
}

struct update_rrs update_read(const struct dns_msg *msg, enum dns_section section,
			      struct arena *arena)
{
	struct update_rrs read = {0};
	struct dns_msg_walk walk = dns_msg_walk(msg, section);
	struct dns_msg_rr rr;
	read.rr = arena_alloc(arena, (walk.left + 1) * sizeof *read.rr);
	while (dns_msg_next(&walk, &rr)) {
		struct update_rr *next = &read.rr[read.count++];
		next->name = rr.owner;
		next->type = rr.type;
		next->class = rr.class;
		/* RFC 2181 8: a TTL with its highest bit set counts as zero. */
		next->ttl = rr.ttl & TTL_TOP_BIT ? 0 : rr.ttl;
		next->rdata = bytes_of("", 0);
		if (rr.class != DNS_CLASS_ANY && rr.rdata_len > 0)
			rdata_read(msg, &rr, arena, &next->rdata);
	}
	return read;
}
