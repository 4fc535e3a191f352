/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/duplicate_requests_parts.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PURPOSE       "duplicate requests"
#define SWEEP_CHUNKS  16 /* that one transaction frees: more requests than it can bring */
#define LOOK_CHUNKS   4  /* of a second, for room */
#define REMARK_MAX    128
#define DATED_SECONDS 86400 /* a clock that is set so long after a start brings nothing back */

/* --- identity */

static uint16_t duplicate_requests_asker(const struct duplicate_requests *duplicates,
					 const char *principal)
{
	return (uint16_t)hash_keyed(&duplicates->asker_key, bytes_of(principal, strlen(principal)));
}

static void duplicate_requests_hash(const struct duplicate_requests *duplicates,
				    const struct bytes pieces[3],
				    uint8_t hash[DUPLICATE_REQUEST_HASH_LEN])
{
	uint8_t digest[DIGEST_LEN];
	struct bytes all[] = {bytes_of(duplicates->secret, sizeof(duplicates->secret)), pieces[0],
			      pieces[1], pieces[2]};
	digest_sha256(all, 4, digest);
	memcpy(hash, digest, DUPLICATE_REQUEST_HASH_LEN);
}

static struct duplicate_request_key key_of_signed(const struct duplicate_requests *duplicates,
						  const struct request_kept *request)
{
	const struct identity *identity = &request->identity;
	struct bytes pieces[] = {bytes_of("m", 1), bytes_of(identity->key.wire, identity->key.len),
				 bytes_of(identity->signed_mark, identity->signed_len)};
	struct duplicate_request_key key = {
		.is_signed = true,
		.is_of_context = identity->context != NULL,
		.asker = duplicate_requests_asker(duplicates, request->who.text),
		.signed_at = identity->time,
		.ends_at = identity->time + identity_fudge(identity),
	};
	duplicate_requests_hash(duplicates, pieces, key.hash);
	return key;
}

struct duplicate_request_key duplicate_request_key_of(const struct duplicate_requests *duplicates,
						      const struct request_kept *request)
{
	char source[ADDR_TEXT_MAX];
	if (request->identity.outcome == IDENTITY_VERIFIED)
		return key_of_signed(duplicates, request);
	addr_print(&request->source, source);
	struct bytes pieces[] = {bytes_of(request->transport == ENTRY_UDP ? "u" : "t", 1),
				 bytes_of(source, strlen(source) + 1), request->msg.packet};
	struct duplicate_request_key key = {0};
	duplicate_requests_hash(duplicates, pieces, key.hash);
	return key;
}

struct duplicate_request_key
duplicate_request_key_of_entry(const struct duplicate_requests *duplicates,
			       const struct entry *entry)
{
	struct duplicate_request_key key = {
		.is_signed = true,
		.asker = entry->principal ? duplicate_requests_asker(duplicates, entry->principal)
					  : 0,
		.signed_at = entry->time_us / 1000000,
		.ends_at = entry->time_us / 1000000 + ENTRY_SECONDS,
	};
	assert(entry->request.len == sizeof(key.hash));
	memcpy(key.hash, entry->request.data, sizeof(key.hash));
	return key;
}

/* --- slots */

static uint32_t *head_of(struct duplicate_requests *duplicates, const uint8_t *hash)
{
	uint32_t word;
	memcpy(&word, hash, sizeof(word));
	return &duplicates->heads[word % HEADS];
}

static uint32_t duplicate_requests_find(struct duplicate_requests *duplicates, const uint8_t *hash)
{
	uint32_t number = *head_of(duplicates, hash);
	while (number) {
		const struct slot *slot = duplicate_requests_slot(duplicates, number);
		if (memcmp(slot->hash, hash, sizeof(slot->hash)) == 0)
			return number;
		number = slot->next;
	}
	return 0;
}

static struct chunk *duplicate_requests_chunk_of(const struct duplicate_requests *duplicates,
						 uint32_t number)
{
	return duplicates->chunks[(number - 1) / CHUNK_STRIDE];
}

const char *duplicate_requests_remark(const struct duplicate_requests *duplicates, uint32_t number)
{
	if (!(duplicate_requests_slot(duplicates, number)->marks & SLOT_HAS_REMARK))
		return NULL;
	const struct remark *remark = duplicate_requests_chunk_of(duplicates, number)->remarks;
	while (remark->place != (number - 1) % CHUNK_STRIDE)
		remark = remark->next;
	return remark->text;
}

