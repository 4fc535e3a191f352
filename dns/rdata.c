/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "dns/rdata_field.h"
#include "dns/wire.h"
#include <assert.h>

/* SOA's five numbers stand at its end, the serial first (RFC 1035 3.3.13). */
#define SOA_NUMBERS 20

/* One field of a message into stored form; names are decompressed where that is allowed. */
static void rdata_read_field(const struct dns_field *field, struct bytes_in *in,
			     struct bytes_out *out)
{
	if (field == &dns_field_name_compressed || field == &dns_field_name_old) {
		uint8_t raw[DNS_NAME_MAX], len;
		dns_wire_name_raw(in, raw, &len);
		bytes_out_put(out, raw, len);
		return;
	}
	const uint8_t *start = in->at;
	field->check(in);
	if (!in->bad)
		bytes_out_put(out, start, (size_t)(in->at - start));
}

bool dns_rdata_read(struct bytes_in *message, uint16_t type, size_t len, struct bytes_out *out)
{
	const struct dns_shape *shape = dns_shape_of(type);
	/* A view that ends with the data: pointers in it only lead back. */
	struct bytes_in in = *message;
	const uint8_t *data = bytes_in_take(message, len);
	if (!data)
		return false;
	in.end = in.at + len;
	if (!shape->fields[0]) {
		bytes_out_put(out, data, len);
		return !out->full;
	}
	for (const struct dns_field *const *f = shape->fields; *f; f++)
		rdata_read_field(*f, &in, out);
	return !in.bad && in.at == in.end && !out->full;
}

bool dns_rdata_is_valid(uint16_t type, struct bytes rdata)
{
	return rdata.len <= DNS_RDATA_MAX && dns_shape_fits(dns_shape_of(type), rdata);
}

void dns_rdata_write(uint16_t type, struct bytes rdata, const struct dns_rdata_pieces *pieces)
{
	const struct dns_shape *shape = dns_shape_of(type);
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	const uint8_t *written = rdata.data;
	/* In the types that may be compressed nothing but numbers is before or behind the names. */
	for (const struct dns_field *const *f = shape->fields; *f; f++) {
		const uint8_t *start = in.at;
		bool is_name = *f == &dns_field_name_compressed;
		if (!is_name && *f != &dns_field_u16)
			break;
		(*f)->check(&in);
		if (in.bad)
			break;
		if (!is_name)
			continue;
		if (start > written)
			pieces->bytes(pieces->context,
				      bytes_of(written, (size_t)(start - written)));
		pieces->name(pieces->context, bytes_of(start, (size_t)(in.at - start)));
		written = in.at;
	}
	size_t left = (size_t)(rdata.data + rdata.len - written);
	if (left > 0)
		pieces->bytes(pieces->context, bytes_of(written, left));
}

/* Length bytes are below the letters, so whole names are compared in lower case. */
static int rdata_compare_names(struct bytes a, struct bytes b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int order = dns_lower(a.data[i]) - dns_lower(b.data[i]);
		if (order)
			return order;
	}
	return (a.len > b.len) - (a.len < b.len);
}

/* Whether case does not count in a name (RFC 4034 6.2, RFC 6840 5.1). */
static bool folds_case(const struct dns_field *field)
{
	return field == &dns_field_name_compressed || field == &dns_field_name_old ||
	       field == &dns_field_name_folded;
}

static bool has_folded_names(const struct dns_shape *shape)
{
	for (const struct dns_field *const *f = shape->fields; *f; f++) {
		if (folds_case(*f))
			return true;
	}
	return false;
}

static struct bytes rdata_take_field(const struct dns_field *field, struct bytes_in *in)
{
	const uint8_t *start = in->at;
	field->check(in);
	return bytes_of(start, in->bad ? 0 : (size_t)(in->at - start));
}

int dns_rdata_compare(uint16_t type, struct bytes a, struct bytes b)
{
	const struct dns_shape *shape = dns_shape_of(type);
	if (bytes_equal(a, b))
		return 0;
	if (!has_folded_names(shape))
		return bytes_compare(a, b);
	struct bytes_in left = bytes_in_of(a.data, a.len), right = bytes_in_of(b.data, b.len);
	for (const struct dns_field *const *f = shape->fields; *f; f++) {
		struct bytes l = rdata_take_field(*f, &left), r = rdata_take_field(*f, &right);
		/* Damaged data has an order, too: that of its bytes. */
		if (left.bad || right.bad)
			return bytes_compare(a, b);
		int order = folds_case(*f) ? rdata_compare_names(l, r) : bytes_compare(l, r);
		if (order)
			return order;
	}
	return 0;
}

/* Types whose last field before parameters is a host worth looking up. */
static bool has_target(uint16_t type)
{
	switch (type) {
	case DNS_TYPE_NS:
	case DNS_TYPE_MX:
	case DNS_TYPE_AFSDB:
	case DNS_TYPE_RT:
	case DNS_TYPE_SRV:
	case DNS_TYPE_NAPTR:
	case DNS_TYPE_KX:
	case DNS_TYPE_SVCB:
	case DNS_TYPE_HTTPS:
	case DNS_TYPE_LP:
		return true;
	default:
		return false;
	}
}

bool dns_rdata_target(uint16_t type, struct bytes rdata, struct dns_name *target)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	if (!has_target(type))
		return false;
	for (const struct dns_field *const *f = dns_shape_of(type)->fields; *f && !in.bad; f++) {
		struct bytes field = rdata_take_field(*f, &in);
		/* The root stands for no host: RFC 2782, RFC 3403 4.1, RFC 7505. */
		if (dns_field_is_name(*f))
			return field.len > 1 && dns_name_from_wire(target, field);
	}
	return false;
}

bool dns_rdata_name(uint16_t type, struct bytes rdata, struct dns_name *name)
{
	assert(type == DNS_TYPE_CNAME || type == DNS_TYPE_DNAME || type == DNS_TYPE_NS ||
	       type == DNS_TYPE_PTR);
	return dns_name_from_wire(name, rdata);
}

bool dns_soa_unpack(struct bytes rdata, struct dns_soa *soa)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	struct bytes mname = dns_wire_plain_name(&in), rname = dns_wire_plain_name(&in);
	if (in.bad || bytes_in_left(&in) != SOA_NUMBERS ||
	    !dns_name_from_wire(&soa->mname, mname) || !dns_name_from_wire(&soa->rname, rname))
		return false;
	soa->serial = bytes_in_u32(&in);
	soa->refresh = bytes_in_u32(&in);
	soa->retry = bytes_in_u32(&in);
	soa->expire = bytes_in_u32(&in);
	soa->minimum = bytes_in_u32(&in);
	return true;
}

uint32_t dns_soa_serial(struct bytes rdata)
{
	assert(rdata.len > SOA_NUMBERS);
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	bytes_in_take(&in, rdata.len - SOA_NUMBERS);
	return bytes_in_u32(&in);
}

void dns_soa_set_serial(uint8_t *rdata, size_t len, uint32_t serial)
{
	assert(len > SOA_NUMBERS);
	struct bytes_out out = bytes_out_of(rdata, len);
	bytes_out_room(&out, len - SOA_NUMBERS);
	bytes_out_u32(&out, serial);
}
