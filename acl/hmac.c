/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/hmac.h"
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <strings.h>

#define MD5_NAME "hmac-md5.sig-alg.reg.int"

/* RFC 8945 6, table 3; block sizes are of the digests (RFC 2104 2, FIPS 180-4). */
const struct hmac_info hmac_table[] = {
	{HMAC_MD5, "hmac-md5", MD5_NAME, "MD5", 16, 64},
	{HMAC_SHA1, "hmac-sha1", "hmac-sha1", "SHA1", 20, 64},
	{HMAC_SHA224, "hmac-sha224", "hmac-sha224", "SHA224", 28, 64},
	{HMAC_SHA256, "hmac-sha256", "hmac-sha256", "SHA256", 32, 64},
	{HMAC_SHA384, "hmac-sha384", "hmac-sha384", "SHA384", 48, 128},
	{HMAC_SHA512, "hmac-sha512", "hmac-sha512", "SHA512", 64, 128},
	{0},
};

static bool hmac_is_text(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

const struct hmac_info *hmac_by_text(const char *text, size_t len)
{
	for (const struct hmac_info *info = hmac_table; info->text; info++) {
		if (hmac_is_text(text, len, info->text) || hmac_is_text(text, len, info->name))
			return info;
	}
	return NULL;
}

/* The name's labels spelled with dots, compared without printing it. */
static bool hmac_is_name(const struct dns_name *name, const char *text)
{
	size_t at = 0, len = strlen(text);
	if (name->len != len + 2)
		return false;
	for (size_t label = name->wire[0]; label != 0; label = name->wire[at]) {
		if (at + label > len || memcmp(name->wire + at + 1, text + at, label) != 0)
			return false;
		at += label + 1;
		if (at <= len && text[at - 1] != '.')
			return false;
	}
	return true;
}

const struct hmac_info *hmac_by_name(const struct dns_name *name)
{
	for (const struct hmac_info *info = hmac_table; info->text; info++) {
		if (hmac_is_name(name, info->name))
			return info;
	}
	return NULL;
}

const struct hmac_info *hmac_by_number(unsigned number)
{
	return number >= HMAC_MD5 && number <= HMAC_SHA512 ? &hmac_table[number - HMAC_MD5] : NULL;
}

static bool hmac_shorten(struct hmac_key *key, const struct hmac_info *info, struct bytes secret)
{
	unsigned len = 0;
	EVP_MD *digest = EVP_MD_fetch(NULL, info->digest, NULL);
	bool done = digest && EVP_Digest(secret.data, secret.len, key->secret, &len, digest, NULL);
	EVP_MD_free(digest);
	key->len = (uint8_t)len;
	return done;
}

bool hmac_key_set(struct hmac_key *key, enum hmac_algorithm algorithm, struct bytes secret)
{
	const struct hmac_info *info = hmac_by_number(algorithm);
	assert(info);
	*key = (struct hmac_key){.algorithm = algorithm};
	if (secret.len > info->block)
		return hmac_shorten(key, info, secret);
	key->len = (uint8_t)secret.len;
	if (secret.len > 0)
		memcpy(key->secret, secret.data, secret.len);
	return true;
}

bool hmac_key_equal(const struct hmac_key *a, const struct hmac_key *b)
{
	return a->algorithm == b->algorithm && a->len == b->len &&
	       hmac_equal(a->secret, b->secret, a->len);
}

void hmac_key_wipe(struct hmac_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

/* `struct hmac` is OpenSSL's context under a name of ours. */
static EVP_MAC_CTX *hmac_context_of(struct hmac *hmac)
{
	return (EVP_MAC_CTX *)hmac;
}

struct hmac *hmac_new(const struct hmac_key *key)
{
	const struct hmac_info *info = hmac_by_number(key->algorithm);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)info->digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (context && EVP_MAC_init(context, key->secret, key->len, params))
		return (struct hmac *)context;
	EVP_MAC_CTX_free(context);
	return NULL;
}

void hmac_free(struct hmac *hmac)
{
	EVP_MAC_CTX_free(hmac_context_of(hmac));
}

size_t hmac_compute(struct hmac *hmac, const struct bytes *pieces, size_t count,
		    uint8_t out[HMAC_MAC_MAX])
{
	EVP_MAC_CTX *context = hmac_context_of(hmac);
	size_t len = 0;
	/* Without a key: begins anew with the one that is worked in. */
	int ok = EVP_MAC_init(context, NULL, 0, NULL);
	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_MAC_update(context, pieces[i].data, pieces[i].len);
	ok = ok && EVP_MAC_final(context, out, &len, HMAC_MAC_MAX);
	if (!ok)
		abort();
	return len;
}

size_t hmac_once(const struct hmac_key *key, const struct bytes *pieces, size_t count,
		 uint8_t out[HMAC_MAC_MAX])
{
	struct hmac *hmac = hmac_new(key);
	size_t len = hmac ? hmac_compute(hmac, pieces, count, out) : 0;
	hmac_free(hmac);
	return len;
}

bool hmac_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
