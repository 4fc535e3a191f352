/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Text that an administrator gives and others read: one line of UTF-8 without what would move the
 * cursor, hide text or turn its direction around in a terminal, a log or a page. Pure; any thread.
 */
#include <stddef.h>

#define PLAINTEXT_PROBLEM_MAX 96

/* NULL: the text is such a line, of `most` bytes at most, and not empty. Otherwise `problem` says
 * what is wrong: "has a control character (byte 7)". */
const char *plaintext_problem(const char *text, size_t most, char problem[PLAINTEXT_PROBLEM_MAX]);

/* How many bytes the character at `at` has if it is one that such a text does not hold; 0: it may
 * be in it. A byte that is not UTF-8 is not looked at. */
size_t plaintext_unwanted(const char *at);
