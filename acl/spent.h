/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Tokens that have made a security context: such a token makes no other. Who overheard one could
 * else send it under many key names, and push out the contexts of the principal whose it is. The
 * same token under the same key name from the same host is a request that came again, and is fine.
 *
 * Kerberos takes a token for as long as its clocks may differ, both ways; it is remembered for
 * SPENT_SECONDS. Bounded: SPENT_SETS sets of SPENT_WAYS, what was seen first gives way. One
 * thread; time is an argument.
 */
#include "base/addr.h"
#include "base/bytes.h"
#include "dns/name.h"

#define SPENT_SECONDS 660
#define SPENT_SETS    16384
#define SPENT_WAYS    4

struct spent;
struct spent *spent_new(void);
void spent_free(struct spent *);

/* A token as it came. */
struct spent_token {
	struct bytes token;
	const struct dns_name *key;
	const struct addr *source;
};

/* Whether it has made a context under another name, or for another host. */
bool spent_is(const struct spent *, const struct spent_token *, uint64_t now);
/* It has made one. */
void spent_note(struct spent *, const struct spent_token *, uint64_t now);
