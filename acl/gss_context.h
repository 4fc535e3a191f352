/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Security contexts that clients have negotiated (RFC 3645), by the name of their TSIG key: the
 * table that the GSS thread fills and that every reader verifies and signs with.
 *
 * The table is bounded: `total` contexts, `per_principal` of one principal; the one that was used
 * the longest ago gives way. A context ends when it said it would, not before and not later.
 *
 * A context is the only thing that is counted: it must outlive its place in the table
 * while an update of its client is with the writer, whose answer is still to be signed with it.
 * gss_context_find, gss_context_put and gss_context_hold each give a hold; gss_context_release
 * gives it back, and the last one frees. The table is one holder. What was found is not changed but
 * by its own lock.
 *
 * What a context is made of is the mechanism's business (acl/gss.h; a fake one in tests). Any
 * thread; time is an argument, in seconds.
 */
#include "acl/who.h"
#include "base/addr.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "dns/name.h"

#define GSS_CONTEXT_MIC_MAX 64

struct gss_context_mechanism {
	/* Is the MIC right? One that comes again is right, too. */
	bool (*verify)(void *security, struct bytes message, struct bytes mic);
	/* Its length; 0: it cannot be made any more. */
	size_t (*sign)(void *security, struct bytes message, uint8_t mic[GSS_CONTEXT_MIC_MAX]);
	void (*free)(void *security);
};

/* The two names of one algorithm. */
enum gss_context_algorithm { GSS_CONTEXT_TSIG, GSS_CONTEXT_MICROSOFT };

/* False: neither. */
bool gss_context_algorithm_of(const struct dns_name *, enum gss_context_algorithm *);
struct dns_name gss_context_algorithm_name(enum gss_context_algorithm);

struct gss_context;
struct gss_context_table;

struct gss_context_limits {
	size_t total, per_principal;
};

struct gss_context_table *gss_context_table_new(const struct gss_context_limits *,
						const struct gss_context_mechanism *);
/* Contexts that are held live on. */
void gss_context_table_free(struct gss_context_table *);

/* A negotiation that came to its end. */
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
	void *security; /* the context's from now on */
	/* What was negotiated by: the last token, and our answer to it, so that a request that is
	 * sent again hears the same. */
	struct bytes token, answer;
};

/* Takes it in, and holds it for the caller. NULL: the name is in use; `security` stays his. */
struct gss_context *gss_context_put(struct gss_context_table *, const struct gss_context_made *,
				    uint64_t now);

/* NULL: no such context, or its time is over. The caller holds what it gives. */
struct gss_context *gss_context_find(struct gss_context_table *, const struct dns_name *key,
				     uint64_t now);

struct gss_context *gss_context_hold(struct gss_context *);
void gss_context_release(struct gss_context *);

/* Out of the table, if it is still there. */
void gss_context_remove(struct gss_context_table *, struct gss_context *);

/* Drops all whose time is over. */
void gss_context_expire(struct gss_context_table *, uint64_t now);

struct gss_context_counts {
	size_t live;
	uint64_t evicted, expired;
};
void gss_context_counts(struct gss_context_table *, struct gss_context_counts *);

/* Facts of a context, which never change. */
const struct dns_name *gss_context_key(const struct gss_context *);
enum gss_context_algorithm gss_context_algorithm(const struct gss_context *);
struct who gss_context_who(const struct gss_context *);
bool gss_context_is_of_windows(const struct gss_context *);
uint64_t gss_context_expires(const struct gss_context *);
/* Our last token to the client. */
struct bytes gss_context_answer(const struct gss_context *);
/* Whether this very request has made it: the same token from the same host. */
bool gss_context_is_of(const struct gss_context *, const struct addr *source, struct bytes token);

/* Over pieces one after another. */
bool gss_context_verify(struct gss_context *, const struct bytes *pieces, size_t count,
			struct bytes mic);
size_t gss_context_sign(struct gss_context *, const struct bytes *pieces, size_t count,
			uint8_t mic[GSS_CONTEXT_MIC_MAX]);
