/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads LDIF (RFC 2849), as ldapsearch and ldbsearch print entries of a directory: folded lines,
 * base64, CRLF, a mark of UTF-8, UTF-16 as PowerShell's `>` writes it. What is wrong with an entry
 * or a value is said with it, and reading goes on behind: one broken line does not hide the rest.
 *
 * Comments, referrals and the results of searches are no entries. They say whether the text is
 * whole: ldbsearch ends with the number of entries, ldapsearch without -LLL with that and a result.
 *
 * One reader, one text, one thread; memory grows with the largest entry, LDIF_ENTRY_MAX.
 */
#include "base/arena.h"
#include "base/bytes.h"

#define LDIF_ENTRY_MAX (64u << 20)

struct ldif_value {
	struct ldif_value *next; /* in the order of the text */
	const char *name;        /* without options, in the case of the text */
	const char *options;     /* behind the first `;`: "range=0-1499"; "": none */
	struct bytes value;      /* with a NUL behind it, and perhaps others in it */
	unsigned line;           /* where it begins, from 1 */
	const char *wrong;       /* why there is no value, a constant phrase; NULL: there is one */
};

/* Valid until the next entry is read. */
struct ldif_entry {
	const char *dn;
	unsigned line;
	struct ldif_value *values;
	const char *wrong; /* the first line that is no value, a constant phrase; NULL: none */
	unsigned wrong_line;
};

struct ldif {
	const char *wrong; /* with the text as a whole, a constant phrase, when it was read */
	unsigned wrong_line;
	size_t entries; /* that were read */
	/* private */
	const char *at, *end;
	char *converted; /* from UTF-16 */
	unsigned line;   /* of the next line */
	struct arena arena;
	size_t said;     /* by the text itself, how many entries it has */
	bool says_count; /* it does */
	bool is_counted; /* ldbsearch numbers records, and has not said yet how many there are */
	bool is_partial; /* a result other than success */
};

/* Ended by ldif_close. The text must stay. */
void ldif_open(struct ldif *, const char *text, size_t len);
void ldif_close(struct ldif *);

/* The next entry. False: there is no more, and `wrong` says whether some are missing. */
bool ldif_next(struct ldif *, struct ldif_entry *);

/* The first value of a name in any case; the next one of the same name. NULL: none. */
const struct ldif_value *ldif_find(const struct ldif_entry *, const char *name);
const struct ldif_value *ldif_find_next(const struct ldif_value *);

/* Whether a value, without regard to its case, is this text. */
bool ldif_is(const struct ldif_value *, const char *text);
