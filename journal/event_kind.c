/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/event_kind.h"
#include <stddef.h>
#include <string.h>

static const struct event_name {
	const char *word;
	unsigned windows_id;
} event_names[] = {
#define EVENT_KIND(name, word, windows_id) [EVENT_##name] = {word, windows_id},
	EVENT_KINDS(EVENT_KIND)
#undef EVENT_KIND
		[EVENT_UNKNOWN] = {NULL, 0},
};

const char *event_kind_word(enum event_kind kind)
{
	return event_names[kind].word;
}

unsigned event_kind_windows_id(enum event_kind kind)
{
	return event_names[kind].windows_id;
}

enum event_kind event_kind_of(const char *word)
{
	if (!word)
		return EVENT_NONE;
	unsigned kind = EVENT_NONE + 1;
	while (kind < EVENT_UNKNOWN && strcmp(event_names[kind].word, word) != 0)
		kind++;
	return (enum event_kind)kind;
}
