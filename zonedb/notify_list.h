/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The value of a zone's setting `notify`, the peers to which NOTIFY is sent (RFC 1996):
 *
 *      none
 *      192.0.2.7, 2001:db8::7@5353 key transfer.corp.example, ns
 *
 * Each of at most NOTIFY_PEERS_MAX peers is an address or `ns`, the name servers of the zone's own
 * NS set; with a port (53), and the TSIG key that signs. Pure; any thread.
 */
#include "base/addr.h"
#include "base/arena.h"
#include "dns/name.h"

#define NOTIFY_PEERS_MAX 16

struct notify_peer {
	bool is_ns; /* then only the port of `addr` is set, as IPv4 */
	bool has_key;
	struct addr addr;
	struct dns_name key;
};

struct notify_list {
	size_t count;
	struct notify_peer peer[NOTIFY_PEERS_MAX];
};

/* Parses a text. Returns NULL, or what is wrong, in the arena. */
const char *notify_list_parse(struct notify_list *, const char *text, struct arena *);

/* Prints a text from which notify_list_parse makes the same list; "none" for an empty one. In the
 * arena. */
char *notify_list_print(const struct notify_list *, struct arena *);
