/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * `owner transfer` of a list: a table (dns/csv.h) whose first line names its columns.
 *
 *      name, to [, zone] [, type] [, from]    the records of a name, or of one type there
 *      from, to                               all that an owner has
 *
 * Without `zone` a name is absolute, in the closest zone here. `from` beside a name says whose its
 * records are now: others there stay. The list is read whole and looked at whole before anything is
 * changed: each line that is wrong is a row with `line` and `fault`, and then nothing is. What
 * is changed is one run (admin/edit_parts.h). In the thread of the call.
 */
#include "admin/command.h"

#define TRANSFER_LIST_BYTES (16u << 20)
#define TRANSFER_LIST_LINES 50000
#define TRANSFER_LIST_NAMED 1000 /* faults that are rows; the others are counted */

/* The command, with the argument `has-file`: the table is the call's input data. */
enum call_code transfer_list_run(struct call *);
