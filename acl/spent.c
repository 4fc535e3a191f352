/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/spent.h"
#include "base/digest.h"
#include <assert.h>
#include <stdlib.h>

#define HALF 16 /* bytes of a digest that are kept */

struct slot {
	uint64_t until; /* seconds; 0: free */
	uint8_t token[HALF], manner[HALF];
};

struct spent {
	struct slot slots[SPENT_SETS][SPENT_WAYS];
};

static void digest_of(const struct bytes *pieces, size_t count, uint8_t out[HALF])
{
	uint8_t digest[DIGEST_LEN];
	digest_sha256(pieces, count, digest);
	memcpy(out, digest, HALF);
}

static void token_digest(const struct spent_token *token, uint8_t out[HALF])
{
	digest_of(&token->token, 1, out);
}

/* Under which name, from which host. */
static void manner_digest(const struct spent_token *token, uint8_t out[HALF])
{
	char host[ADDR_TEXT_MAX];
	addr_print_host(token->source, host);
	struct bytes pieces[] = {bytes_of(token->key->wire, token->key->len),
				 bytes_of(host, strlen(host))};
	digest_of(pieces, 2, out);
}

static size_t set_of(const uint8_t token[HALF])
{
	return ((size_t)token[0] << 8 | token[1]) % SPENT_SETS;
}

static const struct slot *slot_find(const struct spent *spent, const uint8_t token[HALF],
				    uint64_t now)
{
	const struct slot *set = spent->slots[set_of(token)];
	for (size_t i = 0; i < SPENT_WAYS; i++)
		if (set[i].until > now && memcmp(set[i].token, token, HALF) == 0)
			return &set[i];
	return NULL;
}

struct spent *spent_new(void)
{
	struct spent *spent = calloc(1, sizeof(*spent));
	assert(spent);
	return spent;
}

void spent_free(struct spent *spent)
{
	free(spent);
}

bool spent_is(const struct spent *spent, const struct spent_token *token, uint64_t now)
{
	uint8_t digest[HALF], manner[HALF];
	token_digest(token, digest);
	manner_digest(token, manner);
	const struct slot *slot = slot_find(spent, digest, now);
	return slot && memcmp(slot->manner, manner, HALF) != 0;
}

void spent_note(struct spent *spent, const struct spent_token *token, uint64_t now)
{
	uint8_t digest[HALF];
	token_digest(token, digest);
	struct slot *set = spent->slots[set_of(digest)], *oldest = set;
	if (slot_find(spent, digest, now))
		return;
	for (size_t i = 1; i < SPENT_WAYS; i++)
		if (set[i].until < oldest->until)
			oldest = &set[i];
	oldest->until = now + SPENT_SECONDS;
	memcpy(oldest->token, digest, HALF);
	manner_digest(token, oldest->manner);
}
