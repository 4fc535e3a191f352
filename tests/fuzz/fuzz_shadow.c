/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers of another server, two with a length of two bytes before the first: what is read is the
 * same as itself, and compares the same from both sides.
 */
#include "nameserver/shadow_compare.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Of its own question, as far as it has one. */
static bool read_own(struct shadow_answer *answer, struct bytes bytes, struct arena *arena)
{
	struct dns_msg msg;
	if (dns_msg_open(&msg, bytes) || !msg.has_question)
		return false;
	return shadow_answer_read(answer, bytes, &msg.qname, msg.qtype, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes_in in = bytes_in_of(data, len);
	struct arena arena = {0};
	struct shadow_answer a, b;
	char text[SHADOW_TEXT_MAX];
	size_t first = bytes_in_u16(&in);
	if (first > bytes_in_left(&in))
		first = bytes_in_left(&in);
	struct bytes one = bytes_of(bytes_in_take(&in, first), first);
	size_t rest = bytes_in_left(&in);
	struct bytes other = bytes_of(bytes_in_take(&in, rest), rest);
	if (!in.bad && read_own(&a, one, &arena)) {
		assert(shadow_compare(&a, &a) == SHADOW_SAME);
		assert(strlen(shadow_answer_print(&a, text)) < SHADOW_TEXT_MAX);
		if (read_own(&b, other, &arena))
			assert(shadow_compare(&a, &b) == shadow_compare(&b, &a));
	}
	arena_free(&arena);
	return 0;
}
