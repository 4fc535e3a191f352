/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/windows_json.h"
#include "base/codec.h"
#include "base/counted.h"
#include "dns/csvzone.h"
#include "dns/rdata.h"
#include "migrate/windows_parts.h"
#include "migrate/windows_text.h"
#include <stdlib.h>
#include <string.h>

/* As many differences as the report names one by one. */
#define DIFFERENCES_MAX 20

/* --- names of the directory */

/* A node that is being read; its parts last until the next one. */
struct windows_node {
	struct ad_node node;
	struct arena arena;
};

static void windows_take_values(struct windows *w, struct windows_node *n, const json_t *list)
{
	size_t count = windows_json_count(list);
	struct bytes *values = arena_alloc(&n->arena, (count + 1) * sizeof values[0]);
	n->node.values = values;
	for (size_t i = 0; i < count; i++) {
		const json_t *one = windows_json_at(list, i);
		const char *text = json_string_value(one);
		size_t len = json_string_length(one);
		struct bytes_out out = bytes_out_of(arena_alloc(&n->arena, len + 1), len);
		if (text && codec_parse(CODEC_BASE64, text, len, &out))
			values[n->node.count++] = bytes_of(out.start, bytes_out_len(&out));
		else
			site_say(w->site, SITE_LOST, n->node.place, n->node.name,
				 "a dnsRecord that is no base64",
				 "look at the name there, and make the record anew");
	}
}

static void windows_take_writers(struct windows_node *n, const json_t *list)
{
	size_t count = windows_json_count(list);
	struct sid *writers = arena_alloc(&n->arena, (count + 1) * sizeof writers[0]);
	n->node.writers = writers;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(windows_json_at(list, i));
		if (text && sid_parse(text, strlen(text), &writers[n->node.writer_count]))
			n->node.writer_count++;
	}
}

static void windows_take_node(struct windows *w, struct windows_zone *zone, struct ad_zone *ad_zone,
			      const json_t *one, const char *path)
{
	struct windows_node n = {0};
	const json_t *name = json_object_get(one, "name");
	const char *owner = windows_json_text(one, "owner");
	n.node.place = (struct site_place){.file = path, .what = zone->place.what};
	n.node.name = json_string_value(name);
	n.node.name_len = json_string_length(name);
	n.node.is_tombstoned = windows_json_is(one, "tombstoned");
	n.node.has_owner = owner && sid_parse(owner, strlen(owner), &n.node.owner);
	if (!n.node.name) {
		site_say(w->site, SITE_LOST, n.node.place, "a name", "it has no name", NULL);
		return;
	}
	windows_take_writers(&n, json_object_get(one, "writers"));
	windows_take_values(w, &n, json_object_get(one, "dnsRecord"));
	ad_zone_take(&w->ad, ad_zone, &n.node);
	arena_free(&n.arena);
}

bool windows_read_names(struct windows *w, struct windows_zone *zone, struct ad_zone *ad_zone,
			bool *is_there)
{
	const char *path = windows_path(w, "nodes/%s.json", windows_safe_name(w, zone->name));
	json_t *nodes;
	if (!windows_json_read(path, &nodes, w->error))
		return false;
	*is_there = nodes != NULL;
	for (size_t i = 0; i < windows_json_count(nodes); i++)
		windows_take_node(w, zone, ad_zone, windows_json_at(nodes, i), path);
	json_decref(nodes);
	return true;
}

/* --- zone files */

struct windows_file {
	struct windows *w;
	struct windows_zone *zone;
	const char *path;
	/* Of a comparison. */
	struct hash_table taken;
	size_t only_here, other_stamps, seen;
};

static const char *windows_file_record(void *context, const struct dns_zonefile_record *read)
{
	struct windows_file *f = context;
	struct site_place place = {.file = f->path, .line = read->line};
	struct site_record *r =
		site_record(f->zone->zone, &read->owner, read->type, read->ttl, read->rdata, place);
	if (r && read->age.class != DNS_AGE_UNSAID) {
		r->class = read->age.class;
		r->stamp = read->age.stamp;
		r->because = "the zone file says when it was registered";
	}
	return NULL;
}

static void windows_file_lookup(void *context, const char *word, const char *file, unsigned line)
{
	struct windows_file *f = context;
	struct site_place place = {.file = f->path, .line = line, .what = f->zone->place.what};
	(void)file;
	site_say(f->w->site, SITE_LOST, place, word,
		 "a WINS lookup, which only Windows does: names that only WINS knew are not found",
		 "register the hosts in the zone");
}

/* Nothing is said of lookups, which were said of when the names were read. */
static void windows_file_pass(void *context, const char *word, const char *file, unsigned line)
{
	(void)context, (void)word, (void)file, (void)line;
}

