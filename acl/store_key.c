/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/store_key.h"
#include "base/codec.h"
#include "base/digest.h"
#include "base/outfile.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_LEN    (4 + STORE_KEY_PRINT_LEN)
#define NONCE_LEN 12
#define TAG_LEN   16
#define HEX_LEN   ((size_t)2 * STORE_KEY_LEN)

_Static_assert(ID_LEN + NONCE_LEN + TAG_LEN == STORE_KEY_OVERHEAD, "what sealing adds");

static const char file_head[] =
	"# The store key of tenured: seals the secrets of TSIG keys. Keep a copy of this file,\n"
	"# apart from backups, and keep old lines: tenured(8).\n";

struct line {
	struct store_key_id id;
	uint8_t key[STORE_KEY_LEN];
};

struct store_key {
	struct line lines[STORE_KEY_LINES_MAX];
	atomic_size_t count; /* lines before it never change */
};

/* --- names of store keys */

char *store_key_id_print(const struct store_key_id *id, char out[STORE_KEY_ID_TEXT_MAX])
{
	int at = snprintf(out, STORE_KEY_ID_TEXT_MAX, "%" PRIu32 " (", id->number);
	for (size_t i = 0; i < STORE_KEY_PRINT_LEN; i++)
		at += snprintf(out + at, STORE_KEY_ID_TEXT_MAX - (size_t)at, "%02x",
			       id->fingerprint[i]);
	snprintf(out + at, STORE_KEY_ID_TEXT_MAX - (size_t)at, ")");
	return out;
}

bool store_key_id_equal(const struct store_key_id *a, const struct store_key_id *b)
{
	return a->number == b->number &&
	       memcmp(a->fingerprint, b->fingerprint, STORE_KEY_PRINT_LEN) == 0;
}

static struct store_key_id store_key_id_of(uint32_t number, const uint8_t key[STORE_KEY_LEN])
{
	struct store_key_id id = {.number = number};
	struct bytes bytes = bytes_of(key, STORE_KEY_LEN);
	uint8_t digest[DIGEST_LEN];
	digest_sha256(&bytes, 1, digest);
	memcpy(id.fingerprint, digest, STORE_KEY_PRINT_LEN);
	return id;
}

/* --- the set */

struct store_key *store_key_new(void)
{
	struct store_key *keys = calloc(1, sizeof(*keys));
	assert(keys);
	return keys;
}

void store_key_free(struct store_key *keys)
{
	if (!keys)
		return;
	OPENSSL_cleanse(keys, sizeof(*keys));
	free(keys);
}

size_t store_key_count(const struct store_key *keys)
{
	return atomic_load_explicit(&keys->count, memory_order_acquire);
}

static const struct line *line_find(const struct store_key *keys, const struct store_key_id *id)
{
	for (size_t i = store_key_count(keys); i > 0; i--) {
		if (store_key_id_equal(&keys->lines[i - 1].id, id))
			return &keys->lines[i - 1];
	}
	return NULL;
}

static bool line_add(struct store_key *keys, uint32_t number, const uint8_t key[STORE_KEY_LEN])
{
	size_t count = store_key_count(keys);
	if (count == STORE_KEY_LINES_MAX)
		return false;
	keys->lines[count].id = store_key_id_of(number, key);
	memcpy(keys->lines[count].key, key, STORE_KEY_LEN);
	atomic_store_explicit(&keys->count, count + 1, memory_order_release);
	return true;
}

bool store_key_has(const struct store_key *keys, const struct store_key_id *id)
{
	return line_find(keys, id) != NULL;
}

struct store_key_id store_key_current(const struct store_key *keys)
{
	size_t count = store_key_count(keys);
	return count ? keys->lines[count - 1].id : (struct store_key_id){0};
}

