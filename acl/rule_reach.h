/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Decides what a rule reaches (tenure-policy(5), "What a rule reaches"): a rule gives some names
 * and types only if it names them. This holds for every right of an update, and for the rules of
 * presets. A `deny` reaches everything, and so do rules for queries and transfers.
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

/* RULE_REACHED, or why the rule, which matches, does not reach what is asked. */
enum rule_reach rule_reach(const struct rule *, const struct rule_question *);
