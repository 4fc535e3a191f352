/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/nearest.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *among(const char *word)
{
	static const char *const words[] = {"listen", "socket", "data", "user", "group", "threads"};
	struct nearest n = nearest_to(word);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		nearest_try(&n, words[i]);
	return nearest_found(&n);
}

Test(nearest, what_is_near_is_found)
{
	static const struct {
		const char *word, *found;
	} rows[] = {
		{"lisen", "listen"},  {"lissten", "listen"},
		{"listne", "listen"}, {"Data", "data"},
		{"usr", "user"},      {"thread", "threads"},
		{"scoket", "socket"}, {"grp", NULL},
		{"zones", NULL},      {"forwarders", NULL},
		{"", NULL},           {"x", NULL},
		{"data", "data"},     {"listening", "listen"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *found = among(rows[i].word);
		bool same = rows[i].found ? found && strcmp(found, rows[i].found) == 0 : !found;
		cr_expect(same, "%s: %s", rows[i].word, found ? found : "nothing");
	}
}

Test(nearest, words_too_long_to_be_typed_are_not_compared)
{
	char word[4096];
	memset(word, 'a', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	cr_expect_null(among(word));
}
