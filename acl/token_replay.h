/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Tokens that have made a security context: such a token makes no other. Who overheard one could
 * else send it under many key names, and push out the contexts of the principal whose it is. The
 * same token under the same key name from the same host is a request that came again, and is fine.
 *
 * Kerberos takes a token for as long as its clocks may differ, both ways; it is remembered for
 * TOKEN_REPLAY_SECONDS. Bounded: TOKEN_REPLAY_SETS sets of TOKEN_REPLAY_WAYS, what was seen first
 * gives way. One thread; time is an argument.
 */
#include "base/addr.h"
#include "base/bytes.h"
#include "dns/name.h"

#define TOKEN_REPLAY_SECONDS 660
#define TOKEN_REPLAY_SETS    16384
#define TOKEN_REPLAY_WAYS    4

struct token_replay;
struct token_replay *token_replay_new(void);
void token_replay_free(struct token_replay *);

/* A token as it came. */
struct token_replay_token {
	struct bytes token;
	const struct dns_name *key;
	const struct addr *source;
};

/* Whether it has made a context under another name, or for another host. */
bool token_replay_is_known(const struct token_replay *, const struct token_replay_token *,
			   uint64_t now);
/* It has made one. */
void token_replay_note(struct token_replay *, const struct token_replay_token *, uint64_t now);
