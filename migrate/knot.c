/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads Knot's configuration: as `knotc conf-export` writes it, in a normal form with all includes,
 * which says what holds; and as it was written, for the file and line of each item. Without knotc
 * what was written is all there is, which has the same form.
 */
#include <config.h>
#include "migrate/knot_parts.h"
#include "base/textfile.h"
#include "migrate/site_owner.h"
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define KNOT_TEXT_SIZE_MAX (256u << 20)

struct site_place knot_place(const struct knot_item *item, const char *what)
{
	return (struct site_place){
		.file = item ? item->file : NULL, .line = item ? item->line : 0, .what = what};
}

struct site_place knot_block_place(const struct knot_block *block, const char *what)
{
	return (struct site_place){.file = block->file, .line = block->line, .what = what};
}

/* --- what becomes of items */

static const struct knot_word {
	const char *section, *item; /* NULL: each of the section */
	enum site_list list;
	const char *why, *advice; /* `why` NULL: it is read elsewhere */
} knot_words[] = {
	{"key", NULL, SITE_TAKEN, NULL, NULL},
	{"acl", NULL, SITE_TAKEN, NULL, NULL},
	{"remote", NULL, SITE_TAKEN, NULL, NULL},
	{"remotes", NULL, SITE_TAKEN, NULL, NULL},
	{"template", NULL, SITE_TAKEN, NULL, NULL},
	{"zone", "domain", SITE_TAKEN, NULL, NULL},
	{"zone", "template", SITE_TAKEN, NULL, NULL},
	{"zone", "storage", SITE_TAKEN, NULL, NULL},
	{"zone", "file", SITE_TAKEN, NULL, NULL},
	{"zone", "acl", SITE_TAKEN, NULL, NULL},
	{"zone", "notify", SITE_TAKEN, NULL, NULL},
	{"zone", "journal-content", SITE_CHANGED, "each change is in the log", NULL},
	{"zone", "journal-max-usage", SITE_LOST, "the log is bounded by its retention",
	 "see `tenurectl audit set`"},
	{"zone", "journal-max-depth", SITE_LOST, "the log is bounded by its retention",
	 "see `tenurectl audit set`"},
	{"zone", "zonefile-sync", SITE_CHANGED,
	 "zones are kept in the store, and exported on demand", NULL},
	{"zone", "zonefile-load", SITE_CHANGED,
	 "zones are kept in the store; `zone import` reads a file", NULL},
	{"zone", "dnssec-signing", SITE_LOST, "the zone is taken unsigned",
	 "take the DS away from the zone above first, or sign behind tenure"},
	{"zone", "dnssec-policy", SITE_LOST, "the zone is taken unsigned",
	 "take the DS away from the zone above first, or sign behind tenure"},
	{"zone", "module", SITE_LOST, "no module answers here",
	 "write the records that it answers"},
	{"zone", "global-module", SITE_LOST, "no module answers here", NULL},
	{"zone", "serial-policy", SITE_LOST, "each change moves the serial by one", NULL},
	{"zone", "semantic-checks", SITE_CHANGED, "`tenurectl zone check` shows faults of a zone",
	 NULL},
	{"zone", "catalog-role", SITE_LOST, "there are no catalog zones", NULL},
	{"zone", "ddns-master", SITE_LOST, "tenure is a primary", NULL},
	{"server", "listen", SITE_CHANGED, "tenured.yaml(5) says where tenured listens",
	 "set `listen` there"},
	{"server", "rundir", SITE_CHANGED, "a folder of knotd's own", NULL},
	{"server", "user", SITE_CHANGED, "tenured.yaml(5) says as whom tenured runs", NULL},
	{"server", "pidfile", SITE_CHANGED, "a file of knotd's own", NULL},
	{"server", "automatic-acl", SITE_TAKEN, NULL, NULL},
	{"server", "comment", SITE_TAKEN, NULL, NULL},
	{"database", NULL, SITE_CHANGED, "places of knotd's own", NULL},
	{"log", NULL, SITE_LOST, "tenured logs to the journal, and changes to its audit log",
	 "see tenured.yaml(5)"},
	{"control", NULL, SITE_CHANGED, "tenured has a control socket of its own", NULL},
	{"statistics", NULL, SITE_LOST, "metrics are tenure-exporter's", "see tenure-exporter(8)"},
	{"include", NULL, SITE_LOST, "the file cannot be read, and is not followed",
	 "run this where it can be read"},
	{NULL, NULL, SITE_LOST, "has no counterpart here", "see whether it is needed"},
};

