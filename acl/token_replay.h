/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The replay cache of tokens that have established a security context, so that none establishes
 * another. An attacker who overheard a token could otherwise send it under many key names, and so
 * evict the contexts of its principal. The same token under the same key name from the same host is
 * a repeated request, and is accepted.
 *
 * Kerberos accepts a token while the clocks may differ, in both directions; the cache keeps it for
 * TOKEN_REPLAY_SECONDS. It has TOKEN_REPLAY_SETS sets of TOKEN_REPLAY_WAYS tokens; the oldest of a
 * set is replaced. The GSS thread; time is an argument, in seconds.
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

/* A token with the key name and the source of its request. */
struct token_replay_token {
	struct bytes token;
	const struct dns_name *key;
	const struct addr *source;
};

/* Whether the token has established a context under another name, or for another host. */
bool token_replay_is_known(const struct token_replay *, const struct token_replay_token *,
			   uint64_t now);
/* Adds a token that has established a context. */
void token_replay_note(struct token_replay *, const struct token_replay_token *, uint64_t now);
