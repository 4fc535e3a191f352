/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/bind_conf.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BIND_TEXT_MAX 600 /* of bind_statement_text */

enum bind_token { BIND_WORD, BIND_QUOTED, BIND_MARK, BIND_END, BIND_BAD };

struct bind_reader {
	struct bind_conf *conf;
	const char *file;
	const char *at, *end;
	unsigned line, word_line;
	enum bind_token token;
	char mark;
	const char *word;
	const char *problem;
	unsigned depth;
	char *error;
};

static bool bind_conf_fail(struct bind_reader *r, unsigned line, const char *problem)
{
	if (!r->problem) {
		r->problem = problem;
		snprintf(r->error, BIND_CONF_ERROR_MAX, "%s:%u: %s", r->file, line, problem);
	}
	r->token = BIND_BAD;
	return false;
}

static bool bind_conf_skip_block_comment(struct bind_reader *r)
{
	unsigned line = r->line;
	for (r->at += 2; r->end - r->at >= 2; r->at++) {
		if (r->at[0] == '*' && r->at[1] == '/') {
			r->at += 2;
			return true;
		}
		r->line += *r->at == '\n';
	}
	return bind_conf_fail(r, line, "a comment that does not end");
}

/* Blanks and comments. */
static bool bind_conf_skip(struct bind_reader *r)
{
	while (r->at < r->end) {
		bool has_two = r->end - r->at >= 2;
		if (isspace((unsigned char)*r->at)) {
			r->line += *r->at == '\n';
			r->at++;
		} else if (*r->at == '#' || (has_two && r->at[0] == '/' && r->at[1] == '/')) {
			while (r->at < r->end && *r->at != '\n')
				r->at++;
		} else if (has_two && r->at[0] == '/' && r->at[1] == '*') {
			if (!bind_conf_skip_block_comment(r))
				return false;
		} else {
			return true;
		}
	}
	return true;
}

static void bind_conf_take_quoted(struct bind_reader *r)
{
	const char *start = ++r->at;
	size_t len = 0;
	while (r->at < r->end && *r->at != '"') {
		if (*r->at == '\\' && r->end - r->at > 1)
			r->at++;
		r->line += *r->at == '\n';
		r->at++;
	}
	if (r->at == r->end) {
		bind_conf_fail(r, r->word_line, "a quoted word that does not end");
		return;
	}
	if (memchr(start, '\0', (size_t)(r->at - start))) {
		bind_conf_fail(r, r->word_line, "a byte of value 0");
		return;
	}
	char *word = arena_text(r->conf->arena, start, (size_t)(r->at - start));
	/* `\"` and `\\` alone: other escapes are those of names, which take them as they are. */
	for (const char *from = start; from < r->at; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		word[len++] = *from;
	}
	word[len] = '\0';
	r->at++;
	r->word = word;
	r->token = BIND_QUOTED;
}

static bool bind_conf_is_word_byte(const struct bind_reader *r)
{
	char c = *r->at;
	bool is_comment = c == '#' ||
			  (c == '/' && r->end - r->at >= 2 && (r->at[1] == '/' || r->at[1] == '*'));
	return !isspace((unsigned char)c) && !strchr("{};\"", c) && !is_comment;
}

static void bind_conf_next(struct bind_reader *r)
{
	if (r->problem || !bind_conf_skip(r))
		return;
	r->word_line = r->line;
	r->word = NULL;
	if (r->at == r->end) {
		r->token = BIND_END;
		return;
	}
	if (*r->at == '\0') {
		bind_conf_fail(r, r->line, "a byte of value 0");
		return;
	}
	if (*r->at == '"') {
		bind_conf_take_quoted(r);
		return;
	}
	if (strchr("{};", *r->at)) {
		r->mark = *r->at++;
		r->token = BIND_MARK;
		return;
	}
	const char *start = r->at;
	while (r->at < r->end && *r->at && bind_conf_is_word_byte(r))
		r->at++;
	r->word = arena_text(r->conf->arena, start, (size_t)(r->at - start));
	r->token = BIND_WORD;
}

static bool bind_conf_is_mark(const struct bind_reader *r, char mark)
{
	return r->token == BIND_MARK && r->mark == mark;
}

static bool bind_conf_read_list(struct bind_reader *r, struct bind_statement ***end);

static struct bind_item *bind_conf_item(struct bind_reader *r)
{
	if (++r->conf->items > BIND_CONF_ITEMS_MAX) {
		bind_conf_fail(r, r->word_line, "more than 8000000 words");
		return NULL;
	}
	return arena_zero(r->conf->arena, sizeof(struct bind_item));
}

