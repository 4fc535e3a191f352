/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/stream.h"
#include <assert.h>
#include <stdlib.h>

#define LENGTH_LEN 2
/* Many pipelined queries, or one usual update. */
#define ROOM_MIN 4096

static void *stream_resize(void *data, size_t cap)
{
	void *larger = realloc(data, cap);
	assert(larger != NULL);
	return larger;
}

uint8_t *stream_room(struct stream_in *in, size_t *room)
{
	if (in->at > 0) {
		memmove(in->data, in->data + in->at, in->end - in->at);
		in->end -= in->at;
		in->at = 0;
	}
	if (in->end == in->cap) {
		/* At most twice the longest message: the caller takes whole ones out first. */
		in->cap = in->cap ? in->cap * 2 : ROOM_MIN;
		in->data = stream_resize(in->data, in->cap);
	}
	*room = in->cap - in->end;
	return in->data + in->end;
}

void stream_arrived(struct stream_in *in, size_t n)
{
	assert(n <= in->cap - in->end);
	in->end += n;
}

bool stream_next(struct stream_in *in, struct bytes *message)
{
	if (stream_is_empty(in))
		return false;
	struct bytes_in bytes = bytes_in_of(in->data + in->at, in->end - in->at);
	size_t len = bytes_in_u16(&bytes);
	const uint8_t *data = bytes_in_take(&bytes, len);
	if (bytes.bad)
		return false;
	in->at += LENGTH_LEN + len;
	*message = bytes_of(data, len);
	return true;
}

bool stream_is_empty(const struct stream_in *in)
{
	return in->at == in->end;
}

void stream_rest(struct stream_in *in)
{
	if (stream_is_empty(in) && in->cap > ROOM_MIN)
		stream_in_free(in);
}

void stream_in_free(struct stream_in *in)
{
	free(in->data);
	*in = (struct stream_in){0};
}

void stream_queue(struct stream_out *out, struct bytes bytes)
{
	if (bytes.len > out->cap - out->end) {
		size_t waits = out->end - out->at, cap = out->cap ? out->cap : ROOM_MIN;
		if (waits)
			memmove(out->data, out->data + out->at, waits);
		while (cap - waits < bytes.len)
			cap *= 2;
		if (cap > out->cap)
			out->data = stream_resize(out->data, cap);
		*out = (struct stream_out){.data = out->data, .end = waits, .cap = cap};
	}
	if (bytes.len)
		memcpy(out->data + out->end, bytes.data, bytes.len);
	out->end += bytes.len;
}

struct bytes stream_waiting(const struct stream_out *out)
{
	return out->data ? bytes_of(out->data + out->at, out->end - out->at) : bytes_of(NULL, 0);
}

void stream_sent(struct stream_out *out, size_t n)
{
	assert(n <= out->end - out->at);
	out->at += n;
	if (out->at == out->end)
		stream_out_free(out);
}

void stream_out_free(struct stream_out *out)
{
	free(out->data);
	*out = (struct stream_out){0};
}
