/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Functions that the commands of tenurectl share: their tables, the run of a command, and the
 * output of its answer. tenurectl(8) specifies the commands. One thread.
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
	size_t min, max; /* number of words that it takes */
	const struct words_option *options;
	const char *example; /* what follows "tenurectl " */
};

/* The exit code of `health` where it asked nobody: 2, as CLIENT_USAGE is, says that all is not
 * well. */
#define CTL_HEALTH_UNKNOWN 3

/* What `health` and `status` say where nobody keeps the machine's clock right. */
#define CTL_CLOCK_UNSYNCHRONISED                                                                   \
	"the clock of this machine is not synchronised: signatures fail when it is minutes off; "  \
	"see that chrony, systemd-timesyncd or another keeps it (`timedatectl`)"

#define CTL_ANY_NUMBER ((size_t)-1)

/* Options that each command takes; a command's own come behind them in its table. */
#define CTL_OPTIONS                                                                                \
	{"--socket", "PATH", "the server's control socket"},                                       \
		{"--data", "DIR", "the server's data folder: its socket is DIR/control.sock"},     \
		{"--json", NULL, "one JSON object a line, for programs"},                          \
		{"--columns", "COLUMN,...", "these columns of the table, in this order"},          \
		{"--wide", NULL, "tables as wide as what is in them"},                             \
		{"--color", "never|auto|always",                                                   \
		 "colours what must be seen; auto: on a terminal"},                                \
		{"--reason", "TEXT", "why it is done, for the log (TENURE_REASON)"},               \
	{                                                                                          \
		"--help", NULL, "says this"                                                        \
	}

/* A table for each noun, ended by NULL words. */
extern const struct ctl_command ctl_apply_commands[], ctl_export_config_commands[],
	ctl_draft_commands[];
extern const struct ctl_command ctl_zone_commands[], ctl_zone_edit_commands[],
	ctl_history_commands[];
extern const struct ctl_command ctl_record_commands[];
extern const struct ctl_command ctl_key_commands[];
extern const struct ctl_command ctl_group_commands[];
extern const struct ctl_command ctl_policy_commands[];
extern const struct ctl_command ctl_audit_commands[];
extern const struct ctl_command ctl_audit_entry_commands[];
extern const struct ctl_command ctl_retention_commands[];
extern const struct ctl_command ctl_realm_commands[];
extern const struct ctl_command ctl_verify_commands[];
extern const struct ctl_command ctl_scavenge_commands[];
extern const struct ctl_command ctl_owner_commands[];
extern const struct ctl_command ctl_why_commands[];
extern const struct ctl_command ctl_server_commands[], ctl_health_commands[];
extern const struct ctl_command ctl_note_commands[], ctl_kea_commands[];
extern const struct ctl_command ctl_zone_windows_commands[];
extern const struct ctl_command ctl_notify_commands[];
extern const struct ctl_command ctl_export_commands[];
extern const struct ctl_command ctl_backup_commands[];
extern const struct ctl_command ctl_offline_commands[];
extern const struct ctl_command ctl_digest_commands[];
extern const struct ctl_command ctl_shadow_commands[];
extern const struct ctl_command ctl_trace_commands[], ctl_demo_commands[];
extern const struct ctl_command ctl_migrate_commands[];

/* The tables that a command may give; CTL_TABLES_MAX, or up to a NULL one. */
#define CTL_TABLES_MAX 6
struct ctl_tables {
	const char *words; /* of the command */
	const struct table_column *tables[CTL_TABLES_MAX];
};

/* Those of the commands above that give any, ended by NULL words. */
extern const struct ctl_tables ctl_draft_tables[], ctl_zone_tables[], ctl_zone_edit_tables[],
	ctl_history_tables[];
extern const struct ctl_tables ctl_record_tables[];
extern const struct ctl_tables ctl_key_tables[];
extern const struct ctl_tables ctl_group_tables[];
extern const struct ctl_tables ctl_audit_tables[];
extern const struct ctl_tables ctl_audit_entry_tables[];
extern const struct ctl_tables ctl_scavenge_tables[];
extern const struct ctl_tables ctl_owner_tables[];
extern const struct ctl_tables ctl_server_tables[];
extern const struct ctl_tables ctl_note_tables[], ctl_kea_tables[];
extern const struct ctl_tables ctl_zone_windows_tables[];
extern const struct ctl_tables ctl_trace_tables[], ctl_shadow_tables[];
extern const struct ctl_tables ctl_notify_tables[];
extern const struct ctl_tables ctl_export_tables[];

/* Options that stand before a command, ended by a NULL name. */
extern const struct words_option ctl_global_options[];

