/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/edns.h"

bool dns_edns_read(struct dns_edns *edns, uint16_t class, uint32_t ttl, struct bytes options)
{
	struct dns_edns read = {
		.is_present = true,
		.wants_dnssec = (ttl & 0x8000) != 0,
		.version = (uint8_t)(ttl >> 16),
		.udp_size = class,
	};
	struct bytes_in in = bytes_in_of(options.data, options.len);
	/* What another version means by its options is not ours to judge: the answer is BADVERS. */
	while (read.version == 0 && bytes_in_left(&in) > 0) {
		uint16_t code = bytes_in_u16(&in);
		bytes_in_take(&in, bytes_in_u16(&in));
		if (code == DNS_EDNS_NSID)
			read.wants_nsid = true;
	}
	if (in.bad)
		return false;
	*edns = read;
	return true;
}
