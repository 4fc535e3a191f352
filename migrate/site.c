/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/site.h"
#include "base/codec.h"
#include "base/container.h"
#include "base/plaintext.h"
#include "base/utf8.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include "dns/zonefile.h"
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What to do about what is lost, where nothing better is known. */
#define SITE_ADVICE                                                                                \
	"see whether anybody needs it: then make it by hand, or leave it to another server"

#define SITE_TEXT_MAX 1024 /* of a statement or a reason in the report */
#define SITE_ROOM     256  /* of a zone's records at first */

void site_open(struct site *site, uint64_t now)
{
	*site = (struct site){.now = now};
	site->zones_end = &site->zones;
	site->scavenge_end = &site->scavenge;
	site->keys_end = &site->keys;
	site->groups_end = &site->groups;
	site->lines_end = &site->lines;
}

void site_free(struct site *site)
{
	for (struct site_zone *zone = site->zones; zone; zone = zone->next)
		free(zone->records);
	for (struct site_key *key = site->keys; key; key = key->next)
		keyring_key_wipe(&key->key);
	hash_table_free(&site->by_apex);
	arena_free(&site->arena);
	*site = (struct site){0};
}

static const char *site_copy(struct site *site, const char *text)
{
	return text ? arena_text(&site->arena, text, strlen(text)) : NULL;
}

/* --- the report */

/* A blank for each character that would move the cursor or turn text around. */
static void site_clean_blank(char *text)
{
	char *to = text;
	for (const char *from = text; *from;) {
		size_t unwanted = plaintext_unwanted(from);
		*to++ = unwanted ? ' ' : *from;
		from += unwanted ? unwanted : 1;
	}
	*to = '\0';
}

/* As one line of UTF-8 that a terminal shows as it is, whatever bytes it has; what is long ends in
 * dots. */
static const char *site_clean(struct site *site, const char *text)
{
	if (!text)
		return NULL;
	char *escaped = utf8_is_valid(bytes_of(text, strlen(text))) ? NULL : utf8_escape(text);
	const char *from = escaped ? escaped : text;
	size_t len = strlen(from);
	bool is_long = len > SITE_TEXT_MAX;
	if (is_long) {
		len = SITE_TEXT_MAX;
		while (len > 0 && ((unsigned char)from[len] & 0xc0) == 0x80)
			len--;
	}
	char *out = arena_print(&site->arena, "%.*s%s", (int)len, from, is_long ? "..." : "");
	site_clean_blank(out);
	free(escaped);
	return out;
}

static struct site_line *site_line_add(struct site *site, enum site_list list)
{
	struct site_line *line = arena_zero(&site->arena, sizeof *line);
	line->list = list;
	*site->lines_end = line;
	site->lines_end = &line->next;
	site->line_count++;
	site->by_list[list]++;
	return line;
}

void site_say(struct site *site, enum site_list list, struct site_place place,
	      const char *statement, const char *why, const char *advice)
{
	if (site->is_full)
		return;
	if (site->line_count == SITE_LINES_MAX) {
		site->is_full = true;
		struct site_line *last = site_line_add(site, SITE_LOST);
		last->statement = "what comes behind this";
		last->why = "the report has 1000000 lines, and takes no more";
		last->advice = "move in with fewer zones at once";
		return;
	}
	struct site_line *line = site_line_add(site, list);
	line->place.file = site_clean(site, place.file);
	line->place.line = place.line;
	line->place.what = site_clean(site, place.what);
	line->statement = site_clean(site, statement);
	line->why = site_clean(site, why);
	line->advice = site_clean(site, advice || list != SITE_LOST ? advice : SITE_ADVICE);
}

void site_lose_zone(struct site *site, struct site_place place, const char *statement,
		    const char *why, const char *advice)
{
	size_t before = site->line_count;
	site_say(site, SITE_LOST, place, statement, why, advice);
	if (site->line_count > before)
		container_of(site->lines_end, struct site_line, next)->is_zone = !site->is_full;
	site->zones_lost++;
}

void site_say_f(struct site *site, enum site_list list, struct site_place place,
		const char *statement, const char *advice, const char *why, ...)
{
	char text[2 * SITE_TEXT_MAX];
	va_list args;
	va_start(args, why);
	vsnprintf(text, sizeof text, why, args);
	va_end(args);
	site_say(site, list, place, statement, text, advice);
}

/* --- zones */

static bool site_zone_is(const struct hash_link *link, const void *apex)
{
	return dns_name_equal(&container_of(link, const struct site_zone, link)->apex, apex);
}

struct site_zone *site_zone_find(const struct site *site, const struct dns_name *apex)
{
	struct hash_link *link =
		hash_table_find(&site->by_apex, dns_name_hash(apex), site_zone_is, apex);
	return link ? container_of(link, struct site_zone, link) : NULL;
}

