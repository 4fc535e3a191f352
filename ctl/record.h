/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The table of records, and data of records from words of the shell. One thread. */
#include "ctl/table.h"
#include <stddef.h>
#include <stdint.h>

extern const struct table_column record_columns[];
/* The same with what is noted of them, if there is something. */
extern const struct table_column record_noted_columns[];

/* Of plans that show what a change makes of records: added, removed, altered, kept. */
extern const struct table_column change_columns[];

/* Joins words of the shell to data of the type in zone-file syntax; of a type that consists of
 * texts, each word gets quotes, and what is longer than a string may be
 * becomes several. The caller frees it. */
char *record_data(uint16_t type, const char *const *word, size_t count);
