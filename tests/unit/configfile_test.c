/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/configfile.h"
#include <criterion/criterion.h>
#include <stdio.h>

struct lines {
	char text[8192];
};

static void collect(void *context, const char *line)
{
	struct lines *lines = context;
	size_t at = strlen(lines->text);
	snprintf(lines->text + at, sizeof lines->text - at, "%s\n", line);
}

static size_t read_text(const char *text, struct settings *s, struct lines *lines)
{
	struct configfile_report report = {.line = collect, .context = lines};
	lines->text[0] = '\0';
	settings_init(s);
	return configfile_read(s, "t.yaml", bytes_of(text, strlen(text)), &report);
}

/* Text of a file, and exactly what is said about it. */
static const struct {
	const char *text, *errors;
} wrong[] = {
	{"lisen: [127.0.0.1]\n",
	 "t.yaml:1:1: unknown option \"lisen\"; did you mean \"listen\"?\n"},
	{"forwarders: 8.8.8.8\n", "t.yaml:1:1: unknown option \"forwarders\"\n"},
	{"tcp:\n  conections: 5\n",
	 "t.yaml:2:3: unknown option \"tcp.conections\"; did you mean \"tcp.connections\"?\n"},
	{"tpc:\n  connections: 5\n", "t.yaml:1:1: unknown option \"tpc\"; did you mean \"tcp\"?\n"},
	{"threads: many\n",
	 "t.yaml:1:10: threads: expected a number from 0 to 256, found \"many\"\n"},
	{"threads: 257\n",
	 "t.yaml:1:10: threads: expected a number from 0 to 256, found \"257\"\n"},
	{"threads: -1\n", "t.yaml:1:10: threads: expected a number from 0 to 256, found \"-1\"\n"},
	{"threads: 99999999999999999999\n",
	 "t.yaml:1:10: threads: expected a number from 0 to 256, "
	 "found \"99999999999999999999\"\n"},
	{"threads:\n", "t.yaml:1:9: threads: expected a number from 0 to 256, found \"\"\n"},
	{"map-size: 16X\n",
	 "t.yaml:1:11: map-size: expected a size from 16M to 64T, found \"16X\"\n"},
	{"map-size: 1K\n",
	 "t.yaml:1:11: map-size: expected a size from 16M to 64T, found \"1K\"\n"},
	{"map-size: 99999999999T\n",
	 "t.yaml:1:11: map-size: expected a size from 16M to 64T, found \"99999999999T\"\n"},
	{"log:\n  level: loud\n", "t.yaml:2:10: log.level: expected error, warning, info or debug, "
				  "found \"loud\"\n"},
	{"log: syslog\n", "t.yaml:1:6: log: expected a group of options, found a single value\n"},
	{"allow-md5: maybe\n",
	 "t.yaml:1:12: allow-md5: expected no, yes, false or true, found \"maybe\"\n"},
	{"tcp:\n  idle-timeout: soon\n", "t.yaml:2:17: tcp.idle-timeout: expected a duration from "
					 "1s to 1h, found \"soon\"\n"},
	{"tcp:\n  idle-timeout: 0s\n", "t.yaml:2:17: tcp.idle-timeout: expected a duration from "
				       "1s to 1h, found \"0s\"\n"},
	{"listen: 300.1.1.1\n", "t.yaml:1:9: listen: expected ADDRESS or ADDRESS@PORT "
				"(not an IP address), found \"300.1.1.1\"\n"},
	{"listen:\n  - 127.0.0.1@0\n", "t.yaml:2:5: listen: expected ADDRESS or ADDRESS@PORT "
				       "(port 0 cannot be asked), found \"127.0.0.1@0\"\n"},
	{"listen: ['::1', '::1@53']\n",
	 "t.yaml:1:17: listen: expected an address that is not in the "
	 "list already, found \"::1@53\"\n"},
	{"listen: []\n",
	 "t.yaml:1:9: listen: expected at least one address, found an empty list\n"},
	{"listen:\n  - [127.0.0.1]\n  - ::1\n",
	 "t.yaml:2:5: listen: expected an address, found a list\n"},
	{"listen: {a: 127.0.0.1}\n",
	 "t.yaml:1:9: listen: expected a list of addresses, found a group of options\n"},
	{"data: [a, [b, {c: d}]]\nuser: x\n",
	 "t.yaml:1:7: data: expected a single value, found a list\n"},
	{"data: ''\n", "t.yaml:1:7: data: expected a text that is not empty, found \"\"\n"},
	{"data: \"a\\0b\"\n", "t.yaml:1:7: data: expected a text, found one with a NUL in it\n"},
	{"data: a\nuser: b\ndata: c\n", "t.yaml:3:1: data: said before, in line 1\n"},
	{"tcp: {connections: 1}\ntcp: {connections: 2}\n",
	 "t.yaml:2:1: tcp: said before, in line 1\n"},
	{"tcp:\n  connections: 1\n  connections: 2\n",
	 "t.yaml:3:3: tcp.connections: said before, in line 2\n"},
	{"user: &a bind\ngroup: *a\n",
	 "t.yaml:2:8: group: expected a single value, found an alias\n"},
	{"? [a, b]\n: c\nthreads: x\n",
	 "t.yaml:1:3: option: expected the name of an option, found a list\n"
	 "t.yaml:3:10: threads: expected a number from 0 to 256, found \"x\"\n"},
	{"- data\n", "t.yaml:1:1: expected options (name: value), found a list\n"},
	{"data\n", "t.yaml:1:1: expected options (name: value), found a single value\n"},
	{"data: a\n---\ndata: b\n",
	 "t.yaml:2:1: expected the end of the file, found a second document\n"},
	{"data: a\n  user: b\n",
	 "t.yaml:2:7: not YAML: mapping values are not allowed in this context\n"},
	{"listen: ['::1'\n",
	 "t.yaml:2:1: not YAML: did not find expected ',' or ']' while parsing a "
	 "flow sequence\n"},
	{"user: a\nthreads: \xff\n", "t.yaml:2:10: not YAML: invalid leading UTF-8 octet\n"},
	{"user: a\x01\n", "t.yaml:1:8: not YAML: control characters are not allowed\n"},
	{"thread: 1\nusr: a\nudp-size: 100\nlog:\n  levle: info\n",
	 "t.yaml:1:1: unknown option \"thread\"; did you mean \"threads\"?\n"
	 "t.yaml:2:1: unknown option \"usr\"; did you mean \"user\"?\n"
	 "t.yaml:3:11: udp-size: expected a number from 512 to 4096, found \"100\"\n"
	 "t.yaml:5:3: unknown option \"log.levle\"; did you mean \"log.level\"?\n"},
};

