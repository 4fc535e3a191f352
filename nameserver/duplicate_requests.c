/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/duplicate_requests.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	uint8_t digest[DIGEST_LEN];
	uint64_t until; /* seconds; 0: free */
	char *ede_text; /* or NULL */
	uint16_t rcode;
	bool is_provisional;
};

struct duplicate_requests {
	struct slot slots[DUPLICATE_REQUESTS_SETS][DUPLICATE_REQUESTS_WAYS];
	unsigned provisional; /* how many, so that forgetting none costs nothing */
};

static size_t duplicate_requests_set_of(const struct duplicate_request_key *key)
{
	return digest_place(key->digest, DUPLICATE_REQUESTS_SETS);
}

static struct slot *duplicate_requests_slot_find(const struct duplicate_requests *duplicates,
						 const struct duplicate_request_key *key)
{
	const struct slot *set = duplicates->slots[duplicate_requests_set_of(key)];
	for (size_t i = 0; i < DUPLICATE_REQUESTS_WAYS; i++)
		if (set[i].until && memcmp(set[i].digest, key->digest, DIGEST_LEN) == 0)
			return (struct slot *)&set[i];
	return NULL;
}

/* A free place of the set, or the one that ends first; what is provisional stays. */
static struct slot *slot_make(struct duplicate_requests *duplicates,
			      const struct duplicate_request_key *key)
{
	struct slot *set = duplicates->slots[duplicate_requests_set_of(key)], *best = NULL;
	for (size_t i = 0; i < DUPLICATE_REQUESTS_WAYS; i++)
		if (!set[i].is_provisional && (!best || set[i].until < best->until))
			best = &set[i];
	return best;
}

static void slot_clear(struct slot *slot)
{
	free(slot->ede_text);
	*slot = (struct slot){0};
}

struct duplicate_request_key duplicate_request_key_of_mac(const struct dns_name *key,
							  struct bytes mac)
{
	struct bytes pieces[] = {bytes_of("m", 1), bytes_of(key->wire, key->len), mac};
	struct duplicate_request_key out = {.is_signed = true};
	digest_sha256(pieces, sizeof pieces / sizeof *pieces, out.digest);
	return out;
}

struct duplicate_request_key duplicate_request_key_of_packet(const struct addr *source,
							     enum entry_transport transport,
							     struct bytes packet)
{
	char text[ADDR_TEXT_MAX];
	addr_print(source, text);
	struct bytes pieces[] = {bytes_of(transport == ENTRY_UDP ? "u" : "t", 1),
				 bytes_of(text, strlen(text) + 1), packet};
	struct duplicate_request_key out = {.is_signed = false};
	digest_sha256(pieces, sizeof pieces / sizeof *pieces, out.digest);
	return out;
}

struct duplicate_requests *duplicate_requests_new(void)
{
	struct duplicate_requests *duplicates = calloc(1, sizeof *duplicates);
	assert(duplicates);
	return duplicates;
}

void duplicate_requests_free(struct duplicate_requests *duplicates)
{
	for (size_t set = 0; set < DUPLICATE_REQUESTS_SETS; set++)
		for (size_t i = 0; i < DUPLICATE_REQUESTS_WAYS; i++)
			free(duplicates->slots[set][i].ede_text);
	free(duplicates);
}

bool duplicate_requests_find(const struct duplicate_requests *duplicates,
			     const struct duplicate_request_key *key, uint64_t now,
			     struct duplicate_request_answer *answer)
{
	const struct slot *slot = duplicate_requests_slot_find(duplicates, key);
	if (!slot || slot->until <= now)
		return false;
	*answer = (struct duplicate_request_answer){slot->rcode, slot->ede_text};
	return true;
}

void duplicate_requests_keep(struct duplicate_requests *duplicates,
			     const struct duplicate_request_key *key, uint64_t now,
			     const struct duplicate_request_answer *answer)
{
	struct slot *slot = duplicate_requests_slot_find(duplicates, key);
	if (!slot)
		slot = slot_make(duplicates, key);
	if (!slot)
		return;
	if (!slot->is_provisional)
		duplicates->provisional++;
	memcpy(slot->digest, key->digest, DIGEST_LEN);
	slot->until = now + (key->is_signed ? DUPLICATE_REQUESTS_SIGNED_SECONDS
					    : DUPLICATE_REQUESTS_UNSIGNED_SECONDS);
	slot->rcode = (uint16_t)answer->rcode;
	free(slot->ede_text);
	slot->ede_text = answer->ede_text ? strdup(answer->ede_text) : NULL;
	assert(slot->ede_text || !answer->ede_text);
	slot->is_provisional = true;
}

void duplicate_requests_confirm(struct duplicate_requests *duplicates,
				const struct duplicate_request_key *key)
{
	struct slot *slot = duplicate_requests_slot_find(duplicates, key);
	if (!slot || !slot->is_provisional)
		return;
	slot->is_provisional = false;
	duplicates->provisional--;
}

void duplicate_requests_drop(struct duplicate_requests *duplicates,
			     const struct duplicate_request_key *key)
{
	struct slot *slot = duplicate_requests_slot_find(duplicates, key);
	if (!slot || !slot->is_provisional)
		return;
	slot_clear(slot);
	duplicates->provisional--;
}

void duplicate_requests_forget(struct duplicate_requests *duplicates)
{
	if (!duplicates->provisional)
		return;
	for (size_t set = 0; set < DUPLICATE_REQUESTS_SETS; set++)
		for (size_t i = 0; i < DUPLICATE_REQUESTS_WAYS; i++)
			if (duplicates->slots[set][i].is_provisional)
				slot_clear(&duplicates->slots[set][i]);
	duplicates->provisional = 0;
}
