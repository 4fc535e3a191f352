/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/options.h"
#include "base/nearest.h"
#include "base/timeword.h"
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Options that are not settings. */
enum {
	OPTION_CONFIG = 256,
	OPTION_CHECK,
	OPTION_CHECK_STORE,
	OPTION_CLOCK,
	OPTION_KEEP,
	OPTION_PASS,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_FIRST
};

static const struct {
	const char *name, *placeholder, *help;
	int value;
} own_options[] = {
	{"config", "FILE",
	 "read settings from it (default without --data: " OPTIONS_CONFIG_DEFAULT ", if there)",
	 OPTION_CONFIG},
	{"check-config", NULL, "check the settings, say what is wrong with them, and end",
	 OPTION_CHECK},
	{"check-store", NULL, "say what a start would do with the store, and end",
	 OPTION_CHECK_STORE},
	{"clock", "TIME", "for tests: the clock stands still at this time", OPTION_CLOCK},
	{"keep-old-store", NULL,
	 "a store of an older version stays beside the one that is made of it", OPTION_KEEP},
	{"pass-sockets", NULL,
	 "bind the addresses, pass the sockets to the service manager for a start, and end",
	 OPTION_PASS},
	{"version", NULL, "print the version", OPTION_VERSION},
	{"help", NULL, "print this", OPTION_HELP},
};

#define OWN         (sizeof own_options / sizeof *own_options)
#define OPTIONS_MAX 64

/* getopt's table, made of ours. A setting's value is OPTION_FIRST and its place in the table. */
static void make_table(struct option table[OPTIONS_MAX])
{
	size_t n = 0;
	assert(OWN + settings_count < OPTIONS_MAX);
	memset(table, 0, OPTIONS_MAX * sizeof *table);
	for (size_t i = 0; i < OWN; i++)
		table[n++] = (struct option){
			.name = own_options[i].name,
			.has_arg = own_options[i].placeholder ? required_argument : no_argument,
			.val = own_options[i].value,
		};
	for (size_t i = 0; i < settings_count; i++) {
		if (settings_table[i].option)
			table[n++] = (struct option){.name = settings_table[i].option,
						     .has_arg = required_argument,
						     .val = OPTION_FIRST + (int)i};
	}
}

static bool fail_option(const struct option *table, const char *word,
			char error[SETTINGS_ERROR_MAX])
{
	char name[64];
	snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
	struct nearest nearest = nearest_to(name + strspn(name, "-"));
	for (; table->name; table++)
		nearest_try(&nearest, table->name);
	const char *found = nearest_found(&nearest);
	if (found && strcmp(found, nearest.word) == 0)
		snprintf(error, SETTINGS_ERROR_MAX, "%s: used in a way that makes no sense", name);
	else if (found)
		snprintf(error, SETTINGS_ERROR_MAX, "unknown option %s; did you mean --%s?", name,
			 found);
	else
		snprintf(error, SETTINGS_ERROR_MAX, "unknown option %s; --help shows all", name);
	return false;
}

static bool take_clock(struct options *o, const char *text, char error[SETTINGS_ERROR_MAX])
{
	if (time_parse(text, (uint64_t)time(NULL), &o->clock) && o->clock > 0)
		return true;
	snprintf(error, SETTINGS_ERROR_MAX,
		 "--clock: expected a time like 2026-01-05T09:00:00Z, found \"%.80s\"", text);
	return false;
}

static bool take_setting(struct options *o, size_t i, const char *text,
			 char error[SETTINGS_ERROR_MAX])
{
	if (o->given_count == OPTIONS_GIVEN_MAX) {
		snprintf(error, SETTINGS_ERROR_MAX, "more than %d options", OPTIONS_GIVEN_MAX);
		return false;
	}
	o->has_data = o->has_data || strcmp(settings_table[i].word, "data") == 0;
	o->given[o->given_count].setting = &settings_table[i];
	o->given[o->given_count++].text = text;
	return true;
}