static const struct knot_word *knot_word_find(const char *section, const char *item)
{
	const struct knot_word *word = knot_words;
	while (word->section && !(strcmp(word->section, section) == 0 &&
				  (!word->item || strcmp(word->item, item) == 0)))
		word++;
	return word;
}

static void knot_say_item(struct knot *knot, const char *section, const struct knot_item *item,
			  const char *what)
{
	const struct knot_word *word = knot_word_find(section, item->name);
	const char *value = item->values ? item->values->text : "";
	bool is_off = strcasecmp(value, "off") == 0 || strcasecmp(value, "none") == 0;
	if (!word->why)
		return;
	site_say(knot->site, is_off && word->list == SITE_LOST ? SITE_CHANGED : word->list,
		 knot_place(item, what), knot_item_print(item, &knot->site->arena), word->why,
		 is_off ? NULL : word->advice);
}

const struct knot_item *knot_zone_item(const struct knot *knot, const struct knot_block *zone,
				       const char *name)
{
	const struct knot_item *item = knot_item_find(zone, name);
	const char *template = knot_item_text(zone, "template");
	if (!item && template)
		item = knot_item_find(knot_block_find(&knot->conf, "template", template), name);
	if (!item)
		item = knot_item_find(knot_block_find(&knot->conf, "template", "default"), name);
	return item;
}

/* --- zones */

/* Items of the zone, and those of its template that it has not itself. */
static void knot_zone_say(struct knot *knot, struct site_zone *zone, const struct knot_block *block)
{
	const char *template = knot_item_text(block, "template");
	const struct knot_block *from[3] = {block, NULL, NULL};
	if (template)
		from[1] = knot_block_find(&knot->conf, "template", template);
	from[2] = knot_block_find(&knot->conf, "template", "default");
	for (size_t i = 0; i < 3; i++)
		for (const struct knot_item *item = from[i] ? from[i]->items : NULL; item;
		     item = item->next)
			if (strcmp(item->name, "id") != 0 &&
			    knot_zone_item(knot, block, item->name) == item)
				knot_say_item(knot, "zone", item, zone->place.what);
}

static void knot_zone_lose(struct knot *knot, const struct knot_block *block,
			   const struct knot_item *item, const char *why, const char *advice)
{
	const char *what = arena_print(&knot->site->arena, "zone %s", knot_block_name(block));
	site_lose_zone(knot->site, item ? knot_place(item, what) : knot_block_place(block, what),
		       item ? knot_item_print(item, &knot->site->arena) : what, why, advice);
}

static void knot_zone_take(struct knot *knot, const struct knot_block *block)
{
	struct dns_name apex;
	const char *problem = dns_name_parse_text(&apex, knot_block_name(block));
	const struct knot_item *master = knot_zone_item(knot, block, "master");
	const struct knot_item *catalog = knot_zone_item(knot, block, "catalog-role");
	const char *role = catalog && catalog->values ? catalog->values->text : "none";
	if (problem) {
		knot_zone_lose(knot, block, NULL, problem, "mend its name");
	} else if (master && master->values) {
		knot_zone_lose(knot, block, master, "a secondary: only primary zones are taken",
			       "take it from its primary");
	} else if (strcasecmp(role, "none") != 0 && strcasecmp(role, "member") != 0) {
		knot_zone_lose(knot, block, catalog, "there are no catalog zones", NULL);
	} else {
		struct site_zone *zone =
			site_zone_add(knot->site, &apex, knot_block_place(block, NULL));
		if (!zone)
			return;
		knot_zone_say(knot, zone, block);
		if (!knot->content(knot, zone, block)) {
			site_zone_drop(zone);
			return;
		}
		knot_acl(knot, zone, block);
		knot_notify(knot, zone, block);
	}
}

static void knot_key_take(struct knot *knot, const struct knot_block *block)
{
	const char *algorithm = knot_item_text(block, "algorithm");
	const char *secret = knot_item_text(block, "secret"), *name = knot_block_name(block);
	if (algorithm && secret && *name)
		site_key(knot->site, name, algorithm, secret, knot_block_place(block, NULL));
	else
		site_say(knot->site, SITE_LOST, knot_block_place(block, NULL), "key",
			 "it has no name, no algorithm or no secret", "make one");
}

