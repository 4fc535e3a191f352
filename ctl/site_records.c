/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/site_records.h"
#include "base/timeword.h"
#include "ctl/site_file.h"
#include "dns/rdata.h"
#include "dns/zonefile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SITE_TTL_DEFAULT 3600
#define SITE_TTL_MAX     0x7fffffffu /* RFC 2181 8 */

/* What is read of a zone. */
struct site_records {
	struct site_form *form;
	struct site_zone_form *zone;
	const struct site_node *node; /* of the text */
	const char *file;             /* of its lines; NULL: they are the node's */
	json_t *list;
	uint32_t ttl;
	bool adopts;
	struct site_place place; /* of the record that is added, in a list */
};

static struct site_place site_records_at(const struct site_records *r, unsigned line,
					 unsigned column)
{
	if (r->file)
		return (struct site_place){r->file, line, column};
	return line ? site_place_in(&r->form->yaml, r->node, line, column) : r->place;
}

static void site_records_note_place(struct site_records *r, const struct site_place *at)
{
	struct site_zone_form *zone = r->zone;
	if (zone->count == zone->room) {
		size_t room = zone->room ? zone->room * 2 : 64;
		struct site_record_place *places =
			arena_alloc(r->form->arena, room * sizeof *places);
		if (zone->count)
			memcpy(places, zone->places, zone->count * sizeof *places);
		zone->places = places;
		zone->room = room;
	}
	zone->places[zone->count++] =
		(struct site_record_place){at->file, (uint32_t)at->line, (uint32_t)at->column};
}

static void site_records_add(struct site_records *r, const struct dns_name *name, uint16_t type,
			     uint32_t ttl, struct bytes rdata)
{
	char shown[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX];
	size_t len = dns_rdata_print(type, rdata, NULL, 0);
	char *text = malloc(len + 1);
	if (!text)
		abort();
	dns_rdata_print(type, rdata, text, len + 1);
	json_t *record = json_object();
	json_object_set_new(record, "name", json_string(dns_name_show(name, shown)));
	json_object_set_new(record, "ttl", json_integer(ttl));
	json_object_set_new(record, "type", json_string(dns_type_print(type, word)));
	json_object_set_new(record, "data", json_string(text));
	if (r->adopts)
		json_object_set_new(record, "adopt", json_true());
	json_array_append_new(r->list, record);
	free(text);
}

/* What a record of the file cannot be; NULL: nothing. */
static const char *site_records_refuse(const struct site_records *r, const struct dns_name *name,
				       uint16_t type)
{
	if (type == DNS_TYPE_SOA)
		return "an SOA is not among the records: the zone's field soa says what it holds";
	if (dns_type_is_meta(type))
		return "a type that exists only in messages";
	if (!dns_name_under(name, &r->zone->apex))
		return "the name is outside of the zone";
	if (r->form->record_count >= SITE_RECORDS_MAX)
		return "more records than are managed by one file: a seed takes any number";
	return NULL;
}

/* --- lines */

static const char *site_records_take(void *context, const struct dns_zonefile_record *record)
{
	struct site_records *r = context;
	const char *problem = site_records_refuse(r, &record->owner, record->type);
	if (!problem && record->class != DNS_CLASS_IN)
		problem = "class IN is what is served here";
	if (problem)
		return problem;
	struct site_place at = site_records_at(r, record->line, 1);
	r->form->record_count++;
	site_records_note_place(r, &at);
	site_records_add(r, &record->owner, record->type, record->ttl, record->rdata);
	return NULL;
}

static void site_records_lines(struct site_records *r, const char *text)
{
	char error[DNS_ZONEFILE_ERROR_MAX];
	unsigned line = 0, column = 0;
	int end = 0;
	struct dns_zonefile file = {.origin = &r->zone->apex,
				    .default_ttl = r->ttl,
				    .record = site_records_take,
				    .context = r};
	if (dns_zonefile_read_text("r", text, strlen(text), &file, error))
		return;
	bool has_place = sscanf(error, "r:%u:%u: %n", &line, &column, &end) == 2 && end > 0;
	struct site_place at = site_records_at(r, has_place ? line : 0, has_place ? column : 0);
	site_fault(&r->form->yaml, &at, "%s", error + (has_place ? end : 0));
}

