/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The scavenger's routine: settings of the whole server that are data, changed by `scavenge set`
 * and kept as decided state: when cycles run, what an outage is, how new zones begin. One table of
 * names with two trades, print and parse.
 */
#include "scavenger/calendar.h"
#include "zonedb/zone.h"

#define ROUTINE_GRACE_DEFAULT 3600
#define ROUTINE_TEXT_MAX      CALENDAR_TEXT_MAX

struct routine {
	uint32_t period;          /* seconds; 0: none */
	struct calendar calendar; /* instead of a period; days 0: none */
	uint32_t grace;           /* outage-grace: shorter ones count as none */
	bool new_is_aging;        /* of zones that are made from now on */
	uint32_t new_no_refresh, new_refresh;
};

void routine_read(struct store_txn *, struct routine *);
/* For an entry of the log; the next run is made anew if the period or the calendar is another. */
void routine_put(struct state_edit *, const struct routine *, uint64_t now);

static inline bool routine_runs(const struct routine *routine)
{
	return routine->period || routine->calendar.days;
}
/* When the cycle after one that began at `started` is due; 0: never. */
uint64_t routine_next(const struct routine *, uint64_t started);
/* The stored time of the next cycle; 0: none. */
uint64_t routine_due(struct store_txn *);
/* For an entry of the log. */
void routine_put_due(struct state_edit *, uint64_t when);

/* The last cycle over all zones; all 0: there was none. */
struct routine_cycle {
	uint64_t started; /* seconds */
	uint64_t removed, duration_us;
};
struct routine_cycle routine_last_cycle(struct store_txn *);
/* For an entry of the log, with the time of the next one. */
void routine_put_cycle(struct state_edit *, const struct routine_cycle *, uint64_t due);

/* The names of the settings, ended by NULL. */
extern const char *const routine_names[];
/* Asserts that the name is one of them. */
void routine_print(const struct routine *, const char *name, char out[ROUTINE_TEXT_MAX]);
/* NULL, or what is wrong. A period ends the calendar, and the other way round. */
const char *routine_parse(struct routine *, const char *name, const char *value, struct arena *);

/* What a new zone begins with. */
void routine_new_zone(const struct routine *, struct zone *);
