/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Help that belongs to no command: the settings, the words of refusals, and what is said in the
 * same way to many commands (times, principals, classes, roles). Pure but for the output. One
 * thread.
 */
#include <stdbool.h>
#include <stdio.h>

/* Prints the help of a topic, of a setting, or of a refusal's word. False: it is none of these, and
 * nothing was printed. */
bool topic_help(FILE *, const char *word);
/* Whether topic_help would print something. */
bool topic_is(const char *word);

/* Prints the settings that a command takes ("zone set"), a line each. */
void topic_settings_of(FILE *, const char *command);

/* Prints the topics, a line each. */
void topic_list(FILE *);

/* Calls `each` for each word that topic_help knows, with a line about it (completion, "did you
 * mean"). */
void topic_walk(void (*each)(void *context, const char *word, const char *help), void *context);
