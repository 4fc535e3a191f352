/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads the configuration of a running server again, at SIGHUP and `tenurectl reload`. A
 * configuration that is wrong, or with which a restart would fail (server/settings_check.h), is
 * refused as a whole, and what is in effect stays. Of one that is
 * right the settings that can be changed live are taken at once:
 *
 *      log.target, log.level, backup-age, key-age
 *      export.*        its targets are opened anew, with the files of their certificates
 *      roles.*         for connections from then on
 *
 * The others are told, and wait for a restart; keytabs are read at each use and need neither.
 */
#include "outbound/export.h"
#include "server/control.h"
#include "server/settings.h"
#include <jansson.h>

#define RELOAD_TEXT_MAX 1024

struct reload;

/* Puts the settings together as at the start, and calls `line` with each thing that is wrong.
 * Returns whether nothing is. */
typedef bool reload_gather(void *context, struct settings *,
			   void (*line)(void *context, const char *), void *line_context);

struct reload_options {
	const struct settings *settings; /* in effect; they must remain valid */
	reload_gather *gather;
	void *context;
	struct core *core;
};

struct reload *reload_new(const struct reload_options *);
/* After the exports have ended, which read texts of it. */
void reload_free(struct reload *);

/* The control socket, whose roles are changed; NULL: there is none now. */
void reload_use_control(struct reload *, struct control *);

/* Reads it. `by` stands in the log, "SIGHUP" or a principal. False: nothing was changed. `said` is
 * a sentence in both cases. `answer`, an object, gets lists of texts: `changed_settings` and
 * `restart_settings`, or `faults`; and `warnings`. Any thread; one at a time. */
bool reload_run(struct reload *, const char *by, json_t *answer, char said[RELOAD_TEXT_MAX]);

/* The targets of the live export as the settings say, whose texts must remain valid. */
struct exports_options reload_exports(const struct settings *);
