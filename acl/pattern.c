/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/pattern.h"
#include "dns/name.h"
#include <stdio.h>
#include <string.h>

#define KEY_PREFIX "key:"
#define GSS_PREFIX "gss:"
#define PREFIX_LEN 4

static bool pattern_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, PREFIX_LEN) == 0;
}

/* The `@` before the realm: the last one that Kerberos did not escape (RFC 1964 2.1.1). */
static const char *realm_at(const char *text)
{
	const char *at = NULL;
	for (const char *c = text; *c; c++) {
		if (*c == '\\' && c[1])
			c++;
		else if (*c == '@')
			at = c;
	}
	return at;
}

static size_t count_stars(const char *text)
{
	size_t stars = 0;
	for (; *text; text++)
		stars += *text == '*';
	return stars;
}

/* A key's name as who_parse writes it: lower case, one final dot taken off, no empty label. */
static const char *parse_key_pattern(char text[WHO_TEXT_MAX])
{
	bool is_label_empty = true;
	char *last_dot = NULL;
	for (char *c = text + PREFIX_LEN; *c; c++) {
		bool is_dot = *c == '.';
		if (is_dot && is_label_empty)
			return "an empty label in a key's name";
		is_label_empty = is_dot;
		last_dot = is_dot ? c : NULL;
		if (*c == '\\' && c[1])
			c++; /* a dot behind it is a letter */
		*c = (char)dns_lower((uint8_t)*c);
	}
	if (last_dot)
		*last_dot = '\0';
	return NULL;
}

static const char *parse_gss_pattern(const char *text)
{
	const char *at = realm_at(text + PREFIX_LEN);
	if (!at || at == text + PREFIX_LEN || !at[1])
		return "a Kerberos name without its @REALM";
	return strchr(at, '*') ? "a realm is written out, without '*'" : NULL;
}

static const char *parse_pattern(char text[WHO_TEXT_MAX])
{
	bool is_key = pattern_has_prefix(text, KEY_PREFIX);
	if (!is_key && !pattern_has_prefix(text, GSS_PREFIX))
		return "a pattern begins with key: or gss:";
	if (!text[PREFIX_LEN])
		return "nothing behind the colon";
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return "a pattern is of printable ASCII";
	if (count_stars(text) > PATTERN_STARS_MAX)
		return "more than 8 '*'";
	return is_key ? parse_key_pattern(text) : parse_gss_pattern(text);
}

const char *pattern_parse(char out[WHO_TEXT_MAX], const char *text, size_t len)
{
	struct who who;
	char copy[WHO_TEXT_MAX];
	if (len >= sizeof(copy))
		return "longer than a principal may be";
	if (memchr(text, '\0', len))
		return "white space or control characters";
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (strchr(copy, '*')) {
		const char *problem = parse_pattern(copy);
		if (!problem)
			memcpy(out, copy, sizeof(copy));
		return problem;
	}
	const char *problem = who_parse(&who, copy);
	if (problem)
		return problem;
	if (!who_is_authenticated(&who))
		return "not a key and not a Kerberos principal";
	if (who.kind == WHO_GSS && !realm_at(who.text + PREFIX_LEN))
		return "a Kerberos name without its @REALM";
	memcpy(out, who.text, sizeof(who.text));
	return NULL;
}

static bool pattern_is_same(char a, char b, bool folds)
{
	return a == b || (folds && dns_lower((uint8_t)a) == dns_lower((uint8_t)b));
}

/* A run of letters to be matched: what may stand for `*`, and from where case does not count. */
struct run {
	const char *text;
	size_t len, folds_from;
	bool is_kerberos;
};

static bool may_star_take(const struct run *run, char c)
{
	return !run->is_kerberos || (c != '/' && c != '@');
}

/* The classic walk with one way back: to the last star. */
static bool pattern_glob(const char *pattern, size_t pattern_len, const struct run *run)
{
	size_t p = 0, t = 0, back_p = 0, back_t = 0;
	bool has_back = false;
	while (t < run->len) {
		if (p < pattern_len && pattern[p] == '*') {
			back_p = ++p;
			back_t = t;
			has_back = true;
		} else if (p < pattern_len &&
			   pattern_is_same(pattern[p], run->text[t], t >= run->folds_from)) {
			p++;
			t++;
		} else if (has_back && may_star_take(run, run->text[back_t])) {
			t = ++back_t;
			p = back_p;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}

/* Where Kerberos names a host. */
static size_t folds_from(const char *name, size_t len)
{
	const char *slash = memchr(name, '/', len);
	if (slash)
		return (size_t)(slash - name);
	return len > 0 && name[len - 1] == '$' ? 0 : len;
}

bool pattern_matches(const char *pattern, const char *principal)
{
	if (strncmp(pattern, principal, PREFIX_LEN) != 0)
		return false;
	const char *p = pattern + PREFIX_LEN, *t = principal + PREFIX_LEN;
	if (pattern_has_prefix(pattern, KEY_PREFIX))
		return pattern_glob(p, strlen(p), &(struct run){t, strlen(t), strlen(t), false});
	if (!pattern_has_prefix(pattern, GSS_PREFIX))
		return strcmp(p, t) == 0;
	const char *p_at = realm_at(p), *t_at = realm_at(t);
	if (!p_at || !t_at || strcmp(p_at, t_at) != 0)
		return false;
	struct run run = {.text = t, .len = (size_t)(t_at - t), .is_kerberos = true};
	run.folds_from = folds_from(run.text, run.len);
	return pattern_glob(p, (size_t)(p_at - p), &run);
}

bool pattern_is_single(const char *pattern)
{
	return !strchr(pattern, '*');
}

/* One cell of the table of pattern_overlaps: whether a[i..] and b[j..] have a text in common, by
 * the cells that need less. `next` is the row of i + 1. */
static bool pattern_meets(const char *a, const char *b, const bool *row, const bool *next, size_t j,
			  bool is_kerberos)
{
	struct run any = {.is_kerberos = is_kerberos};
	if (!*a && !b[j])
		return true;
	if (*a == '*' && (next[j] || (b[j] && may_star_take(&any, b[j]) && row[j + 1])))
		return true;
	if (b[j] == '*' && (row[j + 1] || (*a && may_star_take(&any, *a) && next[j])))
		return true;
	return *a && b[j] && pattern_is_same(*a, b[j], true) && next[j + 1];
}

bool pattern_overlaps(const char *a, const char *b)
{
	bool rows[2][WHO_TEXT_MAX + 1] = {{false}};
	bool is_kerberos = pattern_has_prefix(a, GSS_PREFIX);
	size_t a_len = strlen(a), b_len = strlen(b);
	for (size_t i = a_len + 1; i-- > 0;) {
		bool *row = rows[i % 2], *next = rows[(i + 1) % 2];
		row[b_len + 1] = false;
		for (size_t j = b_len + 1; j-- > 0;)
			row[j] = pattern_meets(a + i, b, row, next, j, is_kerberos);
	}
	return rows[0][0];
}

bool pattern_covers(const char *a, const char *b)
{
	/* A star of `b` is a letter to `a`: only a star takes it. */
	return pattern_matches(a, b);
}