bool store_key_derive(const struct store_key *keys, const char *purpose, uint8_t out[STORE_KEY_LEN])
{
	_Static_assert(STORE_KEY_LEN == DIGEST_LEN, "a digest is the secret");
	if (store_key_count(keys) == 0)
		return false;
	struct bytes pieces[] = {bytes_of(purpose, strlen(purpose) + 1),
				 bytes_of(keys->lines[0].key, STORE_KEY_LEN)};
	digest_sha256(pieces, 2, out);
	return true;
}

bool store_key_add(struct store_key *keys, uint32_t above)
{
	uint8_t key[STORE_KEY_LEN];
	uint32_t highest = above;
	for (size_t i = 0; i < store_key_count(keys); i++) {
		if (keys->lines[i].id.number > highest)
			highest = keys->lines[i].id.number;
	}
	if (RAND_priv_bytes(key, sizeof(key)) != 1)
		abort();
	bool is_added = highest < UINT32_MAX && line_add(keys, highest + 1, key);
	OPENSSL_cleanse(key, sizeof(key));
	return is_added;
}

bool store_key_merge(struct store_key *keys, const struct store_key *from)
{
	for (size_t i = 0; i < store_key_count(from); i++) {
		const struct line *line = &from->lines[i];
		if (!line_find(keys, &line->id) && !line_add(keys, line->id.number, line->key))
			return false;
	}
	return true;
}

/* --- the file's text */

__attribute__((format(printf, 2, 3))) static bool store_key_fail(char error[STORE_KEY_ERROR_MAX],
								 const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(error, STORE_KEY_ERROR_MAX, format, list);
	va_end(list);
	return false;
}

/* "7 8f0c..."; false: it is not one. */
static bool line_parse(const char *text, size_t len, struct line *line)
{
	struct bytes_out out = bytes_out_of(line->key, STORE_KEY_LEN);
	uint64_t number = 0;
	size_t at = 0;
	while (at < len && text[at] >= '0' && text[at] <= '9' && number <= UINT32_MAX)
		number = number * 10 + (uint64_t)(text[at++] - '0');
	if (number == 0 || number > UINT32_MAX || at + 1 + HEX_LEN != len || text[at] != ' ' ||
	    !codec_parse(CODEC_HEX, text + at + 1, HEX_LEN, &out) ||
	    bytes_out_len(&out) != STORE_KEY_LEN)
		return false;
	line->id = store_key_id_of((uint32_t)number, line->key);
	return true;
}

static bool lines_parse(struct store_key *keys, const char *text, size_t len,
			char error[STORE_KEY_ERROR_MAX])
{
	struct line line = {0};
	bool is_well = true;
	const char *end = text + len;
	for (unsigned number = 1; is_well && text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((stop ? stop : end) - text);
		if (length == 0 || *text == '#')
			;
		else if (!line_parse(text, length, &line))
			is_well = store_key_fail(error,
						 "line %u is not a number and a key of %d bytes in "
						 "hexadecimal",
						 number, STORE_KEY_LEN);
		else if (line_find(keys, &line.id))
			is_well = store_key_fail(error, "line %u holds a key again", number);
		else if (!line_add(keys, line.id.number, line.key))
			is_well = store_key_fail(error, "it holds more than %d keys",
						 STORE_KEY_LINES_MAX);
		text += length + (stop != NULL);
	}
	OPENSSL_cleanse(&line, sizeof(line));
	return is_well;
}

bool store_key_parse(struct store_key *keys, const char *text, size_t len,
		     char error[STORE_KEY_ERROR_MAX])
{
	struct store_key *read = store_key_new();
	bool is_well = lines_parse(read, text, len, error);
	if (is_well && store_key_count(read) == 0)
		is_well = store_key_fail(error, "it holds no key");
	if (is_well && !store_key_merge(keys, read))
		is_well = store_key_fail(error, "it holds more than %d keys", STORE_KEY_LINES_MAX);
	store_key_free(read);
	return is_well;
}

