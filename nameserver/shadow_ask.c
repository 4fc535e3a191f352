/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/shadow_ask.h"
#include "base/clock.h"
#include <errno.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUESTION_MAX (2 + DNS_HEADER_LEN + DNS_NAME_MAX + 4 + 11)
#define UDP_SIZE     1232
#define PREFIX       2 /* TCP's length */

/* The question with an OPT, behind room for TCP's length. */
static size_t shadow_ask_write(const struct dns_name *name, uint16_t type, uint16_t id,
			       uint8_t buffer[QUESTION_MAX])
{
	struct bytes_out out = bytes_out_of(buffer, QUESTION_MAX);
	bytes_out_u16(&out, 0);
	bytes_out_u16(&out, id);
	bytes_out_u16(&out, 0); /* a query; recursion is not desired */
	bytes_out_u16(&out, 1);
	bytes_out_u32(&out, 0);
	bytes_out_u16(&out, 1);
	bytes_out_put(&out, name->wire, name->len);
	bytes_out_u16(&out, type);
	bytes_out_u16(&out, DNS_CLASS_IN);
	bytes_out_u8(&out, 0);
	bytes_out_u16(&out, DNS_TYPE_OPT);
	bytes_out_u16(&out, UDP_SIZE);
	bytes_out_u32(&out, 0);
	bytes_out_u16(&out, 0);
	size_t len = bytes_out_len(&out) - PREFIX;
	bytes_out_patch_u16(&out, 0, (uint16_t)len);
	return len;
}

static int shadow_ask_connect(const struct addr *peer, int kind)
{
	int fd = socket(peer->any.sa_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &peer->any, peer->len) != 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Waits for what the socket can do. False: the time has come. */
static bool shadow_ask_wait(int fd, short events, uint64_t until_us)
{
	struct pollfd wait = {.fd = fd, .events = events};
	for (;;) {
		uint64_t now = clock_monotonic_us();
		if (now >= until_us)
			return false;
		int n = poll(&wait, 1, (int)((until_us - now) / 1000) + 1);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

static bool shadow_ask_is_answer(const uint8_t *message, size_t len, uint16_t id)
{
	return len >= DNS_HEADER_LEN && (message[0] << 8 | message[1]) == id && message[2] & 0x80;
}

static bool shadow_ask_udp(int fd, const uint8_t *question, size_t len, uint16_t id,
			   struct bytes_out *answer)
{
	uint64_t until = clock_monotonic_us() + SHADOW_ASK_MS * UINT64_C(1000);
	uint8_t buffer[UDP_SIZE];
	if (send(fd, question, len, 0) != (ssize_t)len)
		return false;
	while (shadow_ask_wait(fd, POLLIN, until)) {
		ssize_t n = recv(fd, buffer, sizeof buffer, 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n > 0 && shadow_ask_is_answer(buffer, (size_t)n, id)) {
			bytes_out_put(answer, buffer, (size_t)n);
			return true;
		}
	}
	return false;
}

/* Sends or receives all of it. */
static bool shadow_ask_all(int fd, uint8_t *bytes, size_t len, bool sends, uint64_t until)
{
	for (size_t done = 0; done < len;) {
		if (!shadow_ask_wait(fd, sends ? POLLOUT : POLLIN, until))
			return false;
		ssize_t n = sends ? send(fd, bytes + done, len - done, MSG_NOSIGNAL)
				  : recv(fd, bytes + done, len - done, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool shadow_ask_tcp(int fd, uint8_t *question, size_t len, uint16_t id,
			   struct bytes_out *answer)
{
	uint64_t until = clock_monotonic_us() + SHADOW_ASK_MS * UINT64_C(1000);
	uint8_t prefix[PREFIX];
	if (!shadow_ask_all(fd, question, len, true, until) ||
	    !shadow_ask_all(fd, prefix, PREFIX, false, until))
		return false;
	size_t answer_len = (size_t)(prefix[0] << 8 | prefix[1]);
	uint8_t *room = bytes_out_room(answer, answer_len);
	return room && shadow_ask_all(fd, room, answer_len, false, until) &&
	       shadow_ask_is_answer(room, answer_len, id);
}

/* One of both ways; a part of an answer is none. */
static bool shadow_ask_by(const struct addr *peer, int kind, uint8_t *question, size_t len,
			  uint16_t id, struct bytes_out *answer)
{
	int fd = shadow_ask_connect(peer, kind);
	struct bytes_out before = *answer;
	if (fd < 0)
		return false;
	bool is_well = kind == SOCK_DGRAM ? shadow_ask_udp(fd, question + PREFIX, len, id, answer)
					  : shadow_ask_tcp(fd, question, len + PREFIX, id, answer);
	close(fd);
	if (!is_well)
		*answer = before;
	return is_well;
}

bool shadow_ask(const struct addr *peer, const struct dns_name *name, uint16_t type,
		struct bytes_out *answer)
{
	uint8_t question[QUESTION_MAX];
	uint16_t id;
	struct bytes_out before = *answer;
	if (getrandom(&id, sizeof id, 0) != sizeof id)
		return false;
	size_t len = shadow_ask_write(name, type, id, question);
	if (!shadow_ask_by(peer, SOCK_DGRAM, question, len, id, answer))
		return false;
	if (!(before.at[2] & DNS_FLAG_TC >> 8))
		return true;
	*answer = before;
	return shadow_ask_by(peer, SOCK_STREAM, question, len, id, answer);
}
