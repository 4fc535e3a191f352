/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whom a zone's setting `notify` means at this moment: the addresses in it, and for `ns` those of
 * the zone's name servers, but the one of the SOA's MNAME (RFC 1996 2.1: "the primary") and
 * ourselves. Addresses of name servers are looked for in our own zones: nothing is asked of others.
 * One thread, with its snapshot.
 */
#include "nameserver/snapshot.h"
#include "zonedb/notify_list.h"

#define NOTIFY_TARGETS_MAX 32 /* of a zone */

struct notify_target {
	bool is_ns, has_address; /* a name server of another's zone has none */
	bool has_key;
	struct dns_name ns; /* if it is one */
	struct addr addr;   /* without an address: the port alone */
	struct dns_name key;
};

/* Where we answer. */
struct notify_self {
	const struct addr *listen;
	size_t count;
};

/* Fills `out`, without doubles; returns how many. What is beyond NOTIFY_TARGETS_MAX is left out. */
size_t notify_targets(struct snapshot *, const struct zone *, const struct notify_self *,
		      struct arena *, struct notify_target out[NOTIFY_TARGETS_MAX]);

/* Whether a packet to this address would come to us. */
bool notify_self_is(const struct notify_self *, const struct addr *);

/*
 * A UDP socket, not blocking, connected to the target from a random port of an address at which we
 * answer, so that the target knows its primary: the one that the kernel would take, if we answer
 * there, else the first of the family. -1: errno says why.
 */
int notify_connect(const struct notify_self *, const struct addr *target);
