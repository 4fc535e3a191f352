/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "tests/unit/running.h"
#include "ctl/client.h"
#include "dns/name.h"
#include "dns/type.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES 20 /* of a port that another test may take first */

struct addr running_free_port(void)
{
	struct addr addr;
	for (int i = 0; i < TRIES; i++) {
		cr_assert_null(addr_parse("127.0.0.1", 53, &addr));
		addr.v4.sin_port = 0;
		int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
		bool is_free = bind(tcp, &addr.any, addr.len) == 0 &&
			       getsockname(tcp, &addr.any, &addr.len) == 0 &&
			       bind(udp, &addr.any, addr.len) == 0;
		close(tcp);
		close(udp);
		if (is_free)
			return addr;
	}
	cr_assert_fail("no port is free");
	return addr;
}

void running_init(struct running *running)
{
	*running = (struct running){.folder = "/tmp/tenure-running-XXXXXX"};
	cr_assert_not_null(mkdtemp(running->folder));
	settings_init(&running->settings);
	struct settings *s = &running->settings;
	snprintf(s->data, sizeof s->data, "%s", running->folder);
	snprintf(s->socket, sizeof s->socket, "%s/control.sock", running->folder);
	s->user[0] = s->group[0] = '\0';
	s->threads = 1;
	s->map_size = 64 << 20;
	s->listen_count = 1;
	s->is_listen_default = false;
}

static void *running_serve(void *argument)
{
	daemon_run(argument);
	return NULL;
}

void running_start(struct running *running)
{
	char error[DAEMON_ERROR_MAX];
	struct daemon_options options = {.settings = &running->settings,
					 .hand_clock_us = 1767603600000000};
	log_open(LOG_TO_STDERR, LOG_LEVEL_ERROR);
	for (int i = 0; i < TRIES && !running->daemon; i++) {
		running->addr = running->settings.listen[0] = running_free_port();
		if (running->is_wildcard)
			running->settings.listen[0].v4.sin_addr.s_addr = htonl(INADDR_ANY);
		running->daemon = daemon_start(&options, error);
	}
	cr_assert_not_null(running->daemon, "%s", error);
	/* The daemon gave this up; what looks for leaks at the end needs it. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	cr_assert_eq(pthread_create(&running->thread, NULL, running_serve, running->daemon), 0);
}

static int running_remove(const char *path, const struct stat *info, int flag, struct FTW *ftw)
{
	(void)info;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void running_wait(struct running *running)
{
	pthread_join(running->thread, NULL);
	running->daemon = NULL;
	nftw(running->folder, running_remove, 8, FTW_DEPTH | FTW_PHYS);
}

void running_stop(struct running *running)
{
	kill(getpid(), SIGTERM);
	running_wait(running);
}

static void running_keep_row(void *context, json_t *row)
{
	json_t **last = context;
	json_decref(*last);
	*last = json_incref(row);
}

int running_command(const struct running *running, const char *command, const char *args,
		    json_t **result)
{
	json_t *parsed = json_loads(args, 0, NULL), *said, *row = NULL;
	cr_assert_not_null(parsed, "%s", args);
	struct client_handlers handlers = {.row = running_keep_row, .context = &row};
	struct client_command request = {running->settings.socket, command, parsed, &handlers};
	int code = client_run(&request, &said);
	json_decref(parsed);
	if (result)
		*result = json_incref(row ? row : said);
	json_decref(row);
	json_decref(said);
	return code;
}

int running_connect(int type, const struct addr *addr)
{
	struct timeval patience = {.tv_sec = RUNNING_WAIT_S};
	int fd = socket(addr->any.sa_family, type | SOCK_CLOEXEC, 0);
	cr_assert_geq(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	cr_assert_eq(connect(fd, &addr->any, addr->len), 0, "%s", strerror(errno));
	return fd;
}

/* A header with an opcode, and the only record of its first section: name, type, IN. */
static struct bytes_out running_header(uint8_t *out, uint16_t id, uint16_t flags, const char *name,
				       uint16_t type)
{
	const uint16_t head[] = {id, flags, 1, 0, 0, 0}, question[] = {type, DNS_CLASS_IN};
	struct dns_name parsed;
	struct bytes_out message = bytes_out_of(out, RUNNING_MESSAGE_MAX);
	cr_assert_null(dns_name_parse_text(&parsed, name));
	for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
		bytes_out_u16(&message, head[i]);
	bytes_out_put(&message, parsed.wire, parsed.len);
	for (size_t i = 0; i < sizeof question / sizeof question[0]; i++)
		bytes_out_u16(&message, question[i]);
	return message;
}

size_t running_query(uint8_t *out, uint16_t id, const char *name, uint16_t type)
{
	struct bytes_out message = running_header(out, id, 0, name, type);
	return bytes_out_len(&message);
}

size_t running_update(uint8_t *out, uint16_t id, const char *zone, const char *name)
{
	static const uint8_t address[] = {10, 0, 0, 1};
	struct dns_name parsed;
	struct bytes_out message = running_header(out, id, 5 << 11, zone, DNS_TYPE_SOA);
	cr_assert_null(dns_name_parse_text(&parsed, name));
	out[9] = 1; /* one record in the update section */
	bytes_out_put(&message, parsed.wire, parsed.len);
	bytes_out_u16(&message, DNS_TYPE_A);
	bytes_out_u16(&message, DNS_CLASS_IN);
	bytes_out_u32(&message, 300);
	bytes_out_u16(&message, sizeof address);
	bytes_out_put(&message, address, sizeof address);
	return bytes_out_len(&message);
}

void running_send_tcp(int fd, const uint8_t *message, size_t len)
{
	uint8_t framed[65537];
	struct bytes_out out = bytes_out_of(framed, sizeof framed);
	bytes_out_u16(&out, (uint16_t)len);
	bytes_out_put(&out, message, len);
	cr_assert_eq(send(fd, framed, len + 2, MSG_NOSIGNAL), (ssize_t)len + 2);
}

/* False: the peer ended it. */
static bool running_read(int fd, uint8_t *to, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = recv(fd, to + at, len - at, 0);
		cr_assert(n >= 0 || errno == ECONNRESET, "nothing came: %s", strerror(errno));
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

ssize_t running_receive_tcp(int fd, uint8_t out[65535])
{
	uint8_t head[2];
	if (!running_read(fd, head, 2))
		return -1;
	size_t len = (size_t)head[0] << 8 | head[1];
	cr_assert(running_read(fd, out, len), "the stream ends within a message");
	return (ssize_t)len;
}

int running_rcode(const uint8_t *answer, ssize_t len, uint16_t id)
{
	if (len < 12 || (answer[0] << 8 | answer[1]) != id || !(answer[2] & 0x80))
		return -1;
	return answer[3] & 15;
}
