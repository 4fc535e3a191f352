/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/refusal_advice.h"
#include "base/shellword.h"
#include <string.h>

/* What helps. In a text `*` stands for the zone, KEY for the key that signed, NAME for the name,
 * and NUMBER for the value that would do. */
enum cure {
	CURE_NONE,
	CURE_TEXT, /* a sentence: the client must change */
	CURE_COMMAND,
	CURE_RULE,     /* a rule that allows it */
	CURE_TRANSFER, /* the owner gives it away; without an owner, a rule */
	CURE_KEEP,     /* the name is kept for the requester instead */
	CURE_SHARE,    /* the same, or a rule that lets both stand there */
	CURE_HOLDER,   /* the name is freed */
	CURE_LOOK,     /* what is at the name, and was */
	CURE_KEY,      /* the key is made, or enabled */
	CURE_ZONE,     /* another zone is named, or this one is made */
};

struct known {
	enum refusal_code code;
	const char *right; /* NULL: none would help */
	enum cure cure;
	const char *text;
};

static const struct known knowns[] = {
	{REFUSAL_POLICY_MODE_NONE, NULL, CURE_COMMAND, "tenurectl zone set * update=secure"},
	{REFUSAL_POLICY_UNSIGNED, NULL, CURE_COMMAND,
	 "tenurectl key generate NAME > NAME.key; nsupdate -k NAME.key"},
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
	{REFUSAL_POLICY_CUT, "write", CURE_RULE, NULL}, /* that gives what covers the name */
	{REFUSAL_POLICY_CLAUSE, "claim", CURE_RULE, NULL},
	{REFUSAL_POLICY_KEPT_FOR, "claim", CURE_KEEP, NULL},
	{REFUSAL_POLICY_NO_RULE, "claim", CURE_RULE, NULL},
	{REFUSAL_POLICY_DENIED, NULL, CURE_RULE, "tenurectl zone policy edit *"},
	{REFUSAL_POLICY_CAPPED, "claim", CURE_RULE, "tenurectl zone policy edit *"},
	{REFUSAL_POLICY_MANY_NAMES, "claim", CURE_COMMAND, "tenurectl zone set * max-names=NUMBER"},
	{REFUSAL_POLICY_MANY_RECORDS, "claim", CURE_COMMAND,
	 "tenurectl zone set * max-records=NUMBER"},
	{REFUSAL_POLICY_MANY_TYPES, "claim", CURE_COMMAND, "tenurectl zone set * max-types=NUMBER"},
	{REFUSAL_POLICY_MANY_BYTES, "claim", CURE_COMMAND,
	 "tenurectl zone set * max-name-bytes=NUMBER"},
	{REFUSAL_BADKEY, NULL, CURE_KEY, NULL},
	{REFUSAL_BADSIG, NULL, CURE_COMMAND,
	 "tenurectl key export KEY > KEY.key; tenurectl key test KEY"},
	{REFUSAL_BADTIME, NULL, CURE_TEXT,
	 "set the clock that is wrong, the client's or this server's (chronyc tracking, chronyc "
	 "makestep)"},
	{REFUSAL_BADTRUNC, NULL, CURE_TEXT, "let the client send the whole MAC"},
	{REFUSAL_WRONG_ZONE, NULL, CURE_ZONE, NULL},
	{REFUSAL_NOT_ZONE, NULL, CURE_ZONE, NULL},
	{REFUSAL_FORM, NULL, CURE_TEXT,
	 "the client builds a wrong message (RFC 2136 2.4, 2.5, 3.2, 3.4.1): update it"},
	{REFUSAL_TOO_LARGE, NULL, CURE_TEXT, "fewer records of the type at the name"},
	{REFUSAL_HIDDEN, "query", CURE_RULE, NULL},
	{REFUSAL_TOO_MUCH, NULL, CURE_TEXT, "send it as several messages"},
	{REFUSAL_LOG_SHARE, NULL, CURE_COMMAND, "tenurectl audit set principal-size=SIZE"},
	{REFUSAL_IN_USE, NULL, CURE_HOLDER, NULL},
	{REFUSAL_NOT_THERE, NULL, CURE_LOOK, NULL},
	{REFUSAL_WAITING, NULL, CURE_TEXT,
	 "let the client wait for answers; what the writer does: tenurectl stats"},
	{REFUSAL_TABLE_FULL, NULL, CURE_TEXT,
	 "fewer updates of the principal: tenurectl zone set * max-rate=NUMBER"},
	{REFUSAL_IN_DOUBT, NULL, CURE_TEXT,
	 "nothing: the client times out, and signs its request anew"},
	{REFUSAL_FROZEN, NULL, CURE_COMMAND, "tenurectl zone thaw *"},
	{REFUSAL_TOO_FAST, NULL, CURE_COMMAND, "tenurectl zone set * max-rate=NUMBER"},
	{REFUSAL_NO_CODE, NULL, CURE_NONE, NULL},
};

