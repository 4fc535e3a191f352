/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/principal.h"
#include "base/digest.h"
#include <assert.h>

#define ANONYMOUS "anonymous"
#define LAST_ID   "principal-last"
/* A text that a key cannot hold is found by its beginning and its digest. */
#define TEXT_KEY_MAX   480
#define TEXT_KEY_START (TEXT_KEY_MAX - DIGEST_LEN)

struct text_key {
	uint8_t bytes[1 + TEXT_KEY_MAX];
	size_t len;
};

static struct text_key key_of_text(const char *text)
{
	struct text_key key = {.bytes = {'t'}};
	struct bytes_out out = bytes_out_of(key.bytes + 1, TEXT_KEY_MAX);
	struct bytes whole = bytes_of(text, strlen(text));
	if (whole.len <= TEXT_KEY_START) {
		bytes_out_put(&out, whole.data, whole.len);
	} else {
		bytes_out_put(&out, whole.data, TEXT_KEY_START);
		uint8_t *digest = bytes_out_room(&out, DIGEST_LEN);
		digest_sha256(&whole, 1, digest);
	}
	key.len = 1 + bytes_out_len(&out);
	return key;
}

bool principal_find(struct store_txn *txn, const char *text, uint32_t *id)
{
	if (strcmp(text, ANONYMOUS) == 0) {
		*id = PRINCIPAL_ANONYMOUS;
		return true;
	}
	struct text_key key = key_of_text(text);
	struct bytes value;
	if (!store_get(txn, STORE_PRINCIPALS, bytes_of(key.bytes, key.len), &value))
		return false;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint32_t found = bytes_in_u32(&in);
	if (in.bad) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*id = found;
	return true;
}

uint32_t principal_expect(struct store_txn *txn, const char *text)
{
	uint32_t id = PRINCIPAL_ANONYMOUS;
	if (principal_find(txn, text, &id))
		return id;
	id = (uint32_t)store_number(txn, LAST_ID) + 1;
	assert(id != 0);
	return id;
}

void principal_put(struct store_txn *txn, uint32_t id, const char *text)
{
	uint8_t packed[5];
	struct bytes_out out = bytes_out_of(packed, sizeof(packed));
	bytes_out_u8(&out, 'i');
	bytes_out_u32(&out, id);
	struct text_key key = key_of_text(text);
	store_put(txn, STORE_PRINCIPALS, bytes_of(key.bytes, key.len), bytes_of(packed + 1, 4));
	store_put(txn, STORE_PRINCIPALS, bytes_of(packed, 5), bytes_of(text, strlen(text)));
	if (store_number(txn, LAST_ID) < id)
		store_set_number(txn, LAST_ID, id);
}

uint32_t principal_intern(struct store_txn *txn, const char *text)
{
	uint32_t id = PRINCIPAL_ANONYMOUS;
	if (principal_find(txn, text, &id))
		return id;
	id = principal_expect(txn, text);
	principal_put(txn, id, text);
	return id;
}

const char *principal_text(struct store_txn *txn, uint32_t id, struct arena *arena)
{
	if (id == PRINCIPAL_ANONYMOUS)
		return ANONYMOUS;
	uint8_t key[5];
	struct bytes_out out = bytes_out_of(key, sizeof(key));
	bytes_out_u8(&out, 'i');
	bytes_out_u32(&out, id);
	struct bytes value;
	if (store_get(txn, STORE_PRINCIPALS, bytes_of(key, sizeof(key)), &value))
		return arena_text(arena, (const char *)value.data, value.len);
	store_fail(txn, STORE_CORRUPT);
	return arena_print(arena, "unknown:%u", id);
}
