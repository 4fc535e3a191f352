/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Changes of decided state for people (`rows` of doc/audit-events.md): a table of the fields that
 * changed, old and new; then texts of several lines as a difference line by line, and lists as what
 * came and what went.
 */
#include <jansson.h>
#include <stdio.h>

void audit_rows_show(FILE *, const json_t *rows);
