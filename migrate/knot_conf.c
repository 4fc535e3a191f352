/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/knot_conf.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KNOT_TEXT_MAX 400 /* of knot_item_print */

struct knot_reader {
	struct knot_conf *conf;
	const char *file;
	const char *at, *end;
	unsigned line;
	const char *section;      /* NULL: none has begun */
	struct knot_block *block; /* NULL: none has begun in the section */
	struct knot_item **item_end;
	unsigned indent; /* of the items of the block */
	char *error;
};

void knot_conf_begin(struct knot_conf *conf, struct arena *arena)
{
	*conf = (struct knot_conf){.arena = arena};
	conf->end = &conf->first;
}

static bool knot_conf_fail(struct knot_reader *r, const char *problem)
{
	snprintf(r->error, KNOT_CONF_ERROR_MAX, "%s:%u: %s", r->file, r->line, problem);
	return false;
}

static bool knot_conf_count(struct knot_reader *r)
{
	return ++r->conf->count <= KNOT_CONF_ITEMS_MAX ||
	       knot_conf_fail(r, "more than 4000000 items and values");
}

/* --- words */

static void knot_conf_skip_blanks(struct knot_reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
		r->at++;
}

static bool knot_conf_is_end_of_line(const struct knot_reader *r)
{
	return r->at == r->end || *r->at == '\n' || *r->at == '#';
}

static void knot_conf_skip_line(struct knot_reader *r)
{
	while (r->at < r->end && *r->at != '\n')
		r->at++;
	if (r->at < r->end)
		r->at++;
	r->line++;
}

/* Blanks, and in a list line ends and comments too. */
static void knot_conf_skip_space(struct knot_reader *r, bool in_list)
{
	knot_conf_skip_blanks(r);
	while (in_list && r->at < r->end && (*r->at == '\n' || *r->at == '#')) {
		knot_conf_skip_line(r);
		knot_conf_skip_blanks(r);
	}
}

static const char *knot_conf_quoted(struct knot_reader *r)
{
	const char *start = ++r->at;
	size_t len = 0;
	while (r->at < r->end && *r->at != '"' && *r->at != '\n')
		r->at += *r->at == '\\' && r->end - r->at > 1 ? 2 : 1;
	if (r->at >= r->end || *r->at != '"') {
		knot_conf_fail(r, "a quoted value that does not end");
		return NULL;
	}
	char *text = arena_text(r->conf->arena, start, (size_t)(r->at - start));
	for (const char *from = start; from < r->at; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		text[len++] = *from;
	}
	text[len] = '\0';
	r->at++;
	return text;
}

/* A value; NULL: there is none, or `error` says what is wrong. */
static const char *knot_conf_value(struct knot_reader *r)
{
	if (r->at < r->end && *r->at == '"')
		return knot_conf_quoted(r);
	const char *start = r->at;
	while (r->at < r->end && !isspace((unsigned char)*r->at) && !strchr(",[]", *r->at) &&
	       !(*r->at == '#' && r->at > start && r->at[-1] == ' '))
		r->at++;
	if (r->at == start) {
		knot_conf_fail(r, "a value is missing");
		return NULL;
	}
	return arena_text(r->conf->arena, start, (size_t)(r->at - start));
}

static bool knot_conf_add_value(struct knot_reader *r, struct knot_value ***end)
{
	const char *text = knot_conf_value(r);
	if (!text || !knot_conf_count(r))
		return false;
	struct knot_value *value = arena_zero(r->conf->arena, sizeof *value);
	value->text = text;
	**end = value;
	*end = &value->next;
	return true;
}

