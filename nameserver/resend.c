/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/resend.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	uint8_t digest[DIGEST_LEN];
	uint64_t until; /* seconds; 0: free */
	char *told;     /* or NULL */
	uint16_t rcode;
	bool is_provisional;
};

struct resend {
	struct slot slots[RESEND_SETS][RESEND_WAYS];
	unsigned provisional; /* how many, so that forgetting none costs nothing */
};

static size_t set_of(const struct resend_key *key)
{
	return ((size_t)key->digest[0] << 8 | key->digest[1]) % RESEND_SETS;
}

static struct slot *slot_find(const struct resend *resend, const struct resend_key *key)
{
	const struct slot *set = resend->slots[set_of(key)];
	for (size_t i = 0; i < RESEND_WAYS; i++)
		if (set[i].until && memcmp(set[i].digest, key->digest, DIGEST_LEN) == 0)
			return (struct slot *)&set[i];
	return NULL;
}

/* A free place of the set, or the one that ends first; what is provisional stays. */
static struct slot *slot_make(struct resend *resend, const struct resend_key *key)
{
	struct slot *set = resend->slots[set_of(key)], *best = NULL;
	for (size_t i = 0; i < RESEND_WAYS; i++)
		if (!set[i].is_provisional && (!best || set[i].until < best->until))
			best = &set[i];
	return best;
}

static void slot_clear(struct slot *slot)
{
	free(slot->told);
	*slot = (struct slot){0};
}

struct resend_key resend_key_of_mac(const struct dns_name *key, struct bytes mac)
{
	struct bytes pieces[] = {bytes_of("m", 1), bytes_of(key->wire, key->len), mac};
	struct resend_key out = {.is_signed = true};
	digest_sha256(pieces, sizeof pieces / sizeof *pieces, out.digest);
	return out;
}

struct resend_key resend_key_of_packet(const struct addr *source, enum entry_transport transport,
				       struct bytes packet)
{
	char text[ADDR_TEXT_MAX];
	addr_print(source, text);
	struct bytes pieces[] = {bytes_of(transport == ENTRY_UDP ? "u" : "t", 1),
				 bytes_of(text, strlen(text) + 1), packet};
	struct resend_key out = {.is_signed = false};
	digest_sha256(pieces, sizeof pieces / sizeof *pieces, out.digest);
	return out;
}

struct resend *resend_new(void)
{
	struct resend *resend = calloc(1, sizeof *resend);
	assert(resend);
	return resend;
}

void resend_free(struct resend *resend)
{
	for (size_t set = 0; set < RESEND_SETS; set++)
		for (size_t i = 0; i < RESEND_WAYS; i++)
			free(resend->slots[set][i].told);
	free(resend);
}

bool resend_find(const struct resend *resend, const struct resend_key *key, uint64_t now,
		 struct resend_answer *answer)
{
	const struct slot *slot = slot_find(resend, key);
	if (!slot || slot->until <= now)
		return false;
	*answer = (struct resend_answer){slot->rcode, slot->told};
	return true;
}

void resend_keep(struct resend *resend, const struct resend_key *key, uint64_t now,
		 const struct resend_answer *answer)
{
	struct slot *slot = slot_find(resend, key);
	if (!slot)
		slot = slot_make(resend, key);
	if (!slot)
		return;
	if (!slot->is_provisional)
		resend->provisional++;
	memcpy(slot->digest, key->digest, DIGEST_LEN);
	slot->until = now + (key->is_signed ? RESEND_SIGNED_SECONDS : RESEND_UNSIGNED_SECONDS);
	slot->rcode = (uint16_t)answer->rcode;
	free(slot->told);
	slot->told = answer->told ? strdup(answer->told) : NULL;
	assert(slot->told || !answer->told);
	slot->is_provisional = true;
}

void resend_confirm(struct resend *resend, const struct resend_key *key)
{
	struct slot *slot = slot_find(resend, key);
	if (!slot || !slot->is_provisional)
		return;
	slot->is_provisional = false;
	resend->provisional--;
}

void resend_drop(struct resend *resend, const struct resend_key *key)
{
	struct slot *slot = slot_find(resend, key);
	if (!slot || !slot->is_provisional)
		return;
	slot_clear(slot);
	resend->provisional--;
}

void resend_forget(struct resend *resend)
{
	if (!resend->provisional)
		return;
	for (size_t set = 0; set < RESEND_SETS; set++)
		for (size_t i = 0; i < RESEND_WAYS; i++)
			if (resend->slots[set][i].is_provisional)
				slot_clear(&resend->slots[set][i]);
	resend->provisional = 0;
}
