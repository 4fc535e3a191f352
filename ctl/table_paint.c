/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/table_paint.h"
#include "base/timeword.h"
#include <string.h>

static const struct table_colour {
	const char *member, *value;
	enum paint paint;
} table_colours[] = {
	{"event", "update-denied", PAINT_BAD},
	{"event", "update-failed", PAINT_BAD},
	{"event", "update-dropped", PAINT_BAD},
	{"event", "query-denied", PAINT_BAD},
	{"event", "transfer-denied", PAINT_BAD},
	{"event", "refresh-ignored", PAINT_DOUBT},
	{"event", "brake-hold", PAINT_DOUBT},
	{"event", "clock-step", PAINT_DOUBT},
	{"state", "failing", PAINT_BAD},
	{"state", "no-address", PAINT_BAD},
	{"state", "held", PAINT_DOUBT},
	{"state", "abandoned", PAINT_DOUBT},
	{"state", "waiting", PAINT_DOUBT},
	{"last_state", "held", PAINT_DOUBT},
	{"last_state", "abandoned", PAINT_DOUBT},
	{"outcome", "denied", PAINT_BAD},
	{"level", "error", PAINT_BAD},
	{"level", "warning", PAINT_DOUBT},
	{"would", "refused", PAINT_BAD},
	{"would", "unknown", PAINT_DOUBT},
};

bool table_has_paint(const char *member)
{
	bool has = strcmp(member, "stale_at") == 0 || strcmp(member, "renewed_by") == 0;
	for (size_t i = 0; i < sizeof table_colours / sizeof *table_colours; i++)
		has = has || strcmp(table_colours[i].member, member) == 0;
	return has;
}

/* In a list that says who renews a record in vain, that is what it is about. */
static bool table_is_contested(const char *member, const json_t *row)
{
	return strcmp(member, "renewed_by") == 0 && json_is_string(json_object_get(row, member));
}

/* By the server's clock, which a row with an age tells. */
static bool table_is_stale(const char *member, const json_t *row)
{
	uint64_t stale, stamp;
	const char *text = json_string_value(json_object_get(row, member));
	const char *since = json_string_value(json_object_get(row, "stamp"));
	const json_t *age = json_object_get(row, "age");
	if (strcmp(member, "stale_at") != 0 || !text || !since || !json_is_integer(age))
		return false;
	return time_parse(text, 0, &stale) && time_parse(since, 0, &stamp) &&
	       stale <= stamp + (uint64_t)json_integer_value(age);
}

enum paint table_paint(const char *member, const json_t *row)
{
	const char *value = json_string_value(json_object_get(row, member));
	for (size_t i = 0; value && i < sizeof table_colours / sizeof *table_colours; i++)
		if (strcmp(table_colours[i].member, member) == 0 &&
		    strcmp(table_colours[i].value, value) == 0)
			return table_colours[i].paint;
	return table_is_contested(member, row) || table_is_stale(member, row) ? PAINT_DOUBT
									      : PAINT_NONE;
}

const char *const table_first_out[] = {
	"milliseconds", "skipped",        "bits",        "sealed", "taken_signed", "taken_unsigned",
	"source",       "refreshable_at", "ttl",         "key",    "class",        "stamp",
	"new_stamp",    "oldest_stamp",   "answered_at", "there",  "created_at",   "dynamic",
	"last_removed", "failures",       "used_from",   "stale",  "lost",         "taken",
	"renewed_at",   "previous_until", NULL,
};

bool table_has_long_texts(const char *member)
{
	static const char *const members[] = {"name", "data", "principal", "reason", "owner"};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (strcmp(members[i], member) == 0)
			return true;
	return false;
}

unsigned table_rank(const char *member)
{
	unsigned count = sizeof table_first_out / sizeof *table_first_out - 1;
	for (unsigned i = 0; i < count; i++)
		if (strcmp(table_first_out[i], member) == 0)
			return count - i;
	return 0;
}