Test(configfile, mistakes_are_told_with_their_place)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct settings s;
		struct lines lines;
		size_t errors = read_text(wrong[i].text, &s, &lines);
		cr_expect_gt(errors, 0, "%s", wrong[i].text);
		cr_expect_str_eq(lines.text, wrong[i].errors, "of: %s\nsaid: %swant: %s",
				 wrong[i].text, lines.text, wrong[i].errors);
	}
}

Test(configfile, everything_can_be_set)
{
	struct settings s;
	struct lines lines;
	size_t errors = read_text("# all of it\n"
				  "data: /srv/tenure\n"
				  "listen: [192.0.2.1, '2001:db8::1@5353']\n"
				  "socket: /run/tenure/control.sock\n"
				  "user: tenure\ngroup: dns\nthreads: 4\nmap-size: 2GiB\n"
				  "log: {target: syslog, level: debug}\n"
				  "server-id: ns1\nversion: none of it\nudp-size: 1400\n"
				  "allow-md5: yes\n"
				  "tcp:\n  connections: 10\n  connections-per-address: 5\n"
				  "  idle-timeout: 1m\n",
				  &s, &lines);
	cr_assert_eq(errors, 0, "%s", lines.text);
	cr_expect_str_eq(s.data, "/srv/tenure");
	cr_expect_eq(s.listen_count, 2);
	cr_expect_not(s.is_listen_default);
	char text[ADDR_TEXT_MAX];
	addr_print(&s.listen[0], text);
	cr_expect_str_eq(text, "192.0.2.1@53");
	addr_print(&s.listen[1], text);
	cr_expect_str_eq(text, "2001:db8::1@5353");
	cr_expect_str_eq(s.socket, "/run/tenure/control.sock");
	cr_expect_str_eq(s.user, "tenure");
	cr_expect_str_eq(s.group, "dns");
	cr_expect_eq(s.threads, 4);
	cr_expect_eq(s.map_size, 2ull << 30);
	cr_expect_eq(s.log_target, LOG_TO_SYSLOG);
	cr_expect_eq(s.log_level, LOG_LEVEL_DEBUG);
	cr_expect_str_eq(s.server_id, "ns1");
	cr_expect_str_eq(s.version, "none of it");
	cr_expect_eq(s.udp_size, 1400);
	cr_expect(s.allows_md5);
	cr_expect_eq(s.tcp_connections, 10);
	cr_expect_eq(s.tcp_connections_per_address, 5);
	cr_expect_eq(s.tcp_idle_timeout, 60);
}

