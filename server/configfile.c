/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/configfile.h"
#include "base/nearest.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#define WORD_MAX 128
#define SEEN_MAX 64

struct place {
	size_t line, column; /* from 1 */
};

struct reading {
	yaml_parser_t yaml;
	yaml_event_t event; /* the one being looked at */
	struct settings *settings;
	const char *name;
	struct bytes text;
	const struct configfile_report *report;
	size_t errors;
	bool is_over; /* the file ended, or cannot be read further */
	struct {
		char word[WORD_MAX];
		struct place at;
	} seen[SEEN_MAX];
	size_t seen_count;
};

static void __attribute__((format(printf, 3, 4)))
configfile_fail(struct reading *r, struct place at, const char *format, ...)
{
	char what[CONFIGFILE_LINE_MAX / 2], line[CONFIGFILE_LINE_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	snprintf(line, sizeof line, "%.300s:%zu:%zu: %s", r->name, at.line, at.column, what);
	for (char *p = line; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	r->report->line(r->report->context, line);
	if (++r->errors == CONFIGFILE_ERRORS_MAX)
		r->is_over = true;
}

static struct place configfile_place_of(yaml_mark_t mark)
{
	return (struct place){.line = mark.line + 1, .column = mark.column + 1};
}

static struct place configfile_here(const struct reading *r)
{
	return configfile_place_of(r->event.start_mark);
}

/* An encoding error has an offset instead of a mark. */
static struct place place_of_offset(struct bytes text, size_t offset)
{
	struct place at = {.line = 1, .column = 1};
	for (size_t i = 0; i < text.len && i < offset; i++) {
		at.column++;
		if (text.data[i] == '\n')
			at = (struct place){.line = at.line + 1, .column = 1};
	}
	return at;
}

static void fail_syntax(struct reading *r)
{
	const yaml_parser_t *yaml = &r->yaml;
	bool is_encoding = yaml->error == YAML_READER_ERROR;
	struct place at = is_encoding ? place_of_offset(r->text, yaml->problem_offset)
				      : configfile_place_of(yaml->problem_mark);
	configfile_fail(r, at, "not YAML: %s%s%s",
			yaml->problem ? yaml->problem : "it cannot be read",
			yaml->context ? " " : "", yaml->context ? yaml->context : "");
	r->is_over = true;
}

/* Goes to the next event. False: reading is over. */
static bool configfile_next(struct reading *r)
{
	if (r->is_over)
		return false;
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->yaml, &r->event)) {
		fail_syntax(r);
		return false;
	}
	return true;
}

/* Goes to the end of the value that begins with the present event. */
static void configfile_skip(struct reading *r)
{
	size_t depth = 0;
	do {
		yaml_event_type_t type = r->event.type;
		if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
			depth++;
		else if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
			depth--;
	} while (depth > 0 && configfile_next(r));
}

/* What stands here, for "found ...". */
static const char *kind_here(const struct reading *r)
{
	switch (r->event.type) {
	case YAML_MAPPING_START_EVENT:
		return "a group of options";
	case YAML_SEQUENCE_START_EVENT:
		return "a list";
	case YAML_ALIAS_EVENT:
		return "an alias";
	case YAML_SCALAR_EVENT:
		return "a single value";
	default:
		return "nothing";
	}
}

/* The text of the scalar here; NULL, and reported, if it is something else. */
static const char *text_here(struct reading *r, const char *word, const char *expected)
{
	if (r->event.type != YAML_SCALAR_EVENT) {
		configfile_fail(r, configfile_here(r), "%s: expected %s, found %s", word, expected,
				kind_here(r));
		configfile_skip(r);
		return NULL;
	}
	const char *text = (const char *)r->event.data.scalar.value;
	if (strlen(text) != r->event.data.scalar.length) {
		configfile_fail(r, configfile_here(r),
				"%s: expected a text, found one with a NUL in it", word);
		return NULL;
	}
	return text;
}

static void assign_here(struct reading *r, const struct setting *setting, const char *expected)
{
	char error[SETTINGS_ERROR_MAX];
	const char *text = text_here(r, setting->word, expected);
	if (text && !setting_assign(r->settings, setting, text, error))
		configfile_fail(r, configfile_here(r), "%s: %s", setting->word, error);
}

/* A list of addresses or of who has a role, or a single one. */
static void read_list(struct reading *r, const struct setting *setting)
{
	bool is_role = setting->kind == SETTING_ROLES;
	setting_clear(r->settings, setting);
	if (r->event.type != YAML_SEQUENCE_START_EVENT) {
		assign_here(r, setting,
			    is_role ? "a list of users and groups" : "a list of addresses");
		return;
	}
	struct place at = configfile_here(r);
	size_t errors = r->errors;
	while (configfile_next(r) && r->event.type != YAML_SEQUENCE_END_EVENT)
		assign_here(r, setting, is_role ? "a user or group" : "an address");
	if (!is_role && !r->is_over && errors == r->errors && r->settings->listen_count == 0)
		configfile_fail(r, at, "%s: expected at least one address, found an empty list",
				setting->word);
}

/* False: it was there before, and reported. */
static bool mark_seen(struct reading *r, const char *word)
{
	for (size_t i = 0; i < r->seen_count; i++) {
		if (strcmp(r->seen[i].word, word) == 0) {
			configfile_fail(r, configfile_here(r), "%s: said before, in line %zu", word,
					r->seen[i].at.line);
			return false;
		}
	}
	if (r->seen_count < SEEN_MAX) {
		snprintf(r->seen[r->seen_count].word, WORD_MAX, "%s", word);
		r->seen[r->seen_count++].at = configfile_here(r);
	}
	return true;
}

