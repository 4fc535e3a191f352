/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The TSIG of requests that we send (RFC 8945 5.1), and of the answers that come back (5.3, 5.4).
 *
 *      outgoing_of      with the key that is to sign
 *      outgoing_sign    when the request is written
 *      outgoing_verify  for what came back
 *      outgoing_wipe    in the end: it holds a copy of the key
 *
 * A plain value that owes nothing to the keyring; one thread at a time.
 */
#include "acl/keyring.h"
#include "dns/msg.h"

struct outgoing {
	struct dns_name key, algorithm;
	struct hmac_key secret; /* to be wiped */
	uint8_t mac_len;        /* of the request that was signed last; 0: none yet */
	uint8_t mac[HMAC_MAC_MAX];
};

/* With the key's present secret, or with the one before it while that is still good. False: the
 * key is disabled, or has no such secret, or OpenSSL does not offer its algorithm here. */
bool outgoing_of(struct outgoing *, const struct keyring_entry *, bool is_previous, uint64_t now);

/* What outgoing_sign() will append. */
size_t outgoing_size(const struct outgoing *);

/* Appends the TSIG to the request in `buffer` (`len` of `cap` bytes; asserts that there is room)
 * and counts it in ARCOUNT. Returns the new length. */
size_t outgoing_sign(struct outgoing *, uint8_t *buffer, size_t len, size_t cap, uint64_t now);

/*
 * Whether this opened message is what the peer, and nobody else, said to the request that was
 * signed last. NULL: it is; or a constant phrase. An answer that says BADKEY or BADSIG is not
 * signed, so it may be anybody's: it is no answer, but `*error` is what it says, for the log.
 */
const char *outgoing_verify(const struct outgoing *, const struct dns_msg *answer, uint64_t now,
			    uint16_t *error);

void outgoing_wipe(struct outgoing *);
