/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A principal, the identity of the sender of a request, as a text value that is copied by `=`.
 *
 *      key:kea-ddns                     a TSIG key: its name in lower case, no final dot
 *      gss:host/web1.corp.example@R     a GSS-TSIG context: the initiator's display name
 *      anonymous                        an unsigned request
 *      local:root                       the control socket's peer
 *      system:scavenger                 the server itself
 *
 * The text is the identity: two principals are the same when their texts are. It holds no white
 * space and no control bytes, so it is one word in logs, rules and tables. A name that does not fit
 * makes no principal: the longest text, with a byte before it, is a key of the store
 * (STORE_ROW_KEY_MAX).
 *
 * Pure; any thread.
 */
#include "dns/name.h"
#include <stdbool.h>
#include <stddef.h>

#define WHO_TEXT_MAX 500 /* with the NUL */

enum who_kind { WHO_ANONYMOUS, WHO_KEY, WHO_GSS, WHO_LOCAL, WHO_SYSTEM };

struct who {
	enum who_kind kind;
	char text[WHO_TEXT_MAX];
};

/*
 * Parses a principal from an administrator or the store; the name of a key becomes canonical.
 * Returns NULL, or what is wrong, a constant phrase.
 */
const char *who_parse(struct who *, const char *text);

struct who who_anonymous(void);
/* Sets a principal to anonymous. Bytes behind the text stay as they are. */
void who_set_anonymous(struct who *);

/* The principal of a key. False: the key's name, of many escaped bytes, is too long. */
bool who_of_key(struct who *, const struct dns_name *key);

/* The principals of a user (local:) and of a part of the server (system:). False: the name is no
 * such word. */
bool who_of_local(struct who *, const char *user);
bool who_of_system(struct who *, const char *part);

bool who_equal(const struct who *, const struct who *);

/* Whether it is a key or a GSS context, `authenticated` in rules. */
bool who_is_authenticated(const struct who *);

/* Whether it is an administrator or the server itself, which the policy does not bind. */
bool who_is_unbound(const struct who *);

/* Whether it is of a host's form: `gss:host/...` or `gss:NAME$@REALM`, of any realm. */
bool who_is_host(const struct who *);

/*
 * The principal's own domain name, for `self` in rules: of `key:web1.corp.example` and
 * `gss:host/web1.corp.example@R` -> web1.corp.example; `gss:WEB1$@CORP.EXAMPLE` ->
 * web1.corp.example. False: it has none.
 */
bool who_own_name(const struct who *, struct dns_name *);

/* The own name of a principal whose realm has hosts under `suffix`: of `gss:WEB1$@R` web1.SUFFIX,
 * of `gss:host/FQDN@R` FQDN, if it lies there. False: it has none. */
bool who_own_name_under(const struct who *, const struct dns_name *suffix, struct dns_name *);

/* The realm of a Kerberos principal: what stands behind the last `@` that Kerberos did not escape
 * (RFC 1964 2.1.1). NULL: it is none, or its name has no realm. */
const char *who_realm(const struct who *);
