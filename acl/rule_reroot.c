/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rule_reroot.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool rule_reroot_is(const char *word, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(word, text, len) == 0;
}

/* The name as it would be, if it is written out. */
static bool rule_reroot_name(const char *word, size_t len, const struct dns_name *from,
			     const struct dns_name *to, char shown[DNS_NAME_TEXT_MAX])
{
	struct dns_name name, root = dns_name_root();
	if (!memchr(word, '.', len) || dns_name_parse(&name, word, len, &root) ||
	    !dns_name_under(&name, from))
		return false;
	if (dns_name_equal(&name, from))
		name = *to;
	else if (!dns_name_replace(&name, &name, from, to))
		return false;
	if (word[len - 1] == '.')
		dns_name_print(&name, shown);
	else
		dns_name_show(&name, shown);
	return true;
}

/* A word, and the blanks before it. */
static const char *rule_reroot_word(FILE *out, const char *at, size_t *len)
{
	size_t blank = strspn(at, " \t\r");
	fwrite(at, 1, blank, out);
	at += blank;
	*len = strcspn(at, " \t\r\n#");
	return at;
}

static const char *rule_reroot_line(FILE *out, const char *at, const struct dns_name *from,
				    const struct dns_name *to, size_t *count)
{
	char shown[DNS_NAME_TEXT_MAX];
	bool is_place = false;
	size_t len;
	for (;; at += len) {
		at = rule_reroot_word(out, at, &len);
		if (len == 0)
			break;
		if (is_place && rule_reroot_name(at, len, from, to, shown)) {
			fputs(shown, out);
			++*count;
		} else {
			fwrite(at, 1, len, out);
		}
		is_place = rule_reroot_is(at, len, "at") || rule_reroot_is(at, len, "under");
	}
	len = strcspn(at, "\n");
	len += at[len] == '\n';
	fwrite(at, 1, len, out);
	return at + len;
}

const char *rule_reroot(const char *text, const struct dns_name *from, const struct dns_name *to,
			struct arena *arena, size_t *count)
{
	char *copy = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&copy, &len);
	*count = 0;
	if (!out)
		abort();
	while (*text)
		text = rule_reroot_line(out, text, from, to, count);
	fclose(out);
	const char *result = arena_text(arena, copy, len);
	free(copy);
	return result;
}
