/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths, and files that are written as a whole. */
#include "config.h"
#include "base/outfile.h"
#include "tests/unit/bad_disk.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void begin(void)
{
	strcpy(folder, "/tmp/tenure-file-XXXXXX");
	cr_assert(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	umask(022);
}

static void end(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	cr_assert_eq(system(command), 0);
}

TestSuite(file, .init = begin, .fini = end);

static void put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	cr_assert_geq(fd, 0);
	cr_assert(file_write(fd, text, strlen(text)));
	cr_assert_eq(fchmod(fd, mode), 0);
	close(fd);
}

static void expect_text(const char *path, const char *wanted)
{
	char text[256];
	int fd = open(path, O_RDONLY);
	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	cr_assert_geq(n, 0);
	text[n] = '\0';
	cr_expect_str_eq(text, wanted, "%s", path);
}

static struct stat stat_of(const char *path)
{
	struct stat st;
	cr_assert_eq(lstat(path, &st), 0, "%s: %s", path, strerror(errno));
	return st;
}

static unsigned names_in(const char *path)
{
	unsigned count = 0;
	DIR *dir = opendir(path);
	cr_assert(dir);
	for (const struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void write_whole(const char *path, const char *text)
{
	struct outfile out;
	char error[FILE_ERROR_MAX] = "";
	cr_assert(outfile_open(&out, path, 0600, error), "%s: %s", path, error);
	cr_assert(outfile_write(&out, bytes_of(text, strlen(text))));
	cr_assert(outfile_commit(&out, error), "%s: %s", path, error);
	outfile_close(&out);
}

static void expect_refused(const char *path, const char *wanted)
{
	struct outfile out;
	char error[FILE_ERROR_MAX] = "";
	cr_assert_not(outfile_open(&out, path, 0600, error), "%s was opened", path);
	cr_expect(strstr(error, wanted), "%s: %s", path, error);
}

Test(file, a_new_file_is_there_when_it_is_whole)
{
	struct outfile out;
	char error[FILE_ERROR_MAX];
	cr_assert(outfile_open(&out, "new", 0640, error));
	cr_assert(outfile_write(&out, bytes_of("half", 4)));
	cr_expect_eq(access("new", F_OK), -1);
	cr_assert(outfile_commit(&out, error));
	outfile_close(&out);
	expect_text("new", "half");
	cr_expect_eq(stat_of("new").st_mode & 07777, 0640);
	cr_expect_eq(names_in("."), 1);
}

/* A file that was made by O_EXCL gets no name later, as one without a name does under AppArmor. */
Test(file, that_can_get_no_name_is_copied_to_one_that_has_one)
{
	char error[FILE_ERROR_MAX], text[200000];
	struct outfile out;
	memset(text, 'x', sizeof text);
	cr_assert(outfile_open(&out, "confined", 0640, error));
	int nameless = open(".", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	cr_assert(nameless >= 0 && dup2(nameless, out.fd) == out.fd);
	close(nameless);
	cr_assert(outfile_write(&out, bytes_of(text, sizeof text)));
	cr_expect_eq(access("confined", F_OK), -1);
	cr_assert(outfile_commit(&out, error), "%s", error);
	outfile_close(&out);
	struct stat st = stat_of("confined");
	cr_expect_eq(st.st_size, sizeof text);
	cr_expect_eq(st.st_mode & 07777, 0640);
	cr_expect_eq(names_in("."), 1);
}

Test(file, what_is_not_committed_leaves_the_old_file_and_nothing_else)
{
	struct outfile out;
	char error[FILE_ERROR_MAX];
	put("old", "as it was", 0644);
	cr_assert(outfile_open(&out, "old", 0600, error));
	cr_assert(outfile_write(&out, bytes_of("new", 3)));
	outfile_close(&out);
	expect_text("old", "as it was");
	cr_expect_eq(names_in("."), 1);
}

Test(file, an_older_file_keeps_its_mode_and_group)
{
	put("old", "as it was", 0644);
	if (geteuid() == 0)
		cr_assert_eq(chown("old", (uid_t)-1, 4), 0);
	gid_t group = stat_of("old").st_gid;
	write_whole("old", "new");
	expect_text("old", "new");
	cr_expect_eq(stat_of("old").st_mode & 07777, 0644);
	cr_expect_eq(stat_of("old").st_gid, group);
}

Test(file, a_file_of_somebody_else_gets_the_given_mode)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	put("old", "as it was", 0666);
	cr_assert_eq(chown("old", 65534, 65534), 0);
	write_whole("old", "secret");
	cr_expect_eq(stat_of("old").st_mode & 07777, 0600);
	cr_expect_eq(stat_of("old").st_uid, 0);
}

Test(file, a_link_stays_and_its_file_is_replaced_in_its_own_folder)
{
	cr_assert_eq(mkdir("there", 0700), 0);
	put("there/target", "as it was", 0640);
	cr_assert_eq(symlink("there", "road"), 0);
	cr_assert_eq(symlink("road/target", "link"), 0);
	write_whole("link", "new");
	cr_expect(S_ISLNK(stat_of("link").st_mode));
	cr_expect(S_ISREG(stat_of("there/target").st_mode));
	cr_expect_eq(stat_of("there/target").st_mode & 07777, 0640);
	expect_text("there/target", "new");
	cr_expect_eq(names_in("there"), 1);
	cr_expect_eq(names_in("."), 3);
}

Test(file, a_link_that_leads_nowhere_is_where_the_file_comes)
{
	cr_assert_eq(symlink("absent", "link"), 0);
	write_whole("link", "new");
	cr_expect(S_ISLNK(stat_of("link").st_mode));
	expect_text("absent", "new");
}

Test(file, links_of_another_user_are_not_followed)
{
	if (geteuid() != 0)
		cr_skip_test("needs root");
	put("precious", "as it was", 0600);
	cr_assert_eq(mkdir("folder", 0700), 0);
	cr_assert_eq(symlink("precious", "link"), 0);
	cr_assert_eq(symlink("folder", "road"), 0);
	cr_assert_eq(symlink("/dev/null", "device"), 0);
	cr_assert_eq(lchown("link", 65534, 65534), 0);
	cr_assert_eq(lchown("road", 65534, 65534), 0);
	cr_assert_eq(lchown("device", 65534, 65534), 0);
	expect_refused("link", "symbolic link of another user (uid 65534)");
	expect_refused("road/new", "symbolic link of another user");
	expect_refused("device", "symbolic link of another user");
	expect_text("precious", "as it was");
	cr_expect_eq(names_in("folder"), 0);
}

Test(file, links_in_a_circle_end)
{
	cr_assert_eq(symlink("b", "a"), 0);
	cr_assert_eq(symlink("a", "b"), 0);
	expect_refused("a", "Too many levels of symbolic links");
}

Test(file, a_device_stays_what_it_is)
{
	struct stat before = stat_of("/dev/null");
	write_whole("/dev/null", "gone");
	struct stat after = stat_of("/dev/null");
	cr_expect(S_ISCHR(after.st_mode));
	cr_expect_eq(after.st_ino, before.st_ino);
	cr_expect_eq(after.st_mode, before.st_mode);
}

Test(file, a_pipe_is_written_into)
{
	char text[8] = "";
	cr_assert_eq(mkfifo("pipe", 0600), 0);
	int fd = open("pipe", O_RDONLY | O_NONBLOCK);
	cr_assert_geq(fd, 0);
	write_whole("pipe", "through");
	cr_expect_eq(read(fd, text, sizeof text), 7);
	cr_expect_str_eq(text, "through");
	cr_expect(S_ISFIFO(stat_of("pipe").st_mode));
	close(fd);
}

Test(file, an_open_pipe_is_reached_by_its_descriptor)
{
	char path[32], text[8] = "";
	int fds[2];
	cr_assert_eq(pipe(fds), 0);
	snprintf(path, sizeof path, "/dev/fd/%d", fds[1]);
	write_whole(path, "through");
	cr_expect_eq(read(fds[0], text, sizeof text), 7);
	cr_expect_str_eq(text, "through");
}

Test(file, a_full_disk_is_said_and_leaves_nothing)
{
	struct outfile out;
	char error[FILE_ERROR_MAX];
	cr_assert(outfile_open(&out, "/dev/full", 0600, error));
	cr_expect_not(outfile_write(&out, bytes_of("more", 4)));
	cr_expect_not(outfile_commit(&out, error));
	cr_expect_str_eq(error, "No space left on device");
	outfile_close(&out);
	cr_expect(S_ISCHR(stat_of("/dev/full").st_mode));
}

Test(file, what_is_no_place_for_a_file_is_a_reason)
{
	put("file", "", 0600);
	expect_refused(".", "Is a directory");
	expect_refused("/", "Is a directory");
	expect_refused("new/", "Is a directory");
	expect_refused("", "No such file or directory");
	expect_refused("none/new", "No such file or directory");
	expect_refused("file/new", "Not a directory");
	expect_refused("/proc/new", "no file can be made in its folder");
}

Test(file, a_path_is_walked_as_the_kernel_does)
{
	struct file_at at;
	char error[FILE_ERROR_MAX];
	cr_assert_eq(mkdir("a", 0700), 0);
	cr_assert_eq(mkdir("a/b", 0700), 0);
	put("a/file", "", 0600);
	cr_assert(file_find("a//b/./../file", &at, error), "%s", error);
	cr_expect_str_eq(at.name, "file");
	cr_expect_eq(faccessat(at.folder, at.name, F_OK, 0), 0);
	file_at_close(&at);
	cr_assert(file_find("a/b/..", &at, error), "%s", error);
	cr_expect_str_eq(at.name, ".");
	cr_expect_eq(faccessat(at.folder, "file", F_OK, 0), 0);
	file_at_close(&at);
	char long_name[NAME_MAX + 2];
	memset(long_name, 'n', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	cr_expect_not(file_find(long_name, &at, error));
	cr_expect_str_eq(error, "File name too long");
}

Test(file, what_is_appended_is_whole_or_not_there)
{
	char error[FILE_ERROR_MAX];
	int fd = file_open_append("log", 0640, error);
	cr_assert_geq(fd, 0, "%s", error);
	cr_assert(file_append(fd, "one\n", 4));
	close(fd);
	fd = file_open_append("log", 0640, error);
	cr_assert(file_append(fd, "two\n", 4));
	close(fd);
	expect_text("log", "one\ntwo\n");
	cr_expect_eq(stat_of("log").st_mode & 07777, 0640);
}

Test(file, a_new_name_is_on_the_disk_before_it_is_used)
{
	struct outfile out;
	char error[FILE_ERROR_MAX];
	bad_disk_set(BAD_DISK_FOLDER, EIO, 1);
	cr_expect_eq(file_open_append("log", 0600, error), -1);
	cr_expect_str_eq(error, "Input/output error");
	cr_assert(outfile_open(&out, "new", 0600, error));
	cr_assert(outfile_write(&out, bytes_of("text", 4)));
	bad_disk_set(BAD_DISK_FOLDER, EIO, 1);
	cr_expect_not(outfile_commit(&out, error));
	cr_expect_str_eq(error,
			 "it is there, but its folder is not on the disk: Input/output error");
	outfile_close(&out);
}

Test(file, a_file_without_a_name_leaves_none)
{
	int fd = file_open_nameless(AT_FDCWD, ".");
	cr_assert_geq(fd, 0);
	cr_expect(file_write(fd, "text", 4));
	cr_expect_eq(names_in("."), 0);
	close(fd);
}
