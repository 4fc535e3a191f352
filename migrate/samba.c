/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "base/textfile.h"
#include "migrate/ad_dn.h"
#include "migrate/ad_site.h"
#include "migrate/descriptor.h"
#include "migrate/ldif.h"
#include "migrate/samba_ldb.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* As many values as an attribute of one name is thought to have. */
#define VALUES_MAX 65536

/* Of userAccountControl ([MS-ADTS] 2.2.16). */
#define SERVER_TRUST_ACCOUNT 0x2000u

/* An LDIF, of a file or of a search that was run. */
struct samba_text {
	struct samba_text *next;
	const char *name;
	struct bytes text;
	struct textfile file; /* that the text is of, or */
	char *searched;       /* malloc's */
};

/* The reading of all sources, which are gone through twice: accounts and zones, then names. */
struct samba {
	struct ad_site ad;
	const struct source *source;
	struct samba_text *texts, **texts_end;
	struct arena arena; /* of one entry */
	const char *file;   /* of the entry, as it was given */
	size_t zones, names;
	bool is_last; /* the second time, when faults of the text are said */
};

static struct site_place samba_place(const struct samba *s, const struct ldif_entry *entry)
{
	return (struct site_place){.file = s->file, .line = entry->line};
}

static void samba_lose(struct samba *s, unsigned line, const char *statement, const char *why)
{
	if (s->is_last)
		site_say(s->ad.site, SITE_LOST, (struct site_place){.file = s->file, .line = line},
			 statement, why, "search again, and give the whole result");
}

/* A value as text that has no NUL in it. NULL: there is none. */
static const char *samba_text(const struct ldif_entry *entry, const char *name)
{
	const struct ldif_value *v = ldif_find(entry, name);
	bool is_text = v && !v->wrong && strlen((const char *)v->value.data) == v->value.len;
	return is_text ? (const char *)v->value.data : NULL;
}

/* Whether the entry has a value of that name, in any case. */
static bool samba_has(const struct ldif_entry *entry, const char *name, const char *text)
{
	const struct ldif_value *v = ldif_find(entry, name);
	while (v && !ldif_is(v, text))
		v = ldif_find_next(v);
	return v != NULL;
}

/* A SID from either form: text of ldbsearch, or bytes of LDAP. */
static bool samba_sid(const struct ldif_value *v, struct sid *sid)
{
	if (v->wrong)
		return false;
	struct bytes_in in = bytes_in_of(v->value.data, v->value.len);
	return sid_parse((const char *)v->value.data, v->value.len, sid) || sid_read(&in, sid);
}

/* A descriptor from either form. NULL, or what is wrong. */
static const char *samba_descriptor(struct samba *s, const struct ldif_value *v,
				    struct descriptor *d)
{
	const struct sid *domain = &s->ad.accounts.domain;
	if (v->wrong)
		return v->wrong;
	if (v->value.len > 0 && v->value.data[0] == 1)
		return descriptor_read(v->value, &s->arena, d);
	return descriptor_parse((const char *)v->value.data, v->value.len,
				domain->count ? domain : NULL, &s->arena, d);
}

/* --- accounts */

/* Whether its account is a controller's: the bit SERVER_TRUST_ACCOUNT. */
static bool samba_is_server(const struct ldif_entry *entry)
{
	const char *control = samba_text(entry, "userAccountControl");
	return control && (strtoul(control, NULL, 10) & SERVER_TRUST_ACCOUNT) != 0;
}

static void samba_read_account(struct samba *s, const struct ldif_entry *entry,
			       const struct ad_dn *dn)
{
	const struct ldif_value *v = ldif_find(entry, "objectSid");
	struct ad_account account = {
		.name = samba_text(entry, "sAMAccountName"),
		.upn = samba_text(entry, "userPrincipalName"),
		.realm = s->source->realm ? s->source->realm : ad_dn_realm(dn, &s->arena),
		.is_group = samba_has(entry, "objectClass", "group"),
		.is_deleted = samba_has(entry, "isDeleted", "TRUE") ||
			      ad_dn_is(dn, 1, "CN", "Deleted Objects"),
		.is_controller = ad_dn_is(dn, 1, "OU", "Domain Controllers") ||
				 samba_has(entry, "primaryGroupID", "516") ||
				 samba_is_server(entry),
	};
	/* Principals of other domains have a SID and no name. */
	if (!account.name)
		return;
	for (const struct ldif_value *spn = ldif_find(entry, "servicePrincipalName"); spn;
	     spn = ldif_find_next(spn))
		account.is_controller |=
			!spn->wrong && ad_account_is_controllers((const char *)spn->value.data);
	if (samba_sid(v, &account.sid))
		ad_account_add(&s->ad.accounts, &account);
	else
		site_say(s->ad.site, SITE_LOST, samba_place(s, entry), account.name,
			 "an account whose objectSid is none: names that it owns are anonymous",
			 NULL);
}

/* --- zones */

