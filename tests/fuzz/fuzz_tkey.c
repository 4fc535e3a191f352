/* SPDX-License-Identifier: BSD-2-Clause */
/* TKEY data from anywhere: what is read can be written, and is the same when read again. */
#include "dns/tkey.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_tkey first, again;
	struct bytes_in in = bytes_in_of(data, size);
	if (!dns_tkey_read(&first, &in, size))
		return 0;
	assert(bytes_in_left(&in) == 0 && dns_tkey_size(&first) == size);
	uint8_t *copy = malloc(size);
	assert(copy);
	struct bytes_out out = bytes_out_of(copy, size);
	dns_tkey_write(&first, &out);
	assert(!out.full && bytes_out_len(&out) == size);
	struct bytes_in back = bytes_in_of(copy, size);
	assert(dns_tkey_read(&again, &back, size));
	assert(dns_name_equal(&first.algorithm, &again.algorithm));
	assert(first.inception == again.inception && first.expiration == again.expiration);
	assert(first.mode == again.mode && first.error == again.error);
	assert(bytes_equal(first.key, again.key) && bytes_equal(first.other, again.other));
	free(copy);
	return 0;
}
