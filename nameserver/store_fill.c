/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/store_fill.h"
#include "base/log.h"
#include "base/sizeword.h"
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>

/* A disk is nearly full when one part in so many is free. */
#define DISK_PART 20

void store_fill_get(struct store *store, struct store_fill *fill)
{
	struct store_usage usage;
	struct statvfs disk;
	*fill = (struct store_fill){0};
	store_usage(store, &usage);
	fill->used = usage.used;
	fill->size = usage.size;
	fill->percent = usage.size ? (unsigned)(usage.used * 100 / usage.size) : 0;
	fill->is_map = fill->percent >= STORE_FILL_WARNS;
	if (statvfs(store_path(store), &disk) != 0)
		return;
	fill->disk_free = (uint64_t)disk.f_bavail * disk.f_frsize;
	fill->is_disk = disk.f_bavail < disk.f_blocks / DISK_PART &&
			fill->disk_free < usage.size - usage.used;
}

bool store_fill_text(const struct store_fill *fill, char out[STORE_FILL_TEXT_MAX])
{
	char size[SIZEWORD_TEXT_MAX];
	size_print(fill->size, size);
	if (fill->is_map)
		snprintf(out, STORE_FILL_TEXT_MAX,
			 "%u %% of the store's map (%s) are in use: when it is full, updates that "
			 "add are SERVFAIL; 'tenurectl store grow SIZE' enlarges it",
			 fill->percent, size);
	else if (fill->is_disk)
		snprintf(out, STORE_FILL_TEXT_MAX,
			 "the disk of the store has %" PRIu64
			 " MiB left, which is less than its map (%s) may still take",
			 fill->disk_free >> 20, size);
	return fill->is_map || fill->is_disk;
}

void store_fill_look(struct store *store, struct store_fill *was)
{
	struct store_fill now;
	char text[STORE_FILL_TEXT_MAX], path[LOG_QUOTED_MAX];
	store_fill_get(store, &now);
	bool is_new = (now.is_map && !was->is_map) || (now.is_disk && !was->is_disk);
	if (store_fill_text(&now, text) && is_new)
		log_warning("the store is filling", "path=%s what=\"%s\"",
			    log_quote(store_path(store), path), text);
	*was = now;
}
