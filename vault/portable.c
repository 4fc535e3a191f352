/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/portable.h"
#include "vault/portable_parts.h"
#include <unistd.h>

static bool begins_with(struct bytes word, const char *text)
{
	size_t len = strlen(text);
	return word.len >= len && memcmp(word.data, text, len) == 0;
}

static bool is_word(struct bytes word, const char *text)
{
	return word.len == strlen(text) && begins_with(word, text);
}

bool portable_is_derived(struct bytes word)
{
	return is_word(word, "schema") || is_word(word, "settings") || is_word(word, "zone-last") ||
	       is_word(word, "principal-last") || is_word(word, "stakes-filled") ||
	       begins_with(word, "dynamic:") || begins_with(word, "cuts:") ||
	       begins_with(word, "run-held:") || begins_with(word, "run-last:");
}

bool portable_is_rowwise(enum store_table table)
{
	switch (table) {
	case STORE_NODES:
	case STORE_CUTS:
	case STORE_DUE:
	case STORE_PRINCIPALS:
	case STORE_LOG:
	case STORE_LOG_SERIAL:
	case STORE_LOG_ZONE:
	case STORE_LOG_NAME:
	case STORE_LOG_RUN:
	case STORE_ZONE_OWNERS:
	case STORE_RESERVED:
	case STORE_KEYS:
	case STORE_GROUPS:
	case STORE_RULES:
	case STORE_RUNS:
	case STORE_ZONES:
	case STORE_SERVER:
	case STORE_NOTES:
		return false;
	default:
		return true;
	}
}

bool portable_is(int fd)
{
	static const char start[] = "{\"" PORTABLE_MARK "\":";
	char bytes[sizeof start - 1];
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);
	return n == (ssize_t)sizeof bytes && memcmp(bytes, start, sizeof bytes) == 0;
}
