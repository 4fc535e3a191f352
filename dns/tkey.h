/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * TKEY (RFC 2930 2): the record's data, read and written. No cryptography here (acl/gss). Times are
 * of serial arithmetic (RFC 1982), and what clients write there is not to be relied upon. Pure; any
 * thread.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include "dns/name.h"
#include <stdbool.h>

enum dns_tkey_mode {
	DNS_TKEY_NEGOTIATE = 3, /* GSS-API negotiation */
	DNS_TKEY_DELETE = 5,
};

struct dns_tkey {
	struct dns_name algorithm; /* lower case */
	uint32_t inception, expiration;
	uint16_t mode, error;
	struct bytes key;   /* lies in the message (or wherever the writer keeps it) */
	struct bytes other; /* the same */
};

/* Reads a TKEY's data; `message` stands at it, `len` is its length. The algorithm's name may not be
 * compressed. False: not of TKEY's shape. */
MUST_USE bool dns_tkey_read(struct dns_tkey *, struct bytes_in *message, size_t len);

/* Appends the data. */
void dns_tkey_write(const struct dns_tkey *, struct bytes_out *);
size_t dns_tkey_size(const struct dns_tkey *);
