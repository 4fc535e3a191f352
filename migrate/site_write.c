/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "migrate/site_write.h"
#include "acl/keyfile.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/timeword.h"
#include "dns/zonefile.h"
#include "migrate/site_file.h"
#include "migrate/site_report.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SITE_FILE_NAME_MAX 180 /* of the name's part, escaped; a file's name has 255 bytes */

void site_file_name(char out[SITE_FILE_MAX], const char *folder, const char *name,
		    const char *ending)
{
	char escaped[SITE_FILE_NAME_MAX + 4];
	size_t len = 0;
	const char *c = name;
	for (; *c && len < SITE_FILE_NAME_MAX; c++) {
		bool is_safe =
			isalnum((unsigned char)*c) || strchr("_-", *c) || (*c == '.' && c != name);
		len += (size_t)snprintf(escaped + len, sizeof escaped - len,
					is_safe ? "%c" : "%%%02X", (unsigned char)*c);
	}
	if (*c) {
		uint64_t hash = hash_bytes(bytes_of(name, strlen(name)));
		snprintf(out, SITE_FILE_MAX, "%s%.140s-%016" PRIx64 "%s", folder, escaped, hash,
			 ending);
		return;
	}
	snprintf(out, SITE_FILE_MAX, "%s%s%s", folder, escaped, ending);
}

static const char *site_class_word(enum dns_age_class class)
{
	return class == DNS_AGE_DYNAMIC ? "dynamic" : class == DNS_AGE_PINNED ? "pinned" : "static";
}

bool site_write_zone(const struct site_zone *zone, FILE *out)
{
	char comment[DNS_AGE_OWNER_MAX + 80], stamp[TIMEWORD_TEXT_MAX];
	for (size_t i = 0; i < zone->count; i++) {
		const struct site_record *record = zone->records[i];
		time_print(record->stamp, stamp);
		snprintf(comment, sizeof comment, "tenure owner=%s stamp=%s class=%s",
			 record->owner, stamp, site_class_word(record->class));
		if (!dns_zonefile_write(out, record->name, record->type, record->ttl, record->rdata,
					comment))
			return false;
	}
	return fflush(out) == 0 && !ferror(out);
}

/* --- the folder */

struct site_folder {
	const struct site *site;
	char *path; /* while it grows */
	int fd; /* the same: who may write to the folder above cannot put another in its place */
	char *error;
};

static bool site_write_fail(struct site_folder *folder, const char *file, const char *why)
{
	snprintf(folder->error, SITE_ERROR_MAX, "%s%s%s: %s", folder->path, *file ? "/" : "", file,
		 why);
	return false;
}

/* A file of the folder, from a stream that `fill` writes. */
static bool site_write_file(struct site_folder *folder, const char *name, mode_t mode,
			    bool (*fill)(const void *, FILE *), const void *context)
{
	int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			mode);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!out)
		return site_write_fail(folder, name, strerror(errno));
	bool is_ok = fill(context, out) && fflush(out) == 0 && !ferror(out) && file_sync(fd);
	int saved = errno;
	if (fclose(out) != 0 && is_ok) {
		saved = errno;
		is_ok = false;
	}
	return is_ok || site_write_fail(folder, name, strerror(saved));
}

static bool site_fill_yaml(const void *site, FILE *out)
{
	site_write_yaml(site, out);
	return true;
}

static bool site_fill_report(const void *site, FILE *out)
{
	site_report_text(site, out);
	return true;
}

static bool site_fill_json(const void *site, FILE *out)
{
	site_report_json(site, out);
	return true;
}

static bool site_fill_zone(const void *zone, FILE *out)
{
	return site_write_zone(zone, out);
}

/* Without a buffer of the library, which would keep the secret. */
static bool site_fill_key(const void *key, FILE *out)
{
	char text[KEYFILE_TEXT_MAX];
	size_t len = keyfile_print(key, text);
	bool is_ok = file_write(fileno(out), text, len);
	OPENSSL_cleanse(text, sizeof text);
	return is_ok;
}

static bool site_make_folder(struct site_folder *folder, const char *name, mode_t mode)
{
	return mkdirat(folder->fd, name, mode) == 0 ||
	       site_write_fail(folder, name, strerror(errno));
}

