/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/tsig_server.h"
#include "base/digest.h"
#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#define TIME_LEN  6  /* BADTIME's other data: 48 bits of seconds (RFC 8945 5.2.3) */
#define OTHER_MAX 64 /* what DNS_TSIG_VARIABLES_MAX has room for */
#define MAC_LEAST 10 /* RFC 8945 5.2.2.1 */

static enum identity_outcome tsig_server_fail(struct identity *id, uint16_t error,
					      const char *problem)
{
	who_set_anonymous(&id->who);
	id->error = error;
	id->problem = problem;
	return id->outcome = IDENTITY_FAILED;
}

static enum identity_outcome tsig_server_malformed(struct identity *id, const char *problem)
{
	id->who = who_anonymous();
	id->problem = problem;
	return id->outcome = IDENTITY_FORMERR;
}

static void tsig_server_take_fields(struct identity *id, const struct dns_tsig *tsig)
{
	id->key = tsig->key;
	id->algorithm = tsig->algorithm;
	id->time = tsig->time;
	id->fudge = tsig->fudge;
}

/* RFC 8945 5.2.1. NULL, or why it is BADKEY; otherwise `*entry` is the key and `id->who` its
 * principal. */
static const char *tsig_server_check_key(struct keyring *ring, const struct identity_policy *policy,
					 struct identity *id, struct keyring_entry **entry)
{
	const struct hmac_info *info = hmac_by_name(&id->algorithm);
	struct keyring_entry *found = keyring_find(ring, &id->key);
	if (!found)
		return "key unknown";
	if (found->is_disabled)
		return "key disabled";
	if (found->is_sealed)
		return "key sealed by a store key that is not here";
	if (!info || info->algorithm != found->key.algorithm)
		return "algorithm is not the key's";
	if (info->algorithm == HMAC_MD5 && !policy->allows_md5)
		return "hmac-md5 is not enabled";
	if (info->algorithm == HMAC_MD5 && !found->has_md5_leave)
		return "hmac-md5 is not allowed for this key";
	if (!keyring_hmac(found) || !who_of_key(&id->who, &id->key))
		return "key unusable";
	*entry = found;
	return NULL;
}

/* What is signed, in pieces. */
#define PIECES_MAX 4
struct signed_bytes {
	uint8_t header[DNS_HEADER_LEN], mac_len[2], variables[DNS_TSIG_VARIABLES_MAX];
	struct bytes piece[PIECES_MAX];
	size_t count;
};

static void add_piece(struct signed_bytes *s, struct bytes piece)
{
	assert(s->count < PIECES_MAX);
	s->piece[s->count++] = piece;
}

static void add_variables(struct signed_bytes *s, const struct dns_tsig *tsig)
{
	struct bytes_out vars = bytes_out_of(s->variables, sizeof(s->variables));
	dns_tsig_variables(tsig, false, &vars);
	assert(!vars.full);
	add_piece(s, bytes_of(s->variables, bytes_out_len(&vars)));
}

/*
 * Of a request (RFC 8945 4.3): the message as the client signed it, without the TSIG, its ARCOUNT
 * one less, with the original id (a forwarder or Kea's D2 sends another), then the variables.
 */
static void request_bytes(struct signed_bytes *s, const struct dns_msg *msg)
{
	struct bytes_out head = bytes_out_of(s->header, sizeof(s->header));
	bytes_out_put(&head, msg->packet.data, sizeof(s->header));
	bytes_out_patch_u16(&head, 0, msg->tsig.original_id);
	bytes_out_patch_u16(&head, DNS_OFFSET_ARCOUNT, (uint16_t)(msg->count[DNS_ADDITIONAL] - 1));
	s->count = 0;
	add_piece(s, bytes_of(s->header, sizeof(s->header)));
	add_piece(s,
		  bytes_of(msg->packet.data + sizeof(s->header), msg->tsig_at - sizeof(s->header)));
	add_variables(s, &msg->tsig);
}

static void request_mac(struct hmac *hmac, const struct dns_msg *msg, uint8_t out[HMAC_MAC_MAX])
{
	struct signed_bytes s;
	request_bytes(&s, msg);
	hmac_compute(hmac, s.piece, s.count, out);
}

/* RFC 8945 5.2.2.1, cases 1 and 3: lengths that nobody may send. */
static bool is_mac_len(size_t len, size_t whole)
{
	return len <= whole && len >= MAC_LEAST && len >= (whole + 1) / 2;
}

