/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own requests' TSIG, against the side that is checked against dnspython's (identify_test). */
#include "acl/tsig_client.h"
#include "acl/tsig_server.h"
#include "tests/unit/keys.h"

#define NOW 1767603600

static const struct identity_policy policy = {.allows_md5 = true};

struct exchange {
	struct keys_store keys;
	struct keyring *ring;
	struct tsig_client tsig_client;
	uint8_t request[1024], answer[1024];
	size_t request_len, answer_len;
};

static void open_exchange(struct exchange *x, enum hmac_algorithm algorithm)
{
	keys_open(&x->keys);
	struct keyring_key key =
		keys_key("transfer.key", algorithm, bytes_of("0123456789abcdef", 16));
	key.previous_len = 16;
	memcpy(key.previous, "fedcba9876543210", 16);
	key.previous_until = NOW + 100;
	keys_put(&x->keys, &key);
	x->ring = keyring_load(&x->keys.read, x->keys.store_key);
}

static struct keyring_entry *entry_of(struct exchange *x)
{
	struct dns_name name = keys_name("transfer.key");
	return keyring_find(x->ring, &name);
}

static void close_exchange(struct exchange *x)
{
	tsig_client_wipe(&x->tsig_client);
	keyring_free(x->ring);
	keys_close(&x->keys);
}

/* A query for corp.example SOA, or its answer. */
static size_t write_message(uint8_t *buffer, uint16_t flags)
{
	struct dns_name name = keys_name("corp.example");
	struct bytes_out out = bytes_out_of(buffer, 1024);
	bytes_out_u16(&out, 0x1234);
	bytes_out_u16(&out, flags);
	bytes_out_u16(&out, 1);
	bytes_out_u16(&out, 0);
	bytes_out_u32(&out, 0);
	bytes_out_put(&out, name.wire, name.len);
	bytes_out_u16(&out, DNS_TYPE_SOA);
	bytes_out_u16(&out, DNS_CLASS_IN);
	return bytes_out_len(&out);
}

/* The request signed at `now`, judged at NOW, and the answer that such a request gets. */
static enum identity_outcome exchange(struct exchange *x, uint64_t now)
{
	struct dns_msg msg;
	struct identity id;
	size_t len = write_message(x->request, 0);
	x->request_len = tsig_client_sign(&x->tsig_client, x->request, len, sizeof x->request, now);
	cr_expect_eq(x->request_len, len + tsig_client_size(&x->tsig_client));
	cr_assert_eq(dns_msg_open(&msg, bytes_of(x->request, x->request_len)), DNS_NOERROR);
	enum identity_outcome outcome = tsig_server_identify(x->ring, &policy, &msg, NOW, &id);
	x->answer_len = write_message(x->answer, DNS_FLAG_QR);
	x->answer_len =
		identity_sign(&id, x->ring, x->answer, x->answer_len, sizeof x->answer, NOW);
	identity_wipe(&id);
	return outcome;
}

static const char *verify(const struct exchange *x, uint64_t now, uint16_t *error)
{
	struct dns_msg msg;
	if (dns_msg_open(&msg, bytes_of(x->answer, x->answer_len)) != DNS_NOERROR)
		return "FORMERR";
	return tsig_client_verify(&x->tsig_client, &msg, now, error);
}

Test(tsig_client, signs_what_verifies_and_verifies_what_was_signed)
{
	static struct exchange x;
	uint16_t error;
	for (const struct hmac_info *info = hmac_table; info->text; info++) {
		open_exchange(&x, info->algorithm);
		cr_assert(tsig_client_of(&x.tsig_client, entry_of(&x), false, NOW));
		cr_expect_eq(exchange(&x, NOW), IDENTITY_VERIFIED, "%s", info->text);
		const char *problem = verify(&x, NOW, &error);
		cr_expect_null(problem, "%s: %s", info->text, problem);
		cr_expect_eq(error, 0);
		close_exchange(&x);
	}
}

Test(tsig_client, signs_by_the_secret_before_a_rotation_while_it_is_good)
{
	static struct exchange x;
	uint16_t error;
	open_exchange(&x, HMAC_SHA256);
	cr_assert(tsig_client_of(&x.tsig_client, entry_of(&x), true, NOW));
	cr_expect_eq(exchange(&x, NOW), IDENTITY_VERIFIED);
	cr_expect_null(verify(&x, NOW, &error));
	cr_expect_not(tsig_client_of(&x.tsig_client, entry_of(&x), true, NOW + 100));
	entry_of(&x)->is_disabled = true;
	cr_expect_not(tsig_client_of(&x.tsig_client, entry_of(&x), false, NOW));
	close_exchange(&x);
}

Test(tsig_client, takes_no_answer_with_a_byte_changed)
{
	static struct exchange x;
	uint16_t error;
	open_exchange(&x, HMAC_SHA256);
	cr_assert(tsig_client_of(&x.tsig_client, entry_of(&x), false, NOW));
	exchange(&x, NOW);
	for (size_t i = 0; i < x.answer_len; i++) {
		/* The id is the TSIG's original one (RFC 8945 4.3), the case of names is nothing.
		 */
		if (i < 2)
			continue;
		x.answer[i] ^= 0x81;
		cr_expect_not_null(verify(&x, NOW, &error), "byte %zu", i);
		x.answer[i] ^= 0x81;
	}
	cr_expect_null(verify(&x, NOW, &error));
	x.tsig_client.mac[0] ^= 1;
	cr_expect_str_eq(verify(&x, NOW, &error), "the answer's signature is wrong",
			 "an answer to another request");
	close_exchange(&x);
}

Test(tsig_client, says_what_is_wrong)
{
	static struct exchange x;
	uint16_t error;
	open_exchange(&x, HMAC_SHA256);
	cr_assert(tsig_client_of(&x.tsig_client, entry_of(&x), false, NOW));
	exchange(&x, NOW);
	cr_expect_str_eq(verify(&x, NOW + 301, &error),
			 "the answer's signature is of another time");
	cr_expect_null(verify(&x, NOW + 300, &error));
	cr_expect_eq(exchange(&x, NOW - 301), IDENTITY_FAILED);
	cr_expect_str_eq(verify(&x, NOW, &error),
			 "the clocks of the two servers differ too much (BADTIME)");
	cr_expect_eq(error, DNS_BADTIME);
	x.tsig_client.secret.secret[0] ^= 1;
	cr_expect_eq(exchange(&x, NOW), IDENTITY_FAILED);
	cr_expect_str_eq(verify(&x, NOW, &error),
			 "the peer has another secret under the key's name (BADSIG)");
	cr_expect_eq(error, DNS_BADSIG);
	x.tsig_client.key = keys_name("unknown.key");
	cr_expect_eq(exchange(&x, NOW), IDENTITY_FAILED);
	cr_expect_str_eq(verify(&x, NOW, &error), "the peer does not know the key (BADKEY)");
	x.tsig_client.key = keys_name("other.key");
	cr_expect_str_eq(verify(&x, NOW, &error), "the answer is signed with another key");
	x.answer_len = write_message(x.answer, DNS_FLAG_QR);
	cr_expect_str_eq(verify(&x, NOW, &error), "the answer is not signed");
	cr_expect_eq(error, 0);
	close_exchange(&x);
}
