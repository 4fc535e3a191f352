/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/listeners.h"
#include "tests/unit/running.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST  8
#define FIRST 200 /* Criterion has those below */

static char error[LISTENER_ERROR_MAX];
static struct settings settings;
static int bound[MOST];
static int bound_count;

static void bind_one(const struct addr *addr, int type)
{
	int yes = 1, fd = socket(addr->any.sa_family, type, 0);
	cr_assert_geq(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
	cr_assert_eq(bind(fd, &addr->any, addr->len), 0);
	bound[bound_count++] = fd;
}

/* What was bound, as a service manager leaves it to the process that it starts. */
static void pass_to(pid_t pid)
{
	char text[32];
	for (int i = 0; i < bound_count; i++) {
		dup2(bound[i], FIRST + i);
		close(bound[i]);
	}
	snprintf(text, sizeof text, "%d", (int)pid);
	setenv("LISTEN_PID", text, true);
	snprintf(text, sizeof text, "%d", bound_count);
	setenv("LISTEN_FDS", text, true);
	setenv("LISTEN_FDNAMES", "listen:listen", true);
}

static struct addr wanted(uint64_t threads)
{
	struct addr addr = running_free_port();
	settings_init(&settings);
	settings.listen[0] = addr;
	settings.listen_count = 1;
	settings.is_listen_default = false;
	settings.threads = threads;
	return addr;
}

static bool open_passed(struct listeners *all)
{
	struct inherited passed;
	inherited_take(&passed, FIRST);
	listeners_init(all, &settings);
	bool is_open = listeners_open(all, &settings, &passed, error);
	inherited_end(&passed);
	return is_open;
}

Test(inherited, sockets_that_were_passed_are_listened_on)
{
	struct listeners all;
	struct addr addr = wanted(2);
	int fd = -1;
	for (int i = 0; i < 2; i++) {
		bind_one(&addr, SOCK_STREAM);
		bind_one(&addr, SOCK_DGRAM);
	}
	pass_to(getpid());
	cr_assert(open_passed(&all), "%s", error);
	cr_expect_null(getenv("LISTEN_PID"));
	cr_expect_null(getenv("LISTEN_FDS"));
	cr_expect_null(getenv("LISTEN_FDNAMES"));
	for (int i = 0; i < 2; i++) {
		cr_expect(all.of[i].is_passed);
		cr_expect(fcntl(all.of[i].udp, F_GETFD) & FD_CLOEXEC);
		cr_expect(fcntl(all.of[i].udp, F_GETFL) & O_NONBLOCK);
		cr_expect(fcntl(all.of[i].tcp, F_GETFL) & O_NONBLOCK);
	}
	cr_expect_neq(all.of[0].udp, all.of[1].udp, "each thread has its own");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	cr_expect_eq(connect(fd, &addr.any, addr.len), 0, "it listens");
	close(fd);
	listeners_close(&all);
}

Test(inherited, what_is_of_another_process_is_left_alone)
{
	struct listeners all;
	struct addr addr = wanted(1);
	bind_one(&addr, SOCK_DGRAM);
	bind_one(&addr, SOCK_STREAM);
	pass_to(getppid());
	cr_expect_not(open_passed(&all));
	cr_expect_not_null(strstr(error, "another program uses it"), "%s", error);
	cr_expect_geq(fcntl(FIRST, F_GETFD), 0, "nothing was closed");
	listeners_close(&all);
}

Test(inherited, too_few_for_the_threads_are_an_error)
{
	char text[ADDR_TEXT_MAX], expected[LISTENER_ERROR_MAX];
	struct listeners all;
	struct addr addr = wanted(3);
	for (int i = 0; i < 2; i++) {
		bind_one(&addr, SOCK_DGRAM);
		bind_one(&addr, SOCK_STREAM);
	}
	pass_to(getpid());
	cr_expect_not(open_passed(&all));
	addr_print(&addr, text);
	snprintf(expected, sizeof expected,
		 "cannot listen on %s: the service manager passed sockets for 2 of 3 threads; let "
		 "it keep and pass more, or set threads",
		 text);
	cr_expect_str_eq(error, expected);
	listeners_close(&all);
}

Test(inherited, one_of_a_pair_is_an_error)
{
	struct listeners all;
	struct addr addr = wanted(1);
	bind_one(&addr, SOCK_DGRAM);
	pass_to(getpid());
	cr_expect_not(open_passed(&all));
	cr_expect_not_null(strstr(error, "passed no TCP socket beside its UDP socket"), "%s",
			   error);
	listeners_close(&all);
}

Test(inherited, what_is_of_no_listed_address_is_closed)
{
	struct listeners all;
	struct addr other = running_free_port(), addr = wanted(1);
	if (addr_equal(&other, &addr))
		cr_skip_test("both are the same port");
	bind_one(&other, SOCK_DGRAM);
	bound[bound_count++] = open("/dev/null", O_RDONLY);
	pass_to(getpid());
	cr_assert(open_passed(&all), "%s", error);
	cr_expect_not(all.of[0].is_passed);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	cr_expect_eq(bind(fd, &other.any, other.len), 0, "it is free");
	close(fd);
	listeners_close(&all);
}

Test(inherited, a_socket_of_ipv6_that_takes_ipv4_is_refused)
{
	struct listeners all;
	struct addr any, addr = wanted(1);
	int no = 0;
	cr_assert_null(addr_parse("::", addr_port(&addr), &any));
	if (!listener_has_family(&any))
		cr_skip_test("no IPv6");
	settings.listen[0] = any;
	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_INET6, i ? SOCK_STREAM : SOCK_DGRAM, 0);
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
		if (bind(fd, &any.any, any.len) != 0)
			cr_skip_test("another program has the port");
		bound[bound_count++] = fd;
	}
	pass_to(getpid());
	cr_expect_not(open_passed(&all));
	cr_expect_not_null(strstr(error, "BindIPv6Only=ipv6-only"), "%s", error);
	listeners_close(&all);
}

Test(inherited, numbers_that_make_no_sense_are_none)
{
	static const char *const counts[] = {"", "-1", "0", "2x", "99999999999999999999", "70000"};
	char pid[32];
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct inherited passed;
		setenv("LISTEN_PID", pid, true);
		setenv("LISTEN_FDS", counts[i], true);
		inherited_take(&passed, FIRST);
		cr_expect_eq(passed.count, 0, "%s", counts[i]);
		inherited_end(&passed);
	}
}
