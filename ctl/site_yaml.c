/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/site_yaml.h"
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct site_reading {
	struct site_yaml *yaml;
	yaml_parser_t parser;
	yaml_event_t event; /* the one being looked at */
	bool is_over;       /* the text ended, or cannot be read further */
};

/* --- places and faults */

void site_fault(struct site_yaml *yaml, const struct site_place *at, const char *format, ...)
{
	char what[SITE_FAULT_MAX], where[64] = "";
	va_list list;
	if (yaml->fault_count == SITE_FAULTS_MAX)
		return;
	va_start(list, format);
	vsnprintf(what, sizeof what, format, list);
	va_end(list);
	if (at->line && at->column)
		snprintf(where, sizeof where, ":%zu:%zu", at->line, at->column);
	else if (at->line)
		snprintf(where, sizeof where, ":%zu", at->line);
	char *line = arena_print(yaml->arena, "%s%s: %s", at->file, where, what);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	yaml->fault[yaml->fault_count++] = line;
}

struct site_place site_place_of(const struct site_yaml *yaml, const struct site_node *node)
{
	return (struct site_place){yaml->name, node ? node->line : 0, node ? node->column : 0};
}

struct site_place site_place_in(const struct site_yaml *yaml, const struct site_node *node,
				size_t line, size_t column)
{
	struct site_place at = site_place_of(yaml, node);
	if (!node || node->kind != SITE_SCALAR || line == 0)
		return at;
	if (node->is_literal) {
		at.line = node->line + line;
		at.column = column ? node->indent + column : node->indent + 1;
	} else if (line == 1 && column) {
		at.column = node->column + column - (node->is_plain ? 1 : 0);
	}
	return at;
}

const char *site_kind_text(const struct site_node *node)
{
	if (node->kind == SITE_MAP)
		return "a group of fields";
	if (node->kind == SITE_LIST)
		return "a list";
	return node->is_plain && !node->text[0] ? "nothing" : "a single value";
}

const struct site_node *site_find(const struct site_node *node, const char *key)
{
	if (!node || node->kind != SITE_MAP)
		return NULL;
	for (const struct site_node *value = node->first; value; value = value->next)
		if (strcmp(value->key->text, key) == 0)
			return value;
	return NULL;
}

const struct site_node *site_item(const struct site_node *node, size_t index)
{
	if (!node || node->kind != SITE_LIST || index >= node->count)
		return NULL;
	const struct site_node *item = node->first;
	while (item && index-- > 0)
		item = item->next;
	return item;
}

/* --- events */

static void site_yaml_stop(struct site_reading *r, yaml_mark_t mark, const char *what)
{
	struct site_place at = {r->yaml->name, mark.line + 1, mark.column + 1};
	site_fault(r->yaml, &at, "%s", what);
	r->is_over = true;
}

