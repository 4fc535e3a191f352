/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Patterns of people: `*` stands for any bytes, also none; all else for itself. Pure. */
#include <stdbool.h>

bool glob_matches(const char *pattern, const char *text);
