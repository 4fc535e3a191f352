/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files: what is read comes back from what is printed; what is refused names its place. */
#include "acl/keyfile.h"
#include <assert.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define KEYS 3

static void check_key(const struct keyring_key *key)
{
	char text[KEYFILE_TEXT_MAX], error[KEYFILE_ERROR_MAX];
	struct keyring_key again;
	size_t count = 0, len = keyfile_print(key, text);
	assert(len < sizeof(text) && strlen(text) == len);
	assert(keyfile_parse(text, len, &again, 1, &count, error) && count == 1);
	assert(dns_name_equal(&again.name, &key->name) && again.algorithm == key->algorithm);
	assert(bytes_equal(bytes_of(again.secret, again.secret_len),
			   bytes_of(key->secret, key->secret_len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct keyring_key keys[KEYS];
	char error[KEYFILE_ERROR_MAX] = "";
	size_t count = 0;
	unsigned line, column;
	if (!keyfile_parse((const char *)data, len, keys, KEYS, &count, error)) {
		assert(sscanf(error, "line %u, column %u: ", &line, &column) == 2);
		assert(line >= 1 && line <= len + 1 && column >= 1 && column <= len + 1);
		assert(count == 0);
		return 0;
	}
	assert(count >= 1 && count <= KEYS);
	for (size_t i = 0; i < count; i++)
		check_key(&keys[i]);
	return 0;
}
