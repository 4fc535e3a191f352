/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a security descriptor says of who owns an object of a directory and who may write it, from
 * either form: the binary one, which LDAP gives ([MS-DTYP] 2.4.6), or SDDL, which ldbsearch prints
 * (2.5.1):
 *
 *      O:LAG:DUD:AI(A;;RPWPCRCCDCLCLORCWOWDSDDTSW;;;DA)(A;CIID;RP;;;S-1-5-21-1-2-3-1101)S:AI(...)
 *
 * Pure; any thread.
 */
#include "base/arena.h"
#include "migrate/sid.h"

struct descriptor {
	struct sid owner;         /* count 0: it names none */
	struct sid *writers;      /* whom an entry of its own, not an inherited one, lets write */
	size_t count;             /* of them; each once, in the order of sid_compare */
	bool everyone_may_create; /* objects below it: authenticated users, or all */
	bool has_unknown;         /* an alias that is not known, or a domain's, and `domain` none */
};

/*
 * Reads the binary form. `writers` lie in the arena. Returns NULL, or what is wrong, a constant
 * phrase.
 */
const char *descriptor_read(struct bytes, struct arena *, struct descriptor *);

/* The same from SDDL. `domain` is the SID of the domain whose aliases (LA, DA ...) are meant; NULL:
 * not known. */
const char *descriptor_parse(const char *text, size_t len, const struct sid *domain, struct arena *,
			     struct descriptor *);
