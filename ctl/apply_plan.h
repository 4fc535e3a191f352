/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Prints the rows of a plan of `apply` for people: a line for each, with a sign of what is done.
 *
 *      +  is added    ~  is changed    -  goes    !  is in the way    =  is as it should be
 *
 * One thread.
 */
#include "ctl/ctl.h"

struct apply_shown {
	json_t *zone; /* the row of a zone whose others may follow; NULL: none */
	bool makes_zones, deletes_zones, has_keys; /* what was shown */
};

/* Prints a row. */
void apply_show_row(struct apply_shown *, const json_t *row);
/* Prints what was held back, and with `is_whole`, that it is a plan alone, the summary. */
void apply_show_end(struct apply_shown *, const json_t *summary, bool is_whole);
/* "4 to add, 4 to change, 2 to delete, 1 conflict"; to be freed. */
char *apply_show_counts(const json_t *summary);
