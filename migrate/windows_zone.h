/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What Windows says of a zone beside its records, from zones.json or the registry, and the same as
 * settings of the site's zone. One thread; texts live as long as the site.
 */
#include "migrate/ad_property.h"
#include "migrate/site.h"

enum windows_transfer {
	WINDOWS_TRANSFER_NONE,
	WINDOWS_TRANSFER_ANY,
	WINDOWS_TRANSFER_NS,
	WINDOWS_TRANSFER_LISTED
};
enum windows_notify { WINDOWS_NOTIFY_NONE, WINDOWS_NOTIFY_NS, WINDOWS_NOTIFY_LISTED };

#define WINDOWS_ADDRESSES_MAX 64

struct windows_list {
	const char *address[WINDOWS_ADDRESSES_MAX];
	size_t count;
	bool is_more; /* than there is room for */
};

struct windows_zone {
	struct windows_zone *next;
	const char *name;
	const char *file; /* its zone file's name; NULL: not said */
	struct ad_settings settings;
	bool is_directory, is_signed, is_paused, has_wins;
	enum windows_transfer transfer;
	struct windows_list secondaries;
	enum windows_notify notify;
	struct windows_list notified;
	struct site_place place;
	struct site_zone *zone; /* NULL: it is not taken */
};

void windows_list_add(struct windows_list *, const char *address);

/* Sets who may transfer the zone and who is told of changes, once the records of all zones are
 * read, for the addresses of name servers. What cannot be set is lost. */
void windows_zone_set_peers(struct windows_zone *);

/* Says of what Windows does with the zone and tenured does not. */
void windows_zone_say(struct windows_zone *);
