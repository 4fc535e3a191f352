/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/policy.h"
#include "acl/policy_limit.h"
#include "dns/type.h"
#include <stdio.h>
#include <string.h>

const char *policy_reason_word(enum policy_reason reason)
{
	static const char *const words[] = {
#define X(constant, word, sentence) [constant] = word,
		POLICY_REASONS(X)
#undef X
	};
	return words[reason];
}

const char *policy_right_word(enum policy_right right)
{
	static const char *const words[] = {
		[POLICY_RIGHT_NOTHING] = "nothing",   [POLICY_RIGHT_OWNERSHIP] = "ownership",
		[POLICY_RIGHT_CLAIM] = "claim",       [POLICY_RIGHT_JOIN] = "join",
		[POLICY_RIGHT_WRITE] = "write",       [POLICY_RIGHT_TAKEOVER] = "takeover",
		[POLICY_RIGHT_TRANSFER] = "transfer", [POLICY_RIGHT_QUERY] = "query",
	};
	return words[right];
}

static const char *sentence_of(enum policy_reason reason)
{
	static const char *const sentences[] = {
#define X(constant, word, sentence) [constant] = sentence,
		POLICY_REASONS(X)
#undef X
	};
	return sentences[reason];
}

char *policy_reason_text(enum policy_reason reason, const char *owner, char out[POLICY_TEXT_MAX])
{
	bool names_owner = reason == POLICY_FOREIGN || reason == POLICY_KEPT_FOR;
	if (!owner || !*owner)
		owner = "nobody";
	snprintf(out, POLICY_TEXT_MAX, "%s%s%s", sentence_of(reason), names_owner ? " " : "",
		 names_owner ? owner : "");
	return out;
}

/* "A, TXT": as many as fit a sentence. */
static void policy_types_text(const struct rule *rule, char *out, size_t size)
{
	char type[DNS_TYPE_TEXT_MAX];
	size_t len = 0;
	for (size_t i = 0; i < rule->types_count; i++) {
		dns_type_print(rule->types[i].type, type);
		if (len + strlen(type) + sizeof ", ..." >= size) {
			snprintf(out + len, size - len, ", ...");
			return;
		}
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "", type);
	}
}

/* "line 3 lets key:acme add TXT here, not A". */
static void clause_text(const struct verdict *verdict, char out[POLICY_TEXT_MAX])
{
	char types[120] = "", type[DNS_TYPE_TEXT_MAX], where[40] = "the preset";
	const struct rule *near = verdict->near;
	if (near->line)
		snprintf(where, sizeof where, "line %u", near->line);
	if (verdict->clause == RULE_CLAUSE_TYPES) {
		policy_types_text(near, types, sizeof types);
		dns_type_print(verdict->type, type);
		snprintf(out, POLICY_TEXT_MAX, "%s lets %.200s add %s here, not %s", where,
			 near->who.text, types, type);
	} else {
		snprintf(out, POLICY_TEXT_MAX, "%s lets %.200s add here only %s", where,
			 near->who.text,
			 verdict->clause == RULE_CLAUSE_TARGET
				 ? "PTR, SRV and CNAME that point to its own name"
				 : "from other addresses");
	}
}

/* ": 2 before the update, 3 after it, max-records=2" */
static void limit_text(const struct verdict *verdict, char *out, size_t size)
{
	const char *setting = policy_limit_setting(verdict->reason);
	int len = snprintf(out, size, ": %u before the update, %u after it", verdict->growth.before,
			   verdict->growth.after);
	if (verdict->base)
		snprintf(out + len, size - (size_t)len,
			 ", at most %u, twice the %u that it owned when the limit came (%s=%s%u)",
			 verdict->limit, verdict->base, setting,
			 verdict->is_of_hosts ? "hosts:" : "", verdict->configured);
	else if (setting)
		snprintf(out + len, size - (size_t)len, ", %s=%s%u", setting,
			 verdict->is_of_hosts ? "hosts:" : "", verdict->limit);
}

char *policy_verdict_text(const struct verdict *verdict, const char *owner,
			  char out[POLICY_TEXT_MAX])
{
	policy_reason_text(verdict->reason, owner, out);
	if (verdict->reason == POLICY_CLAUSE && verdict->near)
		clause_text(verdict, out);
	if (verdict->reason == POLICY_SPEAKS && verdict->host_text)
		snprintf(out, POLICY_TEXT_MAX, "the name speaks for %s", verdict->host_text);
	if (verdict->reason == POLICY_CUT && verdict->host_text)
		snprintf(out, POLICY_TEXT_MAX, "the name lies at or below %s", verdict->host_text);
	size_t len = strlen(out);
	if (verdict->limit)
		limit_text(verdict, out + len, POLICY_TEXT_MAX - len);
	len = strlen(out);
	if (verdict->line)
		snprintf(out + len, POLICY_TEXT_MAX - len, " (line %u: %s)", verdict->line,
			 verdict->rule);
	return out;
}

const char *policy_rule_text(const struct verdict *verdict, char out[POLICY_TEXT_MAX])
{
	if (!verdict->is_by_rule)
		return NULL;
	if (verdict->line)
		snprintf(out, POLICY_TEXT_MAX, "line %u: %s", verdict->line, verdict->rule);
	else
		snprintf(out, POLICY_TEXT_MAX, "%s", verdict->rule);
	return out;
}