Test(configfile, files_that_say_nothing_leave_the_defaults)
{
	static const char *const texts[] = {"",     "# nothing\n", "---\n",
					    "{}\n", "\n\n",        "--- \n...\n"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct settings s;
		struct lines lines;
		cr_expect_eq(read_text(texts[i], &s, &lines), 0, "%s: %s", texts[i], lines.text);
		cr_expect_str_eq(s.data, "/var/lib/tenure");
		cr_expect_eq(s.listen_count, 2);
		cr_expect(s.is_listen_default);
		cr_expect_eq(s.map_size, 16ull << 30);
		cr_expect_eq(s.udp_size, 1232);
		cr_expect_not(s.allows_md5);
	}
}

Test(configfile, reading_stops_after_so_many_mistakes)
{
	char text[4096] = "";
	for (size_t i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "x%zu: 1\n", i);
	struct settings s;
	struct lines lines;
	cr_expect_eq(read_text(text, &s, &lines), CONFIGFILE_ERRORS_MAX);
}

Test(configfile, a_file_that_is_not_there_is_told)
{
	struct settings s;
	struct lines lines = {0};
	struct configfile_report report = {.line = collect, .context = &lines};
	settings_init(&s);
	cr_expect_eq(configfile_load(&s, "/nonexistent/t.yaml", &report), 1);
	cr_expect_str_eq(lines.text,
			 "/nonexistent/t.yaml: cannot be read: No such file or directory\n");
	lines.text[0] = '\0';
	cr_expect_eq(configfile_load(&s, "/", &report), 1);
	cr_expect_str_eq(lines.text, "/: cannot be read: Is a directory\n");
}

static void keep_line(void *context, const char *line)
{
	snprintf(context, SETTINGS_ERROR_MAX, "%s", line);
}

Test(settings, the_control_socket_is_in_the_data_folder_unless_told)
{
	struct settings s;
	char error[SETTINGS_ERROR_MAX];
	settings_init(&s);
	cr_expect_eq(settings_finish(&s, keep_line, error), 0);
	cr_expect_str_eq(s.socket, "/var/lib/tenure/control.sock");
	settings_init(&s);
	cr_expect(setting_assign(&s, settings_find("socket"), "/run/t", error));
	cr_expect_eq(settings_finish(&s, keep_line, error), 0);
	cr_expect_str_eq(s.socket, "/run/t");
}

Test(settings, a_control_socket_with_too_long_a_path_is_refused)
{
	struct settings s;
	char error[SETTINGS_ERROR_MAX], path[150];
	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	settings_init(&s);
	cr_expect(setting_assign(&s, settings_find("data"), path, error));
	cr_expect_eq(settings_finish(&s, keep_line, error), 1);
	cr_expect(strstr(error, "is 162 bytes long, the system takes 107"), "%s", error);
}

Test(settings, one_address_of_all_is_refused)
{
	static const struct {
		const char *first, *second;
		bool is_right;
	} rows[] = {{"0.0.0.0", "127.0.0.1", false}, {"::1@53", "::", false},
		    {"0.0.0.0", "::", true},         {"0.0.0.0@53", "127.0.0.1@54", true},
		    {"::", "127.0.0.1", true},       {"127.0.0.1", "127.0.0.2", true}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct settings s;
		char error[SETTINGS_ERROR_MAX] = "";
		settings_init(&s);
		cr_expect(setting_assign(&s, settings_find("listen"), rows[i].first, error));
		cr_expect(setting_assign(&s, settings_find("listen"), rows[i].second, error));
		cr_expect_eq(settings_finish(&s, keep_line, error) == 0, rows[i].is_right,
			     "%s %s: %s", rows[i].first, rows[i].second, error);
	}
}

Test(settings, sizes_are_read_with_their_units)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {{"16M", 16ull << 20},   {"16MiB", 16ull << 20}, {"1g", 1ull << 30},
		    {"2GB", 2ull << 30},    {"1T", 1ull << 40},     {"16777216", 16ull << 20},
		    {"65536K", 64ull << 20}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct settings s;
		char error[SETTINGS_ERROR_MAX];
		settings_init(&s);
		cr_expect(setting_assign(&s, settings_find("map-size"), rows[i].text, error), "%s",
			  rows[i].text);
		cr_expect_eq(s.map_size, rows[i].bytes, "%s", rows[i].text);
	}
}