/* Values with commas between them, in brackets or not, to the end of the line. */
static bool knot_conf_values(struct knot_reader *r, struct knot_item *item)
{
	struct knot_value **end = &item->values;
	knot_conf_skip_blanks(r);
	bool in_list = r->at < r->end && *r->at == '[';
	r->at += in_list;
	knot_conf_skip_space(r, in_list);
	while (!(in_list ? r->at < r->end && *r->at == ']' : knot_conf_is_end_of_line(r))) {
		if (!knot_conf_add_value(r, &end))
			return false;
		knot_conf_skip_space(r, in_list);
		if (r->at < r->end && *r->at == ',') {
			r->at++;
			knot_conf_skip_space(r, in_list);
		} else if (!(in_list ? r->at < r->end && *r->at == ']'
				     : knot_conf_is_end_of_line(r))) {
			return knot_conf_fail(r, "`,` is missing");
		}
	}
	r->at += in_list;
	knot_conf_skip_blanks(r);
	return knot_conf_is_end_of_line(r) || knot_conf_fail(r, "something stands behind the list");
}

/* "name" before its colon; NULL. */
static const char *knot_conf_name(struct knot_reader *r)
{
	const char *start = r->at;
	while (r->at < r->end && (isalnum((unsigned char)*r->at) || strchr("-_", *r->at)) && *r->at)
		r->at++;
	size_t len = (size_t)(r->at - start);
	knot_conf_skip_blanks(r);
	if (len == 0 || r->at == r->end || *r->at != ':') {
		knot_conf_fail(r, "a name with a colon is expected");
		return NULL;
	}
	r->at++;
	return arena_text(r->conf->arena, start, len);
}

/* --- blocks */

static void knot_conf_begin_block(struct knot_reader *r)
{
	r->block = arena_zero(r->conf->arena, sizeof *r->block);
	r->block->section = r->section;
	r->block->file = r->file;
	r->block->line = r->line;
	r->item_end = &r->block->items;
	*r->conf->end = r->block;
	r->conf->end = &r->block->next;
}

static bool knot_conf_item(struct knot_reader *r)
{
	unsigned line = r->line;
	const char *name = knot_conf_name(r);
	if (!name || !knot_conf_count(r))
		return false;
	struct knot_item *item = arena_zero(r->conf->arena, sizeof *item);
	item->name = name;
	item->file = r->file;
	item->line = line;
	*r->item_end = item;
	r->item_end = &item->next;
	return knot_conf_values(r, item);
}

/* What another file says, in the place of the statement. */
static bool knot_conf_include(struct knot_reader *r)
{
	struct knot_conf *conf = r->conf;
	r->section = "include";
	knot_conf_begin_block(r);
	struct knot_item *item = arena_zero(conf->arena, sizeof *item);
	item->name = "include";
	item->file = r->file;
	item->line = r->line;
	r->block->items = item;
	if (!knot_conf_values(r, item))
		return false;
	r->section = NULL;
	const char *name = item->values ? item->values->text : NULL;
	if (!name || !conf->include)
		return true;
	if (++conf->depth > KNOT_CONF_DEPTH_MAX)
		return knot_conf_fail(r, "more than 16 files in one another");
	*r->error = '\0';
	bool is_read = conf->include(conf, conf->context, name, r->error);
	conf->depth--;
	if (is_read)
		item->values = NULL; /* nothing is left to be said of it */
	return is_read || !*r->error;
}

static bool knot_conf_section(struct knot_reader *r)
{
	const char *name = knot_conf_name(r);
	if (!name)
		return false;
	r->block = NULL;
	r->section = name;
	if (strcmp(name, "include") == 0)
		return knot_conf_include(r);
	knot_conf_skip_blanks(r);
	return knot_conf_is_end_of_line(r) ||
	       knot_conf_fail(r, "a section's items stand in lines of their own");
}

static bool knot_conf_line(struct knot_reader *r)
{
	const char *start = r->at;
	knot_conf_skip_blanks(r);
	if (knot_conf_is_end_of_line(r))
		return true;
	bool is_first =
		*r->at == '-' && r->end - r->at > 1 && (r->at[1] == ' ' || r->at[1] == '\t');
	if (r->at == start && !is_first)
		return knot_conf_section(r);
	if (!r->section)
		return knot_conf_fail(r, "an item that is of no section");
	if (is_first) {
		r->at++;
		knot_conf_skip_blanks(r);
	}
	if (is_first || !r->block)
		knot_conf_begin_block(r);
	return knot_conf_item(r);
}

