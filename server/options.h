/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads the command line of tenured. A setting of the command line replaces that of the
 * configuration file: options_read keeps it, and options_assign sets it after the file was read.
 * The main thread.
 */
#include "server/settings.h"

#define OPTIONS_GIVEN_MAX      256
#define OPTIONS_CONFIG_DEFAULT "/etc/tenure/tenured.yaml"

struct options {
	const char *config; /* NULL: not given */
	bool has_data;      /* --data was */
	bool keeps_old_store;
	bool checks_config, checks_store, passes_sockets, wants_help, wants_version;
	uint64_t clock; /* seconds; 0: the machine's */
	struct {
		const struct setting *setting;
		const char *text;
	} given[OPTIONS_GIVEN_MAX];
	size_t given_count;
};

/* Reads the words of the command line; the texts remain those of argv. False: `error` says what is
 * wrong. */
bool options_read(struct options *, int argc, char **argv, char error[SETTINGS_ERROR_MAX]);

/* The configuration file: that of the command line; without one the usual file, unless --data says
 * that this is a server of its own. `usual` is OPTIONS_CONFIG_DEFAULT but in tests. NULL: none. */
const char *options_config(const struct options *, const char *usual);

/* Assigns the settings that were given. A list replaces that of the file. False: `error` says which
 * value is wrong. */
bool options_assign(const struct options *, struct settings *, char error[SETTINGS_ERROR_MAX]);

/* The text of a setting that the command line gives, before settings are read. NULL: it does not.
 */
const char *options_given(const struct options *, const char *word);

/* Prints the help to standard output. */
void options_help(void);
