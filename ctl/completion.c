/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/completion.h"
#include "ctl/columns.h"
#include "ctl/setting_help.h"
#include "ctl/topic.h"
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVER_SECONDS 1
#define PLACE_MAX      96
#define PREFIX_MAX     512

/* What stands before the word that is to be completed. */
struct completion {
	char **argv; /* all words */
	int argc;
	const char *partial;
	char prefix[PREFIX_MAX]; /* goes before what is offered: "update=", or "" */
	const char *noun;
	const struct ctl_command *command; /* NULL: not known yet */
	bool is_whole;                     /* the command has all of its words */
	size_t place;                      /* how many of the command's own words there are */
	const struct words_option *open;   /* its value comes next */
	const char *socket, *data;
};

/* --- finding */

struct completion_search {
	const char *words;
	const struct ctl_command *found;
};

static void completion_compare(void *context, const struct ctl_command *command)
{
	struct completion_search *search = context;
	if (strcmp(command->words, search->words) == 0)
		search->found = command;
}

static const struct ctl_command *completion_find(const char *noun, const char *second)
{
	char words[PLACE_MAX];
	struct completion_search search = {.words = words};
	snprintf(words, sizeof words, "%s%s%s", noun, second ? " " : "", second ? second : "");
	ctl_walk(completion_compare, &search);
	return search.found;
}

/* The option that `word` is, also as "--name=value"; NULL: none. */
static const struct words_option *completion_option(const struct completion *c, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct words_option *o = c->command ? c->command->options : ctl_global_options;
	for (; o->name; o++)
		if (strlen(o->name) == len && strncmp(o->name, word, len) == 0)
			return o;
	return NULL;
}

/* --- the words before */

static void completion_note_value(struct completion *c, const struct words_option *o,
				  const char *value)
{
	if (strcmp(o->name, "--socket") == 0)
		c->socket = value;
	else if (strcmp(o->name, "--data") == 0)
		c->data = value;
}

static void completion_take_option(struct completion *c, const char *word)
{
	const struct words_option *o = completion_option(c, word);
	const char *sign = strchr(word, '=');
	if (o && o->value && sign)
		completion_note_value(c, o, sign + 1);
	else if (o && o->value)
		c->open = o;
}

static void completion_take_word(struct completion *c, const char *word)
{
	if (!c->noun) {
		c->noun = word;
		c->command = completion_find(word, NULL);
		return;
	}
	const struct ctl_command *whole =
		c->is_whole || c->place > 0 ? NULL : completion_find(c->noun, word);
	if (whole) {
		c->command = whole;
		c->is_whole = true;
	} else {
		c->place++;
	}
}

static void completion_take(struct completion *c, const char *word)
{
	if (c->open) {
		completion_note_value(c, c->open, word);
		c->open = NULL;
	} else if (strncmp(word, "--", 2) == 0) {
		completion_take_option(c, word);
	} else {
		completion_take_word(c, word);
	}
}

/* Whether it, or "name=..." of a setting, stands in the line already. */
static bool completion_is_given(const struct completion *c, const char *name)
{
	size_t len = strlen(name);
	for (int i = 0; i < c->argc - 1; i++)
		if (strncmp(c->argv[i], name, len) == 0 &&
		    (c->argv[i][len] == '\0' || c->argv[i][len] == '='))
			return true;
	return false;
}

/* --- offering */

static void completion_offer(const struct completion *c, const char *word, const char *behind,
			     const char *help)
{
	if (strncmp(word, c->partial, strlen(c->partial)) == 0)
		printf("%s%s%s\t%s\n", c->prefix, word, behind, help);
}

struct completion_names {
	const struct completion *completion;
	const char *member;
};

static void completion_offer_row(void *context, json_t *row)
{
	const struct completion_names *names = context;
	const char *name = json_string_value(json_object_get(row, names->member));
	if (name)
		completion_offer(names->completion, name, "", "");
}

/* The server takes too long, and the shell waits. */
__attribute__((noreturn)) static void completion_expire(int number)
{
	(void)number;
	_exit(0);
}

