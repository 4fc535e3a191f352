/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon as a whole, by its sockets: UDP, TCP, the control socket, signals. */
#include <config.h>
#include "tests/unit/running.h"
#include "base/frame.h"
#include "server/control.h"
#include "dns/type.h"
#include "nameserver/core.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct running server;

static void begin(void)
{
	running_init(&server);
	running_start(&server);
	cr_assert_eq(running_command(&server, "zone add",
				     "{\"zone\":\"corp.example\",\"ns\":[\"ns1.corp.example\"],"
				     "\"settings\":{\"update\":\"nonsecure\","
				     "\"transfer\":\"127.0.0.0/8\"}}",
				     NULL),
		     0);
}

static void end(void)
{
	running_stop(&server);
}

TestSuite(daemon, .init = begin, .fini = end, .timeout = 60);

/* Sends a datagram and receives the answer; returns the rcode. */
static int ask_udp(int fd, const uint8_t *message, size_t len, uint16_t id)
{
	uint8_t answer[4096];
	cr_assert_eq(send(fd, message, len, 0), (ssize_t)len);
	return running_rcode(answer, recv(fd, answer, sizeof answer, 0), id);
}

static int query_udp(int fd, uint16_t id, const char *name)
{
	uint8_t message[512];
	size_t len = running_query(message, id, name, DNS_TYPE_SOA);
	return ask_udp(fd, message, len, id);
}

Test(daemon, answers_queries_by_udp)
{
	int fd = running_connect(SOCK_DGRAM, &server.addr);
	cr_expect_eq(query_udp(fd, 1, "corp.example"), DNS_NOERROR);
	cr_expect_eq(query_udp(fd, 2, "nobody.corp.example"), DNS_NXDOMAIN);
	cr_expect_eq(query_udp(fd, 3, "other.example"), DNS_REFUSED);
	close(fd);
}

Test(daemon, an_update_by_udp_is_there_when_it_is_answered)
{
	uint8_t message[512];
	int fd = running_connect(SOCK_DGRAM, &server.addr);
	for (uint16_t id = 10; id < 20; id++) {
		char name[64];
		snprintf(name, sizeof name, "pc%u.corp.example", id);
		size_t len = running_update(message, id, "corp.example", name);
		cr_assert_eq(ask_udp(fd, message, len, id), DNS_NOERROR);
		cr_expect_eq(query_udp(fd, (uint16_t)(id + 100), name), DNS_NOERROR);
	}
	close(fd);
}

Test(daemon, packets_that_deserve_no_answer_get_none)
{
	uint8_t answer[512], message[512];
	int fd = running_connect(SOCK_DGRAM, &server.addr);
	send(fd, "short", 5, 0);
	send(fd, "", 0, 0);
	/* A response. */
	size_t len = running_query(message, 7, "corp.example", DNS_TYPE_SOA);
	message[2] |= 0x80;
	send(fd, message, len, 0);
	/* The first answer is that of the question behind them. */
	len = running_query(message, 8, "corp.example", DNS_TYPE_SOA);
	send(fd, message, len, 0);
	cr_expect_eq(running_rcode(answer, recv(fd, answer, sizeof answer, 0), 8), DNS_NOERROR);
	cr_expect_eq(recv(fd, answer, sizeof answer, MSG_DONTWAIT), -1);
	close(fd);
}

Test(daemon, queries_on_one_connection_are_answered_each)
{
	uint8_t message[512], answer[65535], stream[4096];
	struct bytes_out out = bytes_out_of(stream, sizeof stream);
	int fd = running_connect(SOCK_STREAM, &server.addr);
	for (uint16_t id = 1; id <= 20; id++) {
		size_t len = running_query(message, id, "corp.example", DNS_TYPE_SOA);
		bytes_out_u16(&out, (uint16_t)len);
		bytes_out_put(&out, message, len);
	}
	cr_assert_eq(send(fd, stream, bytes_out_len(&out), 0), (ssize_t)bytes_out_len(&out));
	for (uint16_t id = 1; id <= 20; id++) {
		ssize_t len = running_receive_tcp(fd, answer);
		cr_expect_eq(running_rcode(answer, len, id), DNS_NOERROR, "answer %u", id);
	}
	close(fd);
}

