/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata_field.h"
#include "dns/rdata.h"

#define KEY_HEAD_LEN 4 /* flags, protocol, algorithm */

/* ohttp, tls-supported-groups: words to NSD 4.12, numbers to BIND 9.18. */
#define SVCB_ODD_FIRST 8
#define SVCB_ODD_LAST  9

/* RFC 3597 5 */
static void print_generic(struct bytes rdata, struct dns_text *text)
{
	dns_text_print(text, "\\# %zu", rdata.len);
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	if (rdata.len > 0) {
		dns_text_next(text);
		dns_field_hex.print(&in, text);
	}
}

static void print_fields(const struct dns_shape *shape, struct bytes rdata, struct dns_text *text)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	for (const struct dns_field *const *f = shape->fields; *f; f++) {
		dns_text_next(text);
		(*f)->print(&in, text);
	}
}

/* Keys of SVCB that some servers read as words alone and others as numbers alone. */
static bool has_odd_keys(struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	bytes_in_u16(&in);
	dns_field_name.check(&in);
	while (bytes_in_left(&in) > 0) {
		uint16_t key = bytes_in_u16(&in);
		if (key >= SVCB_ODD_FIRST && key <= SVCB_ODD_LAST)
			return true;
		bytes_in_take(&in, bytes_in_u16(&in));
	}
	return false;
}

/* A KEY that is none is text to BIND and Knot alone. */
static bool is_common(uint16_t type, struct bytes rdata)
{
	if (type == DNS_TYPE_KEY)
		return rdata.len != KEY_HEAD_LEN;
	if (type == DNS_TYPE_SVCB || type == DNS_TYPE_HTTPS)
		return !has_odd_keys(rdata);
	return dns_type_is_common(type);
}

static size_t print_to(uint16_t type, struct bytes rdata, struct dns_text *text)
{
	const struct dns_shape *shape = dns_shape_of(type);
	bool has_words = !text->is_common || is_common(type, rdata);
	/* APL alone may be empty: then its text is, too. */
	if (has_words && shape->fields[0] && dns_shape_fits(shape, rdata))
		print_fields(shape, rdata, text);
	else
		print_generic(rdata, text);
	if (text->cap > 0)
		text->out[text->len < text->cap ? text->len : text->cap - 1] = '\0';
	return text->len;
}

size_t dns_rdata_print(uint16_t type, struct bytes rdata, char *out, size_t cap)
{
	struct dns_text text = {.out = out, .cap = cap};
	return print_to(type, rdata, &text);
}

size_t dns_rdata_print_common(uint16_t type, struct bytes rdata, char *out, size_t cap)
{
	struct dns_text text = {.out = out, .cap = cap, .is_common = true};
	return print_to(type, rdata, &text);
}
