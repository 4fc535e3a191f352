/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/topic.h"
#include "ctl/screen.h"
#include "ctl/setting_help.h"
#include "ctl/topic_refusal.h"
#include <string.h>

#define TOPIC_LEFT 29
#define TOPIC_TEXT 512

struct topic {
	const char *word, *help;
	const struct words_option *lines; /* name, and what is said of it; ended by a NULL name */
	const char *more;                 /* the page that says all */
};

/* clang-format off */
static const struct words_option time_lines[] = {
	{"7d, 168h, 90m, 30s, 1d12h", NULL, "durations; a number without a unit is refused"},
	{"2026-01-05T09:00:00Z", NULL, "a moment; a blank may stand for T; UTC without an offset"},
	{"14:00+01:00", NULL, "with an offset; the day is today"},
	{"now, today, yesterday 14:00", NULL, "words; days begin at 00:00 UTC"},
	{"2h, 2h ago", NULL, "so long ago; of `scavenge plan --at`, which looks ahead, in so long"},
	{"3d2h", NULL, "an age in a table has its two largest units; JSON has seconds"},
	{0},
};
static const struct words_option principal_lines[] = {
	{"key:NAME", NULL, "who signs by the TSIG key of that name"},
	{"gss:NAME@REALM", NULL, "who proved by Kerberos to be that, as gss:WEB1$@CORP.EXAMPLE"},
	{"anonymous", NULL, "who does not sign"},
	{"local:USER", NULL, "who uses tenurectl; behind sudo, who logged in"},
	{"system:PART", NULL, "the server itself, as system:scavenger"},
	{"@GROUP", NULL, "a group; an acting one owns what its members register"},
	{0},
};
static const struct words_option class_lines[] = {
	{"static", NULL, "made by an administrator or a file; does not age; updates need a rule"},
	{"dynamic", NULL, "registered by its owner, who refreshes it; ages where the zone does"},
	{"pinned", NULL, "its owner's, but it does not age (`record pin`, a rule's `class pinned`)"},
	{0},
};
static const struct words_option role_lines[] = {
	{"read", NULL, "looks: help desk, auditors"},
	{"operate", NULL, "and changes records and owners, runs, freezes, undoes"},
	{"admin", NULL, "and all else: zones, rules, groups, keys, the server"},
	{"metrics", NULL, "reads the counters alone: tenure-exporter"},
	{"read of ZONE, ...", NULL, "read and operate may be of listed zones (`roles` in tenured.yaml(5))"},
	{0},
};
static const struct words_option rule_lines[] = {
	{"allow|deny WHO RIGHT,...", NULL, "the first rule that matches decides"},
	{"[at NAME | under NAME | self ...]", NULL, "which names; none: the whole zone"},
	{"[types T[(N)],...]", NULL, "which types, and how many records of each"},
	{"[class dynamic|pinned|static]", NULL, "what the records become"},
	{"[from PREFIX,...] [over WHOM]", NULL, "from which addresses; over whose records"},
	{"claim", NULL, "make records at a name that is free"},
	{"join", NULL, "make records beside those of others"},
	{"write", NULL, "change and delete what others own; it stays theirs"},
	{"takeover", NULL, "the same, and it becomes the requester's"},
	{"query, transfer", NULL, "ask; transfer the zone"},
	{0},
};
static const struct words_option exit_lines[] = {
	{"0", NULL, "it was done"},
	{"1", NULL, "it was understood, and could not be done"},
	{"2", NULL, "the words make no sense"},
	{"3", NULL, "you may not, or it has to be meant (--yes)"},
	{"4", NULL, "there is no such zone, name, key, group or entry"},
	{"5", NULL, "no server answered"},
	{"6", NULL, "there was nothing to do"},
	{0},
};

static const struct topic topics[] = {
	{"settings", "every setting, with its values and what it is unless set", NULL, NULL},
	{"refusals", "every reason why something is refused", NULL, "tenure-policy(5)"},
	{"rules", "what a rule of a zone looks like", rule_lines, "tenure-policy(5)"},
	{"principals", "how who did something is written", principal_lines, "tenure-policy(5)"},
	{"classes", "how records age, and who may change them", class_lines, "tenure-policy(5)"},
	{"roles", "who may use which command", role_lines, "tenurectl(8), ROLES"},
	{"times", "how times and durations are written", time_lines, "tenurectl(8)"},
	{"exit-codes", "what tenurectl's exit codes mean", exit_lines, "tenurectl(8)"},
	{0},
};
/* clang-format on */

/* The commands that take settings; zone add takes those of zone set. */
static const char *const setting_commands[] = {"zone set", "scavenge set", "audit set", "group set",
					       "server set"};

#define SETTING_COMMANDS (sizeof setting_commands / sizeof *setting_commands)

/* --- settings */

