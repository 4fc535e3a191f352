/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Prints changes of decided state (`rows` of doc/audit-events.md) for people: a table of the fields
 * that changed, with old and new value; then the differences of texts of several lines, line by
 * line, and the values that lists gained and lost. One thread.
 */
#include "ctl/ctl.h"

extern const struct table_column audit_rows_columns[];

/* Prints the array `rows`; nothing if it is NULL or empty. */
void audit_rows_show(struct ctl *, const json_t *rows);
