/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes messages of dnstap (dnstap.info, protobuf:dnstap.Dnstap): one request or one answer, as it
 * was on the wire, with when it came and from where. The format is that of Protocol Buffers; a
 * field of it is a number, a kind and a value, so nothing is needed to write it. Pure; any thread.
 */
#include "base/addr.h"
#include "base/bytes.h"

enum tap_type {
	TAP_AUTH_QUERY = 1,
	TAP_AUTH_RESPONSE = 2,
	TAP_UPDATE_QUERY = 13,
	TAP_UPDATE_RESPONSE = 14,
};

struct tap_message {
	enum tap_type type;
	bool is_tcp;
	const struct addr *peer;
	uint64_t query_us, response_us; /* of the system's clock; 0: not of this type */
	struct bytes message;           /* the one that the type names */
	const char *identity, *version; /* empty: they are left out */
};

/* How many bytes it takes at most. */
size_t tap_message_size(const struct tap_message *);
/* Writes it; the room is of tap_message_size. */
void tap_message_write(const struct tap_message *, struct bytes_out *);
