/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of Windows' registry: each value has a name, its texts are texts, lines count up. */
#include "migrate/registry.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct registry in;
	struct registry_value value;
	unsigned line = 1;
	if (registry_open(&in, bytes_of(data, len)))
		while (registry_next(&in, &value)) {
			assert(value.line > line && value.key && value.name);
			line = value.line;
			assert(value.count <= REGISTRY_TEXTS_MAX);
			for (size_t i = 0; i < value.count; i++)
				assert(strlen(value.text[i]) <= len * 2);
		}
	registry_close(&in);
	return 0;
}
