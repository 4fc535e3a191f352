/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a zone of BIND. named-compilezone reads the file as named does, with $INCLUDE,
 * $GENERATE and the raw format, merges the journal into what it prints, and changes neither file.
 * Without it a text file is read here, unless a journal holds what the file does not.
 *
 * A journal begins with
 *
 *      0   16  ";BIND LOG V9\n" or ";BIND LOG V9.2\n", and zeroes
 *      16   4  serial of its first state, big-endian        20  4  where it lies
 *      24   4  serial of its last state                     28  4  where it lies
 */
#include <config.h>
#include "migrate/bind_parts.h"
#include "migrate/site_updates.h"
#include "base/textfile.h"
#include "dns/rdata.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define JOURNAL_HEAD  32
#define JOURNAL_MAGIC ";BIND LOG V9"

struct bind_content {
	struct bind *bind;
	struct site_zone *zone;
	const struct bind_statement *block;
	const char *file;    /* as the configuration names it */
	const char *path;    /* where it is */
	const char *journal; /* where it may be */
	bool is_raw;
};

static bool bind_content_lose(const struct bind_content *content, const char *why,
			      const char *advice)
{
	struct site_place place = {.file = content->path, .what = content->zone->place.what};
	site_lose_zone(content->bind->site, place, "the content of the zone", why, advice);
	return false;
}

static const char *bind_content_word(const struct bind_content *content, const char *word)
{
	const struct bind_statement *found = bind_inherited(content->bind, content->block, word);
	return found ? bind_statement_arg(found, 1) : NULL;
}

static const char *bind_content_path(const struct bind_content *content, const char *file)
{
	const struct bind *bind = content->bind;
	struct arena *arena = &bind->site->arena;
	if (bind->source->zones) {
		const char *slash = strrchr(file, '/');
		return arena_print(arena, "%s/%s", bind->source->zones, slash ? slash + 1 : file);
	}
	if (*file == '/')
		return file;
	return arena_print(arena, "%s/%s", bind->directory ? bind->directory : bind->folder, file);
}

/* --- the journal */

/* "add NAME TTL CLASS TYPE DATA" of named-journalprint: the line behind its first word is one of a
 * zone file. What was removed again is not in the content. */
static void bind_journal_read(struct site_updates *updates, const struct dns_name *apex,
			      const char *text, size_t len)
{
	for (const char *at = text, *end = text + len; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *next = newline ? newline : end;
		if (next - at > 4 && memcmp(at, "add ", 4) == 0)
			site_updates_add(updates, apex, at + 4, (size_t)(next - at - 4));
		at = next + (newline != NULL);
	}
}

/* What an update made, as far as the journal reaches. */
static void bind_content_mark(const struct bind_content *content)
{
	struct bind *bind = content->bind;
	struct site_updates updates = {0};
	struct tool_output output;
	const char *argv[] = {bind->journal, content->journal, NULL};
	struct tool tool = {.argv = argv, .seconds = TOOL_SECONDS_ALL};
	struct site_place place = {.file = content->journal, .what = content->zone->place.what};
	if (access(content->journal, F_OK) != 0)
		return;
	if (!*bind->journal) {
		site_say(bind->site, SITE_CHANGED, place, "journal",
			 "named-journalprint is not here: what updates made counts as static",
			 "install bind9-utils, or name owners afterwards: `tenurectl owner "
			 "transfer`");
		return;
	}
	if (tool_run(&tool, &output)) {
		bind_journal_read(&updates, &content->zone->apex, output.text, output.len);
		site_updates_mark(&updates, content->zone);
	} else {
		site_say_f(bind->site, SITE_CHANGED, place, "journal",
			   "name owners afterwards: `tenurectl owner transfer`",
			   "named-journalprint cannot read it (%s): what updates made counts as "
			   "static",
			   output.error);
	}
	tool_output_free(&output);
	site_updates_free(&updates);
}

/* --- the file */

static bool bind_content_take(const struct bind_content *content, const char *file,
			      struct bytes text)
{
	char error[SITE_ERROR_MAX];
	return site_zonefile(content->zone, file, text, false, error) ||
	       bind_content_lose(content, error,
				 *content->bind->compile
					 ? "mend the file"
					 : "install bind9-utils (named-compilezone), which reads "
					   "it as named does, or mend the file");
}

