/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/spool.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/spool-test-XXXXXX";
static struct spool_room room;

static void open_room(void)
{
	cr_assert(mkdtemp(folder));
	room = (struct spool_room){.folder = folder, .limit = 64 << 20};
}

static void close_room(void)
{
	cr_expect_eq(room.used, 0, "all room is given back");
	cr_expect_eq(rmdir(folder), 0, "nothing is left in the folder");
}

TestSuite(spool, .init = open_room, .fini = close_room);

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 31 + (i >> 8) * 7);
}

/* Written in pieces of one size, read in pieces of another. */
static void go_round(size_t len, size_t write_piece, size_t read_piece)
{
	struct spool s;
	uint8_t *piece = malloc(write_piece + read_piece);
	spool_open(&s, &room);
	for (size_t at = 0; at < len;) {
		size_t n = len - at < write_piece ? len - at : write_piece;
		for (size_t i = 0; i < n; i++)
			piece[i] = byte_at(at + i);
		cr_assert(spool_put(&s, bytes_of(piece, n)));
		at += n;
	}
	cr_assert(spool_rewind(&s));
	cr_expect_eq(s.fd >= 0, len > SPOOL_MEMORY, "%zu", len);
	for (size_t at = 0; at < len;) {
		size_t n = len - at < read_piece ? len - at : read_piece;
		cr_expect_eq(spool_left(&s), len - at);
		cr_assert(spool_take(&s, piece, n));
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(piece[i], byte_at(at + i), "byte %zu of %zu", at + i, len);
		at += n;
	}
	cr_expect_eq(spool_left(&s), 0);
	cr_expect_not(spool_take(&s, piece, 1));
	spool_close(&s);
	free(piece);
}

Test(spool, gives_back_what_was_put)
{
	go_round(0, 1, 1);
	go_round(10, 3, 4);
	go_round(SPOOL_MEMORY, 30000, 70000);
	go_round(SPOOL_MEMORY + 1, 30000, 70000);
	go_round(5 * SPOOL_MEMORY + 77, 65537, 3001);
}

Test(spool, takes_no_more_than_the_room_of_all)
{
	struct spool one, two;
	static uint8_t bytes[1000];
	room.limit = 1500;
	spool_open(&one, &room);
	spool_open(&two, &room);
	cr_expect(spool_put(&one, bytes_of(bytes, sizeof bytes)));
	cr_expect_not(spool_put(&two, bytes_of(bytes, sizeof bytes)));
	cr_expect_not(spool_put(&two, bytes_of(bytes, 1)), "it stays failed");
	cr_expect_str_eq(two.problem, "the room for transfers is used up");
	cr_expect_not(spool_rewind(&two));
	spool_close(&two);
	cr_expect(spool_put(&one, bytes_of(bytes, 400)));
	spool_close(&one);
}

Test(spool, a_folder_that_is_gone_is_said)
{
	struct spool s;
	static uint8_t bytes[SPOOL_MEMORY];
	room.folder = "/nonexistent/folder";
	spool_open(&s, &room);
	cr_expect(spool_put(&s, bytes_of(bytes, sizeof bytes)));
	cr_expect_not(spool_put(&s, bytes_of(bytes, 1)));
	cr_expect(strstr(s.problem, "No such file"), "%s", s.problem);
	spool_close(&s);
	room.folder = folder;
}
