/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/digest.h"
#include "base/memory.h"
#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

/* Fetched once: OpenSSL 3 looks an algorithm up by name at every implicit use. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void sha256_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	assert(sha256);
}

void digest_sha256(const struct bytes *pieces, size_t count, uint8_t out[DIGEST_LEN])
{
	pthread_once(&sha256_once, sha256_fetch);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int ok = context && EVP_DigestInit_ex(context, sha256, NULL);
	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(context, pieces[i].data, pieces[i].len);
	unsigned len = 0;
	ok = ok && EVP_DigestFinal_ex(context, out, &len);
	assert(ok && len == DIGEST_LEN);
	EVP_MD_CTX_free(context);
}

/* Stands for OpenSSL's context, which nobody else shall know. */
struct digest *digest_begin(void)
{
	pthread_once(&sha256_once, sha256_fetch);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int ok = context && EVP_DigestInit_ex(context, sha256, NULL);
	assert(ok);
	return (struct digest *)(void *)context;
}

void digest_add(struct digest *digest, struct bytes piece)
{
	int ok = EVP_DigestUpdate((EVP_MD_CTX *)(void *)digest, piece.data, piece.len);
	assert(ok);
}

void digest_end(struct digest *digest, uint8_t out[DIGEST_LEN])
{
	uint8_t ignored[DIGEST_LEN];
	unsigned len = 0;
	EVP_MD_CTX *context = (EVP_MD_CTX *)(void *)digest;
	int ok = EVP_DigestFinal_ex(context, out ? out : ignored, &len);
	assert(ok && len == DIGEST_LEN);
	EVP_MD_CTX_free(context);
}

static void *crypto_alloc(size_t bytes, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_alloc(bytes);
}

static void *crypto_resize(void *p, size_t bytes, const char *file, int line)
{
	(void)file;
	(void)line;
	return memory_resize(p, bytes);
}

static void crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	memory_free(p);
}

bool digest_use_reserve(void)
{
	return CRYPTO_set_mem_functions(crypto_alloc, crypto_resize, crypto_free) == 1;
}