/* Of an unsigned request at a name of which there is a key. */
#define WITH_ITS_KEY "tenurectl key export NAME > NAME.key; nsupdate -k NAME.key"

/* What is said: words before a command, and the command. */
struct step {
	const char *lead;    /* "to let key:web have it"; NULL: none */
	const char *command; /* NULL: the words alone */
	bool is_other;       /* another way than the steps before */
};

#define STEPS_MAX 12

struct steps {
	struct step step[STEPS_MAX];
	size_t count;
};

static void advice_step_add(struct steps *steps, const char *lead, const char *command,
			    bool is_other)
{
	if (steps->count < STEPS_MAX)
		steps->step[steps->count++] = (struct step){lead, command, is_other};
}

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

static bool advice_is_anonymous(const char *principal)
{
	return principal && strcmp(principal, "anonymous") == 0;
}

bool refusal_advice_cut(const char *reason, struct arena *arena, const char **name,
			const char **type)
{
	static const char before[] = "the name lies at or below ";
	if (!reason || strncmp(reason, before, sizeof before - 1) != 0)
		return false;
	const char *at = reason + sizeof before - 1;
	size_t len = strcspn(at, " ");
	*name = arena_text(arena, at, len);
	at += len + (at[len] == ' ');
	*type = arena_text(arena, at, strcspn(at, ", "));
	return **name && **type;
}

const char *refusal_advice_rule(const struct refusal_advice *r, struct arena *arena)
{
	const char *name = r->name, *type = r->type;
	const char *right = refusal_advice_right(r, arena);
	/* Who did not sign is known by the address alone. */
	bool is_by_address = r->from && advice_is_anonymous(r->who);
	const char *from = is_by_address ? arena_print(arena, " from %s", r->from) : "";
	if (right_of_event(r))
		return arena_print(arena, "allow %s %s%s", r->who, right, from);
	enum refusal_code code = refusal_code_parse(r->code);
	/* Whether others hold the name meanwhile is not known: this helps in both cases. */
	if (code == REFUSAL_POLICY_STRUCTURE)
		right = "claim,join";
	/* What the denied rule said of other rights stays. */
	if (code == REFUSAL_POLICY_DENIED && strcmp(right, "nothing") == 0)
		right = "claim,join,write";
	if (code == REFUSAL_POLICY_CUT && !refusal_advice_cut(r->reason, arena, &name, &type)) {
		name = NULL;
		type = "NS";
	}
	if (type && strcmp(type, "ANY") == 0) /* a prerequisite, or a delete, of the whole name */
		type = NULL;
	return arena_print(arena, "allow %s %s at %s.%s%s%s", r->who, right, name ? name : "NAME",
			   type ? " types " : "", type ? type : "", from);
}

static const char *rule_command(const struct refusal_advice *r, struct arena *arena)
{
	return arena_print(arena, "tenurectl zone policy add %s %s",
			   r->zone ? advice_name(r->zone, arena) : "ZONE",
			   shellword(refusal_advice_rule(r, arena), arena));
}

const char *refusal_advice_transfer(const struct refusal_advice *r, struct arena *arena)
{
	return arena_print(arena, "tenurectl owner transfer --from %s --to %s --zone %s --match %s",
			   advice_word(r->owner, arena), advice_word(r->who, arena),
			   advice_word(r->zone, arena), advice_match(r->name, arena));
}

/* What a principal owns in its own name becomes the group's: all of it, which is meant. */
static const char *group_takes(const char *owner, const char *group, struct arena *arena)
{
	return arena_print(arena, "tenurectl owner transfer --from %s --to %s --yes",
			   shellword(owner, arena), shellword(group, arena));
}

