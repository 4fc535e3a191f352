/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/setting_json.h"
#include "base/sizeword.h"
#include "base/timeword.h"
#include <assert.h>
#include <stdlib.h>

#define OF_HOSTS "hosts:"

enum setting_kind {
	SETTING_WORD,
	SETTING_FLAG,
	SETTING_NUMBER, /* a percentage is one */
	SETTING_DURATION,
	SETTING_SIZE,
	SETTING_LIST,
	SETTING_REALMS, /* as a list; `keytab` and `default`, which stand for one, are null */
};

static const struct {
	const char *name;
	enum setting_kind kind;
} setting_kinds[] = {
	{"update", SETTING_WORD},
	{"policy", SETTING_WORD},
	{"aging", SETTING_FLAG},
	{"no-refresh", SETTING_DURATION},
	{"refresh", SETTING_DURATION},
	{"protect-static", SETTING_FLAG},
	{"foreign-delete", SETTING_WORD},
	{"probe-refreshes", SETTING_FLAG},
	{"report-probe", SETTING_FLAG},
	{"keep-types", SETTING_LIST},
	{"max-records", SETTING_NUMBER},
	{"max-types", SETTING_NUMBER},
	{"max-name-bytes", SETTING_NUMBER},
	{"max-names", SETTING_NUMBER},
	{"max-rate", SETTING_NUMBER},
	{"max-share", SETTING_NUMBER},
	{"max-count", SETTING_NUMBER},
	{"transfer", SETTING_LIST},
	{"notify", SETTING_LIST},
	{"require-reason", SETTING_FLAG},
	{"ptr", SETTING_FLAG},
	{"ptr-from", SETTING_LIST},
	{"acting", SETTING_FLAG},
	{"period", SETTING_DURATION},
	{"schedule", SETTING_WORD},
	{"outage-grace", SETTING_DURATION},
	{"default-aging", SETTING_FLAG},
	{"default-no-refresh", SETTING_DURATION},
	{"default-refresh", SETTING_DURATION},
	{"retention-age", SETTING_DURATION},
	{"retention-size", SETTING_SIZE},
	{"refusal-age", SETTING_DURATION},
	{"refusal-size", SETTING_SIZE},
	{"principal-size", SETTING_SIZE},
	{"bin", SETTING_DURATION},
	{"realms", SETTING_REALMS},
	{"realm-suffix", SETTING_REALMS},
};

static enum setting_kind setting_kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof setting_kinds / sizeof *setting_kinds; i++)
		if (strcmp(setting_kinds[i].name, name) == 0)
			return setting_kinds[i].kind;
	assert(false); /* a setting without a kind */
	return SETTING_WORD;
}

json_t *setting_json_list(const char *text)
{
	json_t *list = json_array();
	while (text && *text) {
		text += strspn(text, " ");
		size_t len = strcspn(text, ",");
		json_array_append_new(list, json_stringn(text, len));
		text += len + (text[len] == ',');
	}
	return list;
}

static json_t *setting_number(enum setting_kind kind, const char *text)
{
	uint32_t seconds = 0;
	uint64_t bytes = 0;
	if (kind == SETTING_DURATION)
		return duration_parse(text, &seconds) ? json_integer(seconds) : NULL;
	if (kind == SETTING_SIZE)
		return size_parse(text, &bytes) ? json_integer((json_int_t)bytes) : NULL;
	if (strncmp(text, OF_HOSTS, strlen(OF_HOSTS)) == 0)
		text += strlen(OF_HOSTS);
	return json_integer((json_int_t)strtoull(text, NULL, 10));
}

/* Of a kind whose values may be missing. */
static json_t *setting_value_or_null(enum setting_kind kind, const char *text)
{
	json_t *value = NULL;
	if (strcmp(text, "none") == 0 || strcmp(text, "off") == 0)
		return json_null();
	if (kind == SETTING_WORD)
		return command_string(text);
	value = setting_number(kind, text);
	assert(value);
	return value;
}

json_t *setting_json(const struct call *call, const char *name, const char *text)
{
	enum setting_kind kind = setting_kind_of(name);
	if (command_flag(call, "words"))
		return command_string(text);
	switch (kind) {
	case SETTING_FLAG:
		return json_boolean(strcmp(text, "on") == 0);
	case SETTING_REALMS:
		if (strcmp(text, "keytab") == 0 || strcmp(text, "default") == 0)
			return json_null();
		/* fall through */
	case SETTING_LIST:
		return setting_json_list(strcmp(text, "none") == 0 ? NULL : text);
	case SETTING_WORD:
		/* `update=none` is a mode as others are. */
		return strcmp(name, "schedule") == 0 ? setting_value_or_null(kind, text)
						     : command_string(text);
	default:
		return setting_value_or_null(kind, text);
	}
}

void setting_json_put(struct call *call, json_t *object, const char *name, const char *text)
{
	bool is_names = strcmp(name, "max-names") == 0 && !command_flag(call, "words");
	json_object_set_new(object, command_member(call, name), setting_json(call, name, text));
	if (is_names)
		json_object_set_new(object, "max_names_of",
				    strncmp(text, OF_HOSTS, strlen(OF_HOSTS)) == 0
					    ? json_string("hosts")
				    : strcmp(text, "none") == 0 ? json_null()
								: json_string("all"));
}

json_t *setting_json_seconds(const struct call *call, uint64_t seconds)
{
	char text[TIMEWORD_TEXT_MAX];
	if (!command_flag(call, "words"))
		return json_integer((json_int_t)seconds);
	duration_print(seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds, text);
	return json_string(text);
}