static bool bind_content_compile(const struct bind_content *content)
{
	const struct bind *bind = content->bind;
	struct tool_output output;
	char zone[DNS_NAME_TEXT_MAX];
	dns_name_print(&content->zone->apex, zone);
	const char *argv[] = {bind->compile,
			      "-J",
			      content->journal,
			      "-f",
			      content->is_raw ? "raw" : "text",
			      "-i",
			      "none",
			      "-k",
			      "ignore",
			      "-m",
			      "ignore",
			      "-M",
			      "ignore",
			      "-n",
			      "ignore",
			      "-r",
			      "ignore",
			      "-S",
			      "ignore",
			      "-T",
			      "ignore",
			      "-W",
			      "ignore",
			      "-o",
			      "-",
			      "--",
			      zone,
			      content->path,
			      NULL};
	struct tool tool = {.argv = argv,
			    .folder = bind->directory ? bind->directory : bind->folder,
			    .seconds = TOOL_SECONDS_ALL};
	bool is_ok = tool_run(&tool, &output);
	if (!is_ok)
		bind_content_lose(
			content,
			arena_print(&bind->site->arena, "named-compilezone: %s", output.error),
			strstr(output.error, "journal")
				? "`rndc sync ZONE`, or `rndc freeze ZONE`, and again"
				: "mend what it says, and again");
	else
		is_ok = bind_content_take(content, content->path,
					  bytes_of(output.text, output.len));
	tool_output_free(&output);
	return is_ok;
}

/* The serial of the journal's last state. False: it is no journal. */
static bool bind_journal_serial(const struct textfile *journal, uint32_t *serial)
{
	struct bytes_in in = bytes_in_of(journal->data, journal->len);
	const uint8_t *magic = bytes_in_take(&in, 16);
	if (!magic || journal->len < JOURNAL_HEAD ||
	    memcmp(magic, JOURNAL_MAGIC, strlen(JOURNAL_MAGIC)) != 0)
		return false;
	bytes_in_take(&in, 8);
	*serial = bytes_in_u32(&in);
	return !in.bad;
}

static bool bind_content_is_current(const struct bind_content *content)
{
	struct textfile journal;
	uint32_t serial = 0, own = 0;
	if (!textfile_open(&journal, content->journal))
		return errno == ENOENT;
	bool is_journal = bind_journal_serial(&journal, &serial);
	textfile_close(&journal);
	for (size_t i = 0; i < content->zone->count; i++)
		if (content->zone->records[i]->type == DNS_TYPE_SOA)
			own = dns_soa_serial(content->zone->records[i]->rdata);
	return is_journal && own == serial;
}

static bool bind_content_read(const struct bind_content *content)
{
	struct textfile text;
	if (content->is_raw)
		return bind_content_lose(content,
					 "it is in raw format, which named-compilezone reads",
					 "install bind9-utils, and again");
	if (!textfile_open(&text, content->path))
		return bind_content_lose(content, strerror(errno),
					 "run this where the file can be read");
	bool generates = memmem(text.data, text.len, "$GENERATE", 9) != NULL;
	bool is_ok = generates ? bind_content_lose(content,
						   "it has $GENERATE, which named-compilezone "
						   "expands",
						   "install bind9-utils, and again")
			       : bind_content_take(content, content->path,
						   bytes_of(text.data, text.len));
	textfile_close(&text);
	if (is_ok && !bind_content_is_current(content))
		return bind_content_lose(
			content, "its journal holds updates that the file does not",
			"`rndc sync -clean ZONE`, or install bind9-utils, and again");
	return is_ok;
}

bool bind_content(struct bind *bind, struct site_zone *zone, const struct bind_statement *block)
{
	struct bind_content content = {.bind = bind, .zone = zone, .block = block, .path = ""};
	const struct bind_statement *file = bind_statement_find(block, "file");
	const struct bind_statement *journal = bind_statement_find(block, "journal");
	content.file = file ? bind_statement_arg(file, 1) : NULL;
	if (!content.file)
		return bind_content_lose(&content, "the zone has no file",
					 "export it, and import it with `tenurectl zone import`");
	const char *format = bind_content_word(&content, "masterfile-format");
	content.is_raw = format && strcasecmp(format, "raw") == 0;
	content.path = bind_content_path(&content, content.file);
	content.journal = journal && bind_statement_arg(journal, 1)
				  ? bind_content_path(&content, bind_statement_arg(journal, 1))
				  : arena_print(&bind->site->arena, "%s.jnl", content.path);
	bool is_ok = *bind->compile ? bind_content_compile(&content) : bind_content_read(&content);
	if (is_ok)
		bind_content_mark(&content);
	return is_ok;
}