/* Reads a zone file or a table. */
static bool windows_file_parse(struct windows_file *f, const struct dns_zonefile *wanted)
{
	struct windows_text text;
	char wrong[DNS_ZONEFILE_ERROR_MAX];
	if (!windows_text_open(&text, f->path, f->w->error))
		return false;
	const char *start = text.text.data ? (const char *)text.text.data : "";
	bool is_well =
		dns_csvzone_is(start, text.text.len)
			? dns_csvzone_read_text(f->path, start, text.text.len, wanted, wrong)
			: dns_zonefile_read_text(f->path, start, text.text.len, wanted, wrong);
	if (!is_well)
		snprintf(f->w->error, SITE_ERROR_MAX, "%s", wrong);
	windows_text_close(&text);
	return is_well;
}

bool windows_read_file(struct windows *w, struct windows_zone *zone, const char *path)
{
	struct windows_file f = {.w = w, .zone = zone, .path = path};
	struct dns_zonefile wanted = {.origin = &zone->zone->apex,
				      .default_ttl = 3600,
				      .record = windows_file_record,
				      .lookup = windows_file_lookup,
				      .context = &f,
				      .takes_notes = true};
	return windows_file_parse(&f, &wanted);
}

/* --- a zone file beside the directory */

struct windows_taken {
	struct hash_link link;
	const struct site_record *record;
	bool is_seen;
};

struct windows_wanted {
	const struct dns_name *name;
	uint16_t type;
	struct bytes rdata;
};

static bool windows_taken_is(const struct hash_link *link, const void *key)
{
	const struct windows_taken *taken = container_of(link, const struct windows_taken, link);
	const struct windows_wanted *wanted = key;
	return taken->record->type == wanted->type &&
	       dns_name_equal(taken->record->name, wanted->name) &&
	       dns_rdata_compare(wanted->type, taken->record->rdata, wanted->rdata) == 0;
}

static uint64_t windows_taken_hash(const struct dns_name *name, uint16_t type)
{
	return dns_name_hash(name) ^ type;
}

static void windows_file_differ(struct windows_file *f, const struct dns_zonefile_record *read)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], data[256];
	struct site_place place = {
		.file = f->path, .line = read->line, .what = f->zone->place.what};
	if (++f->only_here > DIFFERENCES_MAX)
		return;
	dns_rdata_print(read->type, read->rdata, data, sizeof data);
	site_say(f->w->site, SITE_LOST, place,
		 arena_print(&f->w->site->arena, "%s %s %s", dns_name_show(&read->owner, name),
			     dns_type_print(read->type, type), data),
		 "in the zone file, and not among the names of the directory, which count",
		 "look which is right, and add it if it is this");
}

static const char *windows_file_compare(void *context, const struct dns_zonefile_record *read)
{
	struct windows_file *f = context;
	struct windows_wanted wanted = {&read->owner, read->type, read->rdata};
	struct hash_link *link = hash_table_find(
		&f->taken, windows_taken_hash(&read->owner, read->type), windows_taken_is, &wanted);
	/* The serial of an SOA moves on. */
	if (!link && read->type == DNS_TYPE_SOA)
		return NULL;
	if (!link) {
		windows_file_differ(f, read);
		return NULL;
	}
	struct windows_taken *taken = container_of(link, struct windows_taken, link);
	uint64_t stamp = taken->record->class == DNS_AGE_DYNAMIC ? taken->record->stamp : 0;
	f->seen += !taken->is_seen;
	taken->is_seen = true;
	f->other_stamps += stamp != (read->age.class == DNS_AGE_DYNAMIC ? read->age.stamp : 0);
	return NULL;
}

static void windows_file_say(struct windows_file *f)
{
	struct site *site = f->w->site;
	struct site_place place = {.file = f->path, .what = f->zone->place.what};
	char count[COUNTED_TEXT_MAX];
	size_t missing = f->zone->zone->count - f->seen;
	if (f->only_here > DIFFERENCES_MAX)
		site_say_f(site, SITE_LOST, place, "the zone file", NULL,
			   "%zu more records are in it, and not among the names of the directory",
			   f->only_here - DIFFERENCES_MAX);
	if (f->other_stamps > 0)
		site_say_f(site, SITE_CHANGED, place, "the zone file", NULL,
			   "%s with another age than in the directory, which counts",
			   counted(f->other_stamps, "record", count));
	if (missing > 1)
		site_say_f(site, SITE_CHANGED, place, "the zone file", NULL,
			   "it lacks %s of the directory, which counts",
			   counted(missing, "record", count));
}

bool windows_compare_file(struct windows *w, struct windows_zone *zone, const char *path)
{
	struct windows_file f = {.w = w, .zone = zone, .path = path};
	struct dns_zonefile wanted = {.origin = &zone->zone->apex,
				      .default_ttl = 3600,
				      .record = windows_file_compare,
				      .lookup = windows_file_pass,
				      .context = &f,
				      .takes_notes = true};
	struct arena arena = {0};
	for (size_t i = 0; i < zone->zone->count; i++) {
		struct windows_taken *taken = arena_zero(&arena, sizeof *taken);
		taken->record = zone->zone->records[i];
		hash_table_put(&f.taken, &taken->link,
			       windows_taken_hash(taken->record->name, taken->record->type));
	}
	bool is_well = windows_file_parse(&f, &wanted);
	if (is_well)
		windows_file_say(&f);
	hash_table_free(&f.taken);
	arena_free(&arena);
	return is_well;
}