size_t store_key_print(const struct store_key *keys, char out[STORE_KEY_FILE_MAX])
{
	struct bytes_out text = bytes_out_of(out, STORE_KEY_FILE_MAX);
	bytes_out_put(&text, file_head, sizeof(file_head) - 1);
	for (size_t i = 0; i < store_key_count(keys); i++) {
		char number[16];
		snprintf(number, sizeof(number), "%" PRIu32 " ", keys->lines[i].id.number);
		bytes_out_put(&text, number, strlen(number));
		codec_print(CODEC_HEX, bytes_of(keys->lines[i].key, STORE_KEY_LEN), &text);
		bytes_out_u8(&text, '\n');
	}
	assert(!text.full);
	return bytes_out_len(&text);
}

/* --- the file */

/* -1: errno or, when that is 0, `error` says why. */
static int file_open(const char *path, char error[STORE_KEY_ERROR_MAX])
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	errno = 0;
	if (fstat(fd, &st) != 0)
		store_key_fail(error, "%.300s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		store_key_fail(error, "%.300s: is not a file", path);
	else if (st.st_mode & 077)
		store_key_fail(error,
			       "%.300s: others than its owner may read it (mode %04o): chmod 600 "
			       "it, and `tenurectl store rekey` if somebody did",
			       path, (unsigned)st.st_mode & 07777);
	else
		return fd;
	close(fd);
	errno = 0;
	return -1;
}

static bool store_key_path_of(const char *folder, char path[PATH_MAX],
			      char error[STORE_KEY_ERROR_MAX])
{
	int len = snprintf(path, PATH_MAX, "%s/" STORE_KEY_FILE, folder);
	return len < PATH_MAX || store_key_fail(error, "%.80s...: the path is too long", folder);
}

bool store_key_read(struct store_key *keys, const char *folder, bool *is_absent,
		    char error[STORE_KEY_ERROR_MAX])
{
	char path[PATH_MAX], text[STORE_KEY_FILE_MAX], why[STORE_KEY_ERROR_MAX];
	*is_absent = false;
	if (!store_key_path_of(folder, path, error))
		return false;
	int fd = file_open(path, error);
	if (fd < 0 && errno) {
		*is_absent = errno == ENOENT;
		return store_key_fail(error, "%.300s: %s", path, strerror(errno));
	}
	if (fd < 0)
		return false;
	ssize_t len = read(fd, text, sizeof(text));
	int code = errno;
	close(fd);
	bool is_well = len >= 0 && (size_t)len < sizeof(text) &&
		       store_key_parse(keys, text, (size_t)len, why);
	OPENSSL_cleanse(text, sizeof(text));
	if (len < 0)
		return store_key_fail(error, "%.300s: %s", path, strerror(code));
	if ((size_t)len >= sizeof(text))
		return store_key_fail(error, "%.300s: it is too long", path);
	return is_well || store_key_fail(error, "%.300s: %.150s", path, why);
}

/* Always for its owner alone, whatever the mode of the file that it replaces. */
static bool store_key_write_text(const char *path, struct bytes text, char why[FILE_ERROR_MAX])
{
	struct outfile out;
	if (!outfile_open(&out, path, 0600, why))
		return false;
	out.mode = 0600;
	outfile_write(&out, text);
	bool is_well = outfile_commit(&out, why);
	outfile_close(&out);
	return is_well;
}

bool store_key_write(const struct store_key *keys, const char *folder,
		     char error[STORE_KEY_ERROR_MAX])
{
	char text[STORE_KEY_FILE_MAX], path[PATH_MAX], why[FILE_ERROR_MAX];
	if (!store_key_path_of(folder, path, error))
		return false;
	size_t len = store_key_print(keys, text);
	bool is_well = store_key_write_text(path, bytes_of(text, len), why);
	OPENSSL_cleanse(text, sizeof(text));
	return is_well || store_key_fail(error, "%.300s: cannot be written: %.150s", path, why);
}

