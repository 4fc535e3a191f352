/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a zone of Knot: its zone file, unless the journal is ahead of it. What the journal
 * holds, and the serial at which it ends, kjournalprint tells:
 *
 *      ;; Changes between zone versions: 10 -> 11, changeset: 1
 *      ;; Removed
 *      www.dyn.example.   300   A   192.0.2.80
 *      ;; Added
 *      www.dyn.example.   300   A   192.0.2.81
 *
 * It opens the journal as a database, and makes a lock beside it where there is none. So that the
 * source is only read, a journal without one is copied first.
 */
#include <config.h>
#include "migrate/knot_parts.h"
#include "migrate/site_updates.h"
#include "base/file.h"
#include "base/serial.h"
#include "base/textfile.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define KNOT_STORAGE     "/var/lib/knot"
#define KNOT_CHANGES     ";; Changes between zone versions: "
#define KNOT_JOURNAL_MAX (8ull << 30)

struct knot_content {
	struct knot *knot;
	struct site_zone *zone;
	const struct knot_block *block;
	const char *path;   /* of the zone file */
	const char *folder; /* of the journal */
	bool is_flushed;    /* the file is one of --zones, and holds what the journal does */
};

static bool knot_content_lose(const struct knot_content *content, const char *why,
			      const char *advice)
{
	struct site_place place = {.file = content->path, .what = content->zone->place.what};
	site_lose_zone(content->knot->site, place, "the content of the zone", why, advice);
	return false;
}

static const char *knot_content_advice(const struct knot_content *content)
{
	return arena_print(&content->knot->site->arena,
			   "`knotc -b zone-flush %s +outdir DIR`, or zone-backup, and again with "
			   "--zones DIR",
			   content->zone->text);
}

static const char *knot_content_text(const struct knot_content *content, const char *name,
				     const char *otherwise)
{
	const struct knot_item *item = knot_zone_item(content->knot, content->block, name);
	return item && item->values ? item->values->text : otherwise;
}

/* --- the zone file */

/* `%s` is the zone, `%%` a percent sign; NULL: another one stands there. */
static const char *knot_content_expand(const struct knot_content *content, const char *form)
{
	struct arena *arena = &content->knot->site->arena;
	const char *text = "";
	while (*form) {
		size_t len = strcspn(form, "%");
		text = arena_print(arena, "%s%.*s", text, (int)len, form);
		form += len;
		if (!*form)
			break;
		if (form[1] == 's')
			text = arena_print(arena, "%s%s", text, content->zone->text);
		else if (form[1] == '%')
			text = arena_print(arena, "%s%%", text);
		else
			return NULL;
		form += 2;
	}
	return text;
}

static const char *knot_content_path(struct knot_content *content)
{
	struct arena *arena = &content->knot->site->arena;
	const char *zones = content->knot->source->zones;
	const char *file =
		knot_content_expand(content, knot_content_text(content, "file", "%s.zone"));
	const char *storage = knot_content_text(content, "storage", KNOT_STORAGE);
	/* What was flushed has the zone's name; other files that of the configuration. */
	if (zones) {
		const char *flushed = arena_print(arena, "%s/%s.zone", zones, content->zone->text);
		const char *slash = file ? strrchr(file, '/') : NULL;
		const char *other =
			file ? arena_print(arena, "%s/%s", zones, slash ? slash + 1 : file)
			     : flushed;
		content->is_flushed = true;
		if (access(flushed, F_OK) == 0)
			return flushed;
		if (access(other, F_OK) == 0)
			return other;
		content->is_flushed = false;
	}
	return !file || *file == '/' ? file : arena_print(arena, "%s/%s", storage, file);
}

static bool knot_content_read(const struct knot_content *content)
{
	char error[SITE_ERROR_MAX];
	struct textfile text;
	if (!textfile_open(&text, content->path))
		return knot_content_lose(content, strerror(errno),
					 errno == ENOENT ? knot_content_advice(content)
							 : "run this where the file can be read");
	bool is_ok = site_zonefile(content->zone, content->path, bytes_of(text.data, text.len),
				   false, error);
	textfile_close(&text);
	return is_ok || knot_content_lose(content, error, knot_content_advice(content));
}

/* --- the journal */

struct knot_journal {
	struct site_updates updates;
	bool has_changes;
	uint32_t serial; /* at which it ends */
};

static void knot_journal_line(struct knot_journal *journal, const struct dns_name *apex,
			      const char *line, size_t len, bool *is_added)
{
	unsigned long from, to;
	char head[128];
	if (len == 0 || *line != ';') {
		if (len && *is_added)
			site_updates_add(&journal->updates, apex, line, len);
		return;
	}
	snprintf(head, sizeof head, "%.*s", len < 127 ? (int)len : 127, line);
	*is_added = strncmp(head, ";; Added", 8) == 0;
	if (sscanf(head, KNOT_CHANGES "%lu -> %lu", &from, &to) == 2) {
		journal->has_changes = true;
		journal->serial = (uint32_t)to;
	}
}

static void knot_journal_read(struct knot_journal *journal, const struct dns_name *apex,
			      const char *text, size_t len)
{
	bool is_added = false;
	for (const char *at = text, *end = text + len; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline ? newline : end;
		knot_journal_line(journal, apex, at, (size_t)(next - at), &is_added);
		at = next + (newline != NULL);
	}
}

