/* SPDX-License-Identifier: BSD-2-Clause */
/* Lease files of Kea: what is read is a lease of a name that a zone can hold; a fault has its line.
 */
#include "ctl/kea_lease.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kea_leases leases = {0};
	size_t count = 0;
	bool is_read = kea_leases_read(&leases, (const char *)data, len);
	assert(is_read == (leases.error[0] == '\0'));
	for (const struct kea_lease *lease = leases.first; lease; lease = lease->next) {
		count++;
		assert(lease->address_len == 4 || lease->address_len == 16);
		assert(!lease->has_dhcid || lease->host.len > 0);
		assert(!lease->is_active || lease->host.len > 0 ||
		       (!lease->has_forward && !lease->has_reverse));
	}
	assert(count == leases.count);
	kea_leases_free(&leases);
	return 0;
}