static struct ad_settings samba_settings(struct samba *s, const struct ldif_entry *entry,
					 const char *zone)
{
	struct ad_settings settings = ad_settings_default();
	for (const struct ldif_value *v = ldif_find(entry, "dNSProperty"); v;
	     v = ldif_find_next(v)) {
		uint32_t id = 0;
		bool is_known = true;
		const char *wrong = v->wrong;
		struct site_place place = {.file = s->file, .line = v->line, .what = zone};
		if (!wrong)
			wrong = ad_settings_take(&settings, v->value, &id, &is_known);
		if (wrong)
			site_say(s->ad.site, SITE_LOST, place, "dNSProperty", wrong,
				 "look at the zone's settings there");
		else if (!is_known)
			site_say_f(s->ad.site, SITE_LOST, place, "dNSProperty", NULL,
				   "a setting of number %u, which is not known", id);
	}
	return settings;
}

static void samba_read_zone(struct samba *s, const struct ldif_entry *entry, const char *name,
			    const char *partition)
{
	struct arena *arena = &s->ad.site->arena;
	struct site_place place = samba_place(s, entry);
	place.what = arena_print(arena, "zone %s", name);
	struct ad_settings settings = samba_settings(s, entry, place.what);
	const struct ldif_value *v = ldif_find(entry, "nTSecurityDescriptor");
	struct descriptor d = {.everyone_may_create = true};
	const char *wrong = v ? samba_descriptor(s, v, &d) : "no descriptor was given";
	if (wrong)
		site_say(s->ad.site, SITE_CHANGED, place, "nTSecurityDescriptor",
			 arena_print(arena,
				     "%s: every account may make names, as is usual in a "
				     "directory",
				     wrong),
			 "policy=closed, if that was not so");
	ad_zone_add(&s->ad, name, partition, &settings, wrong || d.everyone_may_create, place);
	s->zones++;
}

/* --- names */

/* The values of dnsRecord that can be read. */
static size_t samba_values(struct samba *s, const struct ldif_entry *entry, const char *name,
			   struct bytes *values)
{
	size_t count = 0;
	for (const struct ldif_value *v = ldif_find(entry, "dnsRecord"); v; v = ldif_find_next(v)) {
		if (v->options[0])
			samba_lose(s, v->line, name,
				   "a part of the values of dnsRecord: there are more of them");
		if (v->wrong || count == VALUES_MAX)
			samba_lose(s, v->line, name, v->wrong ? v->wrong : "too many records");
		else
			values[count++] = v->value;
	}
	return count;
}

static size_t samba_count(const struct ldif_entry *entry, const char *name)
{
	size_t count = 0;
	for (const struct ldif_value *v = ldif_find(entry, name); v; v = ldif_find_next(v))
		count++;
	return count;
}

/* The zone of a name; one that no entry described has a directory's defaults. */
static struct ad_zone *samba_zone(struct samba *s, const struct ad_dn *dn, const char *partition,
				  struct site_place place)
{
	const char *name = dn->part[1].value;
	struct ad_zone *zone = ad_zone_find(&s->ad, name, partition);
	struct ad_settings settings = ad_settings_default();
	if (zone)
		return zone;
	place.what = arena_print(&s->ad.site->arena, "zone %s", name);
	site_say(s->ad.site, SITE_LOST, place, name,
		 "the entry of the zone itself was not given: its settings are not known",
		 "search for (objectClass=dnsZone) too");
	return ad_zone_add(&s->ad, name, partition, &settings, true, place);
}

static void samba_read_name(struct samba *s, const struct ldif_entry *entry, const struct ad_dn *dn,
			    const char *partition)
{
	struct site_place place = samba_place(s, entry);
	struct ad_zone *zone = samba_zone(s, dn, partition, place);
	struct ad_node node = {
		.name = dn->part[0].value,
		.name_len = dn->part[0].len,
		.is_tombstoned = samba_has(entry, "dNSTombstoned", "TRUE"),
		.place = place,
	};
	struct descriptor d = {0};
	const struct ldif_value *v = ldif_find(entry, "nTSecurityDescriptor");
	const char *wrong = v ? samba_descriptor(s, v, &d) : NULL;
	struct bytes *values =
		arena_alloc(&s->arena, (samba_count(entry, "dnsRecord") + 1) * sizeof values[0]);
	if (!zone->zone)
		return;
	node.place.what = zone->zone->place.what;
	if (wrong)
		samba_lose(s, v->line, node.name,
			   arena_print(&s->arena, "%s: its owner is not known", wrong));
	node.has_owner = v && !wrong && d.owner.count > 0;
	node.owner = d.owner;
	node.writers = d.writers;
	node.writer_count = d.count;
	node.values = values;
	node.count = samba_values(s, entry, node.name, values);
	ad_zone_take(&s->ad, zone, &node);
	s->names++;
}

/* --- the sources */

/* How many parts stand before CN=MicrosoftDNS; 0: it is not there, or the first. */
static size_t samba_depth(const struct ad_dn *dn)
{
	for (size_t i = 0; i < dn->count; i++)
		if (ad_dn_is(dn, i, "CN", "MicrosoftDNS"))
			return i;
	return 0;
}

