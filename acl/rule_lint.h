/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Finds rules that are valid but probably wrong: a rule that never matches, one to which an earlier
 * rule leaves nothing, one that opens the zone's own records. Pure; any thread.
 */
#include "acl/group.h"
#include "acl/keyring.h"
#include "acl/rule.h"

struct rule_lint {
	const struct dns_name *apex;
	const struct groups *groups; /* NULL: none */
	struct arena *arena;
	/* Called for each finding; the text is in the arena. */
	void (*found)(void *context, unsigned line, const char *text);
	void *context;
	bool ignores_groups; /* it is not known which groups exist */
	/* Whether hosts of a realm are trusted; NULL: not known. `context` is that of `found`. */
	bool (*trusts)(void *context, const char *realm);
	const struct keyring *keys; /* NULL: not known */
	/* Whether a key that is not among these will be; NULL: none will. */
	bool (*has_key)(void *context, const struct dns_name *key);
};

void rules_lint(const struct rules *, const struct rule_lint *);

/* Whether `a` matches all that `b` matches. It may also return false if it does. */
bool rule_covers(const struct rule *a, const struct rule *b);
