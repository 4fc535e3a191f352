/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/options.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 8

/* Reads and assigns a command line. */
static bool read_words(const char *const *words, struct options *o, struct settings *s,
		       char error[SETTINGS_ERROR_MAX])
{
	char *argv[WORDS_MAX + 2] = {"tenured"};
	int argc = 1;
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	settings_init(s);
	return options_read(o, argc, argv, error) && options_assign(o, s, error);
}

Test(options, mistakes_are_told)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *error;
	} rows[] = {
		{{"--lisen", "x"}, "unknown option --lisen; did you mean --listen?"},
		{{"--dta=/tmp"}, "unknown option --dta; did you mean --data?"},
		{{"--forward"}, "unknown option --forward; --help shows all"},
		{{"-x"}, "unknown option -x; --help shows all"},
		{{"--data"}, "--data: its value is missing"},
		{{"--help=yes"}, "--help: used in a way that makes no sense"},
		{{"/tmp/data"}, "unexpected word \"/tmp/data\""},
		{{"--listen", "localhost"},
		 "--listen: expected ADDRESS or ADDRESS@PORT (not an "
		 "IP address), found \"localhost\""},
		{{"--listen", "::1", "--listen", "::1"},
		 "--listen: expected an address that is not in the list already, found \"::1\""},
		{{"--threads", "x"}, "--threads: expected a number from 0 to 256, found \"x\""},
		{{"--log", "file"}, "--log: expected stderr or syslog, found \"file\""},
		{{"--clock", "noon"},
		 "--clock: expected a time like 2026-01-05T09:00:00Z, found "
		 "\"noon\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct options o;
		struct settings s;
		char error[SETTINGS_ERROR_MAX] = "nothing";
		cr_expect_not(read_words(rows[i].words, &o, &s, error), "%s", rows[i].error);
		cr_expect_str_eq(error, rows[i].error, "said: %s\nwant: %s", error, rows[i].error);
	}
}

Test(options, settings_are_assigned_over_those_of_the_file)
{
	static const char *const words[] = {"--data=/srv/t",
					    "--listen",
					    "127.0.0.1@5353",
					    "--listen=::1@5353",
					    "--config",
					    "/etc/x",
					    "--clock=2026-01-05T09:00:00Z",
					    NULL};
	struct options o;
	struct settings s;
	char error[SETTINGS_ERROR_MAX] = "nothing";
	cr_assert(read_words(words, &o, &s, error), "%s", error);
	cr_expect_str_eq(s.data, "/srv/t");
	cr_expect_eq(s.listen_count, 2);
	cr_expect_not(s.is_listen_default);
	cr_expect_eq(addr_port(&s.listen[1]), 5353);
	cr_expect_str_eq(o.config, "/etc/x");
	cr_expect_eq(o.clock, 1767603600);
}

Test(options, the_usual_file_is_for_servers_without_a_folder_of_their_own)
{
	static const char *const alone[] = {"--threads=1", NULL},
				 *const own[] = {"--data=/srv/t", NULL},
				 *const named[] = {"--config=/etc/x", "--data=/srv/t", NULL};
	char usual[] = "/tmp/tenure-options-XXXXXX", error[SETTINGS_ERROR_MAX] = "nothing";
	struct options o;
	struct settings s;
	int fd = mkstemp(usual);
	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert(read_words(alone, &o, &s, error), "%s", error);
	cr_expect_str_eq(options_config(&o, usual), usual);
	cr_expect_null(options_config(&o, "/nowhere/tenured.yaml"));
	cr_assert(read_words(own, &o, &s, error), "%s", error);
	cr_expect_null(options_config(&o, usual));
	cr_assert(read_words(named, &o, &s, error), "%s", error);
	cr_expect_str_eq(options_config(&o, usual), "/etc/x");
	unlink(usual);
}
