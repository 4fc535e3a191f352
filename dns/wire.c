/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/wire.h"

#define IS_POINTER(length) (((length)&0xc0) == 0xc0)

/*
 * Goes to where the pointer that begins with `high` points, which must be before `limit`: each
 * jump goes further back than the last, so reading ends. False: it does not.
 */
static bool wire_jump(struct bytes_in *in, uint8_t high, size_t *limit)
{
	size_t target = (size_t)(high & 0x3f) << 8 | bytes_in_u8(in);
	if (in->bad || target >= *limit)
		return false;
	*limit = target;
	in->at = in->start + target;
	return true;
}

/* Copies a name's labels to `raw`; the number of labels, or -1: not a name. */
static int read_labels(struct bytes_in *message, uint8_t raw[DNS_NAME_MAX], uint8_t *len)
{
	struct bytes_in in = *message;
	size_t limit = bytes_in_offset(message), used = 0;
	bool jumped = false;
	int labels = 0;
	for (;;) {
		uint8_t length = bytes_in_u8(&in);
		if (IS_POINTER(length)) {
			if (!jumped)
				message->at = in.bad || in.at == in.end ? in.at : in.at + 1;
			jumped = true;
			if (!wire_jump(&in, length, &limit))
				return -1;
			continue;
		}
		const uint8_t *label = bytes_in_take(&in, length);
		if (in.bad || length > DNS_LABEL_MAX || used + length + 1 > DNS_NAME_MAX)
			return -1;
		raw[used] = length;
		memcpy(raw + used + 1, label, length);
		used += length + 1u;
		if (length == 0)
			break;
		labels++;
	}
	if (!jumped)
		message->at = in.at;
	*len = (uint8_t)used;
	return labels;
}

void dns_wire_name_raw(struct bytes_in *message, uint8_t raw[DNS_NAME_MAX], uint8_t *len)
{
	if (message->bad || read_labels(message, raw, len) < 0) {
		message->bad = true;
		raw[0] = 0;
		*len = 1;
	}
}

void dns_wire_name(struct bytes_in *message, struct dns_name *name)
{
	int labels = message->bad ? -1 : read_labels(message, name->wire, &name->len);
	if (labels < 0) {
		message->bad = true;
		*name = dns_name_root();
		return;
	}
	name->labels = (uint8_t)labels;
	for (size_t i = 0; i < name->len; i++)
		name->wire[i] = dns_lower(name->wire[i]);
}

void dns_wire_skip_name(struct bytes_in *message)
{
	for (;;) {
		uint8_t length = bytes_in_u8(message);
		if (IS_POINTER(length)) {
			bytes_in_u8(message);
			return;
		}
		if (length > DNS_LABEL_MAX)
			message->bad = true;
		if (message->bad || length == 0)
			return;
		bytes_in_take(message, length);
	}
}

struct bytes dns_wire_plain_name(struct bytes_in *in)
{
	const uint8_t *start = in->at;
	for (;;) {
		uint8_t length = bytes_in_u8(in);
		bytes_in_take(in, length);
		if (length > DNS_LABEL_MAX || (size_t)(in->at - start) > DNS_NAME_MAX)
			in->bad = true;
		if (in->bad)
			return bytes_of(NULL, 0);
		if (length == 0)
			return bytes_of(start, (size_t)(in->at - start));
	}
}
