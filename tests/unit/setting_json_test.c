/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/setting_json.h"
#include "scavenger/scavenge_settings.h"
#include <criterion/criterion.h>
#include <stdlib.h>

/* `text` of a setting as JSON, or with `words` as it is typed. */
static char *shown(const char *name, const char *text, bool words)
{
	struct call call = {0};
	json_t *args = json_object(), *object = json_object();
	if (words)
		json_object_set_new(args, "words", json_true());
	call.args = args;
	setting_json_put(&call, object, name, text);
	char *result = json_dumps(object, JSON_COMPACT);
	json_decref(args);
	json_decref(object);
	arena_free(&call.row_arena);
	return result;
}

Test(setting_json, values_have_their_types)
{
	static const struct {
		const char *name, *text, *json;
	} rows[] = {
		{"update", "none", "{\"update\":\"none\"}"},
		{"aging", "on", "{\"aging\":true}"},
		{"aging", "off", "{\"aging\":false}"},
		{"no-refresh", "7d", "{\"no_refresh\":604800}"},
		{"retention-age", "none", "{\"retention_age\":null}"},
		{"retention-size", "10G", "{\"retention_size\":10737418240}"},
		{"principal-size", "none", "{\"principal_size\":null}"},
		{"period", "off", "{\"period\":null}"},
		{"period", "90m", "{\"period\":5400}"},
		{"schedule", "off", "{\"schedule\":null}"},
		{"schedule", "Sun 03:00", "{\"schedule\":\"Sun 03:00\"}"},
		{"max-share", "20%", "{\"max_share\":20}"},
		{"max-share", "none", "{\"max_share\":null}"},
		{"max-names", "hosts:50", "{\"max_names\":50,\"max_names_of\":\"hosts\"}"},
		{"max-names", "7", "{\"max_names\":7,\"max_names_of\":\"all\"}"},
		{"max-names", "none", "{\"max_names\":null,\"max_names_of\":null}"},
		{"keep-types", "none", "{\"keep_types\":[]}"},
		{"keep-types", "TXT,TYPE65280", "{\"keep_types\":[\"TXT\",\"TYPE65280\"]}"},
		{"notify", "192.0.2.1@53 key a, ns",
		 "{\"notify\":[\"192.0.2.1@53 key a\",\"ns\"]}"},
		{"realms", "keytab", "{\"realms\":null}"},
		{"realms", "none", "{\"realms\":[]}"},
		{"realms", "A.EXAMPLE,B.EXAMPLE", "{\"realms\":[\"A.EXAMPLE\",\"B.EXAMPLE\"]}"},
		{"realm-suffix", "default", "{\"realm_suffix\":null}"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *typed = shown(rows[i].name, rows[i].text, false);
		cr_expect_str_eq(typed, rows[i].json);
		free(typed);
	}
	char *words = shown("no-refresh", "7d", true);
	cr_expect_str_eq(words, "{\"no_refresh\":\"7d\"}");
	free(words);
}

/* A setting that is added has a type, too: without one this aborts. */
Test(setting_json, each_setting_has_a_type)
{
	struct call call = {0};
	struct arena arena = {0};
	struct dns_name apex = dns_name_root();
	struct zone zone = zone_default(&apex);
	for (const struct zone_setting *s = zone_settings(); s->name; s++)
		json_decref(
			setting_json(&call, s->name, zone_setting_print(&zone, s->name, &arena)));
	struct scavenge_settings settings = {0};
	for (unsigned i = 0; i < SCAVENGE_SETTING_END; i++) {
		char text[SCAVENGE_SETTINGS_TEXT_MAX];
		enum scavenge_setting setting = (enum scavenge_setting)i;
		scavenge_settings_print(&settings, setting, text);
		json_decref(setting_json(&call, scavenge_setting_name(setting), text));
	}
	arena_free(&arena);
}

/* What is no UTF-8 is escaped as in a zone file; two such texts stay two. */
Test(setting_json, texts_of_any_bytes_are_json)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{"key:a\xff", "\"key:a\\\\255\""},
		{"key:a\xfe", "\"key:a\\\\254\""},
		{"K\xc3\xbc"
		 "che",
		 "\"K\xc3\xbc"
		 "che\""},
		{"\x01\x7f\"\\", "\"\\u0001\x7f\\\"\\\\\""},
		{"\xc3\x28", "\"\\\\195(\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *value = command_string(rows[i].text);
		char *text = json_dumps(value, JSON_ENCODE_ANY);
		cr_expect_str_eq(text, rows[i].json);
		free(text);
		json_decref(value);
	}
}
