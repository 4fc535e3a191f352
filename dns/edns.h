/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * EDNS(0) (RFC 6891): what a request's OPT record says, and what an answer's will say.
 * Pure; any thread.
 */
#include "base/bytes.h"
#include <stdbool.h>

#define DNS_EDNS_NSID      3  /* RFC 5001 */
#define DNS_EDNS_EDE       15 /* RFC 8914 */
#define DNS_EDE_PROHIBITED 18

struct dns_edns {
	bool is_present;
	bool wants_dnssec; /* the DO bit */
	bool wants_nsid;
	uint8_t version;
	uint16_t udp_size; /* as sent; less than 512 counts as 512 (RFC 6891 6.2.3) */
};

/*
 * Reads an OPT record's fields: its class, its TTL and its options. False: options that do not
 * fill their length (FORMERR).
 */
bool dns_edns_read(struct dns_edns *, uint16_t class, uint32_t ttl, struct bytes options);