Test(daemon, a_query_may_come_byte_by_byte)
{
	uint8_t message[512], answer[65535], framed[514];
	int fd = running_connect(SOCK_STREAM, &server.addr), yes = 1;
	setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &yes, sizeof yes);
	size_t len = running_query(message, 5, "corp.example", DNS_TYPE_NS);
	struct bytes_out out = bytes_out_of(framed, sizeof framed);
	bytes_out_u16(&out, (uint16_t)len);
	bytes_out_put(&out, message, len);
	for (size_t i = 0; i < bytes_out_len(&out); i++)
		cr_assert_eq(send(fd, framed + i, 1, 0), 1);
	cr_expect_eq(running_rcode(answer, running_receive_tcp(fd, answer), 5), DNS_NOERROR);
	close(fd);
}

Test(daemon, a_client_that_sends_no_more_still_gets_its_answers)
{
	uint8_t message[512], answer[65535];
	int fd = running_connect(SOCK_STREAM, &server.addr), answers = 0;
	for (uint16_t id = 1; id <= 5; id++)
		running_send_tcp(fd, message,
				 running_update(message, id, "corp.example", "x.corp.example"));
	running_send_tcp(fd, message, running_query(message, 9, "corp.example", DNS_TYPE_SOA));
	shutdown(fd, SHUT_WR);
	while (running_receive_tcp(fd, answer) >= 0)
		answers++;
	cr_expect_eq(answers, 6, "%d answers, then the end", answers);
	close(fd);
}

Test(daemon, a_message_that_is_none_does_not_end_the_connection)
{
	uint8_t message[512], answer[65535];
	int fd = running_connect(SOCK_STREAM, &server.addr);
	running_send_tcp(fd, (const uint8_t *)"", 0);
	running_send_tcp(fd, (const uint8_t *)"no header", 9);
	running_send_tcp(fd, message, running_query(message, 4, "corp.example", DNS_TYPE_SOA));
	cr_expect_eq(running_rcode(answer, running_receive_tcp(fd, answer), 4), DNS_NOERROR);
	close(fd);
}

/* A zone file of so many records, by the control socket. */
static void fill(unsigned count)
{
	uint8_t message[512];
	int fd = running_connect(SOCK_DGRAM, &server.addr);
	for (unsigned i = 0; i < count; i++) {
		char name[64];
		snprintf(name, sizeof name, "host-with-a-long-name-%u.corp.example", i);
		size_t len = running_update(message, (uint16_t)i, "corp.example", name);
		cr_assert_eq(ask_udp(fd, message, len, (uint16_t)i), DNS_NOERROR);
	}
	close(fd);
}

Test(daemon, a_transfer_comes_whole_between_two_soas)
{
	uint8_t message[512], answer[65535];
	unsigned records = 0;
	fill(50);
	int fd = running_connect(SOCK_STREAM, &server.addr);
	running_send_tcp(fd, message, running_query(message, 3, "corp.example", DNS_TYPE_AXFR));
	/* 50 hosts, an NS, and the SOA at both ends. */
	while (records < 53) {
		ssize_t len = running_receive_tcp(fd, answer);
		cr_assert_eq(running_rcode(answer, len, 3), DNS_NOERROR);
		records += (unsigned)(answer[6] << 8 | answer[7]);
	}
	cr_expect_eq(records, 53);
	/* The connection is there for more. */
	running_send_tcp(fd, message, running_query(message, 6, "corp.example", DNS_TYPE_SOA));
	cr_expect_eq(running_rcode(answer, running_receive_tcp(fd, answer), 6), DNS_NOERROR);
	close(fd);
}

