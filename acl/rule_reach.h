/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a rule reaches (tenure-policy(5), "What a rule reaches"): names and types that a rule gives
 * only when it names them. The one answer for every right of an update and for the rules of
 * presets. A `deny` reaches everything, and so do rules for questions and transfers.
 *
 *      asked                                    an `allow` reaches it when
 *      structural type                          its `types` names the type
 *      RESERVED name, reserved for another      its NAMES is `at` that very name
 *      SPEAKS name                              its NAMES is `at` it, `under` a name at or above
 * it, or `self-under` with `types`; or the requester may change all that the host name holds
 *      anything else                            always
 *
 * Pure; any thread.
 */
#include "acl/rule_match.h"

/* Whether the rule, which matches otherwise, reaches what is asked; and if not, why. */
enum rule_reach rule_reach(const struct rule *, const struct rule_question *);
