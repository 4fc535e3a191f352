/* SPDX-License-Identifier: BSD-2-Clause */
/* Each test has a process of its own, so it may give up what it is. Some need to be root first. */
#include <config.h>
#include "server/privilege.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOMEBODY 12345 /* a user that the machine need not know */

static char folder[] = "/tmp/tenure-privilege-XXXXXX", error[PRIVILEGE_ERROR_MAX];

static void begin(void)
{
	cr_assert_not_null(mkdtemp(folder));
	chmod(folder, 0755);
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
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(privilege, .init = begin, .fini = end);

static const char *inside(const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void need_root(void)
{
	if (geteuid() != 0)
		cr_skip_test("only root can become another");
}

static void give(const char *path, uid_t to)
{
	cr_assert_eq(chown(path, to, to), 0, "%s: %s", path, strerror(errno));
}

static uid_t owner_of(const char *path)
{
	struct stat st;
	cr_assert_eq(lstat(path, &st), 0, "%s: %s", path, strerror(errno));
	return st.st_uid;
}

Test(privilege, users_and_groups_are_looked_up)
{
	struct privilege p;
	const struct passwd *me = getpwuid(geteuid());
	cr_assert_not_null(me);
	cr_assert(privilege_find("", "", &p, error), "%s", error);
	cr_expect_not(p.has_user);
	cr_expect_not(p.has_group);
	cr_assert(privilege_find(me->pw_name, "", &p, error), "%s", error);
	cr_expect(p.has_user);
	cr_expect_eq(p.uid, me->pw_uid);
	cr_expect_eq(p.gid, me->pw_gid, "the group is the user's own");
	const struct group *ours = getgrgid(getegid());
	cr_assert_not_null(ours);
	cr_assert(privilege_find(me->pw_name, ours->gr_name, &p, error), "%s", error);
	cr_expect_str_eq(p.group, ours->gr_name);
}

Test(privilege, who_is_not_there_is_said)
{
	struct privilege p = {.uid = 77};
	cr_expect_not(privilege_find("no-such-user", "", &p, error));
	cr_expect_str_eq(error, "there is no user no-such-user (setting user): make one, for "
				"example by `adduser --system --group no-such-user`");
	cr_expect_not(privilege_find("", "no-such-group", &p, error));
	cr_expect_str_eq(error, "there is no group no-such-group (setting group)");
	cr_expect_eq(p.uid, 77, "nothing is filled");
}

Test(privilege, only_root_becomes_another)
{
	struct privilege p;
	need_root();
	cr_assert_eq(seteuid(SOMEBODY), 0);
	cr_expect_not(privilege_find("root", "", &p, error));
	cr_expect_str_eq(error, "cannot become user root: only root can; start it as root, or as "
				"that user");
	cr_assert_eq(seteuid(0), 0);
}

Test(privilege, what_was_dropped_does_not_come_back)
{
	struct privilege p = {
		.has_user = true, .has_group = true, .uid = SOMEBODY, .gid = SOMEBODY};
	gid_t groups[8];
	need_root();
	give(folder, SOMEBODY);
	cr_assert(privilege_drop(&p, error), "%s", error);
	cr_expect_eq(getuid(), SOMEBODY);
	cr_expect_eq(geteuid(), SOMEBODY);
	cr_expect_eq(getegid(), SOMEBODY);
	cr_expect_eq(getgroups(8, groups), 0, "no other group");
	cr_expect_eq(setuid(0), -1);
	cr_expect_eq(open("/etc/shadow", O_RDONLY), -1);
}

Test(privilege, who_is_nobody_special_cannot_drop_to_another)
{
	struct privilege p = {.has_user = true, .uid = SOMEBODY, .user = "other"};
	need_root();
	give(folder, 54321);
	cr_assert_eq(setuid(54321), 0);
	cr_expect_not(privilege_drop(&p, error));
	cr_expect_not_null(strstr(error, "cannot run as user other, group (the user's): to take "
					 "the user was not permitted"),
			   "%s", error);
}

/* As a service manager starts it: another user, with a group besides its own. */
static void become_member(gid_t of)
{
	give(folder, 54321);
	cr_assert_eq(setgroups(1, &of), 0);
	cr_assert_eq(setgid(54321), 0);
	cr_assert_eq(setuid(54321), 0);
}

Test(privilege, a_member_needs_no_right_to_use_its_group)
{
	struct privilege p = {.has_group = true, .gid = SOMEBODY, .group = "admins"};
	gid_t groups[8];
	need_root();
	become_member(SOMEBODY);
	cr_expect(privilege_drop(&p, error), "%s", error);
	cr_expect_eq(getegid(), 54321, "files stay those of its own group");
	cr_assert_eq(getgroups(8, groups), 1);
	cr_expect_eq(groups[0], SOMEBODY);
}

Test(privilege, who_is_no_member_hears_how_to_become_one)
{
	struct privilege p = {.has_group = true, .gid = 23456, .group = "admins"};
	need_root();
	become_member(SOMEBODY);
	cr_expect_not(privilege_drop(&p, error));
	cr_expect_str_eq(error,
			 "cannot run as user (unchanged), group admins: to take the group was not "
			 "permitted: Operation not permitted; start it as root, or as a user that "
			 "belongs to it, for example by SupplementaryGroups= in the unit");
}

Test(privilege, without_a_user_nothing_changes)
{
	struct privilege p = {0};
	uid_t before = geteuid();
	cr_expect(privilege_drop(&p, error), "%s", error);
	cr_expect_eq(geteuid(), before);
}

Test(privilege, the_data_folder_is_made_for_its_user_alone)
{
	struct privilege p = {0};
	struct stat st;
	const char *path = inside("data");
	cr_assert(privilege_make_folder(&p, path, error), "%s", error);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0700);
	cr_expect(privilege_make_folder(&p, path, error), "one that is there stays");
	cr_expect(privilege_can_write(path, error), "%s", error);
}

Test(privilege, a_new_folder_is_given_to_the_user)
{
	struct privilege p = {
		.has_user = true, .has_group = true, .uid = SOMEBODY, .gid = SOMEBODY};
	need_root();
	cr_assert(privilege_make_folder(&p, inside("data"), error), "%s", error);
	cr_expect_eq(owner_of(inside("data")), SOMEBODY);
	mkdir(inside("there"), 0700);
	cr_assert(privilege_make_folder(&p, inside("there"), error), "%s", error);
	cr_expect_eq(owner_of(inside("there")), 0, "one that is there is not given away");
}

Test(privilege, what_cannot_be_a_data_folder_is_said)
{
	struct privilege p = {0};
	fclose(fopen(inside("file"), "w"));
	cr_expect_not(privilege_make_folder(&p, inside("file"), error));
	cr_expect_not_null(strstr(error, "cannot be used: Not a directory"), "%s", error);
	cr_expect_not(privilege_make_folder(&p, inside("no/such/parent"), error));
	cr_expect_not_null(strstr(error, "cannot be made"), "%s", error);
	cr_assert_eq(symlink("/tmp", inside("link")), 0);
	cr_expect_not(privilege_make_folder(&p, inside("no/such"), error));
}

Test(privilege, a_folder_that_cannot_be_written_is_said_with_the_user)
{
	char wanted[80];
	need_root();
	cr_assert_eq(seteuid(SOMEBODY), 0);
	cr_expect_not(privilege_can_write(folder, error));
	snprintf(wanted, sizeof wanted, "cannot be written by uid %d: Permission denied", SOMEBODY);
	cr_expect_not_null(strstr(error, wanted), "%s", error);
	cr_assert_eq(seteuid(0), 0);
	cr_expect_not(privilege_can_write(inside("nothing"), error));
	cr_expect_not_null(strstr(error, "No such file"), "%s", error);
}

Test(privilege, root_becomes_whose_folder_it_enters)
{
	need_root();
	give(folder, SOMEBODY);
	mkdir(inside("data"), 0700);
	give(inside("data"), SOMEBODY);
	cr_assert(privilege_enter_folder(inside("data"), NULL, error), "%s", error);
	cr_expect_eq(geteuid(), SOMEBODY);
	cr_expect_eq(setuid(0), -1);
}

Test(privilege, an_heir_gets_an_empty_folder_of_roots)
{
	struct privilege heir = {
		.has_user = true, .has_group = true, .uid = SOMEBODY, .gid = SOMEBODY};
	need_root();
	give(folder, SOMEBODY);
	mkdir(inside("data"), 0700);
	cr_assert(privilege_enter_folder(inside("data"), &heir, error), "%s", error);
	cr_expect_eq(owner_of(inside("data")), SOMEBODY);
	cr_expect_eq(geteuid(), SOMEBODY);
}

Test(privilege, an_heir_gets_no_folder_that_holds_something)
{
	struct privilege heir = {
		.has_user = true, .has_group = true, .uid = SOMEBODY, .gid = SOMEBODY};
	need_root();
	mkdir(inside("data"), 0700);
	fclose(fopen(inside("data/file"), "w"));
	cr_assert(privilege_enter_folder(inside("data"), &heir, error), "%s", error);
	cr_expect_eq(owner_of(inside("data")), 0);
	cr_expect_eq(geteuid(), 0);
}

Test(privilege, a_new_folder_belongs_to_whom_the_one_around_it_belongs)
{
	struct privilege nobody = {0};
	need_root();
	mkdir(inside("home"), 0755);
	give(folder, SOMEBODY);
	give(inside("home"), SOMEBODY);
	cr_assert(privilege_enter_folder(inside("home/data"), &nobody, error), "%s", error);
	cr_expect_eq(owner_of(inside("home/data")), SOMEBODY);
	cr_expect_eq(geteuid(), SOMEBODY);
}

Test(privilege, a_folder_of_roots_that_others_may_write_to_is_refused)
{
	struct privilege nobody = {0};
	need_root();
	mkdir(inside("data"), 0700);
	fclose(fopen(inside("data/file"), "w"));
	chmod(inside("data"), 0777);
	cr_expect_not(privilege_enter_folder(inside("data"), &nobody, error));
	cr_expect_not_null(strstr(error, "others may write to it"), "%s", error);
	cr_expect(privilege_enter_folder(inside("data"), NULL, error), "to read it is no harm");
}

Test(privilege, a_folder_that_is_not_there_is_not_made_to_be_read)
{
	need_root();
	cr_expect_not(privilege_enter_folder(inside("nothing"), NULL, error));
	cr_expect_not_null(strstr(error, "No such file or directory"), "%s", error);
	cr_expect_eq(access(inside("nothing"), F_OK), -1);
}

Test(privilege, others_than_root_stay_who_they_are)
{
	need_root();
	give(folder, SOMEBODY);
	cr_assert_eq(setuid(SOMEBODY), 0);
	cr_expect(privilege_enter_folder(inside("nothing"), NULL, error));
	cr_expect_eq(geteuid(), SOMEBODY);
}

Test(privilege, hardened_there_are_no_cores_and_no_new_rights)
{
	struct rlimit limit;
	privilege_harden();
	cr_assert_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	cr_expect_eq(limit.rlim_cur, 0);
	cr_expect_eq(limit.rlim_max, 0);
	cr_expect_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	cr_expect_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
