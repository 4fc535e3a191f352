/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/tap.h"
#include <config.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#if defined(HAVE_FSTRM) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* All that malloc() still has in blocks of the size, one linked to the next. */
static void **take_memory(size_t size, void **taken)
{
	void **block;
	while ((block = malloc(size))) {
		*block = taken;
		taken = block;
	}
	return taken;
}

static void limit_memory(rlim_t most)
{
	static const int limits[] = {RLIMIT_AS, RLIMIT_DATA};
	struct rlimit limit;
	for (size_t i = 0; i < 2; i++) {
		getrlimit(limits[i], &limit);
		limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
		setrlimit(limits[i], &limit);
	}
}

Test(tap, what_there_is_no_memory_for_is_dropped_and_counted)
{
	static uint8_t wire[60000];
	const char *problem;
	struct addr peer;
	uint64_t copied, dropped;
	cr_assert_null(addr_parse("127.0.0.1", 53, &peer));
	struct tap_options options = {
		.socket = "/nonexistent/tap", .identity = "a", .version = "b"};
	struct tap *tap = tap_start(&options, &problem);
	cr_assert(tap, "%s", problem);
	struct tap_exchange exchange = {
		.query = {wire, sizeof wire}, .response = {wire, sizeof wire}, .peer = &peer};
	limit_memory(0);
	void **taken = take_memory(sizeof wire / 2, NULL);
	for (int i = 0; i < 100; i++)
		tap_copy(tap, &exchange);
	limit_memory(RLIM_INFINITY);
	while (taken) {
		void **next = *taken;
		free(taken);
		taken = next;
	}
	tap_counts(tap, &copied, &dropped);
	cr_expect_eq(copied, 0);
	cr_expect_eq(dropped, 200, "more than TAP_BYTES_MAX, but nothing waits");
	tap_copy(tap, &exchange);
	tap_counts(tap, &copied, &dropped);
	cr_expect_eq(copied, 2);
	cr_expect_eq(dropped, 200);
	tap_stop(tap);
}

#endif
