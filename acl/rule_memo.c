/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rule_memo.h"
#include "acl/pattern.h"
#include <string.h>

enum { MEMO_UNKNOWN, MEMO_NO, MEMO_YES };

/* A requester, or an owner. */
struct rule_memo_text {
	struct hash_link link;
	const char *text;
	uint8_t *in;    /* of each group */
	uint8_t *meant; /* of each rule */
};

static bool memo_text_is(const struct hash_link *link, const void *key)
{
	return strcmp(container_of(link, const struct rule_memo_text, link)->text, key) == 0;
}

static struct rule_memo_text *memo_text_new(const struct rule_memo *memo, const char *text)
{
	size_t rules = memo->rules->count, groups = groups_count(memo->groups);
	struct rule_memo_text *made = arena_zero(memo->arena, sizeof *made + rules + groups);
	made->text = arena_text(memo->arena, text, strlen(text));
	made->meant = (uint8_t *)(made + 1);
	made->in = made->meant + rules;
	return made;
}

/* `text` is a principal, or the owner of a record: a group's name too. */
static bool memo_is_meant(const struct rule_who *who, const char *text)
{
	switch (who->kind) {
	case RULE_AUTHENTICATED:
		return strncmp(text, "key:", 4) == 0 || strncmp(text, "gss:", 4) == 0 ||
		       *text == '@';
	case RULE_ANONYMOUS:
		return strcmp(text, "anonymous") == 0;
	case RULE_PATTERN:
		return pattern_matches(who->text, text);
	default:
		return strcmp(who->text, text) == 0;
	}
}

static bool memo_is_in(struct rule_memo *memo, struct rule_memo_text *of,
		       const struct acl_group *group)
{
	uint8_t *in = &of->in[group - groups_at(memo->groups, 0)];
	if (*in == MEMO_UNKNOWN) {
		*memo->steps += group->count;
		*in = group_has(group, of->text) ? MEMO_YES : MEMO_NO;
	}
	return *in == MEMO_YES;
}

static bool memo_find_meant(struct rule_memo *memo, struct rule_memo_text *of,
			    const struct rule_who *who)
{
	++*memo->steps;
	if (memo_is_meant(who, of->text))
		return true;
	const struct acl_group *group =
		who->kind == RULE_GROUP ? groups_find(memo->groups, who->text) : NULL;
	return group && memo_is_in(memo, of, group);
}

static bool memo_means(struct rule_memo *memo, struct rule_memo_text *of, const struct rule *rule,
		       const struct rule_who *who)
{
	uint8_t *meant = &of->meant[rule - memo->rules->rule];
	if (*meant == MEMO_UNKNOWN)
		*meant = memo_find_meant(memo, of, who) ? MEMO_YES : MEMO_NO;
	return *meant == MEMO_YES;
}

/* Whether something of the rule is kept: it is of the zone's own, and names somebody. */
static bool memo_keeps(struct rule_memo *memo, const struct policy_zone *zone,
		       const struct rule *rule, const struct rule_who *who)
{
	if (!memo || (who->kind != RULE_GROUP && who->kind != RULE_PATTERN) || !zone->rules ||
	    rule < zone->rules->rule || rule >= zone->rules->rule + zone->rules->count)
		return false;
	if (memo->rules != zone->rules || memo->groups != zone->groups)
		*memo = (struct rule_memo){.arena = memo->arena,
					   .steps = memo->steps,
					   .rules = zone->rules,
					   .groups = zone->groups,
					   .owners.arena = memo->arena};
	return true;
}

static bool memo_means_afresh(const struct policy_zone *zone, const struct rule_who *who,
			      const char *text)
{
	if (memo_is_meant(who, text))
		return true;
	const struct acl_group *group =
		who->kind == RULE_GROUP ? groups_find(zone->groups, who->text) : NULL;
	return group && group_has(group, text);
}

bool rule_memo_means_asker(struct rule_memo *memo, const struct policy_zone *zone,
			   const struct rule *rule, const char *asker)
{
	if (!memo_keeps(memo, zone, rule, &rule->who))
		return memo_means_afresh(zone, &rule->who, asker);
	if (!memo->asker || strcmp(memo->asker->text, asker) != 0)
		memo->asker = memo_text_new(memo, asker);
	return memo_means(memo, memo->asker, rule, &rule->who);
}

static struct rule_memo_text *memo_owner(struct rule_memo *memo, const char *owner)
{
	uint64_t hash = hash_secret(bytes_of(owner, strlen(owner)));
	struct hash_link *link = hash_table_find(&memo->owners, hash, memo_text_is, owner);
	if (link)
		return container_of(link, struct rule_memo_text, link);
	struct rule_memo_text *made = memo_text_new(memo, owner);
	hash_table_put(&memo->owners, &made->link, hash);
	return made;
}

bool rule_memo_means_owner(struct rule_memo *memo, const struct policy_zone *zone,
			   const struct rule *rule, const char *owner)
{
	if (!memo_keeps(memo, zone, rule, &rule->over))
		return memo_means_afresh(zone, &rule->over, owner);
	if (!memo->owner || strcmp(memo->owner->text, owner) != 0)
		memo->owner = memo_owner(memo, owner);
	return memo_means(memo, memo->owner, rule, &rule->over);
}
