/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Patterns of principals in rules and groups: a text that is a principal, or has `*` in it.
 *
 *      gss:host/web1.corp.example@CORP.EXAMPLE     one principal
 *      gss:*$@CORP.EXAMPLE                         `*`: any run of characters
 *      key:kea-*
 *
 * In a Kerberos name `*` stays in its component (it takes no `/` and no `@`), and the realm is
 * written out: it is compared byte for byte. Where Kerberos names a host (what stands behind the
 * first `/`, or all of MACHINE$) letters' case does not count. In a key's name `*` takes dots too.
 *
 * Pure; any thread.
 */
#include "acl/who.h"

#define PATTERN_STARS_MAX 8

/*
 * Checks a text of `len` bytes and writes its canonical form. NULL, or what is wrong with it (a
 * constant phrase).
 */
const char *pattern_parse(char out[WHO_TEXT_MAX], const char *text, size_t len);

/* Whether the pattern, as pattern_parse wrote it, matches the text of a principal. */
bool pattern_matches(const char *pattern, const char *principal);

bool pattern_is_single(const char *pattern);

/* Whether a principal may exist that matches both. It may also return true if there is none. */
bool pattern_overlaps(const char *a, const char *b);

/* Whether `a` matches all that `b` matches. It may also return false if it does. */
bool pattern_covers(const char *a, const char *b);
