/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/records.h"

void dns_records_put(struct bytes_out *out, const struct dns_records_item *item,
		     const struct dns_name *before)
{
	bool is_same = before && dns_name_equal(before, &item->owner);
	bytes_out_u8(out, is_same ? 0 : item->owner.len);
	if (!is_same)
		bytes_out_put(out, item->owner.wire, item->owner.len);
	bytes_out_u16(out, item->type);
	bytes_out_u32(out, item->ttl);
	bytes_out_u32(out, item->mark);
	bytes_out_u16(out, (uint16_t)item->rdata.len);
	bytes_out_put(out, item->rdata.data, item->rdata.len);
}

bool dns_records_next(struct bytes_in *in, struct dns_records_item *item)
{
	if (bytes_in_left(in) == 0)
		return false;
	bool is_first = bytes_in_offset(in) == 0;
	uint8_t owner_len = bytes_in_u8(in);
	const uint8_t *owner = bytes_in_take(in, owner_len);
	if (owner_len == 0
		    ? is_first
		    : !owner || !dns_name_from_wire(&item->owner, bytes_of(owner, owner_len)))
		in->bad = true;
	item->type = bytes_in_u16(in);
	item->ttl = bytes_in_u32(in);
	item->mark = bytes_in_u32(in);
	size_t len = bytes_in_u16(in);
	item->rdata = bytes_of(bytes_in_take(in, len), len);
	return !in->bad;
}
