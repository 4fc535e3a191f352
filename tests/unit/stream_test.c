/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/stream.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* Messages of these lengths, one after another; each byte tells its place. */
static const size_t lengths[] = {0, 1, 2, 12, 29, 255, 256, 4094, 4095, 4096, 9000, 65535, 3};
#define LENGTHS (sizeof lengths / sizeof *lengths)

static uint8_t byte_at(size_t message, size_t at)
{
	return (uint8_t)(message * 31 + at * 7);
}

/* The stream that holds them all. */
static uint8_t *stream_bytes(size_t *len)
{
	uint8_t *bytes = malloc(200000);
	struct bytes_out out = bytes_out_of(bytes, 200000);
	for (size_t m = 0; m < LENGTHS; m++) {
		bytes_out_u16(&out, (uint16_t)lengths[m]);
		for (size_t i = 0; i < lengths[m]; i++)
			bytes_out_u8(&out, byte_at(m, i));
	}
	*len = bytes_out_len(&out);
	return bytes;
}

static bool is_message(struct bytes message, size_t m)
{
	if (message.len != lengths[m])
		return false;
	for (size_t i = 0; i < message.len; i++) {
		if (message.data[i] != byte_at(m, i))
			return false;
	}
	return true;
}

static void pieces_of(size_t piece)
{
	size_t len, at = 0, m = 0;
	uint8_t *bytes = stream_bytes(&len);
	struct stream_in in = {0};
	struct bytes message;
	while (at < len) {
		size_t room, n = piece;
		uint8_t *to = stream_room(&in, &room);
		cr_assert_gt(room, 0);
		n = n < room ? n : room;
		n = n < len - at ? n : len - at;
		memcpy(to, bytes + at, n);
		stream_arrived(&in, n);
		at += n;
		while (stream_next(&in, &message)) {
			cr_assert(is_message(message, m), "message %zu in pieces of %zu", m, piece);
			m++;
		}
	}
	cr_expect_eq(m, LENGTHS);
	cr_expect(stream_is_empty(&in));
	stream_rest(&in);
	cr_expect_null(in.data, "the memory of long messages is given back");
	free(bytes);
}

Test(stream, messages_come_out_whole_whatever_the_pieces)
{
	static const size_t pieces[] = {1,   2,    3,    5,    13,    64,     511,
					512, 4095, 4096, 4097, 65537, 1 << 20};
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		pieces_of(pieces[i]);
}

Test(stream, an_announced_length_costs_no_memory)
{
	struct stream_in in = {0};
	struct bytes message;
	size_t room;
	memcpy(stream_room(&in, &room), "\xff\xff", 2);
	stream_arrived(&in, 2);
	cr_expect_not(stream_next(&in, &message));
	cr_expect_not(stream_is_empty(&in));
	stream_room(&in, &room);
	cr_expect_leq(in.cap, 4096);
	stream_in_free(&in);
}

Test(stream, half_a_length_is_no_message)
{
	struct stream_in in = {0};
	struct bytes message;
	size_t room;
	*stream_room(&in, &room) = 0;
	stream_arrived(&in, 1);
	cr_expect_not(stream_next(&in, &message));
	*stream_room(&in, &room) = 0;
	stream_arrived(&in, 1);
	cr_expect(stream_next(&in, &message));
	cr_expect_eq(message.len, 0);
	stream_in_free(&in);
}

Test(stream, what_waits_keeps_its_order_while_it_is_sent_in_pieces)
{
	struct stream_out out = {0};
	uint8_t next_in = 0, next_out = 0;
	for (unsigned round = 0; round < 500; round++) {
		uint8_t bytes[97];
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = next_in++;
		stream_queue(&out, bytes_of(bytes, sizeof bytes));
		struct bytes waiting = stream_waiting(&out);
		size_t n = round % 120 < waiting.len ? round % 120 : waiting.len;
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(waiting.data[i], next_out++);
		stream_sent(&out, n);
	}
	struct bytes waiting = stream_waiting(&out);
	for (size_t i = 0; i < waiting.len; i++)
		cr_assert_eq(waiting.data[i], next_out++);
	stream_sent(&out, waiting.len);
	cr_expect_eq(next_in, next_out);
	cr_expect_null(out.data);
}

Test(stream, empty_bytes_queue_nothing)
{
	struct stream_out out = {0};
	stream_queue(&out, bytes_of(NULL, 0));
	cr_expect_eq(stream_waiting(&out).len, 0);
	stream_out_free(&out);
}
