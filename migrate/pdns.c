/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the tables of PowerDNS. Names in them have no final dot; MX and SRV have their preference
 * in a column of its own, or in old databases in front of the rest. A record that an update made
 * has an `ordername` though its zone is unsigned, until somebody rectifies the zone.
 */
#include <config.h>
#include "migrate/pdns_parts.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "migrate/site_owner.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct site_place pdns_place(const struct pdns *pdns, const char *id)
{
	return (struct site_place){.file = pdns->file,
				   .line = id ? (unsigned)strtoul(id, NULL, 10) : 0,
				   .what = pdns->zone ? pdns->zone->place.what : NULL};
}

void pdns_say(struct pdns *pdns, enum site_list list, const char *statement, const char *why,
	      const char *advice)
{
	site_say(pdns->site, list, pdns_place(pdns, NULL), statement, why, advice);
}

/* --- records */

static size_t pdns_fields(const char *text)
{
	size_t count = 0;
	while (*text) {
		text += strspn(text, " \t");
		size_t len = strcspn(text, " \t");
		count += len > 0;
		text += len;
	}
	return count;
}

/* The data as in a zone file. */
static const char *pdns_content(const struct pdns *pdns, uint16_t type, const char *content,
				const char *prio)
{
	static const char *const rest[] = {" 0", " 10800", " 3600", " 604800", " 3600"};
	struct arena *arena = &pdns->site->arena;
	size_t fields = pdns_fields(content);
	bool needs_prio =
		(type == DNS_TYPE_MX && fields == 1) || (type == DNS_TYPE_SRV && fields == 3);
	if (needs_prio)
		return arena_print(arena, "%s %s", prio ? prio : "0", content);
	/* What an SOA does not say is a default of PowerDNS. */
	for (; type == DNS_TYPE_SOA && fields >= 2 && fields < 7; fields++)
		content = arena_print(arena, "%s%s", content, rest[fields - 2]);
	return content;
}

static const char *pdns_record_advice(const char *type)
{
	if (strcasecmp(type, "ALIAS") == 0)
		return "write the addresses of its target, or a CNAME below the zone's own name";
	if (strcasecmp(type, "LUA") == 0)
		return "write the records that it answers";
	return "add it by hand afterwards";
}

static void pdns_record_lose(struct pdns *pdns, const char *const column[], const char *why,
			     const char *advice)
{
	const char *statement =
		arena_print(&pdns->site->arena, "%s %s %s", column[1] ? column[1] : "",
			    column[2] ? column[2] : "", column[3] ? column[3] : "");
	site_say(pdns->site, SITE_LOST, pdns_place(pdns, column[0]), statement, why, advice);
}

static uint32_t pdns_ttl(const char *text)
{
	unsigned long ttl = text ? strtoul(text, NULL, 10) : 3600;
	return ttl <= INT32_MAX ? (uint32_t)ttl : 3600;
}

static bool pdns_is_true(const char *text)
{
	return text && (strcmp(text, "1") == 0 || strcasecmp(text, "t") == 0 ||
			strcasecmp(text, "true") == 0);
}

static void pdns_record_take(struct pdns *pdns, const char *const column[], uint16_t type)
{
	uint8_t data[DNS_RDATA_MAX];
	unsigned at;
	struct dns_name name, root = dns_name_root();
	struct bytes_out out = bytes_out_of(data, sizeof data);
	const char *problem = dns_name_parse(&name, column[1], strlen(column[1]), &root);
	if (!problem)
		problem = dns_rdata_parse_text(type, pdns_content(pdns, type, column[3], column[5]),
					       &root, &out, &at);
	if (problem) {
		pdns_record_lose(pdns, column, problem, "mend or remove it in the source");
		return;
	}
	struct site_record *record =
		site_record(pdns->zone, &name, type, pdns_ttl(column[4]),
			    bytes_of(data, bytes_out_len(&out)), pdns_place(pdns, column[0]));
	if (record && !pdns->is_signed && column[7] && *column[7]) {
		record->was_updated = true;
		record->because = "ordername set in an unsigned zone: made by an update";
	}
}

/* id, name, type, content, ttl, prio, disabled, ordername. Without a type it is a name that only
 * has others below it. */
