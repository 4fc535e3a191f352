/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The command line of tenured. Settings given here stand above those of the configuration file, so
 * they are noted first, and assigned when the file was read.
 */
#include "server/settings.h"

#define OPTIONS_GIVEN_MAX      256
#define OPTIONS_CONFIG_DEFAULT "/etc/tenure/tenured.yaml"

struct options {
	const char *config; /* NULL: not given */
	bool checks_config, wants_help, wants_version;
	uint64_t clock; /* seconds; 0: the machine's */
	struct {
		const struct setting *setting;
		const char *text;
	} given[OPTIONS_GIVEN_MAX];
	size_t given_count;
};

/* The texts stay argv's. False: `error` says what was wrong. */
bool options_read(struct options *, int argc, char **argv, char error[SETTINGS_ERROR_MAX]);

/* Assigns what was given. A list given here replaces the file's. */
bool options_assign(const struct options *, struct settings *, char error[SETTINGS_ERROR_MAX]);

/* `--help`, to standard output. */
void options_help(void);
