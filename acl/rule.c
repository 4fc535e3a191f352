/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rule.h"
#include "acl/rule_words.h"
#include "dns/type.h"
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

const struct rule_word rule_rights[] = {
	{"claim", RULE_CLAIM},
	{"join", RULE_JOIN},
	{"write", RULE_WRITE},
	{"takeover", RULE_TAKEOVER},
	{"transfer", RULE_TRANSFER},
	{"query", RULE_QUERY},
	{NULL, 0},
};

const struct rule_word rule_places[] = {
	{"at", RULE_AT},
	{"under", RULE_UNDER},
	{"self", RULE_SELF},
	{"self-under", RULE_SELF_UNDER},
	{"ptr-of-self", RULE_PTR_OF_SELF},
	{"source-ptr", RULE_SOURCE_PTR},
	{"source-ptr/48", RULE_SOURCE_PTR_48},
	{NULL, 0},
};

const struct rule_word rule_classes[] = {
	{"dynamic", RULE_DYNAMIC},
	{"pinned", RULE_PINNED},
	{"static", RULE_STATIC},
	{NULL, 0},
};

const char *rule_word_of(const struct rule_word *table, unsigned value)
{
	while (table->word && table->value != value)
		table++;
	assert(table->word);
	return table->word;
}

const struct rule_word *rule_word_find(const struct rule_word *table, const char *word, size_t len)
{
	for (; table->word; table++)
		if (strlen(table->word) == len && memcmp(table->word, word, len) == 0)
			return table;
	return NULL;
}

const char *rule_right_word(unsigned right)
{
	return rule_word_of(rule_rights, right);
}

const struct rule_type *rule_type_find(const struct rule *rule, uint16_t type)
{
	for (size_t i = 0; i < rule->types_count; i++)
		if (rule->types[i].type == type)
			return &rule->types[i];
	return NULL;
}

static const char *rights_text(unsigned rights, struct arena *arena)
{
	const char *text = NULL;
	for (const struct rule_word *right = rule_rights; right->word; right++)
		if (rights & right->value)
			text = text ? arena_print(arena, "%s,%s", text, right->word) : right->word;
	return text;
}

/* A name as the language reads it back: `#` begins a comment there, and `,` divides a list. */
static const char *rule_name_text(const struct dns_name *name, struct arena *arena)
{
	char plain[DNS_NAME_TEXT_MAX], text[4 * DNS_NAME_TEXT_MAX];
	size_t len = 0;
	dns_name_print(name, plain);
	for (const char *c = plain; *c; c++) {
		bool is_special = *c == '#' || *c == ',';
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					is_special ? "\\%03d" : "%c", *c);
	}
	return arena_text(arena, text, len);
}

static const char *place_text(const struct rule *rule, struct arena *arena)
{
	if (rule->place == RULE_ZONE)
		return "";
	const char *word = rule_word_of(rule_places, rule->place);
	if (rule->place != RULE_AT && rule->place != RULE_UNDER)
		return arena_print(arena, " %s%s%s", word, rule->realm ? "@" : "",
				   rule->realm ? rule->realm : "");
	return arena_print(arena, " %s %s", word, rule_name_text(&rule->name, arena));
}

static const char *rule_types_text(const struct rule *rule, struct arena *arena)
{
	char type[DNS_TYPE_TEXT_MAX];
	const char *text = "";
	for (size_t i = 0; i < rule->types_count; i++) {
		const char *before = i ? "," : " types ";
		dns_type_print(rule->types[i].type, type);
		text = rule->types[i].max ? arena_print(arena, "%s%s%s(%u)", text, before, type,
							rule->types[i].max)
					  : arena_print(arena, "%s%s%s", text, before, type);
	}
	return text;
}

static const char *sources_text(const struct rule *rule, struct arena *arena)
{
	char address[INET6_ADDRSTRLEN];
	const char *text = "";
	for (size_t i = 0; i < rule->sources_count; i++) {
		const struct prefix *prefix = &rule->sources[i];
		inet_ntop(prefix->family_len == 4 ? AF_INET : AF_INET6, prefix->bytes, address,
			  sizeof(address));
		text = arena_print(arena, "%s%s%s/%u", text, i ? "," : " from ", address,
				   prefix->bits);
	}
	return text;
}

const char *rule_print(const struct rule *rule, struct arena *arena)
{
	char window[WINDOW_TEXT_MAX];
	return arena_print(arena, "%s %s %s%s%s%s%s%s%s%s%s%s%s", rule->is_allow ? "allow" : "deny",
			   rule->who.text, rights_text(rule->rights, arena),
			   place_text(rule, arena), rule->is_target_self ? " target-self" : "",
			   rule_types_text(rule, arena), rule->has_class ? " class " : "",
			   rule->has_class ? rule_word_of(rule_classes, rule->class) : "",
			   sources_text(rule, arena), rule->has_over ? " over " : "",
			   rule->has_over ? rule->over.text : "",
			   rule->window.is_given ? " window " : "",
			   rule->window.is_given ? window_print(&rule->window, window) : "");
}
