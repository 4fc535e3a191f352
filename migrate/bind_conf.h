/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The syntax of named.conf: statements that end in a semicolon, of words, quoted words and blocks
 * of statements.
 *
 *      zone "corp.example" IN { type primary; update-policy { grant kea1 zonesub A; }; };
 *
 * Comments of C, C++ and shell may stand anywhere. `include "FILE";` is followed where the caller
 * gives a function for that. What the words mean is migrate/bind.c's. Bounded: BIND_CONF_DEPTH_MAX
 * blocks in one another, BIND_CONF_ITEMS_MAX items, BIND_CONF_FILES_MAX files. Memory is the
 * arena's. One thread.
 */
#include "base/arena.h"
#include "base/bytes.h"

#define BIND_CONF_DEPTH_MAX 64
#define BIND_CONF_ITEMS_MAX 8000000u
#define BIND_CONF_FILES_MAX 10000u
#define BIND_CONF_ERROR_MAX 1024

struct bind_statement;

/* A word, or a block. */
struct bind_item {
	struct bind_item *next;
	const char *word; /* without quotes and escapes; NULL: a block */
	bool is_quoted;
	struct bind_statement *block; /* its first statement; NULL: an empty one */
};

struct bind_statement {
	struct bind_statement *next;
	const struct bind_statement *origin; /* the same in the files that people wrote; NULL */
	const char *file;
	unsigned line;           /* where it begins, from 1 */
	struct bind_item *items; /* never NULL */
};

struct bind_conf {
	struct arena *arena;
	struct bind_statement *first;
	/* Reads what `include` names, as it stands there, for bind_conf_read. NULL: it cannot, and
	 * the statement stays. The text must stay; `*path` is what the file is called. */
	const char *(*include)(void *context, const char *name, size_t *len, const char **path);
	void *context;
	/* private */
	size_t items, files;
};

/* Reads a text; `file` is its name in places. False: `error` is "file:line: what is wrong". */
bool bind_conf_read(struct bind_conf *, const char *file, const char *text, size_t len,
		    char error[BIND_CONF_ERROR_MAX]);

/* The first word of a statement; "": it begins with a block. */
const char *bind_statement_word(const struct bind_statement *);
/* The item behind the first ones, from 0; NULL: there are not so many. */
const struct bind_item *bind_statement_item(const struct bind_statement *, unsigned index);
/* That item's word; NULL: it is a block, or there is none. */
const char *bind_statement_arg(const struct bind_statement *, unsigned index);
/* The first block of a statement; `*found` whether there is one. */
struct bind_statement *bind_statement_block(const struct bind_statement *, bool *found);
/* The last statement of a list that begins with this word; NULL. */
const struct bind_statement *bind_statement_find(const struct bind_statement *, const char *word);

/* Finds each statement of a normal form (`named-checkconf -p`) among those of the files that it was
 * made of, and gives it their file and line. What is not found keeps its own. */
void bind_statement_locate(struct bind_statement *normal, const struct bind_statement *written,
			   struct arena *);

/* The statement as one line, blocks too, cut short beyond some length; words behind `secret` are
 * left out. In the arena. */
const char *bind_statement_text(const struct bind_statement *, struct arena *);