Test(daemon, a_peer_that_leaves_within_a_transfer_hurts_nobody)
{
	uint8_t message[512], answer[65535];
	fill(30);
	for (int i = 0; i < 5; i++) {
		int fd = running_connect(SOCK_STREAM, &server.addr);
		struct linger now = {.l_onoff = 1};
		running_send_tcp(fd, message,
				 running_query(message, 3, "corp.example", DNS_TYPE_AXFR));
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		close(fd); /* by a reset */
	}
	int fd = running_connect(SOCK_STREAM, &server.addr);
	running_send_tcp(fd, message, running_query(message, 6, "corp.example", DNS_TYPE_SOA));
	cr_expect_eq(running_rcode(answer, running_receive_tcp(fd, answer), 6), DNS_NOERROR);
	close(fd);
}

/* --- the control socket */

static int connect_control(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = RUNNING_WAIT_S};
	snprintf(to.sun_path, sizeof to.sun_path, "%.100s", server.settings.socket);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The error of the result that comes next; "" if there is none. */
static const char *next_error(int fd)
{
	static uint8_t body[FRAME_MAX];
	static char error[512];
	enum frame_kind kind = FRAME_ROW;
	size_t len;
	while (kind == FRAME_ROW)
		cr_assert(frame_receive(fd, &kind, body, &len), "the server said nothing");
	cr_assert_eq(kind, FRAME_RESULT);
	json_t *result = json_loadb((const char *)body, len, 0, NULL);
	const char *text = json_string_value(json_object_get(result, "error"));
	snprintf(error, sizeof error, "%s", text ? text : "");
	json_decref(result);
	return error;
}

static void control_send(int fd, enum frame_kind kind, const char *text)
{
	cr_assert(frame_send(fd, kind, bytes_of(text, strlen(text))));
}

Test(daemon, commands_that_make_no_sense_are_answered_and_the_next_is_heard)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"not json", "the request is not JSON"},
		{"{}", "a request is an object with a command"},
		{"[1]", "a request is an object with a command"},
		{"{\"command\": 7}", "a request is an object with a command"},
		{"{\"command\": \"status\", \"command\": \"stop\"}", "the request is not JSON"},
		{"{\"verb\": \"statsu\"}", "unknown command 'statsu': did you mean 'stats'?"},
		{"{\"command\": \"status\", \"protocol\": 2}",
		 "this server speaks version 1 of the control protocol, and no other"},
		{"{\"command\": \"status\", \"protocol\": \"1\"}",
		 "this server speaks version 1 of the control protocol, and no other"},
		{"{\"command\": \"zone lisst\"}",
		 "unknown command 'zone lisst': did you mean 'zone list'?"},
		{"{\"command\": \"status\", \"args\": 5}", "the arguments are not an object"},
		{"{\"command\": \"status\", \"args\": {\"x\": 1}}", "'status' has no argument 'x'"},
	};
	int fd = connect_control();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		control_send(fd, FRAME_COMMAND, rows[i].text);
		const char *error = next_error(fd);
		cr_expect_str_eq(error, rows[i].error, "%s: %s", rows[i].text, error);
	}
	close(fd);
}

Test(daemon, a_frame_that_is_no_command_ends_the_connection)
{
	uint8_t body[FRAME_MAX];
	enum frame_kind kind;
	size_t len;
	int fd = connect_control();
	control_send(fd, FRAME_DATA, "data of nothing");
	cr_expect_str_eq(next_error(fd), "a command was expected");
	cr_expect_not(frame_receive(fd, &kind, body, &len));
	close(fd);
}

