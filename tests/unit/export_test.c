/* SPDX-License-Identifier: BSD-2-Clause */
/* The live export of a core's log, to a file, a Unix socket and a syslog server of the test's. */
#include <config.h>
#include "outbound/export.h"
#include "admin/call.h"
#include "journal/local.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_S 20

static char folder[] = "/tmp/tenure-export-XXXXXX";
static struct core *core;

static void begin(void)
{
	char error[STORE_ERROR_MAX];
	cr_assert_not_null(mkdtemp(folder));
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	struct core_options options = {.data = folder,
				       .map_size = 64 << 20,
				       .readers = 2,
				       .hand_clock_us = 1767603600000000};
	core = core_start(&options, error);
	cr_assert_not_null(core, "%s", error);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void end(void)
{
	core_stop(core);
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(export, .init = begin, .fini = end, .timeout = 60);

/* A zone is added: two entries of the log. */
static void add_zone(const char *name)
{
	struct call call;
	call_open(&call, core, "local:root");
	json_t *args = json_pack("{s:s}", "zone", name);
	call.args = args;
	cr_assert_eq(call_run(&call, "zone add"), CALL_OK, "%s", call_error(&call));
	call_close(&call);
	json_decref(args);
}

static const char *inside(const char *name)
{
	static char path[80];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static uint64_t cursor_of(const char *word)
{
	struct store_txn txn;
	store_read_begin(core->store, &txn);
	uint64_t seq = local_number(&txn, word);
	store_read_end(&txn);
	return seq;
}

static int server_socket(int type, struct addr *at)
{
	struct timeval patience = {.tv_sec = WAIT_S};
	int fd = socket(AF_INET, type, 0);
	cr_assert_null(addr_parse("127.0.0.1", 53, at));
	at->v4.sin_port = 0;
	cr_assert_eq(bind(fd, &at->any, at->len), 0);
	cr_assert_eq(getsockname(fd, &at->any, &at->len), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(fd, 4), 0);
	return fd;
}

static int peer_accept(int listening)
{
	struct timeval patience = {.tv_sec = WAIT_S};
	int fd = accept(listening, NULL, NULL);
	cr_assert_geq(fd, 0, "nobody came: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

/* Reads until the text holds `count` times `what`. */
static void read_until(int fd, char *text, size_t room, const char *what, int count)
{
	size_t len = 0;
	text[0] = '\0';
	for (;;) {
		int found = 0;
		for (const char *at = text; (at = strstr(at, what)); at++)
			found++;
		if (found >= count)
			return;
		ssize_t n = recv(fd, text + len, room - len - 1, 0);
		cr_assert_gt(n, 0, "%d of %d '%s' in: %s", found, count, what, text);
		len += (size_t)n;
		text[len] = '\0';
	}
}

/* How the only target stands, as soon as it has taken `seq`, or has failed. */
static struct export_status status_after_taking(struct exports *exports, uint64_t seq)
{
	struct export_status status;
	for (exports_status(exports, 0, &status);
	     status.taken.of[JOURNAL_CHANGES] < seq && !status.failures;
	     exports_status(exports, 0, &status))
		poll(NULL, 0, 1);
	return status;
}

static struct export_status status_after_failure(struct exports *exports)
{
	return status_after_taking(exports, UINT64_MAX);
}

Test(export, a_file_has_each_event_once_and_in_order_over_restarts)
{
	static const char *const zones[] = {"a.example", "b.example"};
	char text[8192] = "";
	unsigned lines = 0;
	json_int_t last = 0;
	struct exports_options options = {.file = inside("log.json")};
	for (size_t i = 0; i < 2; i++) {
		struct exports *exports = exports_start(core, &options);
		cr_expect_eq(exports_count(exports), 1);
		add_zone(zones[i]);
		exports_stop(exports); /* sends what there is, and stores how far it came */
	}
	struct exports *exports = exports_start(core, &options);
	/* What it had not sent at its stops it sends now. */
	struct export_status status = status_after_taking(exports, 4);
	cr_expect_str_eq(status.name, "file");
	cr_expect_eq(status.lost, 0);
	cr_expect_eq(status.failures, 0);
	exports_stop(exports);
	cr_expect_eq(cursor_of("export-file"), 4);
	FILE *file = fopen(inside("log.json"), "r");
	cr_assert_not_null(file);
	for (; fgets(text, sizeof text, file); lines++) {
		json_t *event = json_loads(text, 0, NULL);
		json_int_t seq = json_integer_value(json_object_get(event, "seq"));
		cr_expect(seq == last || seq == last + 1, "%s", text);
		last = seq;
		json_decref(event);
	}
	fclose(file);
	cr_expect_eq(lines, 6, "a zone is an entry, its two records are another: %u", lines);
	cr_expect_eq(last, 4);
}

Test(export, a_unix_socket_gets_lines_and_after_a_loss_what_was_not_read)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char text[16384];
	snprintf(at.sun_path, sizeof at.sun_path, "%s", inside("sock"));
	int listening = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(listening, (struct sockaddr *)&at, sizeof at), 0);
	cr_assert_eq(listen(listening, 4), 0);
	add_zone("a.example");
	struct exports_options options = {.socket = at.sun_path};
	struct exports *exports = exports_start(core, &options);
	int fd = peer_accept(listening);
	read_until(fd, text, sizeof text, "\n", 3);
	cr_expect_not_null(strstr(text, "zone-create"), "%s", text);
	close(fd);
	add_zone("b.example");
	fd = peer_accept(listening); /* it comes again */
	read_until(fd, text, sizeof text, "b.example", 3);
	struct export_status status;
	exports_status(exports, 0, &status);
	cr_expect_geq(status.failures, 1);
	cr_expect_str_eq(status.name, "socket");
	cr_expect_str_eq(status.target, at.sun_path);
	close(fd);
	close(listening);
	exports_stop(exports);
}

Test(export, a_syslog_server_gets_a_datagram_for_each_event)
{
	struct addr at;
	char text[4096] = "", url[64];
	int fd = server_socket(SOCK_DGRAM, &at);
	snprintf(url, sizeof url, "udp://127.0.0.1:%u", addr_port(&at));
	struct exports_options options = {.syslog = url};
	struct exports *exports = exports_start(core, &options);
	add_zone("a.example");
	for (int i = 0; i < 3; i++) {
		ssize_t n = recv(fd, text, sizeof text - 1, 0);
		cr_assert_gt(n, 0);
		text[n] = '\0';
		cr_expect_eq(text[0], '<', "RFC 5424 begins with the priority: %s", text);
		cr_expect_not_null(strstr(text, "a.example"), "%s", text);
	}
	exports_stop(exports);
	close(fd);
}

Test(export, a_syslog_server_by_tcp_gets_frames_with_their_length)
{
	struct addr at;
	char text[16384], url[64];
	int listening = server_socket(SOCK_STREAM, &at);
	snprintf(url, sizeof url, "tcp://127.0.0.1:%u", addr_port(&at));
	add_zone("a.example");
	struct exports_options options = {.syslog = url};
	struct exports *exports = exports_start(core, &options);
	int fd = peer_accept(listening);
	read_until(fd, text, sizeof text, "<", 3);
	/* RFC 6587 3.4.1: the length, a blank, the message. */
	char *after;
	unsigned long len = strtoul(text, &after, 10);
	cr_expect_gt(len, 50);
	cr_expect_eq(after[0], ' ');
	cr_expect_eq(after[1], '<');
	exports_stop(exports);
	close(fd);
	close(listening);
}

Test(export, a_target_that_is_not_there_is_said_and_nothing_is_lost)
{
	struct exports_options options = {.socket = inside("nobody")};
	add_zone("a.example");
	struct exports *exports = exports_start(core, &options);
	struct export_status status = status_after_failure(exports);
	cr_expect_not(status.is_open);
	cr_expect_str_eq(status.error, "nobody listens there: No such file or directory");
	cr_expect_eq(status.taken.of[JOURNAL_CHANGES], 0);
	cr_expect_eq(status.lost, 0);
	exports_stop(exports);
	cr_expect_eq(cursor_of("export-socket"), 0);
}

Test(export, a_port_that_nobody_serves_is_said)
{
	struct addr at;
	char url[64];
	close(server_socket(SOCK_STREAM, &at));
	snprintf(url, sizeof url, "tcp://127.0.0.1:%u", addr_port(&at));
	struct exports_options options = {.syslog = url};
	struct exports *exports = exports_start(core, &options);
	struct export_status status = status_after_failure(exports);
	cr_expect_str_eq(status.error, "cannot connect: Connection refused");
	exports_stop(exports);
}

Test(export, a_server_that_does_not_speak_tls_is_not_given_anything)
{
	struct addr at;
	char url[64], hello[4096];
	int listening = server_socket(SOCK_STREAM, &at);
	snprintf(url, sizeof url, "tls://127.0.0.1:%u", addr_port(&at));
	add_zone("a.example");
	struct exports_options options = {.syslog = url};
	struct exports *exports = exports_start(core, &options);
	int fd = peer_accept(listening);
	cr_assert_gt(recv(fd, hello, sizeof hello, 0), 0);
	cr_expect_eq(hello[0], 22, "a TLS handshake, not a line of the log");
	cr_assert_eq(send(fd, "what?\r\n", 7, MSG_NOSIGNAL), 7);
	struct export_status status = status_after_failure(exports);
	cr_expect(strncmp(status.error, "TLS handshake: ", 15) == 0, "%s", status.error);
	cr_expect_eq(status.events, 0);
	exports_stop(exports);
	close(fd);
	close(listening);
}

Test(export, without_targets_there_is_nothing)
{
	struct exports_options options = {.file = "", .socket = NULL};
	struct exports *exports = exports_start(core, &options);
	cr_expect_eq(exports_count(exports), 0);
	cr_expect_eq(exports_count(NULL), 0);
	exports_stop(exports);
}
