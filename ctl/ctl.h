/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the commands of tenurectl share: their tables, the run of one command, and how answers are
 * shown. tenurectl(8) is the specification.
 */
#include "ctl/client.h"
#include "ctl/table.h"
#include "ctl/words.h"

struct ctl;

struct ctl_command {
	const char *words; /* "zone add" */
	const char *usage; /* what follows them: "NAME [SETTING=VALUE...]" */
	const char *help;  /* one line */
	int (*run)(struct ctl *);
	size_t min, max; /* words that it takes */
	const struct words_option *options;
	const char *example; /* what follows "tenurectl " */
};

#define CTL_ANY_NUMBER ((size_t)-1)

/* Options that each command takes; a command's own come behind them in its table. */
#define CTL_OPTIONS                                                                                \
	{"--socket", "PATH", "the server's control socket"},                                       \
		{"--data", "DIR", "the server's data folder: its socket is DIR/control.sock"},     \
		{"--json", NULL, "one JSON object a line, for programs"},                          \
	{                                                                                          \
		"--help", NULL, "says this"                                                        \
	}

/* A table for each noun, ended by NULL words. */
extern const struct ctl_command ctl_zone_commands[], ctl_history_commands[];
extern const struct ctl_command ctl_record_commands[];
extern const struct ctl_command ctl_key_commands[];
extern const struct ctl_command ctl_group_commands[];
extern const struct ctl_command ctl_policy_commands[];
extern const struct ctl_command ctl_audit_commands[];
extern const struct ctl_command ctl_audit_entry_commands[];
extern const struct ctl_command ctl_retention_commands[];
extern const struct ctl_command ctl_verify_commands[];
extern const struct ctl_command ctl_scavenge_commands[];
extern const struct ctl_command ctl_owner_commands[];
extern const struct ctl_command ctl_why_commands[];
extern const struct ctl_command ctl_server_commands[];
extern const struct ctl_command ctl_notify_commands[];
extern const struct ctl_command ctl_export_commands[];
extern const struct ctl_command ctl_backup_commands[];
extern const struct ctl_command ctl_offline_commands[];
extern const struct ctl_command ctl_digest_commands[];

/* Carries out the words behind the program's name, and returns the exit code; prints. The words are
 * moved. The scenarios call it, too. */
int ctl_main(int argc, char **argv);

/* A run of tenurectl. */
struct ctl {
	const struct ctl_command *command;
	struct words words;
	const char *socket;
	bool is_json;
	json_t *args; /* of the command; made empty */
};

/* `tenurectl: zone add: ...` on stderr; returns `code`. */
int ctl_fail(const struct ctl *, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts a text into the command's arguments; NULL: nothing. False: it is not UTF-8 (it was said). */
bool ctl_arg(struct ctl *, const char *name, const char *text);
/* The same for an option of the same name without its dashes. */
bool ctl_arg_option(struct ctl *, const char *option);
void ctl_arg_flag(struct ctl *, const char *name);
/* Words from `first` on, each NAME=VALUE, as the argument `settings`. */
bool ctl_arg_settings(struct ctl *, size_t first);

/* Runs `command` with the arguments; rows go to a table of `columns` (NULL: each as an object), or
 * to JSON lines. Shows the result. */
int ctl_run(struct ctl *, const char *command, const struct table_column *columns);

/* The parts of that, for commands with data. A warning among rows goes to stderr; true: it was one.
 */
bool ctl_warning(const json_t *row);
void ctl_json(const json_t *);
/* Becomes the daemon's program, which looks at rules for `zone` without a server; returns when that
 * cannot be. */
int ctl_check_rules(struct ctl *, const char *zone, const char *path, const char *text);
/* Becomes the daemon's program, which does this command without a server, with the options that
 * were given of `options` (CTL_OPTIONS first); returns when that cannot be. */
int ctl_become(struct ctl *, const struct words_option *options);
/* The sentence for people, the object for programs, the error on stderr. Ends `result`. */
int ctl_result(const struct ctl *, int code, json_t *result, bool has_rows);
