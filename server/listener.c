/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/listener.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TCP_BACKLOG 512
/* Room for bursts while a reader is busy; the kernel caps it unless we are root. */
#define UDP_BUFFER_BYTES (4 << 20)

static void set_option(int fd, int level, int option, int value)
{
	/* Options that only make things better: an old kernel may lack them. */
	(void)setsockopt(fd, level, option, &value, sizeof value);
}

static bool must_set(int fd, int level, int option)
{
	int yes = 1;
	return setsockopt(fd, level, option, &yes, sizeof yes) == 0;
}

static bool is_wildcard(const struct addr *addr)
{
	if (addr->any.sa_family == AF_INET)
		return addr->v4.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&addr->v6.sin6_addr);
}

static bool bind_shared(int fd, const struct addr *addr, bool is_first)
{
	if (addr->any.sa_family == AF_INET6 && !must_set(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return false;
	if (!is_first && !must_set(fd, SOL_SOCKET, SO_REUSEPORT))
		return false;
	if (bind(fd, &addr->any, addr->len) != 0)
		return false;
	return !is_first || must_set(fd, SOL_SOCKET, SO_REUSEPORT);
}

static void tune_udp(int fd, const struct listener *l)
{
	set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, UDP_BUFFER_BYTES);
	set_option(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER_BYTES);
	set_option(fd, SOL_SOCKET, SO_SNDBUF, UDP_BUFFER_BYTES);
	/* A forged "packet too big" must not make us send fragments. */
	if (l->addr.any.sa_family == AF_INET)
		set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
	else
		set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
}

/* Packets to a wildcard tell where they were sent to. */
static bool listener_settle_udp(const struct listener *l)
{
	tune_udp(l->udp, l);
	if (!l->is_wildcard)
		return true;
	return l->addr.any.sa_family == AF_INET6 ? must_set(l->udp, IPPROTO_IPV6, IPV6_RECVPKTINFO)
						 : must_set(l->udp, IPPROTO_IP, IP_PKTINFO);
}

static bool listener_settle_tcp(const struct listener *l)
{
	set_option(l->tcp, IPPROTO_TCP, TCP_NODELAY, 1);
	return listen(l->tcp, TCP_BACKLOG) == 0;
}

static bool open_udp(struct listener *l, bool is_first)
{
	l->udp = socket(l->addr.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return l->udp >= 0 && bind_shared(l->udp, &l->addr, is_first) && listener_settle_udp(l);
}

static bool open_tcp(struct listener *l, bool is_first)
{
	l->tcp = socket(l->addr.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* REUSEADDR: a restart must not wait for old connections; it shares no listening port. */
	return l->tcp >= 0 && must_set(l->tcp, SOL_SOCKET, SO_REUSEADDR) &&
	       bind_shared(l->tcp, &l->addr, is_first) && listener_settle_tcp(l);
}

static const char *listener_advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another program uses it: stop that (`ss -lntup` shows it), or listen "
		       "elsewhere by --listen";
	case EACCES:
	case EPERM:
		return "ports below 1024 need root, the capability CAP_NET_BIND_SERVICE, or a "
		       "service manager that passes their sockets";
	case EADDRNOTAVAIL:
		return "no interface has this address (`ip addr` shows those there are)";
	case EAFNOSUPPORT:
		return "this machine has no such family of addresses";
	default:
		return strerror(error);
	}
}

bool listener_open(struct listener *l, const struct addr *addr, bool is_first,
		   char error[LISTENER_ERROR_MAX])
{
	char text[ADDR_TEXT_MAX];
	*l = (struct listener){
		.addr = *addr, .udp = -1, .tcp = -1, .is_wildcard = is_wildcard(addr)};
	bool has_udp = open_udp(l, is_first);
	if (has_udp && open_tcp(l, is_first))
		return true;
	addr_print(addr, text);
	snprintf(error, LISTENER_ERROR_MAX, "cannot listen on %s by %s: %s", text,
		 has_udp ? "TCP" : "UDP", listener_advice(errno));
	listener_close(l);
	return false;
}

/* A socket of :: that also takes IPv4 would answer for addresses that nobody listed. */
static bool listener_takes_ipv4(const struct listener *l, int fd)
{
	int is_only = 1;
	socklen_t len = sizeof is_only;
	return l->addr.any.sa_family == AF_INET6 &&
	       getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &is_only, &len) == 0 && !is_only;
}

static const char *listener_settle_passed(const struct listener *l)
{
	if (l->udp < 0 || l->tcp < 0)
		return l->udp < 0
			       ? "the service manager passed no UDP socket beside its TCP socket"
			       : "the service manager passed no TCP socket beside its UDP socket";
	if (listener_takes_ipv4(l, l->udp) || listener_takes_ipv4(l, l->tcp))
		return "the service manager passed a socket of IPv6 that takes IPv4, too "
		       "(BindIPv6Only=ipv6-only)";
	bool is_settled = fcntl(l->udp, F_SETFL, O_NONBLOCK) == 0 &&
			  fcntl(l->tcp, F_SETFL, O_NONBLOCK) == 0 && listener_settle_udp(l) &&
			  listener_settle_tcp(l);
	return is_settled ? NULL : strerror(errno);
}

bool listener_adopt(struct listener *l, const struct addr *addr, int udp, int tcp,
		    char error[LISTENER_ERROR_MAX])
{
	char text[ADDR_TEXT_MAX];
	*l = (struct listener){.addr = *addr,
			       .udp = udp,
			       .tcp = tcp,
			       .is_wildcard = is_wildcard(addr),
			       .is_passed = true};
	const char *problem = listener_settle_passed(l);
	if (!problem)
		return true;
	addr_print(addr, text);
	snprintf(error, LISTENER_ERROR_MAX, "cannot listen on %s: %s", text, problem);
	listener_close(l);
	return false;
}

static bool listener_shares(const struct addr *addr, int type)
{
	int fd = socket(addr->any.sa_family, type | SOCK_CLOEXEC, 0);
	bool shares =
		fd >= 0 && must_set(fd, SOL_SOCKET, SO_REUSEADDR) && bind_shared(fd, addr, false);
	if (fd >= 0)
		close(fd);
	return shares;
}

bool listener_is_shared(const struct addr *addr)
{
	return listener_shares(addr, SOCK_DGRAM) && listener_shares(addr, SOCK_STREAM);
}

void listener_close(struct listener *l)
{
	if (l->udp >= 0)
		close(l->udp);
	if (l->tcp >= 0)
		close(l->tcp);
	l->udp = l->tcp = -1;
}

uint32_t listener_not_read(const struct listener *l)
{
	uint32_t about[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof about;
	if (l->udp < 0 || getsockopt(l->udp, SOL_SOCKET, SO_MEMINFO, about, &len) != 0)
		return 0;
	return about[SK_MEMINFO_DROPS];
}

bool listener_has_family(const struct addr *addr)
{
	int fd = socket(addr->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno != EAFNOSUPPORT;
	close(fd);
	return true;
}
