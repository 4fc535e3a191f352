/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/portable.h"
#include "base/timeword.h"
#include "vault/portable_parts.h"
#include <stdlib.h>
#include <unistd.h>

/* More than the first line of a file takes. */
#define HEAD_MAX (256u << 10)

static bool portable_begins_with(struct bytes word, const char *text)
{
	size_t len = strlen(text);
	return word.len >= len && memcmp(word.data, text, len) == 0;
}

static bool portable_is_word(struct bytes word, const char *text)
{
	return word.len == strlen(text) && portable_begins_with(word, text);
}

bool portable_is_derived(struct bytes word)
{
	return portable_is_word(word, "schema") || portable_is_word(word, "settings") ||
	       portable_is_word(word, "zone-last") || portable_is_word(word, "principal-last") ||
	       portable_is_word(word, "ptr-pending") || portable_is_word(word, "stakes-filled") ||
	       portable_is_word(word, "names-counted") || portable_begins_with(word, "dynamic:") ||
	       portable_begins_with(word, "cuts:") || portable_begins_with(word, "run-held:") ||
	       portable_begins_with(word, "run-last:");
}

bool portable_is_rowwise(enum store_table table)
{
	switch (table) {
	case STORE_NODES:
	case STORE_CUTS:
	case STORE_DUE:
	case STORE_ADDRESSES:
	case STORE_PRINCIPALS:
	case STORE_LOG:
	case STORE_LOG_SERIAL:
	case STORE_LOG_ZONE:
	case STORE_LOG_NAME:
	case STORE_LOG_RUN:
	case STORE_SIGNED:
	case STORE_SIGNED_ZONE:
	case STORE_SIGNED_NAME:
	case STORE_UNSIGNED:
	case STORE_UNSIGNED_ZONE:
	case STORE_UNSIGNED_NAME:
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

/* NULL: it is no JSON, or too long. */
static json_t *portable_head(int fd)
{
	char *line = malloc(HEAD_MAX);
	ssize_t n = line ? pread(fd, line, HEAD_MAX, 0) : -1;
	const char *end = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;
	json_t *head = end ? json_loadb(line, (size_t)(end - line), 0, NULL) : NULL;
	free(line);
	return head;
}

bool portable_lacks_keys(int fd)
{
	json_t *head = portable_head(fd);
	bool lacks = json_is_false(json_object_get(head, "keys"));
	json_decref(head);
	return lacks;
}

const char *portable_made(int fd, struct arena *arena)
{
	uint64_t at;
	char made[TIMEWORD_TEXT_MAX];
	json_t *head = portable_head(fd);
	const char *text = json_string_value(json_object_get(head, "made"));
	bool is_time = text && time_parse(text, 0, &at);
	json_decref(head);
	if (!is_time)
		return NULL;
	time_print(at, made);
	return arena_print(arena, "%s", made);
}

bool portable_is_first(int fd)
{
	json_t *head = portable_head(fd);
	bool is = json_integer_value(json_object_get(head, PORTABLE_MARK)) == PORTABLE_FIRST;
	json_decref(head);
	return is;
}