struct site_zone *site_zone_of(const struct site *site, const struct dns_name *name)
{
	for (unsigned n = 0; n <= name->labels; n++) {
		struct dns_name above = dns_name_strip(name, n);
		struct site_zone *zone = site_zone_find(site, &above);
		if (zone)
			return zone;
	}
	return NULL;
}

struct site_zone *site_zone_add(struct site *site, const struct dns_name *apex,
				struct site_place place)
{
	const char *problem = NULL;
	if (site_zone_find(site, apex))
		problem = "there is a zone of that name already: one is taken, the first";
	else if (site->zone_count == SITE_ZONES_MAX)
		problem = "more than 100000 zones";
	if (problem) {
		site_lose_zone(site, place, "zone", problem, "move in with fewer at once");
		return NULL;
	}
	struct site_zone *zone = arena_zero(&site->arena, sizeof *zone);
	zone->apex = *apex;
	dns_name_show(apex, zone->text);
	zone->place = place;
	zone->place.file = site_copy(site, place.file);
	zone->place.what = arena_print(&site->arena, "zone %s", zone->text);
	zone->site = site;
	zone->settings_end = &zone->settings;
	zone->rules_end = &zone->rules;
	zone->notes_end = &zone->notes;
	zone->reserves_end = &zone->reserves;
	zone->previous = site->last_zone;
	site->last_zone = zone;
	*site->zones_end = zone;
	site->zones_end = &zone->next;
	site->zone_count++;
	hash_table_put(&site->by_apex, &zone->link, dns_name_hash(apex));
	return zone;
}

void site_zone_drop(struct site_zone *zone)
{
	struct site *site = zone->site;
	struct site_zone **at = zone->previous ? &zone->previous->next : &site->zones;
	*at = zone->next;
	if (zone->next) {
		zone->next->previous = zone->previous;
	} else {
		site->zones_end = at;
		site->last_zone = zone->previous;
	}
	hash_table_remove(&site->by_apex, &zone->link);
	site->record_count -= zone->count;
	site->zone_count--;
	free(zone->records);
	zone->records = NULL;
}

static void site_setting_put(struct site *site, struct site_setting **first,
			     struct site_setting ***end, const char *name, const char *value)
{
	struct site_setting *setting = *first;
	while (setting && strcmp(setting->name, name) != 0)
		setting = setting->next;
	if (!setting) {
		setting = arena_zero(&site->arena, sizeof *setting);
		setting->name = site_copy(site, name);
		**end = setting;
		*end = &setting->next;
	}
	setting->value = site_clean(site, value);
}

void site_set(struct site_zone *zone, const char *name, const char *value)
{
	site_setting_put(zone->site, &zone->settings, &zone->settings_end, name, value);
}

void site_set_scavenge(struct site *site, const char *name, const char *value)
{
	site_setting_put(site, &site->scavenge, &site->scavenge_end, name, value);
}

const char *site_setting_get(const struct site_zone *zone, const char *name)
{
	for (const struct site_setting *setting = zone->settings; setting; setting = setting->next)
		if (strcmp(setting->name, name) == 0)
			return setting->value;
	return NULL;
}

void site_rule(struct site_zone *zone, struct site_place place, const char *wider,
	       const char *format, ...)
{
	struct site_rule *rule = arena_zero(&zone->site->arena, sizeof *rule);
	char *text;
	va_list args;
	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		abort();
	rule->text = site_copy(zone->site, text);
	free(text);
	rule->wider = site_copy(zone->site, wider);
	rule->place = place;
	rule->place.what = zone->place.what;
	*zone->rules_end = rule;
	zone->rules_end = &rule->next;
}

const char *site_rule_name(const struct site_zone *zone, const struct dns_name *name)
{
	struct arena *arena = &zone->site->arena;
	char text[DNS_NAME_TEXT_MAX], show[DNS_NAME_TEXT_MAX];
	struct dns_name again;
	size_t apex_len = strlen(zone->text), len = strlen(dns_name_show(name, show));
	if (dns_name_equal(name, &zone->apex))
		return "@";
	dns_name_print(name, text);
	if (zone->apex.labels && len > apex_len + 1 && dns_name_under(name, &zone->apex)) {
		show[len - apex_len - 1] = '\0';
		bool is_clear = !dns_name_parse_text(&again, show) &&
				!dns_name_under(&again, &zone->apex) && *show != '#';
		return arena_print(arena, "%s", is_clear ? show : text);
	}
	return arena_print(arena, "%s", text);
}

/* Of one thing there is one note. */
static bool site_note_join(struct site_zone *zone, const char *name, const char *type,
			   const char *text)
{
	for (struct site_note *note = zone->notes; note; note = note->next) {
		if (strcmp(note->name, name) != 0 ||
		    strcmp(note->type ? note->type : "", type) != 0)
			continue;
		note->text = site_clean(
			zone->site, arena_print(&zone->site->arena, "%s; %s", note->text, text));
		return true;
	}
	return false;
}

