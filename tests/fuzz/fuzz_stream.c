/* SPDX-License-Identifier: BSD-2-Clause */
/* TCP's framing: whatever the pieces, the same messages come out. */
#include "server/stream.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Puts `bytes` in, in pieces of `piece` bytes; what comes out, with its lengths, into `out`. */
static void pass(struct bytes bytes, size_t piece, struct bytes_out *out)
{
	struct stream_in in = {0};
	struct bytes_in left = bytes_in_of(bytes.data, bytes.len);
	while (bytes_in_left(&left) > 0) {
		size_t room, n = piece < bytes_in_left(&left) ? piece : bytes_in_left(&left);
		uint8_t *to = stream_room(&in, &room);
		struct bytes message;
		n = n < room ? n : room;
		memcpy(to, bytes_in_take(&left, n), n);
		stream_arrived(&in, n);
		while (stream_next(&in, &message)) {
			bytes_out_u16(out, (uint16_t)message.len);
			bytes_out_put(out, message.data, message.len);
		}
		assert(in.cap <= 4 * 65537);
	}
	/* What is left over is the beginning of a message. */
	bytes_out_put(out, in.data ? in.data + in.at : NULL, in.end - in.at);
	stream_in_free(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1)
		return 0;
	struct bytes bytes = bytes_of(data + 1, len - 1);
	uint8_t *room = malloc(len);
	struct bytes_out out = bytes_out_of(room, len);
	pass(bytes, (size_t)data[0] * data[0] + 1, &out);
	assert(!out.full && bytes_equal(bytes, bytes_of(room, bytes_out_len(&out))));
	free(room);
	return 0;
}
