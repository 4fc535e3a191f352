/* SPDX-License-Identifier: BSD-2-Clause */
/* Each test has a process of its own, which may become another user. */
#include <config.h>
#include "base/file_acl.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWNER   54321
#define MEMBERS 12345
#define OTHERS  23456

static char folder[] = "/dev/shm/tenure-acl-XXXXXX", path[64];

static int alive[2];
static pid_t cleaner;

/* Who became somebody else may not remove the folder: a process that stays root does, at the end.
 */
static void clean_at_the_end(void)
{
	char none;
	cr_assert_eq(pipe(alive), 0);
	cleaner = fork();
	if (cleaner == 0) {
		close(alive[1]);
		(void)!read(alive[0], &none, 1);
		unlink(path);
		rmdir(folder);
		_exit(0);
	}
	close(alive[0]);
}

static void begin(void)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	clean_at_the_end();
	cr_assert_eq(chown(folder, OWNER, OWNER), 0);
	cr_assert_eq(chmod(folder, 0700), 0);
}

static void end(void)
{
	if (cleaner <= 0)
		return;
	close(alive[1]);
	waitpid(cleaner, NULL, 0);
}

TestSuite(file_acl, .init = begin, .fini = end);

static void become(uid_t uid, gid_t gid, gid_t also)
{
	cr_assert_eq(setgroups(also ? 1 : 0, &also), 0);
	cr_assert_eq(setgid(gid), 0);
	cr_assert_eq(setuid(uid), 0);
}

static struct sockaddr_un address(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	strcpy(at.sun_path, path);
	return at;
}

/* In a process of another user: 0, or the error of a connection to the socket. */
static int connect_as(gid_t also)
{
	int status = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct sockaddr_un at = address();
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (setgroups(also ? 1 : 0, &also) != 0 || setgid(65000) != 0 || setuid(65000) != 0)
			_exit(255);
		_exit(connect(fd, (struct sockaddr *)&at, sizeof at) == 0 ? 0 : errno);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool give(const char *name, int flags, gid_t group, unsigned mode)
{
	int fd = open(name, flags | O_CLOEXEC);
	bool is_given = fd >= 0 && file_acl_give(fd, group, mode);
	int code = errno;
	close(fd);
	errno = code;
	return is_given;
}

/* As the server does it: the owner, who belongs to neither group, without a right of root's. */
static void listen_as_owner(bool gives)
{
	struct sockaddr_un at = address();
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), status = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		become(OWNER, OWNER, 0);
		umask(077);
		bool is_well = bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
			       listen(fd, 8) == 0 && chmod(path, 0660) == 0;
		is_well = is_well && (!gives || (give(path, O_PATH | O_NOFOLLOW, MEMBERS, 6) &&
						 give(folder, O_RDONLY | O_DIRECTORY, MEMBERS, 1)));
		_exit(is_well ? 0 : errno == EOPNOTSUPP ? 77 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		cr_skip_test("no access lists there");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static mode_t mode_of(const char *name)
{
	struct stat st;
	cr_assert_eq(stat(name, &st), 0);
	return st.st_mode & 07777;
}

Test(file_acl, members_of_the_group_reach_a_socket_of_another)
{
	listen_as_owner(true);
	cr_expect_eq(connect_as(MEMBERS), 0);
	cr_expect_eq(connect_as(OTHERS), EACCES);
	cr_expect_eq(connect_as(0), EACCES);
	cr_expect_eq(mode_of(folder), 0710, "nobody else gained anything");
}

Test(file_acl, without_it_they_do_not)
{
	listen_as_owner(false);
	cr_expect_eq(connect_as(MEMBERS), EACCES);
}

Test(file_acl, two_groups_may_have_it_and_none_loses_it)
{
	listen_as_owner(true);
	cr_assert(give(path, O_PATH, OTHERS, 6), "%s", strerror(errno));
	cr_assert(give(folder, O_RDONLY, OTHERS, 1), "%s", strerror(errno));
	cr_assert(give(folder, O_RDONLY, OTHERS, 1), "a second time changes nothing");
	cr_expect_eq(connect_as(MEMBERS), 0);
	cr_expect_eq(connect_as(OTHERS), 0);
	cr_expect_eq(connect_as(0), EACCES);
}

Test(file_acl, a_mode_that_closes_the_group_closes_it)
{
	listen_as_owner(true);
	cr_assert_eq(chmod(path, 0600), 0);
	cr_expect_eq(connect_as(MEMBERS), EACCES);
	cr_assert_eq(chmod(path, 0660), 0);
	cr_expect_eq(connect_as(MEMBERS), 0);
}

Test(file_acl, who_does_not_own_the_file_gives_nothing)
{
	listen_as_owner(false);
	cr_assert_eq(chmod(folder, 0755), 0);
	become(65000, 65000, 0);
	cr_expect_not(give(path, O_PATH, MEMBERS, 6));
	cr_expect_eq(errno, EPERM);
}
