/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of PowerDNS' tables, with whatever texts: the rules that are written of them are rules that
 * tenured takes.
 *
 *      a line for each row, of a letter for its table and columns with a tab before each:
 *      d domains, r records, m metadata, c comments, k cryptokeys, t tsigkeys, p a line of
 *      pdns.conf. All rows are of each domain. An empty column is NULL.
 */
#include "migrate/pdns_rows.h"
#include "migrate/site_write.h"
#include "acl/rule.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct fuzz_rows {
	struct pdns_rows rows;
	char *text; /* lines and columns ended by NUL */
	size_t len;
};

static bool fuzz_select(struct pdns_rows *rows, enum pdns_table table, const char *domain,
			pdns_row *row, void *context, char error[SITE_ERROR_MAX])
{
	static const char letters[] = {
		[PDNS_DOMAINS] = 'd',  [PDNS_RECORDS] = 'r',    [PDNS_METADATA] = 'm',
		[PDNS_COMMENTS] = 'c', [PDNS_CRYPTOKEYS] = 'k', [PDNS_TSIGKEYS] = 't'};
	struct fuzz_rows *fuzz = (struct fuzz_rows *)rows;
	char *copy = malloc(fuzz->len + 1), *line, *rest = copy;
	(void)domain;
	(void)error;
	assert(copy);
	memcpy(copy, fuzz->text, fuzz->len + 1);
	while ((line = strsep(&rest, "\n"))) {
		const char *column[PDNS_COLUMNS_MAX] = {NULL};
		size_t count = 0;
		if (*line != letters[table])
			continue;
		strsep(&line, "\t");
		for (char *one; line && count < PDNS_COLUMNS_MAX && (one = strsep(&line, "\t"));
		     count++)
			column[count] = *one ? one : NULL;
		row(context, column);
	}
	free(copy);
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

static void fuzz_config(const char *text, char *config)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n");
		if (len > 2 && at[0] == 'p' && at[1] == '\t')
			config += sprintf(config, "%.*s\n", (int)len - 2, at + 2);
		at += len + (at[len] == '\n');
	}
	*config = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_rows fuzz = {.rows = {.select = fuzz_select}};
	struct site site;
	char error[SITE_ERROR_MAX], *yaml = NULL, *config = malloc(len + 2);
	size_t yaml_len;
	if (len && memchr(data, '\0', len)) {
		free(config);
		return 0;
	}
	fuzz.text = malloc(len + 1);
	assert(fuzz.text && config);
	if (len)
		memcpy(fuzz.text, data, len);
	fuzz.text[len] = '\0';
	fuzz.len = len;
	fuzz_config(fuzz.text, config);
	site_open(&site, 1000);
	assert(pdns_take(&site, &fuzz.rows, "db", *config ? "pdns.conf" : NULL,
			 bytes_of(config, strlen(config)), error));
	site_settle(&site);
	for (const struct site_zone *zone = site.zones; zone; zone = zone->next)
		check_zone(zone);
	FILE *out = open_memstream(&yaml, &yaml_len);
	assert(out);
	site_write_yaml(&site, out);
	fclose(out);
	free(yaml);
	site_free(&site);
	free(fuzz.text);
	free(config);
	return 0;
}
