/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/group.h"
#include "acl/pattern.h"
#include "acl/realm.h"
#include "acl/rule.h"
#include "acl/rule_words.h"
#include "base/nearest.h"
#include "dns/type.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60 /* bytes of a wrong word in an error */

struct word {
	const char *text;
	size_t len;
};

struct reader {
	const char *line, *at, *end;
	unsigned number;
	const struct dns_name *apex;
	struct arena *arena;
	struct rule_error *error;
};

__attribute__((format(printf, 3, 4))) static bool rule_parse_fail(struct reader *r, const char *at,
								  const char *format, ...)
{
	va_list list;
	va_start(list, format);
	r->error->line = r->number;
	r->error->column = (unsigned)(at - r->line) + 1;
	vsnprintf(r->error->text, sizeof(r->error->text), format, list);
	va_end(list);
	return false;
}

static int rule_parse_shown(struct word word)
{
	return (int)(word.len < SHOWN_MAX ? word.len : SHOWN_MAX);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A comment begins where a word could. */
static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
	if (r->at < r->end && *r->at == '#')
		r->at = r->end;
}

static struct word take_until(struct reader *r, char stop)
{
	struct word word = {.text = r->at};
	while (r->at < r->end && !is_blank(*r->at) && (!stop || *r->at != stop))
		r->at++;
	word.len = (size_t)(r->at - word.text);
	skip_blanks(r);
	return word;
}

static struct word rule_parse_take_word(struct reader *r)
{
	return take_until(r, '\0');
}

/* The next of a list; false: the list ended before it. */
static bool rule_parse_take_item(struct reader *r, struct word *item, bool is_first)
{
	if (!is_first) {
		if (r->at == r->end || *r->at != ',')
			return false;
		r->at++;
		skip_blanks(r);
	}
	*item = take_until(r, ',');
	return true;
}

static bool rule_parse_is_word(struct word word, const char *text)
{
	return strlen(text) == word.len && memcmp(text, word.text, word.len) == 0;
}

static bool rule_parse_unknown(struct reader *r, struct word word, const char *what,
			       const struct rule_word *table)
{
	char typed[SHOWN_MAX + 1];
	snprintf(typed, sizeof(typed), "%.*s", rule_parse_shown(word), word.text);
	struct nearest nearest = nearest_to(typed);
	for (; table->word; table++)
		nearest_try(&nearest, table->word);
	const char *meant = nearest_found(&nearest);
	if (word.len == 0)
		return rule_parse_fail(r, word.text, "expected %s", what);
	if (meant)
		return rule_parse_fail(r, word.text, "expected %s, found '%s': did you mean '%s'?",
				       what, typed, meant);
	return rule_parse_fail(r, word.text, "expected %s, found '%s'", what, typed);
}

static bool read_who(struct reader *r, struct rule_who *who)
{
	char text[WHO_TEXT_MAX], group[GROUP_NAME_MAX];
	struct word word = rule_parse_take_word(r);
	const char *problem = NULL;
	if (word.len == 0)
		return rule_parse_fail(
			r, word.text,
			"expected a principal, a pattern, @group, authenticated or anonymous");
	if (rule_parse_is_word(word, "authenticated") || rule_parse_is_word(word, "anonymous")) {
		who->kind =
			rule_parse_is_word(word, "anonymous") ? RULE_ANONYMOUS : RULE_AUTHENTICATED;
		who->text = who->kind == RULE_ANONYMOUS ? "anonymous" : "authenticated";
		return true;
	}
	if (*word.text == '@') {
		who->kind = RULE_GROUP;
		problem = group_name_parse(group, word.text, word.len);
		if (!problem)
			who->text = arena_text(r->arena, group, strlen(group));
	} else {
		who->kind = RULE_PATTERN;
		problem = pattern_parse(text, word.text, word.len);
		if (!problem)
			who->text = arena_text(r->arena, text, strlen(text));
	}
	int shown = rule_parse_shown(word);
	if (problem && *word.text != '@' && !memchr(word.text, ':', word.len) &&
	    !memchr(word.text, '*', word.len))
		return rule_parse_fail(r, word.text,
				       "'%.*s' is not authenticated, anonymous, a principal "
				       "(key:%.*s?) or a group (@%.*s?)",
				       shown, word.text, shown, word.text, shown, word.text);
	if (problem)
		return rule_parse_fail(r, word.text, "'%.*s': %s", rule_parse_shown(word),
				       word.text, problem);
	return true;
}

