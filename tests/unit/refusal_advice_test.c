/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Whatever can be refused has a remedy, or is known to have none. */
#include <criterion/criterion.h>
#include "dns/type.h"
#include "nameserver/refusal_advice.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;

static void tear_down(void)
{
	arena_free(&arena);
}

TestSuite(refusal_advice, .fini = tear_down);

static struct refusal_advice about(const char *code)
{
	return (struct refusal_advice){
		.code = code,
		.zone = "corp.example",
		.name = "pc1.corp.example",
		.type = "A",
		.who = "key:web",
	};
}

Test(refusal_advice, every_refusal_of_the_policy_has_one)
{
	for (enum policy_reason r = POLICY_MODE_NONE; r <= POLICY_MANY_RECORDS; r++) {
		struct refusal_advice refusal_advice = about(policy_reason_word(r));
		const char *text = refusal_advice_text(&refusal_advice, &arena);
		cr_expect_not_null(text, "%s", refusal_advice.code);
		cr_expect(text && (strstr(text, "tenurectl ") || strstr(text, "nsupdate")), "%s",
			  text);
	}
}

Test(refusal_advice, every_other_refusal_has_one_but_what_is_only_ignored)
{
	for (enum refusal_code r = REFUSAL_BADKEY; r <= REFUSAL_IN_DOUBT; r++) {
		struct refusal_advice refusal_advice = about(refusal_word(r));
		cr_expect((refusal_advice_text(&refusal_advice, &arena) == NULL) ==
				  (r == REFUSAL_IGNORED),
			  "%s", refusal_advice.code);
	}
}

Test(refusal_advice, what_is_allowed_or_of_another_version_has_none)
{
	static const char *const codes[] = {"own", "claim", "rule", "of-the-future", NULL};
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		struct refusal_advice refusal_advice = about(codes[i]);
		cr_expect_null(refusal_advice_text(&refusal_advice, &arena));
		cr_expect_str_eq(refusal_advice_right(&refusal_advice, &arena), "nothing");
	}
}

Test(refusal_advice, names_who_stands_in_the_way)
{
	struct refusal_advice refusal_advice = about("foreign");
	cr_expect_str_eq(refusal_advice_text(&refusal_advice, &arena),
			 "tenurectl zone policy add corp.example 'allow key:web write at "
			 "pc1.corp.example. types A'");
	refusal_advice.owner = "key:kea1";
	cr_expect_str_eq(refusal_advice_text(&refusal_advice, &arena),
			 "to let key:web have it: tenurectl owner transfer --from key:kea1 --to "
			 "key:web --zone corp.example --match pc1.corp.example");
}

Test(refusal_advice, the_right_is_that_of_the_rule_the_event_or_the_reason)
{
	struct refusal_advice denied = about("denied"), question = about("no-rule"),
			      plain = about("taken");
	denied.rule = "line 3: deny key:web claim,join at x.corp.example.";
	question.event = EVENT_QUERY_DENIED;
	cr_expect_str_eq(refusal_advice_right(&denied, &arena), "claim,join");
	cr_expect_str_eq(refusal_advice_right(&question, &arena), "query");
	cr_expect_str_eq(refusal_advice_right(&plain, &arena), "join");
	denied.rule = NULL;
	cr_expect_str_eq(refusal_advice_right(&denied, &arena), "nothing");
	cr_expect_str_eq(refusal_advice_text(&question, &arena),
			 "tenurectl zone policy add corp.example 'allow key:web query'");
}

