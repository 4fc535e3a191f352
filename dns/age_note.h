/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Age notes: class, stamp and owner of a record in a zone file. Two forms are read:
 *
 *      ; tenure owner=key:pc1 stamp=2026-01-05T09:00:00Z class=dynamic
 *                               the comment behind a record that `zone export` writes; other
 *                               servers do not see it
 *      [AGE:3725745]            before the TTL, as Windows writes zone files: whole hours since
 *                               1601-01-01 00:00 UTC ([MS-DNSP] 2.2.2.2.5); [Aging:N] is the same
 *
 * Owners are texts here; acl/who.h checks that they are principals. Pure; any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_age_class {
	DNS_AGE_UNSAID,
	DNS_AGE_STATIC,
	DNS_AGE_DYNAMIC,
	DNS_AGE_PINNED,
	DNS_AGE_DERIVED /* the server makes it again: not to be loaded */
};

struct dns_age {
	enum dns_age_class class; /* UNSAID: nothing was said, and nothing else here counts */
	uint64_t stamp;           /* seconds since 1970 */
	const char *owner;        /* where it lies, `owner_len` bytes; NULL: not said */
	size_t owner_len;
};

/* The longest text of an owner that is worth reading. */
#define DNS_AGE_OWNER_MAX 600

/*
 * Reads a comment, without its `;`. If it does not begin with `tenure`, the class is UNSAID.
 * Returns NULL, or what is wrong, a constant phrase, at the offset `*at`.
 */
const char *dns_age_of_comment(const char *text, size_t len, struct dns_age *, size_t *at);

/* Whether a word of a zone file begins as a note of Windows, with `[`. */
bool dns_age_is_note(const char *word, size_t len);
/* Reads a note. Hour 0 is a static record. Returns NULL, or what is wrong, a constant phrase. */
const char *dns_age_of_note(const char *word, size_t len, struct dns_age *);

/* Converts whole hours since 1601. False: that is before 1970, or after the year 9999. */
bool dns_age_of_hours(uint64_t hours, struct dns_age *);