static bool read_rights(struct reader *r, struct rule *rule)
{
	struct word item;
	for (bool is_first = true; rule_parse_take_item(r, &item, is_first); is_first = false) {
		const struct rule_word *right = rule_word_find(rule_rights, item.text, item.len);
		if (!right)
			return rule_parse_unknown(r, item, "a right", rule_rights);
		if (rule->rights & right->value)
			return rule_parse_fail(r, item.text, "'%s' stands here twice", right->word);
		rule->rights |= right->value;
	}
	return true;
}

/* As people type names of a zone: `@`, relative, absolute with its dot, or ending in the zone's. */
static bool rule_parse_read_name(struct reader *r, struct dns_name *name)
{
	struct dns_name absolute;
	struct word word = rule_parse_take_word(r);
	const char *problem = "a name is missing";
	if (word.len > 0)
		problem = dns_name_parse(name, word.text, word.len, r->apex);
	bool has_dot = memchr(word.text, '.', word.len) != NULL;
	struct dns_name root = dns_name_root();
	if (has_dot && !dns_name_parse(&absolute, word.text, word.len, &root) &&
	    dns_name_under(&absolute, r->apex)) {
		*name = absolute;
		return true;
	}
	if (problem)
		return rule_parse_fail(r, word.text, "'%.*s': %s", rule_parse_shown(word),
				       word.text, problem);
	return true;
}

/* `self@OTHER.REALM`: the word before the realm. */
static struct word rule_parse_place(struct word word)
{
	const char *at = memchr(word.text, '@', word.len);
	return at ? (struct word){word.text, (size_t)(at - word.text)} : word;
}

static bool rule_parse_read_realm(struct reader *r, struct rule *rule, struct word word)
{
	size_t len = rule_parse_place(word).len;
	if (len == word.len)
		return true;
	if (rule->place != RULE_SELF && rule->place != RULE_SELF_UNDER &&
	    rule->place != RULE_PTR_OF_SELF)
		return rule_parse_fail(r, word.text + len,
				       "only self, self-under and ptr-of-self have a realm");
	rule->realm = arena_text(r->arena, word.text + len + 1, word.len - len - 1);
	const char *fault = realm_fault(rule->realm);
	return !fault ||
	       rule_parse_fail(r, word.text + len + 1, "'%.*s': %s", SHOWN_MAX, rule->realm, fault);
}

static bool read_place(struct reader *r, struct rule *rule, struct word word)
{
	struct word place = rule_parse_place(word);
	if (rule->place != RULE_ZONE)
		return rule_parse_fail(r, word.text,
				       "a rule says only once which names it is about");
	rule->place = rule_word_find(rule_places, place.text, place.len)->value;
	return rule_parse_read_realm(r, rule, word) &&
	       ((rule->place != RULE_AT && rule->place != RULE_UNDER) ||
		rule_parse_read_name(r, &rule->name));
}

static bool rule_parse_fail_type(struct reader *r, struct word item, size_t len)
{
	const char *meant = dns_type_meant(item.text, len);
	return rule_parse_fail(r, item.text, "'%.*s' is not a record type%s%s%s",
			       rule_parse_shown(item), item.text, meant ? ": did you mean '" : "",
			       meant ? meant : "", meant ? "'?" : "");
}

/* "A", "A(2)". */
static bool rule_parse_read_type(struct reader *r, struct word item, struct rule_type *type)
{
	const char *open = memchr(item.text, '(', item.len);
	size_t len = open ? (size_t)(open - item.text) : item.len;
	type->max = 0;
	if (!dns_type_parse(item.text, len, &type->type))
		return rule_parse_fail_type(r, item, len);
	if (dns_type_is_meta(type->type))
		return rule_parse_fail(r, item.text,
				       "%.*s is no type of records: without `types` a rule is "
				       "for every type",
				       (int)len, item.text);
	if (!open)
		return true;
	unsigned max = 0;
	const char *at = open + 1, *end = item.text + item.len;
	for (; at < end && *at >= '0' && *at <= '9' && max <= UINT16_MAX; at++)
		max = max * 10 + (unsigned)(*at - '0');
	if (max == 0 || max > UINT16_MAX || at + 1 != end || *at != ')')
		return rule_parse_fail(r, open,
				       "expected a number of records in brackets, as in A(2)");
	type->max = (uint16_t)max;
	return true;
}

