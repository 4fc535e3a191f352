/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/site_owner.h"
#include "acl/pattern.h"
#include "acl/rule.h"
#include "base/container.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include <string.h>

#define OWNER_GROUP "dhcp"

/* A and AAAA, and DHCID, by their names. */
struct owner_entry {
	struct hash_link link;
	const struct site_record *record;
};

struct owner_index {
	struct hash_table table;
	struct arena arena;
};

struct owner_search {
	const struct dns_name *name;
	uint16_t type;
	struct bytes rdata; /* none: any */
};

static bool owner_entry_is(const struct hash_link *link, const void *key)
{
	const struct owner_search *search = key;
	const struct site_record *record =
		container_of(link, const struct owner_entry, link)->record;
	return record->type == search->type && dns_name_equal(record->name, search->name) &&
	       (!search->rdata.data || bytes_equal(record->rdata, search->rdata));
}

static const struct site_record *site_owner_find(const struct owner_index *index,
						 const struct dns_name *name, uint16_t type,
						 struct bytes rdata)
{
	struct owner_search search = {.name = name, .type = type, .rdata = rdata};
	struct hash_link *link =
		hash_table_find(&index->table, dns_name_hash_secret(name), owner_entry_is, &search);
	return link ? container_of(link, struct owner_entry, link)->record : NULL;
}

static void owner_index_fill(struct owner_index *index, const struct site *site)
{
	for (const struct site_zone *zone = site->zones; zone; zone = zone->next) {
		for (size_t i = 0; i < zone->count; i++) {
			const struct site_record *record = zone->records[i];
			if (record->type != DNS_TYPE_A && record->type != DNS_TYPE_AAAA &&
			    record->type != DNS_TYPE_DHCID)
				continue;
			struct owner_entry *entry = arena_zero(&index->arena, sizeof *entry);
			entry->record = record;
			hash_table_put(&index->table, &entry->link,
				       dns_name_hash_secret(record->name));
		}
	}
}

static void owner_index_free(struct owner_index *index)
{
	hash_table_free(&index->table);
	arena_free(&index->arena);
}

/* --- who could have made a record */

/* A zone's rules, read. */
struct owner_rules {
	struct rules rules;
	struct dns_name apex;
	bool is_open; /* anybody may make anything: update=nonsecure */
};

static void owner_rules_read(const struct site_zone *zone, struct owner_rules *out)
{
	char *text = NULL;
	size_t len = 0;
	struct rule_error error;
	const char *update = site_setting_get(zone, "update");
	*out = (struct owner_rules){.apex = zone->apex,
				    .is_open = update && strcmp(update, "nonsecure") == 0};
	for (const struct site_rule *rule = zone->rules; rule; rule = rule->next)
		len += strlen(rule->text) + 1;
	if (len > RULES_TEXT_MAX)
		return;
	text = arena_alloc(&zone->site->arena, len + 1);
	char *at = text;
	for (const struct site_rule *rule = zone->rules; rule; rule = rule->next) {
		struct rules one;
		size_t n = strlen(rule->text);
		/* A rule that is no rule is lost later. */
		if (!rules_parse(&one, bytes_of(rule->text, n), &zone->apex, &zone->site->arena,
				 &error))
			continue;
		at = mempcpy(at, rule->text, n);
		*at++ = '\n';
	}
	*at = '\0';
	if (!rules_parse(&out->rules, bytes_of(text, (size_t)(at - text)), &zone->apex,
			 &zone->site->arena, &error))
		out->rules = (struct rules){0};
}

/* The name of a key is its own name. */
static bool owner_rule_has_name(const struct rule *rule, const struct dns_name *key,
				const struct dns_name *name)
{
	switch (rule->place) {
	case RULE_ZONE:
		return true;
	case RULE_AT:
		return dns_name_equal(name, &rule->name);
	case RULE_UNDER:
		return dns_name_under(name, &rule->name);
	case RULE_SELF:
		return dns_name_equal(name, key);
	case RULE_SELF_UNDER:
		return dns_name_under(name, key);
	default:
		return false;
	}
}

/* How closely a rule names a name: a name itself more than all below it, and that more than the
 * zone. */
static unsigned owner_rule_rank(const struct rule *rule, const struct dns_name *apex)
{
	switch (rule->place) {
	case RULE_ZONE:
		return 1;
	case RULE_UNDER:
		return rule->name.labels > apex->labels ? 1u + rule->name.labels : 1;
	case RULE_SELF_UNDER:
		return DNS_LABELS_MAX + 2;
	default:
		return DNS_LABELS_MAX + 3;
	}
}

/* Whether the rules let the key add a record of the type: by the first rule that speaks of it. 0:
 * they do not; else how closely that names the name. */
