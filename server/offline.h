/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Commands of tenurectl that tenured executes without a server: `check`, `restore`, `policy-check`
 * and `digest`. They open the store themselves, which no daemon may have open. The main thread; the
 * process may become another user.
 */

/* Runs the command that is the first word, prints its output, and returns the exit code of
 * tenurectl(8). */
int offline_run(int argc, char **argv);

/* Runs `policy-check [--json] [--name FILE] ZONE`, by which `tenurectl zone policy check` checks
 * rules when no server answers. Reads them from standard input. Returns the exit code. */
#define OFFLINE_POLICY "policy-check"
int offline_policy(int argc, char **argv);

/* Whether the word is the name of such a command. */
int offline_is(const char *word);
