/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/update_silent.h"
#include "base/serial.h"
#include "dns/rdata.h"
#include <string.h>

#define WKS_IDENTITY_LEN 5 /* address and protocol */

bool update_silent_is_beside_cname(uint16_t type)
{
	return type == DNS_TYPE_RRSIG || type == DNS_TYPE_NSEC || type == DNS_TYPE_SIG ||
	       type == DNS_TYPE_NXT || type == DNS_TYPE_KEY;
}

struct update_silent_name update_silent_stored(const struct node *node, const struct dns_name *name,
					       const struct dns_name *apex, uint16_t type)
{
	struct update_silent_name at = {.name = name, .apex = apex};
	struct node_record record;
	if (!node)
		return at;
	struct node_walk walk = node_walk_of(node);
	while (node_walk_next(&walk, &record)) {
		uint16_t is = walk.rrset.type;
		at.has_cname |= is == DNS_TYPE_CNAME;
		at.has_other |= is != DNS_TYPE_CNAME && !update_silent_is_beside_cname(is);
		if (is != type)
			continue;
		at.is_one = !at.has_rrset;
		if (!at.has_rrset)
			at.only = record.rdata;
		at.has_rrset = true;
	}
	return at;
}

static bool silent_is_apex(const struct update_silent_name *at)
{
	return dns_name_equal(at->name, at->apex);
}

static bool silent_is_of_zone(const struct update_silent_name *at, uint16_t type)
{
	return (type == DNS_TYPE_SOA || type == DNS_TYPE_NS) && silent_is_apex(at);
}

static const char *silent_soa(const struct update_silent_name *at, struct bytes rdata)
{
	if (!silent_is_apex(at))
		return "an SOA stands at the apex only (RFC 2136 3.4.2.2)";
	if (rdata.len == 0 ||
	    (at->has_rrset && serial_is_ahead(dns_soa_serial(rdata), dns_soa_serial(at->only))))
		return NULL;
	return "the SOA's serial is not ahead (RFC 2136 3.4.2.2)";
}

const char *update_silent_add(const struct update_silent_name *at, uint16_t type,
			      struct bytes rdata)
{
	if (type == DNS_TYPE_CNAME && at->has_other)
		return "a CNAME cannot stand beside other data (RFC 2136 3.4.2.2)";
	if (type != DNS_TYPE_CNAME && !update_silent_is_beside_cname(type) && at->has_cname)
		return "other data cannot stand beside a CNAME (RFC 2136 3.4.2.2)";
	if ((type == DNS_TYPE_NS || type == DNS_TYPE_DNAME) && dns_name_is_wildcard(at->name))
		return "a wildcard delegates nothing (RFC 4592 4.2, RFC 6672 2.3)";
	return type == DNS_TYPE_SOA ? silent_soa(at, rdata) : NULL;
}

/* RFC 2136 3.4.2.3 */
const char *update_silent_delete_set(const struct update_silent_name *at, uint16_t type)
{
	return silent_is_of_zone(at, type) ? "SOA and NS of the apex stay (RFC 2136 3.4.2.3)"
					   : NULL;
}

/* RFC 2136 3.4.2.4 */
const char *update_silent_delete_one(const struct update_silent_name *at, uint16_t type,
				     struct bytes rdata)
{
	if (!silent_is_of_zone(at, type))
		return NULL;
	bool is_last = at->has_rrset && at->is_one && dns_rdata_compare(type, at->only, rdata) == 0;
	return type == DNS_TYPE_SOA || is_last
		       ? "the SOA and the last NS of the apex stay (RFC 2136 3.4.2.4)"
		       : NULL;
}

bool update_silent_replaces(uint16_t type, struct bytes stored, struct bytes added)
{
	if (bytes_equal(stored, added))
		return false;
	if (type == DNS_TYPE_WKS)
		return stored.len >= WKS_IDENTITY_LEN && added.len >= WKS_IDENTITY_LEN &&
		       memcmp(stored.data, added.data, WKS_IDENTITY_LEN) == 0;
	return dns_type_is_singleton(type);
}
