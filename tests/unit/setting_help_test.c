/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Help names each setting of a zone, with the default that it has. */
#include "ctl/setting_help.h"
#include "zonedb/zone.h"
#include <criterion/criterion.h>
#include <string.h>

static const struct words_option *help_of(const char *command, const char *name)
{
	const struct words_option *words = setting_help(command);
	while (words->name && strcmp(words->name, name) != 0)
		words++;
	return words->name ? words : NULL;
}

Test(setting_help, names_each_setting_of_a_zone_with_its_default)
{
	struct arena arena = {0};
	struct dns_name apex;
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
	struct zone fresh = zone_default(&apex);
	for (const struct zone_setting *s = zone_settings(); s->name; s++) {
		cr_expect(help_of("zone set", s->name), "help does not name %s", s->name);
		const char *is = setting_default(s->name);
		cr_assert(is, "%s has no default", s->name);
		cr_expect_str_eq(is, zone_setting_print(&fresh, s->name, &arena), "%s", s->name);
	}
	arena_free(&arena);
}

Test(setting_help, each_setting_of_each_command_has_a_default)
{
	static const char *const commands[] = {"zone add", "zone set", "audit set", "group set",
					       "scavenge set"};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		for (const struct words_option *s = setting_help(commands[i]); s->name; s++)
			cr_expect(setting_default(s->name), "%s %s", commands[i], s->name);
}
