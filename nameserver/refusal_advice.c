/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal_advice.h"
#include "base/shellword.h"
#include "dns/type.h"
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
};

struct known {
	const char *code, *right; /* right NULL: none would help */
	enum cure cure;
	const char *text;
};

static const struct known knowns[] = {
	{"mode-none", NULL, CURE_TEXT, "tenurectl zone set * update=secure"},
	{"unsigned", NULL, CURE_TEXT,
	 "sign the request: tenurectl key generate NAME > NAME.key; nsupdate -k NAME.key"},
	{"apex", "write", CURE_RULE, NULL},
	{"static", "write", CURE_TRANSFER, NULL},
	{"foreign", "write", CURE_TRANSFER, NULL},
	{"spared", "write", CURE_TRANSFER, NULL},
	{"taken", "join", CURE_SHARE, NULL},
	{"reserved", "claim", CURE_RULE, NULL},
	{"static-beside", "join", CURE_RULE, NULL},
	{"structure", "claim", CURE_RULE, NULL},
	{"speaks-for", "claim", CURE_RULE, NULL},
	{"clause", "claim", CURE_RULE, NULL},
	{"kept-for", "claim", CURE_KEEP, NULL},
	{"no-rule", "claim", CURE_RULE, NULL},
	{"denied", NULL, CURE_TEXT, "tenurectl zone policy edit *"},
	{"capped", "claim", CURE_TEXT, "tenurectl zone policy edit *"},
	{"many-names", "claim", CURE_TEXT, "tenurectl zone set * max-names=NUMBER"},
	{"many-records", "claim", CURE_TEXT, "tenurectl zone set * max-records=NUMBER"},
	{"badkey", NULL, CURE_TEXT,
	 "the key must be here, and enabled, with the client's algorithm: tenurectl key list"},
	{"badsig", NULL, CURE_TEXT, "compare the secrets: tenurectl key test KEY"},
	{"badtime", NULL, CURE_TEXT, "set the clock that is wrong (chronyc tracking)"},
	{"badtrunc", NULL, CURE_TEXT, "let the client send the whole MAC"},
	{"wrong-zone", NULL, CURE_TEXT,
	 "name the zone that holds the name in the update: nsupdate's `zone`"},
	{"not-zone", NULL, CURE_TEXT,
	 "send one update for each zone: nsupdate's `zone`, and `send` between them"},
	{"form", NULL, CURE_TEXT,
	 "the client builds a wrong message (RFC 2136 2.4, 2.5, 3.2, 3.4.1): update it"},
	{"too-large", NULL, CURE_TEXT, "fewer records of the type at the name"},
	{"in-use", NULL, CURE_HOLDER, NULL},
	{"not-there", NULL, CURE_LOOK, NULL},
	{"frozen", NULL, CURE_TEXT, "tenurectl zone thaw *"},
	{"max-rate", NULL, CURE_TEXT, "tenurectl zone set * max-rate=NUMBER"},
	{NULL, NULL, CURE_NONE, NULL},
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

static const struct known *known_find(const char *code)
{
	const struct known *known = knowns;
	while (known->code && (!code || strcmp(known->code, code) != 0))
		known++;
	return known;
}

/* What a rule would have to give: of other than updates the event says it. */
static const char *right_of_event(const struct refusal_advice *r)
{
	if (r->event && strcmp(r->event, "query-denied") == 0)
		return "query";
	return r->event && strcmp(r->event, "transfer-denied") == 0 ? "transfer" : NULL;
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
	if (right_of_event(r))
		return arena_print(arena,
				   "the rule 'allow %s %s', by: tenurectl zone policy edit %s",
				   r->who, right, advice_name(r->zone, arena));
	/* Whether others hold the name meanwhile is not known: this helps in both cases. */
	if (r->code && strcmp(r->code, "structure") == 0)
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

const char *refusal_word(enum refusal_code refusal)
{
	static const char *const words[] = {
#define X(constant, word) [constant] = word,
		REFUSALS(X)
#undef X
	};
	return words[refusal];
}

const char *refusal_word_of_tsig(unsigned error)
{
	switch (error) {
	case DNS_BADSIG:
		return refusal_word(REFUSAL_BADSIG);
	case DNS_BADTIME:
		return refusal_word(REFUSAL_BADTIME);
	case DNS_BADTRUNC:
		return refusal_word(REFUSAL_BADTRUNC);
	default:
		return refusal_word(REFUSAL_BADKEY);
	}
}

const char *refusal_advice_right(const struct refusal_advice *r, struct arena *arena)
{
	const char *right = right_of_event(r);
	if (!right && r->code && strcmp(r->code, "denied") == 0)
		right = right_of_rule(r->rule, arena);
	if (!right)
		right = known_find(r->code)->right;
	return right ? right : "nothing";
}

const char *refusal_advice_text(const struct refusal_advice *r, struct arena *arena)
{
	const struct known *known = known_find(r->code);
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
	case CURE_NONE:
		break;
	}
	return NULL;
}