static size_t remark_bytes(const struct remark *remark)
{
	return sizeof(*remark) + strlen(remark->text) + 16;
}

/* Without room, or memory, the answer is kept without its text. */
static void remark_add(struct duplicate_requests *duplicates, uint32_t number, const char *text)
{
	size_t len = strlen(text);
	struct chunk *chunk = duplicate_requests_chunk_of(duplicates, number);
	struct remark *remark = malloc(sizeof(*remark) + len + 1);
	if (!remark)
		return;
	memcpy(remark->text, text, len + 1);
	remark->place = (number - 1) % CHUNK_STRIDE;
	remark->next = chunk->remarks;
	chunk->remarks = remark;
	duplicate_requests_slot(duplicates, number)->marks |= SLOT_HAS_REMARK;
	duplicates->bytes += remark_bytes(remark);
}

/* Out of its chain, and out of the counts. */
static void slot_unlink(struct duplicate_requests *duplicates, uint32_t number)
{
	struct slot *slot = duplicate_requests_slot(duplicates, number);
	uint32_t *at = head_of(duplicates, slot->hash);
	while (*at != number)
		at = &duplicate_requests_slot(duplicates, *at)->next;
	*at = slot->next;
	slot->marks |= SLOT_IS_DEAD;
	duplicates->count--;
	if (duplicate_requests_chunk_of(duplicates, number)->is_signed)
		duplicates->askers[slot->asker]--;
	else
		duplicates->unsigned_count--;
}

/* --- chunks */

static bool duplicate_requests_has_room(const struct duplicate_requests *duplicates)
{
	return duplicates->bytes + CHUNK_BYTES + REMARK_MAX <= DUPLICATE_REQUESTS_BYTES &&
	       (duplicates->free_chunk || duplicates->chunk_count < CHUNKS_MAX);
}

/* Its number and one; 0: there is no room. */
static uint32_t chunk_make(struct duplicate_requests *duplicates, uint64_t ends_at, bool is_signed)
{
	struct chunk *chunk;
	if (!duplicate_requests_has_room(duplicates) || !(chunk = calloc(1, sizeof(*chunk))))
		return 0;
	uint32_t at = duplicates->free_chunk;
	if (at)
		duplicates->free_chunk = duplicates->free_next[at - 1];
	else
		at = ++duplicates->chunk_count;
	uint32_t *place = &duplicates->wheel[ends_at % WHEEL];
	chunk->ends_at = ends_at;
	chunk->is_signed = is_signed;
	chunk->next = *place;
	*place = at;
	duplicates->chunks[at - 1] = chunk;
	duplicates->bytes += CHUNK_BYTES;
	return at;
}

static uint32_t chunk_with_room(struct duplicate_requests *duplicates, uint64_t ends_at,
				bool is_signed)
{
	uint32_t at = duplicates->wheel[ends_at % WHEEL];
	for (unsigned i = 0; at && i < LOOK_CHUNKS; i++) {
		const struct chunk *chunk = duplicates->chunks[at - 1];
		if (chunk->ends_at == ends_at && chunk->is_signed == is_signed &&
		    chunk->count < CHUNK_SLOTS)
			return at;
		at = chunk->next;
	}
	return chunk_make(duplicates, ends_at, is_signed);
}

/* Forgets what is in it. */
static void chunk_free(struct duplicate_requests *duplicates, uint32_t at)
{
	struct chunk *chunk = duplicates->chunks[at - 1];
	for (unsigned i = 0; i < chunk->count; i++)
		if (!(chunk->slots[i].marks & SLOT_IS_DEAD))
			slot_unlink(duplicates, (at - 1) * CHUNK_STRIDE + i + 1);
	for (struct remark *remark = chunk->remarks, *next; remark; remark = next) {
		next = remark->next;
		duplicates->bytes -= remark_bytes(remark);
		free(remark);
	}
	if (chunk->is_signed && chunk->ends_at > duplicates->forgotten)
		duplicates->forgotten = chunk->ends_at;
	free(chunk);
	duplicates->chunks[at - 1] = NULL;
	duplicates->free_next[at - 1] = duplicates->free_chunk;
	duplicates->free_chunk = at;
	duplicates->bytes -= CHUNK_BYTES;
}

