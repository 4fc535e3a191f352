/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal_hold.h"
#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS  65536u
#define PREFIXES 16384u /* counts of sources; two prefixes that share one share its room */

/* One refusal, as small as it can be: a flood of them is what fills the table. */
struct hold {
	struct hold *next;            /* of its bucket */
	struct hold *older, *younger; /* of all */
	uint64_t at_us, asks;
	struct addr source;
	uint32_t zone_id;
	uint16_t bucket, prefix, message_id, rcode;
	enum entry_transport transport;
	uint8_t zone_len, name_len;
	/* The zone's apex, the name, then principal, subject and reason, each with a NUL. */
	uint8_t bytes[];
};

struct refusal_holds {
	uint8_t seed[16]; /* nobody outside knows which share a bucket */
	struct hold *buckets[BUCKETS];
	uint16_t prefixes[PREFIXES];
	struct hold *oldest, *youngest;
	size_t count;
};

/* The host's bytes; those that are not the prefix's are left out. */
static struct bytes hold_host(const struct addr *source, bool is_prefix)
{
	if (!source->len)
		return bytes_of(NULL, 0);
	if (source->any.sa_family == AF_INET)
		return bytes_of(&source->v4.sin_addr, is_prefix ? 3 : 4);
	return bytes_of(&source->v6.sin6_addr, is_prefix ? 7 : 16);
}

static uint16_t hold_hash(const struct refusal_holds *holds, struct bytes first,
			  struct bytes second)
{
	uint8_t digest[DIGEST_LEN];
	struct bytes pieces[] = {bytes_of(holds->seed, sizeof holds->seed), first, second};
	digest_sha256(pieces, 3, digest);
	return (uint16_t)(digest[0] << 8 | digest[1]);
}

static uint16_t hold_bucket(const struct refusal_holds *holds, const struct dns_name *name,
			    const struct addr *source)
{
	return hold_hash(holds, bytes_of(name->wire, name->len), hold_host(source, false));
}

static bool hold_is_at(const struct hold *hold, const struct dns_name *name)
{
	return hold->name_len == name->len &&
	       memcmp(hold->bytes + hold->zone_len, name->wire, name->len) == 0;
}

/* Unsigned, and refused by the mode of a secure zone alone. */
static bool hold_is_wanted(const struct refusal *refusal, struct dns_name *name)
{
	return !refusal->is_signed && refusal->has_zone && refusal->source.len &&
	       refusal->code == REFUSAL_POLICY_UNSIGNED &&
	       refusal->event == REFUSAL_UPDATE_DENIED && refusal->principal && refusal->subject &&
	       refusal->reason && !refusal->key && !refusal->owner && !refusal->rule &&
	       !dns_name_parse(name, refusal->subject, strcspn(refusal->subject, " "), NULL);
}

static struct hold *hold_new(const struct refusal *refusal, const struct dns_name *name)
{
	const char *texts[] = {refusal->principal, refusal->subject, refusal->reason};
	size_t len = (size_t)refusal->zone.len + name->len;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		len += strlen(texts[i]) + 1;
	struct hold *hold = malloc(sizeof *hold + len);
	assert(hold);
	*hold = (struct hold){
		.asks = refusal->asks,
		.source = refusal->source,
		.zone_id = refusal->zone_id,
		.message_id = refusal->message_id,
		.rcode = refusal->rcode,
		.transport = refusal->transport,
		.zone_len = refusal->zone.len,
		.name_len = name->len,
	};
	struct bytes_out out = bytes_out_of(hold->bytes, len);
	bytes_out_put(&out, refusal->zone.wire, refusal->zone.len);
	bytes_out_put(&out, name->wire, name->len);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		bytes_out_put(&out, texts[i], strlen(texts[i]) + 1);
	return hold;
}

static void hold_unlink(struct refusal_holds *holds, struct hold *hold)
{
	struct hold **slot = &holds->buckets[hold->bucket];
	while (*slot != hold)
		slot = &(*slot)->next;
	*slot = hold->next;
	*(hold->older ? &hold->older->younger : &holds->oldest) = hold->younger;
	*(hold->younger ? &hold->younger->older : &holds->youngest) = hold->older;
	holds->prefixes[hold->prefix]--;
	holds->count--;
}

/* As a refusal that was noted when it was; the hold is gone. */
static struct refusal_note *hold_release(struct refusal_holds *holds, struct hold *hold)
{
	const char *text = (const char *)hold->bytes + hold->zone_len + hold->name_len;
	struct refusal refusal = {
		.has_zone = true,
		.zone_id = hold->zone_id,
		.source = hold->source,
		.transport = hold->transport,
		.message_id = hold->message_id,
		.rcode = hold->rcode,
		.code = REFUSAL_POLICY_UNSIGNED,
	};
	bool is_name = dns_name_from_wire(&refusal.zone, bytes_of(hold->bytes, hold->zone_len));
	assert(is_name);
	const char **const texts[] = {&refusal.principal, &refusal.subject, &refusal.reason};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		*texts[i] = text;
		text += strlen(text) + 1;
	}
	struct refusal_note *note = refusal_note_new(&refusal, hold->at_us);
	hold_unlink(holds, hold);
	free(hold);
	return note;
}

