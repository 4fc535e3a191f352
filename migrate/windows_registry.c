/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/registry.h"
#include "migrate/windows_parts.h"
#include "migrate/windows_text.h"
#include <string.h>
#include <strings.h>

#define ZONES "\\DNS Server\\Zones\\"

/* The zone that a key is of. NULL: none; keys below a zone's are none either. */
static const char *windows_registry_zone(const char *key)
{
	const char *at = strcasestr(key, ZONES);
	if (!at || strchr(at + strlen(ZONES), '\\') || !at[strlen(ZONES)])
		return NULL;
	return at + strlen(ZONES);
}

/* A list in either form: texts, or one text with blanks between. */
static void windows_registry_list(struct windows *w, const struct registry_value *value,
				  struct windows_list *list)
{
	for (size_t i = 0; i < value->count; i++) {
		for (const char *at = value->text[i]; *at;) {
			size_t len = strcspn(at, " ,;");
			if (len > 0)
				windows_list_add(list, arena_text(&w->site->arena, at, len));
			at += len + strspn(at + len, " ,;");
		}
	}
}

static bool windows_registry_is(const struct registry_value *value, const char *name,
				bool is_number)
{
	return strcasecmp(value->name, name) == 0 && value->is_number == is_number;
}

/* SecureSecondaries: 0 any, 1 name servers, 2 those that are listed, 3 none. */
static enum windows_transfer windows_registry_transfer(uint32_t number)
{
	static const enum windows_transfer transfers[] = {WINDOWS_TRANSFER_ANY, WINDOWS_TRANSFER_NS,
							  WINDOWS_TRANSFER_LISTED};
	return number < 3 ? transfers[number] : WINDOWS_TRANSFER_NONE;
}

/* Hours, of which there are not more than ten years. */
static uint32_t windows_registry_hours(uint32_t hours)
{
	return hours > 87600 ? AD_PROPERTY_HOURS : hours;
}

static void windows_registry_number(struct windows_zone *zone, const struct registry_value *value)
{
	struct ad_settings *settings = &zone->settings;
	if (windows_registry_is(value, "Type", true))
		settings->type = value->number;
	else if (windows_registry_is(value, "AllowUpdate", true))
		settings->update =
			value->number <= AD_UPDATE_SECURE ? value->number : AD_UPDATE_NONE;
	else if (windows_registry_is(value, "Aging", true))
		settings->is_aging = value->number != 0;
	else if (windows_registry_is(value, "NoRefreshInterval", true))
		settings->no_refresh = windows_registry_hours(value->number);
	else if (windows_registry_is(value, "RefreshInterval", true))
		settings->refresh = windows_registry_hours(value->number);
	else if (windows_registry_is(value, "SecureSecondaries", true))
		zone->transfer = windows_registry_transfer(value->number);
	else if (windows_registry_is(value, "NotifyLevel", true))
		zone->notify = value->number == 0   ? WINDOWS_NOTIFY_NONE
			       : value->number == 1 ? WINDOWS_NOTIFY_NS
						    : WINDOWS_NOTIFY_LISTED;
	else if (windows_registry_is(value, "DsIntegrated", true))
		zone->is_directory = value->number != 0;
	else if (windows_registry_is(value, "Paused", true))
		zone->is_paused = value->number != 0;
}

static void windows_registry_take(struct windows *w, struct windows_zone *zone,
				  const struct registry_value *value)
{
	struct site_place place = {
		.file = zone->place.file, .line = value->line, .what = zone->place.what};
	bool is_list = strcasecmp(value->name, "SecondaryServers") == 0 ||
		       strcasecmp(value->name, "NotifyServers") == 0;
	if (value->wrong && is_list)
		site_say(w->site, SITE_LOST, place, value->name, value->wrong,
			 "set the addresses by hand");
	else if (windows_registry_is(value, "SecondaryServers", false))
		windows_registry_list(w, value, &zone->secondaries);
	else if (windows_registry_is(value, "NotifyServers", false))
		windows_registry_list(w, value, &zone->notified);
	else if (windows_registry_is(value, "DatabaseFile", false) && value->count == 1)
		zone->file = arena_text(&w->site->arena, value->text[0], strlen(value->text[0]));
	else if (value->is_number)
		windows_registry_number(zone, value);
}

static void windows_registry_value(struct windows *w, const struct registry_value *value,
				   const char *path, bool *is_second)
{
	const char *name = windows_registry_zone(value->key);
	if (!name)
		return;
	struct windows_zone *zone = windows_find(w, name);
	if (zone && (!zone->place.file || strcmp(zone->place.file, path) != 0)) {
		*is_second = true;
		return;
	}
	if (!zone) {
		zone = windows_add(w, name, (struct site_place){.file = path, .line = value->line});
		/* Where the registry says nothing Windows takes no updates. */
		zone->settings.update = AD_UPDATE_NONE;
	}
	windows_registry_take(w, zone, value);
}

bool windows_read_registry(struct windows *w, const char *path)
{
	struct windows_text text;
	struct registry in;
	struct registry_value value;
	bool is_second = false;
	if (!windows_text_open(&text, path, w->error))
		return false;
	bool is_well = registry_open(&in, text.text);
	if (!is_well)
		snprintf(w->error, SITE_ERROR_MAX, "%.400s:1: no file of the registry", path);
	while (is_well && registry_next(&in, &value)) {
		if (value.wrong && !windows_registry_zone(value.key) && !*value.key)
			site_say(w->site, SITE_LOST,
				 (struct site_place){.file = path, .line = value.line}, value.name,
				 value.wrong, NULL);
		windows_registry_value(w, &value, path, &is_second);
	}
	if (is_second)
		site_say(w->site, SITE_CHANGED, (struct site_place){.file = path}, "Zones",
			 "of zones that are described elsewhere in the folder; that counts", NULL);
	registry_close(&in);
	windows_text_close(&text);
	return is_well;
}