/* Of one place of the wheel, what ended; `*budget` chunks at most. True: all of it. */
static bool duplicate_requests_sweep_place(struct duplicate_requests *duplicates, uint32_t *place,
					   uint64_t until, unsigned *budget)
{
	while (*place) {
		struct chunk *chunk = duplicates->chunks[*place - 1];
		uint32_t at = *place;
		if (chunk->ends_at > until) {
			place = &chunk->next;
			continue;
		}
		if (*budget == 0)
			return false;
		(*budget)--;
		*place = chunk->next;
		chunk_free(duplicates, at);
	}
	return true;
}

/* What ended goes, a little in each transaction. What waits for the writer may still be looked for.
 */
static void duplicate_requests_sweep(struct duplicate_requests *duplicates, uint64_t now)
{
	uint64_t until = now > DUPLICATE_REQUESTS_GRACE ? now - DUPLICATE_REQUESTS_GRACE : 0;
	unsigned budget = SWEEP_CHUNKS;
	if (duplicates->provisional_count > 0)
		return;
	if (duplicates->swept > until) /* the clock went back */
		duplicates->swept = until;
	if (until - duplicates->swept > WHEEL)
		duplicates->swept = until - WHEEL;
	while (duplicates->swept < until) {
		uint32_t *place = &duplicates->wheel[(duplicates->swept + 1) % WHEEL];
		if (!duplicate_requests_sweep_place(duplicates, place, until, &budget))
			return;
		duplicates->swept++;
	}
}

/* --- the table */

struct duplicate_requests *duplicate_requests_new(const struct store_key *store_key)
{
	struct duplicate_requests *duplicates = calloc(1, sizeof(*duplicates));
	assert(duplicates);
	duplicates->bytes = sizeof(*duplicates);
	if (!store_key_derive(store_key, PURPOSE, duplicates->secret)) {
		struct hash_key random[2] = {hash_key_random(), hash_key_random()};
		memcpy(duplicates->secret, random, sizeof(duplicates->secret));
	}
	uint8_t digest[DIGEST_LEN];
	struct bytes pieces[] = {bytes_of(duplicates->secret, sizeof(duplicates->secret)),
				 bytes_of("principals", 10)};
	digest_sha256(pieces, 2, digest);
	memcpy(&duplicates->asker_key, digest, sizeof(duplicates->asker_key));
	return duplicates;
}

void duplicate_requests_free(struct duplicate_requests *duplicates)
{
	for (uint32_t at = 1; at <= duplicates->chunk_count; at++)
		if (duplicates->chunks[at - 1])
			chunk_free(duplicates, at);
	free(duplicates);
}

/* The number of its slot; 0: there is no room. */
static uint32_t duplicate_requests_put(struct duplicate_requests *duplicates,
				       const struct duplicate_request_key *key, uint64_t ends_at)
{
	uint32_t at = chunk_with_room(duplicates, ends_at, key->is_signed);
	if (!at)
		return 0;
	struct chunk *chunk = duplicates->chunks[at - 1];
	uint32_t number = (at - 1) * CHUNK_STRIDE + chunk->count + 1,
		 *head = head_of(duplicates, key->hash);
	struct slot *slot = &chunk->slots[chunk->count++];
	memcpy(slot->hash, key->hash, sizeof(slot->hash));
	slot->asker = key->asker;
	slot->next = *head;
	*head = number;
	duplicates->count++;
	if (key->is_signed)
		duplicates->askers[key->asker]++;
	else
		duplicates->unsigned_count++;
	return number;
}

/* An unsigned request may come again later, and be another one then. */
static bool is_over(const struct chunk *chunk, uint64_t now)
{
	return !chunk->is_signed && (chunk->ends_at <= now ||
				     chunk->ends_at > now + DUPLICATE_REQUESTS_UNSIGNED_SECONDS);
}

/* The last start after a crash, as the clock shows it now. */
static void duplicate_requests_date(struct duplicate_requests *duplicates)
{
	uint64_t now_us, passed_us;
	if (!duplicates->clock)
		return;
	clock_read(duplicates->clock, &now_us, &passed_us);
	/* Whole seconds of both would be one more than the second of the start, now and then. */
	uint64_t ago_us = passed_us - duplicates->passed_us + duplicates->age * 1000000;
	duplicates->signed_from = now_us > ago_us ? (now_us - ago_us) / 1000000 : 0;
	if (ago_us / 1000000 > DATED_SECONDS)
		duplicates->clock = NULL;
}

