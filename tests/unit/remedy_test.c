/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever can be refused has a remedy, or is known to have none. */
#include <criterion/criterion.h>
#include "dns/type.h"
#include "nameserver/remedy.h"
#include <string.h>

static struct arena arena;

static void tear_down(void)
{
	arena_free(&arena);
}

TestSuite(remedy, .fini = tear_down);

static struct remedy about(const char *code)
{
	return (struct remedy){
		.code = code,
		.zone = "corp.example",
		.name = "pc1.corp.example",
		.type = "A",
		.who = "key:web",
	};
}

Test(remedy, every_refusal_of_the_policy_has_one)
{
	for (enum policy_reason r = POLICY_MODE_NONE; r <= POLICY_MANY_RECORDS; r++) {
		struct remedy remedy = about(policy_reason_word(r));
		const char *text = remedy_text(&remedy, &arena);
		cr_expect_not_null(text, "%s", remedy.code);
		cr_expect(text && (strstr(text, "tenurectl ") || strstr(text, "nsupdate")), "%s",
			  text);
	}
}

Test(remedy, every_other_refusal_has_one_but_what_is_only_ignored)
{
	for (enum refusal r = REFUSAL_BADKEY; r <= REFUSAL_TOO_FAST; r++) {
		struct remedy remedy = about(refusal_word(r));
		cr_expect((remedy_text(&remedy, &arena) == NULL) == (r == REFUSAL_IGNORED), "%s",
			  remedy.code);
	}
}

Test(remedy, what_is_allowed_or_of_another_version_has_none)
{
	static const char *const codes[] = {"own", "claim", "rule", "of-the-future", NULL};
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		struct remedy remedy = about(codes[i]);
		cr_expect_null(remedy_text(&remedy, &arena));
		cr_expect_str_eq(remedy_right(&remedy, &arena), "nothing");
	}
}

Test(remedy, names_who_stands_in_the_way)
{
	struct remedy remedy = about("foreign");
	cr_expect_str_eq(remedy_text(&remedy, &arena),
			 "the rule 'allow key:web write at pc1.corp.example. types A', by: "
			 "tenurectl zone policy edit corp.example");
	remedy.owner = "key:kea1";
	cr_expect_str_eq(remedy_text(&remedy, &arena),
			 "to let key:web have it: tenurectl owner transfer --from key:kea1 --to "
			 "key:web --zone corp.example --match pc1.corp.example");
}

Test(remedy, the_right_is_that_of_the_rule_the_event_or_the_reason)
{
	struct remedy denied = about("denied"), question = about("no-rule"), plain = about("taken");
	denied.rule = "line 3: deny key:web claim,join at x.corp.example.";
	question.event = "query-denied";
	cr_expect_str_eq(remedy_right(&denied, &arena), "claim,join");
	cr_expect_str_eq(remedy_right(&question, &arena), "query");
	cr_expect_str_eq(remedy_right(&plain, &arena), "join");
	denied.rule = NULL;
	cr_expect_str_eq(remedy_right(&denied, &arena), "nothing");
	cr_expect_str_eq(remedy_text(&question, &arena),
			 "the rule 'allow key:web query', by: tenurectl zone policy edit "
			 "corp.example");
}

Test(remedy, a_signatures_error_has_its_word)
{
	static const struct {
		unsigned error;
		const char *word;
	} rows[] = {{DNS_BADSIG, "badsig"},
		    {DNS_BADKEY, "badkey"},
		    {DNS_BADTIME, "badtime"},
		    {DNS_BADTRUNC, "badtrunc"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_str_eq(refusal_word_of_tsig(rows[i].error), rows[i].word);
}
