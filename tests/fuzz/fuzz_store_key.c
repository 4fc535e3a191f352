/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of store keys: what is read is written again as the same keys, and what they seal they
 * unseal; the bytes themselves, taken as sealed, are refused. */
#include "acl/store_key.h"
#include <assert.h>
#include <stdlib.h>

static void check_keys(const struct store_key *keys)
{
	char text[STORE_KEY_FILE_MAX], error[STORE_KEY_ERROR_MAX];
	uint8_t sealed[6 + STORE_KEY_OVERHEAD], out[6];
	struct dns_name name = dns_name_root();
	struct store_key *again = store_key_new();
	struct store_key_id a = store_key_current(keys);
	bool is_read = store_key_parse(again, text, store_key_print(keys, text), error);
	struct store_key_id b = store_key_current(again);
	assert(is_read && store_key_count(keys) == store_key_count(again));
	assert(a.number && store_key_id_equal(&a, &b));
	size_t len = store_key_seal(keys, &name, bytes_of("secret", 6), sealed);
	assert(len == sizeof(sealed));
	assert(!store_key_unseal(again, &name, bytes_of(sealed, len), out));
	assert(memcmp(out, "secret", 6) == 0);
	store_key_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[STORE_KEY_ERROR_MAX];
	struct dns_name name = dns_name_root();
	struct store_key *keys = store_key_new();
	if (store_key_parse(keys, (const char *)data, size, error))
		check_keys(keys);
	else
		assert(store_key_count(keys) == 0);
	uint8_t *out = malloc(size + 1);
	assert(out && store_key_unseal(keys, &name, bytes_of(data, size), out));
	free(out);
	store_key_free(keys);
	return 0;
}
