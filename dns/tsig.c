/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/tsig.h"
#include "dns/msg.h"
#include "dns/type.h"
#include "dns/wire.h"
#include <assert.h>

static struct bytes tsig_take_counted(struct bytes_in *in)
{
	size_t len = bytes_in_u16(in);
	const uint8_t *data = bytes_in_take(in, len);
	return bytes_of(data, data ? len : 0);
}

bool dns_tsig_read(struct dns_tsig *tsig, struct bytes_in *message, size_t len)
{
	const uint8_t *data = bytes_in_take(message, len);
	if (!data)
		return false;
	/* A reader of the data alone: the algorithm's name may not be compressed. */
	struct bytes_in in = bytes_in_of(data, len);
	struct bytes algorithm = dns_wire_plain_name(&in);
	if (in.bad || !dns_name_from_wire(&tsig->algorithm, algorithm))
		return false;
	tsig->time = bytes_in_u48(&in);
	tsig->fudge = bytes_in_u16(&in);
	tsig->mac = tsig_take_counted(&in);
	tsig->original_id = bytes_in_u16(&in);
	tsig->error = bytes_in_u16(&in);
	tsig->other = tsig_take_counted(&in);
	return !in.bad && bytes_in_left(&in) == 0;
}

void dns_tsig_variables(const struct dns_tsig *tsig, bool timers_only, struct bytes_out *out)
{
	if (timers_only) {
		bytes_out_u48(out, tsig->time);
		bytes_out_u16(out, tsig->fudge);
		return;
	}
	bytes_out_put(out, tsig->key.wire, tsig->key.len);
	bytes_out_u16(out, DNS_CLASS_ANY);
	bytes_out_u32(out, 0);
	bytes_out_put(out, tsig->algorithm.wire, tsig->algorithm.len);
	bytes_out_u48(out, tsig->time);
	bytes_out_u16(out, tsig->fudge);
	bytes_out_u16(out, tsig->error);
	bytes_out_u16(out, (uint16_t)tsig->other.len);
	bytes_out_put(out, tsig->other.data, tsig->other.len);
}

static size_t data_len(const struct dns_name *algorithm, size_t mac_len, size_t other_len)
{
	return algorithm->len + 6u + 2 + 2 + mac_len + 2 + 2 + 2 + other_len;
}

void dns_tsig_write(const struct dns_tsig *tsig, struct bytes_out *out)
{
	bytes_out_put(out, tsig->key.wire, tsig->key.len);
	bytes_out_u16(out, DNS_TYPE_TSIG);
	bytes_out_u16(out, DNS_CLASS_ANY);
	bytes_out_u32(out, 0);
	bytes_out_u16(out, (uint16_t)data_len(&tsig->algorithm, tsig->mac.len, tsig->other.len));
	bytes_out_put(out, tsig->algorithm.wire, tsig->algorithm.len);
	bytes_out_u48(out, tsig->time);
	bytes_out_u16(out, tsig->fudge);
	bytes_out_u16(out, (uint16_t)tsig->mac.len);
	bytes_out_put(out, tsig->mac.data, tsig->mac.len);
	bytes_out_u16(out, tsig->original_id);
	bytes_out_u16(out, tsig->error);
	bytes_out_u16(out, (uint16_t)tsig->other.len);
	bytes_out_put(out, tsig->other.data, tsig->other.len);
}

struct dns_tsig dns_tsig_for(struct bytes message, const struct dns_name *key,
			     const struct dns_name *algorithm, uint64_t now)
{
	struct bytes_in header = bytes_in_of(message.data, message.len);
	return (struct dns_tsig){
		.key = *key,
		.algorithm = *algorithm,
		.time = now,
		.fudge = DNS_TSIG_FUDGE,
		.original_id = bytes_in_u16(&header),
	};
}

size_t dns_tsig_append(const struct dns_tsig *tsig, uint8_t *buffer, size_t len, size_t cap)
{
	struct bytes_in header = bytes_in_of(buffer, len);
	bytes_in_take(&header, DNS_OFFSET_ARCOUNT);
	uint16_t arcount = bytes_in_u16(&header);
	struct bytes_out out = bytes_out_of(buffer, cap);
	bytes_out_room(&out, len);
	dns_tsig_write(tsig, &out);
	bytes_out_patch_u16(&out, DNS_OFFSET_ARCOUNT, (uint16_t)(arcount + 1));
	assert(!header.bad && !out.full);
	return bytes_out_len(&out);
}

size_t dns_tsig_size(const struct dns_name *key, const struct dns_name *algorithm, size_t mac_len,
		     size_t other_len)
{
	return key->len + 2u + 2 + 4 + 2 + data_len(algorithm, mac_len, other_len);
}
