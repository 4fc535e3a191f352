/* SPDX-License-Identifier: BSD-2-Clause */
/* TSIG as RFC 8945 has it, against requests and answers that dnspython signed. */
#include "acl/tsig_server.h"
#include "tests/unit/hex.h"
#include "tests/unit/keys.h"
#include "tests/unit/tsig_vectors.h"

#define ROWS(table) (sizeof(table) / sizeof(table)[0])
#define NOW         1767603600

static const struct identity_policy takes_all = {.allows_md5 = true};

static struct bytes secret_of(const char *word)
{
	static uint8_t long_secret[200];
	for (size_t i = 0; i < sizeof(long_secret); i++)
		long_secret[i] = (uint8_t)i;
	return strcmp(word, "long") == 0 ? bytes_of(long_secret, sizeof(long_secret))
					 : bytes_of("0123456789abcdef", 16);
}

/* The vector's key as the request names its algorithm; where that is the error, hmac-sha256. */
static void put_keys(struct keys_store *keys, size_t i, const struct dns_msg *msg)
{
	const struct hmac_info *info = hmac_by_number(HMAC_SHA256);
	if (msg->has_tsig && tsig_vectors[i].error != DNS_BADKEY)
		info = hmac_by_name(&msg->tsig.algorithm);
	struct keyring_key key =
		keys_key("kea-ddns.key", info->algorithm, secret_of(tsig_vectors[i].secret));
	keys_put(keys, &key);
	key = keys_key("disabled.key", HMAC_SHA256, secret_of("short"));
	key.is_disabled = true;
	keys_put(keys, &key);
}

static void expect_signed(const struct identity *id, struct keyring *ring, size_t i)
{
	struct bytes answer = hex_bytes(tsig_vectors[i].answer);
	size_t cap = answer.len + identity_reserve(id);
	uint8_t *buffer = malloc(cap);
	memcpy(buffer, answer.data, answer.len);
	size_t len = identity_sign(id, ring, buffer, answer.len, cap, tsig_vectors[i].now);
	cr_expect_eq(len, cap, "%s: the reserve is what is used", tsig_vectors[i].what);
	hex_expect(bytes_of(buffer, len), tsig_vectors[i].signed_answer, tsig_vectors[i].what);
	free(buffer);
	free((void *)answer.data);
}

static void try_vector(size_t i)
{
	struct identity_policy policy = {.allows_md5 = true,
					 .mac_min = (uint8_t)tsig_vectors[i].mac_min};
	struct bytes packet = hex_bytes(tsig_vectors[i].request);
	struct keys_store keys;
	struct dns_msg msg;
	struct identity id;
	keys_open(&keys);
	cr_assert_eq(dns_msg_open(&msg, packet), DNS_NOERROR, "%s", tsig_vectors[i].what);
	put_keys(&keys, i, &msg);
	struct keyring *ring = keyring_load(&keys.read, keys.store_key);
	enum identity_outcome outcome =
		tsig_server_identify(ring, &policy, &msg, tsig_vectors[i].now, &id);
	cr_expect_eq(outcome, tsig_vectors[i].outcome, "%s: %s", tsig_vectors[i].what, id.problem);
	cr_expect_eq(id.outcome, outcome);
	cr_expect_eq(id.error, tsig_vectors[i].error, "%s: %u", tsig_vectors[i].what, id.error);
	cr_expect_str_eq(id.who.text,
			 outcome == IDENTITY_VERIFIED ? "key:kea-ddns.key" : "anonymous");
	cr_expect_eq(id.problem != NULL, outcome == IDENTITY_FAILED || outcome == IDENTITY_FORMERR);
	expect_signed(&id, ring, i);
	/* The key is gone meanwhile, and so is the packet. */
	keyring_free(ring);
	free((void *)packet.data);
	expect_signed(&id, NULL, i);
	identity_wipe(&id);
	keys_close(&keys);
}

Test(identify, every_vector_of_dnspython_is_judged_and_answered_byte_for_byte)
{
	for (size_t i = 0; i < ROWS(tsig_vectors); i++)
		try_vector(i);
}

/* The second vector of the table's kind: an update with hmac-sha256. */
static struct bytes good_request(void)
{
	for (size_t i = 0; i < ROWS(tsig_vectors); i++) {
		if (strcmp(tsig_vectors[i].what, "update, hmac-sha256") == 0)
			return hex_bytes(tsig_vectors[i].request);
	}
	cr_assert(false);
	return bytes_of(NULL, 0);
}

static struct keyring *ring_with(struct keys_store *keys, enum hmac_algorithm algorithm)
{
	struct keyring_key key = keys_key("kea-ddns.key", algorithm, secret_of("short"));
	keys_put(keys, &key);
	return keyring_load(&keys->read, keys->store_key);
}

Test(identify, the_fudge_is_the_last_second_that_is_good)
{
	struct bytes packet = good_request();
	struct keys_store keys;
	struct dns_msg msg;
	struct identity id;
	keys_open(&keys);
	struct keyring *ring = ring_with(&keys, HMAC_SHA256);
	dns_msg_open(&msg, packet);
	/* It was signed ten seconds before NOW. */
	static const struct {
		int64_t offset;
		enum identity_outcome outcome;
	} rows[] = {{-311, IDENTITY_FAILED},  {-310, IDENTITY_VERIFIED}, {-10, IDENTITY_VERIFIED},
		    {290, IDENTITY_VERIFIED}, {291, IDENTITY_FAILED},    {-NOW, IDENTITY_FAILED}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint64_t now = (uint64_t)(NOW + rows[i].offset);
		cr_expect_eq(tsig_server_identify(ring, &takes_all, &msg, now, &id),
			     rows[i].outcome, "offset %ld", (long)rows[i].offset);
		cr_expect_eq(id.skew, rows[i].offset + 10);
		cr_expect_eq(identity_rcode(&id),
			     rows[i].outcome == IDENTITY_FAILED ? DNS_NOTAUTH : DNS_NOERROR);
	}
	keyring_free(ring);
	keys_close(&keys);
	free((void *)packet.data);
}

