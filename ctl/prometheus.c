/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/prometheus.h"
#include "base/progress.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define NAME_MAX_LEN 64

/* Counters of answers, by the code that is their label. */
static const struct {
	const char *name, *rcode;
} prometheus_answers[] = {
	{"noerror", "NOERROR"},   {"formerr", "FORMERR"}, {"servfail", "SERVFAIL"},
	{"nxdomain", "NXDOMAIN"}, {"notimp", "NOTIMP"},   {"refused", "REFUSED"},
	{"other-rcode", "other"},
};

static const char *prometheus_rcode(const char *name)
{
	for (size_t i = 0; i < sizeof prometheus_answers / sizeof *prometheus_answers; i++)
		if (strcmp(name, prometheus_answers[i].name) == 0)
			return prometheus_answers[i].rcode;
	return NULL;
}

/* Prometheus counts times in seconds: how many of the row's unit are one; 1: it has none. */
static double prometheus_unit(const char *name, size_t *len)
{
	*len = strlen(name);
	if (*len < 3 || name[*len - 3] != '-' || name[*len - 1] != 's' ||
	    (name[*len - 2] != 'u' && name[*len - 2] != 'm'))
		return 1;
	*len -= 3;
	return name[*len + 1] == 'u' ? 1e6 : 1e3;
}

/* A name has letters, digits and `_` alone. */
static void prometheus_name(const char *name, const char *kind, char out[NAME_MAX_LEN])
{
	size_t len;
	bool is_time = prometheus_unit(name, &len) > 1;
	snprintf(out, NAME_MAX_LEN, "tenure_%.*s%s%s", len < 40 ? (int)len : 40, name,
		 is_time ? "_seconds" : "", strcmp(kind, "counter") == 0 ? "_total" : "");
	for (char *at = out; *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
}

/* Text in which a line feed, a backslash and, in a label, a quotation mark would end it. */
static void prometheus_escape(FILE *out, const char *text, bool is_label)
{
	for (const char *at = text; *at; at++) {
		if (*at == '\n')
			fputs("\\n", out);
		else if (*at == '\\' || (*at == '"' && is_label))
			fprintf(out, "\\%c", *at);
		else
			putc(*at, out);
	}
}

static void prometheus_head(struct prometheus *text, const char *family, const char *kind,
			    const char *help)
{
	if (strcmp(text->family, family) == 0)
		return;
	snprintf(text->family, sizeof text->family, "%s", family);
	fprintf(text->out, "# HELP %s ", family);
	prometheus_escape(text->out, help, false);
	fprintf(text->out, "\n# TYPE %s %s\n", family, kind);
}

static void prometheus_label(FILE *out, char *before, const char *name, const char *value)
{
	fprintf(out, "%c%s=\"", *before, name);
	prometheus_escape(out, value, true);
	putc('"', out);
	*before = ',';
}

/* A number as JSON has it. */
static void prometheus_value(FILE *out, const json_t *value)
{
	if (json_is_integer(value))
		fprintf(out, " %" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
	else
		fprintf(out, " %.17g\n", json_real_value(value));
}

static void prometheus_one(struct prometheus *text, const char *family, const json_t *row,
			   const char *rcode)
{
	const char *label;
	json_t *value;
	char before = '{';
	fputs(family, text->out);
	if (rcode)
		prometheus_label(text->out, &before, "rcode", rcode);
	json_t *labels = json_object_get(row, "labels");
	json_object_foreach(labels, label, value)
	{
		prometheus_label(text->out, &before, label, json_string_value(value));
	}
	if (before == ',')
		putc('}', text->out);
	size_t len;
	double unit = prometheus_unit(json_string_value(json_object_get(row, "name")), &len);
	const json_t *number = json_object_get(row, "value");
	if (unit > 1)
		fprintf(text->out, " %.17g\n", json_number_value(number) / unit);
	else
		prometheus_value(text->out, number);
}

static void prometheus_histogram(struct prometheus *text, const char *family, const json_t *row)
{
	size_t i;
	const json_t *bucket;
	json_array_foreach(json_object_get(row, "buckets"), i, bucket)
	{
		fprintf(text->out, "%s_bucket{le=\"%g\"}", family,
			json_number_value(json_object_get(bucket, "le")));
		prometheus_value(text->out, json_object_get(bucket, "count"));
	}
	fprintf(text->out, "%s_bucket{le=\"+Inf\"}", family);
	prometheus_value(text->out, json_object_get(row, "count"));
	fprintf(text->out, "%s_sum", family);
	prometheus_value(text->out, json_object_get(row, "sum"));
	fprintf(text->out, "%s_count", family);
	prometheus_value(text->out, json_object_get(row, "count"));
}

void prometheus_row(struct prometheus *text, const json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "name")),
		   *kind = json_string_value(json_object_get(row, "kind")),
		   *help = json_string_value(json_object_get(row, "help"));
	char family[NAME_MAX_LEN];
	if (!name || !kind || !help)
		return;
	progress_hide();
	const char *rcode = prometheus_rcode(name);
	prometheus_name(rcode ? "answers" : name, kind, family);
	prometheus_head(text, family, kind, rcode ? "answers by their code" : help);
	if (strcmp(kind, "histogram") == 0)
		prometheus_histogram(text, family, row);
	else
		prometheus_one(text, family, row, rcode);
}
