/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/client.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/tenure-client-XXXXXX", first[64], second[64];
static const char *const both[] = {first, second, NULL};

static void begin(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(first, sizeof first, "%s/first", folder);
	snprintf(second, sizeof second, "%s/second", folder);
}

static void end(void)
{
	unlink(first);
	unlink(second);
	rmdir(folder);
}

TestSuite(client, .init = begin, .fini = end);

/* A socket at the path; its descriptor. */
static int client_listen(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert(fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 &&
		  listen(fd, 1) == 0);
	return fd;
}

static void expect_connection(const char *wanted)
{
	const char *path = NULL;
	int fd = client_connect(both, &path);
	cr_expect_geq(fd, 0, "%s", strerror(errno));
	cr_expect_str_eq(path, wanted);
	close(fd);
}

Test(client, the_first_place_at_which_a_server_listens_is_taken)
{
	client_listen(second);
	expect_connection(second);
	client_listen(first);
	expect_connection(first);
}

Test(client, a_socket_that_a_crash_left_is_passed_over)
{
	close(client_listen(first));
	client_listen(second);
	expect_connection(second);
}

Test(client, what_may_not_be_used_ends_the_search)
{
	const char *path = NULL;
	if (geteuid() != 0)
		cr_skip_test("root makes what others may not use");
	client_listen(first);
	client_listen(second);
	cr_assert_eq(chmod(first, 0700), 0);
	cr_assert_eq(chmod(folder, 0755), 0);
	cr_assert_eq(seteuid(12345), 0);
	int fd = client_connect(both, &path), code = errno;
	cr_assert_eq(seteuid(0), 0);
	cr_expect_eq(fd, -1);
	cr_expect_eq(code, EACCES);
	cr_expect_str_eq(path, first);
}

Test(client, nobody_is_nowhere)
{
	const char *path = NULL;
	cr_expect_eq(client_connect(both, &path), -1);
	cr_expect_eq(errno, ENOENT);
	cr_expect_str_eq(path, second);
}

Test(client, the_usual_places_are_those_of_the_unit_and_of_a_server_without_settings)
{
	cr_expect_str_eq(client_sockets[0], "/run/tenure/control.sock");
	cr_expect_str_eq(client_sockets[1], "/var/lib/tenure/control.sock");
	cr_expect_null(client_sockets[2]);
}
