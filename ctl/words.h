/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The words of a command line: options wherever they stand, the rest in order. What is not known is
 * an error that names what may have been meant; nothing is ignored. Pure; the texts are argv's.
 */
#include <stdbool.h>
#include <stddef.h>

#define WORDS_ERROR_MAX   512
#define WORDS_OPTIONS_MAX 24

struct words_option {
	const char *name;  /* "--file" */
	const char *value; /* what it takes, for help ("FILE"); NULL: nothing */
	const char *help;
};

struct words {
	const struct words_option *options;   /* ended by a NULL name */
	const char *given[WORDS_OPTIONS_MAX]; /* each option's value, "" for one without; NULL: not
						 given */
	const char **word;                    /* the rest; on the heap */
	size_t count;
};

/*
 * Sorts `argc` words. `--` ends the options; `--name=value` is `--name value`; a word that begins
 * with one dash is a word (data may). False: `error` says what is wrong.
 */
bool words_sort(struct words *, const struct words_option *options, int argc, char **argv,
		char error[WORDS_ERROR_MAX]);
void words_free(struct words *);

/* The value of an option; NULL: it was not given. Asserts that the table has it. */
const char *words_option(const struct words *, const char *name);
bool words_has(const struct words *, const char *name);