/* What stands behind CN=MicrosoftDNS, as one text. */
static const char *samba_partition(struct samba *s, const struct ad_dn *dn, size_t depth)
{
	const char *text = "";
	for (size_t i = depth + 1; i < dn->count; i++)
		text = arena_print(&s->arena, "%s%s%s", text, *text ? "," : "", dn->part[i].value);
	return text;
}

static void samba_read_entry(struct samba *s, const struct ldif_entry *entry)
{
	struct ad_dn *dn = arena_alloc(&s->arena, sizeof *dn);
	if (entry->wrong)
		samba_lose(s, entry->wrong_line, *entry->dn ? entry->dn : "an entry", entry->wrong);
	if (!*entry->dn)
		return;
	if (!ad_dn_parse(dn, entry->dn, &s->arena)) {
		samba_lose(s, entry->line, entry->dn, "no distinguished name");
		return;
	}
	size_t depth = samba_depth(dn);
	const char *partition = samba_partition(s, dn, depth);
	if (depth == 1 && !s->is_last)
		samba_read_zone(s, entry, dn->part[0].value, partition);
	else if (depth == 2 && s->is_last)
		samba_read_name(s, entry, dn, partition);
	else if (depth > 2)
		samba_lose(s, entry->line, entry->dn, "an entry below a name of a zone");
	else if (depth == 0 && !s->is_last && ldif_find(entry, "objectSid"))
		samba_read_account(s, entry, dn);
}

/* One LDIF. */
static void samba_read_text(struct samba *s, const struct samba_text *text)
{
	struct ldif in;
	struct ldif_entry entry;
	s->file = text->name;
	ldif_open(&in, (const char *)text->text.data, text->text.len);
	while (ldif_next(&in, &entry)) {
		arena_reset(&s->arena);
		samba_read_entry(s, &entry);
	}
	if (in.wrong)
		samba_lose(s, in.wrong_line, "the LDIF", in.wrong);
	else if (in.entries == 0)
		samba_lose(s, 1, "the LDIF", "a file without entries");
	ldif_close(&in);
}

static struct samba_text *samba_add(struct samba *s, const char *name, struct bytes text)
{
	struct samba_text *kept = arena_zero(&s->ad.site->arena, sizeof *kept);
	kept->name = arena_text(&s->ad.site->arena, name, strlen(name));
	kept->text = text;
	*s->texts_end = kept;
	s->texts_end = &kept->next;
	return kept;
}

/* The result of a search. */
static void samba_keep(void *context, const char *name, char *text, size_t len)
{
	samba_add(context, name, bytes_of(text, len))->searched = text;
}

static bool samba_open(struct samba *s, const char *path, char error[SITE_ERROR_MAX])
{
	struct textfile file;
	struct stat status;
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return samba_ldb_read(s->source, path, samba_keep, s, error);
	if (!textfile_open(&file, path)) {
		snprintf(error, SITE_ERROR_MAX, "cannot read %.400s: %s", path, strerror(errno));
		return false;
	}
	samba_add(s, path, bytes_of(file.data, file.len))->file = file;
	return true;
}

static void samba_close(struct samba *s)
{
	for (struct samba_text *text = s->texts; text; text = text->next) {
		textfile_close(&text->file);
		free(text->searched);
	}
	ad_site_close(&s->ad);
	arena_free(&s->arena);
}

static bool samba_open_all(struct samba *s, char error[SITE_ERROR_MAX])
{
	for (size_t i = 0; i < s->source->count; i++)
		if (!samba_open(s, s->source->word[i], error))
			return false;
	return true;
}

static void samba_read_all(struct samba *s, bool is_last)
{
	s->is_last = is_last;
	for (const struct samba_text *text = s->texts; text; text = text->next)
		samba_read_text(s, text);
}

/* What is missing as a whole. */
static bool samba_check(const struct samba *s, char error[SITE_ERROR_MAX])
{
	if (s->names == 0) {
		snprintf(error, SITE_ERROR_MAX,
			 "no names of zones: give the LDIF of a search below "
			 "DC=DomainDnsZones,DC=... for "
			 "(|(objectClass=dnsZone)(objectClass=dnsNode)), "
			 "as tenure-migrate(8) says under ACTIVE DIRECTORY");
		return false;
	}
	if (s->ad.accounts.table.count == 0)
		site_say(s->ad.site, SITE_LOST, (struct site_place){0}, "accounts",
			 "no accounts were given: who owns a name is not known",
			 "give the LDIF of a search for (objectSid=*) too, as tenure-migrate(8) "
			 "says");
	return true;
}

bool samba_read(struct site *site, const struct source *source, char error[SITE_ERROR_MAX])
{
	struct samba s = {.source = source};
	s.texts_end = &s.texts;
	ad_site_open(&s.ad, site, source);
	bool is_well = samba_open_all(&s, error);
	if (is_well) {
		samba_read_all(&s, false);
		samba_read_all(&s, true);
		is_well = samba_check(&s, error);
	}
	samba_close(&s);
	return is_well;
}