/* Names that a list of the server has. */
static void completion_ask(const struct completion *c, const char *command, const char *member)
{
	char path[4200];
	const char *set = getenv("TENURE_SOCKET");
	struct completion_names names = {c, member};
	struct client_handlers handlers = {.row = completion_offer_row, .context = &names};
	struct client_command request = {c->socket, command, json_object(), &handlers};
	json_t *result;
	snprintf(path, sizeof path, "%.4000s/control.sock", c->data ? c->data : "");
	if (c->data)
		request.socket = path;
	else if (!request.socket && set && *set)
		request.socket = set;
	fflush(stdout);
	signal(SIGALRM, completion_expire);
	alarm(SERVER_SECONDS);
	client_run(&request, &result);
	alarm(0);
	json_decref(result);
	json_decref(request.args);
}

static bool completion_is_of(const struct completion *c, const char *noun, const char *maker)
{
	return c->command && strcmp(c->noun, noun) == 0 && strcmp(c->command->words, maker) != 0;
}

static void completion_offer_column(void *context, const char *word)
{
	const struct completion *c = context;
	char listed[PREFIX_MAX + 2], sought[PLACE_MAX];
	const char *sign = strchr(c->prefix, '=');
	/* Each is chosen once. */
	snprintf(listed, sizeof listed, ",%s", sign ? sign + 1 : c->prefix);
	snprintf(sought, sizeof sought, ",%s,", word);
	if (!strstr(listed, sought))
		completion_offer(c, word, "", "");
}

/* Words of a usage such as "on|off" can be typed; "SETTING" and "N" stand for others. */
static void completion_offer_choices(const struct completion *c, const char *choices)
{
	char word[PLACE_MAX];
	for (size_t len; *choices; choices += len + (choices[len] == '|')) {
		len = strcspn(choices, "|");
		snprintf(word, sizeof word, "%.*s", (int)len, choices);
		bool is_word = len > 0;
		for (size_t i = 0; word[i]; i++)
			is_word = is_word && !isupper((unsigned char)word[i]) &&
				  (isalnum((unsigned char)word[i]) || word[i] == '-');
		if (is_word)
			completion_offer(c, word, "", "");
	}
}

/* Up to the last comma it is typed already, and names columns. */
static void completion_offer_columns(const struct completion *given)
{
	struct completion c = *given;
	const char *comma = strrchr(c.partial, ',');
	size_t at = strlen(c.prefix);
	if (comma) {
		snprintf(c.prefix + at, sizeof c.prefix - at, "%.*s", (int)(comma + 1 - c.partial),
			 c.partial);
		c.partial = comma + 1;
	}
	if (c.command)
		columns_walk(c.command, completion_offer_column, &c);
}

/* What may stand for the word of a usage. */
static void completion_offer_value(const struct completion *c, const char *value)
{
	/* Among files are folders. */
	if (strcmp(value, "FILE") == 0 || strcmp(value, "PATH") == 0 ||
	    strcmp(value, "FILE|DIR") == 0)
		printf(":files\n");
	else if (strcmp(value, "DIR") == 0)
		printf(":folders\n");
	else if (strcmp(value, "COLUMN,...") == 0)
		completion_offer_columns(c);
	else if (strcmp(value, "ZONE") == 0 ||
		 (strcmp(value, "NAME") == 0 && completion_is_of(c, "zone", "zone add")))
		completion_ask(c, "zone list", "zone");
	else if (strcmp(value, "NAME") == 0 && completion_is_of(c, "key", "key generate"))
		completion_ask(c, "key list", "name");
	else if (strcmp(value, "GROUP") == 0 && completion_is_of(c, "group", "group create"))
		completion_ask(c, "group list", "group");
	else
		completion_offer_choices(c, value);
}

/* The word of the command's usage at the place; the last one may be repeated. */
static void completion_offer_place(const struct completion *c)
{
	char usage[256], *state = NULL, *last = NULL;
	size_t at = 0;
	snprintf(usage, sizeof usage, "%s", c->command->usage);
	for (char *word = strtok_r(usage, " []", &state); word;
	     word = strtok_r(NULL, " []", &state)) {
		size_t len = strlen(word);
		bool repeats = len > 3 && strcmp(word + len - 3, "...") == 0;
		if (repeats)
			word[len - 3] = '\0';
		last = word;
		if (at++ == c->place || repeats)
			break;
		last = NULL;
	}
	if (last)
		completion_offer_value(c, last);
}

