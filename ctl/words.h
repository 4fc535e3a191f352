/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Sorts the words of a command line into options, which may stand anywhere, and the rest. An
 * unknown option is an error that names the nearest known one. Pure; the texts remain those of
 * argv.
 */
#include <stdbool.h>
#include <stddef.h>

#define WORDS_ERROR_MAX   512
#define WORDS_OPTIONS_MAX 32

struct words_option {
	const char *name;  /* "--file" */
	const char *value; /* the name of its value, for help ("FILE"); NULL: it takes none */
	const char *help;
};

struct words {
	const struct words_option *options;   /* ended by a NULL name */
	const char *given[WORDS_OPTIONS_MAX]; /* each option's value, or ""; NULL: not given */
	const char **word;                    /* the rest; on the heap */
	size_t count;
};

/*
 * Sorts `argc` words. `--` ends the options; `--name=value` is the same as `--name value`. A word
 * with a single dash before it is not an option, since data may begin so. False: `error` says what
 * is wrong. In both cases words_free frees.
 */
bool words_sort(struct words *, const struct words_option *options, int argc, char **argv,
		char error[WORDS_ERROR_MAX]);
void words_free(struct words *);

/* The value of an option, or whether it was given; NULL: it was not. Assert that the table has it.
 */
const char *words_option(const struct words *, const char *name);
bool words_has(const struct words *, const char *name);
