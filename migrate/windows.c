/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/windows_parts.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* As many files as are looked at in a folder. */
#define FILES_MAX 100000

/* --- zones of which there are only files */

static bool windows_ends(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);
	return len > end_len && strcasecmp(name + len - end_len, end) == 0;
}

static int windows_file_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder, sorted. False: there are too many. */
static bool windows_list_folder(struct windows *w, const char *folder, const char ***names,
				size_t *count)
{
	DIR *dir = opendir(folder);
	size_t room = 0;
	*names = NULL;
	*count = 0;
	for (const struct dirent *one; dir && (one = readdir(dir));) {
		if (*count == FILES_MAX) {
			closedir(dir);
			snprintf(w->error, SITE_ERROR_MAX, "%.400s has more than %d files", folder,
				 FILES_MAX);
			return false;
		}
		if (*count == room) {
			room = room ? 2 * room : 64;
			*names = realloc(*names, room * sizeof **names);
			if (!*names)
				abort();
		}
		(*names)[(*count)++] =
			arena_text(&w->site->arena, one->d_name, strlen(one->d_name));
	}
	if (dir)
		closedir(dir);
	if (*count > 1)
		qsort(*names, *count, sizeof **names, windows_file_order);
	return true;
}

/* A zone of a file's name, unless the folder describes it. */
static void windows_take_file(struct windows *w, const char *folder, const char *name)
{
	const char *path = arena_print(&w->site->arena, "%s/%s", folder, name);
	char *zone_name = arena_text(&w->site->arena, name, strlen(name) - 4);
	for (const struct windows_zone *zone = w->zones; zone; zone = zone->next)
		if (strcasecmp(windows_safe_name(w, zone->name), zone_name) == 0 ||
		    (zone->file && strcasecmp(zone->file, name) == 0))
			return;
	struct windows_zone *zone = windows_add(w, zone_name, (struct site_place){.file = path});
	zone->file = path;
	zone->settings.update = AD_UPDATE_NONE;
	site_say(w->site, SITE_LOST, zone->place, zone_name,
		 "only its records are there: its settings are not known, and it takes no updates",
		 "export the zone's settings too (zones.json, or the registry)");
}

static bool windows_read_files(struct windows *w, const char *folder)
{
	const char **names;
	size_t count;
	if (!windows_list_folder(w, folder, &names, &count)) {
		free(names);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (windows_ends(names[i], ".dns") || windows_ends(names[i], ".csv"))
			windows_take_file(w, folder, names[i]);
	free(names);
	return true;
}

/* Files of the registry. */
static bool windows_read_reg(struct windows *w)
{
	const char **names;
	size_t count;
	bool is_well = windows_list_folder(w, w->folder, &names, &count);
	for (size_t i = 0; is_well && i < count; i++)
		if (windows_ends(names[i], ".reg"))
			is_well = windows_read_registry(w, windows_path(w, "%s", names[i]));
	free(names);
	return is_well;
}

/* --- what is in a zone */

/* The zone's file. NULL: there is none. */
static const char *windows_find_file(struct windows *w, const struct windows_zone *zone)
{
	const char *safe = windows_safe_name(w, zone->name);
	const char *const places[] = {
		windows_path(w, "zonefiles/%s.dns", safe),
		windows_path(w, "zonefiles/%s.csv", safe),
		windows_path(w, "%s.dns", safe),
		windows_path(w, "%s.csv", safe),
		zone->file && strchr(zone->file, '/') ? zone->file : NULL,
		zone->file ? windows_path(w, "zonefiles/%s", zone->file) : NULL,
		zone->file ? windows_path(w, "%s", zone->file) : NULL,
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (places[i] && access(places[i], F_OK) == 0)
			return places[i];
	return NULL;
}

/* A fault of one zone's file loses that zone's records, not the others. */
static void windows_lose(struct windows *w, const struct windows_zone *zone, const char *what)
{
	site_say(w->site, SITE_LOST, zone->place, what, w->error,
		 "mend it there, and export again, or take the line out");
}

static void windows_read_zone(struct windows *w, struct windows_zone *zone)
{
	struct ad_zone *ad_zone =
		ad_zone_add(&w->ad, zone->name, "", &zone->settings, true, zone->place);
	bool has_names = false;
	zone->zone = ad_zone->zone;
	if (!zone->zone)
		return;
	windows_zone_say(zone);
	w->has_opened |= zone->is_directory && zone->settings.update == AD_UPDATE_SECURE;
	if (!windows_read_names(w, zone, ad_zone, &has_names))
		windows_lose(w, zone, "nodes");
	const char *file = windows_find_file(w, zone);
	bool is_well = !file || (has_names ? windows_compare_file(w, zone, file)
					   : windows_read_file(w, zone, file));
	if (!is_well)
		windows_lose(w, zone, "the zone file");
	if (!has_names && zone->is_directory && file)
		site_say(w->site, SITE_LOST, zone->place, "owners",
			 "the names of the directory were not exported: what is dynamic is "
			 "anonymous",
			 "export with the module ActiveDirectory, or by LDIF");
	if (!has_names && !file)
		site_say(w->site, SITE_LOST, zone->place, zone->name,
			 "no file in the folder has its records", "export the zone again");
}

/* --- the folder */

static bool windows_read_all(struct windows *w)
{
	if (!windows_read_server(w) || !windows_read_accounts(w) || !windows_read_zones(w) ||
	    !windows_read_reg(w) || !windows_read_files(w, windows_path(w, "zonefiles")) ||
	    !windows_read_files(w, w->folder) || !windows_read_failed(w))
		return false;
	if (!w->zones) {
		snprintf(
			w->error, SITE_ERROR_MAX,
			"%.400s has no zones: give the folder that export-for-tenure.ps1 wrote, or "
			"one with zone files (ZONE.dns)",
			w->folder);
		return false;
	}
	for (struct windows_zone *zone = w->zones; zone; zone = zone->next)
		windows_read_zone(w, zone);
	for (struct windows_zone *zone = w->zones; zone; zone = zone->next)
		if (zone->zone)
			windows_zone_set_peers(zone);
	if (w->has_opened)
		site_say(w->site, SITE_CHANGED, (struct site_place){.file = w->folder},
			 "lists of access of the zones",
			 "not in the export: every account may make names in secure zones, as is "
			 "usual in a directory",
			 "policy=closed for a zone in which that was not so");
	return true;
}

bool windows_read(struct site *site, const struct source *source, char error[SITE_ERROR_MAX])
{
	struct windows w = {.site = site, .source = source, .error = error};
	w.zones_end = &w.zones;
	w.folder = source->word[0];
	DIR *folder = opendir(w.folder);
	if (!folder) {
		snprintf(error, SITE_ERROR_MAX, "cannot read the folder %.400s: %s", w.folder,
			 strerror(errno));
		return false;
	}
	closedir(folder);
	ad_site_open(&w.ad, site, source);
	bool is_well = windows_read_all(&w);
	ad_site_close(&w.ad);
	return is_well;
}
