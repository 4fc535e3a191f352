/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/ad_site.h"
#include "base/counted.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "migrate/ad_controller.h"
#include "migrate/ad_owner.h"
#include <stdlib.h>
#include <strings.h>

#define TTL_MOST 0x7fffffffu /* RFC 2181 8 */

/* What a conflict of replication makes of a name. */
#define CONFLICT "\nCNF:"

/* A name that was taken, to find it again. */
struct ad_name {
	struct hash_link link;
	const struct ad_zone *zone;
	struct dns_name name;
};

void ad_site_open(struct ad_site *ad, struct site *site, const struct source *source)
{
	*ad = (struct ad_site){.site = site, .source = source};
	ad->zones_end = &ad->zones;
	ad->room = arena_alloc(&site->arena, DNS_RDATA_MAX);
	ad_accounts_open(&ad->accounts, &site->arena);
}

/* --- zones */

/* What is no zone though it stands where zones do. NULL: it may be one. */
static const char *ad_zone_no_zone(const char *name, enum site_list *list)
{
	*list = SITE_LOST;
	if (strcasecmp(name, "RootDNSServers") == 0) {
		*list = SITE_CHANGED;
		return "root hints, which a server of zones does not need";
	}
	if (strcasecmp(name, "..TrustAnchors") == 0 || strcasecmp(name, "TrustAnchors") == 0)
		return "trust anchors of DNSSEC, which a resolver needs";
	if (strncasecmp(name, "..Deleted-", 10) == 0)
		return "a zone that is being deleted";
	if (strncasecmp(name, "..InProgress-", 13) == 0)
		return "a zone that was not whole yet";
	return NULL;
}

static const char *ad_zone_other_type(uint32_t type)
{
	switch (type) {
	case AD_PROPERTY_PRIMARY:
		return NULL;
	case 0:
		return "root hints or a cache";
	case 2:
		return "a secondary zone, whose content its primary has";
	case 3:
		return "a stub zone";
	case 4:
		return "a conditional forwarder, which a resolver needs";
	default:
		return "a zone of a type that is not known";
	}
}

static void ad_zone_set_hours(struct site_zone *zone, const char *name, uint32_t hours)
{
	char text[TIMEWORD_TEXT_MAX];
	duration_print(hours * 3600, text);
	site_set(zone, name, text);
}

static void ad_zone_set(struct site_zone *zone, const struct ad_settings *settings, bool is_open)
{
	static const char *const modes[] = {
		[AD_UPDATE_NONE] = "none",
		[AD_UPDATE_NONSECURE] = "nonsecure",
		[AD_UPDATE_SECURE] = "secure",
	};
	site_set(zone, "update", modes[settings->update]);
	if (settings->update == AD_UPDATE_SECURE)
		site_set(zone, "policy", is_open ? "windows" : "closed");
	ad_zone_set_hours(zone, "no-refresh", settings->no_refresh);
	ad_zone_set_hours(zone, "refresh", settings->refresh);
	site_set(zone, "aging", settings->is_aging ? "on" : "off");
}

/* The site's zone. NULL: there is none, and that was said. */
static struct site_zone *ad_zone_make(struct ad_site *ad, const char *name,
				      const struct ad_settings *settings, struct site_place place)
{
	enum site_list list;
	struct dns_name apex;
	const char *wrong = ad_zone_no_zone(name, &list);
	if (!wrong)
		wrong = ad_zone_other_type(settings->type);
	if (!wrong)
		wrong = dns_name_parse_text(&apex, name);
	if (wrong && !ad_zone_no_zone(name, &list) && settings->type != 0) {
		site_lose_zone(ad->site, place, name, wrong,
			       settings->type == AD_PROPERTY_PRIMARY
				       ? "mend its name there"
				       : "take it from its primary, or ask that server by a "
					 "resolver in front");
		return NULL;
	}
	if (wrong) {
		site_say(ad->site, list, place, name, wrong, NULL);
		return NULL;
	}
	return site_zone_add(ad->site, &apex, place);
}

static bool ad_zone_is(const struct ad_zone *zone, const char *name, const char *partition)
{
	return strcasecmp(zone->name, name) == 0 && strcasecmp(zone->partition, partition) == 0;
}

struct ad_zone *ad_zone_find(struct ad_site *ad, const char *name, const char *partition)
{
	/* Names come zone by zone, mostly. */
	struct ad_zone *zone = ad->last;
	if (zone && ad_zone_is(zone, name, partition))
		return zone;
	for (zone = ad->zones; zone && !ad_zone_is(zone, name, partition);)
		zone = zone->next;
	if (zone)
		ad->last = zone;
	return zone;
}