/* --- a list */

static const char *site_records_text(const struct site_node *item, const char *field,
				     const struct site_node **node)
{
	*node = site_find(item, field);
	return *node && (*node)->kind == SITE_SCALAR && (*node)->text[0] ? (*node)->text : NULL;
}

static void site_records_fault(struct site_records *r, const struct site_node *node,
			       const char *field, const char *problem)
{
	struct site_place at = site_place_of(&r->form->yaml, node);
	site_fault(&r->form->yaml, &at, "%s: %s", field, problem);
}

/* One of `data`. */
static void site_records_datum(struct site_records *r, const struct dns_name *name, uint16_t type,
			       uint32_t ttl, const struct site_node *datum)
{
	unsigned column = 0;
	if (datum->kind != SITE_SCALAR) {
		site_records_fault(r, datum, "data", "expected a list of texts");
		return;
	}
	uint8_t *buffer = malloc(DNS_RDATA_MAX);
	if (!buffer)
		abort();
	struct bytes_out out = bytes_out_of(buffer, DNS_RDATA_MAX);
	const char *problem =
		dns_rdata_parse_text(type, datum->text, &r->zone->apex, &out, &column);
	struct bytes rdata = bytes_of(buffer, problem ? 0 : bytes_out_len(&out));
	if (!problem)
		problem = dns_rdata_fault(type, rdata);
	struct site_place at = site_place_in(&r->form->yaml, datum, 1, column ? column : 1);
	if (problem) {
		site_fault(&r->form->yaml, &at, "data: %s", problem);
	} else {
		r->form->record_count++;
		site_records_note_place(r, &at);
		site_records_add(r, name, type, ttl, rdata);
	}
	free(buffer);
}

static bool site_records_ttl(struct site_records *r, const struct site_node *item, uint32_t *ttl)
{
	const struct site_node *node;
	const char *text = site_records_text(item, "ttl", &node);
	*ttl = r->ttl;
	if (!node || (text && duration_parse_ttl(text, ttl) && *ttl <= SITE_TTL_MAX))
		return true;
	site_records_fault(r, node, "ttl", "expected seconds, or as in 1h30m");
	return false;
}

static void site_records_item(struct site_records *r, const struct site_node *item)
{
	char problem[DNS_TYPE_PROBLEM_MAX];
	const struct site_node *name_node, *type_node, *data = site_find(item, "data");
	const struct site_node *adopt = site_find(item, "adopt");
	const char *name_text = site_records_text(item, "name", &name_node);
	const char *type_text = site_records_text(item, "type", &type_node);
	struct dns_name name;
	uint16_t type = 0;
	uint32_t ttl;
	const char *wrong =
		!name_text ? "expected a name"
			   : dns_name_parse(&name, name_text, strlen(name_text), &r->zone->apex);
	if (wrong) {
		site_records_fault(r, name_node ? name_node : item, "name", wrong);
		return;
	}
	if (!type_text || !dns_type_parse(type_text, strlen(type_text), &type)) {
		site_records_fault(r, type_node ? type_node : item, "type",
				   type_text ? dns_type_problem(type_text, problem)
					     : "expected a type");
		return;
	}
	wrong = site_records_refuse(r, &name, type);
	if (wrong) {
		site_records_fault(r, item, "records", wrong);
		return;
	}
	if (!data || data->kind != SITE_LIST || !data->count) {
		site_records_fault(r, data ? data : item, "data", "expected a list of texts");
		return;
	}
	r->adopts = adopt && adopt->kind == SITE_SCALAR &&
		    (!strcmp(adopt->text, "true") || !strcmp(adopt->text, "on") ||
		     !strcmp(adopt->text, "yes"));
	if (site_records_ttl(r, item, &ttl))
		for (const struct site_node *one = data->first; one; one = one->next)
			site_records_datum(r, &name, type, ttl, one);
}

