/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A file in YAML as a tree of nodes, each with its place, and a list of what is wrong with it. What
 * a site's file does not need is refused: aliases and anchors, tags, a second document, keys that
 * are no single words. Text, depth and number of nodes are bounded. One thread.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define SITE_YAML_TEXT_MAX  (16u << 20)
#define SITE_YAML_DEPTH_MAX 8
#define SITE_YAML_NODES_MAX 1000000
#define SITE_FAULTS_MAX     20
#define SITE_FAULT_MAX      1024

enum site_kind { SITE_SCALAR, SITE_MAP, SITE_LIST };

/* Where something stands; lines and columns count from 1, columns in characters. */
struct site_place {
	const char *file;
	size_t line, column; /* column 0: not known */
};

struct site_node {
	enum site_kind kind;
	size_t line, column;
	/* Of a scalar. */
	const char *text; /* ended by a NUL, and without others */
	bool is_plain;    /* neither quoted nor a block */
	bool is_literal;  /* a block whose lines are those of the text */
	size_t indent;    /* of such a block's lines */
	/* Of a map its values, of a list its items. */
	struct site_node *first, *next;
	const struct site_node *key; /* of a map's value */
	size_t count;
};

struct site_yaml {
	const char *name; /* of the file, in what is wrong */
	struct arena *arena;
	struct site_node *root; /* NULL: there is none */
	/* What is wrong: "FILE:LINE:COLUMN: ...", the first SITE_FAULTS_MAX of them. */
	const char *fault[SITE_FAULTS_MAX];
	size_t fault_count, node_count;
	/* private */
	struct bytes source;
	const char *at; /* the beginning of a line of it */
	size_t at_line;
};

/* Reads a text. `name` and `arena` are set before, and must remain valid, as must the text. False:
 * something is wrong, and was added to the faults. */
bool site_yaml_read(struct site_yaml *, struct bytes text);

/* Adds a fault at a place; one without a line stands for the whole file. Control characters are
 * shown as `?`. */
void site_fault(struct site_yaml *, const struct site_place *, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Where the node stands, and where what is at `line` and `column` of its text does (from 1; 0: not
 * known). */
struct site_place site_place_of(const struct site_yaml *, const struct site_node *);
struct site_place site_place_in(const struct site_yaml *, const struct site_node *, size_t line,
				size_t column);

/* "a single value", "a list", "a group of fields", "nothing". */
const char *site_kind_text(const struct site_node *);

/* The value of a field of a map; NULL: there is none, or the node is no map. */
const struct site_node *site_find(const struct site_node *, const char *key);
/* An item of a list; NULL: there is none. */
const struct site_node *site_item(const struct site_node *, size_t index);