static bool read_types(struct reader *r, struct rule *rule)
{
	struct rule_type types[RULE_TYPES_MAX];
	struct word item;
	size_t count = 0;
	if (rule->types_count > 0)
		return rule_parse_fail(r, r->at, "a rule has only one list of types");
	for (bool is_first = true; rule_parse_take_item(r, &item, is_first); is_first = false) {
		if (count == RULE_TYPES_MAX)
			return rule_parse_fail(r, item.text, "more than %d types", RULE_TYPES_MAX);
		if (!rule_parse_read_type(r, item, &types[count]))
			return false;
		for (size_t i = 0; i < count; i++)
			if (types[i].type == types[count].type)
				return rule_parse_fail(r, item.text, "'%.*s' stands here twice",
						       rule_parse_shown(item), item.text);
		count++;
	}
	rule->types = arena_copy(r->arena, types, count * sizeof(*types));
	rule->types_count = count;
	return true;
}

static bool rule_parse_read_class(struct reader *r, struct rule *rule)
{
	struct word word = rule_parse_take_word(r);
	const struct rule_word *class = rule_word_find(rule_classes, word.text, word.len);
	if (rule->has_class)
		return rule_parse_fail(r, word.text, "a rule has only one class");
	if (!class)
		return rule_parse_unknown(r, word, "dynamic, pinned or static", rule_classes);
	if (!rule->is_allow)
		return rule_parse_fail(r, word.text, "what is denied gets no class");
	rule->has_class = true;
	rule->class = class->value;
	return true;
}

static bool read_source(struct reader *r, struct word item, struct prefix *prefix)
{
	char text[ADDR_TEXT_MAX];
	if (item.len >= sizeof(text))
		return rule_parse_fail(r, item.text, "'%.*s' is not a prefix",
				       rule_parse_shown(item), item.text);
	memcpy(text, item.text, item.len);
	text[item.len] = '\0';
	const char *problem = prefix_parse(text, prefix);
	if (problem)
		return rule_parse_fail(r, item.text, "'%.*s': %s", rule_parse_shown(item),
				       item.text, problem);
	return true;
}

static bool read_sources(struct reader *r, struct rule *rule)
{
	struct prefix sources[RULE_SOURCES_MAX];
	struct word item;
	size_t count = 0;
	if (rule->sources_count > 0)
		return rule_parse_fail(r, r->at, "a rule has only one list of sources");
	for (bool is_first = true; rule_parse_take_item(r, &item, is_first); is_first = false) {
		if (count == RULE_SOURCES_MAX)
			return rule_parse_fail(r, item.text, "more than %d prefixes",
					       RULE_SOURCES_MAX);
		if (!read_source(r, item, &sources[count]))
			return false;
		count++;
	}
	rule->sources = arena_copy(r->arena, sources, count * sizeof(*sources));
	rule->sources_count = count;
	return true;
}

static bool read_over(struct reader *r, struct rule *rule, struct word word)
{
	if (rule->has_over)
		return rule_parse_fail(r, word.text, "a rule has only one `over`");
	if (!(rule->rights & RULE_TAKEOVER))
		return rule_parse_fail(r, word.text,
				       "`over` is of `takeover`, which this rule does not give");
	rule->has_over = true;
	return read_who(r, &rule->over);
}

static bool rule_parse_read_window(struct reader *r, struct rule *rule)
{
	struct word word = rule_parse_take_word(r);
	const char *problem = NULL;
	if (rule->window.is_given)
		return rule_parse_fail(r, word.text, "a rule has only one window");
	if (!rule->is_allow)
		return rule_parse_fail(r, word.text, "what is denied gets no window");
	if (!(rule->rights & (RULE_CLAIM | RULE_JOIN | RULE_TAKEOVER)))
		return rule_parse_fail(r, word.text,
				       "`window` is of `claim`, `join` and `takeover`, which this "
				       "rule does not give");
	problem = window_parse(&rule->window, word.text, word.len);
	return !problem || rule_parse_fail(r, word.text, "'%.*s': %s", rule_parse_shown(word),
					   word.text, problem);
}

