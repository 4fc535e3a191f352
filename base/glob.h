/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Patterns in which `*` stands for any number of bytes, and any other byte for itself. Pure; any
 * thread. */
#include <stdbool.h>

bool glob_matches(const char *pattern, const char *text);
