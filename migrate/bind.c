/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads BIND's configuration. The files are read twice: as named-checkconf prints them, in a normal
 * form with all includes, which says what holds; and as they were written, for the file and line of
 * each statement. Without named-checkconf what was written is all there is.
 */
#include <config.h>
#include "migrate/bind_parts.h"
#include "base/textfile.h"
#include "migrate/site_owner.h"
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define BIND_TEXT_SIZE_MAX (256u << 20)

struct site_place bind_place(const struct bind_statement *statement, const char *what)
{
	return (struct site_place){.file = statement ? statement->file : NULL,
				   .line = statement ? statement->line : 0,
				   .what = what};
}

const char *bind_text(struct bind *bind, const struct bind_statement *statement)
{
	return bind_statement_text(statement->origin ? statement->origin : statement,
				   &bind->site->arena);
}

/* --- files */

/* A file's text in the arena. NULL: errno says why. */
static const char *bind_load(struct arena *arena, const char *path, size_t *len)
{
	struct textfile file;
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return NULL;
	}
	if (!textfile_open(&file, path))
		return NULL;
	const char *text = NULL;
	if (file.len > BIND_TEXT_SIZE_MAX)
		errno = EFBIG;
	else
		text = arena_text(arena, file.data, file.len);
	*len = file.len;
	textfile_close(&file);
	return text;
}

/* Names are relative to where named was started: mostly they are absolute. */
static const char *bind_include(void *context, const char *name, size_t *len, const char **path)
{
	struct bind *bind = context;
	struct arena *arena = &bind->site->arena;
	*path = *name == '/' ? name : arena_print(arena, "%s/%s", bind->folder, name);
	const char *text = bind_load(arena, *path, len);
	if (text || *name == '/')
		return text;
	*path = name;
	return bind_load(arena, *path, len);
}

static const char *bind_folder(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return ".";
	return slash == path ? "/" : arena_text(arena, path, (size_t)(slash - path));
}

static bool bind_read_written(struct bind *bind, struct bind_conf *conf, char error[SITE_ERROR_MAX])
{
	size_t len;
	const char *path = bind->source->word[0];
	const char *text = bind_load(&bind->site->arena, path, &len);
	*conf = (struct bind_conf){
		.arena = &bind->site->arena, .include = bind_include, .context = bind};
	if (!text) {
		snprintf(error, SITE_ERROR_MAX, "%s: %s", path, strerror(errno));
		return false;
	}
	return bind_conf_read(conf, path, text, len, error);
}

static bool bind_read_normal(struct bind *bind, const char *program, struct bind_conf *conf,
			     char error[SITE_ERROR_MAX])
{
	struct arena *arena = &bind->site->arena;
	struct tool_output output;
	const char *argv[] = {program, "-p", "--", bind->source->word[0], NULL};
	struct tool tool = {.argv = argv, .seconds = TOOL_SECONDS};
	bool is_ok = tool_run(&tool, &output);
	*conf = (struct bind_conf){.arena = arena};
	if (!is_ok)
		/* It says what is wrong on standard output. */
		snprintf(error, SITE_ERROR_MAX, "%s: named-checkconf: %.*s", bind->source->word[0],
			 (int)strcspn(output.len ? output.text : output.error, "\n"),
			 output.len ? output.text : output.error);
	else
		is_ok = bind_conf_read(conf, "named-checkconf -p",
				       arena_text(arena, output.text, output.len), output.len,
				       error);
	tool_output_free(&output);
	return is_ok;
}

static void bind_say_includes(struct bind *bind, const struct bind_statement *list)
{
	for (; list; list = list->next) {
		if (strcasecmp(bind_statement_word(list), "include") == 0)
			site_say(bind->site, SITE_LOST, bind_place(list, NULL),
				 bind_text(bind, list),
				 "the file cannot be read, and is not followed",
				 "run this where it can be read");
		for (const struct bind_item *item = list->items; item; item = item->next)
			bind_say_includes(bind, item->block);
	}
}

