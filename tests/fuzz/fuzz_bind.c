/* SPDX-License-Identifier: BSD-2-Clause */
/* named.conf: whatever it says, the rules that are written of it are rules that tenured takes, and
 * a zone whose exceptions or denials are not understood does not open. */
#include "migrate/bind_parts.h"
#include "migrate/site_owner.h"
#include "migrate/site_write.h"
#include "acl/rule.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool no_content(struct bind *bind, struct site_zone *zone,
		       const struct bind_statement *statement)
{
	(void)bind;
	(void)zone;
	(void)statement;
	return true;
}

static void check_zone(const struct site_zone *zone)
{
	struct rules rules;
	struct rule_error error;
	struct arena arena = {0};
	for (const struct site_rule *rule = zone->rules; rule; rule = rule->next) {
		assert(rules_parse(&rules, bytes_of(rule->text, strlen(rule->text)), &zone->apex,
				   &arena, &error));
		assert(rules.count == 1);
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct site site;
	struct source source = {.count = 1, .word = {"named.conf"}};
	struct bind bind = {.site = &site, .source = &source, .content = no_content, .folder = "."};
	char error[SITE_ERROR_MAX] = "", *text = NULL;
	size_t text_len;
	unsigned line;
	site_open(&site, 1000);
	struct bind_conf conf = {.arena = &site.arena};
	if (!bind_conf_read(&conf, "f", (const char *)data, len, error)) {
		assert(sscanf(error, "f:%u: ", &line) == 1 && line >= 1 && line <= len + 1);
		site_free(&site);
		return 0;
	}
	bind.top = conf.first;
	bind_statement_locate(bind.top, conf.first, &site.arena);
	if (bind_take(&bind, error)) {
		site_owners(&site);
		site_settle(&site);
		for (const struct site_zone *zone = site.zones; zone; zone = zone->next)
			check_zone(zone);
		FILE *out = open_memstream(&text, &text_len);
		assert(out);
		site_write_yaml(&site, out);
		fclose(out);
		free(text);
	}
	site_free(&site);
	return 0;
}
