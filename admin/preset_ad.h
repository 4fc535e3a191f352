/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The preset `ad` of a zone (tenure-policy(5)) as administrators meet it. */
#include "admin/command.h"

/* CALL_FAILED, with the command that makes it, where a zone gets the preset and the group of domain
 * controllers is not there. */
enum call_code preset_ad_check(struct call *, enum zone_policy was, const struct zone *is);

/* Warns of what the preset needs besides: a zone of its own for the names below _msdcs. */
void preset_ad_advise(struct call *, const struct zone *);