struct ad_zone *ad_zone_add(struct ad_site *ad, const char *name, const char *partition,
			    const struct ad_settings *settings, bool is_open,
			    struct site_place place)
{
	struct arena *arena = &ad->site->arena;
	struct ad_zone *zone = ad_zone_find(ad, name, partition);
	if (zone)
		return zone;
	zone = arena_zero(arena, sizeof *zone);
	zone->name = arena_text(arena, name, strlen(name));
	zone->partition = arena_text(arena, partition, strlen(partition));
	zone->zone = ad_zone_make(ad, zone->name, settings, place);
	if (zone->zone) {
		ad_zone_set(zone->zone, settings, is_open);
		if (settings->scavengers > 0)
			site_say(ad->site, SITE_LOST, place, "scavenging servers",
				 "which servers may scavenge; there is one here", NULL);
	}
	*ad->zones_end = zone;
	ad->zones_end = &zone->next;
	return zone;
}

/* --- names */

static bool ad_name_matches(const struct hash_link *link, const void *key)
{
	const struct ad_name *name = container_of(link, const struct ad_name, link), *other = key;
	return name->zone == other->zone && dns_name_equal(&name->name, &other->name);
}

/* Whether the zone has the name already; from now on it has. */
static bool ad_name_is_second(struct ad_site *ad, const struct ad_zone *zone,
			      const struct dns_name *name)
{
	struct ad_name wanted = {.zone = zone, .name = *name};
	uint64_t hash = dns_name_hash(name);
	if (hash_table_find(&ad->names, hash, ad_name_matches, &wanted))
		return true;
	struct ad_name *kept = arena_copy(&ad->site->arena, &wanted, sizeof wanted);
	hash_table_put(&ad->names, &kept->link, hash);
	return false;
}

/* The whole name of a node: its labels, as bytes without escapes, before the zone's. */
static const char *ad_name_make(const struct ad_node *node, const struct dns_name *apex,
				struct dns_name *name)
{
	uint8_t wire[DNS_NAME_MAX];
	struct bytes_out out = bytes_out_of(wire, sizeof wire);
	const char *at = node->name, *end = at + node->name_len;
	if (node->name_len == 0)
		return "a name without a name";
	if (node->name_len == 1 && *at == '@') {
		*name = *apex;
		return NULL;
	}
	while (at <= end) {
		const char *dot = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
		size_t len = (size_t)((dot ? dot : end) - at);
		if (len == 0)
			return "a name with an empty label";
		if (len > DNS_LABEL_MAX)
			return "a name with a label longer than 63 bytes";
		bytes_out_u8(&out, (uint8_t)len);
		bytes_out_put(&out, at, len);
		at += len + 1;
	}
	bytes_out_put(&out, apex->wire, apex->len);
	if (out.full || !dns_name_from_wire(name, bytes_of(wire, bytes_out_len(&out))))
		return "a name longer than 255 bytes";
	return NULL;
}

/* --- their records */

/* A node that is being taken. */
struct ad_taking {
	struct ad_site *ad;
	struct ad_zone *zone;
	const struct ad_node *node;
	const char *shown; /* the name, in the report */
	struct dns_name name;
	struct ad_owner owner;
	size_t statics, dynamics, tombstones; /* that were taken */
	uint64_t deleted;                     /* when, of a tombstone; 0: not known */
};

static void ad_taking_lose(struct ad_taking *t, uint16_t type, const char *why, const char *advice)
{
	char word[DNS_TYPE_TEXT_MAX];
	const char *what = type == AD_RECORD_WINS    ? "WINS"
			   : type == AD_RECORD_WINSR ? "WINS-R"
						     : dns_type_print(type, word);
	site_say(t->ad->site, SITE_LOST, t->node->place,
		 arena_print(&t->ad->site->arena, "%s %s", t->shown, what), why, advice);
}

/* Data in the stored form. False: it is lost, and that was said. */
static bool ad_taking_data(struct ad_taking *t, const struct ad_record *record,
			   struct bytes_out *rdata)
{
	if (record->type == AD_RECORD_WINS || record->type == AD_RECORD_WINSR) {
		ad_taking_lose(t, record->type, "a WINS lookup, which only Windows does", NULL);
		return false;
	}
	if (record->rank == AD_RECORD_RANK_ROOT_HINT) {
		ad_taking_lose(t, record->type, "a root hint", NULL);
		return false;
	}
	const char *wrong = ad_record_data(record, rdata);
	if (wrong)
		ad_taking_lose(t, record->type, wrong,
			       "look at the record there, and make it anew");
	return !wrong;
}

