/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Gives advice about the aging of a zone, which `zone check` and `zone set` print: windows that are
 * shorter than clients need, aging without a schedule or without dynamic records, a next run that
 * the brake would hold. Pure; any thread.
 */
#include "scavenger/plan.h"
#include "scavenger/scavenge_settings.h"

/* The facts about the zone. */
struct advice_facts {
	const struct zone *zone;
	uint64_t dynamic, others; /* records; `others`: static and pinned */
	struct plan_count goes;   /* that the next run would remove */
	uint64_t names;           /* of the zone, as brake_holds counts them */
	bool has_key_owner;       /* a dynamic record is owned by a key or a group */
};

#define ADVICE_TEXT_MAX 400

/* Called for each piece of advice: a word for programs, a sentence for people. */
typedef void advice_fn(void *context, const char *word, const char *text);

/* Advice about the zone's windows alone. */
void advice_windows(const struct zone *, advice_fn *advise, void *context);
/* All advice; none for a zone that does not age. */
void advice(const struct advice_facts *, const struct scavenge_settings *, advice_fn *advise,
	    void *context);
