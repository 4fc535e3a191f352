/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The table of established security contexts (RFC 3645), by the name of their TSIG key. The GSS
 * thread adds contexts; all readers verify requests and sign answers with them.
 *
 * The table is bounded: `total` contexts, `per_principal` of one principal; the least recently used
 * one is removed. A context is valid until its time of expiry.
 *
 * Contexts are counted by reference, since a context must outlive its removal from the table while
 * an update of its client waits for the writer. gss_context_find, gss_context_put and
 * gss_context_hold each add a reference for the caller, which gss_context_release removes; the last
 * one frees. The table has one reference.
 *
 * The mechanism (acl/gss.h, or a fake one in tests) implements verification and signature. Any
 * thread; time is an argument, in seconds.
 */
#include "acl/who.h"
#include "base/addr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "dns/name.h"

#define GSS_CONTEXT_MIC_MAX 64

struct gss_context_mechanism {
	/* Whether the MIC is right, also if it was verified before. */
	bool (*verify)(void *security, struct bytes message, struct bytes mic);
	/* Makes the MIC and returns its length; 0: it cannot be made any more. */
	size_t (*sign)(void *security, struct bytes message, uint8_t mic[GSS_CONTEXT_MIC_MAX]);
	void (*free)(void *security);
};

/* The two names of one algorithm. */
enum gss_context_algorithm { GSS_CONTEXT_TSIG, GSS_CONTEXT_MICROSOFT };

/* The algorithm with this name. False: it is neither. */
bool gss_context_algorithm_of(const struct dns_name *, enum gss_context_algorithm *);
struct dns_name gss_context_algorithm_name(enum gss_context_algorithm);

struct gss_context;
struct gss_context_table;

struct gss_context_limits {
	size_t total, per_principal;
};

struct gss_context_table *gss_context_table_new(const struct gss_context_limits *,
						const struct gss_context_mechanism *);
/* Frees the table. Contexts with other references remain. */
void gss_context_table_free(struct gss_context_table *);

/* The result of a negotiation. */
struct gss_context_made {
	struct dns_name key;
	enum gss_context_algorithm algorithm;
	struct who who;
	struct addr source;
	uint64_t expires; /* seconds since 1970 */
	/* The client digests answers as Windows does: the request's MAC without its length. It
	 * does so with gss.microsoft.com, and asks TKEY in class IN; nsupdate -o, which asks in
	 * class ANY, says the same algorithm and digests as RFC 8945 has it. */
	bool is_of_windows;
	void *security; /* of the mechanism; the context takes it */
	/* The last token and our answer to it, for a request that is sent again. */
	struct bytes token, answer;
};

/* Adds a context; the caller gets a reference. NULL: the name is in use, and `security` remains the
 * caller's. */
struct gss_context *gss_context_put(struct gss_context_table *, const struct gss_context_made *,
				    uint64_t now);

/* The context with this name; the caller gets a reference. NULL: there is none, or it has expired.
 */
struct gss_context *gss_context_find(struct gss_context_table *, const struct dns_name *key,
				     uint64_t now);

struct gss_context *gss_context_hold(struct gss_context *);
void gss_context_release(struct gss_context *);

/* Removes a context from the table, unless it was removed before. */
void gss_context_remove(struct gss_context_table *, struct gss_context *);

/* Removes all contexts that have expired. */
void gss_context_expire(struct gss_context_table *, uint64_t now);

struct gss_context_counts {
	size_t live;
	uint64_t evicted, expired;
};
void gss_context_counts(struct gss_context_table *, struct gss_context_counts *);

/* Properties of a context, which never change. */
const struct dns_name *gss_context_key(const struct gss_context *);
enum gss_context_algorithm gss_context_algorithm(const struct gss_context *);
struct who gss_context_who(const struct gss_context *);
bool gss_context_is_of_windows(const struct gss_context *);
uint64_t gss_context_expires(const struct gss_context *);
/* Our last token to the client; valid as long as the context. */
struct bytes gss_context_answer(const struct gss_context *);
/* Whether the request with this token, from this host, established the context. */
bool gss_context_is_of(const struct gss_context *, const struct addr *source, struct bytes token);

/* Verify and make a MIC over the pieces, one behind the other. gss_context_sign returns the length;
 * 0: it cannot be made any more. */
bool gss_context_verify(struct gss_context *, const struct bytes *pieces, size_t count,
			struct bytes mic);
size_t gss_context_sign(struct gss_context *, const struct bytes *pieces, size_t count,
			uint8_t mic[GSS_CONTEXT_MIC_MAX]);
