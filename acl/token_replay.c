/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/token_replay.h"
#include "base/digest.h"
#include <assert.h>
#include <stdlib.h>

#define HALF 16 /* bytes of a digest that are kept */

struct slot {
	uint64_t until; /* seconds; 0: free */
	uint8_t token[HALF], manner[HALF];
};

struct token_replay {
	struct slot slots[TOKEN_REPLAY_SETS][TOKEN_REPLAY_WAYS];
};

static void token_replay_digest_of(const struct bytes *pieces, size_t count, uint8_t out[HALF])
{
	uint8_t digest[DIGEST_LEN];
	digest_sha256(pieces, count, digest);
	memcpy(out, digest, HALF);
}

static void token_digest(const struct token_replay_token *token, uint8_t out[HALF])
{
	token_replay_digest_of(&token->token, 1, out);
}

/* Under which name, from which host. */
static void manner_digest(const struct token_replay_token *token, uint8_t out[HALF])
{
	char host[ADDR_TEXT_MAX];
	addr_print_host(token->source, host);
	struct bytes pieces[] = {bytes_of(token->key->wire, token->key->len),
				 bytes_of(host, strlen(host))};
	token_replay_digest_of(pieces, 2, out);
}

static size_t token_replay_set_of(const uint8_t token[HALF])
{
	return digest_place(token, TOKEN_REPLAY_SETS);
}

static const struct slot *token_replay_slot_find(const struct token_replay *token_replay,
						 const uint8_t token[HALF], uint64_t now)
{
	const struct slot *set = token_replay->slots[token_replay_set_of(token)];
	for (size_t i = 0; i < TOKEN_REPLAY_WAYS; i++)
		if (set[i].until > now && memcmp(set[i].token, token, HALF) == 0)
			return &set[i];
	return NULL;
}

struct token_replay *token_replay_new(void)
{
	struct token_replay *token_replay = calloc(1, sizeof(*token_replay));
	assert(token_replay);
	return token_replay;
}

void token_replay_free(struct token_replay *token_replay)
{
	free(token_replay);
}

bool token_replay_is_known(const struct token_replay *token_replay,
			   const struct token_replay_token *token, uint64_t now)
{
	uint8_t digest[HALF], manner[HALF];
	token_digest(token, digest);
	manner_digest(token, manner);
	const struct slot *slot = token_replay_slot_find(token_replay, digest, now);
	return slot && memcmp(slot->manner, manner, HALF) != 0;
}

void token_replay_note(struct token_replay *token_replay, const struct token_replay_token *token,
		       uint64_t now)
{
	uint8_t digest[HALF];
	token_digest(token, digest);
	struct slot *set = token_replay->slots[token_replay_set_of(digest)], *oldest = set;
	if (token_replay_slot_find(token_replay, digest, now))
		return;
	for (size_t i = 1; i < TOKEN_REPLAY_WAYS; i++)
		if (set[i].until < oldest->until)
			oldest = &set[i];
	oldest->until = now + TOKEN_REPLAY_SECONDS;
	memcpy(oldest->token, digest, HALF);
	manner_digest(token, oldest->manner);
}