/* Class, stamp and owner. */
static void ad_taking_own(struct ad_taking *t, const struct ad_record *record,
			  struct site_record *r)
{
	bool is_dynamic = record->age.class == DNS_AGE_DYNAMIC;
	r->class = record->age.class;
	r->stamp = record->age.stamp;
	r->owner = is_dynamic ? t->owner.dynamic_owner : t->owner.static_owner;
	/* SOA and NS of the zone are the administrator's, whoever made its name. */
	if (r->type == DNS_TYPE_SOA ||
	    (r->type == DNS_TYPE_NS && dns_name_equal(&t->name, &t->zone->zone->apex)))
		r->owner = AD_OWNER_LOCAL;
	r->because = is_dynamic             ? "it has a stamp in the directory"
		     : t->owner.is_made_for ? "the name was made for the account"
					    : "it has no stamp in the directory";
	t->dynamics += is_dynamic;
	t->statics += !is_dynamic;
}

static void ad_taking_value(struct ad_taking *t, struct bytes value)
{
	struct bytes_out rdata = bytes_out_of(t->ad->room, DNS_RDATA_MAX);
	struct ad_record record;
	const char *wrong = ad_record_read(value, &record);
	if (wrong) {
		site_say(t->ad->site, SITE_LOST, t->node->place, t->shown, wrong,
			 "look at the name there, and make the record anew");
		return;
	}
	if (record.type == AD_RECORD_TOMBSTONE) {
		t->tombstones++;
		ad_record_deleted(&record, &t->deleted);
		return;
	}
	if (t->node->is_tombstoned || !ad_taking_data(t, &record, &rdata))
		return;
	if (!ad_record_is_known(record.type))
		site_say_f(t->ad->site, SITE_CHANGED, t->node->place, t->shown,
			   "compare it with what the old server answers",
			   "data of type %u is taken as it lies in the directory", record.type);
	if (record.ttl > TTL_MOST)
		site_say(t->ad->site, SITE_CHANGED, t->node->place, t->shown,
			 "a TTL above 2147483647, which counts as 0", NULL);
	struct site_record *r = site_record(
		t->zone->zone, &t->name, record.type, record.ttl > TTL_MOST ? 0 : record.ttl,
		bytes_of(t->ad->room, bytes_out_len(&rdata)), t->node->place);
	if (r)
		ad_taking_own(t, &record, r);
}

/* --- what the report says of a name */

static void ad_taking_say(struct ad_taking *t, enum site_list list, const char *why,
			  const char *advice)
{
	const struct ad_account *account = t->owner.account;
	char sid[SID_TEXT_MAX];
	const char *owner = account              ? account->name
			    : t->node->has_owner ? sid_print(&t->node->owner, sid)
						 : "not given";
	site_say(t->ad->site, list, t->node->place,
		 arena_print(&t->ad->site->arena, "%s (owner %s)", t->shown, owner), why, advice);
}

static void ad_taking_say_writers(struct ad_taking *t)
{
	struct arena *arena = &t->ad->site->arena;
	const struct ad_node *node = t->node;
	const char *list = NULL;
	for (size_t i = 0; i < node->writer_count; i++) {
		struct ad_node one = *node;
		char sid[SID_TEXT_MAX];
		one.writers = &node->writers[i];
		one.writer_count = 1;
		struct ad_owner as = ad_owner_of(&t->ad->accounts, &one, false);
		if (as.writers == 0)
			continue;
		list = arena_print(arena, "%s%s%s", list ? list : "", list ? ", " : "",
				   as.writer ? as.writer->principal
					     : sid_print(&node->writers[i], sid));
	}
	const char *advice = "add a rule that lets them: `tenurectl zone policy add ZONE "
			     "'allow PRINCIPAL write at NAME'`";
	ad_taking_say(t, SITE_LOST, arena_print(arena, "more accounts may write it: %s", list),
		      advice);
}

static void ad_taking_say_dynamic(struct ad_taking *t)
{
	const struct ad_owner *o = &t->owner;
	if (o->is_open)
		ad_taking_say(t, SITE_CHANGED,
			      "all accounts may write it: anonymous, so the host of that name, or "
			      "whom a rule with takeover names, gets it",
			      NULL);
	else if (o->is_unknown && t->node->has_owner)
		ad_taking_say(t, SITE_LOST, "no account of that SID was read: anonymous",
			      "give the accounts' LDIF too, and that of deleted ones");
	else if (o->account && !o->account->principal && !o->is_admin)
		ad_taking_say(t, SITE_LOST,
			      "not an account that signs updates, or with a name that is no "
			      "principal: anonymous",
			      NULL);
	else if (o->account && o->account->is_deleted)
		ad_taking_say(t, SITE_CHANGED,
			      "the account was deleted: nobody renews the records, they age", NULL);
	else if (strcmp(o->dynamic_owner, AD_OWNER_LOCAL) == 0)
		ad_taking_say(t, SITE_CHANGED,
			      "of the administration: local:migrate, so nobody renews the records, "
			      "they age",
			      "give them an owner: `tenurectl owner transfer`");
	else if (o->account && o->account->upn && strncasecmp(o->account->upn, "host/", 5) == 0)
		ad_taking_say(t, SITE_CHANGED,
			      arena_print(&t->ad->site->arena,
					  "the account may sign as %s too (userPrincipalName); "
					  "both are one owner of the host's own name",
					  o->account->upn),
			      NULL);
}

