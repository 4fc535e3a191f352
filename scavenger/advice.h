/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a zone's windows, its schedule and what it holds will come to, where that is not what people
 * mean: windows shorter than what clients are known to need, aging that does nothing, a run that
 * will be held. Pure; `zone check` and `zone set` say it.
 */
#include "scavenger/plan.h"
#include "scavenger/scavenge_settings.h"

/* What is known of the zone. */
struct advice_facts {
	const struct zone *zone;
	uint64_t dynamic, others; /* records; `others`: static and pinned */
	struct plan_count goes;   /* with the next run */
	uint64_t names;           /* of the zone, as brake_holds counts them */
	bool has_key_owner;       /* a dynamic record is owned by a key or a group */
};

#define ADVICE_TEXT_MAX 400

/* Calls `advise` for each piece: a word for programs, a sentence for people. */
typedef void advice_fn(void *context, const char *word, const char *text);

/* Of the windows alone: clients that register daily, half a lease. */
void advice_windows(const struct zone *, advice_fn *advise, void *context);
/* All of it. Nothing for a zone that does not age. */
void advice(const struct advice_facts *, const struct scavenge_settings *, advice_fn *advise,
	    void *context);