static void pdns_record(void *context, const char *const column[PDNS_COLUMNS_MAX])
{
	struct pdns *pdns = context;
	uint16_t type;
	if (!column[2] || !*column[2])
		return;
	if (!column[1] || !column[3])
		pdns_record_lose(pdns, column, "it has no name or no content", NULL);
	else if (pdns_is_true(column[6]))
		pdns_record_lose(pdns, column, "disabled: it was not answered",
				 "add it when it is needed, or keep it as a note");
	else if (!dns_type_parse(column[2], strlen(column[2]), &type))
		pdns_record_lose(pdns, column,
				 "a type that PowerDNS answers by itself, or that is "
				 "not known",
				 pdns_record_advice(column[2]));
	else
		pdns_record_take(pdns, column, type);
}

/* --- comments, keys */

static const char *pdns_relative(const struct pdns *pdns, const char *text)
{
	struct dns_name name, root = dns_name_root();
	if (dns_name_parse(&name, text, strlen(text), &root) ||
	    !dns_name_under(&name, &pdns->zone->apex))
		return NULL;
	return site_rule_name(pdns->zone, &name);
}

/* name, type, modified_at, account, comment */
static void pdns_comment(void *context, const char *const column[PDNS_COLUMNS_MAX])
{
	struct pdns *pdns = context;
	struct arena *arena = &pdns->site->arena;
	char when[TIMEWORD_TEXT_MAX] = "";
	const char *name = column[0] ? pdns_relative(pdns, column[0]) : NULL;
	uint16_t type;
	const char *word =
		column[1] && dns_type_parse(column[1], strlen(column[1]), &type) ? column[1] : NULL;
	const char *statement = arena_print(arena, "comment %s", column[4] ? column[4] : "");
	if (!name || !column[4]) {
		pdns_say(pdns, SITE_LOST, statement, "a comment of no name in the zone", NULL);
		return;
	}
	if (column[2])
		time_print(strtoull(column[2], NULL, 10), when);
	bool has_account = column[3] && *column[3];
	site_note(pdns->zone, name, word,
		  arena_print(arena, "%s (%s%s%s)", column[4], has_account ? column[3] : "",
			      has_account && *when ? ", " : "", when));
	pdns_say(pdns, SITE_CHANGED, statement, "a note, with who wrote it and when", NULL);
}

static void pdns_tsigkey(void *context, const char *const column[PDNS_COLUMNS_MAX])
{
	struct pdns *pdns = context;
	if (column[0] && column[1] && column[2])
		site_key(pdns->site, column[0], column[1], column[2], pdns_place(pdns, NULL));
	else
		pdns_say(pdns, SITE_LOST, "key", "it has no name, no algorithm or no secret", NULL);
}

static void pdns_cryptokey(void *context, const char *const column[PDNS_COLUMNS_MAX])
{
	struct pdns *pdns = context;
	pdns->cryptokeys++;
	pdns->is_signed |= pdns_is_true(column[1]);
}

static void pdns_metadata_add(void *context, const char *const column[PDNS_COLUMNS_MAX])
{
	struct pdns *pdns = context;
	struct pdns_meta *meta = arena_zero(&pdns->site->arena, sizeof *meta);
	if (!column[0])
		return;
	meta->kind = arena_text(&pdns->site->arena, column[0], strlen(column[0]));
	meta->content =
		column[1] ? arena_text(&pdns->site->arena, column[1], strlen(column[1])) : "";
	*pdns->metadata_end = meta;
	pdns->metadata_end = &meta->next;
}

/* --- zones */

static void pdns_zone_rest(struct pdns *pdns, const char *account)
{
	struct arena *arena = &pdns->site->arena;
	struct site_record *soa = NULL;
	struct dns_soa read;
	struct dns_name nobody;
	for (size_t i = 0; i < pdns->zone->count && !soa; i++)
		if (pdns->zone->records[i]->type == DNS_TYPE_SOA)
			soa = pdns->zone->records[i];
	if (account && *account) {
		site_note(pdns->zone, "@", NULL, arena_print(arena, "account %s", account));
		pdns_say(pdns, SITE_CHANGED, arena_print(arena, "account %s", account),
			 "a note of the zone", NULL);
	}
	if (pdns->cryptokeys)
		pdns_say(pdns, SITE_LOST,
			 arena_print(arena, "%zu key%s in cryptokeys", pdns->cryptokeys,
				     pdns->cryptokeys == 1 ? "" : "s"),
			 "the zone is taken unsigned",
			 "take the DS away from the zone above first, or sign behind tenure");
	if (soa && dns_soa_unpack(soa->rdata, &read) &&
	    !dns_name_parse_text(&nobody, "a.misconfigured.dns.server.invalid") &&
	    dns_name_equal(&read.mname, &nobody))
		site_say(pdns->site, SITE_CHANGED, soa->place,
			 "MNAME a.misconfigured.dns.server.invalid",
			 "taken as it is; GSS-TSIG and secondaries use the MNAME",
			 "set the name of the new server in the SOA");
}

