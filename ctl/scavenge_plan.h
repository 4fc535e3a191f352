/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The command `scavenge plan`, which prints a list, a histogram or sums. One thread. */
#include "ctl/ctl.h"

int scavenge_plan(struct ctl *);
/* The list of what goes now, for a command that has none of its options. */
int scavenge_plan_now(struct ctl *);
extern const struct words_option scavenge_plan_options[];
/* The tables that it may be: of one zone, of several, with --enable, --contested, --by-owner. */
extern const struct table_column scavenge_plan_zone_columns[], scavenge_plan_columns[],
	scavenge_plan_enable_columns[], scavenge_plan_contested_columns[],
	scavenge_plan_owner_columns[];