/* The MAC was right: time (RFC 8945 5.2.3), then truncation (5.2.4). Answers are signed. */
static enum identity_outcome check_time(struct identity *id, const struct identity_policy *policy,
					size_t whole, uint64_t now)
{
	uint16_t fudge = identity_fudge(id);
	id->skew = (int64_t)now - (int64_t)id->time;
	if (id->skew > fudge || -id->skew > fudge)
		return tsig_server_fail(id, DNS_BADTIME, "clocks differ by more than the fudge");
	if (id->mac_len < whole && id->mac_len < policy->mac_min) {
		id->answer_mac_len = (uint8_t)whole;
		return tsig_server_fail(id, DNS_BADTRUNC, "MAC shorter than policy takes");
	}
	return id->outcome = IDENTITY_VERIFIED;
}

/* Of a key that is being rotated both secrets verify; the answer is signed by the one that did.
 * NULL: neither. `mac` is the whole one. */
static const struct hmac_key *verifying_key(struct keyring_entry *entry, const struct dns_msg *msg,
					    uint64_t now, uint8_t mac[HMAC_MAC_MAX])
{
	request_mac(entry->hmac, msg, mac);
	if (hmac_equal(mac, msg->tsig.mac.data, msg->tsig.mac.len))
		return &entry->key;
	struct hmac *previous = keyring_hmac_previous(entry, now);
	if (!previous)
		return NULL;
	request_mac(previous, msg, mac);
	return hmac_equal(mac, msg->tsig.mac.data, msg->tsig.mac.len) ? &entry->previous : NULL;
}

static enum identity_outcome tsig_server_check_tsig(struct keyring *ring,
						    const struct identity_policy *policy,
						    const struct dns_msg *msg, uint64_t now,
						    struct identity *id)
{
	struct keyring_entry *entry;
	const char *problem = tsig_server_check_key(ring, policy, id, &entry);
	if (problem)
		return tsig_server_fail(id, DNS_BADKEY, problem);
	size_t whole = hmac_by_number(entry->key.algorithm)->mac_len;
	if (!is_mac_len(msg->tsig.mac.len, whole))
		return tsig_server_malformed(id, "MAC of a length that RFC 8945 forbids");
	if (msg->tsig.other.len > OTHER_MAX)
		return tsig_server_malformed(id, "other data longer than any that is defined");
	const struct hmac_key *key = verifying_key(entry, msg, now, id->signed_mark);
	if (!key)
		return tsig_server_fail(id, DNS_BADSIG, "MAC is wrong");
	id->mac_len = id->answer_mac_len = (uint8_t)msg->tsig.mac.len;
	memcpy(id->mac, msg->tsig.mac.data, id->mac_len);
	id->signed_len = (uint8_t)whole;
	id->secret = *key;
	id->has_secret = true;
	return check_time(id, policy, whole, now);
}

/* From here on the answer is the context's: its algorithm, and the digest that belongs to it. */
static void take_context(struct identity *id, struct gss_context *context)
{
	id->context = context;
	id->algorithm = gss_context_algorithm_name(gss_context_algorithm(context));
	id->answer_mac_len = GSS_CONTEXT_MIC_MAX;
	id->digest = gss_context_is_of_windows(context) ? IDENTITY_MAC_PLAIN : IDENTITY_MAC_COUNTED;
}

/* RFC 3645 5: the MAC is a MIC of the context that the key's name names. */
static enum identity_outcome check_context(struct identity *id,
					   const struct identity_policy *policy,
					   const struct dns_msg *msg, uint64_t now)
{
	struct signed_bytes s;
	struct bytes mac = msg->tsig.mac;
	if (msg->tsig.other.len > OTHER_MAX)
		return tsig_server_malformed(id, "other data longer than any that is defined");
	struct gss_context *context =
		policy->contexts ? gss_context_find(policy->contexts, &id->key, now) : NULL;
	if (!context)
		return tsig_server_fail(id, DNS_BADKEY,
					"no such security context, or its time is over");
	request_bytes(&s, msg);
	if (mac.len > GSS_CONTEXT_MIC_MAX || !gss_context_verify(context, s.piece, s.count, mac)) {
		gss_context_release(context);
		return tsig_server_fail(id, DNS_BADSIG, "MAC is not of the security context");
	}
	id->who = gss_context_who(context);
	id->mac_len = (uint8_t)mac.len;
	memcpy(id->mac, mac.data, mac.len);
	if (msg->opcode == DNS_OPCODE_UPDATE) {
		digest_sha256(s.piece, s.count, id->signed_mark);
		id->signed_len = DIGEST_LEN;
	}
	take_context(id, context);
	return check_time(id, policy, mac.len, now);
}

