/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Kerberos by GSSAPI, the acceptor's side: a keytab, and tokens of clients to security contexts.
 * The only place that knows GSSAPI and libkrb5.
 *
 * The FILE keytab is copied into one in memory, which costs no lock and no file at each accept, and
 * copied anew when the file changes. Any of its keys will do, so a server may have many names.
 * SPNEGO and raw Kerberos are taken; nothing else (NTLM) is, and nothing without integrity, and
 * nobody anonymous.
 *
 * gss_keytab_renew and gss_accept may wait for a file, and belong to the GSS thread; the
 * facts of a keytab may be asked from any thread. gss_mechanism is what acl/context works with.
 */
#include "acl/gss_context.h"

#define GSS_TEXT_MAX 512

struct gss_keytab;

/* Never NULL: a keytab that cannot be read today may be there tomorrow. */
struct gss_keytab *gss_keytab_new(const char *path);
void gss_keytab_free(struct gss_keytab *);

/* Reads the file if it is not what it was (inode, size, time). True: it was read, or tried. */
bool gss_keytab_renew(struct gss_keytab *);

/* NULL when it is usable; or `out` with what is wrong, as a sentence for the operator. */
const char *gss_keytab_problem(struct gss_keytab *, char out[GSS_TEXT_MAX]);
/* Each principal once. */
void gss_keytab_walk(struct gss_keytab *, void (*each)(void *context, const char *principal),
		     void *context);
/* Whether it has a key of DNS/`host` in any realm: of the principal that clients of a zone whose
 * MNAME is `host` ask a ticket for. */
bool gss_keytab_serves(struct gss_keytab *, const char *host);

/* Why a negotiation failed: constant, word, sentence. */
#define GSS_PROBLEMS(X)                                                                            \
	X(GSS_PROBLEM_KEYTAB, "keytab", "there is no usable keytab")                               \
	X(GSS_PROBLEM_TOKEN, "token", "the token makes no sense")                                  \
	X(GSS_PROBLEM_SERVICE, "service", "the ticket is for a service whose key is not ours")     \
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
	GSS_MADE,    /* `who` has proved it */
	GSS_GOES_ON, /* another round is to come */
	GSS_REFUSED, /* `problem` and `text` say why */
};

#define GSS_ANSWER_MAX 65000 /* a longer token of ours would fit no message */

struct gss_result {
	struct who who;
	uint32_t lifetime; /* of the ticket, seconds */
	enum gss_problem problem;
	char text[GSS_TEXT_MAX]; /* the library's own words */
	uint8_t *answer;         /* our token; to be freed with free(); NULL: none */
	size_t answer_len;
};

/*
 * A client's token. `*security` is NULL at the first round; afterwards it is the context, or NULL
 * when it was refused. Fills the result in any case.
 */
enum gss_outcome gss_accept(struct gss_keytab *, void **security, struct bytes token,
			    struct gss_result *);

extern const struct gss_context_mechanism gss_mechanism;
