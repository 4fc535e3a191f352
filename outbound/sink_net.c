/* SPDX-License-Identifier: BSD-2-Clause */
/* The export's sockets: a Unix socket, and a syslog server by UDP, TCP or TLS. */
#include "base/clock.h"
#include "outbound/sink_parts.h"
#include "tls/tls.h"
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECT_US (10ull * 1000000)

bool sink_socket_open(struct sink *sink)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(sink->options.target);
	if (len >= sizeof to.sun_path)
		return sink_fail(sink, "its path has more than %zu bytes", sizeof to.sun_path - 1);
	memcpy(to.sun_path, sink->options.target, len + 1);
	sink->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sink->fd < 0)
		return sink_fail(sink, "cannot make a socket: %s", strerror(errno));
	if (connect(sink->fd, (struct sockaddr *)&to, sizeof to) != 0)
		return sink_fail(sink, "nobody listens there: %s", strerror(errno));
	return true;
}

/* A peer that vanished is noticed although it says nothing. */
static void notice_silence(int fd)
{
	int on = 1;
	unsigned patience_ms = SINK_PATIENCE_US / 1000;
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
}

static bool sink_net_connect_to(struct sink *sink, const struct addrinfo *to)
{
	int error = 0;
	socklen_t len = sizeof error;
	sink->fd = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  to->ai_protocol);
	if (sink->fd < 0)
		return sink_fail(sink, "cannot make a socket: %s", strerror(errno));
	if (connect(sink->fd, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)
		return sink_fail(sink, "cannot connect: %s", strerror(errno));
	if (to->ai_socktype == SOCK_DGRAM)
		return true;
	if (!sink_wait(sink, POLLOUT, clock_monotonic_us() + CONNECT_US))
		return sink_fail(sink, "cannot connect: it does not answer");
	if (getsockopt(sink->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error)
		return sink_fail(sink, "cannot connect: %s", strerror(error ? error : errno));
	notice_silence(sink->fd);
	return true;
}

static bool start_tls(struct sink *sink)
{
	struct tls_options options = {
		.host = sink->options.target,
		.ca = sink->options.ca,
		.certificate = sink->options.certificate,
		.key = sink->options.key,
	};
	uint64_t until = clock_monotonic_us() + CONNECT_US;
	sink->tls = tls_new(sink->fd, &options, sink->error);
	while (sink->tls) {
		enum tls_said said = tls_handshake(sink->tls, sink->error);
		if (said == TLS_DONE)
			return true;
		if (said == TLS_FAILED)
			return false;
		if (!sink_wait(sink, said == TLS_WANTS_WRITE ? POLLOUT : POLLIN, until))
			return sink_fail(sink, "its TLS handshake does not come to an end");
	}
	return false;
}

bool sink_net_open(struct sink *sink)
{
	bool is_datagram = sink->options.kind == SINK_UDP, is_connected = false;
	struct addrinfo *found, hints = {.ai_socktype = is_datagram ? SOCK_DGRAM : SOCK_STREAM,
					 .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV};
	int error = getaddrinfo(sink->options.target, sink->options.port, &hints, &found);
	if (error)
		return sink_fail(sink, "cannot find its address: %s", gai_strerror(error));
	for (const struct addrinfo *to = found; to && !is_connected; to = to->ai_next) {
		sink_close(sink);
		is_connected = sink_net_connect_to(sink, to);
	}
	freeaddrinfo(found);
	return is_connected && (sink->options.kind != SINK_TLS || start_tls(sink));
}

bool sink_datagrams_send(struct sink *sink, const struct batch *batch)
{
	size_t at = 0;
	for (size_t i = 0; i < batch->count; i++) {
		size_t len = batch->ends[i] - at;
		uint64_t until = clock_monotonic_us() + SINK_PATIENCE_US;
		ssize_t n = send(sink->fd, batch->bytes + at, len, MSG_NOSIGNAL);
		while (n < 0 && errno == EAGAIN && sink_wait(sink, POLLOUT, until))
			n = send(sink->fd, batch->bytes + at, len, MSG_NOSIGNAL);
		if (n < 0)
			return sink_fail(sink, "cannot send: %s", strerror(errno));
		at = batch->ends[i];
	}
	return true;
}

/* How much of it the transport takes now; 0: it is to be waited for `*events`; -1: lost. */
static ssize_t send_some(struct sink *sink, const uint8_t *data, size_t len, short *events)
{
	*events = POLLOUT;
	if (sink->tls) {
		size_t taken = 0;
		enum tls_said said = tls_write(sink->tls, bytes_of(data, len), &taken, sink->error);
		if (said == TLS_WANTS_READ)
			*events = POLLIN;
		return said == TLS_FAILED ? -1 : (ssize_t)taken;
	}
	ssize_t n = send(sink->fd, data, len, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	sink_fail(sink, "cannot send: %s", strerror(errno));
	return -1;
}

bool sink_stream_send(struct sink *sink, struct bytes bytes)
{
	struct bytes_in in = bytes_in_of(bytes.data, bytes.len);
	uint64_t until = clock_monotonic_us() + SINK_PATIENCE_US;
	while (bytes_in_left(&in)) {
		short events;
		struct bytes_in ahead = in;
		size_t left = bytes_in_left(&in);
		ssize_t n = send_some(sink, bytes_in_take(&ahead, left), left, &events);
		if (n < 0)
			return false;
		bytes_in_take(&in, (size_t)n);
		if (n > 0)
			until = clock_monotonic_us() + SINK_PATIENCE_US;
		else if (!sink_wait(sink, events, until))
			return sink_fail(sink, "it takes nothing any more");
	}
	return true;
}

/* Whether the peer has ended the connection; what it says is of no interest. */
static bool is_ended(struct sink *sink)
{
	char said[256];
	ssize_t n;
	if (sink->tls)
		return tls_is_ended(sink->tls, sink->error);
	while ((n = recv(sink->fd, said, sizeof said, MSG_DONTWAIT)) > 0)
		;
	if (n == 0)
		sink_fail(sink, "it ended the connection");
	else if (errno != EAGAIN && errno != EINTR)
		sink_fail(sink, "the connection broke: %s", strerror(errno));
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

enum sink_state sink_stream_look(struct sink *sink)
{
	int waiting = 0;
	if (is_ended(sink))
		return SINK_LOST;
	if (ioctl(sink->fd, SIOCOUTQ, &waiting) != 0)
		return SINK_IN_DOUBT;
	return waiting ? SINK_IN_DOUBT : SINK_TAKEN;
}
