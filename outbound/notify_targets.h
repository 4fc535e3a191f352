/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Finds the targets of a zone's setting `notify`: the addresses in it, and for `ns` the addresses
 * of the zone's name servers, without the SOA's MNAME (RFC 1996 2.1) and without this server. The
 * addresses of name servers come from this server's zones; no query is sent. A function uses the
 * snapshot of the calling thread.
 */
#include "nameserver/snapshot.h"
#include "zonedb/notify_list.h"

#define NOTIFY_TARGETS_MAX 32 /* of a zone */

struct notify_target {
	bool is_ns, has_address; /* a name server outside of our zones has no address */
	bool has_key;
	struct dns_name ns; /* if it is one */
	struct addr addr;   /* without an address: the port alone */
	struct dns_name key;
};

/* The addresses at which this server answers. */
struct notify_self {
	const struct addr *listen;
	size_t count;
};

/* Writes the targets to `out`, each once, at most NOTIFY_TARGETS_MAX. Returns how many. */
size_t notify_targets(struct snapshot *, const struct zone *, const struct notify_self *,
		      struct arena *, struct notify_target out[NOTIFY_TARGETS_MAX]);

/* Whether this server answers at the address. */
bool notify_self_is(const struct notify_self *, const struct addr *);

/*
 * Opens a UDP socket that does not block, connected to the target. Its own address is one at which
 * this server answers, by which the target recognises its primary: the address that the kernel
 * chooses if the server answers there, otherwise the first of the family. The port is random. The
 * caller closes it. -1: errno says why.
 */
int notify_connect(const struct notify_self *, const struct addr *target);
