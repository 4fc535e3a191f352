/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The server's side of TSIG: finds the principal of a signed request, and signs its answer (RFC
 * 8945 5.2, 5.3).
 *
 *      tsig_server_identify  before anything else is done with the message
 *      identity_reserve      how many bytes dns_reply_start must keep free
 *      identity_sign         when the answer is finished
 *      identity_wipe         when it is sent, since an identity holds a copy of the key
 *
 * An identity is a plain value that does not refer to the keyring or the message. It goes with an
 * update to the writer and back while keyrings are loaded again, and signs even if the key was
 * deleted meanwhile. One of a GSS context (RFC 3645) has a reference to it, so a copy that is wiped
 * separately must be announced by identity_keep.
 *
 * A fudge above TSIG_SERVER_FUDGE_MAX counts as that: so long a request may be repeated, and what
 * must be remembered of it is bounded (nameserver/duplicate_requests.h).
 *
 * Not done, by intent: RFC 8945 5.2.3's cache of the latest time of each key (a SHOULD), because
 * clients that send in parallel would be refused; repeated updates are recognised by what they
 * sign.
 *
 * One thread at a time for a keyring; otherwise pure.
 */
#include "acl/gss_context.h"
#include "acl/keyring.h"
#include "acl/who.h"
#include "dns/msg.h"

#define TSIG_SERVER_FUDGE_MAX 300 /* seconds; what RFC 8945 10 recommends */

enum identity_outcome {
	IDENTITY_UNSIGNED, /* no TSIG: anonymous */
	IDENTITY_VERIFIED, /* the principal is `who` */
	IDENTITY_FAILED,   /* answer NOTAUTH with `error` in the TSIG: BADKEY, BADSIG, ... */
	IDENTITY_FORMERR,  /* answer FORMERR, without a TSIG */
};

struct identity_policy {
	bool allows_md5;
	/* A MAC shorter than this (and than the whole) is BADTRUNC: HMAC_MAC_MAX takes only whole
	 * ones, 0 all that RFC 8945 5.2.2.1 permits. */
	uint8_t mac_min;
	struct gss_context_table *contexts; /* NULL: there is no GSS-TSIG here */
};

/* How the request's MAC enters the digest of the answer. */
enum identity_digest {
	IDENTITY_MAC_COUNTED, /* behind its length (RFC 8945 5.3.1) */
	IDENTITY_MAC_PLAIN,   /* without it: gss.microsoft.com as Windows has it */
	IDENTITY_MAC_NONE,    /* not at all: what answers the last TKEY (MS-GSSA 3.1.5.1) */
};

struct identity {
	enum identity_outcome outcome;
	struct who who;      /* anonymous unless verified */
	uint16_t error;      /* TSIG's, for the answer; 0 when verified */
	const char *problem; /* for the log, a constant phrase; NULL unless failed */
	int64_t skew; /* the server's time less the client's, seconds; when the MAC was right */
	struct dns_name key, algorithm; /* as they stand in the request, lower case */
	uint64_t time;                  /* the request's Time Signed */
	uint16_t fudge;
	uint8_t mac_len; /* the request's MAC, as it came: signed into the answer */
	uint8_t mac[HMAC_MAC_MAX];
	/* What was signed, so that a resent request is known by it: the key's whole MAC, whatever
	 * part of it came; of an update that a context signed, the SHA-256 of the signed bytes,
	 * since a MIC can be written in several ways. */
	uint8_t signed_len;
	uint8_t signed_mark[HMAC_MAC_MAX];
	bool has_secret;             /* the answer is signed with it */
	struct hmac_key secret;      /* to be wiped */
	uint8_t answer_mac_len;      /* a request with a truncated MAC gets one as long */
	struct gss_context *context; /* the answer is signed with it; held; NULL: none */
	enum identity_digest digest;
};

/*
 * Identifies the sender of an opened message, whose bytes must still be valid. `now` in seconds.
 * Checks key, MAC, time and truncation in the order of RFC 8945 5.2. Fills `out` in any case.
 */
enum identity_outcome tsig_server_identify(struct keyring *, const struct identity_policy *,
					   const struct dns_msg *, uint64_t now,
					   struct identity *out);

/* The identity of an unsigned request, for tests and for answers without a TSIG. */
void identity_anonymous(struct identity *);

/* The identity of a client that has just established this context, which signs the answer to the
 * last TKEY. Adds a reference to the context. */
void identity_of_context(struct identity *, struct gss_context *);

/* Announces that this copy of an identity is wiped separately. */
void identity_keep(struct identity *);

/* The rcode with which the request is answered at once, NOTAUTH or FORMERR; 0: it goes on. */
enum dns_rcode identity_rcode(const struct identity *);

/* The fudge that counts, in seconds. */
uint16_t identity_fudge(const struct identity *);

/* How many bytes the answer must leave free for the TSIG; 0: it gets none. */
size_t identity_reserve(const struct identity *);

/*
 * Appends the TSIG to the finished answer in `buffer` (`len` of `cap` bytes; asserts that
 * identity_reserve() bytes are free) and counts it in ARCOUNT. Returns the new length; `len` when
 * the answer gets no TSIG. `keyring` is this thread's, for its contexts; NULL: works without one.
 * 0: it cannot be signed any more (a ticket that ended), and must not be sent. */
size_t identity_sign(const struct identity *, struct keyring *, uint8_t *buffer, size_t len,
		     size_t cap, uint64_t now);

void identity_wipe(struct identity *);

/*
 * An answer of many messages (RFC 8945 5.3.1), each of them signed: the first as any answer, each
 * later one over the MAC of the one before, itself, and the time alone. One thread at a time.
 */
struct identity_stream {
	const struct identity *identity; /* must outlive it */
	struct hmac *hmac;               /* NULL: not signed by a key */
	size_t mac_len;                  /* of the message before; 0: there was none */
	uint8_t mac[HMAC_MAC_MAX];
};
void identity_stream_open(struct identity_stream *, const struct identity *);
/* Appends the TSIG as identity_sign does. 0: it cannot be signed any more (the context's ticket has
 * ended), so nothing must be sent. */
size_t identity_stream_sign(struct identity_stream *, uint8_t *buffer, size_t len, size_t cap,
			    uint64_t now);
void identity_stream_close(struct identity_stream *);