/* Calls `each` for each command of each table. */
void ctl_walk(void (*each)(void *context, const struct ctl_command *), void *context);

/* Runs the command that `argv` holds, without the program's name, prints its output, and returns
 * the exit code. Changes the order of the words. */
int ctl_main(int argc, char **argv);

/* A run of tenurectl. */
struct ctl {
	const struct ctl_command *command;
	struct words words;
	const char *socket; /* NULL: nothing says where it is; see client.h */
	bool is_json;
	bool has_run;       /* the words made sense, and `run` was called */
	bool is_following;  /* rows come one by one, and each is shown at once */
	bool waits_for_end; /* of the server's process, when it has answered */
	json_t *args;       /* of the command; an empty object at first */
	char place[1016];   /* of a name without its zone: that, as a word (ctl/place.h) */
	struct table_column columns[TABLE_COLUMNS_MAX + 1]; /* of the table that is shown */
};

/* Prints "tenurectl: zone add: ..." to standard error. Returns `code`. */
int ctl_fail(const struct ctl *, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A name of DNS as a text; where letters beyond ASCII were turned into A-labels, that is said.
 * NULL: it is not UTF-8. */
json_t *ctl_name(const struct ctl *, const char *text);
/* Adds a text to the command's arguments; NULL adds nothing. The arguments zone, name, under and
 * origin are names. False: it is not UTF-8, and an error was printed. */
bool ctl_arg(struct ctl *, const char *name, const char *text);
/* Adds the value of an option, under its name without the dashes. */
bool ctl_arg_option(struct ctl *, const char *option);
/* Adds the value of an option, if it was given, as a number from 1; `what` it is a number of stands
 * in the error. False: it is none. */
bool ctl_number_option(struct ctl *, const char *option, const char *what);
void ctl_arg_flag(struct ctl *, const char *name);
/* Asks for settings and durations as people type them, unless the output is for programs. */
void ctl_arg_words(struct ctl *);

/* What is to be done with names of a zone above that a zone covers which is made or comes back: the
 * options, and the arguments from them. */
#define CTL_COVERED_OPTIONS                                                                        \
	{"--move-names", NULL, "moves names that a zone above holds into it, as they are"},        \
	{                                                                                          \
		"--yes", NULL, "leaves names that a zone above holds, to be answered no more"      \
	}
void ctl_arg_covered(struct ctl *);
/* Adds the words from `first` on, each NAME=VALUE, as the argument `settings`. False: one is not of
 * that form or given twice, and an error was printed. */
bool ctl_arg_settings(struct ctl *, size_t first);

/* A table of those of the command's `columns` that --columns chooses, on standard output, as wide
 * as that and --wide let it be; one at a time. With `is_part` there are other tables, too, that may
 * have what this one has not. NULL: none of them is chosen, or a column is unknown, which was said.
 */
struct table *ctl_table(struct ctl *, const struct table_column *columns, bool is_part);
/* False: --columns was given where there is no table, and that was said. */
bool ctl_takes_no_columns(const struct ctl *);

/* Sends `command` with the arguments and prints the answer: rows as a table of `columns`, as
 * objects if that is NULL, or with --json as lines of JSON; then the result. Returns the exit code.
 */
int ctl_run(struct ctl *, const char *command, const struct table_column *columns);

/* Prints "BEFOREwarning: TEXT" and ends the line. */
void ctl_print_warning(FILE *, const char *before, const char *text);
/* Prints a row to standard error if it is a warning. True: it was. */
bool ctl_warning(const json_t *row);
/* A text as JSON, whatever bytes it has: those that are no UTF-8 are escaped. The caller owns the
 * reference. */
json_t *ctl_text(const char *);
/* Prints an object as a line of JSON. */
void ctl_json(const json_t *);
/* The path of a program of tenure, or its name if it is where PATH says: beside this program, or
 * where both were installed. */
#define CTL_PROGRAM_MAX (4096 + 32)
void ctl_find_program(const char *name, char out[CTL_PROGRAM_MAX]);
/* Executes tenured, which checks the rules in `text` for `zone` without a server. `path` is their
 * name in errors. Returns only if that fails: the exit code. */
int ctl_check_rules(struct ctl *, const char *zone, const char *path, const char *text);
/* Executes tenured, which does this command without a server, with those of `options` that were
 * given. `options` begins with CTL_OPTIONS. Returns only if that fails: the exit code. */
int ctl_become(struct ctl *, const struct words_option *options);
/* Prints the result: its sentence, or with --json the object, or its error to standard error.
 * Releases `result`. Returns `code`. */
int ctl_result(const struct ctl *, int code, json_t *result, bool has_rows);
