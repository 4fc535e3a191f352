/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/entry.h"
#include <string.h>

static const char *const kind_names[] = {
	[ENTRY_UPDATE] = "update",
	[ENTRY_REFRESH] = "refresh",
	[ENTRY_SCAVENGE] = "scavenge",
	[ENTRY_ADMIN] = "admin",
	[ENTRY_IMPORT] = "import",
	[ENTRY_TRANSFER_IN] = "transfer-in",
	[ENTRY_RESTORE] = "restore",
	[ENTRY_SETTING] = "setting",
	[ENTRY_DENIED] = "denied",
	[ENTRY_RUN] = "run",
	[ENTRY_REFRESH_IGNORED] = "refresh-ignored",
	[ENTRY_PRUNE] = "prune",
	[ENTRY_CLOCK_STEP] = "clock-step",
};

static const char *const class_names[] = {
	[RECORD_STATIC] = "static",
	[RECORD_DYNAMIC] = "dynamic",
	[RECORD_PINNED] = "pinned",
	[RECORD_DERIVED] = "derived",
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
	return kind < sizeof kind_names / sizeof kind_names[0] ? kind_names[kind] : NULL;
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
