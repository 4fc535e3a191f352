/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/table_cell.h"
#include "ctl/screen.h"
#include "ctl/seq.h"
#include <stdlib.h>
#include <string.h>

static char *table_copy(const char *text)
{
	return screen_text(text, false);
}

/* "2026-01-05T09:00:00Z" to "2026-01-05 09:00". */
static char *time_cell(const char *text, size_t len)
{
	char *cell = table_copy(text);
	if (strlen(cell) >= len && cell[10] == 'T') {
		cell[10] = ' ';
		cell[len] = '\0';
	}
	return cell;
}

static char *name_cell(const char *name, const char *zone)
{
	size_t name_len = strlen(name), zone_len = zone ? strlen(zone) : 0;
	if (!zone || name_len < zone_len || strcmp(name + name_len - zone_len, zone) != 0)
		return table_copy(name);
	if (name_len == zone_len)
		return table_copy("@");
	char *cell = table_copy(name);
	if (cell[name_len - zone_len - 1] == '.')
		cell[name_len - zone_len - 1] = '\0';
	return cell;
}

/* "a, b, c" of texts. */
static char *table_list(const json_t *list)
{
	size_t room = 1, len = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		room += json_string_length(json_array_get(list, i)) + 2;
	char *text = calloc(1, room);
	if (!text)
		abort();
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));
		len += (size_t)snprintf(text + len, room - len, "%s%s", len ? ", " : "",
					item ? item : "");
	}
	char *cell = table_copy(text);
	free(text);
	return cell;
}

char *table_value(const json_t *value)
{
	char number[32];
	if (json_is_string(value))
		return table_copy(json_string_value(value));
	if (json_is_boolean(value))
		return table_copy(json_is_true(value) ? "yes" : "no");
	if (json_array_size(value))
		return table_list(value);
	if (!json_is_integer(value))
		return table_copy("-");
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
	return table_copy(number);
}

static char *seq_cell(const json_t *row, json_int_t seq)
{
	char text[32];
	snprintf(text, sizeof(text), "%s%" JSON_INTEGER_FORMAT, seq_letter(row), seq);
	return table_copy(text);
}

/* Seconds in their largest unit and the next one: 3d2h, 5h, 90 s as 1m30s; rounded down. */
static char *age_cell(json_int_t seconds)
{
	static const struct {
		json_int_t seconds;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	char text[32];
	size_t i = 0;
	while (i < 3 && seconds < units[i].seconds)
		i++;
	json_int_t left = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
	int len = snprintf(text, sizeof(text), "%lld%c", (long long)(seconds / units[i].seconds),
			   units[i].letter);
	if (left > 0)
		snprintf(text + len, sizeof(text) - (size_t)len, "%lld%c", (long long)left,
			 units[i + 1].letter);
	return table_copy(text);
}

char *table_member(const char *member, const json_t *value)
{
	bool is_age = json_is_integer(value) && strcmp(member, "uptime") == 0;
	return is_age ? age_cell(json_integer_value(value)) : table_value(value);
}

/* "local:root (alice)"; "none -> secure; "ticket 17"". */
static char *table_both(const char *text, const char *more, bool is_quoted)
{
	size_t room = (text ? strlen(text) : 0) + strlen(more) + 8;
	char *both = malloc(room);
	if (!both)
		abort();
	const char *gap = !text ? "" : is_quoted ? "; " : " ";
	snprintf(both, room, "%s%s%s%s%s", text ? text : "", gap, is_quoted ? "\"" : "(", more,
		 is_quoted ? "\"" : ")");
	char *cell = table_copy(both);
	free(both);
	return cell;
}

char *table_cell(const struct table_column *column, const json_t *row)
{
	const json_t *value = json_object_get(row, column->member);
	const char *text = json_string_value(value);
	const char *more = column->kind == TABLE_BY    ? "person"
			   : column->kind == TABLE_WHY ? "comment"
						       : "";
	const char *also = json_string_value(json_object_get(row, more));
	if (also)
		return table_both(text, also, column->kind == TABLE_WHY);
	if (text && column->kind == TABLE_TIME)
		return time_cell(text, 16);
	if (text && column->kind == TABLE_SECOND)
		return time_cell(text, 19);
	if (text && column->kind == TABLE_NAME)
		return name_cell(text, json_string_value(json_object_get(row, "zone")));
	if (json_is_integer(value) && column->kind == TABLE_AGE)
		return age_cell(json_integer_value(value));
	if (json_is_integer(value) && column->kind == TABLE_SEQ)
		return seq_cell(row, json_integer_value(value));
	if (!value && column->kind == TABLE_ABOUT) {
		/* Of a zone's setting the reason names the setting. */
		const char *event = json_string_value(json_object_get(row, "event"));
		bool is_setting = event && strcmp(event, "zone-setting") == 0;
		const json_t *subject = is_setting ? NULL : json_object_get(row, "subject");
		return table_value(subject ? subject : json_object_get(row, "zone"));
	}
	return table_value(value);
}
