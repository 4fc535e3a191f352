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
	bytes_out_u8(out, (uint8_t)item->age.class);
	if (item->age.class == DNS_AGE_UNSAID)
		return;
	size_t owner_len = item->age.owner ? item->age.owner_len : 0;
	bytes_out_u64(out, item->age.stamp);
	bytes_out_u16(out, (uint16_t)owner_len);
	bytes_out_put(out, item->age.owner, owner_len);
}

static void read_age(struct bytes_in *in, struct dns_age *age)
{
	uint8_t class = bytes_in_u8(in);
	*age = (struct dns_age){.class = DNS_AGE_UNSAID};
	if (class > DNS_AGE_DERIVED)
		in->bad = true;
	if (in->bad || class == DNS_AGE_UNSAID)
		return;
	age->class = (enum dns_age_class) class;
	age->stamp = bytes_in_u64(in);
	age->owner_len = bytes_in_u16(in);
	const uint8_t *owner = bytes_in_take(in, age->owner_len);
	if (age->owner_len > DNS_AGE_OWNER_MAX)
		in->bad = true;
	age->owner = age->owner_len ? (const char *)owner : NULL;
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
	read_age(in, &item->age);
	return !in->bad;
}
