/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that are run: their output, their words, and their bounds. */
#include "migrate/tool.h"
#include <criterion/criterion.h>
#include <string.h>

static bool run(const char *const *argv, unsigned seconds, struct tool_output *output)
{
	struct tool tool = {.argv = argv, .folder = "/", .seconds = seconds};
	return tool_run(&tool, output);
}

Test(tool, gives_what_was_written_and_the_code)
{
	const char *const argv[] = {"/bin/sh", "-c",
				    "pwd; env; cat; echo wrong >&2; echo x >&2; exit 3", NULL};
	struct tool_output output;
	cr_expect_not(run(argv, 10, &output));
	cr_expect_eq(output.code, 3);
	cr_expect_str_eq(output.error, "wrong");
	cr_expect(strncmp(output.text, "/\n", 2) == 0, "%s", output.text);
	cr_expect(strstr(output.text, "LC_ALL=C.UTF-8"));
	cr_expect_null(strstr(output.text, "HOME="));
	tool_output_free(&output);
}

Test(tool, words_are_not_for_a_shell)
{
	const char *const argv[] = {"/bin/echo", "a; b", "$HOME", "`id`", NULL};
	struct tool_output output;
	cr_expect(run(argv, 10, &output));
	cr_expect_str_eq(output.text, "a; b $HOME `id`\n");
	tool_output_free(&output);
}

Test(tool, what_takes_too_long_is_killed)
{
	const char *const argv[] = {"/bin/sleep", "60", NULL};
	struct tool_output output;
	cr_expect_not(run(argv, 0, &output));
	cr_expect_eq(output.code, -1);
	cr_expect_str_eq(output.error, "it took too long");
	tool_output_free(&output);
}

Test(tool, a_program_that_is_not_there)
{
	const char *const argv[] = {"/nonexistent/program", NULL};
	struct tool_output output;
	char path[TOOL_PATH_MAX];
	cr_expect_not(run(argv, 10, &output));
	cr_expect_eq(output.code, 127);
	tool_output_free(&output);
	cr_expect_not(tool_find("no-such-program-anywhere", path));
	cr_expect(tool_find("sh", path));
}
