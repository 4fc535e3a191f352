/* SPDX-License-Identifier: BSD-2-Clause */
/* knot.conf: whatever it says, the rules that are written of it are rules that tenured takes. */
#include "migrate/knot_parts.h"
#include "migrate/site_owner.h"
#include "migrate/site_write.h"
#include "acl/rule.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool no_content(struct knot *knot, struct site_zone *zone, const struct knot_block *block)
{
	(void)knot;
	(void)zone;
	(void)block;
	return true;
}

static void check_zone(const struct site_zone *zone)
{
	struct rules rules;
	struct rule_error error;
	struct arena arena = {0};
	for (const struct site_rule *rule = zone->rules; rule; rule = rule->next)
		assert(rules_parse(&rules, bytes_of(rule->text, strlen(rule->text)), &zone->apex,
				   &arena, &error) &&
		       rules.count == 1);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct site site;
	struct source source = {0};
	struct knot knot = {.site = &site, .source = &source, .content = no_content, .folder = "."};
	char error[SITE_ERROR_MAX] = "", *text = NULL;
	size_t text_len;
	unsigned line;
	site_open(&site, 1000);
	knot_conf_begin(&knot.conf, &site.arena);
	if (!knot_conf_add(&knot.conf, "f", (const char *)data, len, error)) {
		assert(sscanf(error, "f:%u: ", &line) == 1 && line >= 1 && line <= len + 2);
		site_free(&site);
		return 0;
	}
	knot_conf_locate(&knot.conf, &knot.conf);
	knot_take(&knot);
	site_owners(&site);
	site_settle(&site);
	for (const struct site_zone *zone = site.zones; zone; zone = zone->next)
		check_zone(zone);
	FILE *out = open_memstream(&text, &text_len);
	assert(out);
	site_write_yaml(&site, out);
	fclose(out);
	free(text);
	site_free(&site);
	return 0;
}
