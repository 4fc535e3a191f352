/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/peer.h"
#include "server/person.h"
#include <criterion/criterion.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

Test(peer, is_who_the_kernel_says)
{
	int pair[2];
	struct peer peer;
	char wanted[80];
	gid_t groups[256];
	const struct passwd *me = getpwuid(geteuid());
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert(peer_of(pair[0], &peer));
	cr_expect_eq(peer.uid, geteuid());
	cr_expect_eq(peer.gid, getegid());
	int count = getgroups(256, groups);
	cr_expect_eq(peer.group_count, count);
	for (int i = 0; i < count; i++)
		cr_expect(peer_is_in(&peer, groups[i]));
	cr_expect(peer_is_in(&peer, getegid()));
	cr_expect_not(peer_is_in(&peer, 4711));
	cr_assert(peer_name(pair[0], &peer));
	if (me) {
		snprintf(wanted, sizeof wanted, "local:%s", me->pw_name);
		cr_expect_str_eq(peer.user, me->pw_name);
		cr_expect_str_eq(peer.who.text, wanted);
	}
	peer_free(&peer);
	cr_expect_null(peer.groups);
	close(pair[0]);
	close(pair[1]);
}

Test(peer, a_user_that_the_machine_does_not_know_is_a_number)
{
	int pair[2];
	struct peer peer;
	if (geteuid() != 0)
		cr_skip_test("only root can become another");
	cr_assert_eq(setegid(54321), 0);
	cr_assert_eq(seteuid(54321), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert(peer_of(pair[0], &peer));
	cr_assert(peer_name(pair[0], &peer));
	cr_expect_eq(peer.uid, 54321);
	cr_expect_str_eq(peer.user, "uid-54321");
	cr_expect_str_eq(peer.who.text, "local:uid-54321");
	cr_expect_not(peer_is_admin(&(struct peer){.uid = 54322}, true, 7));
	peer_free(&peer);
	cr_assert_eq(seteuid(0), 0);
	close(pair[0]);
	close(pair[1]);
}

Test(peer, groups_are_those_of_the_process)
{
	int pair[2];
	struct peer peer;
	gid_t groups[300];
	if (geteuid() != 0)
		cr_skip_test("only root sets its groups");
	for (size_t i = 0; i < 300; i++)
		groups[i] = (gid_t)(70000 + i);
	cr_assert_eq(setgroups(300, groups), 0);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert(peer_of(pair[0], &peer));
	cr_expect_eq(peer.group_count, 300);
	cr_expect(peer_is_in(&peer, 70000) && peer_is_in(&peer, 70299));
	cr_expect_not(peer_is_in(&peer, 70300));
	peer_free(&peer);
	close(pair[0]);
	close(pair[1]);
}

Test(peer, what_is_no_socket_has_none)
{
	int pair[2];
	struct peer peer;
	cr_assert_eq(pipe(pair), 0);
	cr_expect_not(peer_of(pair[0], &peer));
	cr_expect_not(peer_of(-1, &peer));
	close(pair[0]);
	close(pair[1]);
}

Test(peer, root_and_the_servers_own_user_and_group_may_do_all)
{
	gid_t others[] = {7, 8};
	struct peer root = {.uid = 0};
	struct peer ours = {.uid = geteuid(), .gid = 4711};
	struct peer first = {.uid = 54321, .gid = 9};
	struct peer member = {.uid = 54321, .gid = 4711, .groups = others, .group_count = 2};
	struct peer stranger = {.uid = 54321, .gid = 4711};
	cr_expect(peer_is_admin(&root, false, 0));
	cr_expect(peer_is_admin(&ours, false, 0));
	cr_expect(peer_is_admin(&first, true, 9));
	cr_expect(peer_is_admin(&member, true, 8));
	cr_expect_not(peer_is_admin(&member, false, 8), "there is no control group");
	cr_expect_not(peer_is_admin(&stranger, true, 8));
}

/* --- who logged in */

Test(peer, the_login_uid_is_a_number_or_unset)
{
	static const struct {
		const char *text;
		bool is;
		uid_t login;
	} cases[] = {
		{"1000", true, 1000},     {"0", true, 0},
		{"1000\n", true, 1000},   {"4294967294", true, 4294967294u},
		{"4294967295", false, 0}, {"", false, 0},
		{"-1", false, 0},         {" 7", false, 0},
		{"7x", false, 0},         {"99999999999999999999", false, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uid_t login = 77;
		cr_expect_eq(person_parse(cases[i].text, &login), cases[i].is, "'%s'",
			     cases[i].text);
		cr_expect_eq(login, cases[i].is ? cases[i].login : 77);
	}
}

static bool has_login(pid_t pid)
{
	char path[64], text[64] = "";
	uid_t login;
	snprintf(path, sizeof path, "/proc/%d/loginuid", (int)pid);
	FILE *file = fopen(path, "re");
	bool is = file && fgets(text, sizeof text, file) && person_parse(text, &login);
	if (file)
		fclose(file);
	return is;
}

Test(peer, nobody_is_named_for_another_users_process_or_none)
{
	int pair[2];
	uid_t login = 77;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_expect_eq(person_of(pair[0], getpid(), geteuid(), &login), has_login(getpid()));
	login = 77;
	cr_expect_not(person_of(pair[0], getpid(), geteuid() + 1, &login));
	cr_expect_not(person_of(pair[0], 0, geteuid(), &login));
	cr_expect_not(person_of(pair[0], -1, geteuid(), &login));
	cr_expect_not(person_of(pair[0], 0x7ffffffe, geteuid(), &login));
	cr_expect_eq(login, 77);
	close(pair[0]);
	close(pair[1]);
}
