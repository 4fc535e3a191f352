/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/site.h"
#include "acl/group.h"
#include "acl/rule.h"
#include "acl/who.h"
#include "base/plaintext.h"
#include "base/utf8.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "zonedb/load.h"
#include "zonedb/load_merge.h"
#include "zonedb/note.h"
#include "zonedb/notify_list.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Records that tenured would refuse for a reason that only its own check finds. More of them, and
 * the zone is not one. */
#define SETTLE_LOST_MAX 100
#define SETTLE_TTL      3600 /* of what is made here */

#define SETTLE_OWNER "local:migrate"

/* --- rules */

/* A name of the source must not end the line, or begin a comment, and so change what the rule says.
 */
static bool settle_is_one_line(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f || (*c == '#' && c[-(c > text)] == ' '))
			return false;
	return *text != '#';
}

static const char *settle_rule_problem(const struct site_zone *zone, const struct site_rule *rule,
				       bool *is_deny)
{
	struct rules parsed;
	struct rule_error error;
	struct bytes text = bytes_of(rule->text, strlen(rule->text));
	*is_deny = strncmp(rule->text, "deny", 4) == 0;
	if (!settle_is_one_line(rule->text) || !utf8_is_valid(text))
		return "a name in it has bytes that no rule can have";
	if (!rules_parse(&parsed, text, &zone->apex, &zone->site->arena, &error))
		return arena_print(&zone->site->arena, "tenured does not take the rule: %s",
				   error.text);
	return parsed.count == 1 ? NULL : "it is no rule";
}

/* Whether the rule stays. What was denied and cannot be denied here closes the zone. */
static bool settle_rule(struct site_zone *zone, const struct site_rule *rule, bool *closes)
{
	struct site *site = zone->site;
	bool is_deny;
	const char *problem = settle_rule_problem(zone, rule, &is_deny);
	if (problem) {
		*closes |= is_deny;
		site_say(site, SITE_LOST, rule->place, rule->text, problem,
			 "write a rule that tenure-policy(5) knows");
		return false;
	}
	if (!rule->wider)
		return true;
	if (!site->accepts_wider) {
		site_say_f(site, SITE_LOST, rule->place, rule->text,
			   "take it with --accept-wider, or write a narrower one",
			   "left out, because it gives more than the source does: %s", rule->wider);
		return false;
	}
	site_say_f(site, SITE_CHANGED, rule->place, rule->text, NULL,
		   "gives more than the source does: %s", rule->wider);
	return true;
}

static void settle_drop_rules(struct site_zone *zone, const char *why)
{
	zone->rules = NULL;
	zone->rules_end = &zone->rules;
	site_set(zone, "update", "none");
	site_say(zone->site, SITE_LOST, zone->place, "all rules of the zone", why,
		 "the zone takes no updates until it has rules again");
}

static void settle_rules(struct site_zone *zone)
{
	struct site_rule *rule = zone->rules, *next;
	size_t count = 0, bytes = 0;
	bool closes = false;
	zone->rules = NULL;
	zone->rules_end = &zone->rules;
	for (; rule; rule = next) {
		next = rule->next;
		rule->next = NULL;
		if (!settle_rule(zone, rule, &closes))
			continue;
		*zone->rules_end = rule;
		zone->rules_end = &rule->next;
		count++;
		bytes += strlen(rule->text) + 1;
	}
	if (closes)
		settle_drop_rules(zone, "a rule that denies could not be written");
	else if (count > RULES_MAX || bytes > RULES_TEXT_MAX)
		settle_drop_rules(zone, "more than the 512 rules and 64 KiB that a zone may have");
}

static void settle_settings(struct site_zone *zone)
{
	const char *text = site_setting_get(zone, "notify");
	struct notify_list list;
	const char *problem = text ? notify_list_parse(&list, text, &zone->site->arena) : NULL;
	if (!problem)
		return;
	site_say(zone->site, SITE_LOST, zone->place,
		 arena_print(&zone->site->arena, "notify %s", text), problem,
		 "set it by hand: `tenurectl zone set ZONE notify=...`");
	site_set(zone, "notify", "none");
}

