/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of the log: any bytes are survived; what was unpacked once packs the same for ever. */
#include "journal/entry.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena arena = {0};
	struct entry first, second;
	if (entry_unpack(&first, bytes_of(data, len), &arena)) {
		struct bytes packed = entry_pack(&first, &arena);
		bool is_whole = entry_unpack(&second, packed, &arena);
		assert(is_whole);
		assert(second.seq == first.seq && second.change_count == first.change_count);
		assert(bytes_equal(entry_pack(&second, &arena), packed));
	}
	arena_free(&arena);
	return 0;
}