static bool knot_journal_copy(const char *from, const char *to)
{
	char piece[65536];
	uint64_t total = 0;
	ssize_t n = -1;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	while (out >= 0 && (n = read(in, piece, sizeof piece)) > 0 && total < KNOT_JOURNAL_MAX &&
	       file_write(out, piece, (size_t)n))
		total += (uint64_t)n;
	if (in >= 0)
		close(in);
	return out >= 0 && close(out) == 0 && n == 0;
}

static bool knot_journal_print(const struct knot_content *content, const char *folder,
			       struct knot_journal *journal, char error[TOOL_ERROR_MAX])
{
	char zone[DNS_NAME_TEXT_MAX];
	struct tool_output output;
	const char *argv[] = {content->knot->journal,
			      "-x",
			      "-D",
			      folder,
			      dns_name_print(&content->zone->apex, zone),
			      NULL};
	struct tool tool = {.argv = argv, .seconds = TOOL_SECONDS_ALL};
	bool is_ok = tool_run(&tool, &output);
	if (is_ok)
		knot_journal_read(journal, &content->zone->apex, output.text, output.len);
	snprintf(error, TOOL_ERROR_MAX, "%s", output.error);
	/* It holds nothing of this zone. */
	is_ok |= strstr(output.error, "no data") || strstr(output.error, "not exist") ||
		 strstr(output.error, "not found");
	tool_output_free(&output);
	return is_ok;
}

/* By a copy, which is removed again, unless the database has a lock already. */
static bool knot_journal_open(const struct knot_content *content, struct knot_journal *journal,
			      char error[TOOL_ERROR_MAX])
{
	struct arena *arena = &content->knot->site->arena;
	const char *lock = arena_print(arena, "%s/lock.mdb", content->folder);
	const char *data = arena_print(arena, "%s/data.mdb", content->folder);
	char copy[] = "/tmp/tenure-migrate-XXXXXX";
	if (access(lock, F_OK) == 0)
		return knot_journal_print(content, content->folder, journal, error);
	if (!mkdtemp(copy)) {
		snprintf(error, TOOL_ERROR_MAX, "%s: %s", copy, strerror(errno));
		return false;
	}
	const char *copied = arena_print(arena, "%s/data.mdb", copy);
	bool is_ok = knot_journal_copy(data, copied);
	if (!is_ok)
		snprintf(error, TOOL_ERROR_MAX, "%s: %s", data, strerror(errno));
	else
		is_ok = knot_journal_print(content, copy, journal, error);
	unlink(copied);
	unlink(arena_print(arena, "%s/lock.mdb", copy));
	rmdir(copy);
	return is_ok;
}

static const char *knot_journal_folder(const struct knot *knot)
{
	const struct knot_block *database = knot_block_find(&knot->conf, "database", NULL);
	const char *storage = knot_item_text(database, "storage");
	const char *name = knot_item_text(database, "journal-db");
	if (name && *name == '/')
		return name;
	return arena_print(&knot->site->arena, "%s/%s", storage ? storage : KNOT_STORAGE,
			   name ? name : "journal");
}

static uint32_t knot_content_serial(const struct site_zone *zone)
{
	for (size_t i = 0; i < zone->count; i++)
		if (zone->records[i]->type == DNS_TYPE_SOA)
			return dns_soa_serial(zone->records[i]->rdata);
	return 0;
}

/* Whether the file holds what the journal does; marks what updates made. */
static bool knot_content_compare(const struct knot_content *content)
{
	struct knot_journal journal = {0};
	char error[TOOL_ERROR_MAX] = "";
	struct site_place place = {.file = content->folder, .what = content->zone->place.what};
	bool is_flushed = content->is_flushed, is_ok = true;
	if (access(arena_print(&content->knot->site->arena, "%s/data.mdb", content->folder),
		   F_OK) != 0)
		return true;
	bool is_read = *content->knot->journal && knot_journal_open(content, &journal, error);
	if (!is_read && !is_flushed)
		is_ok = knot_content_lose(
			content,
			*error ? arena_print(&content->knot->site->arena,
					     "its journal cannot be read: %s", error)
			       : "there is a journal, and kjournalprint is not here",
			knot_content_advice(content));
	else if (!is_read)
		site_say(content->knot->site, SITE_CHANGED, place, "journal",
			 "it is not read: what updates made counts as static",
			 "name owners afterwards: `tenurectl owner transfer`");
	else if (journal.has_changes &&
		 serial_is_ahead(journal.serial, knot_content_serial(content->zone)))
		is_ok = knot_content_lose(content,
					  "its journal holds updates that the zone file does not",
					  knot_content_advice(content));
	else
		site_updates_mark(&journal.updates, content->zone);
	site_updates_free(&journal.updates);
	return is_ok;
}

bool knot_content(struct knot *knot, struct site_zone *zone, const struct knot_block *block)
{
	struct knot_content content = {.knot = knot, .zone = zone, .block = block};
	content.folder = knot_journal_folder(knot);
	content.path = knot_content_path(&content);
	if (!content.path)
		return knot_content_lose(&content,
					 "the name of its file has a form that is not known",
					 knot_content_advice(&content));
	return knot_content_read(&content) && knot_content_compare(&content);
}
