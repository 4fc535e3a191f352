/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket's framing: the input is what a peer sends before it goes. What is received is
 * bounded and of a known kind, and sent again it is the same bytes; a reader that gathers sees the
 * same frames.
 */
#include "base/frame.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_MAX 60000 /* fits the socket's buffer: nobody reads while we write */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void open_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		abort();
}

/* Sends the frame once more, and compares it with the input at `at`. */
static void send_again(enum frame_kind kind, struct bytes body, const uint8_t *at)
{
	static uint8_t again[INPUT_MAX + 5];
	int ends[2];
	open_pair(ends);
	bool is_sent = frame_send(ends[0], kind, body);
	assert(is_sent);
	ssize_t n = recv(ends[1], again, body.len + 5, MSG_WAITALL);
	assert(n == (ssize_t)body.len + 5);
	assert(memcmp(again, at, body.len + 5) == 0);
	close(ends[0]);
	close(ends[1]);
}

/* How many bytes of the input are frames when they are taken out of one buffer. */
static size_t gathered(const uint8_t *data, size_t len)
{
	enum frame_kind kind;
	struct bytes body;
	size_t used = 0;
	int ends[2];
	open_pair(ends);
	ssize_t n = send(ends[0], data, len, 0);
	assert(n == (ssize_t)len);
	close(ends[0]);
	struct frame_in in = {.fd = ends[1]};
	while (frame_in_next(&in, &kind, &body)) {
		assert(memcmp(body.data, data + used + 5, body.len) == 0);
		used += body.len + 5;
	}
	frame_in_free(&in);
	close(ends[1]);
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t buffer[FRAME_MAX];
	enum frame_kind kind;
	size_t body, used = 0;
	int ends[2];
	if (len > INPUT_MAX)
		return 0;
	open_pair(ends);
	ssize_t n = send(ends[0], data, len, 0);
	assert(n == (ssize_t)len);
	shutdown(ends[0], SHUT_WR);
	while (frame_receive(ends[1], &kind, buffer, &body)) {
		assert(body < FRAME_MAX && used + body + 5 <= len);
		send_again(kind, bytes_of(buffer, body), data + used);
		used += body + 5;
	}
	close(ends[0]);
	close(ends[1]);
	assert(gathered(data, len) == used);
	return 0;
}