/* Notes as tenured takes them: one line, of NOTE_TEXT_MAX bytes at most. */
static void settle_notes(struct site_zone *zone)
{
	char problem[PLAINTEXT_PROBLEM_MAX];
	struct site_note *note = zone->notes, *next;
	zone->notes = NULL;
	zone->notes_end = &zone->notes;
	for (; note; note = next) {
		next = note->next;
		note->next = NULL;
		if (plaintext_problem(note->text, NOTE_TEXT_MAX, problem)) {
			site_say(zone->site, SITE_LOST, zone->place,
				 arena_print(&zone->site->arena, "note of %s: %s", note->name,
					     note->text),
				 problem, "write a shorter one: `tenurectl record note`");
			continue;
		}
		*zone->notes_end = note;
		zone->notes_end = &note->next;
	}
}

/* --- records */

static bool settle_is_owner(const char *owner)
{
	struct who who;
	char group[GROUP_NAME_MAX];
	if (*owner == '@')
		return group_name_parse(group, owner, strlen(owner)) == NULL;
	return strlen(owner) <= DNS_AGE_OWNER_MAX && who_parse(&who, owner) == NULL &&
	       utf8_is_valid(bytes_of(owner, strlen(owner)));
}

static void settle_record(struct site_zone *zone, struct site_record *record)
{
	if (record->class == DNS_AGE_UNSAID)
		record->class = DNS_AGE_STATIC;
	if (!record->stamp)
		record->stamp = zone->site->now;
	if (!record->owner)
		record->owner = record->class == DNS_AGE_STATIC ? SETTLE_OWNER : "anonymous";
	if (settle_is_owner(record->owner))
		return;
	site_say(zone->site, SITE_CHANGED, record->place,
		 arena_print(&zone->site->arena, "owner %s", record->owner),
		 "no principal has such a name: the record belongs to anonymous",
		 "give it an owner: `tenurectl owner transfer`");
	record->owner = "anonymous";
}

static struct site_record *settle_find(const struct site_zone *zone, uint16_t type)
{
	for (size_t i = 0; i < zone->count; i++)
		if (zone->records[i]->type == type &&
		    dns_name_equal(zone->records[i]->name, &zone->apex))
			return zone->records[i];
	return NULL;
}

static void settle_add(struct site_zone *zone, uint16_t type, const char *text)
{
	uint8_t data[DNS_RDATA_MAX];
	unsigned column;
	struct bytes_out out = bytes_out_of(data, sizeof data);
	if (dns_rdata_parse_text(type, text, &zone->apex, &out, &column))
		return;
	site_record(zone, &zone->apex, type, SETTLE_TTL, bytes_of(data, bytes_out_len(&out)),
		    zone->place);
	site_say(zone->site, SITE_CHANGED, zone->place,
		 type == DNS_TYPE_SOA ? "SOA" : "NS of the zone's own name",
		 arena_print(&zone->site->arena, "the source has none; made: %s", text),
		 "set the right one");
}

/* A zone has one SOA and an NS. */
static void settle_apex(struct site_zone *zone)
{
	struct site_record *soa = settle_find(zone, DNS_TYPE_SOA);
	struct site_record *ns = settle_find(zone, DNS_TYPE_NS);
	char text[DNS_NAME_TEXT_MAX] = "ns1", line[DNS_NAME_TEXT_MAX + 64];
	struct dns_name host;
	struct dns_soa found;
	if (soa && dns_soa_unpack(soa->rdata, &found))
		dns_name_print(&found.mname, text);
	if (ns && dns_rdata_name(DNS_TYPE_NS, ns->rdata, &host))
		dns_name_print(&host, text);
	snprintf(line, sizeof line, "%s hostmaster 1 3600 900 604800 300", text);
	if (!soa)
		settle_add(zone, DNS_TYPE_SOA, line);
	if (!ns)
		settle_add(zone, DNS_TYPE_NS, text);
}

static void settle_statement(const struct site_record *record, char *out, size_t size)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], data[256];
	dns_rdata_print_common(record->type, record->rdata, data, sizeof data);
	snprintf(out, size, "%s %" PRIu32 " %s %s", dns_name_show(record->name, name), record->ttl,
		 dns_type_print(record->type, type), data);
}

