/* SPDX-License-Identifier: BSD-2-Clause */
/* Record data: what is read prints, parses back to the same bytes, and has one place in order. */
#include "dns/rdata.h"
#include "dns/rdata_reroot.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t stored[DNS_RDATA_MAX], again[DNS_RDATA_MAX], pieces[DNS_RDATA_MAX];

static void take_piece(void *context, struct bytes piece)
{
	bytes_out_put(context, piece.data, piece.len);
}

static void check_text(uint16_t type, struct bytes rdata)
{
	size_t text_len = dns_rdata_print(type, rdata, NULL, 0);
	char *text = malloc(text_len + 1);
	assert(text);
	assert(dns_rdata_print(type, rdata, text, text_len + 1) == text_len);
	assert(strlen(text) == text_len);
	struct bytes_out out = bytes_out_of(again, sizeof again);
	struct dns_name root = dns_name_root();
	unsigned column;
	assert(!dns_rdata_parse_text(type, text, &root, &out, &column));
	assert(bytes_equal(bytes_of(again, bytes_out_len(&out)), rdata));
	free(text);
}

/* Names of a zone under another name and back are what they were; the case of what is replaced does
 * not count. */
static void check_reroot(uint16_t type, struct bytes rdata)
{
	struct dns_name from, to;
	size_t count, back;
	assert(!dns_name_parse_text(&from, "corp.example"));
	assert(!dns_name_parse_text(&to, "l.example"));
	const struct dns_reroot there = {.from = &from, .to = &to},
				home = {.from = &to, .to = &from};
	struct bytes_out out = bytes_out_of(again, sizeof again);
	if (!dns_rdata_reroot(&there, type, rdata, &out, &count))
		return;
	struct bytes moved = bytes_of(again, bytes_out_len(&out));
	assert(dns_rdata_is_valid(type, moved));
	assert(count > 0 || bytes_equal(moved, rdata));
	out = bytes_out_of(pieces, sizeof pieces);
	if (dns_rdata_reroot(&home, type, moved, &out, &back))
		assert(back >= count &&
		       dns_rdata_is_valid(type, bytes_of(pieces, bytes_out_len(&out))));
}

static void check_data(uint16_t type, struct bytes rdata)
{
	assert(dns_rdata_is_valid(type, rdata));
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	struct bytes_out out = bytes_out_of(again, sizeof again);
	assert(dns_rdata_read(&in, type, rdata.len, &out));
	assert(bytes_equal(bytes_of(again, bytes_out_len(&out)), rdata));

	out = bytes_out_of(pieces, sizeof pieces);
	struct dns_rdata_pieces trade = {take_piece, take_piece, &out};
	dns_rdata_write(type, rdata, &trade);
	assert(bytes_equal(bytes_of(pieces, bytes_out_len(&out)), rdata));

	struct dns_name target;
	dns_rdata_target(type, rdata, &target);
	dns_rdata_fault(type, rdata);
	check_text(type, rdata);
	check_reroot(type, rdata);
}

/* Two pieces of data, of any shape, damaged or not: one order, whichever comes first. */
static void check_order(uint16_t type, struct bytes a, struct bytes b)
{
	int there = dns_rdata_compare(type, a, b), back = dns_rdata_compare(type, b, a);
	assert((there > 0) == (back < 0) && (there < 0) == (back > 0));
	assert(dns_rdata_compare(type, a, a) == 0);
	assert(!bytes_equal(a, b) || there == 0);
}

/* Any text: what parses is valid and goes the whole round. */
static void from_text(uint16_t type, struct bytes rest)
{
	char *text = calloc(rest.len + 1, 1);
	struct bytes_out out = bytes_out_of(stored, sizeof stored);
	struct dns_name origin;
	unsigned column;
	assert(text);
	if (rest.len > 0)
		memcpy(text, rest.data, rest.len);
	assert(!dns_name_parse_text(&origin, "corp.example"));
	if (!dns_rdata_parse_text(type, text, &origin, &out, &column))
		check_data(type, bytes_of(stored, bytes_out_len(&out)));
	free(text);
}

/* Two bytes of type, one that says how, and the data. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes_in in = bytes_in_of(data, len);
	uint16_t type = bytes_in_u16(&in);
	uint8_t how = bytes_in_u8(&in);
	size_t left = bytes_in_left(&in);
	if (in.bad || left > DNS_RDATA_MAX)
		return 0;
	struct bytes rest = bytes_of(in.at, left);
	if (how & 1) {
		from_text(type, rest);
		return 0;
	}
	struct bytes_out out = bytes_out_of(stored, sizeof stored);
	/* Pointers may lead into what is before the data. */
	size_t before = how >> 1 < left ? how >> 1 : 0;
	struct bytes_in message = bytes_in_of(rest.data, rest.len);
	bytes_in_take(&message, before);
	if (dns_rdata_read(&message, type, left - before, &out))
		check_data(type, bytes_of(stored, bytes_out_len(&out)));
	check_order(type, bytes_of(rest.data, left / 2),
		    bytes_of(rest.data + left / 2, left - left / 2));
	return 0;
}
