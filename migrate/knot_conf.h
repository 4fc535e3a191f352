/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The syntax of knot.conf, a part of YAML: sections that begin at the beginning of a line, in them
 * blocks of items, each with a value or a list of values. A block that begins with `- ` is one of
 * several, and its first item is its name.
 *
 *      server:                       a section with one block
 *          listen: 127.0.0.1@53
 *      zone:
 *        - domain: corp.example      a block of several
 *          acl: [ dhcp, "ns2" ]
 *      include: other.conf
 *
 * `#` begins a comment. What `knotc conf-export` writes has the same form. Bounded:
 * KNOT_CONF_ITEMS_MAX items and values, KNOT_CONF_DEPTH_MAX files in one another. Memory is the
 * arena's. One thread.
 */
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>

#define KNOT_CONF_ITEMS_MAX 4000000u
#define KNOT_CONF_DEPTH_MAX 16
#define KNOT_CONF_ERROR_MAX 1024

struct knot_value {
	struct knot_value *next;
	const char *text; /* without its quotes */
};

struct knot_item {
	struct knot_item *next;
	const char *name;
	const char *file;
	unsigned line;
	struct knot_value *values; /* NULL: none */
};

struct knot_block {
	struct knot_block *next;
	const char *section;
	const char *file;
	unsigned line;
	struct knot_item *items;
};

struct knot_conf {
	struct arena *arena;
	struct knot_block *first;
	/* The text of what `include` names, by calls of knot_conf_add; NULL: the statement becomes
	 * a block `include` with an item of that name. False: it cannot be read, the same. */
	bool (*include)(struct knot_conf *, void *context, const char *name, char *error);
	void *context;
	/* private */
	struct knot_block **end;
	size_t count;
	unsigned depth;
};

void knot_conf_begin(struct knot_conf *, struct arena *);
/* Adds a text. False: `error` is "file:line: what is wrong". */
bool knot_conf_add(struct knot_conf *, const char *file, const char *text, size_t len,
		   char error[KNOT_CONF_ERROR_MAX]);

/* The last item of that name in the block; NULL: none, or no block. */
const struct knot_item *knot_item_find(const struct knot_block *, const char *name);
/* The first value of that item; NULL. */
const char *knot_item_text(const struct knot_block *, const char *name);
/* The block's name, its first value; "". */
const char *knot_block_name(const struct knot_block *);
/* The block of the section with that name; a final dot makes no difference. NULL: none. */
const struct knot_block *knot_block_find(const struct knot_conf *, const char *section,
					 const char *name);

/* Gives the blocks and items of a normal form file and line of those that were written. */
void knot_conf_locate(struct knot_conf *normal, const struct knot_conf *written);

/* "update-owner: name", "acl: [dhcp, web]"; in the arena. A secret is left out. */
const char *knot_item_print(const struct knot_item *, struct arena *);