static bool pdns_zone_tables(struct pdns *pdns, const char *id)
{
	struct pdns_rows *rows = pdns->rows;
	return rows->select(rows, PDNS_CRYPTOKEYS, id, pdns_cryptokey, pdns, pdns->error) &&
	       rows->select(rows, PDNS_METADATA, id, pdns_metadata_add, pdns, pdns->error) &&
	       rows->select(rows, PDNS_RECORDS, id, pdns_record, pdns, pdns->error) &&
	       rows->select(rows, PDNS_COMMENTS, id, pdns_comment, pdns, pdns->error);
}

struct pdns_domain {
	struct pdns_domain *next;
	const char *column[5]; /* id, name, type, master, account */
};

static bool pdns_is_primary(const char *type)
{
	return strcasecmp(type, "MASTER") == 0 || strcasecmp(type, "PRIMARY") == 0 ||
	       strcasecmp(type, "NATIVE") == 0;
}

static void pdns_zone_begin(struct pdns *pdns)
{
	pdns->zone = NULL;
	pdns->cryptokeys = 0;
	pdns->is_signed = false;
	pdns->metadata = NULL;
	pdns->metadata_end = &pdns->metadata;
}

static bool pdns_zone_take(struct pdns *pdns, const struct pdns_domain *domain)
{
	struct dns_name apex, root = dns_name_root();
	struct arena *arena = &pdns->site->arena;
	const char *name = domain->column[1] ? domain->column[1] : "";
	const char *type = domain->column[2] ? domain->column[2] : "";
	struct site_place place = pdns_place(pdns, domain->column[0]);
	const char *problem = dns_name_parse(&apex, name, strlen(name), &root);
	pdns_zone_begin(pdns);
	place.what = arena_print(arena, "zone %s", name);
	if (!problem && !pdns_is_primary(type))
		problem = arena_print(arena, "type %s: only primary zones are taken", type);
	if (problem) {
		site_lose_zone(pdns->site, place, place.what, problem,
			       pdns_is_primary(type) ? "mend its name in the source"
						     : "take it from its primary");
		return true;
	}
	pdns->zone = site_zone_add(pdns->site, &apex, place);
	if (!pdns->zone)
		return true;
	if (!pdns_zone_tables(pdns, domain->column[0]))
		return false;
	pdns_settings(pdns, strcasecmp(type, "NATIVE") != 0);
	pdns_zone_rest(pdns, domain->column[4]);
	pdns->zone = NULL;
	return true;
}

struct pdns_domains {
	struct arena *arena;
	struct pdns_domain *first, **end;
};

static void pdns_domain_add(void *context, const char *const column[PDNS_COLUMNS_MAX])
{
	struct pdns_domains *domains = context;
	struct pdns_domain *domain = arena_zero(domains->arena, sizeof *domain);
	for (size_t i = 0; i < 5; i++)
		if (column[i])
			domain->column[i] =
				arena_text(domains->arena, column[i], strlen(column[i]));
	*domains->end = domain;
	domains->end = &domain->next;
}

bool pdns_take(struct site *site, struct pdns_rows *rows, const char *file, const char *config_name,
	       struct bytes config, char error[SITE_ERROR_MAX])
{
	struct pdns pdns = {.site = site, .rows = rows, .file = file, .error = error};
	struct pdns_domains domains = {.arena = &site->arena};
	domains.end = &domains.first;
	pdns_zone_begin(&pdns);
	pdns_config(&pdns, config_name, config);
	if (!rows->select(rows, PDNS_TSIGKEYS, NULL, pdns_tsigkey, &pdns, error) ||
	    !rows->select(rows, PDNS_DOMAINS, NULL, pdns_domain_add, &domains, error))
		return false;
	for (const struct pdns_domain *one = domains.first; one; one = one->next)
		if (!pdns_zone_take(&pdns, one))
			return false;
	site_owners(site);
	return true;
}
