/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/tap_message.h"
#include <assert.h>
#include <string.h>

/* Fields of Dnstap and of its Message, by their numbers in dnstap.proto. */
enum { DNSTAP_IDENTITY = 1, DNSTAP_VERSION = 2, DNSTAP_MESSAGE = 14, DNSTAP_TYPE = 15 };
enum {
	MESSAGE_TYPE = 1,
	MESSAGE_FAMILY = 2,
	MESSAGE_PROTOCOL = 3,
	MESSAGE_QUERY_ADDRESS = 4,
	MESSAGE_QUERY_PORT = 6,
	MESSAGE_QUERY_SEC = 8,
	MESSAGE_QUERY_NSEC = 9,
	MESSAGE_QUERY = 10,
	MESSAGE_RESPONSE_SEC = 12,
	MESSAGE_RESPONSE_NSEC = 13,
	MESSAGE_RESPONSE = 14,
};
#define DNSTAP_IS_MESSAGE 1

/* Kinds of values on the wire. */
enum { TAP_VARINT = 0, TAP_BYTES = 2, TAP_FIXED32 = 5 };

/* The message's fields without its texts: each of at most 16 bytes of value, with tag and length.
 */
#define FIELDS_MAX 256

static void tap_varint(struct bytes_out *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		bytes_out_u8(out, (uint8_t)(value | 0x80));
	bytes_out_u8(out, (uint8_t)value);
}

static void tap_number(struct bytes_out *out, unsigned field, uint64_t value)
{
	tap_varint(out, field << 3 | TAP_VARINT);
	tap_varint(out, value);
}

static void tap_bytes(struct bytes_out *out, unsigned field, struct bytes bytes)
{
	tap_varint(out, field << 3 | TAP_BYTES);
	tap_varint(out, bytes.len);
	bytes_out_put(out, bytes.data, bytes.len);
}

/* Little endian, unlike all else here. */
static void tap_fixed32(struct bytes_out *out, unsigned field, uint32_t value)
{
	tap_varint(out, field << 3 | TAP_FIXED32);
	for (unsigned i = 0; i < 4; i++)
		bytes_out_u8(out, (uint8_t)(value >> 8 * i));
}

static void tap_time(struct bytes_out *out, unsigned seconds, unsigned nanoseconds, uint64_t us)
{
	if (!us)
		return;
	tap_number(out, seconds, us / 1000000);
	tap_fixed32(out, nanoseconds, (uint32_t)(us % 1000000 * 1000));
}

static struct bytes tap_address(const struct addr *peer)
{
	return peer->any.sa_family == AF_INET6
		       ? bytes_of(&peer->v6.sin6_addr, sizeof peer->v6.sin6_addr)
		       : bytes_of(&peer->v4.sin_addr, sizeof peer->v4.sin_addr);
}

static void tap_put_message(const struct tap_message *tap, struct bytes_out *out)
{
	bool is_query = tap->type == TAP_AUTH_QUERY || tap->type == TAP_UPDATE_QUERY;
	tap_number(out, MESSAGE_TYPE, tap->type);
	tap_number(out, MESSAGE_FAMILY, tap->peer->any.sa_family == AF_INET6 ? 2 : 1);
	tap_number(out, MESSAGE_PROTOCOL, tap->is_tcp ? 2 : 1);
	tap_bytes(out, MESSAGE_QUERY_ADDRESS, tap_address(tap->peer));
	tap_number(out, MESSAGE_QUERY_PORT, addr_port(tap->peer));
	tap_time(out, MESSAGE_QUERY_SEC, MESSAGE_QUERY_NSEC, tap->query_us);
	tap_time(out, MESSAGE_RESPONSE_SEC, MESSAGE_RESPONSE_NSEC, tap->response_us);
	tap_bytes(out, is_query ? MESSAGE_QUERY : MESSAGE_RESPONSE, tap->message);
}

size_t tap_message_size(const struct tap_message *tap)
{
	return FIELDS_MAX + strlen(tap->identity) + strlen(tap->version) + tap->message.len;
}

void tap_message_write(const struct tap_message *tap, struct bytes_out *out)
{
	uint8_t fields[FIELDS_MAX];
	struct bytes_out head = bytes_out_of(fields, sizeof fields);
	struct tap_message bare = *tap;
	bare.message.len = 0;
	tap_put_message(&bare, &head);
	assert(!head.full);
	/* The length of the message stands before it: that of its fields, of which the last, empty
	 * here, has a longer length and its bytes. */
	size_t len = bytes_out_len(&head) + tap->message.len;
	for (size_t rest = tap->message.len; rest >= 0x80; rest >>= 7)
		len++;
	if (*tap->identity)
		tap_bytes(out, DNSTAP_IDENTITY, bytes_of(tap->identity, strlen(tap->identity)));
	if (*tap->version)
		tap_bytes(out, DNSTAP_VERSION, bytes_of(tap->version, strlen(tap->version)));
	tap_varint(out, DNSTAP_MESSAGE << 3 | TAP_BYTES);
	tap_varint(out, len);
	tap_put_message(tap, out);
	tap_number(out, DNSTAP_TYPE, DNSTAP_IS_MESSAGE);
	assert(!out->full);
}
