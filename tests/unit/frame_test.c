/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/frame.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t big[FRAME_MAX - 1], buffer[FRAME_MAX];

static void *send_big(void *arg)
{
	cr_assert(frame_send(*(int *)arg, FRAME_DATA, bytes_of(big, sizeof big)));
	return NULL;
}

Test(frame, arrives_as_it_was_sent)
{
	int ends[2];
	enum frame_kind kind;
	size_t len;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	cr_assert(frame_send(ends[0], FRAME_COMMAND, bytes_of("{}", 2)));
	cr_assert(frame_send(ends[0], FRAME_END_OF_DATA, bytes_of("", 0)));
	cr_assert(frame_receive(ends[1], &kind, buffer, &len));
	cr_assert_eq(kind, FRAME_COMMAND);
	cr_assert_eq(len, 2);
	cr_assert_eq(memcmp(buffer, "{}", 2), 0);
	cr_assert(frame_receive(ends[1], &kind, buffer, &len));
	cr_assert_eq(kind, FRAME_END_OF_DATA);
	cr_assert_eq(len, 0);
}

Test(frame, may_be_as_long_as_the_limit)
{
	int ends[2];
	enum frame_kind kind;
	size_t len;
	pthread_t sender;
	memset(big, 0xa5, sizeof big);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pthread_create(&sender, NULL, send_big, &ends[0]);
	cr_assert(frame_receive(ends[1], &kind, buffer, &len));
	pthread_join(sender, NULL);
	cr_assert_eq(len, sizeof big);
	cr_assert_eq(memcmp(buffer, big, sizeof big), 0);
}

Test(frame, that_is_damaged_ends_the_talk)
{
	static const struct {
		uint8_t bytes[6];
		size_t len;
	} rows[] = {
		{{0, 0, 0, 0, 'C'}, 5},             /* shorter than its kind */
		{{0, 0x10, 0, 1, 'C', 0}, 6},       /* too long */
		{{0xff, 0xff, 0xff, 0xff, 'C'}, 5}, /* far too long */
		{{0, 0, 0, 1, 'x'}, 5},             /* no such kind */
		{{0, 0, 0, 1, 0}, 5},               /* no such kind */
		{{0, 0, 0, 5, 'C', '{'}, 6},        /* ends too early */
		{{0, 0, 0}, 3},                     /* ends in the head */
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int ends[2];
		enum frame_kind kind;
		size_t len;
		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		cr_assert_eq(write(ends[0], rows[i].bytes, rows[i].len), (ssize_t)rows[i].len);
		close(ends[0]);
		cr_expect_not(frame_receive(ends[1], &kind, buffer, &len), "row %zu", i);
		close(ends[1]);
	}
}

Test(frame, to_a_peer_that_is_gone_is_no_signal)
{
	int ends[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(ends[1]);
	cr_assert_not(frame_send(ends[0], FRAME_ROW, bytes_of("{}", 2)));
}

static void *send_many(void *arg)
{
	struct frame_out out = {.fd = *(int *)arg};
	char text[16];
	for (int i = 0; i < 20000; i++) {
		int n = snprintf(text, sizeof text, "%d", i);
		cr_assert(frame_out_put(&out, FRAME_ROW, bytes_of(text, (size_t)n)));
	}
	cr_assert(frame_out_put(&out, FRAME_DATA, bytes_of(big, sizeof big)));
	cr_assert(frame_out_put(&out, FRAME_RESULT, bytes_of("{}", 2)));
	cr_assert(frame_out_flush(&out));
	frame_out_free(&out);
	return NULL;
}

Test(frame, gathered_with_others_arrives_whole_and_in_order)
{
	int ends[2];
	enum frame_kind kind;
	struct bytes body;
	char text[16];
	pthread_t sender;
	memset(big, 0x5a, sizeof big);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pthread_create(&sender, NULL, send_many, &ends[0]);
	struct frame_in in = {.fd = ends[1]};
	for (int i = 0; i < 20000; i++) {
		int n = snprintf(text, sizeof text, "%d", i);
		cr_assert(frame_in_next(&in, &kind, &body));
		cr_assert_eq(kind, FRAME_ROW);
		cr_assert_eq(body.len, (size_t)n);
		cr_assert_eq(memcmp(body.data, text, body.len), 0);
	}
	cr_assert(frame_in_next(&in, &kind, &body));
	cr_assert(kind == FRAME_DATA && body.len == sizeof big);
	cr_assert_eq(memcmp(body.data, big, sizeof big), 0);
	cr_assert(frame_in_next(&in, &kind, &body));
	cr_assert(kind == FRAME_RESULT && body.len == 2);
	pthread_join(sender, NULL);
	cr_assert_not(frame_in_is_ready(&in));
	close(ends[0]);
	cr_assert_not(frame_in_next(&in, &kind, &body));
	frame_in_free(&in);
}

Test(frame, that_is_damaged_ends_the_talk_behind_good_ones_too)
{
	static const uint8_t bytes[] = {0, 0, 0, 3, 'R', '{', '}', 0, 0, 0, 1, 'x'};
	int ends[2];
	enum frame_kind kind;
	struct bytes body;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	cr_assert_eq(write(ends[0], bytes, sizeof bytes), (ssize_t)sizeof bytes);
	struct frame_in in = {.fd = ends[1]};
	cr_assert(frame_in_next(&in, &kind, &body));
	cr_assert(kind == FRAME_ROW && body.len == 2);
	cr_assert_not(frame_in_next(&in, &kind, &body));
	frame_in_free(&in);
}

Test(frame, gathered_for_a_peer_that_is_gone_is_said_once_and_kept)
{
	int ends[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(ends[1]);
	struct frame_out out = {.fd = ends[0]};
	cr_assert(frame_out_put(&out, FRAME_ROW, bytes_of("{}", 2)));
	cr_assert_not(frame_out_flush(&out));
	cr_assert_not(frame_out_put(&out, FRAME_ROW, bytes_of("{}", 2)));
	frame_out_free(&out);
}

static bool wait_twice(void *context)
{
	unsigned *asked = context;
	return ++*asked < 3;
}

Test(frame, what_a_peer_does_not_take_in_time_is_kept_whole)
{
	int ends[2];
	unsigned asked = 0, taken = 0;
	enum frame_kind kind;
	size_t len;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	struct frame_out out = {.fd = ends[0], .may_wait = wait_twice, .context = &asked};
	memset(big, 0x5a, sizeof big);
	while (frame_out_put(&out, FRAME_DATA, bytes_of(big, 100000)) && frame_out_flush(&out))
		taken++;
	cr_expect_eq(asked, 3);
	cr_expect_not(out.is_cut);
	cr_expect_gt(out.len, 0);
	/* The peer reads at last, and what was cut in two arrives whole; then the answer's end. */
	asked = 0;
	for (unsigned i = 0; i < taken; i++) {
		cr_assert(frame_receive(ends[1], &kind, buffer, &len));
		cr_assert_eq(len, 100000);
	}
	cr_assert(frame_out_put(&out, FRAME_RESULT, bytes_of("{}", 2)));
	cr_assert(frame_out_flush(&out));
	cr_assert(frame_receive(ends[1], &kind, buffer, &len));
	cr_expect_eq(len, 100000);
	cr_expect_eq(memcmp(buffer, big, len), 0);
	cr_assert(frame_receive(ends[1], &kind, buffer, &len));
	cr_expect_eq(kind, FRAME_RESULT);
	frame_out_free(&out);
}
