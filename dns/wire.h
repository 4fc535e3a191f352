/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Names in messages: compression pointers may only point back (RFC 1035 4.1.4), so reading ends.
 * Pure; any thread.
 */
#include "base/bytes.h"
#include "dns/name.h"

/*
 * Reads a name that may be compressed; `message` spans the whole message and stands at the name;
 * it moves behind it. The case is kept. `bad` is set on the reader if it is not a name.
 */
void dns_wire_name_raw(struct bytes_in *message, uint8_t raw[DNS_NAME_MAX], uint8_t *len);

/* The same as a name as `struct dns_name`, lower case. */
void dns_wire_name(struct bytes_in *message, struct dns_name *);

/* Moves behind a name without reading it; checks only that it ends inside the message. */
void dns_wire_skip_name(struct bytes_in *message);

/* Reads an uncompressed name (record data as stored), the case kept: where it lies. */
struct bytes dns_wire_plain_name(struct bytes_in *);
