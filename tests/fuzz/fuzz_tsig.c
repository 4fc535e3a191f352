/* SPDX-License-Identifier: BSD-2-Clause */
/* TSIG data: what is read is written again as it was, and its sizes are what they are said to be.
 */
#include "dns/tsig.h"
#include "dns/type.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t record[2 * 65536], variables[2 * 65536];

static void check_record(const struct dns_tsig *tsig, struct bytes rdata)
{
	struct bytes_out out = bytes_out_of(record, sizeof(record));
	dns_tsig_write(tsig, &out);
	assert(!out.full);
	assert(bytes_out_len(&out) ==
	       dns_tsig_size(&tsig->key, &tsig->algorithm, tsig->mac.len, tsig->other.len));
	/* The data is the record's end; its algorithm's name is in lower case now. */
	struct bytes_in in = bytes_in_of(record, bytes_out_len(&out));
	bytes_in_take(&in, tsig->key.len + 8u);
	size_t written = bytes_in_u16(&in);
	assert(written == rdata.len && bytes_in_left(&in) == written);
	struct dns_tsig again;
	assert(dns_tsig_read(&again, &in, written));
	assert(dns_name_equal(&again.algorithm, &tsig->algorithm));
	assert(again.time == tsig->time && again.fudge == tsig->fudge);
	assert(again.original_id == tsig->original_id && again.error == tsig->error);
	assert(bytes_equal(again.mac, tsig->mac) && bytes_equal(again.other, tsig->other));
}

static void check_variables(const struct dns_tsig *tsig)
{
	struct bytes_out out = bytes_out_of(variables, sizeof(variables));
	dns_tsig_variables(tsig, false, &out);
	assert(!out.full);
	if (tsig->other.len <= 64)
		assert(bytes_out_len(&out) <= DNS_TSIG_VARIABLES_MAX);
	out = bytes_out_of(variables, sizeof(variables));
	dns_tsig_variables(tsig, true, &out);
	assert(bytes_out_len(&out) == 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes_in in = bytes_in_of(data, len);
	struct dns_tsig tsig;
	if (len > UINT16_MAX || !dns_tsig_read(&tsig, &in, len))
		return 0;
	assert(bytes_in_left(&in) == 0 && tsig.time >> 48 == 0);
	tsig.key = dns_name_root();
	check_record(&tsig, bytes_of(data, len));
	check_variables(&tsig);
	return 0;
}