Test(daemon, an_import_that_its_sender_leaves_changes_nothing)
{
	json_t *result;
	int fd = connect_control();
	control_send(fd, FRAME_COMMAND,
		     "{\"command\": \"zone import\", \"args\": {\"zone\": \"corp.example\"}}");
	control_send(fd, FRAME_DATA, "half a rec");
	close(fd);
	cr_expect_eq(running_command(&server, "zone show", "{\"zone\":\"corp.example\"}", &result),
		     0);
	cr_expect_eq(json_integer_value(json_object_get(result, "serial")), 1);
	cr_expect_eq(json_integer_value(json_object_get(result, "records")), 2);
	json_decref(result);
}

/* A follower of the log, or a connection that carries out nothing yet. */
static int hold_place(bool follows)
{
	int fd = connect_control();
	if (follows)
		control_send(fd, FRAME_COMMAND,
			     "{\"command\": \"audit\", \"args\": {\"follow\": true}}");
	return fd;
}

Test(daemon, half_of_the_places_may_follow_the_log_and_the_rest_are_for_what_ends)
{
	int fds[CONTROL_CONNECTIONS / 2 + 1], count = 0;
	static uint8_t body[FRAME_MAX];
	const char *error = "";
	enum frame_kind kind;
	size_t len;
	/* Each has its place when the zone's entry comes. */
	while (count < CONTROL_CONNECTIONS / 2) {
		fds[count] = hold_place(true);
		cr_assert(frame_receive(fds[count++], &kind, body, &len) && kind == FRAME_ROW);
	}
	fds[count] = hold_place(true);
	while (!*error)
		error = next_error(fds[count]);
	cr_expect_str_eq(error, "32 commands go on until they are ended, and no more may: half of "
				"control-connections, which is 64 (tenured.yaml(5))");
	cr_expect_eq(running_command(&server, "status", "{}", NULL), 0);
	for (int i = 0; i <= count; i++)
		close(fds[i]);
}

Test(daemon, a_connection_without_a_command_gives_its_place_to_one_that_comes)
{
	int fds[CONTROL_CONNECTIONS];
	for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++)
		fds[i] = hold_place(false);
	uint64_t end_us = clock_monotonic_us() + RUNNING_WAIT_S * 1000000ull;
	int code;
	/* They are spared for a second, in which they may say what they want. */
	while ((code = running_command(&server, "status", "{}", NULL)) != 0 &&
	       clock_monotonic_us() < end_us)
		usleep(50000);
	cr_expect_eq(code, 0);
	for (unsigned i = 0; i < CONTROL_CONNECTIONS; i++)
		close(fds[i]);
}

Test(daemon, status_says_where_it_listens)
{
	json_t *result;
	char text[ADDR_TEXT_MAX];
	addr_print(&server.addr, text);
	cr_assert_eq(running_command(&server, "status", "{}", &result), 0);
	const char *listen =
		json_string_value(json_array_get(json_object_get(result, "listen"), 0));
	cr_expect_str_eq(listen ? listen : "", text);
	json_decref(result);
}

Test(daemon, a_signal_that_asks_for_nothing_changes_nothing)
{
	kill(getpid(), SIGHUP);
	int fd = running_connect(SOCK_DGRAM, &server.addr);
	cr_expect_eq(query_udp(fd, 1, "corp.example"), DNS_NOERROR);
	close(fd);
}

/* --- limits: daemons with settings of their own */

static struct running other;

/* Asks for the SOA of a zone that is not there. */
static bool is_answered(int fd, uint16_t id)
{
	uint8_t message[512], answer[65535];
	running_send_tcp(fd, message, running_query(message, id, "corp.example", DNS_TYPE_SOA));
	return running_rcode(answer, running_receive_tcp(fd, answer), id) == DNS_REFUSED;
}

static bool connection_is_ended(int fd)
{
	uint8_t answer[65535];
	return running_receive_tcp(fd, answer) == -1;
}