static bool read_clause(struct reader *r, struct rule *rule)
{
	static const struct rule_word clauses[] = {
		{"at", 0},          {"under", 0},      {"self", 0},  {"self-under", 0},
		{"ptr-of-self", 0}, {"source-ptr", 0}, {"types", 0}, {"target-self", 0},
		{"class", 0},       {"from", 0},       {"over", 0},  {"window", 0},
		{NULL, 0},
	};
	struct word word = rule_parse_take_word(r);
	struct word place = rule_parse_place(word);
	if (rule_word_find(rule_places, place.text, place.len))
		return read_place(r, rule, word);
	if (rule_parse_is_word(word, "types"))
		return read_types(r, rule);
	if (rule_parse_is_word(word, "class"))
		return rule_parse_read_class(r, rule);
	if (rule_parse_is_word(word, "from"))
		return read_sources(r, rule);
	if (rule_parse_is_word(word, "over"))
		return read_over(r, rule, word);
	if (rule_parse_is_word(word, "window"))
		return rule_parse_read_window(r, rule);
	if (!rule_parse_is_word(word, "target-self"))
		return rule_parse_unknown(
			r, word, "at, under, self, types, class, from, over or window", clauses);
	if (rule->is_target_self)
		return rule_parse_fail(r, word.text, "'target-self' stands here twice");
	rule->is_target_self = true;
	return true;
}

/* Questions and transfers have no data that could point anywhere, and leave nothing behind: in a
 * line with rights of updates these clauses are of those. */
static bool rule_parse_check_rule(struct reader *r, const struct rule *rule)
{
	bool is_update = (rule->rights & RULE_UPDATES) != 0;
	bool asks = (rule->rights & ~RULE_UPDATES) != 0;
	if (!is_update && (rule->is_target_self || rule->has_class))
		return rule_parse_fail(r, r->line, "`target-self` and `class` are of updates");
	if (asks && rule->place >= RULE_PTR_OF_SELF)
		return rule_parse_fail(r, r->line,
				       "`ptr-of-self` and `source-ptr` are of updates alone");
	if ((rule->rights & RULE_TRANSFER) && (rule->place != RULE_ZONE || rule->types_count > 0))
		return rule_parse_fail(r, r->line, "`transfer` is for the whole zone");
	return true;
}

static bool read_rule(struct reader *r, struct rule *rule)
{
	static const struct rule_word verbs[] = {{"allow", 1}, {"deny", 0}, {NULL, 0}};
	struct word word = rule_parse_take_word(r);
	const struct rule_word *verb = rule_word_find(verbs, word.text, word.len);
	if (!verb)
		return rule_parse_unknown(r, word, "allow or deny", verbs);
	*rule = (struct rule){.line = r->number, .is_allow = verb->value == 1};
	if (!read_who(r, &rule->who) || !read_rights(r, rule))
		return false;
	while (r->at < r->end)
		if (!read_clause(r, rule))
			return false;
	if (!rule_parse_check_rule(r, rule))
		return false;
	rule->text = rule_print(rule, r->arena);
	return true;
}

static bool rule_parse_read_line(struct reader *r, struct rules *rules, struct rule *room)
{
	if (memchr(r->line, '\0', (size_t)(r->end - r->line)))
		return rule_parse_fail(r, r->line, "a byte of value 0");
	if (r->end - r->line > RULE_LINE_MAX)
		return rule_parse_fail(r, r->line, "the line is longer than %d bytes",
				       RULE_LINE_MAX);
	skip_blanks(r);
	if (r->at == r->end)
		return true;
	if (rules->count == RULES_MAX)
		return rule_parse_fail(r, r->at, "more than %d rules", RULES_MAX);
	struct rule *rule = &room[rules->count++];
	if (!read_rule(r, rule))
		return false;
	rules->has_windows |= rule->window.is_given;
	return true;
}

bool rules_parse(struct rules *out, struct bytes text, const struct dns_name *apex,
		 struct arena *arena, struct rule_error *error)
{
	const char *at = (const char *)text.data;
	const char *end = text.len ? at + text.len : at;
	struct reader r = {.line = at, .number = 1, .apex = apex, .arena = arena, .error = error};
	struct rules rules = {0};
	size_t lines = 1;
	if (text.len > RULES_TEXT_MAX)
		return rule_parse_fail(&r, at, "the rules are longer than %d bytes",
				       RULES_TEXT_MAX);
	for (const char *c = at; c < end; c++)
		lines += *c == '\n';
	struct rule *room =
		arena_alloc(arena, (lines < RULES_MAX ? lines : RULES_MAX) * sizeof(struct rule));
	for (; at < end; r.number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		r.line = r.at = at;
		r.end = newline ? newline : end;
		if (!rule_parse_read_line(&r, &rules, room))
			return false;
		at = newline ? newline + 1 : end;
	}
	rules.rule = room;
	*out = rules;
	return true;
}