void site_note(struct site_zone *zone, const char *name, const char *type, const char *text)
{
	if (site_note_join(zone, name, type ? type : "", text))
		return;
	struct site_note *note = arena_zero(&zone->site->arena, sizeof *note);
	note->name = site_copy(zone->site, name);
	note->type = site_copy(zone->site, type);
	note->text = site_clean(zone->site, text);
	*zone->notes_end = note;
	zone->notes_end = &note->next;
}

void site_reserve(struct site_zone *zone, const char *name, const char *principal)
{
	struct site_reserve *reserve = arena_zero(&zone->site->arena, sizeof *reserve);
	reserve->name = site_copy(zone->site, name);
	reserve->principal = site_clean(zone->site, principal);
	*zone->reserves_end = reserve;
	zone->reserves_end = &reserve->next;
}

/* --- records */

/* What a signer makes: a zone is taken unsigned. */
static bool site_is_dnssec(uint16_t type)
{
	return type == DNS_TYPE_DNSKEY || type == DNS_TYPE_RRSIG || type == DNS_TYPE_NSEC ||
	       type == DNS_TYPE_NSEC3 || type == DNS_TYPE_NSEC3PARAM || type == DNS_TYPE_CDS ||
	       type == DNS_TYPE_CDNSKEY || type == DNS_TYPE_ZONEMD || type == 65534;
}

static const char *site_record_problem(const struct site_zone *zone, const struct dns_name *name,
				       uint16_t type, struct bytes rdata)
{
	if (!dns_name_under(name, &zone->apex))
		return "lies outside of the zone";
	if (dns_type_is_meta(type))
		return "is of a type that only questions have";
	if (!dns_rdata_is_valid(type, rdata))
		return "has data that its type does not have";
	if (zone->site->record_count >= SITE_RECORDS_MAX)
		return "comes behind 20000000 others, which is the most that is taken at once";
	return dns_rdata_fault(type, rdata);
}

static void site_record_lose(struct site_zone *zone, const struct dns_name *name, uint16_t type,
			     struct site_place place, const char *problem)
{
	char text[DNS_NAME_TEXT_MAX], word[DNS_TYPE_TEXT_MAX];
	char statement[DNS_NAME_TEXT_MAX + DNS_TYPE_TEXT_MAX + 16];
	snprintf(statement, sizeof statement, "%s %s", dns_name_show(name, text),
		 dns_type_print(type, word));
	place.what = zone->place.what;
	site_say(zone->site, SITE_LOST, place, statement, problem,
		 "mend or remove it in the source, or add it by hand afterwards");
}

/* Records of one name mostly come one after another. */
static const struct dns_name *site_name(struct site *site, const struct dns_name *name)
{
	if (!site->last_name || !dns_name_equal(site->last_name, name))
		site->last_name = arena_copy(&site->arena, name, sizeof *name);
	return site->last_name;
}

struct site_record *site_record(struct site_zone *zone, const struct dns_name *name, uint16_t type,
				uint32_t ttl, struct bytes rdata, struct site_place place)
{
	struct site *site = zone->site;
	if (site_is_dnssec(type)) {
		zone->unsigned_count++;
		return NULL;
	}
	const char *problem = site_record_problem(zone, name, type, rdata);
	if (problem) {
		site_record_lose(zone, name, type, place, problem);
		return NULL;
	}
	if (zone->count == zone->room) {
		zone->room = zone->room ? zone->room * 2 : SITE_ROOM;
		zone->records = realloc(zone->records, zone->room * sizeof *zone->records);
		if (!zone->records)
			abort();
	}
	struct site_record *record = arena_zero(&site->arena, sizeof *record);
	record->name = site_name(site, name);
	record->type = type;
	record->ttl = ttl;
	record->rdata = bytes_of(arena_copy(&site->arena, rdata.data, rdata.len), rdata.len);
	record->place = place;
	record->place.what = zone->place.what;
	zone->records[zone->count++] = record;
	site->record_count++;
	return record;
}

struct site_zonefile {
	struct site_zone *zone;
	const char *file;
};

static const char *site_zonefile_record(void *context, const struct dns_zonefile_record *read)
{
	struct site_zonefile *file = context;
	struct site_place place = {.file = file->file, .line = read->line};
	if (read->class != DNS_CLASS_IN)
		return "a record of another class than IN";
	if (read->age.class == DNS_AGE_DERIVED)
		return NULL;
	struct site_record *record =
		site_record(file->zone, &read->owner, read->type, read->ttl, read->rdata, place);
	if (record && read->age.class != DNS_AGE_UNSAID) {
		record->class = read->age.class;
		record->stamp = read->age.stamp;
	}
	return NULL;
}