Test(identify, no_bit_of_a_signed_request_can_be_flipped)
{
	struct bytes packet = good_request();
	uint8_t *bytes = (uint8_t *)packet.data;
	struct keys_store keys;
	struct dns_msg msg;
	struct identity id;
	keys_open(&keys);
	struct keyring *ring = ring_with(&keys, HMAC_SHA256);
	for (size_t bit = 0; bit < packet.len * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* The header's id is not signed, the original id is; the case of the key's and
		 * the algorithm's letters is not either (RFC 8945 4.3.3: canonical form). */
		bool opens = dns_msg_open(&msg, packet) == DNS_NOERROR && msg.has_tsig;
		bool is_name = bit / 8 > msg.tsig_at && bit / 8 < msg.tsig_at + 14 + 10 + 13;
		bool is_case = bit % 8 == 5 && is_name;
		if (opens && bit >= 16 && !is_case)
			cr_expect_neq(tsig_server_identify(ring, &takes_all, &msg, NOW, &id),
				      IDENTITY_VERIFIED, "bit %zu", bit);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	keyring_free(ring);
	keys_close(&keys);
	free((void *)packet.data);
}

Test(identify, md5_is_refused_unless_it_is_enabled)
{
	struct bytes packet = hex_bytes(tsig_vectors[0].request);
	struct keys_store keys;
	struct dns_msg msg;
	struct identity id;
	keys_open(&keys);
	struct keyring *ring = ring_with(&keys, HMAC_MD5);
	dns_msg_open(&msg, packet);
	static const struct identity_policy policy = {.allows_md5 = false};
	cr_expect_eq(tsig_server_identify(ring, &policy, &msg, NOW, &id), IDENTITY_FAILED);
	cr_expect_eq(id.error, DNS_BADKEY);
	cr_expect_str_eq(id.problem, "hmac-md5 is not enabled");
	cr_expect_eq(tsig_server_identify(ring, &takes_all, &msg, NOW, &id), IDENTITY_VERIFIED);
	keyring_free(ring);
	struct keyring_key key = keys_key("kea-ddns.key", HMAC_MD5, secret_of("short"));
	key.has_md5_leave = false;
	keys_put(&keys, &key);
	ring = keyring_load(&keys.read, keys.store_key);
	cr_expect_eq(tsig_server_identify(ring, &takes_all, &msg, NOW, &id), IDENTITY_FAILED);
	cr_expect_str_eq(id.problem, "hmac-md5 is not allowed for this key");
	keyring_free(ring);
	keys_close(&keys);
	free((void *)packet.data);
}

Test(identify, the_answer_is_signed_with_the_key_of_the_request_when_it_was_changed_meanwhile)
{
	size_t i = 0;
	while (strcmp(tsig_vectors[i].what, "update, hmac-sha256") != 0)
		i++;
	struct bytes packet = good_request();
	struct keys_store keys;
	struct dns_msg msg;
	struct identity id;
	keys_open(&keys);
	struct keyring *ring = ring_with(&keys, HMAC_SHA256);
	dns_msg_open(&msg, packet);
	cr_assert_eq(tsig_server_identify(ring, &takes_all, &msg, NOW, &id), IDENTITY_VERIFIED);
	keyring_free(ring);
	struct keyring_key other =
		keys_key("kea-ddns.key", HMAC_SHA256, bytes_of("another secret!!", 16));
	keys_put(&keys, &other);
	ring = keyring_load(&keys.read, keys.store_key);
	expect_signed(&id, ring, i);
	keyring_free(ring);
	keys_close(&keys);
	free((void *)packet.data);
}

Test(identify, a_wiped_identity_holds_no_secret)
{
	static const struct hmac_key nothing;
	struct identity id;
	identity_anonymous(&id);
	hmac_key_set(&id.secret, HMAC_SHA256, secret_of("short"));
	id.has_secret = true;
	identity_wipe(&id);
	cr_expect_not(id.has_secret);
	cr_expect_eq(memcmp(&id.secret, &nothing, sizeof(nothing)), 0);
}

Test(identify, other_data_longer_than_any_is_malformed)
{
	/* A TSIG of the good request with 65 bytes of other data; its MAC is not looked at. */
	struct bytes packet = good_request();
	uint8_t *longer = calloc(packet.len + 65, 1);
	struct keys_store keys;
	struct dns_msg msg;
	struct identity id;
	memcpy(longer, packet.data, packet.len);
	longer[packet.len - 1] = 65;
	cr_assert_eq(dns_msg_open(&msg, packet), DNS_NOERROR);
	/* owner (14), type, class, TTL: the data's length comes next. */
	longer[msg.tsig_at + 14 + 8 + 1] = (uint8_t)(longer[msg.tsig_at + 14 + 8 + 1] + 65);
	keys_open(&keys);
	struct keyring *ring = ring_with(&keys, HMAC_SHA256);
	cr_assert_eq(dns_msg_open(&msg, bytes_of(longer, packet.len + 65)), DNS_NOERROR);
	cr_expect_eq(tsig_server_identify(ring, &takes_all, &msg, NOW, &id), IDENTITY_FORMERR);
	cr_expect_eq(identity_rcode(&id), DNS_FORMERR);
	cr_expect_eq(identity_reserve(&id), 0);
	keyring_free(ring);
	keys_close(&keys);
	free(longer);
	free((void *)packet.data);
}