static const char *group_joins(const char *group, const char *member, struct arena *arena)
{
	return arena_print(arena, "tenurectl group add %s %s", shellword(group, arena),
			   shellword(member, arena));
}

size_t refusal_advice_group(const struct refusal_advice *r, struct arena *arena,
			    const char *commands[REFUSAL_COMMANDS_MAX])
{
	size_t count = 0;
	if (!r->is_pair || !r->owner)
		return 0;
	bool is_group = r->owner[0] == '@';
	const char *group = is_group ? r->owner : r->owner_group ? r->owner_group : r->who_group;
	if (!group && !r->new_group)
		return 0;
	if (group && r->who_group && strcmp(group, r->who_group) != 0)
		return 0; /* it acts for another group already */
	if (!group) {
		group = r->new_group;
		commands[count++] = arena_print(arena, "tenurectl group create %s --acting %s %s",
						shellword(group, arena), shellword(r->owner, arena),
						shellword(r->who, arena));
	} else if (!r->who_group) {
		commands[count++] = group_joins(group, r->who, arena);
	} else if (!is_group && !r->owner_group) {
		commands[count++] = group_joins(group, r->owner, arena);
	}
	if (!is_group)
		commands[count++] = group_takes(r->owner, group, arena);
	if (!r->who_group)
		commands[count++] = group_takes(r->who, group, arena);
	return count;
}

/* A text with the zone for each `*`, and so on. Never a star: the shell would put names of files
 * there. */
static const char *refusal_advice_fill(const char *text, const struct refusal_advice *r,
				       struct arena *arena)
{
	const struct {
		const char *mark, *value;
	} marks[] = {
		{"*", r->zone ? advice_name(r->zone, arena) : "ZONE"},
		{"KEY", r->key ? advice_name(r->key, arena) : NULL},
		{"NAME", r->name ? advice_name(r->name, arena) : NULL},
		{"NUMBER", r->limit ? arena_print(arena, "%s%u",
						  r->limit_is_of_hosts ? "hosts:" : "", r->limit)
				    : NULL},
	};
	const char *done = "";
	for (;;) {
		const char *at = NULL, *found;
		size_t first = 0;
		for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
			found = marks[i].value ? strstr(text, marks[i].mark) : NULL;
			if (found && (!at || found < at)) {
				at = found;
				first = i;
			}
		}
		if (!at)
			return arena_print(arena, "%s%s", done, text);
		done = arena_print(arena, "%s%.*s%s", done, (int)(at - text), text,
				   marks[first].value);
		text = at + strlen(marks[first].mark);
	}
}

/* --- the steps of each cure */

static void steps_rule(struct steps *steps, const struct refusal_advice *r,
		       const struct known *known, struct arena *arena)
{
	advice_step_add(steps, NULL, rule_command(r, arena), false);
	if (known->text)
		advice_step_add(steps, "or change the rule",
				refusal_advice_fill(known->text, r, arena), true);
}

static void steps_transfer(struct steps *steps, const struct refusal_advice *r,
			   const struct known *known, struct arena *arena)
{
	const char *commands[REFUSAL_COMMANDS_MAX];
	size_t count = refusal_advice_group(r, arena, commands);
	bool is_apex = r->name && r->zone && strcmp(r->name, r->zone) == 0;
	/* Records are not given to whoever did not sign, and a zone's own to nobody. */
	if (!r->owner || advice_is_anonymous(r->who) || (is_apex && count == 0)) {
		advice_step_add(steps, NULL, rule_command(r, arena), false);
		return;
	}
	for (size_t i = 0; i < count; i++)
		advice_step_add(steps, i ? NULL : "to let both serve the same names", commands[i],
				false);
	if (!is_apex)
		advice_step_add(steps, arena_print(arena, "to let %s have it", r->who),
				refusal_advice_transfer(r, arena), count > 0);
	if (known->cure == CURE_SHARE)
		advice_step_add(steps, "to let both stand there", rule_command(r, arena), true);
}

