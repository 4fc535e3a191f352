/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A text as one word of a command for sh, so that a command which a sentence suggests can be pasted
 * into a shell: as it is where no character means anything to the shell, else in single quotes
 * (POSIX.1-2017, Shell Command Language, 2.2.2). Pure; any thread.
 */
#include "base/arena.h"

/* The text itself, or the arena's. */
const char *shellword(const char *text, struct arena *);

/* The same of a DNS name that tenurectl takes as a word: one that begins with two hyphens would be
 * an option, so the first is written as RFC 1035 5.1 writes any byte: `\045-x.example`. */
const char *shellword_name(const char *text, struct arena *);