enum identity_outcome tsig_server_identify(struct keyring *ring,
					   const struct identity_policy *policy,
					   const struct dns_msg *msg, uint64_t now,
					   struct identity *out)
{
	identity_anonymous(out);
	if (!msg->has_tsig)
		return IDENTITY_UNSIGNED;
	enum gss_context_algorithm gss;
	tsig_server_take_fields(out, &msg->tsig);
	if (gss_context_algorithm_of(&out->algorithm, &gss))
		return check_context(out, policy, msg, now);
	return tsig_server_check_tsig(ring, policy, msg, now, out);
}

void identity_anonymous(struct identity *id)
{
	id->outcome = IDENTITY_UNSIGNED;
	who_set_anonymous(&id->who);
	id->error = 0;
	id->problem = NULL;
	id->skew = 0;
	dns_name_set_root(&id->key);
	dns_name_set_root(&id->algorithm);
	id->time = 0;
	id->fudge = 0;
	id->mac_len = id->answer_mac_len = id->signed_len = 0;
	id->has_secret = false;
	id->context = NULL;
	id->digest = IDENTITY_MAC_COUNTED;
}

void identity_of_context(struct identity *id, struct gss_context *context)
{
	identity_anonymous(id);
	id->outcome = IDENTITY_VERIFIED;
	id->who = gss_context_who(context);
	id->key = *gss_context_key(context);
	take_context(id, gss_context_hold(context));
	id->digest = IDENTITY_MAC_NONE;
}

void identity_keep(struct identity *id)
{
	if (id->context)
		gss_context_hold(id->context);
}

enum dns_rcode identity_rcode(const struct identity *id)
{
	if (id->outcome == IDENTITY_FAILED)
		return DNS_NOTAUTH;
	return id->outcome == IDENTITY_FORMERR ? DNS_FORMERR : DNS_NOERROR;
}

uint16_t identity_fudge(const struct identity *id)
{
	return id->fudge < TSIG_SERVER_FUDGE_MAX ? id->fudge : TSIG_SERVER_FUDGE_MAX;
}

static bool gets_tsig(const struct identity *id)
{
	return id->outcome == IDENTITY_VERIFIED || id->outcome == IDENTITY_FAILED;
}

static bool tsig_server_is_signed(const struct identity *id)
{
	return id->has_secret || id->context;
}

size_t identity_reserve(const struct identity *id)
{
	if (!gets_tsig(id))
		return 0;
	return dns_tsig_size(&id->key, &id->algorithm,
			     tsig_server_is_signed(id) ? id->answer_mac_len : 0,
			     id->error == DNS_BADTIME ? TIME_LEN : 0);
}

/* Of an answer (RFC 8945 4.3): the request's MAC with its length, the answer, the variables. */
static void answer_bytes(struct signed_bytes *s, const struct identity *id,
			 const struct dns_tsig *tsig, struct bytes answer)
{
	s->count = 0;
	s->mac_len[0] = 0;
	s->mac_len[1] = id->mac_len;
	if (id->digest == IDENTITY_MAC_COUNTED)
		add_piece(s, bytes_of(s->mac_len, sizeof(s->mac_len)));
	if (id->digest != IDENTITY_MAC_NONE)
		add_piece(s, bytes_of(id->mac, id->mac_len));
	add_piece(s, answer);
	add_variables(s, tsig);
}

/* With this thread's HMAC where it has one for the very key, else with one made for it. */
static void sign_by_key(const struct identity *id, struct keyring *ring,
			const struct signed_bytes *s, uint8_t out[HMAC_MAC_MAX])
{
	struct keyring_entry *entry = ring ? keyring_find(ring, &id->key) : NULL;
	if (entry && hmac_key_equal(&entry->key, &id->secret) && keyring_hmac(entry)) {
		hmac_compute(entry->hmac, s->piece, s->count, out);
		return;
	}
	if (hmac_once(&id->secret, s->piece, s->count, out) == 0)
		abort(); /* it verified the request */
}