static unsigned owner_may(const struct owner_rules *rules, const struct site_key *key,
			  const struct dns_name *name, uint16_t type)
{
	struct who who;
	if (!who_of_key(&who, &key->key.name))
		return 0;
	for (size_t i = 0; i < rules->rules.count; i++) {
		const struct rule *rule = &rules->rules.rule[i];
		if (!(rule->rights & RULE_CLAIM) || rule->who.kind != RULE_PATTERN ||
		    !pattern_matches(rule->who.text, who.text) ||
		    !owner_rule_has_name(rule, &key->key.name, name) ||
		    (rule->types_count && !rule_type_find(rule, type)))
			continue;
		return rule->is_allow ? owner_rule_rank(rule, &rules->apex) : 0;
	}
	return 0;
}

/* The same of somebody who is no key that the site knows: unsigned, or with any key. */
static unsigned owner_may_anybody(const struct owner_rules *rules, const struct dns_name *name,
				  uint16_t type)
{
	unsigned best = rules->is_open;
	for (size_t i = 0; i < rules->rules.count; i++) {
		const struct rule *rule = &rules->rules.rule[i];
		bool is_anybody =
			rule->who.kind == RULE_AUTHENTICATED || rule->who.kind == RULE_ANONYMOUS;
		bool is_place = rule->place == RULE_SOURCE_PTR
					? type == DNS_TYPE_PTR
					: owner_rule_has_name(rule, name, name);
		unsigned rank = owner_rule_rank(rule, &rules->apex);
		if (is_anybody && is_place && rule->is_allow && (rule->rights & RULE_CLAIM) &&
		    (!rule->types_count || rule_type_find(rule, type)) && rank > best)
			best = rank;
	}
	return best;
}

static const char *owner_text(struct site *site, const struct site_key *key)
{
	char name[DNS_NAME_TEXT_MAX];
	return arena_print(&site->arena, "key:%s", dns_name_show(&key->key.name, name));
}

struct owners {
	struct site *site;
	struct owner_index index;
	struct owner_rules rules;        /* of the zone that is looked at */
	const struct site_zone *reverse; /* whose rules are read, too */
	struct owner_rules reverse_rules;
};

static void owners_read_reverse(struct owners *owners, const struct site_zone *zone)
{
	if (zone == owners->reverse)
		return;
	owners->reverse = zone;
	if (zone)
		owner_rules_read(zone, &owners->reverse_rules);
}

/* A DHCP server writes both ways: whether the key may also write the PTR of the address. */
static bool owner_may_reverse(struct owners *owners, const struct site_key *key,
			      const struct site_record *address)
{
	struct dns_name reverse = dns_name_of_address(address->rdata.data, address->rdata.len);
	const struct site_zone *zone = site_zone_of(owners->site, &reverse);
	owners_read_reverse(owners, zone);
	return !zone || owner_may(&owners->reverse_rules, key, &reverse, DNS_TYPE_PTR);
}

static const struct site_record *owner_address(const struct owners *owners,
					       const struct dns_name *name)
{
	struct bytes any = {0};
	const struct site_record *a = site_owner_find(&owners->index, name, DNS_TYPE_A, any);
	return a ? a : site_owner_find(&owners->index, name, DNS_TYPE_AAAA, any);
}

/* The keys that could be the DHCP server which made the record; how many, and the first. */
static size_t owner_dhcp_keys(struct owners *owners, const struct site_record *record,
			      bool is_strict, const struct site_key **first,
			      struct site_group *group)
{
	bool is_reverse = dns_name_is_reverse(record->name);
	uint16_t type = is_reverse ? DNS_TYPE_PTR : DNS_TYPE_DHCID;
	const struct site_record *address = is_reverse ? NULL : owner_address(owners, record->name);
	size_t count = 0;
	for (const struct site_key *key = owners->site->keys; key; key = key->next) {
		if (!owner_may(&owners->rules, key, record->name, type) ||
		    (is_strict && address && !owner_may_reverse(owners, key, address)))
			continue;
		if (count++ == 0)
			*first = key;
		if (group)
			site_group_add(owners->site, group, owner_text(owners->site, key));
	}
	return count;
}

static const char *owner_dhcp(struct owners *owners, const struct site_record *record)
{
	const struct site_key *first = NULL;
	bool is_strict = true;
	size_t count = owner_dhcp_keys(owners, record, true, &first, NULL);
	if (count == 0) {
		is_strict = false;
		count = owner_dhcp_keys(owners, record, false, &first, NULL);
	}
	if (count == 0)
		return "anonymous";
	if (count == 1)
		return owner_text(owners->site, first);
	if (!owners->site->groups)
		site_say(
			owners->site, SITE_CHANGED, (struct site_place){0}, "group @" OWNER_GROUP,
			"made, acting, of the keys that could be the DHCP server: what has a DHCID "
			"belongs to it",
			"take keys out that are none: `tenurectl group remove`");
	owner_dhcp_keys(owners, record, is_strict, &first,
			site_group(owners->site, OWNER_GROUP, true));
	return "@" OWNER_GROUP;
}