/* All that is of no zone. */
static void knot_say_section(struct knot *knot, const struct knot_block *block)
{
	bool is_module = strncmp(block->section, "mod-", 4) == 0;
	if (strcmp(block->section, "zone") == 0)
		return;
	if (is_module)
		site_say(knot->site, SITE_LOST, knot_block_place(block, block->section),
			 arena_print(&knot->site->arena, "%s %s", block->section,
				     knot_block_name(block)),
			 "no module answers here", "write the records that it answers");
	for (const struct knot_item *item = is_module ? NULL : block->items; item;
	     item = item->next)
		if (item->values)
			knot_say_item(knot, block->section, item, block->section);
}

void knot_take(struct knot *knot)
{
	for (const struct knot_block *block = knot->conf.first; block; block = block->next)
		if (strcmp(block->section, "key") == 0)
			knot_key_take(knot, block);
	for (const struct knot_block *block = knot->conf.first; block; block = block->next)
		knot_say_section(knot, block);
	for (const struct knot_block *block = knot->conf.first; block; block = block->next)
		if (strcmp(block->section, "zone") == 0)
			knot_zone_take(knot, block);
}

/* --- files */

static bool knot_add_file(struct knot_conf *conf, const char *path, char error[SITE_ERROR_MAX])
{
	struct textfile file;
	struct stat st;
	*error = '\0';
	if (stat(path, &st) != 0 || S_ISDIR(st.st_mode) || st.st_size > KNOT_TEXT_SIZE_MAX ||
	    !textfile_open(&file, path))
		return false;
	bool is_ok = knot_conf_add(conf, path, file.data, file.len, error);
	textfile_close(&file);
	return is_ok;
}

/* A file, a pattern, or a folder whose files count. */
static bool knot_include(struct knot_conf *conf, void *context, const char *name, char *error)
{
	const struct knot *knot = context;
	struct stat st;
	const char *path =
		*name == '/' ? name : arena_print(conf->arena, "%s/%s", knot->folder, name);
	glob_t found;
	bool is_ok = true;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		path = arena_print(conf->arena, "%s/*", path);
	if (glob(path, 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && is_ok; i++)
		is_ok = knot_add_file(
			conf, arena_text(conf->arena, found.gl_pathv[i], strlen(found.gl_pathv[i])),
			error);
	globfree(&found);
	return is_ok;
}

static const char *knot_folder(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	return !slash ? "." : slash == path ? "/" : arena_text(arena, path, (size_t)(slash - path));
}

/* Behind what it writes, knotc says OK. */
static bool knot_read_normal(struct knot *knot, const char *program, char error[SITE_ERROR_MAX])
{
	struct tool_output output;
	const char *argv[] = {program,       "-c",          knot->source->word[0],
			      "conf-export", "/dev/stdout", NULL};
	struct tool tool = {.argv = argv, .seconds = TOOL_SECONDS};
	struct knot_conf normal;
	bool is_ok = tool_run(&tool, &output);
	if (!is_ok) {
		snprintf(error, SITE_ERROR_MAX, "%s: knotc: %s", knot->source->word[0],
			 output.error);
	} else {
		size_t len = output.len;
		if (len >= 4 && memcmp(output.text + len - 4, "\nOK\n", 4) == 0)
			len -= 3;
		knot_conf_begin(&normal, &knot->site->arena);
		is_ok = knot_conf_add(&normal, "knotc conf-export", output.text, len, error);
	}
	tool_output_free(&output);
	if (is_ok) {
		knot_conf_locate(&normal, &knot->conf);
		knot->conf = normal;
	}
	return is_ok;
}

bool knot_read(struct site *site, const struct source *source, char error[SITE_ERROR_MAX])
{
	struct knot knot = {.site = site, .source = source, .content = knot_content};
	char program[TOOL_PATH_MAX];
	const char *path = source->word[0];
	knot.folder = knot_folder(&site->arena, path);
	knot_conf_begin(&knot.conf, &site->arena);
	knot.conf.include = knot_include;
	knot.conf.context = &knot;
	errno = 0;
	if (!knot_add_file(&knot.conf, path, error)) {
		if (!*error)
			snprintf(error, SITE_ERROR_MAX, "%s: %s", path,
				 errno ? strerror(errno) : "no file of a configuration");
		return false;
	}
	if (!source->runs_tools || !tool_find("kjournalprint", knot.journal))
		*knot.journal = '\0';
	if (source->runs_tools && tool_find("knotc", program)) {
		if (!knot_read_normal(&knot, program, error))
			return false;
	} else {
		site_say(site, SITE_CHANGED, (struct site_place){.file = path}, "knotc",
			 "was not run: the configuration is read as it was written",
			 "install knot, to be told what it would refuse");
	}
	knot_take(&knot);
	site_owners(site);
	return true;
}