/* Both forms, and the tools that there are. */
static bool bind_read_conf(struct bind *bind, char error[SITE_ERROR_MAX])
{
	struct bind_conf written, normal;
	char program[TOOL_PATH_MAX], unreadable[SITE_ERROR_MAX];
	const struct source *source = bind->source;
	bool has_checker = source->runs_tools && tool_find("named-checkconf", program);
	if (!source->runs_tools || !tool_find("named-compilezone", bind->compile))
		*bind->compile = '\0';
	if (!source->runs_tools || !tool_find("named-journalprint", bind->journal))
		*bind->journal = '\0';
	bind->folder = bind_folder(&bind->site->arena, source->word[0]);
	if (!bind_read_written(bind, &written, unreadable)) {
		snprintf(error, SITE_ERROR_MAX, "%s", unreadable);
		return false;
	}
	bind->top = written.first;
	if (has_checker) {
		if (!bind_read_normal(bind, program, &normal, error))
			return false;
		bind_statement_locate(normal.first, written.first, &bind->site->arena);
		bind->top = normal.first;
		return true;
	}
	bind_say_includes(bind, written.first);
	site_say(bind->site, SITE_CHANGED, (struct site_place){.file = source->word[0]},
		 "named-checkconf", "was not run: the configuration is read as it was written",
		 "install bind9-utils, to be told what named would refuse");
	return true;
}

/* --- views */

/* Whom a view is for: NULL, everybody. */
static const struct bind_list *bind_view_list(struct bind *bind, const char *word, const char *what)
{
	bool found;
	const struct bind_statement *match = bind_statement_find(bind->view_options, word);
	if (!match)
		return NULL;
	struct bind_list list = bind_list_read(bind, bind_statement_block(match, &found), what);
	if (list.is_broken)
		site_say(bind->site, SITE_LOST, bind_place(match, what), bind_text(bind, match),
			 "an exception in it is not understood: it admits nobody",
			 "write rules for whom it is to admit");
	return bind_list_is_any(&list, &bind->site->arena)
		       ? NULL
		       : arena_copy(&bind->site->arena, &list, sizeof list);
}

static void bind_lose_view(struct bind *bind, const struct bind_statement *view)
{
	bool found;
	const char *name = bind_statement_arg(view, 1);
	const char *why = arena_print(&bind->site->arena, "in view %s, which is not taken", name);
	const struct bind_statement *block = bind_statement_block(view, &found);
	for (; block; block = block->next)
		if (strcasecmp(bind_statement_word(block), "zone") == 0)
			bind_zone_lose(bind, block, why, "move it to a server of its own");
	site_say(bind->site, SITE_LOST, bind_place(view, NULL),
		 arena_print(&bind->site->arena, "view %s", name),
		 "a name has one content here, whoever asks", "move it to a server of its own");
}

/* A view of many zones is not walked for each of them. */
static const struct bind_statement *bind_options_of(struct bind *bind,
						    const struct bind_statement *block)
{
	struct bind_statement *first = NULL, **end = &first;
	for (; block; block = block->next) {
		if (strcasecmp(bind_statement_word(block), "zone") == 0)
			continue;
		struct bind_statement *copy = arena_copy(&bind->site->arena, block, sizeof *block);
		copy->next = NULL;
		*end = copy;
		end = &copy->next;
	}
	return first;
}

static void bind_take_view(struct bind *bind, const struct bind_statement *view)
{
	bool found;
	const char *what = arena_print(&bind->site->arena, "view %s", bind_statement_arg(view, 1));
	bind->view = bind_statement_block(view, &found);
	bind->view_options = bind_options_of(bind, bind->view);
	struct site_place place = bind_place(view, what);
	bind->view_clients = bind_view_list(bind, "match-clients", what);
	bool has_destinations = bind_view_list(bind, "match-destinations", what) != NULL;
	bind->loses_view = has_destinations && !bind->site->accepts_wider;
	if (bind->view_clients)
		site_say(bind->site, SITE_CHANGED, place, what,
			 "dropped: rules for queries, updates and transfers are for whom "
			 "match-clients matches",
			 NULL);
	else
		site_say(bind->site, SITE_CHANGED, place, what,
			 "dropped: its zones are answered to everybody, as they were", NULL);
	if (has_destinations && bind->site->accepts_wider)
		site_say(bind->site, SITE_CHANGED, place, "match-destinations",
			 "gives more than the source does: the zones are answered on each address",
			 NULL);
	for (const struct bind_statement *one = bind->view_options; one; one = one->next)
		bind_say_statement(bind, one, what);
}

