/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/windows_json.h"
#include "base/timeword.h"
#include "migrate/windows_parts.h"
#include "migrate/windows_text.h"
#include <string.h>
#include <strings.h>

#define WINDOWS_FORMAT "tenure-export 1"

/* Windows' own windows for new zones. */
#define WEEK 604800

/* The longest that a window or a period may be. */
#define WINDOWS_SECONDS_MAX (3650 * 86400u)

const char *windows_path(struct windows *w, const char *format, ...)
{
	char name[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(name, sizeof name, format, args);
	va_end(args);
	return arena_print(&w->site->arena, "%s/%s", w->folder, name);
}

const char *windows_safe_name(struct windows *w, const char *name)
{
	char *safe = arena_text(&w->site->arena, name, strlen(name));
	for (char *c = safe; *c; c++) {
		bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
		bool is_other = (*c >= '0' && *c <= '9') || *c == '.' || *c == '_' || *c == '-';
		if (!is_letter && !is_other)
			*c = '_';
	}
	return safe;
}

struct windows_zone *windows_add(struct windows *w, const char *name, struct site_place place)
{
	struct windows_zone *zone = arena_zero(&w->site->arena, sizeof *zone);
	zone->name = arena_text(&w->site->arena, name, strlen(name));
	zone->settings = ad_settings_default();
	zone->place = place;
	zone->place.what = arena_print(&w->site->arena, "zone %s", name);
	*w->zones_end = zone;
	w->zones_end = &zone->next;
	return zone;
}

struct windows_zone *windows_find(const struct windows *w, const char *name)
{
	struct windows_zone *zone = w->zones;
	while (zone && strcasecmp(zone->name, name) != 0)
		zone = zone->next;
	return zone;
}

/* --- the server and its accounts */

static void windows_take_scavenging(struct windows *w, const json_t *server, const char *file)
{
	struct site_place place = {.file = file, .what = "server"};
	char period[TIMEWORD_TEXT_MAX];
	uint64_t seconds = windows_json_number(server, "ScavengingSeconds", 0);
	uint64_t no_refresh = windows_json_number(server, "DefaultNoRefreshSeconds", WEEK);
	uint64_t refresh = windows_json_number(server, "DefaultRefreshSeconds", WEEK);
	if (windows_json_is(server, "ScavengingState") && seconds > 0 &&
	    seconds <= WINDOWS_SECONDS_MAX) {
		duration_print((uint32_t)seconds, period);
		site_set_scavenge(w->site, "period", period);
	}
	if (no_refresh != WEEK || refresh != WEEK)
		site_say(w->site, SITE_LOST, place,
			 "DefaultNoRefreshSeconds, DefaultRefreshSeconds",
			 "windows of zones that will be made later; those of the zones that are "
			 "there are taken",
			 "give them with each new zone");
}

bool windows_read_server(struct windows *w)
{
	const char *path = windows_path(w, "server.json");
	json_t *server;
	if (!windows_json_read(path, &server, w->error))
		return false;
	const char *format = windows_json_text(server, "Format");
	const char *realm = windows_json_text(server, "Realm");
	bool is_well = !server || (format && strcmp(format, WINDOWS_FORMAT) == 0);
	if (!is_well)
		snprintf(w->error, SITE_ERROR_MAX, "%.400s: its Format is not '%s'", path,
			 WINDOWS_FORMAT);
	if (w->source->realm)
		w->realm = w->source->realm;
	else if (realm)
		w->realm = arena_text(&w->site->arena, realm, strlen(realm));
	if (server && is_well)
		windows_take_scavenging(w, server, path);
	json_decref(server);
	return is_well;
}

static void windows_take_account(struct windows *w, const json_t *one, struct site_place place)
{
	const char *sid = windows_json_text(one, "Sid"), *class = windows_json_text(one, "Class");
	const json_t *spns = json_object_get(one, "Spns");
	struct ad_account account = {
		.name = windows_json_text(one, "Account"),
		.realm = w->realm,
		.upn = windows_json_text(one, "Upn"),
		.is_group = class && strcasecmp(class, "group") == 0,
		.is_deleted = windows_json_is(one, "Deleted"),
	};
	for (size_t i = 0; i < windows_json_count(spns); i++) {
		const char *spn = json_string_value(windows_json_at(spns, i));
		account.is_controller |= spn && ad_account_is_controllers(spn);
	}
	/* SIDs of no account (SYSTEM, groups of the machine) have no name there. */
	if (!sid || !sid_parse(sid, strlen(sid), &account.sid))
		site_say(w->site, SITE_LOST, place, account.name ? account.name : "an account",
			 "its Sid is none: names that it owns are anonymous", NULL);
	else if (account.name)
		ad_account_add(&w->ad.accounts, &account);
}

bool windows_read_accounts(struct windows *w)
{
	const char *path = windows_path(w, "accounts.json");
	json_t *accounts;
	if (!windows_json_read(path, &accounts, w->error))
		return false;
	for (size_t i = 0; i < windows_json_count(accounts); i++)
		windows_take_account(w, windows_json_at(accounts, i),
				     (struct site_place){.file = path});
	if (windows_json_count(accounts) > 0 && !w->realm)
		site_say(w->site, SITE_LOST, (struct site_place){.file = path}, "Realm",
			 "the realm of the accounts is not said: all owners are anonymous",
			 "say it: --realm CORP.EXAMPLE");
	json_decref(accounts);
	return true;
}

/* --- zones */

static void windows_take_list(struct windows *w, const json_t *zone, const char *name,
			      struct windows_list *list)
{
	const json_t *texts = json_object_get(zone, name);
	for (size_t i = 0; i < windows_json_count(texts); i++) {
		const char *text = json_string_value(windows_json_at(texts, i));
		if (text)
			windows_list_add(list, arena_text(&w->site->arena, text, strlen(text)));
	}
}

/* Which of the words it is. False: none of them; it is lost. */
static bool windows_take_word(struct windows *w, const struct windows_zone *zone,
			      const json_t *object, const char *name, const char *const *words,
			      unsigned *which)
{
	const char *text = windows_json_text(object, name);
	for (unsigned i = 0; text && words[i]; i++) {
		if (strcasecmp(words[i], text) == 0) {
			*which = i;
			return true;
		}
	}
	site_say(w->site, SITE_LOST, zone->place,
		 arena_print(&w->site->arena, "%s %s", name, text ? text : "(none)"),
		 "not a word that is known: the strictest is taken", "set it by hand");
	return false;
}

static uint32_t windows_take_hours(const json_t *zone, const char *name)
{
	uint64_t seconds = windows_json_number(zone, name, WEEK);
	return seconds > WINDOWS_SECONDS_MAX ? AD_PROPERTY_HOURS : (uint32_t)(seconds / 3600);
}

static void windows_take_settings(struct windows *w, struct windows_zone *zone, const json_t *one)
{
	static const char *const updates[] = {"None", "NonsecureAndSecure", "Secure", NULL};
	static const char *const transfers[] = {"NoTransfer", "TransferAnyServer",
						"TransferToZoneNameServer",
						"TransferToSecureServers", NULL};
	static const char *const notifies[] = {"NoNotify", "Notify", "NotifyServers", NULL};
	unsigned which = 0;
	struct ad_settings *settings = &zone->settings;
	settings->update = AD_UPDATE_NONE;
	if (windows_take_word(w, zone, one, "DynamicUpdate", updates, &which))
		settings->update = which;
	if (windows_take_word(w, zone, one, "SecureSecondaries", transfers, &which))
		zone->transfer = (enum windows_transfer)which;
	if (windows_take_word(w, zone, one, "Notify", notifies, &which))
		zone->notify = (enum windows_notify)which;
	settings->no_refresh = windows_take_hours(one, "NoRefreshSeconds");
	settings->refresh = windows_take_hours(one, "RefreshSeconds");
	settings->is_aging = windows_json_is(one, "AgingEnabled");
	settings->scavengers =
		(uint32_t)windows_json_count(json_object_get(one, "ScavengeServers"));
	zone->is_directory = windows_json_is(one, "IsDsIntegrated");
	zone->is_signed = windows_json_is(one, "IsSigned");
	zone->is_paused = windows_json_is(one, "IsPaused");
	zone->has_wins = windows_json_is(one, "IsWinsEnabled");
	windows_take_list(w, one, "SecondaryServers", &zone->secondaries);
	windows_take_list(w, one, "NotifyServers", &zone->notified);
}

static uint32_t windows_zone_type(const char *type)
{
	static const struct {
		const char *word;
		uint32_t type;
	} types[] = {
		{"Primary", AD_PROPERTY_PRIMARY}, {"Secondary", 2}, {"Stub", 3}, {"Forwarder", 4}};
	for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(types[i].word, type) == 0)
			return types[i].type;
	return UINT32_MAX;
}