static const char *owner_of_update(struct owners *owners, const struct site_record *record)
{
	const struct site_key *found = NULL;
	unsigned best = owner_may_anybody(&owners->rules, record->name, record->type);
	for (const struct site_key *key = owners->site->keys; key; key = key->next) {
		unsigned rank = owner_may(&owners->rules, key, record->name, record->type);
		if (rank < best || rank == 0)
			continue;
		found = rank > best ? key : NULL;
		best = rank;
	}
	return found ? owner_text(owners->site, found) : "anonymous";
}

/* Types that a DHCP server registers. */
static bool owner_is_leased(const struct site_record *record)
{
	return record->type == DNS_TYPE_A || record->type == DNS_TYPE_AAAA ||
	       record->type == DNS_TYPE_DHCID || record->type == DNS_TYPE_PTR;
}

static const char *owner_dhcid(const struct owners *owners, const struct site_record *record)
{
	struct bytes any = {0};
	struct dns_name target;
	if (!owner_is_leased(record))
		return NULL;
	if (site_owner_find(&owners->index, record->name, DNS_TYPE_DHCID, any))
		return "DHCID at the name";
	if (record->type == DNS_TYPE_PTR && dns_rdata_name(DNS_TYPE_PTR, record->rdata, &target) &&
	    site_owner_find(&owners->index, &target, DNS_TYPE_DHCID, any))
		return "PTR to a name with DHCID";
	return NULL;
}

static void owner_settle(struct owners *owners, const struct site_zone *zone,
			 struct site_record *record)
{
	bool is_apex = dns_name_equal(record->name, &zone->apex) &&
		       (record->type == DNS_TYPE_SOA || record->type == DNS_TYPE_NS);
	const char *dhcid = is_apex ? NULL : owner_dhcid(owners, record);
	if (dhcid) {
		record->class = DNS_AGE_DYNAMIC;
		record->because = dhcid;
		record->owner = owner_dhcp(owners, record);
	} else if (record->was_updated && !is_apex) {
		record->class = DNS_AGE_PINNED;
		record->owner = owner_of_update(owners, record);
	} else {
		record->class = DNS_AGE_STATIC;
	}
	record->stamp = owners->site->now;
}

void site_owners(struct site *site)
{
	struct owners owners = {.site = site};
	owner_index_fill(&owners.index, site);
	for (struct site_zone *zone = site->zones; zone; zone = zone->next) {
		owner_rules_read(zone, &owners.rules);
		for (size_t i = 0; i < zone->count; i++)
			owner_settle(&owners, zone, zone->records[i]);
	}
	owner_index_free(&owners.index);
}

/* --- PTRs of their forward records' owners */

/* The address record that a PTR answers to; NULL: there is none here. */
static const struct site_record *owner_forward(const struct owner_index *index,
					       const struct site_record *ptr)
{
	struct dns_name target;
	static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
	if (ptr->type != DNS_TYPE_PTR || !dns_rdata_name(DNS_TYPE_PTR, ptr->rdata, &target))
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		struct owner_search search = {.name = &target, .type = types[i]};
		struct hash_link *link = hash_table_find(
			&index->table, dns_name_hash_secret(&target), owner_entry_is, &search);
		/* Each address of the name: links of one hash follow one another in their bucket.
		 */
		for (; link; link = link->next) {
			const struct site_record *record =
				container_of(link, struct owner_entry, link)->record;
			if (!owner_entry_is(link, &search))
				continue;
			struct dns_name reverse =
				dns_name_of_address(record->rdata.data, record->rdata.len);
			if (dns_name_equal(&reverse, ptr->name))
				return record;
		}
	}
	return NULL;
}

void site_owners_forward(struct site *site)
{
	struct owner_index index = {0};
	owner_index_fill(&index, site);
	for (struct site_zone *zone = site->zones; zone; zone = zone->next) {
		size_t changed = 0;
		for (size_t i = 0; i < zone->count; i++) {
			struct site_record *ptr = zone->records[i];
			const struct site_record *forward = owner_forward(&index, ptr);
			if (!forward || !forward->owner || forward->owner == ptr->owner ||
			    (ptr->owner && strcmp(forward->owner, ptr->owner) == 0))
				continue;
			ptr->owner = forward->owner;
			changed++;
		}
		if (changed)
			site_say_f(site, SITE_CHANGED, zone->place, "PTR records", NULL,
				   "%zu have the owner of their address record (--ptr-owner "
				   "forward)",
				   changed);
	}
	owner_index_free(&index);
}