/* Whether `word` is a group, as "tcp" is because of "tcp.connections". */
static bool is_group(const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i < settings_count; i++) {
		const char *other = settings_table[i].word;
		if (strncmp(other, word, len) == 0 && other[len] == '.')
			return true;
	}
	return false;
}

/* Offers the words that may stand in the group `prefix` ("" or "tcp."). */
static void fail_unknown(struct reading *r, const char *prefix, const char *word)
{
	char candidates[SEEN_MAX][WORD_MAX];
	struct nearest nearest = nearest_to(word + strlen(prefix));
	for (size_t i = 0; i < settings_count && i < SEEN_MAX; i++) {
		const char *other = settings_table[i].word;
		if (strncmp(other, prefix, strlen(prefix)) != 0)
			continue;
		other += strlen(prefix);
		snprintf(candidates[i], WORD_MAX, "%.*s", (int)strcspn(other, "."), other);
		nearest_try(&nearest, candidates[i]);
	}
	const char *found = nearest_found(&nearest);
	if (found)
		configfile_fail(r, configfile_here(r),
				"unknown option \"%s\"; did you mean \"%s%s\"?", word, prefix,
				found);
	else
		configfile_fail(r, configfile_here(r), "unknown option \"%s\"", word);
}

/*
 * The value of the option `word`; the present event is its name. True: it is a group instead, and
 * its options come next.
 */
static bool read_option(struct reading *r, const char *prefix, const char *word)
{
	const struct setting *setting = settings_find(word);
	bool is_known = setting || is_group(word);
	if (!is_known)
		fail_unknown(r, prefix, word);
	bool is_new = is_known && mark_seen(r, word);
	if (!configfile_next(r))
		return false;
	if (!is_new) {
		configfile_skip(r);
	} else if (setting &&
		   (setting->kind == SETTING_ADDRESSES || setting->kind == SETTING_ROLES)) {
		read_list(r, setting);
	} else if (setting) {
		assign_here(r, setting, "a single value");
	} else if (r->event.type != YAML_MAPPING_START_EVENT) {
		configfile_fail(r, configfile_here(r), "%s: expected a group of options, found %s",
				word, kind_here(r));
		configfile_skip(r);
	} else {
		return true;
	}
	return false;
}

/* The options of a group, to its end. The table has two levels, so this goes no deeper. */
static void read_mapping(struct reading *r, const char *prefix)
{
	while (configfile_next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
		char word[WORD_MAX], inner[WORD_MAX + 1];
		const char *text = text_here(r, "option", "the name of an option");
		if (!text) {
			if (configfile_next(r))
				configfile_skip(r);
			continue;
		}
		snprintf(word, sizeof word, "%s%s", prefix, text);
		snprintf(inner, sizeof inner, "%s.", word);
		if (read_option(r, prefix, word))
			read_mapping(r, inner);
	}
}

static bool is_empty_scalar(const struct reading *r)
{
	return r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.length == 0;
}

static void read_document(struct reading *r)
{
	if (r->event.type == YAML_MAPPING_START_EVENT) {
		read_mapping(r, "");
	} else if (!is_empty_scalar(r)) {
		configfile_fail(r, configfile_here(r), "expected options (name: value), found %s",
				kind_here(r));
		configfile_skip(r);
	}
}

static void read_stream(struct reading *r)
{
	size_t documents = 0;
	while (configfile_next(r) && r->event.type != YAML_STREAM_END_EVENT) {
		if (r->event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		if (documents++ > 0) {
			configfile_fail(r, configfile_here(r),
					"expected the end of the file, found a second document");
			return;
		}
		if (configfile_next(r))
			read_document(r);
	}
}

size_t configfile_read(struct settings *settings, const char *name, struct bytes text,
		       const struct configfile_report *report)
{
	struct reading r = {.settings = settings, .name = name, .text = text, .report = report};
	if (!yaml_parser_initialize(&r.yaml)) {
		configfile_fail(&r, (struct place){1, 1}, "no memory to read it");
		return r.errors;
	}
	yaml_parser_set_input_string(&r.yaml, text.data, text.len);
	read_stream(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.yaml);
	return r.errors;
}

size_t configfile_load(struct settings *settings, const char *path,
		       const struct configfile_report *report)
{
	char line[CONFIGFILE_LINE_MAX];
	FILE *file = fopen(path, "re");
	uint8_t *text = malloc(CONFIGFILE_LEN_MAX + 1);
	size_t len = file && text ? fread(text, 1, CONFIGFILE_LEN_MAX + 1, file) : 0;
	bool is_read = file && text && !ferror(file);
	size_t errors = 1;
	snprintf(line, sizeof line, "%.300s: cannot be read: %s", path, strerror(errno));
	if (is_read && len > CONFIGFILE_LEN_MAX)
		snprintf(line, sizeof line, "%.300s: longer than %u bytes: not a configuration",
			 path, CONFIGFILE_LEN_MAX);
	if (is_read && len <= CONFIGFILE_LEN_MAX)
		errors = configfile_read(settings, path, bytes_of(text, len), report);
	else
		report->line(report->context, line);
	if (file)
		fclose(file);
	free(text);
	return errors;
}
