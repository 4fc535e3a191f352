/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "nameserver/update_parts.h"

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

/* The record, and what is wrong with it. */
static enum dns_rcode update_prescan_flawed(struct update_flaw *flaw, const char *what)
{
	flaw->what = what;
	return DNS_FORMERR;
}

bool update_is_in_zone(const struct zoneset *zones, const struct dns_name *apex,
		       const struct dns_name *name, uint16_t type)
{
	if (!dns_name_under(name, apex))
		return false;
	const struct zone *zone = zoneset_find(zones, name);
	bool is_of_cut = type == DNS_TYPE_NS || type == DNS_TYPE_DS;
	if (zone && is_of_cut && !dns_name_equal(&zone->apex, apex) &&
	    dns_name_equal(&zone->apex, name))
		zone = zoneset_find_above(zones, name);
	return !zone || dns_name_equal(&zone->apex, apex);
}

/* RFC 2136 3.2 */
static enum dns_rcode scan_prerequisite(const struct dns_msg *msg, const struct dns_msg_rr *rr,
					struct arena *arena, struct update_flaw *flaw)
{
	struct bytes rdata;
	switch (rr->class) {
	case DNS_CLASS_ANY:
	case DNS_CLASS_NONE:
		/* Any type may be asked about; that one can be data is only a change's rule. */
		return is_empty_form(rr) ? DNS_NOERROR
					 : update_prescan_flawed(
						   flaw, "a prerequisite without value has data");
	case DNS_CLASS_IN:
		if (!is_data_type(rr->type))
			return update_prescan_flawed(flaw,
						     "a prerequisite of a type that is no data");
		return rdata_read(msg, rr, arena, &rdata)
			       ? DNS_NOERROR
			       : update_prescan_flawed(flaw,
						       "a prerequisite's data is not of its type");
	default:
		return update_prescan_flawed(
			flaw, "a prerequisite of another class than IN, ANY or NONE");
	}
}

/* RFC 2136 3.4.1.2 */
static enum dns_rcode scan_change(const struct dns_msg *msg, const struct dns_msg_rr *rr,
				  struct arena *arena, struct update_flaw *flaw)
{
	struct bytes rdata;
	bool has_type = is_data_type(rr->type);
	if (rr->class != DNS_CLASS_IN && rr->class != DNS_CLASS_ANY && rr->class != DNS_CLASS_NONE)
		return update_prescan_flawed(flaw,
					     "a change of another class than IN, ANY or NONE");
	if (!has_type && (rr->class != DNS_CLASS_ANY || rr->type != DNS_TYPE_ANY))
		return update_prescan_flawed(flaw, "a change of a type that is no data");
	if (rr->class != DNS_CLASS_IN && rr->ttl != 0)
		return update_prescan_flawed(flaw, "a deletion with a TTL");
	if (rr->class == DNS_CLASS_ANY)
		return rr->rdata_len == 0
			       ? DNS_NOERROR
			       : update_prescan_flawed(flaw, "a deletion of an RRset has data");
	if (!rdata_read(msg, rr, arena, &rdata))
		return update_prescan_flawed(flaw, "a change's data is not of its type");
	/* What is there already may be deleted, whatever it says. */
	const char *fault = rr->class == DNS_CLASS_IN ? dns_rdata_fault(rr->type, rdata) : NULL;
	return fault ? update_prescan_flawed(flaw, fault) : DNS_NOERROR;
}

enum dns_rcode update_prescan(const struct dns_msg *msg, const struct zoneset *zones,
			      struct arena *arena, struct update_flaw *flaw)
{
	static const enum dns_section sections[] = {DNS_PREREQUISITE, DNS_UPDATE};
	struct dns_msg_rr rr;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		struct dns_msg_walk walk = dns_msg_walk(msg, sections[i]);
		while (dns_msg_next(&walk, &rr)) {
			flaw->name = rr.owner;
			flaw->type = rr.type;
			if (sections[i] == DNS_PREREQUISITE && rr.ttl != 0)
				return update_prescan_flawed(flaw, "a prerequisite with a TTL");
			if (!update_is_in_zone(zones, &msg->qname, &rr.owner, rr.type))
				return DNS_NOTZONE;
			enum dns_rcode rcode = sections[i] == DNS_UPDATE
						       ? scan_change(msg, &rr, arena, flaw)
						       : scan_prerequisite(msg, &rr, arena, flaw);
			if (rcode != DNS_NOERROR)
				return rcode;
		}
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