/* The MAC's length. 0: the ticket ended since the request came. */
static size_t tsig_server_sign(const struct identity *id, struct keyring *ring,
			       const struct signed_bytes *s, uint8_t out[HMAC_MAC_MAX])
{
	_Static_assert(GSS_CONTEXT_MIC_MAX <= HMAC_MAC_MAX, "one buffer for both");
	if (id->context)
		return gss_context_sign(id->context, s->piece, s->count, out);
	sign_by_key(id, ring, s, out);
	return id->answer_mac_len;
}

size_t identity_sign(const struct identity *id, struct keyring *ring, uint8_t *buffer, size_t len,
		     size_t cap, uint64_t now)
{
	uint8_t mac[HMAC_MAC_MAX], server_time[TIME_LEN];
	struct signed_bytes s;
	if (!gets_tsig(id))
		return len;
	struct dns_tsig tsig = dns_tsig_for(bytes_of(buffer, len), &id->key, &id->algorithm, now);
	tsig.error = id->error;
	if (id->error == DNS_BADTIME) {
		/* The client's own time and fudge, so that it does not fail on its clock again. */
		struct bytes_out other = bytes_out_of(server_time, sizeof(server_time));
		bytes_out_u48(&other, now);
		tsig.time = id->time;
		tsig.fudge = id->fudge;
		tsig.other = bytes_of(server_time, sizeof(server_time));
	}
	if (tsig_server_is_signed(id)) {
		answer_bytes(&s, id, &tsig, bytes_of(buffer, len));
		tsig.mac = bytes_of(mac, tsig_server_sign(id, ring, &s, mac));
		if (tsig.mac.len == 0)
			return 0;
	}
	return dns_tsig_append(&tsig, buffer, len, cap);
}

void identity_wipe(struct identity *id)
{
	if (id->has_secret)
		OPENSSL_cleanse(&id->secret, sizeof(id->secret));
	id->has_secret = false;
	gss_context_release(id->context);
	id->context = NULL;
}

void identity_stream_open(struct identity_stream *stream, const struct identity *id)
{
	*stream = (struct identity_stream){.identity = id};
	if (id->context || !id->has_secret)
		return;
	stream->hmac = hmac_new(&id->secret);
	if (!stream->hmac)
		abort(); /* it verified the request */
}

/* What a later message's MAC is over (RFC 8945 5.3.1). */
static void later_bytes(struct signed_bytes *s, const struct identity_stream *stream,
			const struct dns_tsig *tsig, struct bytes message)
{
	struct bytes_out timers = bytes_out_of(s->variables, sizeof(s->variables));
	s->count = 0;
	s->mac_len[0] = 0;
	s->mac_len[1] = (uint8_t)stream->mac_len;
	if (stream->identity->digest == IDENTITY_MAC_COUNTED)
		add_piece(s, bytes_of(s->mac_len, sizeof(s->mac_len)));
	add_piece(s, bytes_of(stream->mac, stream->mac_len));
	add_piece(s, message);
	dns_tsig_variables(tsig, true, &timers);
	add_piece(s, bytes_of(s->variables, bytes_out_len(&timers)));
}

size_t identity_stream_sign(struct identity_stream *stream, uint8_t *buffer, size_t len, size_t cap,
			    uint64_t now)
{
	const struct identity *id = stream->identity;
	uint8_t mac[HMAC_MAC_MAX];
	struct signed_bytes s;
	if (!tsig_server_is_signed(id))
		return len;
	struct dns_tsig tsig = dns_tsig_for(bytes_of(buffer, len), &id->key, &id->algorithm, now);
	if (stream->mac_len)
		later_bytes(&s, stream, &tsig, bytes_of(buffer, len));
	else
		answer_bytes(&s, id, &tsig, bytes_of(buffer, len));
	if (id->context) {
		stream->mac_len = gss_context_sign(id->context, s.piece, s.count, mac);
	} else {
		hmac_compute(stream->hmac, s.piece, s.count, mac);
		stream->mac_len = id->answer_mac_len;
	}
	if (stream->mac_len == 0)
		return 0;
	memcpy(stream->mac, mac, stream->mac_len);
	tsig.mac = bytes_of(stream->mac, stream->mac_len);
	return dns_tsig_append(&tsig, buffer, len, cap);
}

void identity_stream_close(struct identity_stream *stream)
{
	hmac_free(stream->hmac);
	stream->hmac = NULL;
}
