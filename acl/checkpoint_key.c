/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/checkpoint_text.h"
#include "base/codec.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAW_LEN 32

struct checkpoint_key {
	EVP_PKEY *pair;
	uint8_t id[CHECKPOINT_KEY_ID_LEN];
};

static void checkpoint_key_id_of(const uint8_t raw[RAW_LEN], uint8_t id[CHECKPOINT_KEY_ID_LEN])
{
	uint8_t digest[DIGEST_LEN];
	struct bytes bytes = bytes_of(raw, RAW_LEN);
	digest_sha256(&bytes, 1, digest);
	memcpy(id, digest, CHECKPOINT_KEY_ID_LEN);
}

static bool raw_of(EVP_PKEY *key, uint8_t raw[RAW_LEN])
{
	size_t len = RAW_LEN;
	return EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 &&
	       EVP_PKEY_get_raw_public_key(key, raw, &len) == 1 && len == RAW_LEN;
}

/* Nobody is there to type a passphrase. */
static int no_passphrase(char *buffer, int size, int is_writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)is_writing;
	(void)context;
	return -1;
}

/* NULL: `error` says why. */
static FILE *open_private(const char *path, char error[CHECKPOINT_ERROR_MAX])
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		snprintf(error, CHECKPOINT_ERROR_MAX, "checkpoint key %.200s: %s", path,
			 strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		snprintf(error, CHECKPOINT_ERROR_MAX, "checkpoint key %.200s: is not a file", path);
	} else if (st.st_mode & 077) {
		snprintf(error, CHECKPOINT_ERROR_MAX,
			 "checkpoint key %.200s: others than its owner may read it (mode %04o): "
			 "chmod 600 it",
			 path, (unsigned)st.st_mode & 07777);
	} else {
		return fdopen(fd, "r");
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct checkpoint_key *checkpoint_key_read(const char *path, char error[CHECKPOINT_ERROR_MAX])
{
	uint8_t raw[RAW_LEN];
	FILE *file = open_private(path, error);
	if (!file)
		return NULL;
	EVP_PKEY *pair = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
	fclose(file);
	if (!pair || !raw_of(pair, raw)) {
		snprintf(
			error, CHECKPOINT_ERROR_MAX,
			"checkpoint key %.200s: is not an Ed25519 key in PEM without a passphrase: "
			"make one with 'openssl genpkey -algorithm ed25519 -out FILE'",
			path);
		EVP_PKEY_free(pair);
		return NULL;
	}
	struct checkpoint_key *key = calloc(1, sizeof *key);
	assert(key);
	key->pair = pair;
	checkpoint_key_id_of(raw, key->id);
	return key;
}

void checkpoint_key_free(struct checkpoint_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pair);
	free(key);
}

void checkpoint_key_public(const struct checkpoint_key *key, char out[CHECKPOINT_PEM_MAX])
{
	BIO *bio = BIO_new(BIO_s_mem());
	assert(bio && PEM_write_bio_PUBKEY(bio, key->pair) == 1);
	int len = BIO_read(bio, out, CHECKPOINT_PEM_MAX - 1);
	assert(len > 0);
	out[len] = '\0';
	BIO_free(bio);
}

static void checkpoint_key_sign(const struct checkpoint_key *key, const char *text, size_t text_len,
				uint8_t signature[CHECKPOINT_SIGNATURE_LEN])
{
	size_t len = CHECKPOINT_SIGNATURE_LEN;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_signed =
		context && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pair) == 1 &&
		EVP_DigestSign(context, signature, &len, (const uint8_t *)text, text_len) == 1;
	assert(is_signed && len == CHECKPOINT_SIGNATURE_LEN);
	EVP_MD_CTX_free(context);
}

void checkpoint_sign(const struct checkpoint_key *key, struct checkpoint *c)
{
	char text[CHECKPOINT_LINE_MAX];
	memcpy(c->key_id, key->id, sizeof c->key_id);
	size_t text_len = checkpoint_signed_text(c, text);
	checkpoint_key_sign(key, text, text_len, c->signature);
}

void checkpoint_sign_text(const struct checkpoint_key *key, const char *text,
			  char out[CHECKPOINT_LINE_MAX])
{
	uint8_t signature[CHECKPOINT_SIGNATURE_LEN];
	struct bytes_out line = bytes_out_of(out, CHECKPOINT_LINE_MAX - 1);
	bytes_out_put(&line, text, strlen(text));
	bytes_out_put(&line, " key=", 5);
	codec_print(CODEC_HEX, bytes_of(key->id, sizeof key->id), &line);
	checkpoint_key_sign(key, out, bytes_out_len(&line), signature);
	bytes_out_put(&line, " signature=", 11);
	codec_print(CODEC_BASE64, bytes_of(signature, sizeof signature), &line);
	assert(!line.full);
	out[bytes_out_len(&line)] = '\0';
}

const char *checkpoint_keys_add(struct checkpoint_keys *keys, const char *pem, size_t len)
{
	size_t before = keys->count;
	const char *problem = NULL;
	BIO *bio = BIO_new_mem_buf(pem, (int)(len < CHECKPOINT_PEM_MAX ? len : CHECKPOINT_PEM_MAX));
	assert(bio);
	for (EVP_PKEY *key; !problem && (key = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL));
	     EVP_PKEY_free(key)) {
		if (keys->count == CHECKPOINT_KEYS_MAX)
			problem = "more than 16 keys";
		else if (!raw_of(key, keys->keys[keys->count].raw))
			problem = "a key that is not Ed25519";
		else
			checkpoint_key_id_of(keys->keys[keys->count].raw,
					     keys->keys[keys->count].id);
		keys->count += !problem;
	}
	BIO_free(bio);
	if (!problem && keys->count == before)
		problem = "no public key in PEM ('openssl pkey -in KEY -pubout' writes one)";
	return problem;
}

static bool is_signature(const uint8_t raw[RAW_LEN], const struct checkpoint *c)
{
	char text[CHECKPOINT_LINE_MAX];
	size_t len = checkpoint_signed_text(c, text);
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, RAW_LEN);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_good = key && context &&
		       EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		       EVP_DigestVerify(context, c->signature, sizeof c->signature,
					(const uint8_t *)text, len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return is_good;
}

enum checkpoint_verdict checkpoint_verify(const struct checkpoint_keys *keys,
					  const struct checkpoint *c)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (memcmp(keys->keys[i].id, c->key_id, sizeof c->key_id) == 0)
			return is_signature(keys->keys[i].raw, c) ? CHECKPOINT_GOOD
								  : CHECKPOINT_FORGED;
	}
	return CHECKPOINT_UNKNOWN_KEY;
}