static bool bind_conf_read_block(struct bind_reader *r, struct bind_item *item)
{
	struct bind_statement **end = &item->block;
	unsigned line = r->word_line;
	if (++r->depth > BIND_CONF_DEPTH_MAX)
		return bind_conf_fail(r, r->word_line, "more than 64 blocks in one another");
	bind_conf_next(r);
	if (!bind_conf_read_list(r, &end))
		return false;
	if (!bind_conf_is_mark(r, '}'))
		return bind_conf_fail(r, line, "`{` without `}`");
	r->depth--;
	bind_conf_next(r);
	return true;
}

/* The words and blocks of a statement, up to its semicolon. */
static bool bind_conf_read_items(struct bind_reader *r, struct bind_statement *statement)
{
	struct bind_item **end = &statement->items;
	while (!bind_conf_is_mark(r, ';')) {
		if (r->token == BIND_END || bind_conf_is_mark(r, '}'))
			return bind_conf_fail(r, r->word_line, "`;` is missing");
		struct bind_item *item = bind_conf_item(r);
		if (!item || r->token == BIND_BAD)
			return false;
		*end = item;
		end = &item->next;
		if (bind_conf_is_mark(r, '{')) {
			if (!bind_conf_read_block(r, item))
				return false;
			continue;
		}
		item->word = r->word;
		item->is_quoted = r->token == BIND_QUOTED;
		bind_conf_next(r);
	}
	bind_conf_next(r);
	return !r->problem;
}

/* The statements of a file that is included, in the place of the statement that names it. */
static bool bind_conf_read_include(struct bind_reader *r, const struct bind_statement *statement,
				   struct bind_statement ***end)
{
	size_t len;
	const char *path, *name = bind_statement_arg(statement, 1);
	struct bind_conf *conf = r->conf;
	if (!name || !conf->include)
		return false;
	if (++conf->files > BIND_CONF_FILES_MAX || r->depth >= BIND_CONF_DEPTH_MAX) {
		bind_conf_fail(r, statement->line, "too many files, or files in one another");
		return true;
	}
	const char *text = conf->include(conf->context, name, &len, &path);
	if (!text)
		return false;
	struct bind_reader inner = {.conf = conf,
				    .file = path,
				    .at = text,
				    .end = text + len,
				    .line = 1,
				    .depth = r->depth + 1,
				    .error = r->error};
	bind_conf_next(&inner);
	if (bind_conf_read_list(&inner, end) && inner.token != BIND_END)
		bind_conf_fail(&inner, inner.word_line, "`}` without `{`");
	if (inner.problem) {
		r->problem = inner.problem;
		r->token = BIND_BAD;
	}
	return true;
}

static bool bind_conf_read_list(struct bind_reader *r, struct bind_statement ***end)
{
	while (!r->problem && r->token != BIND_END && !bind_conf_is_mark(r, '}')) {
		if (bind_conf_is_mark(r, ';')) {
			bind_conf_next(r);
			continue;
		}
		struct bind_statement *statement = arena_zero(r->conf->arena, sizeof *statement);
		statement->file = r->file;
		statement->line = r->word_line;
		if (!bind_conf_read_items(r, statement))
			return false;
		if (strcasecmp(bind_statement_word(statement), "include") == 0 &&
		    bind_conf_read_include(r, statement, end))
			continue;
		**end = statement;
		*end = &statement->next;
	}
	return !r->problem;
}

bool bind_conf_read(struct bind_conf *conf, const char *file, const char *text, size_t len,
		    char error[BIND_CONF_ERROR_MAX])
{
	struct bind_statement **end = &conf->first;
	struct bind_reader r = {.conf = conf,
				.file = arena_text(conf->arena, file, strlen(file)),
				.at = text,
				.end = text + len,
				.line = 1,
				.error = error};
	conf->first = NULL;
	bind_conf_next(&r);
	if (bind_conf_read_list(&r, &end) && r.token != BIND_END)
		bind_conf_fail(&r, r.word_line, "`}` without `{`");
	return !r.problem;
}

/* --- what was read */

const struct bind_item *bind_statement_item(const struct bind_statement *statement, unsigned index)
{
	const struct bind_item *item = statement->items;
	while (item && index--)
		item = item->next;
	return item;
}

const char *bind_statement_arg(const struct bind_statement *statement, unsigned index)
{
	const struct bind_item *item = bind_statement_item(statement, index);
	return item ? item->word : NULL;
}

