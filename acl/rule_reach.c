/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rule_reach.h"
#include "dns/type.h"
#include <string.h>

bool policy_is_structural(uint16_t type)
{
	switch (type) {
	case DNS_TYPE_NS:
	case DNS_TYPE_SOA:
	case DNS_TYPE_DNAME:
	case DNS_TYPE_DS:
	case DNS_TYPE_RRSIG:
	case DNS_TYPE_NSEC:
	case DNS_TYPE_DNSKEY:
	case DNS_TYPE_NSEC3:
	case DNS_TYPE_NSEC3PARAM:
	case DNS_TYPE_CDS:
	case DNS_TYPE_CDNSKEY:
	case DNS_TYPE_CSYNC:
	case DNS_TYPE_ZONEMD:
		return true;
	default:
		return false;
	}
}

static bool label_is(const uint8_t *label, const char *text)
{
	size_t len = strlen(text);
	return label[0] == len && memcmp(label + 1, text, len) == 0;
}

enum policy_name_kind policy_name_kind(const struct dns_name *name, const struct dns_name *apex,
				       bool is_server)
{
	if (!dns_name_under(name, apex) || name->len == apex->len)
		return POLICY_NAME_PLAIN;
	enum policy_name_kind kind = POLICY_NAME_PLAIN;
	if (label_is(name->wire, "wpad") || label_is(name->wire, "isatap"))
		return POLICY_NAME_RESERVED;
	for (const uint8_t *label = name->wire; *label; label += *label + 1) {
		if (label_is(label, "*") && label < name->wire + (name->len - apex->len))
			return POLICY_NAME_RESERVED;
		if (label[1] == '_')
			kind = POLICY_NAME_SPEAKS;
	}
	return is_server ? POLICY_NAME_SERVER : kind;
}

bool policy_host_name(struct dns_name *host, const struct dns_name *name,
		      const struct dns_name *apex)
{
	unsigned labels = 0, last = 0;
	for (const uint8_t *label = name->wire; *label; label += *label + 1) {
		labels++;
		if (label[1] == '_')
			last = labels;
	}
	if (name->labels - last <= apex->labels)
		return false;
	*host = dns_name_strip(name, last);
	return true;
}

/* `at` the name itself, whatever it is. */
static bool names_exactly(const struct rule *rule, const struct dns_name *name)
{
	return rule->place == RULE_AT && name && dns_name_equal(&rule->name, name);
}

static bool reaches_speaking(const struct rule *rule, const struct rule_question *q)
{
	return q->name->is_host_own || names_exactly(rule, q->name->name) ||
	       rule->place == RULE_UNDER ||
	       (rule->place == RULE_SELF_UNDER && rule->types_count > 0);
}

enum rule_reach rule_reach(const struct rule *rule, const struct rule_question *q)
{
	const struct policy_name *name = q->name;
	if (!rule->is_allow || !(q->right & RULE_UPDATES))
		return RULE_REACHED;
	if (policy_is_structural(q->type) && !rule_type_find(rule, q->type))
		return RULE_UNREACHED_TYPE;
	bool is_kept_for_other = name->kept_for && !name->is_kept_for_asker;
	bool is_reserved = name->kind == POLICY_NAME_RESERVED || name->kind == POLICY_NAME_SERVER;
	if ((is_reserved || is_kept_for_other) && !names_exactly(rule, name->name))
		return is_kept_for_other ? RULE_UNREACHED_KEPT : RULE_UNREACHED_NAME;
	if (name->kind == POLICY_NAME_SPEAKS && !reaches_speaking(rule, q))
		return RULE_UNREACHED_HOST;
	return RULE_REACHED;
}
