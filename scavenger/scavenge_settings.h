/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The scavenger's settings: those of the whole server that are data, changed by `scavenge set`
 * and kept as decided state: when cycles run, what an outage is, how new zones begin. One table of
 * names with two trades, print and parse.
 */
#include "scavenger/calendar.h"
#include "zonedb/zone.h"

#define SCAVENGE_SETTINGS_GRACE_DEFAULT 3600
#define SCAVENGE_SETTINGS_TEXT_MAX      CALENDAR_TEXT_MAX

struct scavenge_settings {
	uint32_t period;          /* seconds; 0: none */
	struct calendar calendar; /* instead of a period; days 0: none */
	uint32_t grace;           /* outage-grace: shorter ones count as none */
	bool new_is_aging;        /* of zones that are made from now on */
	uint32_t new_no_refresh, new_refresh;
};

void scavenge_settings_read(struct store_txn *, struct scavenge_settings *);
/* As the rows will be, else as it is stored. */
void scavenge_settings_see(struct state_edit *, struct scavenge_settings *);
/* For an entry of the log; the next run is made anew if the period or the calendar is another. */
void scavenge_settings_put(struct state_edit *, const struct scavenge_settings *, uint64_t now);

static inline bool scavenge_settings_runs(const struct scavenge_settings *settings)
{
	return settings->period || settings->calendar.days;
}
/* When the cycle after one that began at `started` is due; 0: never. */
uint64_t scavenge_settings_next(const struct scavenge_settings *, uint64_t started);
/* The stored time of the next cycle; 0: none. */
uint64_t scavenge_settings_due(struct store_txn *);
/* For an entry of the log. */
void scavenge_settings_put_due(struct state_edit *, uint64_t when);

/* The last cycle over all zones; all 0: there was none. */
struct scavenge_settings_cycle {
	uint64_t started; /* seconds */
	uint64_t removed, duration_us;
};
struct scavenge_settings_cycle scavenge_settings_last_cycle(struct store_txn *);
/* For an entry of the log, with the time of the next one. */
void scavenge_settings_put_cycle(struct state_edit *, const struct scavenge_settings_cycle *,
				 uint64_t due);

/* The names of the settings, ended by NULL. */
extern const char *const scavenge_settings_names[];
/* Asserts that the name is one of them. */
void scavenge_settings_print(const struct scavenge_settings *, const char *name,
			     char out[SCAVENGE_SETTINGS_TEXT_MAX]);
/* NULL, or what is wrong. A period ends the calendar, and the other way round. */
const char *scavenge_settings_parse(struct scavenge_settings *, const char *name, const char *value,
				    struct arena *);

/* What a new zone begins with. */
void scavenge_settings_new_zone(const struct scavenge_settings *, struct zone *);
