/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/site_write.h"
#include "migrate/site_file.h"
#include <ctype.h>
#include <string.h>

/* Whether YAML takes the text as it is for what it is, wherever a value may stand. */
static bool site_yaml_is_plain(const char *text)
{
	if (!isalnum((unsigned char)*text) && *text != '/')
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-/+", *c))
			return false;
	return true;
}

/* A value: quoted, unless it is plain. What is quoted is UTF-8 without control characters, which
 * site_settle and site_clean see to. */
static void site_yaml_value(const char *text, FILE *out)
{
	if (site_yaml_is_plain(text)) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			putc('\\', out);
		putc(*c, out);
	}
	putc('"', out);
}

static void site_yaml_member(const char *name, const char *text, FILE *out)
{
	fprintf(out, "%s: ", name);
	site_yaml_value(text, out);
}

static void site_yaml_server(const struct site *site, FILE *out)
{
	if (site->scavenge)
		fputs("server:\n  scavenge:\n", out);
	for (const struct site_setting *one = site->scavenge; one; one = one->next) {
		fputs("    ", out);
		site_yaml_member(one->name, one->value, out);
		putc('\n', out);
	}
}

static void site_yaml_keys(const struct site *site, FILE *out)
{
	char name[DNS_NAME_TEXT_MAX], file[SITE_FILE_MAX];
	const char *head = "keys:\n";
	for (const struct site_key *key = site->keys; key; key = key->next) {
		if (key->is_known_only)
			continue;
		fprintf(out, "%s  - {", head);
		head = "";
		site_yaml_member("name", dns_name_show(&key->key.name, name), out);
		site_yaml_member(", algorithm", hmac_by_number(key->key.algorithm)->text, out);
		if (key->generates) {
			fputs(", generate: true", out);
		} else {
			site_file_name(file, "keys/", name, ".key");
			site_yaml_member(", secret: {file", file, out);
			putc('}', out);
		}
		fputs(key->key.has_md5_leave ? ", allow-md5: true}\n" : "}\n", out);
	}
}

static void site_yaml_groups(const struct site *site, FILE *out)
{
	if (site->groups)
		fputs("groups:\n", out);
	for (const struct site_group *group = site->groups; group; group = group->next) {
		fputs("  - {", out);
		site_yaml_member("name", group->name, out);
		fprintf(out, ", acting: %s, members: [", group->is_acting ? "on" : "off");
		for (size_t i = 0; i < group->count; i++) {
			fputs(i ? ", " : "", out);
			site_yaml_value(group->members[i], out);
		}
		fputs("]}\n", out);
	}
}

static void site_yaml_notes(const struct site_zone *zone, FILE *out)
{
	if (zone->reserves)
		fputs("    reserve:\n", out);
	for (const struct site_reserve *one = zone->reserves; one; one = one->next) {
		fputs("      - {", out);
		site_yaml_member("name", one->name, out);
		site_yaml_member(", for", one->principal, out);
		fputs("}\n", out);
	}
	if (zone->notes)
		fputs("    notes:\n", out);
	for (const struct site_note *note = zone->notes; note; note = note->next) {
		fputs("      - {", out);
		site_yaml_member("name", note->name, out);
		if (note->type)
			site_yaml_member(", type", note->type, out);
		site_yaml_member(", text", note->text, out);
		fputs("}\n", out);
	}
}

static void site_yaml_zone(const struct site_zone *zone, FILE *out)
{
	char file[SITE_FILE_MAX];
	fputs("  - ", out);
	site_yaml_member("name", zone->text, out);
	putc('\n', out);
	if (zone->settings)
		fputs("    settings:\n", out);
	for (const struct site_setting *one = zone->settings; one; one = one->next) {
		fprintf(out, "      %s: ", one->name);
		site_yaml_value(one->value, out);
		putc('\n', out);
	}
	if (zone->rules)
		fputs("    rules: |\n", out);
	for (const struct site_rule *rule = zone->rules; rule; rule = rule->next)
		fprintf(out, "      %s\n", rule->text);
	site_file_name(file, "data/", zone->text, ".zone");
	site_yaml_member("    seed: {file", file, out);
	fputs("}\n", out);
	site_yaml_notes(zone, out);
}

void site_write_yaml(const struct site *site, FILE *out)
{
	fprintf(out, "# written by: tenurectl migrate %s\n", site->origin ? site->origin : "");
	fputs("# The report is in report.txt. Secrets are in keys/, content with owners and stamps "
	      "in\n"
	      "# data/. To apply it: tenurectl apply site.yaml --plan\n"
	      "# Until the switch make changes here: to apply it again undoes those of commands. "
	      "After the\n# switch it is done with.\n"
	      "tenure: 1\n",
	      out);
	site_yaml_server(site, out);
	site_yaml_keys(site, out);
	site_yaml_groups(site, out);
	if (site->zones)
		fputs("zones:\n", out);
	for (const struct site_zone *zone = site->zones; zone; zone = zone->next)
		site_yaml_zone(zone, out);
}
