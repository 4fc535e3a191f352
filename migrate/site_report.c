/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/site_report.h"
#include "base/timeword.h"
#include <jansson.h>
#include <stdlib.h>

static const enum site_list site_report_order[] = {SITE_LOST, SITE_CHANGED, SITE_TAKEN};
static const char *const site_report_heads[] = {
	[SITE_TAKEN] = "TAKEN", [SITE_CHANGED] = "CHANGED ON THE WAY", [SITE_LOST] = "LOST"};
static const char *const site_report_words[] = {
	[SITE_TAKEN] = "taken", [SITE_CHANGED] = "changed", [SITE_LOST] = "lost"};

static size_t site_report_keys(const struct site *site)
{
	size_t count = 0;
	for (const struct site_key *key = site->keys; key; key = key->next)
		count += !key->is_known_only;
	return count;
}

static void site_report_line(const struct site_line *line, FILE *out)
{
	const struct site_place *place = &line->place;
	if (place->file && place->line)
		fprintf(out, "%s:%u", place->file, place->line);
	else if (place->file)
		fprintf(out, "%s", place->file);
	fprintf(out, "%s%s\n\t%s\n", place->file && place->what ? "  " : "",
		place->what ? place->what : "", line->statement);
	if (line->why)
		fprintf(out, "\t%s\n", line->why);
	if (line->advice)
		fprintf(out, "\tto do: %s\n", line->advice);
}

/* The lines of a list that are of whole zones, or the others. */
static void site_report_lines(const struct site *site, enum site_list list, bool is_zone,
			      void (*print)(const struct site_line *, FILE *), FILE *out)
{
	for (const struct site_line *line = site->lines; line; line = line->next)
		if (line->list == list && line->is_zone == is_zone)
			print(line, out);
}

static void site_report_sum_print(const struct site *site, FILE *out)
{
	size_t keys = site_report_keys(site);
	if (site->zones_lost)
		fprintf(out, "%zu of ", site->zone_count);
	size_t zones = site->zone_count + site->zones_lost;
	fprintf(out,
		"%zu zone%s, %zu record%s, %zu key%s: %zu taken, %zu changed on the way, %zu lost",
		zones, zones == 1 ? "" : "s", site->record_count,
		site->record_count == 1 ? "" : "s", keys, keys == 1 ? "" : "s",
		site->by_list[SITE_TAKEN], site->by_list[SITE_CHANGED], site->by_list[SITE_LOST]);
}

const char *site_report_sum(struct site *site)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		abort();
	site_report_sum_print(site, out);
	if (fclose(out) != 0)
		abort();
	const char *sum = arena_text(&site->arena, text, len);
	free(text);
	return sum;
}

void site_report_text(const struct site *site, FILE *out)
{
	fprintf(out, "tenurectl migrate %s\n", site->origin ? site->origin : "");
	site_report_sum_print(site, out);
	putc('\n', out);
	fputs("Until the switch change site.yaml, and apply it again: that undoes what commands "
	      "(zone set,\nzone policy) changed of the zones that it names. After the switch "
	      "commands hold: do not apply it\nany more.\n",
	      out);
	for (size_t i = 0; i < 3; i++) {
		if (site->by_list[site_report_order[i]])
			fprintf(out, "\n%s\n", site_report_heads[site_report_order[i]]);
		site_report_lines(site, site_report_order[i], true, site_report_line, out);
		site_report_lines(site, site_report_order[i], false, site_report_line, out);
	}
}

/* Takes the reference. */
static void site_report_put(json_t *object, FILE *out)
{
	if (!object || json_dumpf(object, out, JSON_COMPACT) != 0)
		abort();
	json_decref(object);
	putc('\n', out);
}

static void site_report_member(json_t *object, const char *name, const char *text)
{
	if (text && json_object_set_new(object, name, json_string(text)) != 0)
		abort();
}

static void site_report_json_line(const struct site_line *line, FILE *out)
{
	json_t *object = json_object();
	site_report_member(object, "list", site_report_words[line->list]);
	site_report_member(object, "file", line->place.file);
	if (line->place.line)
		json_object_set_new(object, "line", json_integer(line->place.line));
	site_report_member(object, "where", line->place.what);
	site_report_member(object, "statement", line->statement);
	site_report_member(object, "why", line->why);
	site_report_member(object, "do", line->advice);
	site_report_put(object, out);
}

void site_report_json(const struct site *site, FILE *out)
{
	char now[TIMEWORD_TEXT_MAX];
	time_print(site->now, now);
	site_report_put(json_pack("{s:s,s:s,s:s}", "schema", SITE_REPORT_SCHEMA, "source",
				  site->origin ? site->origin : "", "time", now),
			out);
	for (size_t i = 0; i < 3; i++) {
		site_report_lines(site, site_report_order[i], true, site_report_json_line, out);
		site_report_lines(site, site_report_order[i], false, site_report_json_line, out);
	}
	site_report_put(json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "taken",
				  (json_int_t)site->by_list[SITE_TAKEN], "changed",
				  (json_int_t)site->by_list[SITE_CHANGED], "lost",
				  (json_int_t)site->by_list[SITE_LOST], "zones",
				  (json_int_t)site->zone_count, "records",
				  (json_int_t)site->record_count, "keys",
				  (json_int_t)site_report_keys(site)),
			out);
}