static void steps_keep(struct steps *steps, const struct refusal_advice *r, struct arena *arena)
{
	if (!advice_is_anonymous(r->who))
		advice_step_add(steps, arena_print(arena, "to keep it for %s instead", r->who),
				arena_print(arena, "tenurectl owner reserve %s --for %s --zone %s",
					    advice_name(r->name, arena), advice_word(r->who, arena),
					    advice_word(r->zone, arena)),
				false);
	advice_step_add(steps, "for nobody",
			arena_print(arena, "tenurectl owner release %s",
				    advice_name(arena_print(arena, "%s.", r->name), arena)),
			steps->count > 0);
}

/* The zone's own name is always in use, by its SOA and NS. */
static bool advice_is_in_use_for_ever(const struct refusal_advice *r, bool has_type)
{
	return r->name && r->zone && strcmp(r->name, r->zone) == 0 &&
	       (!has_type || strcmp(r->type, "SOA") == 0 || strcmp(r->type, "NS") == 0);
}

/* Only a name that is free is one that is not in use: whose it is does not matter. */
static void steps_holder(struct steps *steps, const struct refusal_advice *r, struct arena *arena)
{
	const char *name = advice_name(r->name, arena);
	bool has_type = r->type && strcmp(r->type, "ANY") != 0;
	advice_step_add(steps, "see what holds it",
			arena_print(arena, "tenurectl record show %s", name), true);
	if (advice_is_in_use_for_ever(r, has_type))
		return;
	if (r->is_own)
		advice_step_add(steps,
				arena_print(arena,
					    "%s has it itself: a client that meets its own name "
					    "renews it, by a message that wants it to be there",
					    r->who),
				NULL, true);
	advice_step_add(steps,
			r->is_own ? "to free it all the same, until it is restored"
				  : "to free it, until it is restored",
			arena_print(arena, "tenurectl record del %s %s%s%s",
				    r->zone ? advice_name(r->zone, arena) : "ZONE", name,
				    has_type ? " " : "", has_type ? r->type : ""),
			r->is_own);
}

static void steps_look(struct steps *steps, const struct refusal_advice *r, struct arena *arena)
{
	const char *name = advice_name(r->name, arena);
	advice_step_add(steps, "see what the name holds, and when it went",
			arena_print(arena, "tenurectl record show %s", name), true);
	advice_step_add(steps, NULL, arena_print(arena, "tenurectl history %s", name), true);
}

static void steps_key(struct steps *steps, const struct refusal_advice *r, struct arena *arena)
{
	const char *key = r->key ? advice_name(r->key, arena) : "KEY";
	switch (r->key_is) {
	case REFUSAL_KEY_DISABLED:
		advice_step_add(steps, "the key is disabled",
				arena_print(arena, "tenurectl key enable %s", key), false);
		return;
	case REFUSAL_KEY_MISSING:
		advice_step_add(steps, "there is no such key; to make it, for the client to use",
				arena_print(arena, "tenurectl key generate %s > %s.key", key, key),
				false);
		advice_step_add(steps, "or take the client's",
				arena_print(arena, "tenurectl key import %s.key", key), true);
		return;
	case REFUSAL_KEY_HERE:
		advice_step_add(
			steps,
			"the key is here: the client must use it with the algorithm that it has",
			"tenurectl key list", true);
		return;
	case REFUSAL_KEY_UNKNOWN:
		break;
	}
	advice_step_add(steps, "the key must be here, and enabled, with the client's algorithm",
			"tenurectl key list", true);
}

static void steps_zone(struct steps *steps, const struct refusal_advice *r, struct arena *arena)
{
	bool is_wrong = refusal_code_parse(r->code) == REFUSAL_WRONG_ZONE;
	if (r->near_zone)
		advice_step_add(
			steps,
			arena_print(arena,
				    "let the client name the zone %s in the update: nsupdate's "
				    "`zone %s`%s",
				    r->near_zone, r->near_zone,
				    is_wrong ? "" : ", and one `send` for each zone"),
			NULL, true);
	else if (is_wrong)
		advice_step_add(steps,
				"let the client name a zone that is here (tenurectl zone list)",
				NULL, true);
	else
		advice_step_add(
			steps,
			"send one update for each zone: nsupdate's `zone`, and `send` between "
			"them",
			NULL, true);
	if (is_wrong && !r->near_zone && r->zone)
		advice_step_add(steps, "or make it",
				arena_print(arena, "tenurectl zone add %s update=secure",
					    advice_name(r->zone, arena)),
				false);
}