/* Up to the sign it is typed already, and is the name of an option or a setting. */
static void completion_take_prefix(struct completion *c)
{
	size_t len = strcspn(c->partial, "=") + 1;
	snprintf(c->prefix, sizeof c->prefix, "%.*s", (int)len, c->partial);
	c->partial += len;
}

static void completion_offer_options(struct completion *c)
{
	const struct words_option *o = c->command ? c->command->options : ctl_global_options;
	const char *sign = strchr(c->partial, '=');
	const struct words_option *open = sign ? completion_option(c, c->partial) : NULL;
	if (open && open->value) {
		completion_take_prefix(c);
		completion_offer_value(c, open->value);
		return;
	}
	for (; o->name; o++)
		if (!completion_is_given(c, o->name))
			completion_offer(c, o->name, "", o->help);
}

static void completion_offer_settings(struct completion *c)
{
	const struct words_option *s = setting_help(c->command->words);
	const char *sign = strchr(c->partial, '=');
	for (; s && s->name; s++) {
		size_t len = strlen(s->name);
		if (!sign && !completion_is_given(c, s->name))
			completion_offer(c, s->name, "=", s->help);
		if (!sign || (size_t)(sign - c->partial) != len ||
		    strncmp(s->name, c->partial, len) != 0)
			continue;
		completion_take_prefix(c);
		completion_offer_value(c, s->value);
		return;
	}
}

struct completion_first {
	const char *noun;
	const struct ctl_command *found;
};

static bool completion_has_noun(const struct ctl_command *command, const char *noun)
{
	size_t len = strlen(noun);
	return strncmp(command->words, noun, len) == 0 &&
	       (!command->words[len] || command->words[len] == ' ');
}

static void completion_look(void *context, const struct ctl_command *command)
{
	struct completion_first *first = context;
	if (!first->found && completion_has_noun(command, first->noun))
		first->found = command;
}

/* The commands' first words, each once. */
static void completion_list(void *context, const struct ctl_command *command)
{
	char noun[PLACE_MAX];
	struct completion_first first = {.noun = noun};
	size_t len = strcspn(command->words, " ");
	snprintf(noun, sizeof noun, "%.*s", (int)len, command->words);
	ctl_walk(completion_look, &first);
	if (first.found == command)
		completion_offer(context, noun, "", command->words[len] ? "" : command->help);
}

struct completion_listing {
	const struct completion *completion;
	const char *noun;
};

/* The words behind a first one. */
static void completion_list_second(void *context, const struct ctl_command *command)
{
	const struct completion_listing *listing = context;
	size_t len = strlen(listing->noun);
	if (completion_has_noun(command, listing->noun) && command->words[len])
		completion_offer(listing->completion, command->words + len + 1, "", command->help);
}

static void completion_offer_commands(const struct completion *c, const char *noun)
{
	struct completion_listing listing = {.completion = c, .noun = noun};
	if (noun) {
		ctl_walk(completion_list_second, &listing);
		return;
	}
	struct completion all = *c;
	ctl_walk(completion_list, &all);
	completion_offer(c, "help", "", "says what there is");
	completion_offer(c, "version", "", "says which version this is");
}

static void completion_offer_topic(void *context, const char *word, const char *help)
{
	completion_offer(context, word, "", help);
}

static void completion_offer_words(struct completion *c)
{
	bool is_help = c->noun && strcmp(c->noun, "help") == 0;
	if (!c->noun || (is_help && c->place == 0)) {
		completion_offer_commands(c, NULL);
		if (is_help)
			topic_walk(completion_offer_topic, c);
	} else if (is_help) {
		completion_offer_commands(c, c->argv[c->argc - 2]);
	} else {
		if (!c->is_whole && c->place == 0)
			completion_offer_commands(c, c->noun);
		if (!c->command)
			return;
		completion_offer_settings(c);
		if (!*c->prefix)
			completion_offer_place(c);
	}
}

int completion_run(int argc, char **argv)
{
	struct completion c = {.argv = argv, .argc = argc};
	if (argc == 0)
		return CLIENT_OK;
	for (int i = 0; i < argc - 1; i++)
		completion_take(&c, argv[i]);
	c.partial = argv[argc - 1];
	if (c.open)
		completion_offer_value(&c, c.open->value);
	else if (strncmp(c.partial, "-", 1) == 0)
		completion_offer_options(&c);
	else
		completion_offer_words(&c);
	return CLIENT_OK;
}