static void ad_taking_say_static(struct ad_taking *t)
{
	const struct ad_owner *o = &t->owner;
	if (o->is_made_for)
		ad_taking_say(t, SITE_CHANGED,
			      arena_print(&t->ad->site->arena, "made for %s, which owns it here",
					  o->writer->principal),
			      NULL);
	else if (o->account && !o->is_admin && strcmp(o->static_owner, AD_OWNER_LOCAL) == 0)
		ad_taking_say(t, SITE_CHANGED,
			      "the account may change what is static at the name there, not here",
			      "--static-owner node gives it to the account");
}

static void ad_taking_say_tombstone(struct ad_taking *t)
{
	struct site *site = t->ad->site;
	char when[TIMEWORD_TEXT_MAX] = "";
	if (t->deleted)
		time_print(t->deleted, when);
	const struct ad_account *account = t->owner.account;
	bool reserves = t->ad->source->reserves_tombstones && account && account->principal &&
			!t->owner.is_admin;
	if (reserves)
		site_reserve(t->zone->zone,
			     arena_text(&site->arena, t->node->name, t->node->name_len),
			     account->principal);
	ad_taking_say(t, SITE_CHANGED,
		      arena_print(&site->arena, "deleted %s; the name is %s", when,
				  reserves ? "reserved for its owner" : "free here"),
		      reserves || !account || !account->principal || t->owner.is_admin
			      ? NULL
			      : "--reserve-tombstones keeps it for its owner");
}

static void ad_taking_say_all(struct ad_taking *t)
{
	if (t->dynamics)
		ad_taking_say_dynamic(t);
	if (t->statics)
		ad_taking_say_static(t);
	if (t->owner.writers > 0 && !t->owner.is_made_for && t->statics + t->dynamics > 0)
		ad_taking_say_writers(t);
	if (t->node->is_tombstoned || t->tombstones)
		ad_taking_say_tombstone(t);
	if (!t->node->has_owner)
		t->zone->without_owner++;
}

void ad_zone_take(struct ad_site *ad, struct ad_zone *zone, const struct ad_node *node)
{
	if (!zone->zone)
		return;
	struct ad_taking t = {.ad = ad, .zone = zone, .node = node};
	t.shown = arena_text(&ad->site->arena, node->name, node->name_len);
	if (memmem(node->name, node->name_len, CONFLICT, strlen(CONFLICT))) {
		site_say(ad->site, SITE_LOST, node->place, t.shown,
			 "a copy that a conflict of replication left",
			 "compare it with the name without CNF:, and make anew what is missing");
		return;
	}
	const char *wrong = ad_name_make(node, &zone->zone->apex, &t.name);
	if (!wrong && ad_name_is_second(ad, zone, &t.name))
		wrong = "a second time: what came first counts";
	if (wrong) {
		site_say(ad->site, SITE_LOST, node->place, t.shown, wrong, NULL);
		return;
	}
	bool is_nodes = ad->source->static_owner && strcmp(ad->source->static_owner, "node") == 0;
	t.owner = ad_owner_of(&ad->accounts, node, is_nodes);
	for (size_t i = 0; i < node->count; i++)
		ad_taking_value(&t, node->values[i]);
	zone->names++;
	zone->tombstones += t.tombstones > 0;
	ad_taking_say_all(&t);
}

/* --- the end */

static void ad_zone_say(struct ad_site *ad, const struct ad_zone *zone)
{
	char names[COUNTED_TEXT_MAX];
	if (zone->without_owner)
		site_say_f(
			ad->site, SITE_LOST, zone->zone->place, zone->name,
			"search again with -E '!1.2.840.113556.1.4.801=::MAMCAQU=', which asks "
			"for owners",
			"%s came without a descriptor: %s not known, dynamic records are anonymous",
			counted(zone->without_owner, "name", names),
			zone->without_owner == 1 ? "its owner is" : "their owners are");
}

void ad_site_close(struct ad_site *ad)
{
	for (const struct ad_zone *zone = ad->zones; zone; zone = zone->next)
		if (zone->zone)
			ad_zone_say(ad, zone);
	ad_controllers_say(ad);
	hash_table_free(&ad->names);
	ad_accounts_close(&ad->accounts);
}
