/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata_field.h"
#include "dns/rdata.h"

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

size_t dns_rdata_print(uint16_t type, struct bytes rdata, char *out, size_t cap)
{
	const struct dns_shape *shape = dns_shape_of(type);
	struct dns_text text = {.out = out, .cap = cap};
	/* APL alone may be empty: then its text is, too. */
	if (shape->fields[0] && dns_shape_fits(shape, rdata))
		print_fields(shape, rdata, &text);
	else
		print_generic(rdata, &text);
	if (cap > 0)
		out[text.len < cap ? text.len : cap - 1] = '\0';
	return text.len;
}
