/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata_reroot.h"
#include "dns/rdata_field.h"
#include "dns/type.h"
#include "dns/wire.h"

#define GATEWAY_NAME 3 /* RFC 4025 2.3, RFC 8777 4.2.3 */

struct reroot {
	const struct dns_reroot *how;
	struct bytes_out *out;
	size_t count;
	bool is_too_long;
};

/* A name, whose case is kept as far as it is kept. */
static void reroot_name(struct reroot *reroot, struct bytes raw)
{
	const struct dns_reroot *how = reroot->how;
	struct dns_name name;
	bool moves = dns_name_from_wire(&name, raw) && dns_name_under(&name, how->from) &&
		     (!how->moves || how->moves(how->context, &name));
	if (!moves) {
		bytes_out_put(reroot->out, raw.data, raw.len);
		return;
	}
	size_t kept = (size_t)(name.len - how->from->len);
	reroot->is_too_long |= kept + how->to->len > DNS_NAME_MAX;
	reroot->count++;
	bytes_out_put(reroot->out, raw.data, kept);
	bytes_out_put(reroot->out, how->to->wire, how->to->len);
}

/* What stands before the names of data in which one field says what the next ones are. */
static size_t reroot_head(uint16_t type, struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	uint8_t first = bytes_in_u8(&in), second = bytes_in_u8(&in);
	size_t all = rdata.len;
	if (type == DNS_TYPE_IPSECKEY)
		return second == GATEWAY_NAME ? 3 : all;
	if (type == DNS_TYPE_AMTRELAY)
		return (second & 0x7f) == GATEWAY_NAME ? 2 : all;
	if (type == DNS_TYPE_HIP)
		return 4u + first + bytes_in_u16(&in);
	return first > 0 ? 1u + (128u - first + 7u) / 8u : all; /* A6 */
}

static void reroot_headed(struct reroot *reroot, uint16_t type, struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	size_t head = reroot_head(type, rdata);
	bytes_out_put(reroot->out, bytes_in_take(&in, head), head);
	do {
		if (bytes_in_left(&in) > 0)
			reroot_name(reroot, dns_wire_plain_name(&in));
	} while (type == DNS_TYPE_HIP && bytes_in_left(&in) > 0);
	size_t left = bytes_in_left(&in);
	bytes_out_put(reroot->out, bytes_in_take(&in, left), left);
}

static void reroot_fields(struct reroot *reroot, const struct dns_shape *shape, struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	for (const struct dns_field *const *f = shape->fields; *f; f++) {
		const uint8_t *start = in.at;
		(*f)->check(&in);
		struct bytes field = bytes_of(start, (size_t)(in.at - start));
		if (dns_field_is_name(*f))
			reroot_name(reroot, field);
		else
			bytes_out_put(reroot->out, field.data, field.len);
	}
}

static bool reroot_is_headed(uint16_t type)
{
	return type == DNS_TYPE_IPSECKEY || type == DNS_TYPE_AMTRELAY || type == DNS_TYPE_HIP ||
	       type == DNS_TYPE_A6;
}

bool dns_rdata_reroot(const struct dns_reroot *how, uint16_t type, struct bytes rdata,
		      struct bytes_out *out, size_t *count)
{
	struct reroot reroot = {.how = how, .out = out};
	const struct dns_shape *shape = dns_shape_of(type);
	if (!dns_shape_fits(shape, rdata))
		return false;
	if (!shape->fields[0])
		bytes_out_put(out, rdata.data, rdata.len);
	else if (reroot_is_headed(type))
		reroot_headed(&reroot, type, rdata);
	else
		reroot_fields(&reroot, shape, rdata);
	*count = reroot.count;
	return !reroot.is_too_long && !out->full;
}
