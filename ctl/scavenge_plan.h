/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* scavenge plan: a command with ways of its own to show its answer. */
#include "ctl/ctl.h"

int scavenge_plan(struct ctl *);
extern const struct words_option scavenge_plan_options[];