static bool is_in_doubt(const struct duplicate_requests *duplicates,
			const struct duplicate_request_key *key)
{
	return key->is_signed &&
	       (key->ends_at <= duplicates->forgotten ||
		(key->signed_at < duplicates->signed_from && !key->is_of_context));
}

/* What is not kept of an unsigned request runs again when it is resent. */
static enum duplicate_request_state
duplicate_requests_without_room(const struct duplicate_request_key *key)
{
	return key->is_signed ? DUPLICATE_REQUEST_NO_ROOM : DUPLICATE_REQUEST_NEW;
}

enum duplicate_request_state duplicate_requests_take(struct duplicate_requests *duplicates,
						     const struct duplicate_request_key *key,
						     uint64_t now,
						     struct duplicate_request_answer *answer)
{
	duplicate_requests_sweep(duplicates, now);
	duplicate_requests_date(duplicates);
	duplicates->taken = 0;
	uint32_t number = duplicate_requests_find(duplicates, key->hash);
	if (number && is_over(duplicate_requests_chunk_of(duplicates, number), now)) {
		slot_unlink(duplicates, number);
		number = 0;
	}
	if (number) {
		answer->rcode = duplicate_requests_slot(duplicates, number)->rcode;
		answer->ede_text = duplicate_requests_remark(duplicates, number);
		return DUPLICATE_REQUEST_KNOWN;
	}
	if (is_in_doubt(duplicates, key))
		return DUPLICATE_REQUEST_IN_DOUBT;
	if (duplicates->provisional_count == PROVISIONAL_MAX ||
	    (!key->is_signed && duplicates->unsigned_count >= DUPLICATE_REQUESTS_UNSIGNED_MAX))
		return duplicate_requests_without_room(key);
	number = duplicate_requests_put(duplicates, key,
					key->is_signed ? key->ends_at
						       : now + DUPLICATE_REQUESTS_UNSIGNED_SECONDS);
	if (!number)
		return duplicate_requests_without_room(key);
	duplicates->taken = number;
	duplicates->provisional[duplicates->provisional_count++] = number;
	return DUPLICATE_REQUEST_NEW;
}

void duplicate_requests_answer(struct duplicate_requests *duplicates,
			       const struct duplicate_request_answer *answer)
{
	if (!duplicates->taken)
		return;
	duplicate_requests_slot(duplicates, duplicates->taken)->rcode = (uint8_t)answer->rcode;
	if (answer->ede_text)
		remark_add(duplicates, duplicates->taken, answer->ede_text);
	duplicates->taken = 0;
}

void duplicate_requests_confirm(struct duplicate_requests *duplicates)
{
	duplicates->provisional_count = 0;
}

void duplicate_requests_forget(struct duplicate_requests *duplicates)
{
	while (duplicates->provisional_count > 0) {
		uint32_t number = duplicates->provisional[--duplicates->provisional_count];
		if (!(duplicate_requests_slot(duplicates, number)->marks & SLOT_IS_DEAD))
			slot_unlink(duplicates, number);
	}
	duplicates->taken = 0;
}

bool duplicate_requests_add(struct duplicate_requests *duplicates,
			    const struct duplicate_request_key *key,
			    const struct duplicate_request_answer *answer)
{
	if (duplicate_requests_find(duplicates, key->hash))
		return true;
	duplicates->taken = duplicate_requests_put(duplicates, key, key->ends_at);
	bool is_put = duplicates->taken != 0;
	duplicate_requests_answer(duplicates, answer);
	return is_put;
}

uint32_t duplicate_requests_rate(const struct duplicate_requests *duplicates, uint16_t asker)
{
	size_t bytes = duplicates->bytes,
	       of = DUPLICATE_REQUESTS_BYTES - DUPLICATE_REQUESTS_RESERVE;
	size_t left = bytes < of ? of - bytes : 0;
	size_t most = DUPLICATE_REQUESTS_SHARE * (left / CHUNK_BYTES) * CHUNK_SLOTS;
	if (most < DUPLICATE_REQUESTS_LEAST)
		most = DUPLICATE_REQUESTS_LEAST;
	if (duplicates->askers[asker] <= most)
		return 0;
	return (uint32_t)(most / TSIG_SERVER_FUDGE_MAX);
}

size_t duplicate_requests_count(const struct duplicate_requests *duplicates)
{
	return duplicates->count;
}

size_t duplicate_requests_bytes(const struct duplicate_requests *duplicates)
{
	return duplicates->bytes;
}