static void windows_take_zone(struct windows *w, const json_t *one, const char *path)
{
	const char *name = windows_json_text(one, "ZoneName");
	struct site_place place = {.file = path};
	if (!name) {
		site_say(w->site, SITE_LOST, place, "a zone", "it has no ZoneName", NULL);
		return;
	}
	if (windows_find(w, name)) {
		place.what = arena_print(&w->site->arena, "zone %s", name);
		site_say(w->site, SITE_LOST, place, name, "a second time: what came first counts",
			 NULL);
		return;
	}
	struct windows_zone *zone = windows_add(w, name, place);
	zone->settings.type = windows_zone_type(windows_json_text(one, "ZoneType"));
	if (zone->settings.type == AD_PROPERTY_PRIMARY)
		windows_take_settings(w, zone, one);
}

bool windows_read_zones(struct windows *w)
{
	const char *path = windows_path(w, "zones.json");
	json_t *zones;
	if (!windows_json_read(path, &zones, w->error))
		return false;
	w->has_list = zones != NULL;
	for (size_t i = 0; i < windows_json_count(zones); i++)
		windows_take_zone(w, windows_json_at(zones, i), path);
	json_decref(zones);
	return true;
}

/* --- what the script could not do */

bool windows_read_failed(struct windows *w)
{
	const char *path = windows_path(w, "failed.txt");
	struct windows_text text;
	unsigned number = 1;
	/* A folder that no script made has none. */
	if (!windows_text_open(&text, path, w->error))
		return !w->has_list || strstr(w->error, "No such file") != NULL;
	const char *at = text.text.data ? (const char *)text.text.data : "",
		   *end = at + text.text.len;
	for (; at < end; number++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		if (len > 0 && at[len - 1] == '\r')
			len--;
		if (len > 0)
			site_say(w->site, SITE_LOST,
				 (struct site_place){.file = path, .line = number},
				 arena_text(&w->site->arena, at, len),
				 "the export said that it failed here",
				 "mend it there, and export again");
		at = stop ? stop + 1 : end;
	}
	windows_text_close(&text);
	return true;
}
