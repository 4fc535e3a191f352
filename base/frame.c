/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/frame.h"
#include <assert.h>
#include <errno.h>
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
	return kind != 0 && strchr("CDERZ", kind) != NULL;
}

bool frame_send(int fd, enum frame_kind kind, struct bytes body)
{
	assert(body.len < FRAME_MAX);
	uint8_t head[5];
	struct bytes_out out = bytes_out_of(head, sizeof head);
	bytes_out_u32(&out, (uint32_t)body.len + 1);
	bytes_out_u8(&out, (uint8_t)kind);
	return send_all(fd, head, sizeof head, body.len ? MSG_MORE : 0) &&
	       send_all(fd, body.data, body.len, 0);
}

bool frame_receive(int fd, enum frame_kind *kind, uint8_t *buffer, size_t *len)
{
	uint8_t head[5];
	if (!receive_all(fd, head, sizeof head))
		return false;
	struct bytes_in in = bytes_in_of(head, sizeof head);
	uint32_t n = bytes_in_u32(&in);
	uint8_t k = bytes_in_u8(&in);
	if (n < 1 || n > FRAME_MAX || !is_kind(k) || !receive_all(fd, buffer, n - 1))
		return false;
	*kind = (enum frame_kind)k;
	*len = n - 1;
	return true;
}
