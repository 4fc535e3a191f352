/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the reader of BIND's configuration is made of:
 *
 *      bind.c          the file, by named-checkconf and as it was written; options, views, keys
 *      bind_acl.c      address match lists
 *      bind_policy.c   update-policy
 *      bind_rules.c    address match lists as rules; who is notified
 *      bind_zone.c     a zone statement
 *      bind_content.c  the records, by named-compilezone, and the journal
 *
 * One thread; memory is the site's.
 */
#include "migrate/bind_conf.h"
#include "migrate/prefix_set.h"
#include "migrate/source.h"
#include "migrate/tool.h"

struct bind {
	struct site *site;
	const struct source *source;
	struct bind_statement *top;           /* all statements */
	const struct bind_statement *options; /* the block's first statement; NULL */
	const struct bind_statement *view;    /* that of the view that is taken; NULL: no views */
	const struct bind_statement *view_options; /* what stands in it but for its zones */
	const struct bind_list *view_clients;      /* whom it is for; NULL: everybody */
	bool loses_view;                           /* it is for some destinations alone */
	const char *directory; /* of options; NULL: the configuration's own folder */
	const char *folder;    /* the configuration's */
	char compile[TOOL_PATH_MAX], journal[TOOL_PATH_MAX]; /* "": there is no such program */
	/* How the records of a zone are read: bind_content; tests give their own. */
	bool (*content)(struct bind *, struct site_zone *, const struct bind_statement *zone);
};

/* Takes what `top` says, all of it. False: `error` says why nothing can be taken. */
bool bind_take(struct bind *, char error[SITE_ERROR_MAX]);

/* Where a statement stands; `what` as in struct site_place. */
struct site_place bind_place(const struct bind_statement *, const char *what);
/* Its text, as it was written. */
const char *bind_text(struct bind *, const struct bind_statement *);

/* --- address match lists */

enum bind_match_kind { BIND_MATCH_PREFIX, BIND_MATCH_KEY, BIND_MATCH_LIST };

struct bind_match {
	struct bind_match *next;
	const struct bind_statement *statement;
	bool is_negative;
	enum bind_match_kind kind;
	bool is_any; /* one of both prefixes that `any` comes to */
	struct prefix prefix;
	const char *key;         /* canonical, no final dot */
	struct bind_match *list; /* of an acl, or of a list in a list */
	const char *text;
};

struct bind_list {
	struct bind_match *first; /* in order; NULL: nothing matches */
	bool is_broken;           /* an exception in it is not understood: nothing may match */
};

/* Reads a list of the configuration, with the acls that it names. Elements that are not understood
 * are lost, with a line; where that is an exception, the list is broken. */
struct bind_list bind_list_read(struct bind *, const struct bind_statement *elements,
				const char *what);

/* The addresses from which the holder of the key, or of none (NULL), matches. */
struct prefix_set bind_list_set(const struct bind_match *, const char *key, struct arena *);
/* A list of `any`, in the place of a statement. */
struct bind_list bind_list_any(struct bind *, const struct bind_statement *);
/* Whether somebody with this key (NULL: with none) matches from everywhere. */
bool bind_list_is_any(const struct bind_list *, struct arena *);
/* The next key that the list names behind `after` (NULL: the first); NULL: no more. Each once. */
const char *bind_list_key(const struct bind_match *, const char *after, struct arena *);

/* --- rules */

/* What bounds requests besides the list, each NULL: nothing. BIND applies allow-query to updates,
 * too, and shows a view to those alone whom match-clients matches. */
struct bind_bound {
	const struct bind_list *list, *view;
};

/* A list that is turned over: of which statement, for which rights; `wider`: why its rules give
 * more than it does, or NULL. */
struct bind_turned {
	const struct bind_statement *statement;
	const struct bind_list *list;
	const char *rights, *wider;
};

/* The rules that a list comes to, in its order. True: some are for unsigned requests. */
bool bind_rules(struct bind *, struct site_zone *, const struct bind_turned *,
		const struct bind_bound *);

/* The rules of `update-policy { ... }`. */
void bind_policy(struct bind *, struct site_zone *, const struct bind_statement *,
		 const struct bind_bound *);
/* " from A,B" for the holder of a key (NULL: of none) under a bound; "": from anywhere; NULL: from
 * nowhere. */
const char *bind_bound_from(const struct bind_bound *, const char *key, struct arena *);

/* The value of the setting `notify` of what also-notify and notify say; NULL: none is notified. */
const char *bind_notify(struct bind *, struct site_zone *, const struct bind_statement *block);

/* The last statement of that word in the zone, its view, or the options. */
const struct bind_statement *bind_inherited(const struct bind *, const struct bind_statement *zone,
					    const char *word);

/* --- zones */

void bind_zone_read(struct bind *, const struct bind_statement *);
/* A zone that is not taken. */
void bind_zone_lose(struct bind *, const struct bind_statement *, const char *why,
		    const char *advice);
/* The records of the zone. False: they cannot be read, and that was said. */
bool bind_content(struct bind *, struct site_zone *, const struct bind_statement *block);

/* Says of a statement that nothing was made of it, by what it is. Of `recursion no` and the like,
 * that it holds here, too. */
void bind_say_statement(struct bind *, const struct bind_statement *, const char *what);