static int settle_compare(const void *left, const void *right)
{
	const struct site_record *a = *(struct site_record *const *)left;
	const struct site_record *b = *(struct site_record *const *)right;
	int order = dns_name_compare(a->name, b->name);
	if (order)
		return order;
	if (a->type != b->type) {
		bool is_soa = a->type == DNS_TYPE_SOA || b->type == DNS_TYPE_SOA;
		return is_soa ? (a->type == DNS_TYPE_SOA ? -1 : 1) : a->type < b->type ? -1 : 1;
	}
	return dns_rdata_compare(a->type, a->rdata, b->rdata);
}

static void settle_lose(struct site_zone *zone, const struct site_record *record,
			const char *problem)
{
	char statement[2048];
	settle_statement(record, statement, sizeof statement);
	site_say(zone->site, SITE_LOST, record->place, statement, problem,
		 "mend or remove it in the source, or add it by hand afterwards");
}

/* Where the records of a name end. */
static size_t settle_name_end(const struct site_zone *zone, size_t start)
{
	size_t end = start;
	while (end < zone->count &&
	       dns_name_equal(zone->records[end]->name, zone->records[start]->name))
		end++;
	return end;
}

static const struct site_record *settle_type(const struct site_zone *zone, size_t start, size_t end,
					     uint16_t type)
{
	for (size_t i = start; i < end; i++)
		if (zone->records[i]->type == type)
			return zone->records[i];
	return NULL;
}

/* Why a record of a name cannot stand there; NULL: it can. */
static const char *settle_clash(const struct site_record *record, const struct site_record *cname,
				const struct site_record *dname)
{
	if (dname && !dns_name_equal(record->name, dname->name) &&
	    dns_name_under(record->name, dname->name))
		return "lies below a DNAME";
	if (cname && record != cname && record->type == DNS_TYPE_CNAME)
		return "is a second CNAME of its name";
	return cname && !load_may_be_beside_cname(record->type) ? "stands beside a CNAME" : NULL;
}

/* What often stands in databases that check nothing, in one walk: the check below stops at each. */
static void settle_clashes(struct site_zone *zone)
{
	const struct site_record *dname = NULL;
	size_t kept = 0;
	for (size_t start = 0, end; start < zone->count; start = end) {
		end = settle_name_end(zone, start);
		const struct site_record *cname = settle_type(zone, start, end, DNS_TYPE_CNAME);
		const struct site_record *own = settle_type(zone, start, end, DNS_TYPE_DNAME);
		if (!dname || !dns_name_under(zone->records[start]->name, dname->name))
			dname = own;
		for (size_t i = start; i < end; i++) {
			struct site_record *record = zone->records[i];
			bool is_same = cname && record->type == DNS_TYPE_CNAME &&
				       settle_compare(&record, (const void *)&cname) == 0;
			const char *problem = is_same ? NULL : settle_clash(record, cname, dname);
			if (problem)
				settle_lose(zone, record, problem);
			else
				zone->records[kept++] = record;
		}
	}
	zone->site->record_count -= zone->count - kept;
	zone->count = kept;
}

struct settle {
	struct site_zone *zone;
	bool warns;
};

/* What differs from the source then is a change; the rest is said of what was taken. */
static void settle_warn(void *context, unsigned line, const char *text)
{
	struct settle *settle = context;
	struct site_record *record = settle->zone->records[line - 1];
	bool is_change = strstr(text, "TTL differs") || strstr(text, "is there twice");
	char statement[2048];
	if (!settle->warns)
		return;
	settle_statement(record, statement, sizeof statement);
	site_say(settle->zone->site, is_change ? SITE_CHANGED : SITE_TAKEN, record->place,
		 statement, text, NULL);
}

static const char *settle_check(struct site_zone *zone, bool warns, unsigned *line)
{
	struct settle settle = {.zone = zone, .warns = warns};
	struct load *load = load_open(&zone->apex);
	const char *problem = NULL;
	for (size_t i = 0; i < zone->count && !problem; i++) {
		const struct site_record *record = zone->records[i];
		*line = (unsigned)i + 1;
		problem = load_add(load, record->name, record->type, record->ttl, record->rdata,
				   (unsigned)i + 1);
	}
	if (!problem)
		problem = load_check(load, line, settle_warn, &settle);
	if (problem)
		problem = arena_text(&zone->site->arena, problem, strlen(problem));
	load_free(load);
	return problem;
}

