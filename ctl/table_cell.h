/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * From a row's members to the texts of its cells, as screen_text gives them: on the heap, the
 * caller's. One thread.
 */
#include "ctl/table.h"

char *table_cell(const struct table_column *, const json_t *row);
/* "yes" or "no", a number, a text, texts with commas between them; "-" for what is absent. */
char *table_value(const json_t *value);
/* The same of an object's member: a time that passes as an age. */
char *table_member(const char *member, const json_t *value);
