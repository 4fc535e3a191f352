/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A distinguished name of a directory as text (RFC 4514), taken apart:
 *
 *      DC=web1,DC=corp.example,CN=MicrosoftDNS,DC=DomainDnsZones,DC=corp,DC=example
 *
 * Pure; any thread.
 */
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

#define AD_DN_PARTS_MAX 64

struct ad_dn_part {
	const char *type;  /* "DC", as it is written */
	const char *value; /* without its escapes, with a NUL behind it */
	size_t len;        /* of the value */
};

struct ad_dn {
	struct ad_dn_part part[AD_DN_PARTS_MAX];
	size_t count;
};

/* Takes the text apart; values lie in the arena. False: it is no such name. */
bool ad_dn_parse(struct ad_dn *, const char *text, struct arena *);

/* Whether a part has this type and value, in any case. */
bool ad_dn_is(const struct ad_dn *, size_t part, const char *type, const char *value);

/* The realm of the domain that the name lies in: its last parts DC=, in upper case. NULL: none. */
const char *ad_dn_realm(const struct ad_dn *, struct arena *);