bool site_zonefile(struct site_zone *zone, const char *file, struct bytes text, bool reads_notes,
		   char error[SITE_ERROR_MAX])
{
	struct site_zonefile context = {.zone = zone, .file = site_copy(zone->site, file)};
	struct dns_zonefile options = {.origin = &zone->apex,
				       .default_ttl = 3600,
				       .record = site_zonefile_record,
				       .context = &context,
				       .takes_notes = reads_notes};
	char problem[DNS_ZONEFILE_ERROR_MAX];
	if (dns_zonefile_read_text(file, (const char *)text.data, text.len, &options, problem))
		return true;
	snprintf(error, SITE_ERROR_MAX, "%s", problem);
	return false;
}

/* --- keys and groups */

struct site_key *site_key_find(const struct site *site, const struct dns_name *name)
{
	for (struct site_key *key = site->keys; key; key = key->next)
		if (dns_name_equal(&key->key.name, name))
			return key;
	return NULL;
}

static const char *site_key_fill(struct keyring_key *key, const char *name, const char *algorithm,
				 const char *secret)
{
	const struct hmac_info *info = hmac_by_text(algorithm, strlen(algorithm));
	struct bytes_out out = bytes_out_of(key->secret, sizeof key->secret);
	const char *problem = dns_name_parse_text(&key->name, name);
	if (problem)
		return problem;
	if (key->name.labels == 0)
		return "the root cannot be a key's name";
	if (!info)
		return "its algorithm is not known here";
	key->algorithm = info->algorithm;
	if (secret && !codec_parse(CODEC_BASE64, secret, strlen(secret), &out))
		return out.full ? "its secret is longer than 512 bytes"
				: "its secret is not base64";
	if (secret && bytes_out_len(&out) == 0)
		return "its secret is empty";
	key->secret_len = (uint16_t)bytes_out_len(&out);
	return NULL;
}

/* Why the key is not taken; NULL: it is. */
static const char *site_key_problem(const struct site *site, const struct keyring_key *key,
				    const char **advice)
{
	*advice = "make a key of that name: `tenurectl key generate`";
	if (site_key_find(site, &key->name))
		return "there is a key of that name already: the first is taken";
	if (key->algorithm == HMAC_MD5 && !site->accepts_md5) {
		*advice = "give its clients a key of hmac-sha256, or take it with --allow-md5";
		return "hmac-md5 is broken, and is not taken without --allow-md5";
	}
	return NULL;
}

bool site_key(struct site *site, const char *name, const char *algorithm, const char *secret,
	      struct site_place place)
{
	struct site_key *key = arena_zero(&site->arena, sizeof *key);
	const char *statement = arena_print(&site->arena, "key %s", name);
	const char *problem = site_key_fill(&key->key, name, algorithm, secret), *advice;
	advice = "make a key of that name: `tenurectl key generate`";
	if (!problem)
		problem = site_key_problem(site, &key->key, &advice);
	if (problem) {
		keyring_key_wipe(&key->key);
		site_say(site, SITE_LOST, place, statement, problem, advice);
		return false;
	}
	key->key.has_md5_leave = key->key.algorithm == HMAC_MD5;
	key->generates = !secret;
	key->place = place;
	*site->keys_end = key;
	site->keys_end = &key->next;
	site_say_f(site, SITE_TAKEN, place, statement, NULL, "%s%s",
		   hmac_by_number(key->key.algorithm)->text,
		   secret ? "" : ", with a secret that is made when the site is applied");
	return true;
}

void site_key_known(struct site *site, const char *name)
{
	struct dns_name parsed;
	if (dns_name_parse_text(&parsed, name) || site_key_find(site, &parsed))
		return;
	struct site_key *key = arena_zero(&site->arena, sizeof *key);
	key->key.name = parsed;
	key->is_known_only = true;
	*site->keys_end = key;
	site->keys_end = &key->next;
}

struct site_group *site_group(struct site *site, const char *name, bool is_acting)
{
	struct site_group *group = site->groups;
	while (group && strcmp(group->name, name) != 0)
		group = group->next;
	if (group)
		return group;
	group = arena_zero(&site->arena, sizeof *group);
	group->name = site_copy(site, name);
	group->is_acting = is_acting;
	*site->groups_end = group;
	site->groups_end = &group->next;
	return group;
}

void site_group_add(struct site *site, struct site_group *group, const char *member)
{
	for (size_t i = 0; i < group->count; i++)
		if (strcmp(group->members[i], member) == 0)
			return;
	const char **members = arena_alloc(&site->arena, (group->count + 1) * sizeof *members);
	if (group->count)
		memcpy(members, group->members, group->count * sizeof *members);
	members[group->count++] = site_clean(site, member);
	group->members = members;
}