static void site_records_list(struct site_records *r)
{
	static const char *const known[] = {"name", "ttl", "type", "data", "adopt"};
	for (const struct site_node *item = r->node->first; item; item = item->next) {
		bool is_map = item->kind == SITE_MAP;
		if (!is_map)
			site_records_fault(r, item, "records",
					   "expected {name: ..., type: ..., data: [...]}");
		for (const struct site_node *f = is_map ? item->first : NULL; f; f = f->next) {
			size_t i = 0;
			while (i < sizeof known / sizeof *known && strcmp(known[i], f->key->text))
				i++;
			if (i == sizeof known / sizeof *known)
				site_records_fault(r, f->key, f->key->text,
						   "unknown field: it is one of name, ttl, type, "
						   "data, adopt");
			else if (site_find(item, f->key->text) != f)
				site_records_fault(r, f->key, f->key->text, "said before");
		}
		if (is_map)
			site_records_item(r, item);
	}
}

/* --- TTLs */

struct site_rrset {
	const char *name, *type;
	json_int_t ttl;
	size_t index;
};

static int site_rrset_order(const void *a, const void *b)
{
	const struct site_rrset *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	if (order == 0)
		order = strcmp(x->type, y->type);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Signatures have the TTL of what they cover. */
static void site_records_check_ttls(struct site_records *r)
{
	size_t count = json_array_size(r->list), i;
	struct site_rrset *sets = malloc((count + 1) * sizeof *sets);
	json_t *one;
	if (!sets)
		abort();
	json_array_foreach(r->list, i, one)
	{
		sets[i] = (struct site_rrset){json_string_value(json_object_get(one, "name")),
					      json_string_value(json_object_get(one, "type")),
					      json_integer_value(json_object_get(one, "ttl")), i};
	}
	qsort(sets, count, sizeof *sets, site_rrset_order);
	for (i = 1; i < count; i++) {
		const struct site_rrset *a = &sets[i - 1], *b = &sets[i];
		if (strcmp(a->name, b->name) || strcmp(a->type, b->type) || a->ttl == b->ttl ||
		    !strcmp(a->type, "RRSIG") || !strcmp(a->type, "SIG"))
			continue;
		const struct site_record_place *p = &r->zone->places[b->index];
		site_fault(
			&r->form->yaml, &(struct site_place){p->file, p->line, p->column},
			"%s %s has two TTLs, %lld and %lld: the records of a type at a name have "
			"one",
			b->name, b->type, (long long)a->ttl, (long long)b->ttl);
	}
	free(sets);
}

/* --- a zone's */

static struct site_records site_records_of(struct site_form *form, struct site_zone_form *at,
					   const struct site_node *node, json_t *zone)
{
	const char *ttl = json_string_value(json_object_get(zone, "ttl"));
	struct site_records r = {.form = form,
				 .zone = at,
				 .node = node,
				 .list = json_array(),
				 .ttl = SITE_TTL_DEFAULT};
	json_object_set_new(zone, "records", r.list);
	/* A TTL that is none is found by the server, which names its place. */
	if (ttl && (!duration_parse_ttl(ttl, &r.ttl) || r.ttl > SITE_TTL_MAX))
		r.ttl = SITE_TTL_DEFAULT;
	return r;
}

void site_records_read(struct site_form *form, struct site_zone_form *at,
		       const struct site_node *node, json_t *zone)
{
	struct site_records r = site_records_of(form, at, node, zone);
	bool is_nothing = node->kind == SITE_SCALAR && node->is_plain && !node->text[0];
	if (node->kind == SITE_MAP || is_nothing)
		site_records_fault(&r, node, "records",
				   "expected lines of a zone file, a list, or \"\" for none");
	else if (node->kind == SITE_LIST)
		site_records_list(&r);
	else
		site_records_lines(&r, node->text);
	site_records_check_ttls(&r);
}

void site_records_read_file(struct site_form *form, struct site_zone_form *at,
			    const struct site_node *node, const char *text, json_t *zone)
{
	struct site_records r = site_records_of(form, at, node, zone);
	r.file = site_file_path(form->folder ? form->folder : ".", node->text, form->arena);
	if (text)
		site_records_lines(&r, text);
	site_records_check_ttls(&r);
}

struct site_place site_records_place(const struct site_form *form,
				     const struct site_zone_form *zone,
				     const struct site_node *node, const char *path)
{
	size_t index = *path == '[' ? strtoul(path + 1, NULL, 10) : zone->count;
	if (index < zone->count) {
		const struct site_record_place *at = &zone->places[index];
		return (struct site_place){at->file, at->line, at->column};
	}
	return site_place_of(&form->yaml, node);
}
