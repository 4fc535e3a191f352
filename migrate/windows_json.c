/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/windows_json.h"
#include "migrate/windows_text.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

bool windows_json_read(const char *path, json_t **value, char error[SITE_ERROR_MAX])
{
	struct windows_text text;
	json_error_t wrong;
	*value = NULL;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	if (!windows_text_open(&text, path, error))
		return false;
	*value = json_loadb((const char *)text.text.data, text.text.len,
			    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &wrong);
	if (!*value)
		snprintf(error, SITE_ERROR_MAX, "%.400s:%d:%d: %s", path, wrong.line, wrong.column,
			 wrong.text);
	windows_text_close(&text);
	return *value != NULL;
}

const char *windows_json_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);
	return text && strlen(text) == json_string_length(value) ? text : NULL;
}

bool windows_json_is(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);
	return json_is_true(value) || (text && strcmp(text, "True") == 0);
}

uint64_t windows_json_number(const json_t *object, const char *name, uint64_t otherwise)
{
	const json_t *value = json_object_get(object, name);
	return json_is_integer(value) && json_integer_value(value) >= 0
		       ? (uint64_t)json_integer_value(value)
		       : otherwise;
}

size_t windows_json_count(const json_t *value)
{
	if (!value || json_is_null(value))
		return 0;
	return json_is_array(value) ? json_array_size(value) : 1;
}

const json_t *windows_json_at(const json_t *value, size_t i)
{
	return json_is_array(value) ? json_array_get(value, i) : value;
}
