/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The HMACs of TSIG (RFC 8945 6), computed by OpenSSL.
 *
 * A struct hmac_key is a plain value that may be copied and must be wiped. A struct hmac is a
 * prepared context on the heap, for one thread; it takes a third of the time of a new one, so the
 * keyring keeps one for each key in use.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include "dns/name.h"
#include <stdbool.h>

#define HMAC_MAC_MAX   64
#define HMAC_BLOCK_MAX 128

/* The numbers are stored (acl/keyring.h). */
enum hmac_algorithm {
	HMAC_MD5 = 1,
	HMAC_SHA1 = 2,
	HMAC_SHA224 = 3,
	HMAC_SHA256 = 4,
	HMAC_SHA384 = 5,
	HMAC_SHA512 = 6,
};

struct hmac_info {
	enum hmac_algorithm algorithm;
	const char *text;       /* in key files, in the CLI: "hmac-sha256" */
	const char *name;       /* on the wire: "hmac-md5.sig-alg.reg.int", "hmac-sha256" */
	const char *digest;     /* OpenSSL's word for it */
	uint8_t mac_len, block; /* bytes */
};

/* The algorithm with this text, name or number; NULL: there is none. The text may have any case,
 * and may be the name of MD5 on the wire. */
const struct hmac_info *hmac_by_text(const char *text, size_t len);
const struct hmac_info *hmac_by_name(const struct dns_name *);
const struct hmac_info *hmac_by_number(unsigned number);

/* All of them, in order of their numbers; ends with a NULL text. */
extern const struct hmac_info hmac_table[];

struct hmac_key {
	enum hmac_algorithm algorithm;
	uint8_t len;
	uint8_t secret[HMAC_BLOCK_MAX]; /* longer ones are their digest, as RFC 2104 2 says */
};

/* Makes the key from a secret of any length. False: OpenSSL does not offer the algorithm. */
MUST_USE bool hmac_key_set(struct hmac_key *, enum hmac_algorithm, struct bytes secret);
bool hmac_key_equal(const struct hmac_key *, const struct hmac_key *);
void hmac_key_wipe(struct hmac_key *);

struct hmac;

/* A context, which hmac_free frees. NULL: OpenSSL does not offer the algorithm, as a FIPS provider
 * MD5. */
MUST_USE struct hmac *hmac_new(const struct hmac_key *);
void hmac_free(struct hmac *);

/* The MAC over pieces one after another; returns its length. Aborts if OpenSSL cannot. */
size_t hmac_compute(struct hmac *, const struct bytes *pieces, size_t count,
		    uint8_t out[HMAC_MAC_MAX]);

/* The same with a key that is used once. 0: OpenSSL does not offer the algorithm here. */
MUST_USE size_t hmac_once(const struct hmac_key *, const struct bytes *pieces, size_t count,
			  uint8_t out[HMAC_MAC_MAX]);

/* Compares in a time that does not depend on the bytes. */
bool hmac_equal(const uint8_t *a, const uint8_t *b, size_t len);
