/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/columns.h"
#include <ctype.h>
#include <string.h>

#define KNOWN_MAX      64 /* columns of all tables of a command */
#define KNOWN_TEXT_MAX (KNOWN_MAX * COLUMNS_WORD_MAX)

/* One a line, so that adding one touches no other. */
static const struct ctl_tables *const columns_nouns[] = {
	ctl_zone_tables,    ctl_zone_edit_tables, ctl_group_tables,       ctl_record_tables,
	ctl_key_tables,     ctl_audit_tables,     ctl_audit_entry_tables, ctl_scavenge_tables,
	ctl_owner_tables,   ctl_server_tables,    ctl_notify_tables,      ctl_export_tables,
	ctl_history_tables, ctl_note_tables,      ctl_kea_tables,         ctl_zone_windows_tables,
	ctl_trace_tables,   ctl_draft_tables,     ctl_shadow_tables,
};

static const struct ctl_tables *columns_find(const struct ctl_command *command)
{
	for (size_t i = 0; i < sizeof columns_nouns / sizeof *columns_nouns; i++)
		for (const struct ctl_tables *t = columns_nouns[i]; t->words; t++)
			if (strcmp(t->words, command->words) == 0)
				return t;
	return NULL;
}

/* "STALE AT" and "stale_at" as "stale-at". */
static void columns_word(const char *text, size_t len, char out[COLUMNS_WORD_MAX])
{
	snprintf(out, COLUMNS_WORD_MAX, "%.*s", (int)len, text);
	for (char *c = out; *c; c++)
		*c = *c == ' ' || *c == '_' ? '-' : (char)tolower((unsigned char)*c);
}

struct columns_known {
	char word[KNOWN_MAX][COLUMNS_WORD_MAX];
	size_t count;
};

static void columns_learn(struct columns_known *known, const struct table_column *columns)
{
	for (; columns->member && known->count < KNOWN_MAX; columns++) {
		char *word = known->word[known->count];
		bool is_new = true;
		columns_word(columns->title, strlen(columns->title), word);
		for (size_t i = 0; i < known->count; i++)
			is_new = is_new && strcmp(known->word[i], word) != 0;
		known->count += is_new;
	}
}

static void columns_learn_all(struct columns_known *known, const struct ctl_tables *tables)
{
	known->count = 0;
	for (size_t i = 0; i < CTL_TABLES_MAX && tables->tables[i]; i++)
		columns_learn(known, tables->tables[i]);
}

bool columns_walk(const struct ctl_command *command, void (*each)(void *context, const char *word),
		  void *context)
{
	struct columns_known known;
	const struct ctl_tables *tables = columns_find(command);
	if (!tables)
		return false;
	columns_learn_all(&known, tables);
	for (size_t i = 0; i < known.count; i++)
		each(context, known.word[i]);
	return true;
}

/* The column that the word means, by its title or by its member's name; NULL: none. */
static const struct table_column *columns_meant(const struct table_column *columns,
						const char *word)
{
	char name[COLUMNS_WORD_MAX];
	for (const struct table_column *c = columns; c->member; c++) {
		columns_word(c->title, strlen(c->title), name);
		if (strcmp(name, word) == 0)
			return c;
	}
	for (const struct table_column *c = columns; c->member; c++) {
		columns_word(c->member, strlen(c->member), name);
		if (strcmp(name, word) == 0)
			return c;
	}
	return NULL;
}

static bool columns_refuse(const struct ctl *ctl, const char *word,
			   const struct columns_known *known)
{
	char text[KNOWN_TEXT_MAX];
	size_t len = 0;
	text[0] = '\0';
	for (size_t i = 0; i < known->count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? ", " : "",
					known->word[i]);
	ctl_fail(ctl, CLIENT_USAGE, "--columns: '%s' is not one of %s", word, text);
	return false;
}

/* The next word of the list; false: there is none. */
static bool columns_next(const char **list, char word[COLUMNS_WORD_MAX])
{
	if (!*list)
		return false;
	size_t len = strcspn(*list, ",");
	columns_word(*list, len, word);
	*list = (*list)[len] ? *list + len + 1 : NULL;
	return true;
}

static bool columns_is_known(const struct ctl_tables *tables, const char *word)
{
	for (size_t i = 0; i < CTL_TABLES_MAX && tables->tables[i]; i++)
		if (columns_meant(tables->tables[i], word))
			return true;
	return false;
}

bool columns_check(const struct ctl *ctl)
{
	char word[COLUMNS_WORD_MAX];
	struct columns_known known;
	const char *list = words_option(&ctl->words, "--columns");
	const struct ctl_tables *tables = columns_find(ctl->command);
	if (!list)
		return true;
	if (!tables || ctl->is_json) {
		ctl_fail(ctl, CLIENT_USAGE,
			 tables ? "--columns is of tables, and --json gives all there is"
				: "it gives no table, and takes no --columns");
		return false;
	}
	columns_learn_all(&known, tables);
	while (columns_next(&list, word))
		if (!columns_is_known(tables, word))
			return columns_refuse(ctl, word, &known);
	return true;
}

/* Adds a column that is not there yet. False: it is, and that was said. */
static bool columns_add(const struct ctl *ctl, const struct table_column *column, const char *word,
			struct table_column chosen[TABLE_COLUMNS_MAX + 1])
{
	size_t count = 0;
	for (; chosen[count].member; count++) {
		if (strcmp(chosen[count].member, column->member) != 0)
			continue;
		ctl_fail(ctl, CLIENT_USAGE, "--columns: '%s' is given twice", word);
		return false;
	}
	chosen[count] = *column;
	chosen[count + 1] = (struct table_column){0};
	return true;
}

bool columns_choose(const struct ctl *ctl, const struct table_column *columns, bool is_part,
		    struct table_column chosen[TABLE_COLUMNS_MAX + 1])
{
	char word[COLUMNS_WORD_MAX];
	struct columns_known known = {.count = 0};
	const char *list = words_option(&ctl->words, "--columns");
	chosen[0] = (struct table_column){0};
	if (!list) {
		size_t count = 0;
		for (; columns[count].member; count++)
			chosen[count] = columns[count];
		chosen[count] = (struct table_column){0};
		return true;
	}
	columns_learn(&known, columns);
	while (columns_next(&list, word)) {
		const struct table_column *column = columns_meant(columns, word);
		if (!column && !is_part)
			return columns_refuse(ctl, word, &known);
		if (column && !columns_add(ctl, column, word, chosen))
			return false;
	}
	return chosen[0].member != NULL;
}
