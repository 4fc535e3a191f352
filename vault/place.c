/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/place.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_PATH_MAX 8192
#define COMPACT_FILE  "compact.mdb"
#define KEPT_MAX      100

static void path_in(const char *folder, const char *file, char out[FILE_PATH_MAX])
{
	snprintf(out, FILE_PATH_MAX, "%s/%s", folder, file);
}

static bool place_has(const struct place *place, const char *file)
{
	char path[FILE_PATH_MAX];
	struct stat st;
	path_in(place->data, file, path);
	return lstat(path, &st) == 0;
}

static void remove_made(const struct place *place)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "lock", COMPACT_FILE,
					    PLACE_OLDER};
	char path[FILE_PATH_MAX];
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		path_in(place->folder, files[i], path);
		unlink(path);
	}
	rmdir(place->folder);
}

/* A user who may write to the folder decides where links in it lead. */
static bool is_of_another(const struct stat *st)
{
	return geteuid() == 0 && st->st_uid != 0;
}

static bool place_open_folder(const struct place *place, struct report *report)
{
	struct stat st;
	const char *data = place->data;
	if (stat(data, &st) != 0 && (errno != ENOENT || mkdir(data, 0700) != 0))
		return report_fail(report, "%.300s: cannot make the folder: %s", data,
				   strerror(errno));
	if (stat(data, &st) != 0)
		return report_fail(report, "%.300s: %s", data, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return report_fail(report, "%.300s: is a file, not a folder", data);
	return !is_of_another(&st) ||
	       report_fail(report, "%.300s: belongs to uid %u, and root makes no store there", data,
			   (unsigned)st.st_uid);
}

bool place_begin(struct place *place, const char *data, struct report *report)
{
	*place = (struct place){.lock = -1};
	if (strlen(data) + sizeof "/" PLACE_FOLDER > sizeof place->folder)
		return report_fail(report, "%.80s...: the path is too long", data);
	snprintf(place->data, sizeof place->data, "%s", data);
	snprintf(place->folder, sizeof place->folder, "%.4000s/%s", data, PLACE_FOLDER);
	if (!place_open_folder(place, report))
		return false;
	place->made_lock = !place_has(place, "lock");
	place->lock = store_lock(data, false, report->error);
	if (place->lock < 0)
		return false;
	/* What a run that was ended left behind. */
	remove_made(place);
	if (mkdir(place->folder, 0700) != 0)
		return report_fail(report, "%.300s: cannot make the folder: %s", place->folder,
				   strerror(errno));
	return true;
}

static bool place_is_empty(struct store *store)
{
	struct store_usage usage;
	store_usage(store, &usage);
	return !usage.entries[STORE_ZONES] && !usage.entries[STORE_LOG] &&
	       !usage.entries[STORE_KEYS] && !usage.entries[STORE_GROUPS];
}

bool place_is_free(struct place *place, struct report *report)
{
	char path[FILE_PATH_MAX];
	struct stat st;
	path_in(place->data, "data.mdb", path);
	if (stat(path, &st) != 0)
		return true;
	struct store_options options = {.path = path, .is_read_only = true, .is_file = true};
	struct store *store = store_open(&options, report->error);
	bool is = store && place_is_empty(store);
	store_close(store);
	return is || report_fail(report,
				 "%.300s holds a store already: restore into an empty folder, or "
				 "move data.mdb out of this one first",
				 place->data);
}

bool place_open_store(struct place *place, uint64_t map_size, struct report *report)
{
	struct store_options options = {.path = place->folder, .map_size = map_size, .readers = 2};
	place->store = store_open(&options, report->error);
	return place->store != NULL;
}

static bool place_copy(struct place *place, const char *to, struct report *report)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return report_fail(report, "%.300s: %s", to, strerror(errno));
	enum store_error error = store_copy(place->store, fd);
	bool is_well = !error && file_sync(fd);
	if (!is_well)
		report_fail(report, "%.300s: cannot be written: %s", to,
			    error ? store_error_text(error) : strerror(errno));
	close(fd);
	return is_well;
}

bool place_compact(struct place *place, uint64_t map_size, struct report *report)
{
	char made[FILE_PATH_MAX], compact[FILE_PATH_MAX];
	path_in(place->folder, "data.mdb", made);
	path_in(place->folder, COMPACT_FILE, compact);
	if (!place_copy(place, compact, report))
		return false;
	store_close(place->store);
	place->store = NULL;
	if (rename(compact, made) != 0)
		return report_fail(report, "%.300s: %s", made, strerror(errno));
	return place_open_store(place, map_size, report);
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;
	return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

/* A second name for the old file, before the new one takes its own; a process that ended in between
 * may have given it already. */
static bool place_keep(struct place *place, const char *file, const char *name)
{
	char path[FILE_PATH_MAX];
	for (unsigned i = 1; i < KEPT_MAX; i++) {
		snprintf(place->kept, sizeof place->kept, i > 1 ? "%.40s.%u" : "%.40s", name, i);
		path_in(place->data, place->kept, path);
		if (link(file, path) == 0)
			return true;
		if (errno != EEXIST)
			break;
		if (is_same_file(file, path))
			return true;
	}
	return false;
}

static bool sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool is_well = fd >= 0 && file_sync(fd);
	if (fd >= 0)
		close(fd);
	return is_well;
}

bool place_commit(struct place *place, const char *keep_as, struct report *report)
{
	char made[FILE_PATH_MAX], file[FILE_PATH_MAX], lock[FILE_PATH_MAX];
	store_close(place->store);
	place->store = NULL;
	path_in(place->folder, "data.mdb", made);
	path_in(place->data, "data.mdb", file);
	path_in(place->data, "lock.mdb", lock);
	bool is_well = sync_file(made) && (!keep_as || place_keep(place, file, keep_as));
	/* Readers' table of the old file: LMDB makes it anew. */
	if (is_well && unlink(lock) != 0)
		is_well = errno == ENOENT;
	is_well = is_well && rename(made, file) == 0 && file_sync_folder(AT_FDCWD, place->data);
	return is_well || report_fail(report, "%.300s: cannot put the store in place: %s",
				      place->data, strerror(errno));
}

void place_end(struct place *place)
{
	char lock[FILE_PATH_MAX];
	store_close(place->store);
	place->store = NULL;
	if (place->lock < 0)
		return;
	remove_made(place);
	/* A folder in which nothing was made is left as it was, while nobody else can lock it. */
	if (place->made_lock && !place_has(place, "data.mdb")) {
		path_in(place->data, "lock", lock);
		unlink(lock);
	}
	close(place->lock);
	place->lock = -1;
}
