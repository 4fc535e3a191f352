/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules: what is read reads the same from its print; a fault has a place; the lint takes all. */
#include "acl/rule_lint.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void ignore(void *context, unsigned line, const char *text)
{
	assert(line > 0 && *text);
	++*(unsigned *)context;
}

static void check_rule(const struct rule *rule, const struct dns_name *apex, struct arena *arena)
{
	struct rules again;
	struct rule_error error;
	assert(rule->rights && rule->line > 0);
	assert(rules_parse(&again, bytes_of(rule->text, strlen(rule->text)), apex, arena, &error) ||
	       strlen(rule->text) > RULE_LINE_MAX);
	if (strlen(rule->text) <= RULE_LINE_MAX)
		assert(again.count == 1 && strcmp(again.rule[0].text, rule->text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena arena = {0};
	struct dns_name apex;
	struct rules rules;
	struct rule_error error = {0};
	unsigned found = 0;
	assert(!dns_name_parse_text(&apex, "corp.example"));
	if (!rules_parse(&rules, bytes_of(data, len), &apex, &arena, &error)) {
		assert(error.line >= 1 && error.line <= len + 1);
		assert(error.column >= 1 && error.column <= len + 1 && error.text[0]);
	} else {
		assert(rules.count <= RULES_MAX);
		for (size_t i = 0; i < rules.count; i++)
			check_rule(&rules.rule[i], &apex, &arena);
		struct rule_lint lint = {
			.apex = &apex, .arena = &arena, .found = ignore, .context = &found};
		rules_lint(&rules, &lint);
	}
	arena_free(&arena);
	return 0;
}
