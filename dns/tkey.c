/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/tkey.h"
#include "dns/wire.h"

static struct bytes tkey_take_counted(struct bytes_in *in)
{
	size_t len = bytes_in_u16(in);
	const uint8_t *data = bytes_in_take(in, len);
	return bytes_of(data, data ? len : 0);
}

static void put_counted(struct bytes_out *out, struct bytes bytes)
{
	bytes_out_u16(out, (uint16_t)bytes.len);
	bytes_out_put(out, bytes.data, bytes.len);
}

bool dns_tkey_read(struct dns_tkey *tkey, struct bytes_in *message, size_t len)
{
	const uint8_t *data = bytes_in_take(message, len);
	if (!data)
		return false;
	struct bytes_in in = bytes_in_of(data, len);
	struct bytes algorithm = dns_wire_plain_name(&in);
	if (in.bad || !dns_name_from_wire(&tkey->algorithm, algorithm))
		return false;
	tkey->inception = bytes_in_u32(&in);
	tkey->expiration = bytes_in_u32(&in);
	tkey->mode = bytes_in_u16(&in);
	tkey->error = bytes_in_u16(&in);
	tkey->key = tkey_take_counted(&in);
	tkey->other = tkey_take_counted(&in);
	return !in.bad && bytes_in_left(&in) == 0;
}

void dns_tkey_write(const struct dns_tkey *tkey, struct bytes_out *out)
{
	bytes_out_put(out, tkey->algorithm.wire, tkey->algorithm.len);
	bytes_out_u32(out, tkey->inception);
	bytes_out_u32(out, tkey->expiration);
	bytes_out_u16(out, tkey->mode);
	bytes_out_u16(out, tkey->error);
	put_counted(out, tkey->key);
	put_counted(out, tkey->other);
}

size_t dns_tkey_size(const struct dns_tkey *tkey)
{
	return tkey->algorithm.len + 4u + 4 + 2 + 2 + 2 + tkey->key.len + 2 + tkey->other.len;
}
