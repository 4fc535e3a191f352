/* SPDX-License-Identifier: BSD-2-Clause */
/* Checkpoint lines: what is read prints back to the same bytes; and PEM texts of public keys. */
#include "acl/checkpoint.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checkpoint c;
	struct checkpoint_keys keys = {0};
	char line[CHECKPOINT_LINE_MAX];
	if (!checkpoint_parse(&c, (const char *)data, size)) {
		assert(checkpoint_print(&c, line) == size && memcmp(line, data, size) == 0);
		assert(checkpoint_verify(&keys, &c) == CHECKPOINT_UNKNOWN_KEY);
	}
	const char *problem = checkpoint_keys_add(&keys, (const char *)data, size);
	assert(problem || keys.count);
	assert(keys.count <= CHECKPOINT_KEYS_MAX);
	return 0;
}
