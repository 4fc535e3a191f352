/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The acceptor's side of Kerberos by GSSAPI: the keytab, and security contexts from the tokens of
 * clients. GSSAPI and libkrb5 are used here only.
 *
 * The keytab's file is copied to memory, so that an accept needs neither lock nor file, and copied
 * again when it changes. Any key of the keytab is accepted, so a server may have many names. SPNEGO
 * and plain Kerberos are accepted; other mechanisms (NTLM), contexts without integrity and
 * anonymous clients are not.
 *
 * gss_keytab_renew and gss_accept may wait for a file, and are for the GSS thread; the other
 * functions are for any thread. gss_mechanism is for acl/gss_context.h.
 */
#include "acl/gss_context.h"

#define GSS_TEXT_MAX 512

struct gss_keytab;

/* A keytab with this path, which is read by gss_keytab_renew. Never NULL. */
struct gss_keytab *gss_keytab_new(const char *path);
void gss_keytab_free(struct gss_keytab *);

/* Reads the file if its inode, size or time changed. True: it was read, or could not be. */
bool gss_keytab_renew(struct gss_keytab *);

/* When the file that was read last was written, seconds since 1970; 0: there is none. */
uint64_t gss_keytab_time(struct gss_keytab *);
/* NULL if the keytab is usable; otherwise `out`, with a sentence for the operator. */
const char *gss_keytab_problem(struct gss_keytab *, char out[GSS_TEXT_MAX]);
/* Calls `each` for each principal, once. */
void gss_keytab_walk(struct gss_keytab *, void (*each)(void *context, const char *principal),
		     void *context);
/* Whether a key of the keytab is of the realm. */
bool gss_keytab_has_realm(struct gss_keytab *, const char *realm);
/* Whether the keytab has a key of DNS/`host` in any realm. Clients of a zone whose MNAME is `host`
 * ask for a ticket of that principal. */
bool gss_keytab_serves(struct gss_keytab *, const char *host);

/* Why a negotiation failed: constant, word, sentence. */
#define GSS_PROBLEMS(X)                                                                            \
	X(GSS_PROBLEM_KEYTAB, "keytab", "there is no usable keytab")                               \
	X(GSS_PROBLEM_TOKEN, "token", "the token makes no sense")                                  \
	X(GSS_PROBLEM_SERVICE, "service", "the ticket is for a service whose key is not ours")     \
	X(GSS_PROBLEM_VERSION, "version", "the ticket is for a version of our key that we lack")   \
	X(GSS_PROBLEM_EXPIRED, "expired", "the ticket has expired")                                \
	X(GSS_PROBLEM_SKEW, "skew", "the clocks differ too much for Kerberos")                     \
	X(GSS_PROBLEM_MECHANISM, "mechanism", "neither SPNEGO nor Kerberos")                       \
	X(GSS_PROBLEM_INTEGRITY, "integrity", "the context protects no integrity")                 \
	X(GSS_PROBLEM_PRINCIPAL, "principal", "the client's name cannot be a principal")           \
	X(GSS_PROBLEM_REPLAY, "replay", "the token has made a context under another name")         \
	X(GSS_PROBLEM_OTHER, "other", "the library refused it")

enum gss_problem {
#define X(constant, word, sentence) constant,
	GSS_PROBLEMS(X)
#undef X
		GSS_PROBLEM_COUNT
};
const char *gss_problem_word(enum gss_problem);
const char *gss_problem_sentence(enum gss_problem);

enum gss_outcome {
	GSS_MADE,    /* the context is established, with the principal `who` */
	GSS_GOES_ON, /* the client is to send another token */
	GSS_REFUSED, /* `problem` and `text` say why */
};

#define GSS_ANSWER_MAX 65000 /* a longer token of ours would fit no message */

struct gss_result {
	struct who who;
	uint32_t lifetime; /* of the ticket, seconds */
	enum gss_problem problem;
	char text[GSS_TEXT_MAX]; /* the library's own words */
	uint8_t *answer;         /* our token, which the caller frees; NULL: none */
	size_t answer_len;
};

/*
 * Accepts a client's token. `*security` must be NULL in the first round; afterwards it is the
 * context, or NULL if the token was refused. Fills the result in any case.
 */
enum gss_outcome gss_accept(struct gss_keytab *, void **security, struct bytes token,
			    struct gss_result *);

extern const struct gss_context_mechanism gss_mechanism;