/* The view that is taken, of those that there are; false: it must be said which. */
static bool bind_choose_view(struct bind *bind, const struct bind_statement **view,
			     char error[SITE_ERROR_MAX])
{
	const char *wanted = bind->source->view, *names = "";
	size_t count = 0;
	*view = NULL;
	for (const struct bind_statement *one = bind->top; one; one = one->next) {
		const char *name = bind_statement_arg(one, 1);
		if (strcasecmp(bind_statement_word(one), "view") != 0 || !name)
			continue;
		names = arena_print(&bind->site->arena, "%s%s%s", names, *names ? ", " : "", name);
		count++;
		if (!wanted || strcmp(wanted, name) == 0)
			*view = one;
	}
	if (wanted && !*view)
		snprintf(error, SITE_ERROR_MAX, "%s: there is no view '%s'%s%s",
			 bind->source->word[0], wanted, *names ? ": there are " : "", names);
	else if (!wanted && count > 1)
		snprintf(error, SITE_ERROR_MAX,
			 "%s: there are views %s, and one can be taken: --view NAME says which",
			 bind->source->word[0], names);
	else
		return true;
	return false;
}

/* --- all of it */

static void bind_read_key(struct bind *bind, const struct bind_statement *statement)
{
	bool found;
	const struct bind_statement *block = bind_statement_block(statement, &found);
	const struct bind_statement *algorithm = bind_statement_find(block, "algorithm");
	const struct bind_statement *secret = bind_statement_find(block, "secret");
	const char *name = bind_statement_arg(statement, 1);
	const char *algorithm_word = algorithm ? bind_statement_arg(algorithm, 1) : NULL;
	const char *secret_word = secret ? bind_statement_arg(secret, 1) : NULL;
	if (name && algorithm_word && secret_word)
		site_key(bind->site, name, algorithm_word, secret_word,
			 bind_place(statement, NULL));
	else
		site_say(bind->site, SITE_LOST, bind_place(statement, NULL), "key",
			 "it has no name, no algorithm or no secret", "make one");
}

static void bind_read_keys(struct bind *bind, const struct bind_statement *list)
{
	for (; list; list = list->next)
		if (strcasecmp(bind_statement_word(list), "key") == 0)
			bind_read_key(bind, list);
}

static void bind_read_options(struct bind *bind)
{
	bool found;
	const struct bind_statement *options = bind_statement_find(bind->top, "options");
	if (!options)
		return;
	bind->options = bind_statement_block(options, &found);
	const struct bind_statement *directory = bind_statement_find(bind->options, "directory");
	bind->directory = directory ? bind_statement_arg(directory, 1) : NULL;
	for (const struct bind_statement *one = bind->options; one; one = one->next)
		bind_say_statement(bind, one, "options");
}

static void bind_read_zones(struct bind *bind, const struct bind_statement *list)
{
	for (; list; list = list->next)
		if (strcasecmp(bind_statement_word(list), "zone") == 0)
			bind_zone_read(bind, list);
}

/* What stands outside of blocks. */
static void bind_read_top(struct bind *bind, const struct bind_statement *view)
{
	static const char *const used[] = {"acl",     "primaries", "masters", "remote-servers",
					   "options", "include",   NULL};
	for (const struct bind_statement *one = bind->top; one; one = one->next) {
		const char *word = bind_statement_word(one);
		bool is_used = false;
		for (size_t i = 0; used[i]; i++)
			is_used |= strcasecmp(word, used[i]) == 0;
		if (strcasecmp(word, "view") == 0 && one != view)
			bind_lose_view(bind, one);
		else if (strcasecmp(word, "view") != 0 && !is_used)
			bind_say_statement(bind, one, NULL);
	}
	bind_read_zones(bind, bind->top);
}

bool bind_take(struct bind *bind, char error[SITE_ERROR_MAX])
{
	const struct bind_statement *view;
	bool found;
	if (!bind_choose_view(bind, &view, error))
		return false;
	bind_read_keys(bind, bind->top);
	if (view)
		bind_read_keys(bind, bind_statement_block(view, &found));
	bind_read_options(bind);
	if (view)
		bind_take_view(bind, view);
	bind_read_top(bind, view);
	bind_read_zones(bind, bind->view);
	return true;
}

bool bind_read(struct site *site, const struct source *source, char error[SITE_ERROR_MAX])
{
	struct bind bind = {.site = site, .source = source, .content = bind_content};
	if (!bind_read_conf(&bind, error) || !bind_take(&bind, error))
		return false;
	site_owners(site);
	return true;
}
