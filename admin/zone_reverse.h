/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reverse zones that are made together: `zone add --reverse private`, of the addresses that nobody
 * routes, and of a prefix that ends inside a label of the reverse tree, which several zones divide
 * (10.1.0.0/18: 64 zones of /24). All in one transaction and one run. Zones that are here already
 * stay as they are. The thread of the call.
 */
#include "admin/command.h"

/* Whether the argument `reverse` stands for several zones. */
bool zone_reverse_is_several(const char *reverse);

/* Makes them, or with the argument `plan` lists them. Of a prefix it asks. */
enum call_code zone_reverse_add(struct call *);