/* Who signs with a new key is somebody else than who has the name. */
static void steps_then(struct steps *steps, const struct refusal_advice *r, struct arena *arena)
{
	const char *lead = "and, for that key";
	if (r->holder)
		lead = arena_print(arena, "and, since %s has the name", r->holder);
	for (size_t i = 0; i < r->then_count; i++)
		advice_step_add(steps, i ? NULL : lead, r->then[i], false);
}

static void steps_command(struct steps *steps, const struct refusal_advice *r,
			  const struct known *known, struct arena *arena)
{
	bool is_unsigned = known->code == REFUSAL_POLICY_UNSIGNED;
	const char *text = is_unsigned && r->has_name_key ? WITH_ITS_KEY : known->text, *next;
	const char *signs = "sign the request";
	if (r->holder)
		signs = arena_print(arena,
				    "sign the request, as %s, which has the name, or with a key "
				    "of its own",
				    r->holder);
	const char *lead = is_unsigned ? signs
			   : known->code == REFUSAL_BADSIG
				   ? "give the client the secret of the key, or compare the two"
				   : NULL;
	while (text) {
		next = strstr(text, "; ");
		size_t len = next ? (size_t)(next - text) : strlen(text);
		advice_step_add(steps, lead,
				refusal_advice_fill(arena_text(arena, text, len), r, arena),
				steps->count > 0 || known->code == REFUSAL_LOG_SHARE);
		lead = NULL;
		text = next ? next + strlen("; ") : NULL;
	}
	if (is_unsigned)
		steps_then(steps, r, arena);
}

static void steps_of(struct steps *steps, const struct refusal_advice *r, struct arena *arena)
{
	const struct known *known = known_find(r);
	steps->count = 0;
	switch (known->cure) {
	case CURE_TEXT:
		advice_step_add(steps, refusal_advice_fill(known->text, r, arena), NULL, true);
		break;
	case CURE_COMMAND:
		steps_command(steps, r, known, arena);
		break;
	case CURE_RULE:
		steps_rule(steps, r, known, arena);
		break;
	case CURE_TRANSFER:
	case CURE_SHARE:
		steps_transfer(steps, r, known, arena);
		break;
	case CURE_KEEP:
		steps_keep(steps, r, arena);
		break;
	case CURE_HOLDER:
		steps_holder(steps, r, arena);
		break;
	case CURE_LOOK:
		steps_look(steps, r, arena);
		break;
	case CURE_KEY:
		steps_key(steps, r, arena);
		break;
	case CURE_ZONE:
		steps_zone(steps, r, arena);
		break;
	case CURE_NONE:
		break;
	}
}

const char *refusal_advice_right(const struct refusal_advice *r, struct arena *arena)
{
	const char *right = right_of_event(r);
	if (!right && refusal_code_parse(r->code) == REFUSAL_POLICY_DENIED)
		right = r->right ? r->right : right_of_rule(r->rule, arena);
	if (!right)
		right = known_find(r)->right;
	return right ? right : "nothing";
}

const char *refusal_advice_text(const struct refusal_advice *r, struct arena *arena)
{
	struct steps steps;
	const char *text = NULL;
	steps_of(&steps, r, arena);
	for (size_t i = 0; i < steps.count; i++) {
		const struct step *step = &steps.step[i];
		bool has_both = step->lead && step->command;
		text = arena_print(arena, "%s%s%s%s%s", text ? text : "", text ? "; " : "",
				   step->lead ? step->lead : "", has_both ? ": " : "",
				   step->command ? step->command : "");
	}
	return text;
}

size_t refusal_advice_commands(const struct refusal_advice *r, struct arena *arena,
			       const char *commands[REFUSAL_COMMANDS_MAX])
{
	struct steps steps;
	size_t count = 0;
	steps_of(&steps, r, arena);
	for (size_t i = 0; i < steps.count; i++)
		if (steps.step[i].command && !steps.step[i].is_other &&
		    count < REFUSAL_COMMANDS_MAX)
			commands[count++] = steps.step[i].command;
	return count;
}