Test(refusal_advice, a_signatures_error_has_its_word)
{
	static const struct {
		unsigned error;
		const char *word;
	} rows[] = {{DNS_BADSIG, "badsig"},
		    {DNS_BADKEY, "badkey"},
		    {DNS_BADTIME, "badtime"},
		    {DNS_BADTRUNC, "badtrunc"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cr_expect_str_eq(refusal_word(refusal_code_of_tsig(rows[i].error)), rows[i].word);
}

/* What sh makes of the command: its words, one a line. */
static const char *words_of(const char *advice, char out[512])
{
	const char *command = strstr(advice, "tenurectl ");
	cr_assert_not_null(command, "%s", advice);
	size_t len = strcspn(command, ";");
	FILE *sh = popen(arena_print(&arena, "tenurectl() { printf '%%s\\n' \"$@\"; }; %.*s",
				     (int)len, command),
			 "r");
	cr_assert_not_null(sh);
	len = fread(out, 1, 511, sh);
	out[len] = '\0';
	cr_expect_eq(pclose(sh), 0);
	return out;
}

Test(refusal_advice, a_command_can_be_pasted_into_a_shell)
{
	char out[512];
	struct refusal_advice refusal_advice = about("foreign");
	refusal_advice.who = "gss:PC1$HOME@R";
	refusal_advice.owner = "gss:it's me@R";
	refusal_advice.name = "*.a\\032b.corp.example";
	refusal_advice.zone = "a(b).example";
	cr_expect_str_eq(words_of(refusal_advice_text(&refusal_advice, &arena), out),
			 "owner\ntransfer\n--from\ngss:it's me@R\n--to\ngss:PC1$HOME@R\n--zone\n"
			 "a(b).example\n--match\n\\042.a\\032b.corp.example\n");
	refusal_advice.code = "kept-for";
	cr_expect_str_eq(words_of(refusal_advice_text(&refusal_advice, &arena), out),
			 "owner\nreserve\n*.a\\032b.corp.example\n--for\ngss:PC1$HOME@R\n"
			 "--zone\na(b).example\n");
	refusal_advice.code = "frozen";
	cr_expect_str_eq(words_of(refusal_advice_text(&refusal_advice, &arena), out),
			 "zone\nthaw\na(b).example\n");
}

/* --- commands can be pasted */

/* sh splits the commands of the text, with printf in place of tenurectl: each word on a line. */
static void run_advice(const char *text, char out[1024])
{
	const char *at = strstr(text, "tenurectl ");
	char script[4096] = "tenurectl() { printf '%s\\n' \"$@\"; }\n";
	cr_assert_not_null(at, "%s", text);
	/* What stands between two commands, or behind one, is said to people. */
	for (; at; at = strstr(at + 1, "tenurectl ")) {
		const char *end = strstr(at, "; ");
		size_t len = end ? (size_t)(end - at) : strlen(at), used = strlen(script);
		snprintf(script + used, sizeof script - used, "%.*s\n", (int)len, at);
	}
	setenv("ADVICE", script, 1);
	FILE *sh = popen("cd / && sh -u -c \"$ADVICE\" 2>&1", "r");
	cr_assert_not_null(sh);
	size_t len = fread(out, 1, 1023, sh);
	out[len] = '\0';
	cr_assert_eq(pclose(sh), 0, "%s", out);
}

static bool has_line(const char *out, const char *line)
{
	size_t len = strlen(line);
	for (const char *at = out; (at = strstr(at, line)); at += len) {
		if ((at == out || at[-1] == '\n') && at[len] == '\n')
			return true;
	}
	return false;
}

static const char *const odd_names[] = {
	"$HOME.corp.example",     "*.corp.example",     "a\\;b.corp.example",
	"a\\032b.corp.example",   "it's.corp.example",  "\\\"q\\\".corp.example",
	"`id`.corp.example",      "--yes.corp.example", "~root.corp.example",
	"a&b|c<d>e.corp.example", "#x.corp.example",    "\\195\\188.corp.example"};

/* The word of the name that a command got, or its like that stands for the same name. */
static bool got_name(const char *out, const char *name)
{
	char other[300];
	if (has_line(out, name))
		return true;
	snprintf(other, sizeof other, "%s.", name);
	if (has_line(out, other))
		return true;
	snprintf(other, sizeof other, "\\045%s", name + 1);
	return strncmp(name, "--", 2) == 0 && has_line(out, other);
}

Test(refusal_advice, every_command_gets_the_words_that_it_names, .timeout = 60)
{
	for (enum policy_reason r = POLICY_MODE_NONE; r <= POLICY_MANY_RECORDS; r++) {
		for (size_t i = 0; i < sizeof(odd_names) / sizeof(*odd_names); i++) {
			struct refusal_advice advice = about(policy_reason_word(r));
			char out[1024];
			advice.zone = advice.name = odd_names[i];
			advice.who = "gss:PC1$@CORP.EXAMPLE";
			advice.owner = i % 2 ? "key:$IFS*" : NULL;
			const char *text = refusal_advice_text(&advice, &arena);
			if (!strstr(text, "tenurectl ") || strstr(text, " > "))
				continue;
			run_advice(text, out);
			cr_expect(got_name(out, odd_names[i]), "%s\n%s", text, out);
			cr_expect_null(strstr(out, "/bin"), "%s\n%s", text, out);
			if (strstr(text, "--from"))
				cr_expect(has_line(out, "key:$IFS*") &&
						  has_line(out, "gss:PC1$@CORP.EXAMPLE"),
					  "%s\n%s", text, out);
		}
	}
}

Test(refusal_advice, other_commands_get_their_words_too, .timeout = 60)
{
	static const char *const codes[] = {"in-use", "not-there", "frozen", "max-rate"};
	for (size_t c = 0; c < sizeof(codes) / sizeof(*codes); c++) {
		for (size_t i = 0; i < sizeof(odd_names) / sizeof(*odd_names); i++) {
			struct refusal_advice advice = about(codes[c]);
			char out[1024];
			advice.zone = advice.name = advice.key = odd_names[i];
			const char *text = refusal_advice_text(&advice, &arena);
			run_advice(text, out);
			cr_expect(got_name(out, odd_names[i]), "%s\n%s", text, out);
		}
	}
}

Test(refusal_advice, a_wildcard_is_transferred_alone)
{
	struct refusal_advice advice = about("foreign");
	advice.owner = "key:a";
	advice.name = "*.corp.example";
	const char *text = refusal_advice_text(&advice, &arena);
	cr_expect_not_null(strstr(text, "--match '\\042.corp.example'"), "%s", text);
}

Test(refusal_advice, without_a_zone_there_is_no_star_for_the_shell)
{
	struct refusal_advice advice = about("frozen");
	advice.zone = NULL;
	cr_expect_str_eq(refusal_advice_text(&advice, &arena), "tenurectl zone thaw ZONE");
}

Test(refusal_advice, each_code_and_event_has_one_word)
{
	enum refusal_event event;
	for (enum refusal_code r = REFUSAL_POLICY_NOT_BOUND; r <= REFUSAL_IN_DOUBT; r++)
		cr_expect_eq(refusal_code_parse(refusal_word(r)), r, "%s", refusal_word(r));
	for (enum policy_reason r = POLICY_NOT_BOUND; r <= POLICY_MANY_RECORDS; r++)
		cr_expect_str_eq(refusal_word(refusal_code_of_policy(r)), policy_reason_word(r));
	cr_expect_eq(refusal_code_parse("of-the-future"), REFUSAL_NO_CODE);
	cr_expect_eq(refusal_code_parse(NULL), REFUSAL_NO_CODE);
	cr_expect_null(refusal_word(REFUSAL_NO_CODE));
	for (enum refusal_event e = REFUSAL_UPDATE_DENIED; e <= REFUSAL_TRANSFER_DENIED; e++) {
		cr_assert(refusal_event_parse(refusal_event_word(e), &event));
		cr_expect_eq(event, e);
	}
	cr_expect_not(refusal_event_parse("zone-create", &event));
}
