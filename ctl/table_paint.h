/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What is known of the members of rows, whatever command they are of: which cells have a colour,
 * and which columns are left out first where there is no room for all. Pure; one thread.
 */
#include "ctl/paint.h"
#include <jansson.h>

/* Whether cells of such a member may have a colour, and which one one has. */
bool table_has_paint(const char *member);
enum paint table_paint(const char *member, const json_t *row);

/* Whether the next row may have a much longer text than those before. */
bool table_has_long_texts(const char *member);

/* The higher, the sooner it is left out; 0: what a row is about. */
unsigned table_rank(const char *member);

/* All members that have a rank, the first to be left out first; ended by NULL. */
extern const char *const table_first_out[];
