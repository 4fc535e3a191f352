/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The parts of the reader of a folder that was exported on Windows (migrate/windows.c); one
 * reading.
 */
#include "migrate/ad_site.h"
#include "migrate/windows_zone.h"

struct windows {
	struct ad_site ad;
	struct site *site;
	const struct source *source;
	const char *folder;
	const char *realm;
	struct windows_zone *zones, **zones_end;
	bool has_list;   /* zones.json is there */
	bool has_opened; /* a secure zone whose list of access is not known was taken as open */
	char *error;
};

/* The path of a file in the folder; it lives as long as the site. */
const char *windows_path(struct windows *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A name as the script makes the name of a file of it. */
const char *windows_safe_name(struct windows *, const char *name);

/* Adds a zone of that name, with what is so where nothing is said. */
struct windows_zone *windows_add(struct windows *, const char *name, struct site_place);
/* NULL: there is none. */
struct windows_zone *windows_find(const struct windows *, const char *name);

/* --- windows_folder.c: what is said of zones. False: `error` says why. */
bool windows_read_server(struct windows *);
bool windows_read_accounts(struct windows *);
bool windows_read_zones(struct windows *);
bool windows_read_failed(struct windows *);

/* --- windows_registry.c: files of the registry in the folder, for zones that zones.json has not.
 */
bool windows_read_registry(struct windows *, const char *path);

/* --- windows_names.c: what is in a zone. False: `error` says why. */
bool windows_read_names(struct windows *, struct windows_zone *, struct ad_zone *, bool *is_there);
bool windows_read_file(struct windows *, struct windows_zone *, const char *path);
/* Compares the zone's file with what was taken of the directory. */
bool windows_compare_file(struct windows *, struct windows_zone *, const char *path);
