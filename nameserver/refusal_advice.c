/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal_advice.h"
#include "base/shellword.h"
#include <string.h>

/* What helps. `*` in a text stands for the zone. */
enum cure {
	CURE_NONE,
	CURE_TEXT,
	CURE_RULE,     /* a rule that allows it */
	CURE_TRANSFER, /* the owner gives it away; without an owner, a rule */
	CURE_KEEP,     /* the name is kept for the requester instead */
	CURE_SHARE,    /* the same, or a rule that lets both stand there */
	CURE_HOLDER,   /* the owner gives the name away, or it is freed */
	CURE_LOOK,     /* what is at the name, and was */
	CURE_CUT,      /* a rule that gives the delegation or DNAME above the name */
};

struct known {
	enum refusal_code code;
	const char *right; /* NULL: none would help */
	enum cure cure;
	const char *text;
};

static const struct known knowns[] = {
	{REFUSAL_POLICY_MODE_NONE, NULL, CURE_TEXT, "tenurectl zone set * update=secure"},
	{REFUSAL_POLICY_UNSIGNED, NULL, CURE_TEXT,
	 "sign the request: tenurectl key generate NAME > NAME.key; nsupdate -k NAME.key"},
	{REFUSAL_POLICY_APEX, "write", CURE_RULE, NULL},
	{REFUSAL_POLICY_IS_STATIC, "write", CURE_TRANSFER, NULL},
	{REFUSAL_POLICY_FOREIGN, "write", CURE_TRANSFER, NULL},
	{REFUSAL_SPARED, "write", CURE_TRANSFER, NULL},
	{REFUSAL_POLICY_TAKEN, "join", CURE_SHARE, NULL},
	{REFUSAL_POLICY_RESERVED, "claim", CURE_RULE, NULL},
	{REFUSAL_POLICY_BESIDE_STATIC, "join", CURE_RULE, NULL},
	{REFUSAL_POLICY_STRUCTURE, "claim", CURE_RULE, NULL},
	{REFUSAL_POLICY_SPEAKS, "claim", CURE_RULE, NULL},
	{REFUSAL_POLICY_CHILD, "write", CURE_RULE, NULL},
	{REFUSAL_POLICY_CUT, "write", CURE_CUT, NULL},
	{REFUSAL_POLICY_CLAUSE, "claim", CURE_RULE, NULL},
	{REFUSAL_POLICY_KEPT_FOR, "claim", CURE_KEEP, NULL},
	{REFUSAL_POLICY_NO_RULE, "claim", CURE_RULE, NULL},
	{REFUSAL_POLICY_DENIED, NULL, CURE_TEXT, "tenurectl zone policy edit *"},
	{REFUSAL_POLICY_CAPPED, "claim", CURE_TEXT, "tenurectl zone policy edit *"},
	{REFUSAL_POLICY_MANY_NAMES, "claim", CURE_TEXT, "tenurectl zone set * max-names=NUMBER"},
	{REFUSAL_POLICY_MANY_RECORDS, "claim", CURE_TEXT,
	 "tenurectl zone set * max-records=NUMBER"},
	{REFUSAL_BADKEY, NULL, CURE_TEXT,
	 "the key must be here, and enabled, with the client's algorithm: tenurectl key list"},
	{REFUSAL_BADSIG, NULL, CURE_TEXT, "compare the secrets: tenurectl key test KEY"},
	{REFUSAL_BADTIME, NULL, CURE_TEXT, "set the clock that is wrong (chronyc tracking)"},
	{REFUSAL_BADTRUNC, NULL, CURE_TEXT, "let the client send the whole MAC"},
	{REFUSAL_WRONG_ZONE, NULL, CURE_TEXT,
	 "name the zone that holds the name in the update: nsupdate's `zone`"},
	{REFUSAL_NOT_ZONE, NULL, CURE_TEXT,
	 "send one update for each zone: nsupdate's `zone`, and `send` between them"},
	{REFUSAL_FORM, NULL, CURE_TEXT,
	 "the client builds a wrong message (RFC 2136 2.4, 2.5, 3.2, 3.4.1): update it"},
	{REFUSAL_TOO_LARGE, NULL, CURE_TEXT, "fewer records of the type at the name"},
	{REFUSAL_HIDDEN, "query", CURE_RULE, NULL},
	{REFUSAL_IN_USE, NULL, CURE_HOLDER, NULL},
	{REFUSAL_NOT_THERE, NULL, CURE_LOOK, NULL},
	{REFUSAL_FROZEN, NULL, CURE_TEXT, "tenurectl zone thaw *"},
	{REFUSAL_TOO_FAST, NULL, CURE_TEXT, "tenurectl zone set * max-rate=NUMBER"},
	{REFUSAL_WAITING, NULL, CURE_TEXT,
	 "let the client wait for answers; what the writer does: tenurectl stats"},
	{REFUSAL_TABLE_FULL, NULL, CURE_TEXT,
	 "fewer updates of the principal: tenurectl zone set * max-rate=NUMBER"},
	{REFUSAL_IN_DOUBT, NULL, CURE_TEXT,
	 "nothing: the client times out, and signs its request anew"},
	{REFUSAL_NO_CODE, NULL, CURE_NONE, NULL},
};

/* For a command that is pasted into a shell; what is not known is for the reader to fill in. */
static const char *advice_word(const char *text, struct arena *arena)
{
	return text ? shellword(text, arena) : "...";
}

/* The same of a name that is a word of the command, and no option's value. */
static const char *advice_name(const char *text, struct arena *arena)
{
	return text ? shellword_name(text, arena) : "...";
}

