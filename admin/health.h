/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What somebody has to look at: findings, each with a level, a code that stays the same, and a
 * sentence with what to do. `health` shows all of them, `status` warns of those that are of what
 * will be wrong, and `stats --all` counts them by code. In the thread of the call.
 */
#include "admin/command.h"
#include "scavenger/schedule.h"

enum health_level { HEALTH_NOTICE, HEALTH_WARNING, HEALTH_CRITICAL };

struct health {
	struct call *call;
	/* Takes a finding; the sentence is in the call's arena. */
	void (*say)(struct health *, enum health_level, const char *code, const char *text);
	void *context;
};

/* "notice", "warning", "critical". */
const char *health_level_word(enum health_level);

/* What will be wrong: keys and certificates that grow old, clients whose clocks drift, a store that
 * was put back. Reads the store. (health_ahead.c) */
void health_ahead(struct health *);

/* Secondaries that are ahead of us. The snapshot must be whole. (health_peers.c) */
void health_peers(struct health *);

/* Warnings of `status`: the clock, secondaries that are ahead, and what will be wrong. Not for
 * roles of listed zones. */
void command_health_warn(struct call *, const struct schedule_status *);
/* The rows of `stats` that count findings by code. */
void command_health_metrics(struct call *);
