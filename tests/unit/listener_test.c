/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/listener.h"
#include "tests/unit/running.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int option_of(int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof value;
	cr_assert_eq(getsockopt(fd, level, option, &value, &len), 0);
	return value;
}

Test(listener, one_address_has_a_socket_of_each_kind_for_each_thread)
{
	char error[LISTENER_ERROR_MAX];
	struct listener first, second;
	struct addr addr = running_free_port();
	cr_assert(listener_open(&first, &addr, true, error), "%s", error);
	cr_assert(listener_open(&second, &addr, false, error), "%s", error);
	cr_expect_not(first.is_wildcard);
	cr_expect_eq(option_of(first.udp, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	cr_expect_eq(option_of(second.tcp, SOL_SOCKET, SO_ACCEPTCONN), 1);
	listener_close(&second);
	listener_close(&first);
	cr_expect_eq(first.udp, -1);
	cr_expect_eq(first.tcp, -1);
}

Test(listener, the_first_of_an_address_shares_it_with_no_other_program)
{
	char error[LISTENER_ERROR_MAX] = "";
	struct listener theirs, ours;
	struct addr addr = running_free_port();
	cr_assert(listener_open(&theirs, &addr, true, error), "%s", error);
	cr_expect_not(listener_open(&ours, &addr, true, error));
	cr_expect_not_null(strstr(error, "another program uses it"), "%s", error);
	cr_expect_eq(ours.udp, -1, "nothing stays open");
	listener_close(&theirs);
}

Test(listener, sockets_of_our_own_user_that_share_are_told_from_others)
{
	char error[LISTENER_ERROR_MAX] = "";
	struct listener ours;
	struct addr addr = running_free_port();
	cr_assert(listener_open(&ours, &addr, true, error), "%s", error);
	cr_expect(listener_is_shared(&addr), "it shares when it is bound");
	listener_close(&ours);
	cr_expect(listener_is_shared(&addr), "nobody has it");
	int theirs = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(theirs, &addr.any, addr.len), 0);
	cr_expect_not(listener_is_shared(&addr), "one that does not share");
	close(theirs);
}

Test(listener, an_address_of_no_interface_is_named_with_advice)
{
	char error[LISTENER_ERROR_MAX] = "";
	struct listener listener;
	struct addr addr;
	cr_assert_null(addr_parse("192.0.2.1@5353", 53, &addr));
	cr_expect_not(listener_open(&listener, &addr, true, error));
	cr_expect_str_eq(error, "cannot listen on 192.0.2.1@5353 by UDP: no interface has this "
				"address (`ip addr` shows those there are)");
}

#define PORTS_TRIED 20

/* Opens it at a free port. That one was free at 127.0.0.1: a test beside may have it elsewhere. */
static void open_wildcard(struct listener *listener, struct addr *addr)
{
	char error[LISTENER_ERROR_MAX] = "";
	bool is_open = false;
	for (int i = 0; i < PORTS_TRIED && !is_open; i++) {
		struct addr free_port = running_free_port();
		/* The port is at the same place in both families. */
		addr->v4.sin_port = free_port.v4.sin_port;
		is_open = listener_open(listener, addr, true, error);
	}
	cr_assert(is_open, "%s", error);
}

Test(listener, a_wildcard_learns_to_which_address_a_packet_was_sent)
{
	struct listener listener;
	struct addr addr = running_free_port();
	addr.v4.sin_addr.s_addr = htonl(INADDR_ANY);
	open_wildcard(&listener, &addr);
	cr_expect(listener.is_wildcard);
	cr_expect_eq(option_of(listener.udp, IPPROTO_IP, IP_PKTINFO), 1);
	listener_close(&listener);
}

Test(listener, ipv6_sockets_take_nothing_of_ipv4)
{
	struct listener listener;
	struct addr addr, v4 = running_free_port();
	cr_assert_null(addr_parse("::", 53, &addr));
	if (!listener_has_family(&addr))
		cr_skip_test("no IPv6");
	open_wildcard(&listener, &addr);
	v4.v4.sin_port = addr.v6.sin6_port;
	cr_expect(listener.is_wildcard);
	cr_expect_eq(option_of(listener.udp, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	cr_expect_eq(option_of(listener.udp, IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
	int other = socket(AF_INET, SOCK_DGRAM, 0);
	cr_expect_eq(bind(other, &v4.any, v4.len), 0, "IPv4's port is free: %s", strerror(errno));
	close(other);
	listener_close(&listener);
}