const char *bind_statement_word(const struct bind_statement *statement)
{
	const char *word = bind_statement_arg(statement, 0);
	return word ? word : "";
}

struct bind_statement *bind_statement_block(const struct bind_statement *statement, bool *found)
{
	const struct bind_item *item = statement->items;
	while (item && item->word)
		item = item->next;
	*found = item != NULL;
	return item ? item->block : NULL;
}

const struct bind_statement *bind_statement_find(const struct bind_statement *list,
						 const char *word)
{
	const struct bind_statement *found = NULL;
	for (; list; list = list->next)
		if (strcasecmp(bind_statement_word(list), word) == 0)
			found = list;
	return found;
}

static void bind_statement_print(const struct bind_statement *statement, FILE *out)
{
	bool hides = false;
	for (const struct bind_item *item = statement->items; item; item = item->next) {
		if (ftell(out) > BIND_TEXT_MAX)
			return;
		if (item != statement->items)
			putc(' ', out);
		if (item->word) {
			const char *quote = item->is_quoted ? "\"" : "";
			fprintf(out, "%s%s%s", quote, hides ? "..." : item->word, quote);
			hides = strcasecmp(item->word, "secret") == 0;
			continue;
		}
		fputs("{", out);
		for (const struct bind_statement *one = item->block; one; one = one->next) {
			putc(' ', out);
			bind_statement_print(one, out);
			putc(';', out);
			if (ftell(out) > BIND_TEXT_MAX)
				break;
		}
		fputs(" }", out);
	}
}

const char *bind_statement_text(const struct bind_statement *statement, struct arena *arena)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		abort();
	bind_statement_print(statement, out);
	if (fclose(out) != 0)
		abort();
	bool is_long = len > BIND_TEXT_MAX;
	const char *copy = arena_print(arena, "%.*s%s", is_long ? BIND_TEXT_MAX : (int)len, text,
				       is_long ? " ..." : "");
	free(text);
	return copy;
}

/* --- from the normal form to the files */

/* A prefix of one address is written with its bits in the normal form alone. */
static const char *bind_locate_word(const char *word, struct arena *arena)
{
	size_t len = strlen(word);
	bool is_v4 = len > 3 && strcmp(word + len - 3, "/32") == 0;
	bool is_v6 = len > 4 && strcmp(word + len - 4, "/128") == 0 && strchr(word, ':');
	if (is_v4 || is_v6)
		return arena_text(arena, word, len - (is_v4 ? 3 : 4));
	return word;
}

/* How many words they have in common at the beginning; 0: not even the first. All: 1000. */
static unsigned bind_locate_score(const struct bind_statement *a, const struct bind_statement *b,
				  struct arena *arena)
{
	const struct bind_item *x = a->items, *y = b->items;
	unsigned score = 0;
	for (; x && y; x = x->next, y = y->next, score++) {
		if (!x->word != !y->word)
			return score;
		if (x->word && strcasecmp(bind_locate_word(x->word, arena),
					  bind_locate_word(y->word, arena)) != 0)
			return score;
	}
	return x || y ? score : 1000;
}

/* A list that is nothing but names keeps its order; blocks have another one, in which most
 * statements follow the last one that was found. So it is looked for from there on. */
static const struct bind_statement *bind_locate_find(const struct bind_statement *one,
						     const struct bind_statement *written,
						     const struct bind_statement *after,
						     struct arena *arena)
{
	const struct bind_statement *best = NULL;
	unsigned best_score = 0;
	for (int round = 0; round < 2; round++) {
		const struct bind_statement *at = round == 0 ? after : written;
		for (; at && !(round == 1 && at == after); at = at->next) {
			unsigned score = bind_locate_score(one, at, arena);
			if (score == 1000)
				return at;
			if (score > best_score) {
				best = at;
				best_score = score;
			}
		}
	}
	return best;
}

void bind_statement_locate(struct bind_statement *normal, const struct bind_statement *written,
			   struct arena *arena)
{
	const struct bind_statement *after = written;
	for (; normal; normal = normal->next) {
		const struct bind_statement *found =
			bind_locate_find(normal, written, after, arena);
		if (!found)
			continue;
		normal->origin = found;
		normal->file = found->file;
		normal->line = found->line;
		after = found->next ? found->next : written;
		const struct bind_item *theirs = found->items;
		for (const struct bind_item *item = normal->items; item && theirs;
		     item = item->next, theirs = theirs->next)
			if (!item->word && !theirs->word)
				bind_statement_locate(item->block, theirs->block, arena);
	}
}
