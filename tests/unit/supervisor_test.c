/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/supervisor.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/tenure-supervisor-XXXXXX";

/* A manager's socket at this name, whose first byte may be NUL. */
static int manager_at(const char *name, size_t len)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	memcpy(at.sun_path, name, len);
	cr_assert_eq(bind(fd, (struct sockaddr *)&at,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		     0);
	return fd;
}

static void expect_said(int fd, const char *wanted)
{
	char said[64] = "";
	ssize_t n = recv(fd, said, sizeof said - 1, MSG_DONTWAIT);
	cr_expect_str_eq(n >= 0 ? said : "", wanted);
}

Test(supervisor, says_a_datagram_to_the_socket_that_is_named)
{
	char path[64];
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/notify", folder);
	int fd = manager_at(path, strlen(path));
	setenv("NOTIFY_SOCKET", path, true);
	supervisor_tell("READY=1");
	expect_said(fd, "READY=1");
	supervisor_tell("STOPPING=1");
	expect_said(fd, "STOPPING=1");
	unlink(path);
	supervisor_tell("WATCHDOG=1"); /* to nobody: no harm */
	expect_said(fd, "");
	rmdir(folder);
	close(fd);
}

Test(supervisor, a_name_with_an_at_is_abstract)
{
	char name[64];
	snprintf(name, sizeof name, "@tenure-supervisor-test-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, true);
	name[0] = '\0';
	int fd = manager_at(name, 1 + strlen(name + 1));
	supervisor_tell("READY=1");
	expect_said(fd, "READY=1");
	close(fd);
}

/* Takes one message, whose descriptors are counted and closed. */
static int descriptors_of(int fd, char said[64])
{
	union {
		char bytes[CMSG_SPACE(SUPERVISOR_FDS_MAX * sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct iovec text = {.iov_base = said, .iov_len = 63};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof control.bytes};
	ssize_t n = recvmsg(fd, &message, 0);
	said[n > 0 ? n : 0] = '\0';
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int count = head ? (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
	for (int i = 0; i < count; i++)
		close(((int *)CMSG_DATA(head))[i]);
	return count;
}

static int abstract_manager(void)
{
	char name[64];
	snprintf(name, sizeof name, "@tenure-supervisor-test-%d", (int)getpid());
	setenv("NOTIFY_SOCKET", name, true);
	name[0] = '\0';
	return manager_at(name, 1 + strlen(name + 1));
}

Test(supervisor, passes_as_many_descriptors_as_a_message_takes)
{
	int fds[SUPERVISOR_FDS_MAX], fd = abstract_manager();
	char said[64];
	for (int i = 0; i < SUPERVISOR_FDS_MAX; i++)
		fds[i] = fd;
	cr_expect(supervisor_is_there());
	cr_expect(supervisor_pass("FDSTORE=1", fds, SUPERVISOR_FDS_MAX));
	cr_expect_eq(descriptors_of(fd, said), SUPERVISOR_FDS_MAX);
	cr_expect_str_eq(said, "FDSTORE=1");
	close(fd);
}

static void *answer_barrier(void *fd)
{
	char said[64];
	int count = descriptors_of(*(int *)fd, said);
	return (void *)(uintptr_t)(count == 1 && strcmp(said, "BARRIER=1") == 0);
}

Test(supervisor, waits_until_the_manager_lets_go_of_the_barrier)
{
	int fd = abstract_manager();
	pthread_t manager;
	void *is_right = NULL;
	pthread_create(&manager, NULL, answer_barrier, &fd);
	cr_expect(supervisor_wait());
	pthread_join(manager, &is_right);
	cr_expect(is_right != NULL);
	close(fd);
	cr_expect_not(supervisor_wait(), "nobody is there any more");
}

Test(supervisor, says_nothing_where_nobody_asked)
{
	char longest[200];
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	unsetenv("NOTIFY_SOCKET");
	cr_expect_not(supervisor_is_there());
	cr_expect_not(supervisor_wait(), "there is nobody to wait for");
	supervisor_tell("READY=1");
	setenv("NOTIFY_SOCKET", "", true);
	supervisor_tell("READY=1");
	setenv("NOTIFY_SOCKET", longest, true);
	supervisor_tell("READY=1");
}

Test(supervisor, watches_at_half_of_the_interval_and_only_its_own_process)
{
	char pid[16];
	unsetenv("WATCHDOG_USEC");
	cr_expect_eq(supervisor_watchdog(), 0.0);
	setenv("WATCHDOG_USEC", "3000000", true);
	cr_expect_eq(supervisor_watchdog(), 1.5);
	setenv("WATCHDOG_PID", "1", true);
	cr_expect_eq(supervisor_watchdog(), 0.0);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, true);
	cr_expect_eq(supervisor_watchdog(), 1.5);
	setenv("WATCHDOG_USEC", "nonsense", true);
	cr_expect_eq(supervisor_watchdog(), 0.0);
}
