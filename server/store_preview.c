/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/store_preview.h"
#include "store/inspect.h"
#include "store/settings.h"
#include "store/store.h"
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define FOLDER_MAX 400
/* Of what the old store takes, as vault/migrate.h needs it at most. */
#define ROOM_QUARTERS 9

static enum store_preview preview_migration(const char *data, const struct stat *st, char *text)
{
	struct statvfs disk;
	uint64_t used = (uint64_t)st->st_blocks * 512, needed = used / 4 * ROOM_QUARTERS, room = 0;
	if (statvfs(data, &disk) == 0)
		room = (uint64_t)disk.f_bavail * disk.f_frsize;
	snprintf(text, STORE_PREVIEW_MAX,
		 "%.400s: the store has schema version %d, and is migrated to %d when this tenured "
		 "starts; that needs up to %" PRIu64 " MiB of free disk, and %" PRIu64
		 " MiB are free",
		 data, STORE_SCHEMA_0_1_0, STORE_SCHEMA_VERSION, (needed >> 20) + 1, room >> 20);
	return STORE_PREVIEW_MIGRATES;
}

static enum store_preview preview_other(const char *data, const char *file, char *text)
{
	uint32_t format = store_inspect_format(file);
	if (format == STORE_FORMAT)
		snprintf(text, STORE_PREVIEW_MAX,
			 "%.400s: the schema version of the store cannot be read: `tenurectl check "
			 "--data %.400s` says what is wrong with it",
			 data, data);
	else if (format)
		snprintf(text, STORE_PREVIEW_MAX,
			 "%.400s: the store is of another LMDB (data version %" PRIu32
			 ", this one has %d): restore a portable backup of it",
			 data, format, STORE_FORMAT);
	else
		snprintf(text, STORE_PREVIEW_MAX, "%.400s: data.mdb is no store", data);
	return STORE_PREVIEW_REFUSES;
}

enum store_preview store_preview(const char *data, char text[STORE_PREVIEW_MAX])
{
	char file[4200];
	struct stat st;
	snprintf(file, sizeof file, "%.4000s/data.mdb", data);
	bool is_there = stat(file, &st) == 0;
	if (!is_there && errno != ENOENT) {
		snprintf(text, STORE_PREVIEW_MAX, "%.400s: data.mdb: %s", data, strerror(errno));
		return STORE_PREVIEW_REFUSES;
	}
	if (!is_there || st.st_size == 0) {
		snprintf(text, STORE_PREVIEW_MAX, "%.400s: there is no store, and one is made",
			 data);
		return STORE_PREVIEW_OPENS;
	}
	uint64_t schema = store_inspect_schema(file);
	if (schema == 0)
		return preview_other(data, file, text);
	if (schema == STORE_SCHEMA_0_1_0)
		return preview_migration(data, &st, text);
	snprintf(text, STORE_PREVIEW_MAX,
		 schema == STORE_SCHEMA_VERSION ? "%.400s: the store has schema version %" PRIu64
						  ", as this tenured"
						: "%.400s: the store has schema version %" PRIu64
						  ", which this tenured does not know: a later one "
						  "wrote it; install that, or "
						  "restore a backup that this one can read",
		 data, schema);
	return schema == STORE_SCHEMA_VERSION ? STORE_PREVIEW_OPENS : STORE_PREVIEW_REFUSES;
}
