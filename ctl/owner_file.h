/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * `owner transfer --file`: the table is read with the rights of the user and sent as it is; the
 * server reads it (admin/transfer_list.h), and names the lines that are wrong. One thread.
 */
#include "ctl/ctl.h"

/* Sends the table at `path`, "-" for standard input, with the command's arguments; `columns` is the
 * table of a plan. Returns the exit code. */
int owner_file_run(struct ctl *, const char *path, const struct table_column *columns);
