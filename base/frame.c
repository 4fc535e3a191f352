/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/frame.h"
#include "base/clock.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static bool send_all(int fd, const uint8_t *data, size_t len, int flags)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, flags | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool receive_all(int fd, uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = recv(fd, data, len, MSG_WAITALL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool is_kind(uint8_t kind)
{
	return kind != 0 && strchr("CDEPRZ", kind) != NULL;
}

#define HEAD_LEN 5
#define IN_ROOM  (FRAME_MAX + HEAD_LEN)
#define OUT_ROOM (FRAME_BATCH + FRAME_MAX + HEAD_LEN) /* one that is large, behind others */

static void write_head(uint8_t head[HEAD_LEN], enum frame_kind kind, size_t body_len)
{
	struct bytes_out out = bytes_out_of(head, HEAD_LEN);
	bytes_out_u32(&out, (uint32_t)body_len + 1);
	bytes_out_u8(&out, (uint8_t)kind);
}

/* False: a head that no frame has. `*len` is the body's length. */
static bool frame_read_head(const uint8_t head[HEAD_LEN], enum frame_kind *kind, size_t *len)
{
	struct bytes_in in = bytes_in_of(head, HEAD_LEN);
	uint32_t n = bytes_in_u32(&in);
	uint8_t k = bytes_in_u8(&in);
	if (n < 1 || n > FRAME_MAX || !is_kind(k))
		return false;
	*kind = (enum frame_kind)k;
	*len = n - 1;
	return true;
}

bool frame_send(int fd, enum frame_kind kind, struct bytes body)
{
	assert(body.len < FRAME_MAX);
	uint8_t head[HEAD_LEN];
	write_head(head, kind, body.len);
	return send_all(fd, head, sizeof head, body.len ? MSG_MORE : 0) &&
	       send_all(fd, body.data, body.len, 0);
}

bool frame_receive(int fd, enum frame_kind *kind, uint8_t *buffer, size_t *len)
{
	uint8_t head[HEAD_LEN];
	enum frame_kind k;
	size_t n;
	if (!receive_all(fd, head, sizeof head) || !frame_read_head(head, &k, &n) ||
	    !receive_all(fd, buffer, n))
		return false;
	*kind = k;
	*len = n;
	return true;
}

static bool out_wait(struct frame_out *out)
{
	struct pollfd poll_fd = {.fd = out->fd, .events = POLLOUT};
	uint64_t before = out->waited_us, since = clock_monotonic_us();
	int n = 0;
	out->stalled_us = 0;
	while (n == 0 && out->may_wait(out->context)) {
		n = poll(&poll_fd, 1, FRAME_LOOK_MS);
		out->stalled_us = clock_monotonic_us() - since;
		out->waited_us = before + out->stalled_us;
	}
	return n != 0;
}

bool frame_out_flush(struct frame_out *out)
{
	size_t sent = 0;
	int flags = MSG_NOSIGNAL | (out->may_wait ? MSG_DONTWAIT : 0);
	while (!out->is_cut && sent < out->len) {
		ssize_t n = send(out->fd, out->bytes + sent, out->len - sent, flags);
		if (n > 0)
			sent += (size_t)n;
		else if (n == 0 || (errno != EINTR && (errno != EAGAIN || !out->may_wait)))
			out->is_cut = true;
		else if (errno == EAGAIN && !out_wait(out))
			break;
	}
	out->len = out->is_cut ? 0 : out->len - sent;
	if (sent > 0 && out->len > 0)
		memmove(out->bytes, out->bytes + sent, out->len);
	return !out->is_cut && out->len == 0;
}

bool frame_out_put(struct frame_out *out, enum frame_kind kind, struct bytes body)
{
	size_t whole = HEAD_LEN + body.len;
	assert(body.len < FRAME_MAX);
	if (out->len + whole > FRAME_BATCH && !frame_out_flush(out))
		return false;
	if (!out->bytes && !(out->bytes = malloc(OUT_ROOM)))
		out->is_cut = true;
	if (out->is_cut)
		return false;
	write_head(out->bytes + out->len, kind, body.len);
	if (body.len)
		memcpy(out->bytes + out->len + HEAD_LEN, body.data, body.len);
	out->len += whole;
	return out->len <= FRAME_BATCH || frame_out_flush(out);
}

void frame_out_free(struct frame_out *out)
{
	free(out->bytes);
	out->bytes = NULL;
	out->len = 0;
}

/* Whether the frame at `at` is whole; `*is_bad`: it never will be. */
static bool has_whole(const struct frame_in *in, enum frame_kind *kind, size_t *len, bool *is_bad)
{
	*is_bad = false;
	if (in->end - in->at < HEAD_LEN)
		return false;
	*is_bad = !frame_read_head(in->bytes + in->at, kind, len);
	return !*is_bad && in->end - in->at - HEAD_LEN >= *len;
}

bool frame_in_is_ready(const struct frame_in *in)
{
	enum frame_kind kind;
	size_t len;
	bool is_bad;
	return has_whole(in, &kind, &len, &is_bad) || is_bad;
}

/* More bytes from the peer, behind those that are here. */
static bool frame_refill(struct frame_in *in)
{
	if (in->at > 0)
		memmove(in->bytes, in->bytes + in->at, in->end - in->at);
	in->end -= in->at;
	in->at = 0;
	for (;;) {
		ssize_t n = recv(in->fd, in->bytes + in->end, IN_ROOM - in->end, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			in->end += (size_t)n;
		return n > 0;
	}
}

bool frame_in_next(struct frame_in *in, enum frame_kind *kind, struct bytes *body)
{
	enum frame_kind k;
	size_t len;
	bool is_bad = false;
	if (!in->bytes && !(in->bytes = malloc(IN_ROOM)))
		return false;
	while (!has_whole(in, &k, &len, &is_bad))
		if (is_bad || !frame_refill(in))
			return false;
	*kind = k;
	*body = bytes_of(in->bytes + in->at + HEAD_LEN, len);
	in->at += HEAD_LEN + len;
	return true;
}

void frame_in_free(struct frame_in *in)
{
	free(in->bytes);
	in->bytes = NULL;
	in->at = in->end = 0;
}
