/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whom a zone's changes are told to (RFC 1996), as an administrator writes it:
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

/* NULL, or what is wrong with the text, which it names. */
const char *notify_list_parse(struct notify_list *, const char *text, struct arena *);

/* Text that reads back as the same list; "none" of an empty one. */
char *notify_list_print(const struct notify_list *, struct arena *);
