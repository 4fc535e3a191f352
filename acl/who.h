/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A principal: who a request proved to be, as a text value that is copied by `=`.
 *
 *      key:kea-ddns                     a TSIG key: its name in lower case, no final dot
 *      gss:host/web1.corp.example@R     a GSS-TSIG context: the initiator's display name
 *      anonymous                        an unsigned request
 *      local:root                       the control socket's peer
 *      system:scavenger                 the server itself
 *
 * The text is the identity: two principals are the same when their texts are. It holds no white
 * space and no control bytes, so it is one word in logs, rules and tables. A name that does not fit
 * is nobody's: the longest text is a key of the store (STORE_KEY_MAX) with a byte before it.
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
 * Reads a principal as a human or the store writes it; a key's name becomes canonical. NULL, or
 * what is wrong with it (a constant phrase).
 */
const char *who_parse(struct who *, const char *text);

struct who who_anonymous(void);
/* The same in place. Bytes behind the text stay as they are. */
void who_set_anonymous(struct who *);

/* False: the key's name is too long for a principal (only names of many escaped bytes are). */
bool who_of_key(struct who *, const struct dns_name *key);

/* `user` is a login name, `part` a word of ours; both short. False: not such a word. */
bool who_of_local(struct who *, const char *user);
bool who_of_system(struct who *, const char *part);

bool who_equal(const struct who *, const struct who *);

/* Proved by cryptography: a key or a GSS context (the policy's word `authenticated`). */
bool who_is_authenticated(const struct who *);

/* An administrator at the control socket, or the server itself: policy does not bind them. */
bool who_is_house(const struct who *);

/*
 * The domain name that is the principal's own, for `self`: `key:web1.corp.example` and
 * `gss:host/web1.corp.example@R` -> web1.corp.example; `gss:WEB1$@CORP.EXAMPLE` ->
 * web1.corp.example. False: it has none.
 */
bool who_own_name(const struct who *, struct dns_name *);