static bool options_take(struct options *o, int value, char *text, char error[SETTINGS_ERROR_MAX])
{
	switch (value) {
	case OPTION_CONFIG:
		o->config = text;
		return true;
	case OPTION_CHECK:
		o->checks_config = true;
		return true;
	case OPTION_CHECK_STORE:
		o->checks_store = true;
		return true;
	case OPTION_CLOCK:
		return take_clock(o, text, error);
	case OPTION_KEEP:
		o->keeps_old_store = true;
		return true;
	case OPTION_PASS:
		o->passes_sockets = true;
		return true;
	case OPTION_VERSION:
		o->wants_version = true;
		return true;
	case OPTION_HELP:
		o->wants_help = true;
		return true;
	default:
		return take_setting(o, (size_t)(value - OPTION_FIRST), text, error);
	}
}

bool options_read(struct options *o, int argc, char **argv, char error[SETTINGS_ERROR_MAX])
{
	struct option table[OPTIONS_MAX];
	int value;
	*o = (struct options){0};
	make_table(table);
	opterr = 0;
	optind = 0; /* may be called again, by tests */
	while ((value = getopt_long(argc, argv, "+:", table, NULL)) != -1) {
		const char *word = argv[optind > 0 ? optind - 1 : 0];
		if (value == ':') {
			snprintf(error, SETTINGS_ERROR_MAX, "%.80s: its value is missing", word);
			return false;
		}
		if (value == '?')
			return fail_option(table, word, error);
		if (!options_take(o, value, optarg, error))
			return false;
	}
	if (optind == argc)
		return true;
	snprintf(error, SETTINGS_ERROR_MAX, "unexpected word \"%.80s\"", argv[optind]);
	return false;
}

const char *options_config(const struct options *o, const char *usual)
{
	if (o->config || o->has_data)
		return o->config;
	/* One that may not be read is an error that reading it tells. */
	return access(usual, F_OK) == 0 || errno == EACCES ? usual : NULL;
}

bool options_assign(const struct options *o, struct settings *s, char error[SETTINGS_ERROR_MAX])
{
	const struct setting *cleared = NULL;
	for (size_t i = 0; i < o->given_count; i++) {
		const struct setting *setting = o->given[i].setting;
		char problem[SETTINGS_ERROR_MAX];
		if (setting->kind == SETTING_ADDRESSES && cleared != setting) {
			setting_clear(s, setting);
			cleared = setting;
		}
		if (!setting_assign(s, setting, o->given[i].text, problem)) {
			snprintf(error, SETTINGS_ERROR_MAX, "--%s: %.400s", setting->option,
				 problem);
			return false;
		}
	}
	return true;
}

const char *options_given(const struct options *o, const char *word)
{
	const char *text = NULL;
	for (size_t i = 0; i < o->given_count; i++)
		if (strcmp(o->given[i].setting->word, word) == 0)
			text = o->given[i].text;
	return text;
}

static void print_option(const char *name, const char *placeholder, const char *help,
			 const char *fallback)
{
	char words[64];
	snprintf(words, sizeof words, "--%s%s%s", name, placeholder ? " " : "",
		 placeholder ? placeholder : "");
	printf("  %-26s %s", words, help);
	if (fallback && fallback[0])
		printf(" (default: %s)", fallback);
	printf("\n");
}

void options_help(void)
{
	printf("usage: tenured [--data DIR] [--listen ADDRESS@PORT]... [option]...\n"
	       "An authoritative DNS server that remembers who owns what. See tenured(8).\n\n");
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *s = &settings_table[i];
		if (s->option)
			print_option(s->option, s->placeholder, s->help, s->fallback);
	}
	for (size_t i = 0; i < OWN; i++)
		print_option(own_options[i].name, own_options[i].placeholder, own_options[i].help,
			     NULL);
	printf("\nOnly in the configuration file, tenured.yaml(5):\n");
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *s = &settings_table[i];
		char words[96];
		bool has_default = s->fallback && s->fallback[0];
		snprintf(words, sizeof words, "%s: %s", s->word,
			 s->placeholder ? s->placeholder : "yes|no");
		if (!s->option)
			printf("  %-36s %s%s%s%s\n", words, s->help,
			       has_default ? " (default: " : "", has_default ? s->fallback : "",
			       has_default ? ")" : "");
	}
}