/* A pattern that matches this name alone: the star of a wildcard is no star of the pattern. */
static const char *advice_match(const char *name, struct arena *arena)
{
	size_t len = 0;
	if (!name)
		return "...";
	char *pattern = arena_alloc(arena, 4 * strlen(name) + 1);
	for (; *name; name++) {
		size_t is_star = *name == '*';
		memcpy(pattern + len, is_star ? "\\042" : name, is_star ? 4 : 1);
		len += is_star ? 4 : 1;
	}
	pattern[len] = '\0';
	return shellword(pattern, arena);
}

static const struct known *known_find(const struct refusal_advice *r)
{
	const struct known *known = knowns;
	enum refusal_code code = refusal_code_parse(r->code);
	while (known->code != REFUSAL_NO_CODE && known->code != code)
		known++;
	return known;
}

/* What a rule would have to give: of other than updates the event says it. */
static const char *right_of_event(const struct refusal_advice *r)
{
	if (r->event == EVENT_QUERY_DENIED)
		return "query";
	return r->event == EVENT_TRANSFER_DENIED ? "transfer" : NULL;
}

/* "line 3: deny WHO RIGHTS ...": the third word behind the colon. */
static const char *right_of_rule(const char *rule, struct arena *arena)
{
	const char *at = rule ? strstr(rule, ": ") : NULL;
	if (!at)
		return NULL;
	at += strlen(": ");
	for (int i = 0; i < 2; i++) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	size_t len = strcspn(at, " ");
	return len ? arena_text(arena, at, len) : NULL;
}

static const char *rule_text(const struct refusal_advice *r, struct arena *arena)
{
	const char *right = refusal_advice_right(r, arena);
	/* Who did not sign is known by the address alone. */
	bool is_by_address = r->from && strcmp(r->who, "anonymous") == 0;
	if (right_of_event(r))
		return arena_print(arena,
				   "the rule 'allow %s %s%s%s', by: tenurectl zone policy edit %s",
				   r->who, right, is_by_address ? " from " : "",
				   is_by_address ? r->from : "", advice_name(r->zone, arena));
	/* Whether others hold the name meanwhile is not known: this helps in both cases. */
	if (refusal_code_parse(r->code) == REFUSAL_POLICY_STRUCTURE)
		right = "claim,join";
	return arena_print(arena,
			   "the rule 'allow %s %s at %s.%s%s', by: tenurectl zone policy edit %s",
			   r->who, right, r->name, r->type ? " types " : "", r->type ? r->type : "",
			   advice_name(r->zone, arena));
}

static const char *transfer_text(const struct refusal_advice *r, struct arena *arena)
{
	return arena_print(arena,
			   "to let %s have it: tenurectl owner transfer --from %s --to %s --zone "
			   "%s --match %s",
			   r->who, advice_word(r->owner, arena), advice_word(r->who, arena),
			   advice_word(r->zone, arena), advice_match(r->name, arena));
}

/* A text with the zone for each `*`; of KEY, the key that signed. */
static const char *refusal_advice_fill(const char *text, const struct refusal_advice *r,
				       struct arena *arena)
{
	const char *star = strchr(text, '*'), *key = strstr(text, "KEY");
	/* Never a star: the shell would put names of files there. */
	if (star)
		return arena_print(arena, "%.*s%s%s", (int)(star - text), text,
				   r->zone ? advice_name(r->zone, arena) : "ZONE", star + 1);
	if (key && r->key)
		return arena_print(arena, "%.*s%s", (int)(key - text), text,
				   advice_name(r->key, arena));
	return text;
}

const char *refusal_advice_right(const struct refusal_advice *r, struct arena *arena)
{
	const char *right = right_of_event(r);
	if (!right && refusal_code_parse(r->code) == REFUSAL_POLICY_DENIED)
		right = right_of_rule(r->rule, arena);
	if (!right)
		right = known_find(r)->right;
	return right ? right : "nothing";
}

const char *refusal_advice_text(const struct refusal_advice *r, struct arena *arena)
{
	const struct known *known = known_find(r);
	switch (known->cure) {
	case CURE_TEXT:
		return refusal_advice_fill(known->text, r, arena);
	case CURE_TRANSFER:
		return r->owner ? transfer_text(r, arena) : rule_text(r, arena);
	case CURE_SHARE:
		if (!r->owner)
			return rule_text(r, arena);
		return arena_print(arena, "%s; to let both stand there: %s",
				   transfer_text(r, arena), rule_text(r, arena));
	case CURE_RULE:
		return rule_text(r, arena);
	case CURE_HOLDER:
		if (r->owner)
			return transfer_text(r, arena);
		return arena_print(arena, "see what holds it: tenurectl record show %s",
				   advice_name(r->name, arena));
	case CURE_KEEP:
		return arena_print(arena,
				   "to keep it for %s instead: tenurectl owner reserve %s --for %s "
				   "--zone %s; for nobody: tenurectl owner release %s",
				   r->who, advice_name(r->name, arena), advice_word(r->who, arena),
				   advice_word(r->zone, arena),
				   advice_name(arena_print(arena, "%s.", r->name), arena));
	case CURE_LOOK:
		return arena_print(arena,
				   "see what the name holds, and when it went: tenurectl record "
				   "show %s; tenurectl history %s",
				   advice_name(r->name, arena), advice_name(r->name, arena));
	case CURE_CUT:
		return arena_print(arena,
				   "the rule 'allow %s write at NAME types NS' (or DNAME) with the "
				   "name that covers this one, by: tenurectl zone policy edit %s",
				   r->who, advice_name(r->zone, arena));
	case CURE_NONE:
		break;
	}
	return NULL;
}
