/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The difference of two lists of rules, rule by rule: what the longest list that both have in
 * common lacks of each. Rules are compared as they are printed, so that comments and spelling do
 * not count. Pure; any thread.
 */
#include "acl/rule.h"

/* Calls `found` for each rule that only one of them has, in order. */
void rule_diff(const struct rules *was, const struct rules *is, struct arena *,
	       void (*found)(void *context, bool is_added, const struct rule *), void *context);
