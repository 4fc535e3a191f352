/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/tap_message.h"
#include "tests/unit/hex.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static void tap_expect(const struct tap_message *message, const char *wanted)
{
	size_t size = tap_message_size(message);
	uint8_t *bytes = malloc(size);
	struct bytes_out out = bytes_out_of(bytes, size);
	tap_message_write(message, &out);
	hex_expect(bytes_of(bytes, bytes_out_len(&out)), wanted, "as protobuf has it");
	free(bytes);
}

static struct addr address(const char *text)
{
	struct addr addr;
	cr_assert_null(addr_parse(text, 53, &addr));
	return addr;
}

Test(tap_message, a_query_by_udp)
{
	struct addr peer = address("192.0.2.1@5353");
	tap_expect(&(struct tap_message){.type = TAP_AUTH_QUERY,
					 .peer = &peer,
					 .query_us = 1000001,
					 .message = bytes_of("\1\2\3", 3),
					 .identity = "ns1",
					 .version = ""},
		   "0a03 '"
		   "ns1' 721b 0801 1001 1801 2204c0000201 30e929 4001 4de8030000 5203010203 7801");
}

Test(tap_message, an_answer_by_tcp_over_ipv6)
{
	struct addr peer = address("2001:db8::1@53");
	tap_expect(&(struct tap_message){.type = TAP_UPDATE_RESPONSE,
					 .is_tcp = true,
					 .peer = &peer,
					 .query_us = 2000000,
					 .response_us = 3000000,
					 .message = bytes_of("\4", 1),
					 .identity = "",
					 .version = "v"},
		   "120176 722b 080e 1002 1802 221020010db8000000000000000000000001 3035 4002 "
		   "4d00000000 6003 6d00000000 720104 7801");
}

/* The length of the message counts the length of its last field, which has one byte or more. */
Test(tap_message, lengths_are_right_at_each_step_of_a_length)
{
	static const size_t lengths[] = {0, 1, 127, 128, 129, 16383, 16384, 65535};
	struct addr peer = address("192.0.2.1@53");
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		uint8_t *body = calloc(lengths[i] + 1, 1);
		struct tap_message message = {.type = TAP_AUTH_RESPONSE,
					      .peer = &peer,
					      .response_us = 1,
					      .message = bytes_of(body, lengths[i]),
					      .identity = "",
					      .version = ""};
		size_t size = tap_message_size(&message), len = 0, at = 1;
		uint8_t *bytes = malloc(size);
		struct bytes_out out = bytes_out_of(bytes, size);
		tap_message_write(&message, &out);
		cr_expect_eq(bytes[0], 0x72);
		for (unsigned shift = 0;; shift += 7, at++) {
			len |= (size_t)(bytes[at] & 0x7f) << shift;
			if (bytes[at] < 0x80)
				break;
		}
		/* Behind it stands the type of the whole, two bytes. */
		cr_expect_eq(at + 1 + len + 2, bytes_out_len(&out), "%zu", lengths[i]);
		free(bytes);
		free(body);
	}
}