static bool site_write_keys(struct site_folder *folder)
{
	char name[DNS_NAME_TEXT_MAX], file[SITE_FILE_MAX];
	if (!site_make_folder(folder, "keys", 0700))
		return false;
	for (const struct site_key *key = folder->site->keys; key; key = key->next) {
		site_file_name(file, "keys/", dns_name_show(&key->key.name, name), ".key");
		if (!key->generates && !key->is_known_only &&
		    !site_write_file(folder, file, 0600, site_fill_key, &key->key))
			return false;
	}
	return true;
}

static bool site_write_data(struct site_folder *folder)
{
	char file[SITE_FILE_MAX];
	if (!site_make_folder(folder, "data", 0777))
		return false;
	for (const struct site_zone *zone = folder->site->zones; zone; zone = zone->next) {
		site_file_name(file, "data/", zone->text, ".zone");
		if (!site_write_file(folder, file, 0666, site_fill_zone, zone))
			return false;
	}
	return true;
}

static bool site_write_all(struct site_folder *folder)
{
	const struct site *site = folder->site;
	bool is_ok = site_write_keys(folder) && site_write_data(folder) &&
		     site_write_file(folder, "report.txt", 0666, site_fill_report, site) &&
		     site_write_file(folder, "report.jsonl", 0666, site_fill_json, site) &&
		     site_write_file(folder, "site.yaml", 0666, site_fill_yaml, site);
	static const char *const folders[] = {"keys", "data", "."};
	for (size_t i = 0; is_ok && i < 3; i++)
		if (!file_sync_folder(folder->fd, folders[i]))
			is_ok = site_write_fail(folder, folders[i], strerror(errno));
	return is_ok;
}

/* What was written of a folder that does not become one: files, and folders of files. */
static void site_remove(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) != 0)
			site_remove(dirfd(dir), entry->d_name);
	}
	closedir(dir);
	unlinkat(at, name, AT_REMOVEDIR);
}

/* Absent, or a folder that holds nothing. */
static bool site_is_free(const char *path, char error[SITE_ERROR_MAX])
{
	struct stat st;
	DIR *dir;
	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			return true;
		snprintf(error, SITE_ERROR_MAX, "%s: %s", path, strerror(errno));
		return false;
	}
	if (!S_ISDIR(st.st_mode) || !(dir = opendir(path))) {
		snprintf(error, SITE_ERROR_MAX, "%s: %s", path,
			 S_ISDIR(st.st_mode) ? strerror(errno) : "is there, and is no folder");
		return false;
	}
	size_t count = 0;
	while (readdir(dir))
		count++;
	closedir(dir);
	if (count > 2)
		snprintf(error, SITE_ERROR_MAX,
			 "%s is not empty: name a folder that is not there yet", path);
	return count <= 2;
}

/* The name of the folder while it grows, beside its place: malloc's. NULL: errno. */
static char *site_folder_begin(const char *path)
{
	char *growing = NULL;
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (asprintf(&growing, "%.*s.XXXXXX", (int)len, path) < 0)
		abort();
	if (!mkdtemp(growing)) {
		free(growing);
		return NULL;
	}
	return growing;
}

static bool site_folder_is_ours(struct site_folder *folder)
{
	struct stat st;
	if (folder->fd < 0 || fstat(folder->fd, &st) != 0)
		return site_write_fail(folder, "", strerror(errno));
	return st.st_uid == geteuid() || site_write_fail(folder, "", "belongs to somebody else");
}

bool site_write(struct site *site, const char *path, char error[SITE_ERROR_MAX])
{
	struct site_folder folder = {.site = site, .error = error};
	if (!site_is_free(path, error))
		return false;
	folder.path = site_folder_begin(path);
	if (!folder.path) {
		snprintf(error, SITE_ERROR_MAX, "%s: %s", path, strerror(errno));
		return false;
	}
	folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool is_ok = site_folder_is_ours(&folder) && site_write_all(&folder);
	if (folder.fd >= 0)
		close(folder.fd);
	if (is_ok && rename(folder.path, path) != 0) {
		snprintf(error, SITE_ERROR_MAX, "%s: %s", path, strerror(errno));
		is_ok = false;
	}
	if (!is_ok)
		site_remove(AT_FDCWD, folder.path);
	free(folder.path);
	return is_ok;
}