static void settle_remove(struct site_zone *zone, size_t at)
{
	memmove(zone->records + at, zone->records + at + 1,
		(zone->count - at - 1) * sizeof *zone->records);
	zone->count--;
	zone->site->record_count--;
}

/* As `zone import` reads a zone: what it would refuse is taken out, one record after another. */
static bool settle_records(struct site_zone *zone)
{
	unsigned line = 0;
	const char *problem;
	if (zone->count)
		qsort(zone->records, zone->count, sizeof *zone->records, settle_compare);
	settle_clashes(zone);
	for (size_t lost = 0; (problem = settle_check(zone, false, &line)); lost++) {
		if (line == 0 || lost == SETTLE_LOST_MAX) {
			site_lose_zone(zone->site, zone->place, "zone", problem,
				       "mend it in the source");
			return false;
		}
		settle_lose(zone, zone->records[line - 1], problem);
		settle_remove(zone, line - 1);
	}
	settle_check(zone, true, &line);
	return true;
}

/* Each record once, and one TTL a set, the lowest. Sorted. */
static void settle_order(struct site_zone *zone)
{
	size_t kept = 0;
	for (size_t i = 0; i < zone->count; i++) {
		struct site_record *last = kept ? zone->records[kept - 1] : NULL;
		if (last && settle_compare(&last, &zone->records[i]) == 0) {
			if (zone->records[i]->ttl < last->ttl)
				last->ttl = zone->records[i]->ttl;
			continue;
		}
		zone->records[kept++] = zone->records[i];
	}
	zone->site->record_count -= zone->count - kept;
	zone->count = kept;
	for (size_t start = 0, end; start < kept; start = end) {
		uint32_t ttl = zone->records[start]->ttl;
		for (end = start;
		     end < kept && zone->records[end]->type == zone->records[start]->type &&
		     dns_name_equal(zone->records[end]->name, zone->records[start]->name);
		     end++)
			if (zone->records[end]->ttl < ttl)
				ttl = zone->records[end]->ttl;
		for (size_t i = start; i < end; i++)
			zone->records[i]->ttl = ttl;
	}
}

static void settle_say_unsigned(struct site_zone *zone)
{
	char text[80];
	if (!zone->unsigned_count)
		return;
	snprintf(text, sizeof text, "%zu records of DNSSEC", zone->unsigned_count);
	site_say(zone->site, SITE_LOST, zone->place, text,
		 "tenure serves the zone unsigned: DNSKEY, RRSIG, NSEC and their like are left out",
		 "take the DS away from the zone above first, or sign behind tenure");
}

static void settle_say_zone(const struct site_zone *zone)
{
	size_t by_class[DNS_AGE_PINNED + 1] = {0};
	for (size_t i = 0; i < zone->count; i++)
		by_class[zone->records[i]->class]++;
	site_say_f(zone->site, SITE_TAKEN, zone->place, "zone", NULL,
		   "%zu records: %zu static, %zu dynamic, %zu pinned", zone->count,
		   by_class[DNS_AGE_STATIC], by_class[DNS_AGE_DYNAMIC], by_class[DNS_AGE_PINNED]);
}

/* Whether it is a zone. */
static bool settle_zone(struct site_zone *zone)
{
	settle_say_unsigned(zone);
	settle_rules(zone);
	settle_settings(zone);
	settle_notes(zone);
	settle_apex(zone);
	for (size_t i = 0; i < zone->count; i++)
		settle_record(zone, zone->records[i]);
	if (!settle_records(zone))
		return false;
	settle_order(zone);
	settle_say_zone(zone);
	return true;
}

void site_settle(struct site *site)
{
	for (struct site_zone *zone = site->zones, *next; zone; zone = next) {
		next = zone->next;
		if (!settle_zone(zone))
			site_zone_drop(zone);
	}
}
