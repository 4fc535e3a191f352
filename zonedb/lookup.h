/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Looks up a name in one zone (RFC 1034 4.3.2 steps 3 and 3a-c, RFC 4592, RFC 6672). It makes one
 * step; nameserver/query.h follows a CNAME or DNAME. Nodes lie in the map. Allocates nothing. Any
 * thread, with its own transaction.
 */
#include "zonedb/node.h"
#include "zonedb/zone.h"

enum lookup_kind {
	LOOKUP_HIT,        /* `rrset` answers; with ANY, `node` holds all */
	LOOKUP_CNAME,      /* `rrset` is the CNAME of the name (another type was asked) */
	LOOKUP_DNAME,      /* `rrset` is a DNAME at `at`, above the name */
	LOOKUP_DELEGATION, /* `rrset` is the NS set at `at`, at or above the name, below the apex */
	LOOKUP_NODATA,     /* the name is there (maybe as an empty non-terminal), the type is not */
	LOOKUP_NXDOMAIN,
	LOOKUP_BROKEN, /* the store failed: SERVFAIL; the transaction's error says why */
};

struct lookup {
	enum lookup_kind kind;
	struct dns_name at; /* owner of `rrset` in the zone: the name, the cut, the DNAME */
	bool is_wildcard;   /* `rrset` (or the no data) comes from `*.` something: `at` is that */
	bool has_node;
	struct node node;
	struct node_rrset rrset;
};

/*
 * Looks up `name`, which must be at or below the zone's apex. DS at a delegation belongs to the
 * parent zone (RFC 4035 3.1.4.1) and is LOOKUP_HIT or LOOKUP_NODATA.
 */
void lookup(struct store_txn *, const struct zone *, const struct dns_name *name, uint16_t type,
	    struct lookup *);

/* Reads the node of a name, regardless of delegations and wildcards, for updates, glue and
 * commands. False: it has none. */
bool lookup_node(struct store_txn *, const struct zone *, const struct dns_name *name,
		 struct node *);

/* Whether NS, below the apex, or a DNAME stand at the name. */
bool lookup_is_cut(struct store_txn *, const struct zone *, const struct dns_name *name);

/* Whether there are records at or below the name, so that it is not NXDOMAIN (RFC 8020). */
bool lookup_exists(struct store_txn *, const struct zone *, const struct dns_name *name);

/* Whether a delegation at or above the name has it as a name server, so that its addresses are
 * glue.
 */
bool lookup_is_glue(struct store_txn *, const struct zone *, const struct dns_name *name);

/* Whether the zone's own NS have the name as a name server, or its SOA as the primary one (MNAME).
 */
bool lookup_is_server(struct store_txn *, const struct zone *, const struct dns_name *name);
