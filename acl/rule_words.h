/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The words of the rule language, for rule.c and rule_parse.c alone. Tables end with NULL. */
#include <stddef.h>

struct rule_word {
	const char *word;
	unsigned value;
};

extern const struct rule_word rule_rights[], rule_places[], rule_classes[];

/* The word of a value; asserts that there is one. */
const char *rule_word_of(const struct rule_word *table, unsigned value);
/* The entry of a word of `len` bytes; NULL: none. */
const struct rule_word *rule_word_find(const struct rule_word *table, const char *word, size_t len);
