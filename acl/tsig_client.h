/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The client's side of TSIG: signs requests that we send (RFC 8945 5.1) and verifies their answers
 * (5.3, 5.4).
 *
 *      tsig_client_of      with the key that is to sign
 *      tsig_client_sign    when the request is written
 *      tsig_client_verify  when an answer has come
 *      tsig_client_wipe    at the end, since it holds a copy of the key
 *
 * A plain value that does not refer to the keyring; one thread at a time.
 */
#include "acl/keyring.h"
#include "dns/msg.h"

struct tsig_client {
	struct dns_name key, algorithm;
	struct hmac_key secret; /* to be wiped */
	uint8_t mac_len;        /* of the request that was signed last; 0: none yet */
	uint8_t mac[HMAC_MAC_MAX];
};

/* Initialises a client with the key's present secret, or with the previous one while that verifies.
 * False: the key is disabled or has no such secret, or OpenSSL does not offer its algorithm. */
bool tsig_client_of(struct tsig_client *, const struct keyring_entry *, bool is_previous,
		    uint64_t now);

/* How many bytes tsig_client_sign appends. */
size_t tsig_client_size(const struct tsig_client *);

/* Appends the TSIG to the request in `buffer` (`len` of `cap` bytes; asserts that there is room)
 * and counts it in ARCOUNT. Returns the new length. */
size_t tsig_client_sign(struct tsig_client *, uint8_t *buffer, size_t len, size_t cap,
			uint64_t now);

/*
 * Verifies that an opened message is the peer's answer to the request that was signed last. Returns
 * NULL, or why not, a constant phrase. An answer with BADKEY or BADSIG is not signed and may be
 * forged: it is not taken, but `*error` is its error, for the log.
 */
const char *tsig_client_verify(const struct tsig_client *, const struct dns_msg *answer,
			       uint64_t now, uint16_t *error);

void tsig_client_wipe(struct tsig_client *);