/* An encoding error has an offset instead of a mark. */
static yaml_mark_t site_yaml_mark_of(struct bytes text, size_t offset)
{
	yaml_mark_t mark = {0};
	for (size_t i = 0; i < text.len && i < offset; i++) {
		mark.column++;
		if (text.data[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

static void site_yaml_fail_syntax(struct site_reading *r)
{
	char what[SITE_FAULT_MAX];
	const yaml_parser_t *p = &r->parser;
	bool is_encoding = p->error == YAML_READER_ERROR;
	snprintf(what, sizeof what, "not YAML: %s%s%s",
		 p->problem ? p->problem : "it cannot be read", p->context ? " " : "",
		 p->context ? p->context : "");
	site_yaml_stop(r,
		       is_encoding ? site_yaml_mark_of(r->yaml->source, p->problem_offset)
				   : p->problem_mark,
		       what);
}

/* Goes to the next event. False: reading is over. */
static bool site_yaml_next(struct site_reading *r)
{
	if (r->is_over)
		return false;
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return true;
	site_yaml_fail_syntax(r);
	return false;
}

/* What no field needs, and what makes a small file a large tree. */
static bool site_yaml_is_readable(struct site_reading *r)
{
	const yaml_event_t *e = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;
	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (e->type == YAML_ALIAS_EVENT || anchor)
		site_yaml_stop(r, e->start_mark, "anchors and aliases (& and *) are not read here");
	else if (tag)
		site_yaml_stop(r, e->start_mark, "tags (!) are not read here");
	return !r->is_over;
}

/* The text from a line on, counted from 0; lines are asked for in their order. NULL: it ends
 * before.
 */
static const char *site_yaml_line(struct site_yaml *yaml, size_t line)
{
	const char *end = (const char *)yaml->source.data + yaml->source.len;
	if (!yaml->at || line < yaml->at_line) {
		yaml->at = (const char *)yaml->source.data;
		yaml->at_line = 0;
	}
	while (yaml->at && yaml->at_line < line) {
		yaml->at = memchr(yaml->at, '\n', (size_t)(end - yaml->at));
		yaml->at = yaml->at ? yaml->at + 1 : NULL;
		yaml->at_line++;
	}
	return yaml->at;
}

/* How far the lines of the block that begins behind this line are indented. */
static size_t site_yaml_indent_of(struct site_yaml *yaml, size_t line)
{
	const char *at = site_yaml_line(yaml, line);
	const char *end = (const char *)yaml->source.data + yaml->source.len;
	while (at && at < end) {
		size_t indent = 0;
		while (at + indent < end && at[indent] == ' ')
			indent++;
		if (at + indent < end && at[indent] != '\n' && at[indent] != '\r')
			return indent;
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	return 0;
}

static struct site_node *site_yaml_node(struct site_reading *r, enum site_kind kind)
{
	struct site_yaml *yaml = r->yaml;
	if (++yaml->node_count > SITE_YAML_NODES_MAX) {
		site_yaml_stop(r, r->event.start_mark, "more values than are read from one file");
		return NULL;
	}
	struct site_node *node = arena_zero(yaml->arena, sizeof *node);
	node->kind = kind;
	node->line = r->event.start_mark.line + 1;
	node->column = r->event.start_mark.column + 1;
	return node;
}

static struct site_node *site_yaml_scalar(struct site_reading *r)
{
	const char *text = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;
	yaml_scalar_style_t style = r->event.data.scalar.style;
	if (memchr(text, '\0', len)) {
		site_yaml_stop(r, r->event.start_mark, "a text with a NUL in it");
		return NULL;
	}
	struct site_node *node = site_yaml_node(r, SITE_SCALAR);
	if (!node)
		return NULL;
	node->text = arena_text(r->yaml->arena, text, len);
	node->is_plain = style == YAML_PLAIN_SCALAR_STYLE;
	node->is_literal = style == YAML_LITERAL_SCALAR_STYLE;
	if (node->is_literal)
		node->indent = site_yaml_indent_of(r->yaml, node->line);
	return node;
}

/* A map or a list that is being read. */
struct site_level {
	struct site_node *node, *last;
	const struct site_node *key; /* of a map: whose value comes next */
};

static void site_yaml_append(struct site_level *level, struct site_node *node)
{
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->count++;
	node->key = level->key;
	level->key = NULL;
}

/* The value that begins with the present event, in the map or list; `depth` counts these. */
static void site_yaml_take_value(struct site_reading *r, struct site_level *levels, size_t *depth)
{
	struct site_level *level = *depth ? &levels[*depth - 1] : NULL;
	bool is_scalar = r->event.type == YAML_SCALAR_EVENT;
	bool is_key = level && level->node->kind == SITE_MAP && !level->key;
	if (!site_yaml_is_readable(r))
		return;
	if (is_key && !is_scalar) {
		site_yaml_stop(r, r->event.start_mark, "expected the name of a field");
		return;
	}
	if (!is_scalar && *depth == SITE_YAML_DEPTH_MAX) {
		site_yaml_stop(r, r->event.start_mark, "nested deeper than any field is");
		return;
	}
	struct site_node *node =
		is_scalar
			? site_yaml_scalar(r)
			: site_yaml_node(r, r->event.type == YAML_MAPPING_START_EVENT ? SITE_MAP
										      : SITE_LIST);
	if (!node)
		return;
	if (is_key)
		level->key = node;
	else if (level)
		site_yaml_append(level, node);
	else
		r->yaml->root = node;
	if (!is_scalar)
		levels[(*depth)++] = (struct site_level){.node = node};
}

static void site_yaml_document(struct site_reading *r)
{
	struct site_level levels[SITE_YAML_DEPTH_MAX];
	size_t depth = 0;
	while (site_yaml_next(r) && r->event.type != YAML_DOCUMENT_END_EVENT) {
		if (r->event.type == YAML_MAPPING_END_EVENT ||
		    r->event.type == YAML_SEQUENCE_END_EVENT)
			depth--;
		else
			site_yaml_take_value(r, levels, &depth);
	}
}

static void site_yaml_stream(struct site_reading *r)
{
	size_t documents = 0;
	while (site_yaml_next(r) && r->event.type != YAML_STREAM_END_EVENT) {
		if (r->event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		if (documents++ > 0)
			site_yaml_stop(r, r->event.start_mark,
				       "expected the end of the file, found a second document");
		else
			site_yaml_document(r);
	}
}

bool site_yaml_read(struct site_yaml *yaml, struct bytes text)
{
	struct site_reading r = {.yaml = yaml};
	struct site_place whole = {.file = yaml->name};
	size_t faults = yaml->fault_count;
	yaml->source = text;
	if (text.len > SITE_YAML_TEXT_MAX) {
		site_fault(yaml, &whole, "longer than %u bytes", SITE_YAML_TEXT_MAX);
		return false;
	}
	if (!yaml_parser_initialize(&r.parser)) {
		site_fault(yaml, &whole, "there is no memory to read it");
		return false;
	}
	yaml_parser_set_input_string(&r.parser, text.data, text.len);
	site_yaml_stream(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return yaml->fault_count == faults;
}
