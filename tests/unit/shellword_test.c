/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/shellword.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct arena arena;

Test(shellword, a_plain_word_stays_as_it_is)
{
	static const char *const words[] = {"corp.example", "key:dhcp-1",     "10.0.0.0/8",
					    "@dhcp",        "_kerberos._tcp", "2001:db8::1"};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		cr_expect_str_eq(shellword(words[i], &arena), words[i]);
}

Test(shellword, what_means_something_is_quoted)
{
	cr_expect_str_eq(shellword("gss:PC1$@R", &arena), "'gss:PC1$@R'");
	cr_expect_str_eq(shellword("*.corp.example", &arena), "'*.corp.example'");
	cr_expect_str_eq(shellword("", &arena), "''");
	cr_expect_str_eq(shellword("it's", &arena), "'it'\\''s'");
	cr_expect_str_eq(shellword("~root", &arena), "'~root'");
	cr_expect_str_eq(shellword("a=b", &arena), "'a=b'", "an assignment, where it comes first");
}

/* What sh makes of the word is the text again, byte by byte. */
Test(shellword, sh_reads_it_back)
{
	char byte[2] = {0}, out[64];
	for (int c = 1; c < 256; c++) {
		byte[0] = (char)c;
		const char *text =
			arena_print(&arena, "a%s b'%s''$(%s)`%s\\", byte, byte, byte, byte);
		const char *command = arena_print(&arena, "printf %%s %s", shellword(text, &arena));
		FILE *sh = popen(command, "r");
		cr_assert_not_null(sh);
		size_t len = fread(out, 1, sizeof(out) - 1, sh);
		out[len] = '\0';
		cr_expect_eq(pclose(sh), 0);
		cr_expect_str_eq(out, text, "byte %d", c);
	}
	arena_free(&arena);
}

Test(shellword, a_name_is_never_an_option)
{
	cr_expect_str_eq(shellword_name("pc1.example", &arena), "pc1.example");
	cr_expect_str_eq(shellword_name("-x.example", &arena), "-x.example");
	cr_expect_str_eq(shellword_name("--yes.example", &arena), "'\\045-yes.example'");
	cr_expect_str_eq(shellword_name("--", &arena), "'\\045-'");
	cr_expect_str_eq(shellword_name("*.example", &arena), "'*.example'");
	arena_free(&arena);
}
