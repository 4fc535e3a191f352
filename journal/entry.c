/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/entry.h"
#include <string.h>

static const char *const kind_names[] = {
#define ENTRY_KIND(name, word) [ENTRY_##name] = word,
	ENTRY_KINDS(ENTRY_KIND)
#undef ENTRY_KIND
};

static const char *const class_names[] = {
#define RECORD_CLASS(name, word) [RECORD_##name] = word,
	RECORD_CLASSES(RECORD_CLASS)
#undef RECORD_CLASS
};

bool entry_is_words(const struct entry *e)
{
	return e->format == ENTRY_FORMAT_FIRST && e->change_count == 0 && e->kind != ENTRY_DENIED;
}

bool entry_is_statement(const struct entry *e)
{
	for (size_t i = 0; i < e->row_count; i++) {
		if (e->rows[i].is_stated)
			return true;
	}
	return false;
}

const char *entry_event_word(const struct entry *e)
{
	return e->event == EVENT_UNKNOWN ? e->unknown_event : event_kind_word(e->event);
}

const char *entry_kind_name(enum entry_kind kind)
{
	return kind < ENTRY_KIND_END ? kind_names[kind] : NULL;
}

const char *record_class_name(enum record_class class)
{
	return class_names[class];
}

bool record_class_parse(const char *text, enum record_class *class)
{
	for (unsigned i = 0; i < sizeof class_names / sizeof class_names[0]; i++) {
		if (strcmp(text, class_names[i]) == 0) {
			*class = (enum record_class)i;
			return true;
		}
	}
	return false;
}
