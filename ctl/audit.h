/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The options of `audit` and `audit export` that choose entries. One thread. */
#include "ctl/ctl.h"

#define CTL_AUDIT_FILTERS                                                                          \
	{"--zone", "ZONE", "only events of this zone"},                                            \
		{"--name", "NAME", "only events of this name"},                                    \
		{"--under", "NAME", "only events of this name and those below it"},                \
		{"--principal", "PRINCIPAL", "only what this one did; * stands for anything"},     \
		{"--event", "EVENT", "only this event: its name, or Windows' number"},             \
		{"--since", "TIME", "from then on: 2026-01-05T09:00:00Z, yesterday, 2h ago"},      \
		{"--until", "TIME", "up to then"},                                                 \
		{"--run", "N", "only this run of scavenging, import, deletion or revert"},         \
		{"--source", "ADDRESS[/BITS]", "only what came from there"},                       \
		{"--person", "USER", "only what who logged in as USER did; * as above"},           \
		{"--comment", "TEXT", "only what was done for a reason with TEXT in it"},          \
	{                                                                                          \
		"--denied", NULL, "only what was refused"                                          \
	}

/* What `audit show` calls a member of an entry; the member itself where it has no other name. */
const char *audit_entry_label(const char *member);

/* Adds the filters that were given to the command's arguments. False: one is wrong, and an error
 * was printed. */
bool ctl_audit_filters(struct ctl *);