void topic_settings_of(FILE *out, const char *command)
{
	char left[TOPIC_TEXT], right[TOPIC_TEXT];
	for (const struct words_option *s = setting_help(command); s && s->name; s++) {
		snprintf(left, sizeof left, "%s=%s", s->name, s->value);
		const char *otherwise = setting_default(s->name);
		snprintf(right, sizeof right, "%s%s%s%s", s->help, otherwise ? " (default: " : "",
			 otherwise ? otherwise : "", otherwise ? ")" : "");
		screen_pair(out, TOPIC_LEFT, left, right);
	}
}

static void topic_settings(FILE *out)
{
	for (size_t i = 0; i < SETTING_COMMANDS; i++) {
		fprintf(out, "%stenurectl %s:\n", i ? "\n" : "", setting_commands[i]);
		topic_settings_of(out, setting_commands[i]);
	}
	fprintf(out, "\n`tenurectl help SETTING` says how to set one, tenurectl(8) more.\n");
}

/* How one is set: an example's words. */
static const char *topic_setting_words(const char *command)
{
	if (strcmp(command, "zone set") == 0)
		return "zone set ZONE";
	return strcmp(command, "group set") == 0 ? "group set @GROUP" : command;
}

static bool topic_setting(FILE *out, const char *word)
{
	bool is_found = false;
	for (size_t i = 0; i < SETTING_COMMANDS; i++) {
		for (const struct words_option *s = setting_help(setting_commands[i]); s->name;
		     s++) {
			if (strcmp(s->name, word) != 0)
				continue;
			const char *otherwise = setting_default(word);
			fprintf(out, "%s: %s\n\nvalues:   %s\ndefault:  %s\n", word, s->help,
				s->value, otherwise ? otherwise : "none");
			fprintf(out, "set by:   tenurectl %s %s=%s\n",
				topic_setting_words(setting_commands[i]), word,
				otherwise ? otherwise : "VALUE");
			is_found = true;
		}
	}
	return is_found;
}

/* --- refusals */

static void topic_refusal_list(FILE *out)
{
	for (int allowed = 0; allowed <= 1; allowed++) {
		fprintf(out, "%s\n", allowed ? "\nwhy something is allowed:" : "refused because:");
		for (const struct topic_refusal *r = topic_refusals; r->word; r++)
			if (r->is_allowed == allowed)
				screen_pair(out, TOPIC_LEFT / 2, r->word, r->means);
	}
	fprintf(out,
		"\n`tenurectl help WORD` says what helps; `tenurectl why --last NAME` has the\n"
		"latest refusals about a name with the commands that would mend each.\n");
}

static bool topic_refusal_one(FILE *out, const char *word, bool is_second)
{
	for (const struct topic_refusal *r = topic_refusals; r->word; r++) {
		if (strcmp(r->word, word) != 0)
			continue;
		fprintf(out, "%s%s: a reason why something is %s\n\n", is_second ? "\n" : "", word,
			r->is_allowed ? "allowed" : "refused");
		screen_pair(out, 6, "means", r->means);
		if (r->helps)
			screen_pair(out, 6, "helps", r->helps);
		return true;
	}
	return false;
}

/* --- all */

bool topic_help(FILE *out, const char *word)
{
	for (const struct topic *t = topics; t->word; t++) {
		if (strcmp(t->word, word) != 0)
			continue;
		if (strcmp(word, "settings") == 0)
			topic_settings(out);
		else if (strcmp(word, "refusals") == 0)
			topic_refusal_list(out);
		else
			fprintf(out, "%s: %s\n\n", word, t->help);
		for (const struct words_option *line = t->lines; line && line->name; line++)
			screen_pair(out, TOPIC_LEFT, line->name, line->help);
		if (t->more)
			fprintf(out, "\nSee %s.\n", t->more);
		return true;
	}
	/* max-rate is both. */
	bool is_setting = topic_setting(out, word);
	return topic_refusal_one(out, word, is_setting) || is_setting;
}

void topic_list(FILE *out)
{
	fprintf(out, "\ntopics (tenurectl help TOPIC, or a setting, or the word of a refusal):\n");
	for (const struct topic *t = topics; t->word; t++)
		screen_pair(out, TOPIC_LEFT / 2 + 4, t->word, t->help);
}

void topic_walk(void (*each)(void *context, const char *word, const char *help), void *context)
{
	for (const struct topic *t = topics; t->word; t++)
		each(context, t->word, t->help);
	for (size_t i = 0; i < SETTING_COMMANDS; i++)
		for (const struct words_option *s = setting_help(setting_commands[i]); s->name; s++)
			each(context, s->name, s->help);
	for (const struct topic_refusal *r = topic_refusals; r->word; r++)
		each(context, r->word, r->means);
}

struct topic_look {
	const char *word;
	bool is_found;
};

static void topic_look(void *context, const char *word, const char *help)
{
	struct topic_look *look = context;
	(void)help;
	look->is_found = look->is_found || strcmp(look->word, word) == 0;
}

bool topic_is(const char *word)
{
	struct topic_look look = {.word = word};
	topic_walk(topic_look, &look);
	return look.is_found;
}
