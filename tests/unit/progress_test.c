/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/progress.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static void expect(struct progress_state state, size_t columns, const char *wanted)
{
	char line[PROGRESS_LINE_MAX];
	state.what = "zone import";
	cr_expect_eq(progress_line(&state, columns, line), strlen(wanted));
	cr_expect_str_eq(line, wanted);
}

Test(progress, the_line_says_what_is_known)
{
	expect((struct progress_state){.seconds = 2}, 80, "zone import: 2s");
	expect((struct progress_state){.seconds = 61, .noun = "reading it back"}, 80,
	       "zone import: reading it back, 1m01s");
	expect((struct progress_state){.done = 999, .noun = "names", .seconds = 3}, 80,
	       "zone import: 999 names, 3s");
	expect((struct progress_state){.done = 12345, .of = 1000000, .noun = "names", .seconds = 7},
	       80, "zone import: 12,345 of 1,000,000 names, 7s");
	expect((struct progress_state){.of = 60, .noun = "names", .seconds = 7200}, 80,
	       "zone import: 0 of 60 names, 120m00s");
}

Test(progress, the_line_is_narrower_than_the_terminal)
{
	struct progress_state state = {.done = UINT64_MAX, .of = UINT64_MAX, .noun = "names"};
	expect(state, 21, "zone import: 18,446,");
	expect(state, 1, "");
	memset(state.noun, 'n', sizeof state.noun - 1);
	char line[PROGRESS_LINE_MAX];
	state.what = "zone import";
	cr_expect_lt(progress_line(&state, 0, line), PROGRESS_LINE_MAX);
}

Test(progress, without_a_terminal_nothing_is_on)
{
	progress_allow("zone import");
	progress_begin();
	cr_expect(!progress_is_on() || isatty(2));
	progress_set(1, 2, "names");
	progress_hide();
	progress_show();
	progress_end();
	progress_end();
	cr_expect(!progress_is_on());
}