struct refusal_holds *refusal_holds_new(void)
{
	struct refusal_holds *holds = calloc(1, sizeof *holds);
	assert(holds);
	ssize_t n = getrandom(holds->seed, sizeof holds->seed, 0);
	assert(n == (ssize_t)sizeof holds->seed);
	return holds;
}

void refusal_holds_free(struct refusal_holds *holds)
{
	for (struct hold *hold = holds->oldest, *younger; hold; hold = younger) {
		younger = hold->younger;
		free(hold);
	}
	free(holds);
}

bool refusal_holds_take(struct refusal_holds *holds, const struct refusal *refusal, uint64_t now_us)
{
	struct dns_name name;
	if (holds->count >= REFUSAL_HOLD_MAX || !hold_is_wanted(refusal, &name))
		return false;
	struct bytes prefix = hold_host(&refusal->source, true);
	uint16_t at = hold_hash(holds, prefix, bytes_of(NULL, 0)) % PREFIXES;
	if (holds->prefixes[at] >= REFUSAL_HOLD_PREFIX_MAX)
		return false;
	struct hold *hold = hold_new(refusal, &name);
	hold->at_us = now_us;
	hold->bucket = hold_bucket(holds, &name, &refusal->source);
	hold->prefix = at;
	hold->next = holds->buckets[hold->bucket];
	holds->buckets[hold->bucket] = hold;
	hold->older = holds->youngest;
	*(holds->youngest ? &holds->youngest->younger : &holds->oldest) = hold;
	holds->youngest = hold;
	holds->prefixes[at]++;
	holds->count++;
	return true;
}

uint64_t refusal_holds_asks(const struct dns_msg *msg)
{
	uint8_t sum[DIGEST_LEN], head[8];
	uint64_t asks;
	struct dns_msg_rr rr;
	struct dns_msg_walk walk = dns_msg_walk(msg, DNS_UPDATE);
	struct digest *digest = digest_begin();
	while (dns_msg_next(&walk, &rr)) {
		struct bytes_out out = bytes_out_of(head, sizeof head);
		bytes_out_u16(&out, rr.type);
		bytes_out_u16(&out, rr.class);
		bytes_out_u16(&out, rr.owner.len);
		bytes_out_u16(&out, rr.rdata_len);
		digest_add(digest, bytes_of(head, sizeof head));
		digest_add(digest, bytes_of(rr.owner.wire, rr.owner.len));
		digest_add(digest, bytes_of(msg->packet.data + rr.rdata_at, rr.rdata_len));
	}
	digest_end(digest, sum);
	memcpy(&asks, sum, sizeof asks);
	return asks;
}

unsigned refusal_holds_forget(struct refusal_holds *holds, const struct dns_name *name,
			      uint64_t asks, const struct addr *source, uint64_t now_us)
{
	unsigned forgotten = 0;
	struct bytes host = hold_host(source, false);
	struct hold *hold = holds->buckets[hold_bucket(holds, name, source)];
	while (hold) {
		struct hold *next = hold->next;
		if (hold->asks == asks && hold_is_at(hold, name) &&
		    bytes_equal(hold_host(&hold->source, false), host) &&
		    now_us <= hold->at_us + REFUSAL_HOLD_US) {
			hold_unlink(holds, hold);
			free(hold);
			forgotten++;
		}
		hold = next;
	}
	return forgotten;
}

struct refusal_note *refusal_holds_due(struct refusal_holds *holds, uint64_t now_us, size_t most)
{
	struct refusal_note *notes = NULL, **end = &notes;
	/* A clock that went back holds nothing longer than that. */
	while (holds->oldest && most-- > 0 &&
	       (now_us > holds->oldest->at_us + REFUSAL_HOLD_US ||
		holds->oldest->at_us > now_us + REFUSAL_HOLD_US)) {
		*end = hold_release(holds, holds->oldest);
		end = &(*end)->next;
	}
	return notes;
}

struct refusal_note *refusal_holds_named(struct refusal_holds *holds, const struct dns_name *name)
{
	struct refusal_note *notes = NULL, **end = &notes;
	for (struct hold *hold = holds->oldest, *younger; hold; hold = younger) {
		younger = hold->younger;
		if (!hold_is_at(hold, name))
			continue;
		*end = hold_release(holds, hold);
		end = &(*end)->next;
	}
	return notes;
}

size_t refusal_holds_count(const struct refusal_holds *holds)
{
	return holds->count;
}