Test(daemon_limits, a_connection_too_many_ends_the_one_that_is_idle_for_longest)
{
	running_init(&other);
	other.settings.tcp_connections = 2;
	running_start(&other);
	int first = running_connect(SOCK_STREAM, &other.addr);
	cr_expect(is_answered(first, 1));
	int second = running_connect(SOCK_STREAM, &other.addr);
	cr_expect(is_answered(second, 2));
	cr_expect(is_answered(first, 3), "now the second is idle for longer");
	int third = running_connect(SOCK_STREAM, &other.addr);
	cr_expect(is_answered(third, 4));
	cr_expect(connection_is_ended(second));
	cr_expect(is_answered(first, 5));
	close(first);
	close(second);
	close(third);
	running_stop(&other);
}

Test(daemon_limits, connections_of_one_address_are_counted)
{
	running_init(&other);
	other.settings.tcp_connections_per_address = 1;
	running_start(&other);
	int first = running_connect(SOCK_STREAM, &other.addr);
	cr_expect(is_answered(first, 1));
	int second = running_connect(SOCK_STREAM, &other.addr);
	cr_expect(is_answered(second, 2));
	cr_expect(connection_is_ended(first));
	close(first);
	close(second);
	running_stop(&other);
}

Test(daemon_limits, an_idle_connection_is_ended_however_it_trickles)
{
	running_init(&other);
	other.settings.tcp_idle_timeout = 0; /* the next look finds it idle */
	running_start(&other);
	int fd = running_connect(SOCK_STREAM, &other.addr);
	cr_assert_eq(send(fd, "\0", 1, MSG_NOSIGNAL), 1);
	cr_expect(connection_is_ended(fd));
	close(fd);
	running_stop(&other);
}

Test(daemon_limits, an_answer_comes_from_the_address_that_was_asked)
{
	static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "127.1.2.3"};
	running_init(&other);
	other.is_wildcard = true;
	running_start(&other);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct addr addr;
		cr_assert_null(addr_parse(addresses[i], 53, &addr));
		addr.v4.sin_port = other.addr.v4.sin_port;
		/* A connected socket hears of its peer alone. */
		int fd = running_connect(SOCK_DGRAM, &addr);
		cr_expect_eq(query_udp(fd, (uint16_t)(i + 1), "corp.example"), DNS_REFUSED);
		close(fd);
	}
	running_stop(&other);
}

/* --- starts and ends */

Test(daemon_end, a_stop_by_the_control_socket_ends_it)
{
	running_init(&other);
	running_start(&other);
	cr_expect_eq(running_command(&other, "stop", "{}", NULL), 0);
	running_wait(&other);
	cr_expect_eq(access(other.settings.socket, F_OK), -1, "the socket went with it");
}

Test(daemon_end, an_interrupt_ends_it)
{
	running_init(&other);
	running_start(&other);
	kill(getpid(), SIGINT);
	running_wait(&other);
}

Test(daemon_end, what_was_written_is_there_after_a_restart)
{
	running_init(&other);
	running_start(&other);
	cr_assert_eq(running_command(&other, "zone add", "{\"zone\":\"corp.example\"}", NULL), 0);
	kill(getpid(), SIGTERM);
	pthread_join(other.thread, NULL);
	other.daemon = NULL;
	running_start(&other);
	int fd = running_connect(SOCK_DGRAM, &other.addr);
	cr_expect_eq(query_udp(fd, 1, "corp.example"), DNS_NOERROR);
	close(fd);
	running_stop(&other);
}

Test(daemon_end, the_service_manager_hears_of_start_and_stop)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char said[64] = "";
	running_init(&other);
	snprintf(at.sun_path, sizeof at.sun_path, "%s/notify", other.folder);
	int manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct timeval patience = {.tv_sec = RUNNING_WAIT_S};
	setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	cr_assert_eq(bind(manager, (struct sockaddr *)&at, sizeof at), 0);
	setenv("NOTIFY_SOCKET", at.sun_path, true);
	running_start(&other);
	cr_assert_gt(recv(manager, said, sizeof said - 1, 0), 0);
	cr_expect_str_eq(said, "READY=1");
	running_stop(&other);
	memset(said, 0, sizeof said);
	cr_assert_gt(recv(manager, said, sizeof said - 1, 0), 0);
	cr_expect_str_eq(said, "STOPPING=1");
	close(manager);
}

