/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/naptr.h"
#include <string.h>

/* POSIX: RE_DUP_MAX. */
#define REPEAT_MAX 255

struct regexp {
	struct bytes_in in;
	uint8_t delimiter;
	unsigned open, groups;
	bool has_atom;        /* something that may be repeated */
	bool has_alternative; /* something since the last `(` or `|` */
	bool is_behind_bar;
};

static bool regexp_peek(const struct regexp *r, uint8_t *c)
{
	if (bytes_in_left(&r->in) == 0)
		return false;
	*c = *r->in.at;
	return true;
}

/* The next byte, when it is this one. */
static bool regexp_take(struct regexp *r, uint8_t wanted)
{
	uint8_t c;
	if (!regexp_peek(r, &c) || c != wanted)
		return false;
	bytes_in_u8(&r->in);
	return true;
}

/* `[:alpha:]`, `[.x.]`, `[=x=]`: behind the bracket and its mark. */
static bool regexp_skip_class(struct regexp *r, uint8_t mark)
{
	uint8_t c, last = 0;
	size_t len = 0;
	for (; regexp_peek(r, &c) && c != r->delimiter; len++, last = c) {
		bytes_in_u8(&r->in);
		if (c == ']' && last == mark)
			return len > 1;
	}
	return false;
}

/* Behind `[`. A `]` that comes first is a member. */
static bool regexp_skip_bracket(struct regexp *r)
{
	uint8_t c;
	regexp_take(r, '^');
	for (bool is_first = true; regexp_peek(r, &c) && c != r->delimiter; is_first = false) {
		bytes_in_u8(&r->in);
		if (c == ']' && !is_first)
			return true;
		uint8_t mark;
		if (c == '[' && regexp_peek(r, &mark) &&
		    (mark == ':' || mark == '.' || mark == '=')) {
			bytes_in_u8(&r->in);
			if (!regexp_skip_class(r, mark))
				return false;
		}
	}
	return false;
}

static bool regexp_number(struct regexp *r, unsigned *number)
{
	uint8_t c;
	bool has_digits = false;
	for (*number = 0; regexp_peek(r, &c) && c >= '0' && c <= '9'; has_digits = true) {
		*number = *number * 10 + (c - '0');
		if (*number > REPEAT_MAX)
			return false;
		bytes_in_u8(&r->in);
	}
	return has_digits;
}

/* Behind `{`: `3}`, `3,}`, `3,5}`. */
static bool regexp_skip_bound(struct regexp *r)
{
	unsigned low, high;
	if (!regexp_number(r, &low))
		return false;
	if (regexp_take(r, '}'))
		return true;
	if (r->delimiter == ',' || !regexp_take(r, ','))
		return false;
	if (regexp_take(r, '}'))
		return true;
	return regexp_number(r, &high) && high >= low && regexp_take(r, '}');
}

/* A brace that no number follows stands for itself. */
static bool regexp_is_bound(const struct regexp *r)
{
	uint8_t c;
	return regexp_peek(r, &c) && c >= '0' && c <= '9';
}

static const char *regexp_repeat(struct regexp *r, uint8_t c)
{
	if (c == '{' && !regexp_is_bound(r)) {
		r->has_atom = r->has_alternative = true;
		return NULL;
	}
	if (!r->has_atom)
		return "a repetition of nothing in the regular expression";
	r->has_atom = false;
	if (c == '{' && !regexp_skip_bound(r))
		return "a repetition that is not {N}, {N,} or {N,M} in the regular expression";
	return NULL;
}

static const char *regexp_group(struct regexp *r, uint8_t c)
{
	if (c == '(') {
		r->open++;
		r->groups++;
		r->has_atom = r->has_alternative = false;
		return NULL;
	}
	/* Without its ( it stands for itself. */
	if (r->open > 0 && r->is_behind_bar)
		return "an empty alternative in the regular expression";
	r->open -= r->open > 0;
	r->has_atom = r->has_alternative = true;
	return NULL;
}

static const char *regexp_escape(struct regexp *r)
{
	uint8_t c = bytes_in_u8(&r->in);
	if (c >= '1' && c <= '9' && c - '0' > (int)r->groups)
		return "the regular expression names a group that it has not";
	r->has_atom = r->has_alternative = true;
	return NULL;
}

static const char *regexp_step(struct regexp *r, uint8_t c)
{
	switch (c) {
	case '\\':
		return regexp_escape(r);
	case '[':
		r->has_atom = r->has_alternative = true;
		return regexp_skip_bracket(r) ? NULL
					      : "a [ without its ] in the regular expression";
	case '(':
	case ')':
		return regexp_group(r, c);
	case '|':
		if (!r->has_alternative)
			return "an empty alternative in the regular expression";
		r->has_atom = r->has_alternative = false;
		return NULL;
	case '*':
	case '+':
	case '?':
	case '{':
		return regexp_repeat(r, c);
	default:
		r->has_atom = c != '^' && c != '$';
		r->has_alternative = true;
		return NULL;
	}
}

static const char *regexp_end(const struct regexp *r)
{
	if (!r->has_alternative)
		return "an empty alternative in the regular expression";
	return r->open ? "a ( without its ) in the regular expression" : NULL;
}

/* Up to the delimiter, which is taken. */
static const char *regexp_skip(struct regexp *r)
{
	const char *fault = NULL;
	while (!fault) {
		if (regexp_take(r, r->delimiter))
			return regexp_end(r);
		uint8_t c = bytes_in_u8(&r->in);
		if (r->in.bad)
			return "the regular expression does not end with its delimiter";
		fault = regexp_step(r, c);
		r->is_behind_bar = c == '|';
	}
	return fault;
}

/* The replacement: `\1` to `\9` stand for groups. */
static const char *regexp_skip_replacement(struct regexp *r)
{
	while (!regexp_take(r, r->delimiter)) {
		uint8_t c = bytes_in_u8(&r->in);
		if (c == '\\') {
			c = bytes_in_u8(&r->in);
			if (c >= '0' && c <= '9' && (c == '0' || c - '0' > (int)r->groups))
				return "the replacement names a group that the expression has not";
		}
		if (r->in.bad)
			return "the replacement does not end with its delimiter";
	}
	return NULL;
}

const char *dns_naptr_regexp_fault(struct bytes text)
{
	struct regexp r = {.in = bytes_in_of(text.data, text.len)};
	if (memchr(text.data, 0, text.len))
		return "a byte 0 in the regular expression";
	r.delimiter = bytes_in_u8(&r.in);
	if (r.delimiter == '\\' || r.delimiter == 'i' || (r.delimiter >= '0' && r.delimiter <= '9'))
		return "the regular expression has no delimiter";
	const char *fault = regexp_skip(&r);
	if (!fault)
		fault = regexp_skip_replacement(&r);
	if (fault)
		return fault;
	while (regexp_take(&r, 'i'))
		;
	return bytes_in_left(&r.in) ? "a flag that is not i behind the replacement" : NULL;
}
