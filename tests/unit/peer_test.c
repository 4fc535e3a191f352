/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/peer.h"
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
	const struct passwd *me = getpwuid(geteuid());
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	cr_assert(peer_of(pair[0], &peer));
	cr_expect_eq(peer.uid, geteuid());
	cr_expect_eq(peer.gid, getegid());
	if (me) {
		snprintf(wanted, sizeof wanted, "local:%s", me->pw_name);
		cr_expect_str_eq(peer.user, me->pw_name);
		cr_expect_str_eq(peer.who.text, wanted);
	}
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
	cr_expect_eq(peer.uid, 54321);
	cr_expect_str_eq(peer.user, "uid-54321");
	cr_expect_str_eq(peer.who.text, "local:uid-54321");
	cr_expect_not(peer_may_command(&(struct peer){.uid = 54322, .user = "uid-54322"}, true, 7));
	cr_assert_eq(seteuid(0), 0);
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

Test(peer, root_and_the_servers_own_user_and_group_may_command)
{
	const struct group *daemon = getgrnam("daemon");
	gid_t group = daemon ? daemon->gr_gid : 1;
	struct peer root = {.uid = 0, .gid = 0, .user = "root"};
	struct peer ours = {.uid = geteuid(), .gid = 4711, .user = "ours"};
	struct peer member = {.uid = 54321, .gid = group, .user = "uid-54321"};
	struct peer stranger = {.uid = 54321, .gid = 4711, .user = "uid-54321"};
	struct peer known = {.uid = 1, .gid = 4711, .user = "daemon"};
	cr_expect(peer_may_command(&root, false, 0));
	cr_expect(peer_may_command(&ours, false, 0));
	cr_expect(peer_may_command(&member, true, group));
	cr_expect_not(peer_may_command(&member, false, group), "there is no control group");
	cr_expect_not(peer_may_command(&stranger, true, group));
	/* The group database says of whom the group is, too. */
	cr_expect(peer_may_command(&known, true, 4711));
}