/* Starts with the settings as they are, which must fail; the error. */
static const char *start_error(void)
{
	static char error[DAEMON_ERROR_MAX];
	struct daemon_options options = {.settings = &other.settings};
	other.settings.listen[0] = running_free_port();
	error[0] = '\0';
	cr_assert_null(daemon_start(&options, error));
	return error;
}

#define EXPECT_PART(text, part)                                                                    \
	do {                                                                                       \
		const char *text_is = text;                                                        \
		cr_expect_not_null(strstr(text_is, part), "'%s' in: %s", part, text_is);           \
	} while (0)

Test(daemon_end, what_keeps_it_from_starting_is_said)
{
	struct settings *s = &other.settings;
	running_init(&other);
	struct settings good = *s;
	snprintf(s->user, sizeof s->user, "nobody-of-that-name");
	EXPECT_PART(start_error(), "there is no user nobody-of-that-name");
	*s = good;
	snprintf(s->group, sizeof s->group, "no-such-group");
	EXPECT_PART(start_error(), "there is no group no-such-group");
	*s = good;
	snprintf(s->data, sizeof s->data, "%s/no/such/folder", other.folder);
	EXPECT_PART(start_error(), "no/such/folder");
	*s = good;
	memset(s->socket, 'x', 200);
	s->socket[200] = '\0';
	EXPECT_PART(start_error(), "the path is too long for a socket");
	*s = good;
	snprintf(s->socket, sizeof s->socket, "%s/file", other.folder);
	fclose(fopen(s->socket, "w"));
	EXPECT_PART(start_error(), "something that is not a socket stands there");
	*s = good;
	snprintf(s->socket, sizeof s->socket, "%s/no/folder/control.sock", other.folder);
	EXPECT_PART(start_error(), "No such file or directory");
	*s = good;
	running_start(&other); /* nothing of these is left in its way */
	running_stop(&other);
}

/* The error of a start on an address that a socket of `type` has. */
static const char *start_error_beside(int type)
{
	static char error[DAEMON_ERROR_MAX];
	struct daemon_options options = {.settings = &other.settings};
	struct addr addr = running_free_port();
	int fd = socket(AF_INET, type, 0);
	cr_assert_eq(bind(fd, &addr.any, addr.len), 0);
	if (type == SOCK_STREAM)
		cr_assert_eq(listen(fd, 1), 0);
	other.settings.listen[0] = addr;
	cr_assert_null(daemon_start(&options, error));
	close(fd);
	return error;
}

Test(daemon_end, what_another_has_is_named)
{
	char error[STORE_ERROR_MAX];
	running_init(&other);
	EXPECT_PART(start_error_beside(SOCK_DGRAM), "by UDP: another program uses it");
	EXPECT_PART(start_error_beside(SOCK_STREAM), "by TCP: another program uses it");
	struct core_options options = {.data = other.folder, .map_size = 64 << 20, .readers = 1};
	struct core *core = core_start(&options, error);
	cr_assert_not_null(core, "%s", error);
	EXPECT_PART(start_error(), "another");
	core_stop(core);
	running_start(&other);
	running_stop(&other);
}

Test(daemon_end, a_socket_that_a_crash_left_makes_way)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	running_init(&other);
	snprintf(at.sun_path, sizeof at.sun_path, "%.100s", other.settings.socket);
	int left = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(left, (struct sockaddr *)&at, sizeof at), 0);
	close(left);
	running_start(&other);
	cr_expect_eq(running_command(&other, "status", "{}", NULL), 0);
	struct stat st;
	cr_assert_eq(stat(other.settings.socket, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600, "without a group the socket is its user's");
	running_stop(&other);
}