bool knot_conf_add(struct knot_conf *conf, const char *file, const char *text, size_t len,
		   char error[KNOT_CONF_ERROR_MAX])
{
	struct knot_reader r = {.conf = conf,
				.file = arena_text(conf->arena, file, strlen(file)),
				.at = text,
				.end = text + len,
				.line = 1,
				.error = error};
	if (len && memchr(text, '\0', len))
		return knot_conf_fail(&r, "a byte of value 0");
	while (r.at < r.end) {
		if (!knot_conf_line(&r))
			return false;
		knot_conf_skip_line(&r);
	}
	return true;
}

/* --- what was read */

const struct knot_item *knot_item_find(const struct knot_block *block, const char *name)
{
	const struct knot_item *found = NULL;
	for (const struct knot_item *item = block ? block->items : NULL; item; item = item->next)
		if (strcmp(item->name, name) == 0)
			found = item;
	return found;
}

const char *knot_item_text(const struct knot_block *block, const char *name)
{
	const struct knot_item *item = knot_item_find(block, name);
	return item && item->values ? item->values->text : NULL;
}

const char *knot_block_name(const struct knot_block *block)
{
	return block->items && block->items->values ? block->items->values->text : "";
}

static size_t knot_conf_len(const char *name)
{
	size_t len = strlen(name);
	return len > 1 && name[len - 1] == '.' ? len - 1 : len;
}

static bool knot_conf_is_same(const char *a, const char *b)
{
	size_t len = knot_conf_len(a);
	return len == knot_conf_len(b) && strncasecmp(a, b, len) == 0;
}

const struct knot_block *knot_block_find(const struct knot_conf *conf, const char *section,
					 const char *name)
{
	for (const struct knot_block *block = conf->first; block; block = block->next)
		if (strcmp(block->section, section) == 0 &&
		    (!name || knot_conf_is_same(knot_block_name(block), name)))
			return block;
	return NULL;
}

/* Blocks are sorted in the normal form: each is looked for behind the last one that was found. */
static const struct knot_block *knot_conf_find_behind(const struct knot_conf *written,
						      const struct knot_block *behind,
						      const struct knot_block *one)
{
	const struct knot_block *at = behind ? behind->next : NULL;
	bool has_name = one->items && one->items->values;
	for (; at; at = at->next)
		if (strcmp(at->section, one->section) == 0 &&
		    (!has_name || knot_conf_is_same(knot_block_name(at), knot_block_name(one))))
			return at;
	return knot_block_find(written, one->section, has_name ? knot_block_name(one) : NULL);
}

void knot_conf_locate(struct knot_conf *normal, const struct knot_conf *written)
{
	const struct knot_block *last = NULL;
	for (struct knot_block *block = normal->first; block; block = block->next) {
		const struct knot_block *found = knot_conf_find_behind(written, last, block);
		if (!found)
			found = knot_block_find(written, block->section, NULL);
		if (!found)
			continue;
		last = found;
		block->file = found->file;
		block->line = found->line;
		for (struct knot_item *item = block->items; item; item = item->next) {
			const struct knot_item *theirs = knot_item_find(found, item->name);
			item->file = theirs ? theirs->file : found->file;
			item->line = theirs ? theirs->line : found->line;
		}
	}
}

const char *knot_item_print(const struct knot_item *item, struct arena *arena)
{
	bool is_list = item->values && item->values->next;
	const char *text = arena_print(arena, "%s:%s", item->name, is_list ? " [" : "");
	if (strcmp(item->name, "secret") == 0)
		return arena_print(arena, "%s ...", text);
	for (const struct knot_value *value = item->values; value; value = value->next) {
		if (strlen(text) > KNOT_TEXT_MAX)
			return arena_print(arena, "%s ...", text);
		text = arena_print(arena, "%s%s%s", text,
				   is_list && value == item->values ? ""
				   : is_list                        ? ", "
								    : " ",
				   value->text);
	}
	return is_list ? arena_print(arena, "%s]", text) : text;
}
