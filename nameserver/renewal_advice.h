/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What would let one principal refresh the records of another: the command that makes one owner of
 * both, and the rule to write where the renewals are not wanted. Pure.
 */
#include "acl/group.h"

/* "if key:kea2 has no business there a rule `deny key:kea2 write`; if both serve the same hosts
 * `tenurectl group create ...`": whoever renews may be a stranger, who wants to be given.
 * `owner` and `by` are texts of owners; NULL is `anonymous`. `zone`: the zone's name. The text is
 * in the arena. */
const char *renewal_advice_text(struct arena *, const struct groups *, const char *zone,
				const char *owner, const char *by);
