/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * `tenured check` and `tenured restore`: what tenurectl's commands of these names become. They open
 * the store themselves, while no daemon does. The first word is the command. Returns the exit code,
 * as tenurectl(8) lists them.
 */
int offline_run(int argc, char **argv);

/* `tenured policy-check [--json] [--name FILE] ZONE`: what `tenurectl zone policy check` becomes
 * when no server answers. The rules come from standard input, the exit code as above. */
#define OFFLINE_POLICY "policy-check"
int offline_policy(int argc, char **argv);

/* Whether the word is one of them all. */
int offline_is(const char *word);
