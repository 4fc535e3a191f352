/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/words.h"
#include "base/nearest.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool unknown_option(const struct words *words, const char *word, size_t len,
			   char error[WORDS_ERROR_MAX])
{
	char name[64];
	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	struct nearest nearest = nearest_to(name);
	for (const struct words_option *o = words->options; o->name; o++)
		nearest_try(&nearest, o->name);
	const char *meant = nearest_found(&nearest);
	if (meant)
		snprintf(error, WORDS_ERROR_MAX, "unknown option '%s': did you mean '%s'?", name,
			 meant);
	else
		snprintf(error, WORDS_ERROR_MAX, "unknown option '%s'", name);
	return false;
}

/* `-zone` for `--zone`: what stands behind a single hyphen is else a word. */
static bool is_half_option(const struct words *words, const char *word)
{
	for (const struct words_option *o = words->options; word[0] == '-' && o->name; o++)
		if (strcmp(o->name + 1, word) == 0)
			return true;
	return false;
}

/* The option's place in the table; -1: there is no such. */
static int words_find(const struct words *words, const char *word, size_t len)
{
	for (int i = 0; words->options[i].name; i++)
		if (strlen(words->options[i].name) == len &&
		    strncmp(words->options[i].name, word, len) == 0)
			return i;
	return -1;
}

/* Takes the option at argv[*at], and its value. */
static bool words_take_option(struct words *words, int argc, char **argv, int *at,
			      char error[WORDS_ERROR_MAX])
{
	const char *word = argv[*at];
	size_t len = strcspn(word, "=");
	const char *value = word[len] ? word + len + 1 : NULL;
	int i = words_find(words, word, len);
	if (i < 0)
		return unknown_option(words, word, len, error);
	const struct words_option *option = &words->options[i];
	const char *problem = NULL;
	if (words->given[i])
		problem = "is given twice";
	else if (!option->value && value)
		problem = "takes no value";
	else if (option->value && !value && *at + 1 >= argc)
		problem = "needs a value";
	if (problem) {
		snprintf(error, WORDS_ERROR_MAX, "option %s %s%s%s", option->name, problem,
			 option->value ? ": " : "", option->value ? option->value : "");
		return false;
	}
	if (option->value && !value)
		value = argv[++*at];
	words->given[i] = value ? value : "";
	return true;
}

bool words_sort(struct words *words, const struct words_option *options, int argc, char **argv,
		char error[WORDS_ERROR_MAX])
{
	bool takes_options = true;
	*words = (struct words){.options = options};
	words->word = calloc((size_t)argc + 1, sizeof(*words->word));
	if (!words->word)
		abort();
	for (int i = 0; i < argc; i++) {
		bool is_option = takes_options && strncmp(argv[i], "--", 2) == 0;
		if (is_option && !argv[i][2])
			takes_options = false;
		else if (takes_options && is_half_option(words, argv[i]))
			return unknown_option(words, argv[i], strlen(argv[i]), error);
		else if (!is_option)
			words->word[words->count++] = argv[i];
		else if (!words_take_option(words, argc, argv, &i, error))
			return false;
	}
	return true;
}

void words_free(struct words *words)
{
	free(words->word);
	words->word = NULL;
}

const char *words_option(const struct words *words, const char *name)
{
	int i = words_find(words, name, strlen(name));
	assert(i >= 0 && i < WORDS_OPTIONS_MAX);
	return words->given[i];
}

bool words_has(const struct words *words, const char *name)
{
	return words_option(words, name) != NULL;
}
