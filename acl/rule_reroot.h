/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The rules of a zone for the same zone under another name: names behind `at` and `under` that are
 * written out get the new ending; relative ones are right as they are. Principals, patterns and
 * comments stay. Pure.
 */
#include "base/arena.h"
#include "dns/name.h"

/* The text in the arena; `*count` is how many names were changed. */
const char *rule_reroot(const char *text, const struct dns_name *from, const struct dns_name *to,
			struct arena *, size_t *count);
