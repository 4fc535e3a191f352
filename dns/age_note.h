/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a file says of a record besides its data: whether it ages, since when, whose it is. Two ways
 * to write it are read:
 *
 *      ; tenure owner=key:pc1 stamp=2026-01-05T09:00:00Z class=dynamic
 *                               the comment behind a record that `zone export` writes; other
 *                               servers do not see it
 *      [AGE:3725745]            before the TTL, as Windows writes zone files: whole hours since
 *                               1601-01-01 00:00 UTC (windows-dns.md A3); [Aging:N] is the same
 *
 * Owners are principals; who may be one is for others to say (acl/who.h). Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_age_class { DNS_AGE_UNSAID, DNS_AGE_STATIC, DNS_AGE_DYNAMIC, DNS_AGE_PINNED };

struct dns_age {
	enum dns_age_class class; /* UNSAID: nothing was said, and nothing else here counts */
	uint64_t stamp;           /* seconds since 1970 */
	const char *owner;        /* where it lies, `owner_len` bytes; NULL: not said */
	size_t owner_len;
};

/* The longest text of an owner that is worth reading. */
#define DNS_AGE_OWNER_MAX 600

/*
 * A comment, without its `;`. One that does not begin as ours says nothing: the class is UNSAID.
 * NULL, or what is wrong with one that does, and `*at` where.
 */
const char *dns_age_of_comment(const char *text, size_t len, struct dns_age *, size_t *at);

/* Whether a word of a zone file wants to be a note of Windows: it begins with `[`. */
bool dns_age_is_note(const char *word, size_t len);
/* NULL, or what is wrong with the note. Hour 0 is a static record. */
const char *dns_age_of_note(const char *word, size_t len, struct dns_age *);

/* Whole hours since 1601 to a record's age. False: before 1970, or beyond the year 9999. */
bool dns_age_of_hours(uint64_t hours, struct dns_age *);
