/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A request's TSIG to a principal, and the signature on its answer (RFC 8945 5.2, 5.3).
 *
 *      tsig_server_identify  before anything else is done with the message
 *      identity_reserve  what the answer must keep free for dns_reply_start()
 *      identity_sign     when the answer is finished
 *      identity_wipe     when it is sent: an identity holds a copy of the key
 *
 * An identity is a plain value and owes nothing to the keyring or the message: it goes with an
 * update to the writer and back, while keyrings are loaded anew, and signs even when the key was
 * deleted meanwhile. One of a GSS context (RFC 3645) holds that context, so a copy that is to be
 * wiped by itself says so by identity_keep.
 *
 * Not done, by intent: RFC 8945 5.2.3's cache of the latest time of each key (a SHOULD), because
 * clients that send in parallel would be refused; resent updates are known by their MAC instead.
 *
 * One thread at a time for a keyring; otherwise pure.
 */
#include "acl/gss_context.h"
#include "acl/keyring.h"
#include "acl/who.h"
#include "dns/msg.h"

enum identity_outcome {
	IDENTITY_UNSIGNED, /* no TSIG: anonymous */
	IDENTITY_VERIFIED, /* `who` has proved it */
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
	uint8_t mac_len; /* the request's MAC: signed into the answer, and knows a resent request */
	uint8_t mac[HMAC_MAC_MAX];
	bool has_secret;             /* the answer is signed with it */
	struct hmac_key secret;      /* to be wiped */
	uint8_t answer_mac_len;      /* a request with a truncated MAC gets one as long */
	struct gss_context *context; /* the answer is signed with it; held; NULL: none */
	enum identity_digest digest;
};

/*
 * Who sent this opened message. `now` in seconds. The message must still hold its bytes. Fills
 * `out` in any case. With RFC 8945 5.2's order: key, MAC, time, truncation.
 */
enum identity_outcome tsig_server_identify(struct keyring *, const struct identity_policy *,
					   const struct dns_msg *, uint64_t now,
					   struct identity *out);

/* An unsigned request's identity, for tests and for answers without a TSIG. */
void identity_anonymous(struct identity *);

/* Of who has just negotiated this context: signs the answer to the last TKEY. Holds it. */
void identity_of_context(struct identity *, struct gss_context *);

/* This copy is to be wiped by itself. */
void identity_keep(struct identity *);

/* What answers this outcome before anything else: 0 (go on), NOTAUTH or FORMERR. */
enum dns_rcode identity_rcode(const struct identity *);

/* The bytes that the answer must leave free for the TSIG; 0 when it gets none. */
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
