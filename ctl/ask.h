/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Asks before what cannot be overlooked is done: on a terminal with a question; where nobody can be
 * asked, --yes must have been given. One thread.
 */
#include "ctl/ctl.h"

/* Whether to go on. The command has the option --yes. False: no, and that was said; the exit code
 * is then CLIENT_REFUSED. */
bool ask_yes(const struct ctl *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A question that is asked on a terminal alone; elsewhere the answer is no, and nothing is said. */
bool ask_whether_again(const char *question);

/* Runs a command that has --yes, after its plan: where that has a "question", it is asked first,
 * and the command gets the argument `yes`. Returns the exit code. */
int ask_run(struct ctl *, const char *command);
enum ask_answer {
	ASK_NOTHING, /* there was no question, or nobody to ask: the server refuses what wants --yes
		      */
	ASK_YES,
	ASK_NO, /* and that was said */
};
/* Asks the question of a command's plan, on a terminal and without --yes, which the command has as
 * an option. For what can be brought back, and what the server itself refuses without `yes`. */
enum ask_answer ask_planned(struct ctl *, const char *command);

/* The same of what will want --yes where nobody can be asked: in this release it is done without,
 * and warned of. ASK_NO: it is not to be done. */
enum ask_answer ask_planned_soon(struct ctl *, const char *command);

/* Runs a command that lists, and takes its rows: an array, the caller's. `*code` is its exit code;
 * what went wrong was said. */
json_t *ask_rows(struct ctl *, const char *command, json_t *args, int *code);
