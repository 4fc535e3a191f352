/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Help knows each word by which the server refuses, and each setting. */
#include "base/role.h"
#include "ctl/setting_help.h"
#include "ctl/topic.h"
#include "ctl/topic_refusal.h"
#include "nameserver/refusal_code.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct topic_refusal *topic_of(const char *word)
{
	const struct topic_refusal *r = topic_refusals;
	while (r->word && strcmp(r->word, word) != 0)
		r++;
	return r->word ? r : NULL;
}

/* What topic_help prints of a word; NULL: nothing. The caller frees. */
static char *topic_said(const char *word)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool is_known = topic_help(out, word);
	fclose(out);
	cr_expect_eq(is_known, len > 0, "%s", word);
	cr_expect_eq(is_known, topic_is(word), "%s", word);
	if (is_known)
		return text;
	free(text);
	return NULL;
}

Test(topic, explains_each_word_by_which_the_server_refuses_and_no_other)
{
	size_t count = 0;
	for (int code = REFUSAL_NO_CODE + 1; code < REFUSAL_CODE_COUNT; code++) {
		const struct topic_refusal *topic = topic_of(refusal_word((enum refusal_code)code));
		cr_assert(topic, "%s is not explained", refusal_word((enum refusal_code)code));
		cr_expect(topic->is_allowed || topic->helps, "%s: nothing helps", topic->word);
		count++;
	}
	for (const struct topic_refusal *r = topic_refusals; r->word; r++)
		count--;
	cr_expect_eq(count, 0, "a word is explained that the server has not");
}

Test(topic, tells_of_a_refusal_what_it_means_and_what_helps)
{
	char *said = topic_said("foreign");
	cr_assert_not_null(said);
	cr_expect_not_null(strstr(said, "Somebody else owns the record."));
	cr_expect_not_null(strstr(said, "owner transfer"));
	free(said);
}

Test(topic, tells_of_a_setting_its_values_its_default_and_the_command)
{
	char *said = topic_said("no-refresh");
	cr_assert_not_null(said);
	cr_expect_not_null(strstr(said, "values:   DURATION\ndefault:  7d\n"));
	cr_expect_not_null(strstr(said, "tenurectl zone set ZONE no-refresh=7d\n"));
	free(said);
}

Test(topic, tells_both_of_a_word_that_is_a_setting_and_a_refusal)
{
	char *said = topic_said("max-rate");
	cr_assert_not_null(said);
	cr_expect_not_null(strstr(said, "zone set ZONE max-rate=none\n\nmax-rate: a reason why"));
	free(said);
}

static void topic_each(void *context, const char *word, const char *help)
{
	unsigned *count = context;
	char *said = topic_said(word);
	cr_expect(said && *help, "%s", word);
	free(said);
	++*count;
}

Test(topic, has_help_for_each_word_that_completion_offers)
{
	unsigned count = 0;
	topic_walk(topic_each, &count);
	cr_expect_gt(count, 80);
}

Test(topic, lists_all_settings)
{
	static const char *const commands[] = {"zone set", "audit set", "group set", "scavenge set",
					       "server set"};
	char *said = topic_said("settings");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		for (const struct words_option *s = setting_help(commands[i]); s->name; s++)
			cr_expect(strstr(said, s->name), "%s %s", commands[i], s->name);
	free(said);
}

Test(topic, knows_no_other_word)
{
	cr_expect_null(topic_said("foreig"));
	cr_expect_null(topic_said(""));
	cr_expect_null(topic_said("zone add"));
}

/* Of the server's commands that the text begins with the longest; 0: it begins with none's noun,
 * and is no command. -1: with a noun that has no such command. */
static int topic_command_len(const char *text)
{
	int found = 0;
	for (const struct role_command *role = role_commands; role->words; role++) {
		size_t len = strlen(role->words), noun = strcspn(role->words, " ");
		bool has_noun = strncmp(text, role->words, noun) == 0 && strchr(" `", text[noun]);
		if (has_noun && role->words[noun] && text[noun] == ' ' && found == 0)
			found = -1;
		if (strncmp(text, role->words, len) == 0 && strchr(" `", text[len]) &&
		    (int)len > found)
			found = (int)len;
	}
	return found;
}

Test(topic, names_commands_that_there_are)
{
	unsigned count = 0;
	for (const struct topic_refusal *r = topic_refusals; r->word; r++) {
		for (const char *at = r->helps; at && (at = strchr(at, '`'));
		     at = strchr(at, '`') + 1) {
			int len = topic_command_len(++at);
			cr_expect_geq(len, 0, "%s: %.40s", r->word, at);
			count += len > 0;
		}
	}
	cr_expect_gt(count, 20);
}
