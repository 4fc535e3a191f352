/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Which tables each command gives, and --columns, which chooses and orders the columns of one. One
 * thread.
 */
#include "ctl/ctl.h"

#define COLUMNS_WORD_MAX 32

/* Calls `each` with the word of each column that a table of the command has, once: "stale-at" for
 * STALE AT. False: it gives no table. */
bool columns_walk(const struct ctl_command *, void (*each)(void *context, const char *word),
		  void *context);

/* Whether what --columns says makes sense for the command: its words are columns of its tables,
 * each given once, and --json is not given. False: it was said what is wrong. */
bool columns_check(const struct ctl *);

/* The columns that --columns chooses among those of a table, in `chosen`, ended by a NULL member;
 * all of them where it is not given. With `is_part` words that other tables of the command have are
 * passed over. False: nothing is left, or a word is of none of the columns, and that was said. */
bool columns_choose(const struct ctl *, const struct table_column *, bool is_part,
		    struct table_column chosen[TABLE_COLUMNS_MAX + 1]);
