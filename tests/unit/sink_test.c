/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/line_chain.h"
#include "outbound/sink.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

Test(sink, urls_name_a_transport_a_host_and_perhaps_a_port)
{
	static const struct {
		const char *url;
		enum sink_kind kind;
		const char *host, *port;
	} rows[] = {
		{"udp://10.0.0.1", SINK_UDP, "10.0.0.1", "514"},
		{"tcp://logs.corp.example", SINK_TCP, "logs.corp.example", "601"},
		{"tls://logs.corp.example:7000", SINK_TLS, "logs.corp.example", "7000"},
		{"tls://[2001:db8::1]", SINK_TLS, "2001:db8::1", "6514"},
		{"udp://[::1]:5514", SINK_UDP, "::1", "5514"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sink_options o = {0};
		const char *problem = sink_parse_url(&o, rows[i].url);
		cr_assert_null(problem, "%s: %s", rows[i].url, problem);
		cr_expect_eq(o.kind, rows[i].kind);
		cr_expect_str_eq(o.target, rows[i].host);
		cr_expect_str_eq(o.port, rows[i].port);
	}
}

Test(sink, urls_that_make_no_sense_are_refused)
{
	static const char *const rows[] = {
		"",
		"logs",
		"http://logs",
		"tls://",
		"tls://:1",
		"udp://[::1",
		"udp://[]",
		"tcp://a:",
		"tcp://a:0",
		"tcp://a:65536",
		"tcp://a:1x",
		"tcp://a/b",
		"tcp://[::1]x",
		"tcp://a:999999999999999999999",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sink_options o = {0};
		cr_expect_not_null(sink_parse_url(&o, rows[i]), "%s", rows[i]);
	}
}

static char folder[] = "/tmp/tenure-sink-XXXXXX";
static const _Atomic bool never;

static void begin(void)
{
	cr_assert_not_null(mkdtemp(folder));
}

static void end(void)
{
	char command[100];
	snprintf(command, sizeof command, "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

static struct sink *sink_of(enum sink_kind kind, const char *file)
{
	struct sink_options o = {.kind = kind};
	snprintf(o.target, sizeof o.target, "%s/%s", folder, file);
	return sink_new(&o, &never);
}

static bool send_one(struct sink *sink, int seq)
{
	struct batch batch = {0};
	json_t *event = json_pack("{s:i}", "seq", seq);
	struct line_chain chain = {{0}};
	sink_format(sink, event, &chain, &batch);
	bool is_sent = sink_send(sink, &batch);
	json_decref(event);
	batch_free(&batch);
	return is_sent;
}

/* What a line says, without its chain. */
static void cut_chains(char *text)
{
	static const size_t len = sizeof ",\"chain\":\"\"" - 1 + 2 * DIGEST_LEN;
	for (char *at; (at = strstr(text, ",\"chain\":"));)
		memmove(at, at + len, strlen(at + len) + 1);
}

static void expect_file(const char *name, const char *wanted)
{
	char path[100], text[1000] = "";
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "r");
	cr_assert_not_null(file);
	size_t len = fread(text, 1, sizeof text - 1, file);
	text[len] = '\0';
	cut_chains(text);
	fclose(file);
	cr_expect_str_eq(text, wanted);
}

static void write_file(const char *name, const char *text)
{
	char path[100];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

Test(sink, a_file_gets_a_line_each_behind_what_is_there, .init = begin, .fini = end)
{
	write_file("log", "before\n");
	struct sink *sink = sink_of(SINK_FILE, "log");
	cr_assert(sink_open(sink), "%s", sink_error(sink));
	cr_expect(send_one(sink, 1));
	cr_expect(send_one(sink, 2));
	cr_expect_eq(sink_look(sink), SINK_TAKEN);
	sink_free(sink);
	expect_file("log", "before\n{\"seq\":1}\n{\"seq\":2}\n");
}

Test(sink, half_a_line_that_a_crash_left_is_cut_off, .init = begin, .fini = end)
{
	static const struct {
		const char *before, *after;
	} rows[] = {{"{\"seq\":1}\n{\"se", "{\"seq\":1}\n{\"seq\":2}\n"},
		    {"{\"se", "{\"seq\":2}\n"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		write_file("log", rows[i].before);
		struct sink *sink = sink_of(SINK_FILE, "log");
		cr_assert(sink_open(sink), "%s", sink_error(sink));
		cr_expect(send_one(sink, 2));
		sink_free(sink);
		expect_file("log", rows[i].after);
	}
}

Test(sink, a_file_that_was_moved_away_is_made_anew, .init = begin, .fini = end)
{
	char from[100], to[100];
	snprintf(from, sizeof from, "%s/log", folder);
	snprintf(to, sizeof to, "%s/log.1", folder);
	struct sink *sink = sink_of(SINK_FILE, "log");
	cr_assert(sink_open(sink), "%s", sink_error(sink));
	cr_expect(send_one(sink, 1));
	cr_assert_eq(rename(from, to), 0);
	cr_expect(send_one(sink, 2));
	sink_free(sink);
	expect_file("log.1", "{\"seq\":1}\n");
	expect_file("log", "{\"seq\":2}\n");
}

Test(sink, what_is_no_file_or_not_there_is_said, .init = begin, .fini = end)
{
	char fifo[100];
	snprintf(fifo, sizeof fifo, "%s/fifo", folder);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	static const struct {
		enum sink_kind kind;
		const char *file, *error;
	} rows[] = {
		{SINK_FILE, "fifo", "it is not a file"},
		{SINK_FILE, "no/log", "cannot open it: No such file or directory"},
		{SINK_SOCKET, "no.sock", "nobody listens there: No such file or directory"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sink *sink = sink_of(rows[i].kind, rows[i].file);
		cr_expect(!sink_open(sink));
		cr_expect_str_eq(sink_error(sink), rows[i].error);
		sink_free(sink);
	}
}

Test(sink, a_unix_socket_is_in_doubt_until_the_peer_has_read, .init = begin, .fini = end)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char text[200] = "";
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s/peer", folder);
	cr_assert_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	cr_assert_eq(listen(listener, 1), 0);
	struct sink *sink = sink_of(SINK_SOCKET, "peer");
	cr_assert(sink_open(sink), "%s", sink_error(sink));
	int peer = accept(listener, NULL, NULL);
	cr_expect(send_one(sink, 7));
	cr_expect_eq(sink_look(sink), SINK_IN_DOUBT);
	ssize_t len = read(peer, text, sizeof text - 1);
	cut_chains(text);
	cr_expect(len > 10);
	cr_expect_eq(memcmp(text, "{\"seq\":7}\n", 10), 0);
	cr_expect_eq(sink_look(sink), SINK_TAKEN);
	close(peer);
	cr_expect_eq(sink_look(sink), SINK_LOST);
	sink_free(sink);
	close(listener);
}