/* --- sealing */

static void id_pack(const struct store_key_id *id, uint8_t out[ID_LEN])
{
	struct bytes_out bytes = bytes_out_of(out, ID_LEN);
	bytes_out_u32(&bytes, id->number);
	bytes_out_put(&bytes, id->fingerprint, STORE_KEY_PRINT_LEN);
}

bool store_key_of(struct bytes sealed, struct store_key_id *id)
{
	struct bytes_in in = bytes_in_of(sealed.data, sealed.len);
	if (sealed.len <= STORE_KEY_OVERHEAD)
		return false;
	id->number = bytes_in_u32(&in);
	memcpy(id->fingerprint, bytes_in_take(&in, STORE_KEY_PRINT_LEN), STORE_KEY_PRINT_LEN);
	return true;
}

/* What the tag is over besides the secret. */
static bool gcm_bind(EVP_CIPHER_CTX *context, const uint8_t id[ID_LEN], const struct dns_name *name)
{
	int len;
	return EVP_CipherUpdate(context, NULL, &len, id, ID_LEN) == 1 &&
	       EVP_CipherUpdate(context, NULL, &len, name->wire, name->len) == 1;
}

static bool gcm_seal(const struct line *line, const struct dns_name *name, struct bytes secret,
		     uint8_t *out)
{
	uint8_t *nonce = out + ID_LEN, *text = nonce + NONCE_LEN;
	int len = 0, rest = 0;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool is_well =
		context && RAND_bytes(nonce, NONCE_LEN) == 1 &&
		EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, line->key, nonce) == 1 &&
		gcm_bind(context, out, name) &&
		EVP_EncryptUpdate(context, text, &len, secret.data, (int)secret.len) == 1 &&
		EVP_EncryptFinal_ex(context, text + len, &rest) == 1 &&
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_LEN, text + secret.len) == 1;
	EVP_CIPHER_CTX_free(context);
	return is_well;
}

size_t store_key_seal(const struct store_key *keys, const struct dns_name *name,
		      struct bytes secret, uint8_t *out)
{
	size_t count = store_key_count(keys);
	assert(secret.len > 0 && secret.len <= INT_MAX);
	if (count == 0)
		return 0;
	const struct line *line = &keys->lines[count - 1];
	id_pack(&line->id, out);
	if (!gcm_seal(line, name, secret, out))
		abort();
	return secret.len + STORE_KEY_OVERHEAD;
}

static bool gcm_unseal(const struct line *line, const struct dns_name *name, struct bytes sealed,
		       uint8_t *out)
{
	const uint8_t *nonce = sealed.data + ID_LEN, *text = nonce + NONCE_LEN;
	size_t secret = sealed.len - STORE_KEY_OVERHEAD;
	uint8_t tag[TAG_LEN];
	int len = 0, rest = 0;
	memcpy(tag, text + secret, TAG_LEN);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool is_well =
		context &&
		EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, line->key, nonce) == 1 &&
		gcm_bind(context, sealed.data, name) &&
		EVP_DecryptUpdate(context, out, &len, text, (int)secret) == 1 &&
		EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
		EVP_DecryptFinal_ex(context, out + len, &rest) == 1;
	EVP_CIPHER_CTX_free(context);
	return is_well;
}

const char *store_key_unseal(const struct store_key *keys, const struct dns_name *name,
			     struct bytes sealed, uint8_t *out)
{
	struct store_key_id id;
	if (!store_key_of(sealed, &id) || sealed.len > INT_MAX)
		return "it is not sealed by a store key";
	const struct line *line = line_find(keys, &id);
	if (!line)
		return "the store key that sealed it is not in " STORE_KEY_FILE;
	if (gcm_unseal(line, name, sealed, out))
		return NULL;
	OPENSSL_cleanse(out, sealed.len - STORE_KEY_OVERHEAD);
	return "it was changed, or was sealed for another name";
}
