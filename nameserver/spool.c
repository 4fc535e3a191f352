/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "nameserver/spool.h"
#include "base/file.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROOM_MIN 4096

static bool spool_fail(struct spool *s, const char *problem)
{
	if (!s->problem)
		s->problem = problem;
	return false;
}

/* The window goes to the end of the file. */
static bool spool_flush(struct spool *s)
{
	if (s->fd < 0)
		s->fd = file_open_nameless(AT_FDCWD, s->room->folder);
	if (s->fd < 0)
		return spool_fail(s, strerror(errno));
	while (s->at < s->end) {
		ssize_t n = pwrite(s->fd, s->data + s->at, s->end - s->at, (off_t)s->in_file);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return spool_fail(s,
					  n < 0 ? strerror(errno) : "nothing more can be written");
		s->at += (size_t)n;
		s->in_file += (uint64_t)n;
	}
	s->at = s->end = 0;
	return true;
}

static void spool_grow(struct spool *s, size_t wanted)
{
	while (s->cap < wanted && s->cap < SPOOL_MEMORY)
		s->cap = s->cap ? s->cap * 2 : ROOM_MIN;
	s->data = realloc(s->data, s->cap);
	assert(s->data);
}

void spool_open(struct spool *s, struct spool_room *room)
{
	*s = (struct spool){.room = room, .fd = -1};
}

void spool_close(struct spool *s)
{
	if (!s->room)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->data);
	atomic_fetch_sub(&s->room->used, s->len);
	*s = (struct spool){.fd = -1};
}

bool spool_put(struct spool *s, struct bytes bytes)
{
	if (s->problem)
		return false;
	/* What is counted is given back by spool_close, whether it was written or not. */
	s->len += bytes.len;
	if (atomic_fetch_add(&s->room->used, bytes.len) + bytes.len > s->room->limit)
		return spool_fail(s, "the room for transfers is used up");
	while (bytes.len > 0) {
		if (s->end == s->cap && s->cap == SPOOL_MEMORY && !spool_flush(s))
			return false;
		if (bytes.len > s->cap - s->end)
			spool_grow(s, s->end + bytes.len);
		size_t n = s->cap - s->end < bytes.len ? s->cap - s->end : bytes.len;
		memcpy(s->data + s->end, bytes.data, n);
		s->end += n;
		struct bytes_in rest = bytes_in_of(bytes.data, bytes.len);
		bytes_in_take(&rest, n);
		bytes = bytes_of(rest.at, bytes_in_left(&rest));
	}
	return true;
}

bool spool_rewind(struct spool *s)
{
	return !s->problem && (s->fd < 0 || spool_flush(s));
}

/* The next window of the file. */
static bool spool_refill(struct spool *s)
{
	uint64_t left = s->in_file - s->read_at;
	size_t wanted = left < s->cap ? (size_t)left : s->cap;
	ssize_t n = 0;
	if (s->fd < 0 || wanted == 0)
		return spool_fail(s, "the spool ended early");
	do
		n = pread(s->fd, s->data, wanted, (off_t)s->read_at);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return spool_fail(s, n < 0 ? strerror(errno) : "the spool's file ended early");
	s->at = 0;
	s->end = (size_t)n;
	s->read_at += (uint64_t)n;
	return true;
}

bool spool_take(struct spool *s, uint8_t *out, size_t n)
{
	while (n > 0) {
		if (s->at == s->end && !spool_refill(s))
			return false;
		size_t here = s->end - s->at < n ? s->end - s->at : n;
		memcpy(out, s->data + s->at, here);
		s->at += here;
		out += here;
		n -= here;
	}
	return true;
}

uint64_t spool_left(const struct spool *s)
{
	return s->in_file - s->read_at + (s->end - s->at);
}
